#include "harness/pki/tests/fixture.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <talloc.h>

TestSuite(pki, .init = fixture_open, .fini = fixture_close);

/* --- the cast --- */

static const struct verify_case {
    const char *name, *trusted;
    int purpose, want;
} verify_cases[] = {
    { "alpha", "alpha", X509_PURPOSE_ANY, X509_V_OK },
    { "alpha-sub", "alpha", X509_PURPOSE_ANY, X509_V_OK },
    { "alice", "alpha", X509_PURPOSE_SSL_CLIENT, X509_V_OK },
    { "alice", "beta", X509_PURPOSE_SSL_CLIENT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY },
    { "alice", "alpha", X509_PURPOSE_SSL_SERVER, X509_V_ERR_INVALID_PURPOSE },
    { "bob", "beta", X509_PURPOSE_SSL_CLIENT, X509_V_OK },
    { "carol", "alpha", X509_PURPOSE_SSL_CLIENT, X509_V_OK },
    { "carol-bare", "alpha", X509_PURPOSE_SSL_CLIENT,
      X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY },
    { "dave", "alpha", X509_PURPOSE_SSL_CLIENT, X509_V_OK },
    { "erin", "alpha", X509_PURPOSE_SSL_CLIENT, X509_V_OK },
    { "alice-2", "alpha", X509_PURPOSE_SSL_CLIENT, X509_V_OK },
    { "alice-keyless", "alpha", X509_PURPOSE_SSL_CLIENT, X509_V_OK },
    { "alice-wrong-key", "alpha", X509_PURPOSE_SSL_CLIENT, X509_V_OK },
    { "expired", "alpha", X509_PURPOSE_SSL_CLIENT, X509_V_ERR_CERT_HAS_EXPIRED },
    { "future", "alpha", X509_PURPOSE_SSL_CLIENT, X509_V_ERR_CERT_NOT_YET_VALID },
    { "server-only", "alpha", X509_PURPOSE_SSL_CLIENT, X509_V_ERR_INVALID_PURPOSE },
    { "server-only", "alpha", X509_PURPOSE_SSL_SERVER, X509_V_OK },
    { "mallory", "alpha", X509_PURPOSE_SSL_CLIENT, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT },
    { "mallory", "mallory", X509_PURPOSE_SSL_CLIENT, X509_V_OK },
    { "mail", "alpha", X509_PURPOSE_SSL_SERVER, X509_V_OK },
    { "mail", "alpha", X509_PURPOSE_SSL_CLIENT, X509_V_ERR_INVALID_PURPOSE },
    { "mail-rsa", "alpha", X509_PURPOSE_SSL_SERVER, X509_V_OK },
};

Test(pki, the_cast_verifies_as_it_should, .timeout = 30)
{
    struct pki *pki = fixture_cast(FIXTURE_NOW);

    for (size_t i = 0; i < sizeof(verify_cases) / sizeof(verify_cases[0]); i++) {
        const struct verify_case *row = &verify_cases[i];
        int got = fixture_verify(pki, row->name, row->trusted, row->purpose, FIXTURE_NOW);

        cr_expect_eq(got, row->want, "%s by %s: got %s", row->name, row->trusted,
                     X509_verify_cert_error_string(got));
    }
    pki_close(pki);
}

Test(pki, every_certificate_has_its_own_key_serial_and_fingerprint, .timeout = 30)
{
    struct pki *pki = fixture_cast(FIXTURE_NOW);

    for (const struct scenario_identity *a = scenario_cast; a->name != NULL; a++) {
        const struct pki_identity *one = pki_find(pki, a->name);

        cr_expect(fixture_fits(one->certificate, one->key), "%s", a->name);
        cr_expect_eq(pki_find_fingerprint(pki, one->fingerprint), one, "%s", a->name);
        for (const struct scenario_identity *b = scenario_cast; b < a; b++) {
            const struct pki_identity *other = pki_find(pki, b->name);

            cr_expect_neq(EVP_PKEY_eq(one->key, other->key), 1, "%s, %s", a->name, b->name);
            cr_expect_neq(ASN1_INTEGER_cmp(X509_get0_serialNumber(one->certificate),
                                           X509_get0_serialNumber(other->certificate)),
                          0, "%s, %s", a->name, b->name);
        }
    }
    pki_close(pki);
}

Test(pki, every_certificate_is_version_3_with_a_long_positive_serial, .timeout = 30)
{
    struct pki *pki = fixture_cast(FIXTURE_NOW);

    for (const struct scenario_identity *row = scenario_cast; row->name != NULL; row++) {
        const X509 *certificate = pki_find(pki, row->name)->certificate;
        BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);

        cr_expect_eq(X509_get_version(certificate), X509_VERSION_3, "%s", row->name);
        cr_expect(!BN_is_negative(serial) && BN_num_bits(serial) == 127, "%s: %d bits", row->name,
                  BN_num_bits(serial));
        BN_free(serial);
    }
    pki_close(pki);
}

static const struct {
    const char *name, *key;
    int signature;
} kind_cases[] = {
    { "alice", "EC", NID_ecdsa_with_SHA256 },
    { "dave", "RSA", NID_ecdsa_with_SHA256 },
    { "erin", "ED25519", NID_ecdsa_with_SHA256 },
    { "mail-rsa", "RSA", NID_ecdsa_with_SHA256 },
};

Test(pki, keys_are_of_the_kind_asked_for, .timeout = 30)
{
    struct pki *pki = fixture_cast(FIXTURE_NOW);

    for (size_t i = 0; i < sizeof(kind_cases) / sizeof(kind_cases[0]); i++) {
        const struct pki_identity *found = pki_find(pki, kind_cases[i].name);

        cr_expect(EVP_PKEY_is_a(found->key, kind_cases[i].key), "%s", found->name);
        cr_expect_eq(X509_get_signature_nid(found->certificate), kind_cases[i].signature, "%s",
                     found->name);
    }
    cr_expect_eq(EVP_PKEY_get_bits(pki_find(pki, "dave")->key), 2048);
    cr_expect_eq(EVP_PKEY_get_bits(pki_find(pki, "alice")->key), 256);
    pki_close(pki);
}

Test(pki, the_renewed_alice_has_the_same_subject_and_another_key, .timeout = 30)
{
    struct pki *pki = fixture_cast(FIXTURE_NOW);
    const struct pki_identity *old = pki_find(pki, "alice"), *renewed = pki_find(pki, "alice-2");

    cr_expect_eq(X509_NAME_cmp(X509_get_subject_name(old->certificate),
                               X509_get_subject_name(renewed->certificate)),
                 0);
    cr_expect_neq(EVP_PKEY_eq(old->key, renewed->key), 1);
    cr_expect_str_neq(old->fingerprint, renewed->fingerprint);
    pki_close(pki);
}

Test(pki, names_read_as_rfc_4514_writes_them, .timeout = 30)
{
    struct pki *pki = fixture_cast(FIXTURE_NOW);
    const X509 *certificate = pki_find(pki, "alice")->certificate;
    char text[100] = "";
    BIO *bio = BIO_new(BIO_s_mem());

    X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    BIO_puts(bio, " by ");
    X509_NAME_print_ex(bio, X509_get_issuer_name(certificate), 0, XN_FLAG_RFC2253);
    BIO_read(bio, text, sizeof(text) - 1);

    cr_expect_str_eq(text, "CN=alice,O=counterseal by CN=alpha,O=counterseal");
    BIO_free(bio);
    pki_close(pki);
}

static const struct {
    const char *name;
    int n;
    const char *first;
} chain_cases[] = {
    { "alice", 0, NULL },     { "carol", 1, "alpha-sub" }, { "carol-bare", 0, NULL },
    { "alpha-sub", 0, NULL }, { "alpha", 0, NULL },        { "mallory", 0, NULL },
};

Test(pki, a_chain_holds_the_intermediates_without_the_root, .timeout = 30)
{
    struct pki *pki = fixture_cast(FIXTURE_NOW);

    for (size_t i = 0; i < sizeof(chain_cases) / sizeof(chain_cases[0]); i++) {
        const STACK_OF(X509) *chain = pki_find(pki, chain_cases[i].name)->chain;

        cr_expect_eq(sk_X509_num(chain), chain_cases[i].n, "%s", chain_cases[i].name);
        if (chain_cases[i].first != NULL)
            cr_expect_eq(sk_X509_value(chain, 0), pki_find(pki, chain_cases[i].first)->certificate,
                         "%s", chain_cases[i].name);
    }
    pki_close(pki);
}

Test(pki, faults_change_the_key_that_is_given_only, .timeout = 30)
{
    struct pki *pki = fixture_cast(FIXTURE_NOW);
    const struct pki_identity *wrong = pki_find(pki, "alice-wrong-key");

    cr_expect_null(pki_find(pki, "alice-keyless")->given);
    cr_expect_eq(pki_find(pki, "alice")->given, pki_find(pki, "alice")->key);
    cr_expect(fixture_fits(wrong->certificate, wrong->key));
    cr_expect(!fixture_fits(wrong->certificate, wrong->given));
    cr_expect(EVP_PKEY_is_a(wrong->given, "EC"));
    pki_close(pki);
}

/* --- usage and extensions --- */

static const struct {
    const char *name;
    enum scenario_usage usage;
    enum scenario_key key;
    uint32_t key_usage, extended;
} usage_cases[] = {
    { "client", SCENARIO_USAGE_CLIENT, SCENARIO_KEY_EC, KU_DIGITAL_SIGNATURE, XKU_SSL_CLIENT },
    { "server", SCENARIO_USAGE_SERVER, SCENARIO_KEY_ED25519, KU_DIGITAL_SIGNATURE, XKU_SSL_SERVER },
    { "both", SCENARIO_USAGE_BOTH, SCENARIO_KEY_RSA, KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT,
      XKU_SSL_CLIENT | XKU_SSL_SERVER },
    { "none", SCENARIO_USAGE_NONE, SCENARIO_KEY_EC, KU_DIGITAL_SIGNATURE, XKU_SMIME },
    { "ca", SCENARIO_USAGE_CA, SCENARIO_KEY_EC, KU_KEY_CERT_SIGN | KU_CRL_SIGN, UINT32_MAX },
};

#define N_USAGES (sizeof(usage_cases) / sizeof(usage_cases[0]))

Test(pki, extensions_say_what_an_identity_is_for, .timeout = 30)
{
    struct scenario_identity rows[N_USAGES];
    struct pki *pki;

    for (size_t i = 0; i < N_USAGES; i++)
        rows[i] = (struct scenario_identity){ .name = usage_cases[i].name,
                                              .usage = usage_cases[i].usage,
                                              .key = usage_cases[i].key,
                                              .issuer = "alpha",
                                              .not_after_s = 60 };
    pki = fixture_mint(rows, N_USAGES, true);

    for (size_t i = 0; i < N_USAGES; i++) {
        X509 *certificate = pki_find(pki, usage_cases[i].name)->certificate;
        int at = X509_get_ext_by_NID(certificate, NID_basic_constraints, -1);
        const ASN1_OCTET_STRING *issued_by = X509_get0_authority_key_id(certificate);

        cr_expect_eq(X509_get_key_usage(certificate), usage_cases[i].key_usage, "%s: %x",
                     usage_cases[i].name, X509_get_key_usage(certificate));
        cr_expect_eq(X509_get_extended_key_usage(certificate), usage_cases[i].extended, "%s: %x",
                     usage_cases[i].name, X509_get_extended_key_usage(certificate));
        cr_expect_eq(X509_check_ca(certificate), usage_cases[i].usage == SCENARIO_USAGE_CA);
        cr_expect(X509_EXTENSION_get_critical(X509_get_ext(certificate, at)));
        cr_expect_not_null(X509_get0_subject_key_id(certificate));
        cr_expect_eq(ASN1_OCTET_STRING_cmp(
                         issued_by, X509_get0_subject_key_id(pki_find(pki, "alpha")->certificate)),
                     0, "%s", usage_cases[i].name);
    }
    pki_close(pki);
}

Test(pki, names_become_the_alternatives_they_look_like, .timeout = 30)
{
    static const char *const names[] = { "a.example.test",  "127.0.0.1",  "::1",
                                         "me@example.test", "x,DNS:evil", NULL };
    const struct scenario_identity row = { .name = "x", .names = names, .not_after_s = 60 };
    struct pki *pki = fixture_mint(&row, 1, false);
    X509 *certificate = pki_find(pki, "x")->certificate;
    GENERAL_NAMES *all = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);

    cr_expect_eq(sk_GENERAL_NAME_num(all), 5);
    cr_expect_eq(X509_check_host(certificate, "a.example.test", 0, 0, NULL), 1);
    cr_expect_eq(X509_check_ip_asc(certificate, "127.0.0.1", 0), 1);
    cr_expect_eq(X509_check_ip_asc(certificate, "::1", 0), 1);
    cr_expect_eq(X509_check_email(certificate, "me@example.test", 0, 0), 1);
    cr_expect_eq(X509_check_host(certificate, "evil", 0, 0, NULL), 0);
    GENERAL_NAMES_free(all);
    pki_close(pki);
}

Test(pki, the_server_is_valid_for_its_names, .timeout = 30)
{
    struct pki *pki = fixture_cast(FIXTURE_NOW);
    X509 *certificate = pki_find(pki, "mail-rsa")->certificate;

    cr_expect_eq(X509_check_host(certificate, "localhost", 0, 0, NULL), 1);
    cr_expect_eq(X509_check_host(certificate, "mail.example.test", 0, 0, NULL), 1);
    cr_expect_eq(X509_check_ip_asc(certificate, "127.0.0.1", 0), 1);
    cr_expect_eq(X509_check_ip_asc(certificate, "::1", 0), 1);
    pki_close(pki);
}

/* --- the clock --- */

static const struct {
    const char *name;
    time_t now;
} clock_cases[] = {
    { "1970", 40000000 },
    { "2001", 1000000000 },
    { "2049, generalized time", 2524000000 },
    { "2100", 4102444800 },
};

Test(pki, certificates_follow_the_clock_of_the_run, .timeout = 30)
{
    for (size_t i = 0; i < sizeof(clock_cases) / sizeof(clock_cases[0]); i++) {
        time_t now = clock_cases[i].now;
        struct pki *pki = fixture_cast(now);

        cr_expect_eq(fixture_verify(pki, "alice", "alpha", X509_PURPOSE_SSL_CLIENT, now), X509_V_OK,
                     "%s", clock_cases[i].name);
        cr_expect_eq(fixture_verify(pki, "expired", "alpha", X509_PURPOSE_SSL_CLIENT, now),
                     X509_V_ERR_CERT_HAS_EXPIRED, "%s", clock_cases[i].name);
        cr_expect_eq(fixture_verify(pki, "future", "alpha", X509_PURPOSE_SSL_CLIENT, now),
                     X509_V_ERR_CERT_NOT_YET_VALID, "%s", clock_cases[i].name);
        pki_close(pki);
    }
}

Test(pki, validity_is_exact_to_the_second, .timeout = 30)
{
    const struct scenario_identity row = { .name = "x", .not_before_s = -10, .not_after_s = 10 };
    static const struct {
        int at, want;
    } cases[] = {
        { -11, X509_V_ERR_CERT_NOT_YET_VALID },
        { -10, X509_V_OK },
        { 9, X509_V_OK },
        { 11, X509_V_ERR_CERT_HAS_EXPIRED },
    };
    struct pki *pki = fixture_mint(&row, 1, false);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_eq(
            fixture_verify(pki, "x", "x", X509_PURPOSE_SSL_CLIENT, FIXTURE_NOW + cases[i].at),
            cases[i].want, "at %d", cases[i].at);
    pki_close(pki);
}

/* --- what a scenario declares --- */

Test(pki, issuers_may_be_declared_last, .timeout = 30)
{
    const struct scenario_identity rows[] = {
        { .name = "leaf", .issuer = "lower", .not_after_s = 60 },
        { .name = "lower", .issuer = "upper", .usage = SCENARIO_USAGE_CA, .not_after_s = 60 },
        { .name = "upper", .issuer = "root", .usage = SCENARIO_USAGE_CA, .not_after_s = 60 },
        { .name = "root", .usage = SCENARIO_USAGE_CA, .not_after_s = 60 },
    };
    struct pki *pki = fixture_mint(rows, 4, false);
    const STACK_OF(X509) *chain = pki_find(pki, "leaf")->chain;

    cr_assert_eq(sk_X509_num(chain), 2);
    cr_expect_eq(sk_X509_value(chain, 0), pki_find(pki, "lower")->certificate);
    cr_expect_eq(sk_X509_value(chain, 1), pki_find(pki, "upper")->certificate);
    cr_expect_eq(fixture_verify(pki, "leaf", "root", X509_PURPOSE_SSL_CLIENT, FIXTURE_NOW),
                 X509_V_OK);
    pki_close(pki);
}

Test(pki, authorities_of_every_kind_can_sign, .timeout = 30)
{
    const struct scenario_identity rows[] = {
        { .name = "rsa", .key = SCENARIO_KEY_RSA, .usage = SCENARIO_USAGE_CA, .not_after_s = 60 },
        { .name = "ed",
          .key = SCENARIO_KEY_ED25519,
          .usage = SCENARIO_USAGE_CA,
          .not_after_s = 60 },
        { .name = "by-rsa", .issuer = "rsa", .key = SCENARIO_KEY_ED25519, .not_after_s = 60 },
        { .name = "by-ed", .issuer = "ed", .key = SCENARIO_KEY_RSA, .not_after_s = 60 },
    };
    struct pki *pki = fixture_mint(rows, 4, false);

    cr_expect_eq(X509_get_signature_nid(pki_find(pki, "by-rsa")->certificate),
                 NID_sha256WithRSAEncryption);
    cr_expect_eq(X509_get_signature_nid(pki_find(pki, "by-ed")->certificate), NID_ED25519);
    cr_expect_eq(fixture_verify(pki, "by-rsa", "rsa", X509_PURPOSE_SSL_CLIENT, FIXTURE_NOW),
                 X509_V_OK);
    cr_expect_eq(fixture_verify(pki, "by-ed", "ed", X509_PURPOSE_SSL_CLIENT, FIXTURE_NOW),
                 X509_V_OK);
    pki_close(pki);
}

Test(pki, a_scenario_may_redefine_one_of_the_cast, .timeout = 30)
{
    const struct scenario_identity row = {
        .name = "alice", .issuer = "beta", .subject = "alice the second", .not_after_s = 60
    };
    struct pki *pki = fixture_cast(FIXTURE_NOW);
    struct scenario scenario = { .identities = &row, .n_identities = 1 };
    char before[65];
    struct error err = { 0 };

    memcpy(before, pki_find(pki, "alice")->fingerprint, sizeof(before));
    cr_assert_eq(pki_mint_scenario(pki, &scenario, &err), 0, "%s", err.text);

    cr_expect_null(pki_find_fingerprint(pki, before));
    cr_expect_eq(fixture_verify(pki, "alice", "beta", X509_PURPOSE_SSL_CLIENT, FIXTURE_NOW),
                 X509_V_OK);
    pki_close(pki);
}

Test(pki, whom_a_redefined_authority_issued_is_issued_again, .timeout = 30)
{
    const struct scenario_identity row = {
        .name = "alpha", .subject = "the new alpha", .usage = SCENARIO_USAGE_CA, .not_after_s = 60
    };
    struct pki *pki = fixture_cast(FIXTURE_NOW);
    struct scenario scenario = { .identities = &row, .n_identities = 1 };
    char bob[65];
    struct error err = { 0 };

    memcpy(bob, pki_find(pki, "bob")->fingerprint, sizeof(bob));
    cr_assert_eq(pki_mint_scenario(pki, &scenario, &err), 0, "%s", err.text);

    cr_expect_eq(fixture_verify(pki, "carol", "alpha", X509_PURPOSE_SSL_CLIENT, FIXTURE_NOW),
                 X509_V_OK);
    cr_expect_str_eq(pki_find(pki, "bob")->fingerprint, bob, "others stay as they are");
    pki_close(pki);
}

/* --- what cannot be minted --- */

static const struct {
    const char *what;
    struct scenario_identity row;
    const char *text;
} refused[] = {
    { "issuer unknown", { .name = "x", .issuer = "nobody", .not_after_s = 60 }, "\"nobody\"" },
    { "its own issuer", { .name = "x", .issuer = "x", .not_after_s = 60 }, "circle" },
    { "subject too long",
      { .name = "x",
        .not_after_s = 60,
        .subject = "0123456789012345678901234567890123456789012345678901234567890123456789" },
      "pki.x: cannot make its subject: string too long" },
    { "beyond the year 9999", { .name = "x", .not_after_s = 400000000000 }, "validity" },
};

Test(pki, what_cannot_be_minted_is_told_with_its_place, .timeout = 30)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct scenario_identity row = refused[i].row;
        struct scenario scenario = { .identities = &row, .n_identities = 1 };
        struct pki *pki = pki_open(FIXTURE_NOW, fixture_path("pool"));
        struct error err = { 0 };

        row.where = (struct where){ "a.yaml", 7, 3, 1 };
        cr_expect_eq(pki_mint_scenario(pki, &scenario, &err), -1, "%s", refused[i].what);
        cr_expect_eq(err.kind, ERROR_TLS, "%s", refused[i].what);
        cr_expect_eq(err.where.line, 7, "%s", refused[i].what);
        cr_expect_not_null(strstr(err.text, refused[i].text), "%s: %s", refused[i].what, err.text);
        cr_expect_null(pki_find(pki, "x"), "%s", refused[i].what);
        pki_close(pki);
    }
}

Test(pki, nobody_is_found_under_a_name_or_fingerprint_nobody_has)
{
    struct pki *pki = pki_open(FIXTURE_NOW, fixture_path("pool"));

    cr_expect_null(pki_find(pki, "alice"));
    cr_expect_null(pki_find_fingerprint(pki, ""));
    pki_close(pki);
    pki_close(NULL);
}

Test(pki, an_error_tells_the_first_reason_and_empties_the_queue)
{
    struct error err = { 0 };

    ERR_raise_data(ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH, "the cause");
    ERR_raise(ERR_LIB_X509, ERR_R_INTERNAL_ERROR);

    cr_expect_eq(pki_error(&err, "here"), -1);
    cr_expect_str_eq(err.text, "here: key values mismatch (the cause)");
    cr_expect_eq(ERR_peek_error(), 0);
}

Test(pki, an_error_without_a_reason_is_still_an_error)
{
    struct error err = { 0 };

    cr_expect_eq(pki_error(&err, "here"), -1);
    cr_expect_eq(err.kind, ERROR_TLS);
    cr_expect_str_eq(err.text, "here: OpenSSL gives no reason");
}

/* --- identities of an earlier run --- */

static void load(const char *yaml, struct scenario_list *list, void *context)
{
    struct scenario_errors errors = { NULL, 0 };

    (void)scenario_load_text(context, "x.yaml", "x", yaml, list, &errors);
    cr_assert_eq(errors.n, 0);
}

Test(pki, identities_are_taken_from_the_files_of_an_earlier_run, .timeout = 30)
{
    void *context = talloc_new(NULL);
    struct pki *first = fixture_cast(FIXTURE_NOW), *keys = pki_open(FIXTURE_NOW, NULL),
               *all = pki_open(FIXTURE_NOW, NULL);
    struct scenario_list list = { 0 };
    struct error err = { 0 };

    load("title: t\nserver: {client_certificate: {ask: request, trust: [beta]}}\n"
         "client: {certificates: [carol, alice-wrong-key]}\nsteps:\n  - send: {}\n",
         &list, context);
    cr_assert_eq(pki_write_uses(first, list.items[0], fixture_directory, &err), 0, "%s", err.text);
    pki_take(keys, fixture_directory, false);
    pki_take(all, fixture_directory, true);
    cr_assert_eq(pki_mint_cast(keys, &err), 0, "%s", err.text);
    cr_assert_eq(pki_mint_cast(all, &err), 0, "%s", err.text);

    cr_expect_eq(EVP_PKEY_eq(pki_find(first, "carol")->key, pki_find(keys, "carol")->key), 1);
    cr_expect_eq(EVP_PKEY_eq(pki_find(first, "alpha")->key, pki_find(keys, "alpha")->key), 1,
                 "an authority above is written, too");
    cr_expect_str_neq(pki_find(first, "carol")->fingerprint, pki_find(keys, "carol")->fingerprint);
    cr_expect_str_eq(pki_find(first, "carol")->fingerprint, pki_find(all, "carol")->fingerprint);
    cr_expect_str_eq(pki_find(first, "alice-wrong-key")->fingerprint,
                     pki_find(all, "alice-wrong-key")->fingerprint);

    cr_expect_str_neq(pki_find(first, "erin")->fingerprint, pki_find(all, "erin")->fingerprint,
                      "who is not among the files is made anew");
    cr_expect_eq(fixture_verify(keys, "carol", "alpha", X509_PURPOSE_SSL_CLIENT, FIXTURE_NOW),
                 X509_V_OK);
    cr_expect_eq(fixture_verify(all, "carol", "alpha", X509_PURPOSE_SSL_CLIENT, FIXTURE_NOW),
                 X509_V_OK);
    pki_close(first);
    pki_close(keys);
    pki_close(all);
    talloc_free(context);
}
