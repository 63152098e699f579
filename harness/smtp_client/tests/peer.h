/*
 * The other end of the tests: a small SMTP server in a thread, one connection after another, that
 * remembers what it saw of the last ones.
 */
#ifndef HARNESS_SMTP_CLIENT_TESTS_PEER_H
#define HARNESS_SMTP_CLIENT_TESTS_PEER_H

#include "harness/smtp_client/tests/cast.h"

#include <openssl/ssl.h>
#include <stdbool.h>

enum { PEER_CONNECTIONS = 32 };

struct peer_settings {
    bool implicit;
    int tls;        /* TLS1_2_VERSION or TLS1_3_VERSION; 0: both */
    int ask;        /* SSL_VERIFY_...; 0: no request */
    bool takes_any; /* a certificate that does not verify is taken for none */
    const enum cast_name
        *names; /* certificate_authorities, ends with CAST_COUNT; NULL: none sent */
    bool ids;   /* TLS 1.2 session IDs, no tickets */
    bool no_starttls;
    bool held;         /* no thread yet: connections wait until peer_start() */
    const char *at;    /* a verb, "" the greeting, "." the message, "TLS" after the handshake */
    const char *reply; /* instead of the usual reply there; "": closes; NULL: nothing odd */
};

struct peer_seen {
    bool handshake;
    bool reused;
    char identity[65];  /* of the certificate known by the handshake or the session; "": none */
    char commands[256]; /* "EHLO STARTTLS (TLS) EHLO MAIL RCPT DATA . QUIT" */
    char message[512];
    int offered; /* length of the ticket or of the identities of PSK in the ClientHello; id: 1 */
    int chain;   /* certificates that came, leaf included, in a full handshake */
    int tls;
};

struct peer; /* opaque */

struct peer *peer_open(const struct cast *cast, const struct peer_settings *settings);
void peer_close(struct peer *peer);

/* Starts a peer that is held back. A test that forks does so before: a process with threads cannot.
 */
void peer_start(struct peer *peer);
int peer_port(const struct peer *peer);

/* From the next connection on. */
void peer_set(struct peer *peer, const struct peer_settings *settings);

/* What was seen of connection `n`, counted from 1; waits until it is over. */
const struct peer_seen *peer_seen(struct peer *peer, int n);
int peer_connections(struct peer *peer);

#endif
