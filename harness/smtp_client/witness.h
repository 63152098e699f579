/*
 * What goes over the wire, told to who asked for it in the settings: the evidence of this end where
 * the other one keeps none.
 */
#ifndef HARNESS_SMTP_CLIENT_WITNESS_H
#define HARNESS_SMTP_CLIENT_WITNESS_H

#include "harness/smtp_client/tls.h"

/* A line of the dialogue, with or without its end. */
void witness_line(const struct tls_client *tls, bool sent, const char *line, size_t size);

/* A handshake message or an alert, as the callback of OpenSSL has it; other content is passed over.
 */
void witness_message(const struct tls_client *tls, const SSL *ssl, bool sent, int content,
                     const void *bytes, size_t size);

/* A handshake is complete. */
void witness_handshake(const struct tls_client *tls, SSL *ssl);

#endif
