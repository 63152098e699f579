/* What events say of certificates. All strings are the caller's and go with free(). */
#ifndef FAKE_SERVER_CERTIFICATE_H
#define FAKE_SERVER_CERTIFICATE_H

#include <openssl/x509.h>

/* SHA-256 of the DER form, lower-case hexadecimal. */
char *certificate_fingerprint(const X509 *certificate);

/* A name as RFC 2253 writes it. */
char *certificate_name(const X509_NAME *name);

#endif
