/*
 * cases/coverage.yaml: why a rule has no case, and why a case stays that no mutant needs.
 *
 * Each row has one reason and the rules, or the patterns of cases, that it holds for. Whether the
 * reasons are still needed is for those to say who know all cases (`counterseal coverage`, `make
 * mutants`).
 */
#ifndef HARNESS_SCENARIO_COVERAGE_H
#define HARNESS_SCENARIO_COVERAGE_H

#include "harness/scenario/scenario.h"

struct coverage_reason {
    const char *because;
    const char *const *rules; /* ids, ends with NULL; may be empty */
    const char *const *cases; /* patterns of ids, likewise */
    struct where where;
};

struct coverage {
    const struct coverage_reason *reasons;
    size_t n_reasons;
};

/* Loads such a file into `context`. Returns NULL when errors were added. */
const struct coverage *coverage_load(void *context, const char *path,
                                     struct scenario_errors *errors);

/* The reason for having no case of that rule, or NULL. */
const struct coverage_reason *coverage_find_rule(const struct coverage *coverage, const char *rule);

/* The reason for keeping that case, or NULL. */
const struct coverage_reason *coverage_find_case(const struct coverage *coverage, const char *id);

#endif
