/*
 * The session cache of the process.
 *
 * A session is kept under a key: the digest of all that must be the same for it to be resumed. The
 * most important part is the identity it was made under, which is the certificate that was really
 * presented, or none (R41, R43). The way to TLS (STARTTLS or at once) is no part: it is the same
 * server.
 *
 * Sessions of TLS 1.3 are given out once, those before it as often as they live (RFC 8446, appendix
 * C.4). The cache holds copies: what OpenSSL does to a session when its connection breaks does not
 * reach them. All functions may be called from several threads.
 */
#ifndef HARNESS_SMTP_CLIENT_SESSION_CACHE_H
#define HARNESS_SMTP_CLIENT_SESSION_CACHE_H

#include "harness/smtp_client/fingerprint.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <time.h>

/* Whom a session was made under. */
struct session_identity {
    unsigned char content[FINGERPRINT_BYTES]; /* zeros: anonymous */
    char fingerprint[FINGERPRINT_TEXT];       /* "": anonymous */
    time_t not_after;                         /* of the certificate; 0: never */
};

/* With whom, besides. */
struct session_peer {
    const char *host;
    int port;
    unsigned char trust[FINGERPRINT_BYTES]; /* content of the trust file */
    int tls_min;
    int tls_max;
};

struct session_key {
    unsigned char bytes[FINGERPRINT_BYTES];
};

struct session_key session_key_get(const struct session_peer *peer,
                                   const unsigned char content[FINGERPRINT_BYTES]);

/* Stores a copy of `session`, made at `now` by the client's clock. The oldest goes where there are
 * too many. */
void session_cache_add(const struct session_key *key, const struct session_identity *identity,
                       SSL_SESSION *session, time_t now);

/* Returns a copy of the newest session of that key which is alive at `now`, and tells whose it is;
 * the caller frees it. A session of TLS 1.3 is gone then, unless `keep`. NULL when there is none.
 */
SSL_SESSION *session_cache_take(const struct session_key *key, time_t now, bool keep,
                                struct session_identity *identity);

/* Forgets the session, where it is still there: it was refused, or its connection failed (RS-05,
 * RS-06, RS-16). */
void session_cache_remove(const struct session_key *key, const SSL_SESSION *session);

/* Forgets all sessions of a key. */
void session_cache_drop(const struct session_key *key);

size_t session_cache_count(void);

#endif
