/*
 * A certificate revocation list, version 2: opened for an issuer, filled, signed.
 *
 * Each function takes the list over and gives it back; NULL, after a failure or given, stays NULL.
 * Source: RFC 5280 section 5.
 */
#ifndef HARNESS_PKI_REVOCATION_H
#define HARNESS_PKI_REVOCATION_H

#include <openssl/x509.h>
#include <time.h>

/* Valid for ten years before and after `now`: a clock that is moved must not make it stale. */
X509_CRL *revocation_open(const X509 *issuer, time_t now);

/* Adds a certificate, revoked an hour before `now`. */
X509_CRL *revocation_add(X509_CRL *list, const X509 *certificate, time_t now);

X509_CRL *revocation_close(X509_CRL *list, EVP_PKEY *signer);

#endif
