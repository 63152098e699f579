/*
 * TLS of one connection: the handshake, the judgement of certificates, and the callbacks that an
 * SSL_CTX has for them. The connection is the app data of its SSL.
 */
#ifndef FAKE_SERVER_TLS_H
#define FAKE_SERVER_TLS_H

#include "fake_server/fake_server.h"

struct connection;

/* Does the handshake and reports it. Returns 0, or -1 after connection_end(). */
int tls_accept(struct connection *connection);

/* Reports how a handshake has ended badly. Returns -1 after connection_end(). */
int tls_fail(struct connection *connection);

/* Reports a handshake that is complete. */
void tls_report_handshake(struct connection *connection);

/* Asks for a certificate on an established connection, and reads until the answer has come; what
 * else comes meanwhile is input. Returns 0, also when the client cannot be asked, or -1. */
int tls_ask(struct connection *connection);

/* Sends more session tickets, in TLS 1.3. */
void tls_issue_tickets(struct connection *connection, int n);

/* Makes OpenSSL's records as small as the wire's fault says and OpenSSL can. */
void tls_limit_records(struct connection *connection);

/* Whether the client said that it can be asked, or TLS 1.2 lets any be asked. */
bool tls_can_ask(const struct connection *connection);

/* Makes the bytes of a fatal alert leave that OpenSSL has no cause for, and ends the connection.
 * Returns -1. */
int tls_send_alert(struct connection *connection, const char *name);

/* The certificate that makes the client somebody: one that was found good, now or when the session
 * was made. NULL: there is none; borrowed. */
X509 *tls_certificate(const struct connection *connection);

/* The fingerprint of the identity, "" when there is none; borrowed until the next call. */
const char *tls_identity(struct connection *connection);
void tls_forget_identity(struct connection *connection);

/* Reports a session that the client is given. `nonce` (hexadecimal) and `age_add` are those of a
 * TLS 1.3 ticket, else "" and 0. */
void tls_report_issued(struct connection *connection, const char *kind, long lifetime_s,
                       const char *nonce, long long age_add, long long early_bytes);
void tls_report_alert(const struct connection *connection, bool sent, int level, int code);

/* SSL_VERIFY_ flags for a mode. */
int tls_verify_mode(enum fake_server_ask ask);

/* Callbacks; see the SSL_CTX_set_ functions of OpenSSL. */
int tls_client_hello(SSL *ssl, int *alert, void *unused);
int tls_server_name(SSL *ssl, int *alert, void *unused);
void tls_key_log(const SSL *ssl, const char *line);

#endif
