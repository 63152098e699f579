/*
 * The variants of a file: names with lists of values, of which every combination is a case.
 *
 * `$name` (or `${name}`) in a value stands for the value that the case has; `$$` is a dollar. A
 * name that is declared and not used, or used and not declared, is a mistake.
 */
#ifndef HARNESS_SCENARIO_VARIANTS_H
#define HARNESS_SCENARIO_VARIANTS_H

#include "harness/scenario/document.h"

/* Ids with more names would be read by nobody. */
#define VARIANTS_NAMES_MAX 8

struct variant {
    const char *name;
    const struct node *key;
    const char **values;
    size_t n_values;
    bool used;
};

struct variants {
    struct variant items[VARIANTS_NAMES_MAX]; /* ordered by name */
    size_t n;
    size_t n_combinations; /* at least 1 */
};

/* Finds the variants of a document and checks their use. Lists live in `context`. */
void variants_find(void *context, const struct document *document, struct faults *faults,
                   struct variants *variants);

/* Leaves of a variant the value `value` only; there may be none. Returns false when there is no
 * such name. */
bool variants_pick(struct variants *variants, const char *name, const char *value);

/* Makes "id[mode=starttls,tls=1.3]" of a combination, counted from 0. Owned by `context`. */
char *variants_id(void *context, const struct variants *variants, size_t combination,
                  const char *id);

/* Returns the tree with the names replaced. What has none is shared. Owned by `context`. */
const struct node *variants_apply(void *context, const struct variants *variants,
                                  size_t combination, const struct node *node);

#endif
