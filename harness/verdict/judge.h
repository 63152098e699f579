/* The parts of a verdict (private to verdict/). */
#ifndef HARNESS_VERDICT_JUDGE_H
#define HARNESS_VERDICT_JUDGE_H

#include "harness/verdict/verdict.h"

/* Tells whether a fact is as an expectation wants it. An unknown fact satisfies nothing. */
bool match_holds(enum fact_id fact, const struct scenario_match *match,
                 const struct fact_value *value);

/* What an expectation wants, in words; owned by `context`. */
const char *match_words(void *context, const struct scenario_match *match);

/* Checks that grow. */
struct checks {
    void *context;
    struct result_check *items;
    size_t n;
};

/* Adds a check that no expectation of the file stands for: an invariant was broken. */
void checks_add_broken(struct checks *checks, const char *rule, const char *fact,
                       const char *expected, const char *got);

/* Adds a check for every invariant that a step broke (invariants.c). */
void invariants_check(struct checks *checks, const struct observation *all,
                      const struct observed_step *step);

/* The transcript of all connections, in order of time; returns their number (transcript.c). */
size_t transcript_of(void *context, const struct observation *all,
                     const struct result_line **lines);

#endif
