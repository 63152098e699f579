/* What a server asks for, and what it is given (private to capture/). */
#ifndef HARNESS_CAPTURE_REQUEST_H
#define HARNESS_CAPTURE_REQUEST_H

#include "harness/capture/dial.h"

/* Reads the CertificateRequest that has just come. */
void request_read(SSL *ssl, struct dial_result *result);

/* Makes a key and a certificate that signs itself, and uses them. Returns 0 or -1. */
int request_use_stranger(SSL_CTX *tls);

/* A name as RFC 2253 writes it, owned by `context`. */
const char *request_name(void *context, const X509_NAME *name);

#endif
