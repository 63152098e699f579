/*
 * Why a certificate was not sent or not taken, in plain words.
 *
 * An observation is read for causes: one row of a table and one function each (explain.c). A cause
 * is a sentence about one connection or one step; those of one kind exclude each other, the first
 * that holds is told. A sentence says what the evidence shows; where the evidence does not show
 * why, the sentence says that it is not known. Expectations have no part in it: the same evidence
 * is explained with the same words whether its case passed or failed.
 */
#ifndef HARNESS_EXPLAIN_EXPLAIN_H
#define HARNESS_EXPLAIN_EXPLAIN_H

#include "harness/observe/observe.h"

struct explain_cause {
    int step;         /* from 1 */
    int connection;   /* from 1; 0: it speaks of the step */
    const char *text; /* no capital in front, no full stop; parts are joined by ";" or ":" */
};

struct explain_causes {
    const struct explain_cause *items; /* by step and connection */
    size_t n;
};

/* Finds the causes. Where `settings_known` is false the scenario is a stand-in for one that is not
 * at hand: nothing is said of what its ends were given, but that it is not known. Owned by
 * `context`. */
struct explain_causes explain(void *context, const struct observation *all, bool settings_known);

/* Prints the table: one line for each cause that can be told. */
void explain_print_table(FILE *stream);

#endif
