#include "harness/pki/tests/fixture.h"

#include "harness/base/files.h"

#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <limits.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#define SHARED_POOL "COUNTERSEAL_TEST_POOL"

char fixture_directory[64];

/* RSA keys are slow to make: the tests of one run that are not about the pool share one. The hooks
 * run in the runner, whose environment the tests inherit. */
ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
    char pool[] = "/tmp/pki-test-pool.XXXXXX";

    (void)tests;
    if (mkdtemp(pool) != NULL)
        setenv(SHARED_POOL, pool, 1);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    struct error ignored = { 0 };

    (void)stats;
    if (getenv(SHARED_POOL) != NULL)
        (void)files_remove(getenv(SHARED_POOL), &ignored);
}

void fixture_open(void)
{
    (void)snprintf(fixture_directory, sizeof(fixture_directory), "/tmp/pki-test.XXXXXX");
    cr_assert_not_null(mkdtemp(fixture_directory));
}

void fixture_close(void)
{
    struct error err = { 0 };

    cr_expect_eq(files_remove(fixture_directory, &err), 0, "%s", err.text);
}

const char *fixture_path(const char *name)
{
    static char paths[5][PATH_MAX];
    static int next;
    char *path = paths[next++ % 5];

    (void)snprintf(path, PATH_MAX, "%s/%s", fixture_directory, name);
    return path;
}

struct pki *fixture_cast(time_t now)
{
    struct pki *pki = pki_open(now, getenv(SHARED_POOL));
    struct error err = { 0 };

    cr_assert_eq(pki_mint_cast(pki, &err), 0, "%s", err.text);
    return pki;
}

struct pki *fixture_mint(const struct scenario_identity *identities, size_t n, bool with_cast)
{
    struct pki *pki =
        with_cast ? fixture_cast(FIXTURE_NOW) : pki_open(FIXTURE_NOW, getenv(SHARED_POOL));
    struct scenario scenario = { .identities = identities, .n_identities = n };
    struct error err = { 0 };

    cr_assert_eq(pki_mint_scenario(pki, &scenario, &err), 0, "%s", err.text);
    return pki;
}

int fixture_verify(const struct pki *pki, const char *name, const char *trusted, int purpose,
                   time_t now)
{
    const struct pki_identity *identity = pki_find(pki, name);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    int result;

    cr_assert_not_null(identity, "%s was not minted", name);
    X509_STORE_add_cert(store, pki_find(pki, trusted)->certificate);
    X509_STORE_CTX_init(context, store, identity->certificate, identity->chain);
    X509_STORE_CTX_set_purpose(context, purpose);
    X509_STORE_CTX_set_time(context, 0, now);
    result = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return result;
}

bool fixture_fits(const X509 *certificate, const EVP_PKEY *key)
{
    return EVP_PKEY_eq(X509_get0_pubkey(certificate), key) == 1;
}
