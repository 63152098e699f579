/*
 * Scenarios and profiles from texts, for the tests of this room.
 */
#ifndef HARNESS_SCENARIO_TESTS_LOADED_H
#define HARNESS_SCENARIO_TESTS_LOADED_H

#include "harness/scenario/profile.h"

/* What came of a text. Owned by `context`: loaded_free(). */
struct loaded {
    void *context;
    struct scenario_list list;
    struct scenario_errors errors;
    const struct profile *profile;
    char *printed; /* what scenario_errors_print() says, with the file called "FILE" */
};

/* Loads a text as the scenario "topic/name". */
struct loaded loaded_scenario(const char *text);
struct loaded loaded_bytes(const char *text, size_t size, const char *const *overrides);
struct loaded loaded_profile(const char *text);
void loaded_free(struct loaded *loaded);

/* Loads "title: t" and `lines`, and a step that sends. Fails the test when there is a mistake. */
struct loaded loaded_good(const char *lines);

/* Expects a mistake whose printed form contains `want`. */
void loaded_expect_fault(const char *name, const char *text, const char *want);

#endif
