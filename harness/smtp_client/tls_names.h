/*
 * The names of a certificate request as text (RFC 2253), ending with NULL.
 */
#ifndef HARNESS_SMTP_CLIENT_TLS_NAMES_H
#define HARNESS_SMTP_CLIENT_TLS_NAMES_H

#include <openssl/x509.h>

/* Frees the list and makes it new from `names`, which may be NULL. */
void tls_names_set(char ***list, const STACK_OF(X509_NAME) * names);
void tls_names_free(char ***list);

#endif
