/*
 * The oid_filters of a CertificateRequest: what the server wants in the certificate. RFC 8446
 * section 4.2.5.
 *
 * keyUsage and extendedKeyUsage are known; the others are ignored, as a client has to.
 */
#ifndef HARNESS_SMTP_CLIENT_OID_FILTERS_H
#define HARNESS_SMTP_CLIENT_OID_FILTERS_H

#include <openssl/ssl.h>
#include <stdbool.h>

/* More filters than fit in here nobody has a use for. */
enum { OID_FILTERS_MAX = 1024 };

/* The body of the extension as it came; empty: none came. */
struct oid_filters {
    unsigned char bytes[OID_FILTERS_MAX];
    size_t size;
};

/* Makes connections of the context keep the extension in `filters`, which has to outlive it. */
void oid_filters_watch(SSL_CTX *context, struct oid_filters *filters);

/* Tells whether a certificate has all that is known of the filters, which may be NULL. */
bool oid_filters_match(const struct oid_filters *filters, X509 *leaf);

#endif
