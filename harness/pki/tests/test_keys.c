#include "harness/base/files.h"
#include "harness/pki/keys.h"
#include "harness/pki/tests/fixture.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

TestSuite(keys, .init = fixture_open, .fini = fixture_close);

static mode_t mode_of(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 ? info.st_mode & 07777 : 0;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Whether the pool hands out the same key twice. */
static bool same_twice(const char *pool, enum scenario_key kind, const char *name)
{
    EVP_PKEY *one = keys_get(pool, kind, KEYS_OWN, name);
    EVP_PKEY *two = keys_get(pool, kind, KEYS_OWN, name);
    bool same = EVP_PKEY_eq(one, two) == 1;

    cr_expect(one != NULL && two != NULL);
    EVP_PKEY_free(one);
    EVP_PKEY_free(two);
    return same;
}

static void write_text(const char *path, const char *text)
{
    struct error err = { 0 };

    cr_assert_eq(files_write(path, text, strlen(text), 0600, &err), 0, "%s", err.text);
}

Test(keys, an_rsa_key_comes_from_the_pool_the_second_time, .timeout = 30)
{
    const char *pool = fixture_path("a/b/pool");

    cr_expect(same_twice(pool, SCENARIO_KEY_RSA, "dave"));
    cr_expect_eq(mode_of(pool), 0700, "%o", mode_of(pool));
    cr_expect_eq(mode_of(fixture_path("a/b/pool/dave.rsa.pem")), 0600);
}

Test(keys, quick_keys_are_made_anew_and_leave_nothing_behind)
{
    const char *pool = fixture_path("pool");

    cr_expect(!same_twice(pool, SCENARIO_KEY_EC, "alice"));
    cr_expect(!same_twice(pool, SCENARIO_KEY_ED25519, "erin"));
    cr_expect(!exists(pool));
}

Test(keys, neither_two_names_nor_two_purposes_share_a_key, .timeout = 30)
{
    const char *pool = fixture_path("pool");
    EVP_PKEY *own = keys_get(pool, SCENARIO_KEY_RSA, KEYS_OWN, "dave");
    EVP_PKEY *wrong = keys_get(pool, SCENARIO_KEY_RSA, KEYS_WRONG, "dave");
    EVP_PKEY *other = keys_get(pool, SCENARIO_KEY_RSA, KEYS_OWN, "dave.rsa-wrong");

    cr_expect_neq(EVP_PKEY_eq(own, wrong), 1);
    cr_expect_neq(EVP_PKEY_eq(own, other), 1);
    cr_expect_neq(EVP_PKEY_eq(wrong, other), 1);
    EVP_PKEY_free(own);
    EVP_PKEY_free(wrong);
    EVP_PKEY_free(other);
}

/* What may have become of a file of the pool; each is made from a good one. */
static void empty(const char *path, char *text)
{
    (void)text;
    write_text(path, "");
}

static void halve(const char *path, char *text)
{
    text[strlen(text) / 2] = '\0';
    write_text(path, text);
}

static void flip(const char *path, char *text)
{
    char *at = text + strlen(text) / 2;

    *at = *at == 'A' ? 'B' : 'A';
    write_text(path, text);
}

static void drop_checksum(const char *path, char *text)
{
    write_text(path, strchr(text, '\n') + 1);
}

static void make_fifo(const char *path, char *text)
{
    (void)text;
    unlink(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
}

static const struct {
    const char *what;
    void (*damage)(const char *path, char *text);
} damages[] = {
    { "empty", empty },
    { "cut off", halve },
    { "one letter changed", flip },
    { "no checksum", drop_checksum },
};

static EVP_PKEY *after(void (*damage)(const char *path, char *text))
{
    const char *pool = fixture_path("pool"), *path = fixture_path("pool/dave.rsa.pem");
    struct error err = { 0 };
    size_t size;
    char *text;

    EVP_PKEY_free(keys_get(pool, SCENARIO_KEY_RSA, KEYS_OWN, "dave"));
    text = files_read(NULL, path, 65536, &size, &err);
    cr_assert_not_null(text, "%s", err.text);
    damage(path, text);
    talloc_free(text);
    return keys_get(pool, SCENARIO_KEY_RSA, KEYS_OWN, "dave");
}

Test(keys, a_damaged_file_is_replaced, .timeout = 60)
{
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        EVP_PKEY *key = after(damages[i].damage);
        EVP_PKEY *again = keys_get(fixture_path("pool"), SCENARIO_KEY_RSA, KEYS_OWN, "dave");

        cr_expect_not_null(key, "%s", damages[i].what);
        cr_expect_eq(EVP_PKEY_eq(key, again), 1, "%s: not replaced", damages[i].what);
        cr_expect_eq(ERR_peek_error(), 0, "%s: left in the queue", damages[i].what);
        EVP_PKEY_free(key);
        EVP_PKEY_free(again);
    }
}

Test(keys, a_fifo_in_the_pool_hangs_nobody, .timeout = 30)
{
    EVP_PKEY *key = after(make_fifo);

    cr_expect_not_null(key);
    EVP_PKEY_free(key);
}

/* A key of another kind, as well sealed as ours: the checksum alone must not do. */
static void write_sealed(const char *path, EVP_PKEY *key, const char *label)
{
    static const char head[] = "key of a throw-away identity of counterseal, SHA-256 ";
    unsigned char *der = NULL, digest[32];
    int size = i2d_PrivateKey(key, &der);
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem, *text = talloc_strdup(NULL, head);
    long n;

    PEM_write_bio(bio, label, "", der, size);
    n = BIO_get_mem_data(bio, &pem);
    EVP_Digest(pem, (size_t)n, digest, NULL, EVP_sha256(), NULL);
    for (size_t i = 0; i < sizeof(digest); i++)
        text = talloc_asprintf_append_buffer(text, "%02x", digest[i]);
    text = talloc_asprintf_append_buffer(text, "\n%.*s", (int)n, pem);
    write_text(path, text);
    talloc_free(text);
    OPENSSL_free(der);
    BIO_free(bio);
}

Test(keys, a_key_of_the_wrong_kind_is_replaced, .timeout = 60)
{
    static const struct {
        const char *what, *label;
        bool rsa, taken;
    } cases[] = {
        { "as ours", PEM_STRING_RSA, true, true },
        { "EC", PEM_STRING_ECPRIVATEKEY, false, false },
        { "EC that says RSA", PEM_STRING_RSA, false, false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        EVP_PKEY *put = cases[i].rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
        EVP_PKEY *got;

        EVP_PKEY_free(keys_get(fixture_path("pool"), SCENARIO_KEY_RSA, KEYS_OWN, "dave"));
        write_sealed(fixture_path("pool/dave.rsa.pem"), put, cases[i].label);
        got = keys_get(fixture_path("pool"), SCENARIO_KEY_RSA, KEYS_OWN, "dave");
        cr_expect(EVP_PKEY_is_a(got, "RSA"), "%s", cases[i].what);
        cr_expect_eq(EVP_PKEY_eq(got, put) == 1, cases[i].taken, "%s", cases[i].what);
        EVP_PKEY_free(put);
        EVP_PKEY_free(got);
    }
}

Test(keys, a_short_rsa_key_is_replaced, .timeout = 60)
{
    EVP_PKEY *put = EVP_RSA_gen(1024), *got;

    EVP_PKEY_free(keys_get(fixture_path("pool"), SCENARIO_KEY_RSA, KEYS_OWN, "dave"));
    write_sealed(fixture_path("pool/dave.rsa.pem"), put, PEM_STRING_RSA);
    got = keys_get(fixture_path("pool"), SCENARIO_KEY_RSA, KEYS_OWN, "dave");

    cr_expect_eq(EVP_PKEY_get_bits(got), 2048);
    EVP_PKEY_free(put);
    EVP_PKEY_free(got);
}

/* --- pools that cannot be used --- */

Test(keys, a_pool_that_cannot_be_made_costs_time_only, .timeout = 30)
{
    write_text(fixture_path("file"), "");

    cr_expect(!same_twice(fixture_path("file/pool"), SCENARIO_KEY_RSA, "dave"));
    cr_expect(!same_twice(NULL, SCENARIO_KEY_RSA, "dave"));
}

Test(keys, nothing_is_kept_where_others_may_look, .timeout = 30)
{
    const char *pool = fixture_path("pool");

    cr_assert_eq(mkdir(pool, 0700), 0);
    cr_assert_eq(chmod(pool, 0755), 0);
    cr_expect(!same_twice(pool, SCENARIO_KEY_RSA, "dave"));
    cr_expect(!exists(fixture_path("pool/dave.rsa.pem")));
}

Test(keys, nothing_is_kept_in_a_directory_of_somebody_else, .timeout = 30)
{
    const char *pool = fixture_path("pool");

    if (geteuid() != 0)
        cr_skip_test("only root can give a directory away");
    cr_assert_eq(mkdir(pool, 0700), 0);
    cr_assert_eq(chown(pool, 65534, 65534), 0);
    cr_expect(!same_twice(pool, SCENARIO_KEY_RSA, "dave"));
    cr_expect(!exists(fixture_path("pool/dave.rsa.pem")));
}

Test(keys, a_pool_that_cannot_be_written_costs_time_only, .timeout = 30)
{
    const char *pool = fixture_path("pool");
    uid_t before = geteuid();

    cr_assert_eq(mkdir(pool, 0500), 0);
    if (before == 0) {
        cr_assert_eq(chmod(fixture_directory, 0755), 0);
        cr_assert_eq(chown(pool, 65534, 65534), 0);
        cr_assert_eq(seteuid(65534), 0);
    }
    cr_expect(!same_twice(pool, SCENARIO_KEY_RSA, "dave"));
    cr_expect_eq(seteuid(before), 0);
    cr_expect(!exists(fixture_path("pool/dave.rsa.pem")));
}

Test(keys, a_name_cannot_lead_out_of_the_pool, .timeout = 30)
{
    cr_expect(!same_twice(fixture_path("pool"), SCENARIO_KEY_RSA, "../dave"));
    cr_expect(!exists(fixture_path("dave.rsa.pem")));
}

/* --- the default pool --- */

static const struct {
    const char *what, *cache, *home, *want;
} default_cases[] = {
    { "cache directory", "/c", "/h", "/c/counterseal" },
    { "home", NULL, "/h", "/h/.cache/counterseal" },
    { "a relative one is to be ignored", "c", "/h", "/h/.cache/counterseal" },
    { "an empty one is as none", "", "/h", "/h/.cache/counterseal" },
    { "neither", NULL, NULL, NULL },
};

static void set_variable(const char *name, const char *value)
{
    cr_assert_eq(value != NULL ? setenv(name, value, 1) : unsetenv(name), 0);
}

Test(keys, the_pool_is_where_caches_are)
{
    for (size_t i = 0; i < sizeof(default_cases) / sizeof(default_cases[0]); i++) {
        char *got;

        set_variable("XDG_CACHE_HOME", default_cases[i].cache);
        set_variable("HOME", default_cases[i].home);
        got = keys_pool(NULL);
        if (default_cases[i].want == NULL)
            cr_expect_null(got, "%s", default_cases[i].what);
        else
            cr_expect_str_eq(got, default_cases[i].want, "%s", default_cases[i].what);
        talloc_free(got);
    }
}

Test(keys, a_pki_without_a_pool_of_its_own_uses_the_default_one, .timeout = 30)
{
    struct error err = { 0 };
    struct pki *pki;

    set_variable("XDG_CACHE_HOME", fixture_directory);
    pki = pki_open(FIXTURE_NOW, NULL);
    cr_expect_eq(pki_mint_cast(pki, &err), 0, "%s", err.text);
    cr_expect(exists(fixture_path("counterseal/dave.rsa.pem")));
    pki_close(pki);
}
