/*
 * A run for the tests: every outcome, several clients and servers, bytes of a hostile peer, lines
 * too long and transcripts too long. All of it is static and const.
 */
#ifndef REPORTS_TESTS_FIXTURE_H
#define REPORTS_TESTS_FIXTURE_H

#include "reports/report.h"

extern const struct result_run fixture_run;
extern const struct result_run fixture_interrupted; /* the same, ended by a signal */
extern const struct result_run fixture_empty;

/* Cases of fixture_run by name. */
extern const struct result_case fixture_passed;
extern const struct result_case fixture_hostile;

/* The output of `write` on `run`; malloc()ed. */
char *fixture_written(int (*write)(FILE *stream, const struct result_run *run),
                      const struct result_run *run);

/* Compares `text` with the file of that name in reports/tests/golden/, byte for byte. With
 * GOLDEN_WRITE in the environment writes the file instead. */
void fixture_expect_golden(const char *name, const char *text);

#endif
