/*
 * The identities of the tests, minted anew in a directory of their own: authorities alpha and beta,
 * an intermediate of alpha, the server, and clients. Files are NAME.pem (with chain) and NAME.key.
 */
#ifndef HARNESS_SMTP_CLIENT_TESTS_CAST_H
#define HARNESS_SMTP_CLIENT_TESTS_CAST_H

#include <openssl/x509.h>

enum cast_name { ALPHA, BETA, SUB, SERVER, ALICE, BOB, ALICE_2, CAROL, EXPIRED, CAST_COUNT };

struct cast {
    char directory[64];
    X509 *certificates[CAST_COUNT];
    EVP_PKEY *keys[CAST_COUNT];
};

void cast_open(struct cast *cast);
void cast_close(struct cast *cast);

/* Paths in the directory; the text is static and good for the next seven calls. */
const char *cast_certificate(const struct cast *cast, enum cast_name name);
const char *cast_key(const struct cast *cast, enum cast_name name);
const char *cast_file(const struct cast *cast, const char *name);

/* Writes the identity under the name of another. */
void cast_write(const struct cast *cast, enum cast_name name, enum cast_name as);

/* The fingerprint; static as above. */
const char *cast_fingerprint(const struct cast *cast, enum cast_name name);

#endif
