/*
 * Expectations compared with what was observed: the result of a case.
 *
 * Every expectation of every step that was played is judged, not just the first that fails, and the
 * six invariants that bind everybody besides. The strongest rule of a case gives its level; what is
 * a SHOULD for others binds the reference client. Outcomes are never demoted but by what a profile
 * says is known.
 */
#ifndef HARNESS_VERDICT_VERDICT_H
#define HARNESS_VERDICT_VERDICT_H

#include "harness/observe/observe.h"
#include "harness/scenario/profile.h"
#include "reports/result.h"

struct verdict_options {
    const struct profile *profile; /* NULL: the reference client */
    bool strict;                   /* a broken should is a fail */
    const char *evidence;          /* directory of the case's evidence; NULL: none is kept */
    const char *rerun;             /* command that runs the case again */
    bool transcript;               /* also where the case passes */
};

/* Tells whether step `number` holds all that binds the client: a case ends with the first that does
 * not. */
bool verdict_step_holds(const struct observation *observation, int number,
                        const struct verdict_options *options);

/* Judges a case that was played. Owned by `context`; borrows from all that is given. Never NULL. */
struct result_case *verdict_case(void *context, const struct scenario *scenario,
                                 const struct observation *observation,
                                 const struct verdict_options *options);

/* The result of a case that is not played, or whose worker died. */
struct result_case *verdict_unplayed(void *context, const struct scenario *scenario,
                                     enum outcome outcome, const char *reason,
                                     const struct verdict_options *options);

#endif
