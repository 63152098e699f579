/*
 * Generated cases: any combination of the model's parameters as a scenario with its expected facts.
 *
 * The cases of a model are rows of a covering array (strength 2: all pairs of values; 3: all
 * triples), or all combinations of the values that differ in kind. They are made one at a time and
 * nothing keeps them. A case is a text in the scenario language, so that what is printed of it is
 * what was played.
 */
#ifndef HARNESS_MODEL_MODEL_H
#define HARNESS_MODEL_MODEL_H

#include "harness/base/error.h"
#include "harness/model/covering.h"
#include "harness/model/parameters.h"

struct model_options {
    int strength; /* of the covering array */
    bool exhaustive;
    unsigned seed;
    const char *const *pins; /* "tls=1.3": only that value of a parameter; ends with NULL; may be
                                NULL */
};

struct model; /* opaque */

/* Makes a model in the talloc context, from which model_next() gives the first case. Errors:
 * ERROR_USAGE: no such parameter or value, or nothing is left. */
struct model *model_open(void *context, const struct model_options *options, struct error *err);

/* How many cases it has. */
size_t model_count(const struct model *model);

/* Gives the next case; false at the end. */
bool model_next(struct model *model, struct model_combination *combination);

/* Tells whether a combination is one of the model's, covered or not. */
bool model_has(const struct model *model, const struct model_combination *combination);

/* One sentence on what is played: how many of how many. Owned by `context`. */
const char *model_words(void *context, const struct model *model);

/* The id of a case, with the values that are not the simplest: model[ask=request,first=bob]. Owned
 * by `context`. */
const char *model_id(void *context, const struct model_combination *combination);

/* The case in the scenario language, at most MODEL_LINES_MAX lines. Owned by `context`. */
enum { MODEL_LINES_MAX = 15 };
char *model_text(void *context, const struct model_combination *combination);

/* Prints the parameters and their values. */
void model_print_parameters(FILE *stream);

#endif
