/*
 * The identities a scenario names, made into keys, certificates and files.
 *
 * Certificates are minted for each run, relative to its clock: nothing in the repository expires.
 * Keys of P-256 and Ed25519 are made for each run too (0.03 ms each; to read one from a file takes
 * 0.1 ms). RSA keys take 150 ms to make and come from a pool on disk ($XDG_CACHE_HOME/counterseal,
 * else ~/.cache/counterseal, 0700, files 0600) that is filled when needed; a pool that cannot be
 * used, or that others can read, costs time, never the run. A key in the pool belongs to a name, so
 * that two identities never share one. They are keys of throw-away identities and protect nothing.
 *
 * What is declared is borrowed: a scenario must outlive the pki that minted it. After a failure to
 * mint, a pki is of no use but for pki_close().
 */
#ifndef HARNESS_PKI_PKI_H
#define HARNESS_PKI_PKI_H

#include "harness/scenario/scenario.h"

#include <openssl/x509.h>
#include <time.h>

struct pki; /* opaque */

/* An identity made real. Owned by the pki. */
struct pki_identity {
    const char *name;
    X509 *certificate;
    EVP_PKEY *key;          /* that the certificate speaks of */
    EVP_PKEY *given;        /* that pki_write() hands out: by `fault` the same, another, or NULL */
    STACK_OF(X509) * chain; /* intermediates it is presented with, without the root; may be empty */
    char fingerprint[65];   /* SHA-256 of the DER form, lower-case hexadecimal */
    enum scenario_key_fault fault; /* of the key file */
    bool bare;
    struct pki_texts *texts; /* of its files */
};

/* Opens an empty pki; `now` is the clock of the run; `pool` is the directory of keys, NULL for
 * the default. Never fails. */
struct pki *pki_open(time_t now, const char *pool);
void pki_close(struct pki *pki);

/* Makes identities of the keys that lie in `directory` from here on, as pki_write_uses() left them
 * in an earlier run, where there are such; with `certificates` of the certificates there as well,
 * which then have the fingerprints of that run, and its times. */
void pki_take(struct pki *pki, const char *directory, bool certificates);

/* Mints the whole standard cast. Errors: ERROR_TLS. */
int pki_mint_cast(struct pki *pki, struct error *err);

/* Mints those of the cast that the scenarios of a list use. Scenarios that declare identities of
 * their own are left to pki_mint_scenario(). Errors: ERROR_TLS. */
int pki_mint_list(struct pki *pki, const struct scenario_list *list, struct error *err);

/* Mints what a scenario declares and uses, after pki_mint_cast() or pki_mint_list(); those declared
 * under a name of the cast take its place, and whoever has its certificate from one of them is
 * minted anew. What pki_find() returned before may be gone. Errors: ERROR_TLS, with the place of
 * the declaration. */
int pki_mint_scenario(struct pki *pki, const struct scenario *scenario, struct error *err);

/* Returns the identity of that name, or NULL. */
const struct pki_identity *pki_find(const struct pki *pki, const char *name);

/* Returns the identity whose certificate has that fingerprint, or NULL. */
const struct pki_identity *pki_find_fingerprint(const struct pki *pki, const char *fingerprint);

/* Writes the files NAME.pem (certificate, then its chain), NAME.key and NAME.pfx (no password) for
 * `identity` under the name `file`, into `directory`, replacing what is there. A missing key leaves
 * the key file out and the PFX without one; a wrong one is another key. Files with keys have mode
 * 0600; a PFX that is not wanted is removed like a key that is missing. Errors: ERROR_SYSTEM,
 * ERROR_TLS. */
int pki_write(const struct pki *pki, const char *identity, const char *file, const char *directory,
              bool with_pfx, struct error *err);

/* Writes the certificates of `names` one after another into the file `path`.
 * Errors: ERROR_SYSTEM, ERROR_TLS. */
int pki_write_trust(const struct pki *pki, const struct scenario_names *names, const char *path,
                    struct error *err);

/* Writes everybody whom a scenario names, and the authorities above, under their own names into
 * `directory`. Errors: ERROR_SYSTEM, ERROR_TLS. */
int pki_write_uses(const struct pki *pki, const struct scenario *scenario, const char *directory,
                   struct error *err);

/* Makes the revocation lists with these identities on them, one by each of their issuers, valid for
 * ten years around the clock of the run. Owned by the caller; NULL when there are no names or a
 * list cannot be made. */
STACK_OF(X509_CRL) * pki_revoke(const struct pki *pki, const struct scenario_names *names);

/* Drains OpenSSL's error queue into an ERROR_TLS error: "what: reason". Returns -1. */
int pki_error(struct error *err, const char *what);

#endif
