/*
 * Why a case cannot be played with a real server (private to run/).
 */
#ifndef HARNESS_RUN_SKIP_H
#define HARNESS_RUN_SKIP_H

#include "harness/run/run.h"

/* The reason in words, static or owned by `context`; NULL: it can. */
const char *run_skip_reason_of_server(void *context, const struct profile *profile,
                                      const struct scenario *scenario);

/* The words under which profiles have their rows; the first is owned by `context`. */
const char *run_versions_word(void *context, const struct scenario_server *server);
const char *run_sessions_word(const struct scenario_server *server);

#endif
