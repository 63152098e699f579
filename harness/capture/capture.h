/*
 * Any SMTP server's negotiation, found out from outside and written as a scenario whose fake server
 * negotiates the same way.
 *
 * A bounded number of connections is made, each as a polite client makes it: greeting, EHLO,
 * STARTTLS, EHLO, QUIT. No mail is begun and no password tried. Only OpenSSL's public interface is
 * used. What cannot be found out so is said in comments; keys are never copied: the scenario has
 * certificates of the same shape.
 */
#ifndef HARNESS_CAPTURE_CAPTURE_H
#define HARNESS_CAPTURE_CAPTURE_H

#include "harness/capture/dial.h"

#include <stdio.h>

/* More are not made, whatever is left to ask. */
#define CAPTURE_CONNECTIONS_MAX 36

/* Suites and groups are found by leaving out what the server chose; after so many it is taken to
 * have OpenSSL's own list. */
#define CAPTURE_CHOICES_MAX 5

/* Yes, no, or could not be asked. */
enum capture_answer { CAPTURE_UNKNOWN, CAPTURE_NO, CAPTURE_YES };

/* What the server chose, the best first, while what it chose was left out. */
struct capture_choices {
    const char *names[CAPTURE_CHOICES_MAX + 1]; /* ends with NULL */
    bool all;                                   /* it has no others */
};

/* Resumption in one version. */
struct capture_resumption {
    bool asked;
    bool given;   /* there was a session to resume */
    bool resumed; /* it was */
};

struct capture {
    struct dial_target target;
    int n_connections;
    bool with_certificate;            /* all connections had to have one */
    const struct dial_result *first;  /* without a certificate, all versions */
    const struct dial_result *base;   /* the first that was usable under TLS; or `first` */
    bool versions[4];                 /* TLS 1.0 .. 1.3 */
    struct capture_choices suites;    /* of TLS 1.2, by OpenSSL's names */
    struct capture_choices suites_13; /* of TLS 1.3 */
    struct capture_choices groups;
    const struct dial_result *old;     /* TLS 1.2 with tickets; NULL */
    const struct dial_result *old_ids; /* TLS 1.2 without; NULL */
    struct capture_resumption psk, ticket, id;
    const struct dial_result *resumed;          /* NULL */
    const struct dial_result *unknown_name;     /* NULL */
    const struct dial_result *unknown_protocol; /* NULL */
    const struct dial_result *protocol;         /* NULL */
    const struct dial_result *stranger;  /* with a certificate that nobody has issued; NULL */
    const struct dial_result *certified; /* with that of the command line; NULL */
    struct capture_resumption again;     /* of `certified` */
};

/* Asks the server. Owned by `context`. Errors: ERROR_SYSTEM when it cannot be reached or does not
 * speak SMTP, or TLS. */
struct capture *capture_probe(void *context, const struct dial_target *target, struct error *err);

/* Writes the scenario; `anonymise` puts other names in the place of all that could tell whose the
 * server is. */
void capture_write(FILE *stream, const struct capture *capture, bool anonymise);

#endif
