/*
 * Covering arrays: few rows in which all values of any so many parameters meet.
 *
 * With strength 2 every pair of values of two parameters stands in some row, with 3 every triple.
 * Faults mostly need only two or three values to meet, so that an array of some hundred rows finds
 * what the product of all parameters would. Combinations that make no sense are left out by a
 * predicate; what can only stand in such a row is not covered, and not counted.
 *
 * The rows are made greedily, one at a time, each of several candidates the one that covers most
 * (after AETG: Cohen, Dalal, Fredman, Patton, IEEE TSE 23(7), 1997). The same seed makes the same
 * rows on every machine. For how large an array is with other generators see
 * https://math.nist.gov/coveringarrays/.
 */
#ifndef HARNESS_MODEL_COVERING_H
#define HARNESS_MODEL_COVERING_H

#include <stdbool.h>
#include <stddef.h>

enum { COVERING_PARAMETERS_MAX = 16, COVERING_STRENGTH_MAX = 4 };

/* A value that is not chosen yet, in a row under way. */
enum { COVERING_OPEN = -1 };

struct covering_space {
    size_t n; /* parameters */
    size_t n_values[COVERING_PARAMETERS_MAX];
    /* Of a complete row: whether it makes sense. Of one with open values: false only when no
     * complete row with these values does. */
    bool (*allows)(const void *context, const int *row);
    const void *context;
};

struct covering_array {
    int *rows; /* n_rows times space->n values, one row after the other */
    size_t n_rows;
    size_t n_tuples; /* that are covered: all that can be */
};

/* Makes an array of a strength from 1 to COVERING_STRENGTH_MAX and to the number of parameters.
 * Owned by `context`. */
struct covering_array *covering_new(void *context, const struct covering_space *space, int strength,
                                    unsigned seed);

/* The product of all parameters, one row at a time: covering_start() sets `row` to before the
 * first, covering_next() goes to the next row that makes sense, the last parameter turning fastest.
 * It returns false at the end. */
void covering_start(const struct covering_space *space, int *row);
bool covering_next(const struct covering_space *space, int *row);

#endif
