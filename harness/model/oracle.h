/*
 * What must happen in a situation: the rules of the page and of its runtimes (R21-R46) as small
 * pure functions.
 *
 * It knows nothing of the reference client, whose own code must come to the same: identities are
 * judged by what the cast says of them, not by any certificate.
 */
#ifndef HARNESS_MODEL_ORACLE_H
#define HARNESS_MODEL_ORACLE_H

#include "harness/model/parameters.h"

/* The alerts that a server may refuse with: one fault of a certificate, or its absence, each has
 * its own. */
enum { MODEL_ALERTS_MAX = 4 };

/* The facts of one mail, as the language spells them. All strings are static. */
struct model_facts {
    const char *rule;      /* that decides what is shown: its id */
    const char *outcome;   /* delivered, tls-refused, tls-failed */
    const char *requested; /* yes, no */
    const char *presented; /* an identity, empty, nothing */
    const char *identity;  /* an identity, none; NULL: nobody is known, for it was not delivered */
    const char *offered;   /* none, id, ticket, psk */
    const char *resumed;   /* no, id, ticket, psk */
    const char *tls;       /* 1.2, 1.3 */
    const char *alerts[MODEL_ALERTS_MAX]; /* any of these where it was refused */
    size_t n_alerts;
};

/* Fills in the facts of each mail of a situation. */
void model_expect(const struct model_situation *situation,
                  struct model_facts expected[MODEL_MAILS_MAX]);

#endif
