/*
 * A case made of text: a scenario file, the server's events, the client's answers. `|alice|` in an
 * event stands for the fingerprint of alice.
 */
#ifndef HARNESS_OBSERVE_TESTS_FIXTURE_H
#define HARNESS_OBSERVE_TESTS_FIXTURE_H

#include "harness/observe/observe.h"

/* SHA-256 of the message that fixture_answer() says the client was given. */
#define FIXTURE_MESSAGE_HASH "94aa02c65e3473d1c7d53430c4fd2b49d6b8cbc875139d1b4b248e6a8243bf38"

struct fixture {
    void *context;
    const struct scenario *scenario;
    struct pki *pki;
    struct evidence *evidence;
};

/* Loads a scenario; aborts the test when it has mistakes. */
void fixture_init(struct fixture *fixture, const char *yaml);
void fixture_release(struct fixture *fixture);

/* Adds an event: its name, its connection, its step, its other members as JSON without braces. */
void fixture_event(struct fixture *fixture, const char *name, int connection, int step,
                   const char *members);

/* Says how the client answered in a step; "" for `outcome`: by its exit code 1 alone. */
void fixture_answer(struct fixture *fixture, int step, const char *outcome);

/* A whole well-behaved connection that carries one mail. */
void fixture_mail(struct fixture *fixture, int connection, int step, const char *identity,
                  const char *resumed);

/* What a driver reported of a step, as JSON. */
void fixture_report(struct fixture *fixture, int step, const char *report);

/* Folds what there is so far. */
const struct observation *fixture_observe(const struct fixture *fixture);

#endif
