/*
 * Keys by kind: how they are made, how a certificate speaks of them, and the pool of those that are
 * too slow to make.
 *
 * A file of the pool is PEM that any tool reads, below a line with its checksum: OpenSSL would take
 * a key whose numbers are damaged. A file that is not as we wrote it is written anew.
 */
#ifndef HARNESS_PKI_KEYS_H
#define HARNESS_PKI_KEYS_H

#include "harness/scenario/scenario.h"

#include <openssl/x509.h>

enum keys_purpose {
    KEYS_OWN,  /* the certificate speaks of it */
    KEYS_WRONG /* it is handed out instead */
};

/* Returns the default directory of the pool, owned by the talloc `context`; NULL: there is none. */
char *keys_pool(void *context);

/* Returns a key for the identity `name`, owned by the caller, from the directory `pool` (NULL:
 * none) where that is faster. NULL on failure: OpenSSL's queue tells why. */
EVP_PKEY *keys_get(const char *pool, enum scenario_key kind, enum keys_purpose purpose,
                   const char *name);

/* Puts the public half of `key` into a certificate. Returns 0 or -1.
 * X509_set_pubkey() would do, but takes 0.24 ms where this takes 0.01. The X509 itself does not
 * know the key then: it must be read again from its DER form. */
int keys_set_public(X509 *certificate, enum scenario_key kind, EVP_PKEY *key);

/* The digest to sign with; NULL where the kind brings its own. */
const EVP_MD *keys_digest(const EVP_PKEY *key);

/* The keyUsage that an end entity with such a key has, in OpenSSL's words. */
const char *keys_usage(enum scenario_key kind);

#endif
