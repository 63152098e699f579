/*
 * One X.509 certificate, version 3, made and signed.
 *
 * What a real authority would put in is put in; what is wrong with an identity on purpose (expired,
 * not for clients, by nobody) is what its row says. Source: RFC 5280 section 4.
 */
#ifndef HARNESS_PKI_CERTIFICATE_H
#define HARNESS_PKI_CERTIFICATE_H

#include "harness/scenario/scenario.h"

#include <openssl/x509.h>
#include <time.h>

/* All borrowed. */
struct certificate_order {
    const struct scenario_identity *identity;
    EVP_PKEY *key;    /* the certificate speaks of it */
    X509 *issuer;     /* NULL: self-signed */
    EVP_PKEY *signer; /* the issuer's key; NULL: self-signed */
    time_t now;       /* the clock of the run */
};

/* Returns the certificate, owned by the caller. NULL on failure: `*failed` names the part that
 * cannot be made, OpenSSL's queue tells why. */
X509 *certificate_make(const struct certificate_order *order, const char **failed);

#endif
