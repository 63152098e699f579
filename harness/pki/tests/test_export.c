#include "harness/base/files.h"
#include "harness/pki/tests/fixture.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(export, .init = fixture_open, .fini = fixture_close);

static void write_as(const struct pki *pki, const char *name, const char *file, bool with_pfx)
{
    struct error err = { 0 };

    cr_assert_eq(pki_write(pki, name, file, fixture_directory, with_pfx, &err), 0, "%s", err.text);
}

/* All certificates of a PEM file, by name of the identity that has them. */
static const char *names_in(const struct pki *pki, const char *file)
{
    static char names[200];
    FILE *stream = fopen(fixture_path(file), "r");
    X509 *certificate;

    names[0] = '\0';
    cr_assert_not_null(stream, "no %s", file);
    while ((certificate = PEM_read_X509(stream, NULL, NULL, NULL)) != NULL) {
        unsigned char digest[32];
        char fingerprint[65];
        size_t used = strlen(names);
        const struct pki_identity *found;

        X509_digest(certificate, EVP_sha256(), digest, NULL);
        for (size_t i = 0; i < sizeof(digest); i++)
            (void)snprintf(fingerprint + 2 * i, 3, "%02x", digest[i]);
        found = pki_find_fingerprint(pki, fingerprint);
        (void)snprintf(names + used, sizeof(names) - used, "%s%s", used > 0 ? " " : "",
                       found != NULL ? found->name : "?");
        X509_free(certificate);
    }
    ERR_clear_error();
    (void)fclose(stream);
    return names;
}

static EVP_PKEY *key_in(const char *file)
{
    FILE *stream = fopen(fixture_path(file), "r");
    EVP_PKEY *key;

    cr_assert_not_null(stream, "no %s", file);
    key = PEM_read_PrivateKey(stream, NULL, NULL, NULL);
    (void)fclose(stream);
    return key;
}

static bool exists(const char *file)
{
    return access(fixture_path(file), F_OK) == 0;
}

static mode_t mode_of(const char *file)
{
    struct stat info;

    cr_assert_eq(stat(fixture_path(file), &info), 0, "no %s", file);
    return info.st_mode & 07777;
}

static const struct {
    const char *name, *certificates;
} pem_cases[] = {
    { "alice", "alice" },
    { "carol", "carol alpha-sub" },
    { "carol-bare", "carol-bare" },
    { "dave", "dave" },
    { "erin", "erin" },
    { "mallory", "mallory" },
};

Test(export, files_hold_the_certificate_its_chain_and_its_key, .timeout = 30)
{
    struct pki *pki = fixture_cast(FIXTURE_NOW);

    for (size_t i = 0; i < sizeof(pem_cases) / sizeof(pem_cases[0]); i++) {
        EVP_PKEY *key;

        write_as(pki, pem_cases[i].name, "me", false);
        key = key_in("me.key");
        cr_expect_str_eq(names_in(pki, "me.pem"), pem_cases[i].certificates);
        cr_expect(fixture_fits(pki_find(pki, pem_cases[i].name)->certificate, key), "%s",
                  pem_cases[i].name);
        EVP_PKEY_free(key);
    }
    cr_expect(!exists("me.pfx"));
    pki_close(pki);
}

Test(export, files_with_keys_are_for_their_owner_only, .timeout = 30)
{
    struct pki *pki = fixture_cast(FIXTURE_NOW);

    write_as(pki, "alice", "me", true);

    cr_expect_eq(mode_of("me.key"), 0600);
    cr_expect_eq(mode_of("me.pfx"), 0600);
    pki_close(pki);
}

Test(export, a_missing_key_leaves_no_key_file_not_even_an_old_one, .timeout = 30)
{
    struct pki *pki = fixture_cast(FIXTURE_NOW);

    write_as(pki, "alice", "me", true);
    write_as(pki, "alice-keyless", "me", false);

    cr_expect_str_eq(names_in(pki, "me.pem"), "alice-keyless");
    cr_expect(!exists("me.key"));
    cr_expect(!exists("me.pfx"), "it would be alice's");
    pki_close(pki);
}

Test(export, a_wrong_key_is_another_one_of_the_same_kind, .timeout = 30)
{
    const struct scenario_identity row = {
        .name = "rsa-wrong", .key = SCENARIO_KEY_RSA, .fault = SCENARIO_KEY_WRONG, .not_after_s = 60
    };
    struct pki *pki = fixture_mint(&row, 1, true);
    static const struct {
        const char *name, *kind;
    } cases[] = { { "alice-wrong-key", "EC" }, { "rsa-wrong", "RSA" } };

    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY *key;

        write_as(pki, cases[i].name, "me", true);
        key = key_in("me.key");
        cr_expect(EVP_PKEY_is_a(key, cases[i].kind), "%s", cases[i].name);
        cr_expect(!fixture_fits(pki_find(pki, cases[i].name)->certificate, key), "%s",
                  cases[i].name);
        EVP_PKEY_free(key);
    }
    pki_close(pki);
}

/* --- PFX --- */

static const struct {
    const char *name;
    bool with_key, fits;
    int n_chain;
} pfx_cases[] = {
    { "alice", true, true, 0 }, { "carol", true, true, 1 }, { "carol-bare", true, true, 0 },
    { "dave", true, true, 0 },  { "erin", true, true, 0 },  { "alice-keyless", false, false, 0 },
};

static PKCS12 *pfx_in(const char *file)
{
    FILE *stream = fopen(fixture_path(file), "r");
    PKCS12 *pfx;

    cr_assert_not_null(stream, "no %s", file);
    pfx = d2i_PKCS12_fp(stream, NULL);
    (void)fclose(stream);
    cr_assert_not_null(pfx, "%s is no PFX", file);
    return pfx;
}

static void expect_pfx(const struct pki *pki, size_t row, const char *password)
{
    const char *name = pfx_cases[row].name;
    PKCS12 *pfx = pfx_in("me.pfx");
    STACK_OF(X509) *chain = NULL;
    X509 *certificate = NULL;
    EVP_PKEY *key = NULL;

    cr_expect_eq(PKCS12_parse(pfx, password, &key, &certificate, &chain), 1, "%s", name);
    cr_expect_eq(key != NULL, pfx_cases[row].with_key, "%s", name);
    if (pfx_cases[row].fits)
        cr_expect_eq(X509_cmp(certificate, pki_find(pki, name)->certificate), 0, "%s", name);
    if (pfx_cases[row].fits)
        cr_expect(fixture_fits(certificate, key), "%s", name);
    if (pfx_cases[row].with_key)
        cr_expect_eq(chain != NULL ? sk_X509_num(chain) : 0, pfx_cases[row].n_chain, "%s", name);
    else
        cr_expect_eq(sk_X509_num(chain), 1, "without a key nobody can say whose it is: %s", name);
    sk_X509_pop_free(chain, X509_free);
    X509_free(certificate);
    EVP_PKEY_free(key);
    PKCS12_free(pfx);
}

Test(export, a_pfx_opens_without_a_password_and_holds_the_chain, .timeout = 30)
{
    struct pki *pki = fixture_cast(FIXTURE_NOW);

    for (size_t i = 0; i < sizeof(pfx_cases) / sizeof(pfx_cases[0]); i++) {
        write_as(pki, pfx_cases[i].name, "me", true);
        expect_pfx(pki, i, "");
        expect_pfx(pki, i, NULL);
    }
    pki_close(pki);
}

Test(export, a_pfx_with_a_wrong_key_holds_both, .timeout = 30)
{
    struct pki *pki = fixture_cast(FIXTURE_NOW);
    const struct pki_identity *wrong = pki_find(pki, "alice-wrong-key");
    STACK_OF(X509) *others = NULL;
    X509 *certificate = NULL;
    EVP_PKEY *key = NULL;
    PKCS12 *pfx;

    write_as(pki, "alice-wrong-key", "me", true);
    pfx = pfx_in("me.pfx");

    cr_expect_eq(PKCS12_parse(pfx, "", &key, &certificate, &others), 1);
    cr_expect_null(certificate, "none is of that key");
    cr_assert_eq(sk_X509_num(others), 1);
    cr_expect_eq(X509_cmp(sk_X509_value(others, 0), wrong->certificate), 0);
    cr_expect_eq(EVP_PKEY_eq(key, wrong->given), 1);
    sk_X509_pop_free(others, X509_free);
    EVP_PKEY_free(key);
    PKCS12_free(pfx);
    pki_close(pki);
}

/* --- trust --- */

Test(export, a_trust_file_holds_whom_it_is_told_in_order, .timeout = 30)
{
    static const struct scenario_name items[] = { { "beta", { 0 } }, { "alpha", { 0 } } };
    const struct scenario_names both = { items, 2 }, nobody = { NULL, 0 };
    struct pki *pki = fixture_cast(FIXTURE_NOW);
    struct error err = { 0 };

    cr_expect_eq(pki_write_trust(pki, &both, fixture_path("trust.pem"), &err), 0, "%s", err.text);
    cr_expect_str_eq(names_in(pki, "trust.pem"), "beta alpha");
    cr_expect_eq(pki_write_trust(pki, &nobody, fixture_path("trust.pem"), &err), 0, "%s", err.text);
    cr_expect_str_eq(names_in(pki, "trust.pem"), "");
    pki_close(pki);
}

/* --- what cannot be written --- */

Test(export, who_was_not_minted_is_not_written)
{
    static const struct scenario_name items[] = { { "alice", { "a.yaml", 3, 4, 5 } } };
    const struct scenario_names names = { items, 1 };
    struct pki *pki = pki_open(FIXTURE_NOW, NULL);
    struct error of_files = { 0 }, of_trust = { 0 };

    cr_expect_eq(pki_write(pki, "alice", "me", fixture_directory, true, &of_files), -1);
    cr_expect_str_eq(of_files.text, "no identity is called \"alice\"");
    cr_expect_eq(pki_write_trust(pki, &names, fixture_path("trust.pem"), &of_trust), -1);
    cr_expect_eq(of_trust.where.line, 3);
    cr_expect(!exists("me.pem") && !exists("trust.pem"));
    pki_close(pki);
}

Test(export, a_directory_that_is_not_there_is_an_error, .timeout = 30)
{
    struct pki *pki = fixture_cast(FIXTURE_NOW);
    struct error err = { 0 };

    cr_expect_eq(pki_write(pki, "alice", "me", fixture_path("none"), false, &err), -1);
    cr_expect_eq(err.kind, ERROR_SYSTEM);
    cr_expect_not_null(strstr(err.text, "none/me.pem"), "%s", err.text);
    pki_close(pki);
}
