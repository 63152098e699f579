/*
 * The TLS side of one message: every decision that the client takes in a handshake, and the
 * evidence of it.
 *
 * A struct tls_client is told what the client has (collection, trust, peer, clock, fault), is put
 * behind an SSL_CTX, and then offers a session, answers a certificate request, watches the messages
 * that really go over the wire, and collects the sessions that the server issues. They reach the
 * cache only when the connection has ended well: tls_client_finish().
 */
#ifndef HARNESS_SMTP_CLIENT_TLS_H
#define HARNESS_SMTP_CLIENT_TLS_H

#include "harness/smtp_client/replies.h"
#include "harness/smtp_client/selection.h"
#include "harness/smtp_client/session_cache.h"
#include "harness/smtp_client/trust.h"

enum { TLS_MAX_ISSUED = 16 };

/* A session that the server issued, with whom it was made under. */
struct tls_issued {
    struct session_key key;
    struct session_identity identity;
    SSL_SESSION *session; /* owned */
};

/* What was seen. */
struct tls_evidence {
    bool started;
    bool handshake;        /* completed, as far as this end can know */
    bool requested;        /* a CertificateRequest arrived */
    bool certificate_sent; /* a Certificate message left, maybe an empty one */
    bool ticket_seen;
    bool master_secret; /* the server has taken extended_master_secret */
    bool resumed;
    char presented[FINGERPRINT_TEXT];
    enum selection_reason reason;
    char version[8];
    int alert_received; /* fatal; -1: none */
    int alert_sent;
};

struct tls_client {
    /* given */
    const struct smtp_certificates *certificates;
    struct trust trust; /* owned */
    struct session_peer peer;
    const struct policy *policy;
    time_t now;
    bool clock_moved;
    enum smtp_client_fault fault;
    struct replies *replies; /* told when TLS starts */
    const char *const *alpn; /* protocols to offer, ends with NULL; NULL: none */
    smtp_client_saw *saw;    /* NULL: nobody watches */
    void *saw_context;
    /* seen */
    struct tls_evidence evidence;
    struct oid_filters filters;            /* of the last request */
    const struct smtp_certificate *chosen; /* by the last request */
    const struct smtp_certificate
        *sent;            /* really, of this collection; NULL: none, or an empty list */
    SSL_SESSION *offered; /* owned; NULL: none */
    struct session_key offered_key;
    struct session_identity offered_identity;
    struct tls_issued issued[TLS_MAX_ISSUED];
    size_t n_issued;
    char **names; /* owned, ends with NULL */
};

/* Puts `tls` behind `context`: for each new connection. `tls` must live as long as the context. */
void tls_client_configure(struct tls_client *tls, SSL_CTX *context);

/* Puts what the server issued into the cache when the connection was sound; forgets what was
 * offered on one that was not. */
void tls_client_finish(struct tls_client *tls, bool sound);

/* Forgets everything seen, frees what is owned. */
void tls_client_release(struct tls_client *tls);

/* The kind of the session offered: none, id, ticket, psk. */
const char *tls_client_offered(const struct tls_client *tls);

/* The key of the element's sessions, as the fault has it; `element` NULL: the anonymous one. */
void tls_client_identity(const struct tls_client *tls, const struct smtp_certificate *element,
                         struct session_identity *identity);

#endif
