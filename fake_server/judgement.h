/*
 * The judgement of a certificate that a client presents: chain, time and purpose by OpenSSL, then
 * revocation, pins and accounts; and the alert of a refusal.
 */
#ifndef FAKE_SERVER_JUDGEMENT_H
#define FAKE_SERVER_JUDGEMENT_H

#include "fake_server/fake_server.h"

struct connection;

/* A deep copy, and what frees it. */
struct fake_server_judgement judgement_copy(const struct fake_server_judgement *judgement);
void judgement_release(const struct fake_server_judgement *judgement);

/* The SSL_CTX_set_cert_verify_callback() callback. */
int judgement_run(X509_STORE_CTX *context, void *unused);

/* Sends the alert that the settings have for a client without a certificate where one is required.
 * Does nothing where OpenSSL has the right one. */
void judgement_refuse_missing(struct connection *connection);

/* Ends a connection with an alert whose handshake is complete and whose client is nobody, where the
 * settings want that. Returns 0, or -1 after connection_end(). */
int judgement_refuse_late(struct connection *connection);

#endif
