/* Verdicts on a fixture. */
#ifndef HARNESS_VERDICT_TESTS_JUDGED_H
#define HARNESS_VERDICT_TESTS_JUDGED_H

#include "harness/observe/tests/fixture.h"
#include "harness/verdict/verdict.h"

/* Judges what there is so far. */
const struct result_case *fixture_judge(struct fixture *fixture, const struct profile *profile,
                                        bool strict);

/* Tells whether some failed check breaks this rule. */
bool fixture_breaks(const struct result_case *result, const char *rule);

#endif
