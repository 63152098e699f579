/* Keys and certificates that lie in files, as pki_write() wrote them in an earlier run (private to
 * pki/). Where a file is not there, or is none of ours, the caller makes its own. */
#ifndef HARNESS_PKI_GIVEN_H
#define HARNESS_PKI_GIVEN_H

#include "harness/scenario/scenario.h"

#include <openssl/x509.h>

/* The key of DIRECTORY/NAME.key, if it is of that kind; owned by the caller; NULL. */
EVP_PKEY *given_key(const char *directory, const char *name, enum scenario_key kind);

/* The first certificate of DIRECTORY/NAME.pem; owned by the caller; NULL. */
X509 *given_certificate(const char *directory, const char *name);

#endif
