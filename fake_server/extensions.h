/*
 * What a CertificateRequest, and with it a NewSessionTicket, says that OpenSSL has no setting for:
 * extensions, written byte by byte, of the messages of TLS 1.3.
 *
 * They belong to a snapshot of settings; its SSL_CTX borrows them.
 */
#ifndef FAKE_SERVER_EXTENSIONS_H
#define FAKE_SERVER_EXTENSIONS_H

#include "fake_server/fake_server.h"

struct settings;

struct fake_server_request extensions_copy_request(const struct fake_server_request *request);
void extensions_release_request(const struct fake_server_request *request);

/* Writes those that the request of the settings names. Returns 0, or -1 and a sentence in `why`. */
int extensions_init(struct settings *settings, char *why, size_t why_size);
void extensions_release(struct settings *settings);

/* Makes the context send them. Returns 1, or 0 when OpenSSL refuses. */
int extensions_add(SSL_CTX *context, const struct settings *settings);

#endif
