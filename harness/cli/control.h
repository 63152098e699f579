/*
 * What a test suite tells a server that runs for it: orders on standard input, one a line; answers
 * on standard output, JSON lines among the events.
 *
 *     step        {"event":"answer","order":"step","ok":true,"step":2}
 *     step 9      {"event":"answer","order":"step 9","ok":false,"error":"there is no step 9; ..."}
 *
 * The end of input is no order: a server in the background has none.
 */
#ifndef HARNESS_CLI_CONTROL_H
#define HARNESS_CLI_CONTROL_H

#include "harness/run/run.h"

#include <signal.h>

/* Obeys orders until one is `stop`, or one of `ends` comes, which the caller has blocked.
 * Errors: ERROR_SYSTEM. */
int control_run(struct run_serving *serving, const sigset_t *ends, struct error *err);

#endif
