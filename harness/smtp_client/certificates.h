/*
 * The collection of client certificates: elements in order, held by content.
 *
 * An element is a certificate, the chain it is presented with and, where there is one that fits,
 * its private key. Nothing is read from the disk after it was added: a file that changes changes
 * nothing here.
 */
#ifndef HARNESS_SMTP_CLIENT_CERTIFICATES_H
#define HARNESS_SMTP_CLIENT_CERTIFICATES_H

#include "harness/smtp_client/fingerprint.h"
#include "harness/smtp_client/smtp_client.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* One element. All members are owned. */
struct certificate {
    X509 *leaf;
    STACK_OF(X509) * chain; /* as it follows in the file, never NULL, may be empty */
    EVP_PKEY *key;          /* NULL: missing, unreadable or of another certificate */
    char *path;             /* where it came from; only a fault looks at it */
    char fingerprint[FINGERPRINT_TEXT];
    unsigned char content[FINGERPRINT_BYTES]; /* of leaf and chain: R38, R49 */
};

struct smtp_certificates {
    struct certificate *elements;
    size_t n_elements;
};

struct smtp_certificates *certificates_new(void);
void certificates_free(struct smtp_certificates *certificates);

/* The first element, or NULL when there is none. */
const struct certificate *certificates_first(const struct smtp_certificates *certificates);

#endif
