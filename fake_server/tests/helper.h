/*
 * What the tests of this room share: certificates minted on the spot, a server that notes its
 * events, and a client that speaks SMTP in the clear and under TLS.
 */
#ifndef FAKE_SERVER_TESTS_HELPER_H
#define FAKE_SERVER_TESTS_HELPER_H

#include "fake_server/fake_server.h"

/* A certificate with its key; `lifetime_s` below zero makes one that has expired. */
struct mint {
    EVP_PKEY *key;
    X509 *certificate;
};

/* Signed by `issuer`, or by itself when that is NULL. `usage` is an extendedKeyUsage, or NULL. */
struct mint mint_new(const char *name, const struct mint *issuer, long lifetime_s,
                     const char *usage);
void mint_release(struct mint *mint);

/* A server under test. Its settings start as: mode STARTTLS, TLS 1.2 and 1.3, a certificate, trust
 * in `authority`, deadline 3 s. */
struct subject {
    struct mint authority, mail, alice, mallory, expired;
    struct fake_server_settings settings;
    struct fake_server *server;
    int port;
    int token;
    const char *sni;                   /* the name that its peers ask for; NULL: none */
    void (*prepare)(SSL_CTX *context); /* what its peers do before a handshake; may be NULL */
    pthread_mutex_t lock;
    char *events; /* JSON lines */
    size_t size;
};

void subject_init(struct subject *subject);
void subject_start(struct subject *subject);
void subject_set(struct subject *subject); /* the settings, for the next connection */
void subject_sync(struct subject *subject);
void subject_stop(struct subject *subject);

/* How many events there are so far whose JSON holds all of the texts (the list ends with NULL). */
int subject_count(struct subject *subject, const char *first, ...) __attribute__((sentinel));

/* One connection of a client. */
struct peer {
    int fd;
    const char *sni;
    void (*prepare)(SSL_CTX *context);
    SSL_CTX *context;
    SSL *ssl;
    SSL_SESSION *session; /* the last one that was issued, owned */
    char buffer[8192];
    size_t size;
};

void peer_open(struct peer *peer, const struct subject *subject);
void peer_send(struct peer *peer, const char *text);

/* Reads one reply, and returns its code; 0 when the connection is over. */
int peer_read(struct peer *peer);

/* Sends a line, without CRLF, and returns the code of the reply. */
int peer_say(struct peer *peer, const char *line);

/* A TLS handshake of `version`, with a certificate and a session to offer when they are not NULL.
 * Returns what SSL_connect() returns. */
int peer_start_tls(struct peer *peer, int version, const struct mint *identity,
                   SSL_SESSION *session);

/* EHLO, STARTTLS, handshake, EHLO. Returns the code of the last reply, 0 when it broke. */
int peer_dial(struct peer *peer, const struct subject *subject, int version,
              const struct mint *identity, SSL_SESSION *session);

/* MAIL, RCPT, DATA and a body. Returns the code of the last reply. */
int peer_mail(struct peer *peer);

/* Without a goodbye, and with one: QUIT and close_notify. */
void peer_close(struct peer *peer);
void peer_quit(struct peer *peer);

#endif
