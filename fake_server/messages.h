/*
 * Handshake messages and alerts, as OpenSSL hands them over byte for byte, turned into events.
 */
#ifndef FAKE_SERVER_MESSAGES_H
#define FAKE_SERVER_MESSAGES_H

#include <openssl/ssl.h>

struct connection;

/* The SSL_CTX_set_msg_callback() callback. */
void messages_watch(int sent, int version, int content, const void *bytes, size_t size, SSL *ssl,
                    void *unused);

/* Reports a Certificate that came in the clear although none was asked for: OpenSSL stops at its
 * header and shows it to nobody. Does nothing when the last record held something else. */
void messages_report_unasked(struct connection *connection);

#endif
