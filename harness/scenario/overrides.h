/*
 * "key=value" words of the command line that change a scenario.
 *
 * A key that names a variant picks its value. A dotted path ("server.mode", "steps.1.send.size")
 * sets the leaf there, making the mappings on the way; a value such as "[alice, bob]" is a list of
 * words. A single word that is neither a variant of the file nor a key at its top is for other
 * files and changes nothing.
 */
#ifndef HARNESS_SCENARIO_OVERRIDES_H
#define HARNESS_SCENARIO_OVERRIDES_H

#include "harness/scenario/variants.h"

/* Picks the values of variants. */
void overrides_pick(const char *const *overrides, struct variants *variants);

/* The overrides that the file has a variant or a place for: bit i is the i-th. */
unsigned long overrides_used(const char *const *overrides, const struct variants *variants);

/* Returns the tree with the leaves replaced. Owned by `context`. */
const struct node *overrides_apply(void *context, const char *const *overrides,
                                   const struct variants *variants, const struct node *root,
                                   struct faults *faults);

#endif
