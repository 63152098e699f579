/*
 * Which cases a command line means: files found, loaded, filtered.
 *
 * A path names a scenario file or a directory of them (folders called clients and servers hold
 * profiles and are passed over); anything else is a pattern of ids in cases/. An id is the file's
 * path below the last folder called cases, or below the directory that was named, without its
 * ending.
 */
#ifndef HARNESS_CLI_SELECT_H
#define HARNESS_CLI_SELECT_H

#include "harness/cli/options.h"
#include "harness/scenario/scenario.h"

/* In cases/: what has no case, and why. */
#define COVERAGE_FILE "coverage.yaml"

/* Adds the selected cases to `list`, each once, ordered by id. What is wrong with the files goes to
 * `errors`; the return value is -1 when a path or pattern itself is of no use. Errors: ERROR_USAGE,
 * ERROR_SYSTEM. */
int select_cases(void *context, const struct options *options, struct scenario_list *list,
                 struct scenario_errors *errors, struct error *err);

#endif
