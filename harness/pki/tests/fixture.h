/*
 * What the tests of this floor share: a temporary directory, a pki in it, verification by OpenSSL.
 */
#ifndef HARNESS_PKI_TESTS_FIXTURE_H
#define HARNESS_PKI_TESTS_FIXTURE_H

#include "harness/pki/pki.h"

/* A clock far from today's. */
#define FIXTURE_NOW ((time_t)1000000000)

/* The temporary directory of this test, and a path in it (valid until the fifth call after). */
extern char fixture_directory[];
const char *fixture_path(const char *name);
void fixture_open(void);
void fixture_close(void);

/* A pki at `now` with the cast minted; its keys come from the pool of this run of tests. */
struct pki *fixture_cast(time_t now);

/* A pki with the `n` identities minted as a scenario declares them; the cast too if `with_cast`. */
struct pki *fixture_mint(const struct scenario_identity *identities, size_t n, bool with_cast);

/* Verifies what `name` presents against the authority `trusted` for an X509_PURPOSE at `now`.
 * Returns an X509_V_ERR. */
int fixture_verify(const struct pki *pki, const char *name, const char *trusted, int purpose,
                   time_t now);

/* Tells whether the certificate speaks of that key. */
bool fixture_fits(const X509 *certificate, const EVP_PKEY *key);

#endif
