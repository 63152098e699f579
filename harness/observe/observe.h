/*
 * Evidence folded into facts: what is true of a step, and of the whole.
 *
 * The fake server's evidence leads: with TLS 1.3 a client believes in success before the server has
 * judged its certificate. Where both ends know a fact they must agree; a disagreement is told apart
 * from a failure of the subject.
 *
 * A step has a leading connection: the one that its mail went over, or else the last one that was
 * opened in it. Facts of a connection are those of the leading one. For the whole scenario such a
 * fact has one value for each connection.
 */
#ifndef HARNESS_OBSERVE_OBSERVE_H
#define HARNESS_OBSERVE_OBSERVE_H

#include "harness/pki/pki.h"
#include "harness/run/evidence.h"

/* A fact: unknown when `values` is NULL. */
struct fact_value {
    const char *const *values; /* ends with NULL */
    bool list; /* one value that is a list; else `values` has one element, or one for each
                  connection or step where it speaks of the whole */
};

/* One handshake's worth of a connection. Names are of identities; those of certificates that nobody
 * declared are "unknown (SUBJECT)". */
struct observed_connection {
    int number;    /* from 1 */
    int opened_in; /* step */
    bool requested;
    bool handshake;        /* complete */
    bool asked_ever;       /* a ClientHello came */
    const char *presented; /* name, "empty", "nothing" */
    const char *const *chain;
    const char *identity; /* name or "none"; NULL: a real server does not tell */
    const char *offered;  /* "none", "id", "ticket", "psk"; NULL: no ClientHello */
    const char *resumed;  /* "no", "id", "ticket", "psk" */
    const char *tls, *cipher, *group, *signature, *sni; /* NULL: unknown */
    const char *alpn, *account, *authorized;            /* NULL: none */
    const char *alert_sent, *alert_received;            /* NULL: none */
    bool cut;      /* the script closed, stalled or garbled it: what the client cannot know is no
                      fault */
    bool stalled;  /* the script fell silent: the client has nobody to hear from */
    bool injected; /* bytes were injected in the clear */
};

/* A message that the server took. */
struct observed_message {
    int connection;
    int step;
    const json_t *fields;
    bool intact;
};

struct observed_step {
    int number;
    const struct observed_connection *connection; /* the leading one, NULL: none */
    int n_opened;
    int n_messages;
    struct fact_value facts[FACT_COUNT];
};

struct observation {
    const struct evidence *evidence;
    const struct scenario *scenario;
    const struct pki *pki;
    struct observed_connection *connections; /* by number - 1 */
    size_t n_connections;
    struct observed_message *messages;
    size_t n_messages;
    struct observed_step *steps; /* those that were played */
    size_t n_steps;
    struct observed_step whole;
    const char *disagreement; /* both ends know a fact and differ: one sentence; NULL */
};

/* Folds evidence into facts; `body_only` compares messages by their body (clients that add
 * headers). The observation is owned by `context` and borrows from all that is given. Never NULL.
 */
const struct observation *observe(void *context, const struct scenario *scenario,
                                  const struct pki *pki, const struct evidence *evidence,
                                  bool body_only);

/* The value of a fact in words, "a, b" for lists, "(nothing known)"; owned by `context`. */
const char *observe_words(void *context, const struct fact_value *value);

#endif
