/* What events say of certificates. All strings are the caller's and go with free(). */
#ifndef FAKE_SERVER_CERTIFICATE_H
#define FAKE_SERVER_CERTIFICATE_H

#include <openssl/x509.h>

#include <stddef.h>

/* SHA-256 of the DER form, lower-case hexadecimal. */
char *certificate_fingerprint(const X509 *certificate);

/* A name as RFC 2253 writes it. */
char *certificate_name(const X509_NAME *name);

/* What can be read of a certificate without its key: to decode one takes OpenSSL 3.0 as long as to
 * verify a signature. Source: RFC 5280 section 4.1. */
struct certificate_content {
    char *subject, *issuer; /* as RFC 2253 writes them; the caller's */
    long version;           /* 3 is X.509 version 3 */
    const char *key;        /* its curve, else its algorithm, by OpenSSL's names */
    const char *signature;  /* the algorithm of the issuer's signature */
};

/* Parses a DER form; what cannot be read is "" and 0. */
void certificate_parse(const unsigned char *der, size_t size, struct certificate_content *content);

#endif
