/*
 * One certificate with what belongs to it (the public functions are smtp_certificate_...).
 *
 * It never changes, and knows by count how many hold it. Nothing is read from the disk after it was
 * loaded: a file that changes changes nothing here.
 */
#ifndef HARNESS_SMTP_CLIENT_CERTIFICATE_H
#define HARNESS_SMTP_CLIENT_CERTIFICATE_H

#include "harness/smtp_client/fingerprint.h"
#include "harness/smtp_client/smtp_client.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdatomic.h>

/* All members are owned. */
struct smtp_certificate {
    X509 *leaf;
    STACK_OF(X509) * chain; /* as it follows in the file, never NULL, may be empty */
    EVP_PKEY *key;          /* NULL: missing; unreadable or of another certificate if that is let
                               pass */
    char *path;             /* where it came from, "": from memory; only a fault looks at it */
    char fingerprint[FINGERPRINT_TEXT];
    unsigned char content[FINGERPRINT_BYTES]; /* of leaf and chain: R38, R49 */
    atomic_int holders;
};

/* One more holder of the same certificate; smtp_certificate_free() lets it go. */
struct smtp_certificate *certificate_hold(const struct smtp_certificate *certificate);

/* Loads as .NET holds it: a key that is missing, unreadable or of another certificate is none. What
 * was parsed is kept for the process, by content. Returns NULL and writes one sentence into `why`
 * when there is no certificate. */
struct smtp_certificate *certificate_load_lenient(const char *certificate_file,
                                                  const char *key_file, char *why, size_t why_size);

#endif
