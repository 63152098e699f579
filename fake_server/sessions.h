/*
 * What a server keeps to resume sessions: the cache of sessions with an id (TLS 1.2) and the keys
 * that tickets are sealed with. All SSL_CTX of one server share it, so that it survives new
 * settings.
 *
 * Sessions lie in it in their DER form, which no other thread can change. Ids stay known after
 * their sessions are dropped, so that a client that offers one is still recognised.
 */
#ifndef FAKE_SERVER_SESSIONS_H
#define FAKE_SERVER_SESSIONS_H

#include <openssl/ssl.h>

#include <stdbool.h>

struct sessions; /* opaque */

struct sessions *sessions_new(void);
void sessions_free(struct sessions *sessions);

/* Makes a context use the sessions of the server that its connections belong to. */
void sessions_init_context(SSL_CTX *context, bool ids);

/* Tells whether this server has ever issued the id. */
bool sessions_find(struct sessions *sessions, const unsigned char *id, size_t size);

/* To be called when a handshake or a ticket is through, however it ended: sessions.c works on them
 * with less of OpenSSL than others need. */
void sessions_end_sealing(void);

void sessions_rotate(struct sessions *sessions);
void sessions_drop(struct sessions *sessions);

#endif
