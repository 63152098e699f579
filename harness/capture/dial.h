/*
 * One polite connection to an SMTP server, and what it showed.
 */
#ifndef HARNESS_CAPTURE_DIAL_H
#define HARNESS_CAPTURE_DIAL_H

#include "harness/base/error.h"

#include <openssl/ssl.h>
#include <stdbool.h>

/* For connecting, and for each answer: slow servers greet after some seconds. */
#define DIAL_TIMEOUT_MS 10000

struct dial_target {
    const char *host, *port;
    bool implicit;
    bool remote;             /* may be elsewhere than on loopback */
    const char *certificate; /* PEM file with its chain; NULL */
    const char *key;         /* NULL: in the same file */
    const char *trust;       /* PEM file; NULL: nobody is verified */
};

/* How a connection differs from the plain one. Members that are 0 or NULL make no difference. */
struct dial_manner {
    int tls_min, tls_max;
    const char *ciphers, *ciphersuites, *groups;
    const char *server_name, *alpn;
    SSL_SESSION *session;
    bool certificate; /* with that of the target */
    bool stranger;    /* with one made for it, that signs itself */
    bool no_ticket;
};

struct dial_result {
    const char *greeting;
    const char *const *ehlo;       /* keywords in the clear, ends with NULL; NULL: none */
    const char *starttls;          /* the reply; NULL: not asked */
    bool hello;                    /* a ServerHello came */
    bool handshake;                /* ... and the client's part was done */
    bool usable;                   /* ... and EHLO was answered 250 */
    int version;                   /* as TLS1_2_VERSION */
    const char *cipher, *group;    /* NULL: unknown */
    const char *alpn;              /* NULL: none */
    STACK_OF(X509) * chain;        /* of the server, the leaf first; NULL */
    long verified;                 /* X509_V_OK */
    bool requested;                /* a CertificateRequest came */
    const char *const *names;      /* of it, RFC 2253; never NULL; likewise: */
    const char *const *algorithms; /* as scenarios spell them */
    const char *const *types;      /* up to TLS 1.2 */
    bool resumed;
    bool has_id;          /* of TLS 1.2: a session id */
    int n_tickets;        /* NewSessionTicket messages */
    long lifetime_s;      /* of the last; 0 */
    bool early_data;      /* tickets invite it */
    SSL_SESSION *session; /* the last one given; NULL */
    const char *alert;    /* fatal, that came; NULL */
    const char *warning;  /* not fatal; NULL */
    const char *const *ehlo_tls;
    const char *starttls_again; /* the reply to STARTTLS under TLS; NULL */
    bool clean;                 /* it said close_notify after QUIT */
    bool closed;                /* it closed after QUIT */
};

/* Makes a connection, says QUIT and closes it. Owned by `context`. NULL when there is none, or what
 * is there does not speak SMTP: Errors: ERROR_SYSTEM, ERROR_USAGE (it is elsewhere than on
 * loopback, or a file cannot be used). */
struct dial_result *dial(void *context, const struct dial_target *target,
                         const struct dial_manner *manner, struct error *err);

#endif
