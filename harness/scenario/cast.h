/*
 * Names of identities, checked: the standard cast and what a scenario declares.
 */
#ifndef HARNESS_SCENARIO_CAST_H
#define HARNESS_SCENARIO_CAST_H

#include "harness/scenario/schema.h"

/* Tells whether the value names an identity (an authority, when the row says so); adds a mistake
 * with the nearest name when not. */
bool identity_check(const struct slot *slot);

/* Returns all names of identities and the words of `more` (separated by "|"). Owned by `context`,
 * ends with NULL. */
const char *const *identity_names(void *context, const struct scenario *scenario, const char *more,
                                  bool only_authorities);

#endif
