/*
 * The authorities that a server's certificate is verified against: a PEM file, known by its
 * content.
 *
 * A file is read at every message, as it may have changed, but parsed only when its content is new.
 * What was parsed is kept for the process, a few at a time; each user holds a reference of its own.
 */
#ifndef HARNESS_SMTP_CLIENT_TRUST_H
#define HARNESS_SMTP_CLIENT_TRUST_H

#include "harness/smtp_client/fingerprint.h"

#include <openssl/x509.h>

struct trust {
    X509_STORE *store; /* a reference of its own */
    unsigned char content[FINGERPRINT_BYTES];
};

/* Loads the authorities of a file; none at all when `file` is NULL. Returns -1 and writes one
 * sentence into `why` when the file cannot be read or holds none. */
int trust_load(struct trust *trust, const char *file, char *why, size_t why_size);
void trust_release(struct trust *trust);

#endif
