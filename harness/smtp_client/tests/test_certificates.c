#include "harness/smtp_client/certificates.h"
#include "harness/smtp_client/tests/stage.h"

#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct cast cast;

static void set_up(void)
{
    cast_open(&cast);
}

static void tear_down(void)
{
    cast_close(&cast);
}

TestSuite(certificates, .init = set_up, .fini = tear_down);

static struct smtp_certificate *load(const char *file, const char *key, const char *password)
{
    const struct smtp_certificate_source source = { .file = file,
                                                    .key_file = key,
                                                    .password = password };
    char why[256] = "";
    struct smtp_certificate *certificate = smtp_certificate_load(&source, why, sizeof(why));

    cr_assert_not_null(certificate, "%s", why);
    return certificate;
}

static struct smtp_certificate *load_cast(enum cast_name name)
{
    return load(cast_certificate(&cast, name), cast_key(&cast, name), NULL);
}

/* --- forms --- */

static FILE *open_file(const char *name)
{
    FILE *stream = fopen(cast_file(&cast, name), "w");

    cr_assert_not_null(stream);
    return stream;
}

/* Carol with her chain under a password, or the certificate alone when `password` is NULL. */
static void write_pkcs12(const char *name, const char *password)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    FILE *stream = open_file(name);
    PKCS12 *packed;

    sk_X509_push(chain, cast.certificates[SUB]);
    packed = PKCS12_create(password, "carol", cast.keys[CAROL], cast.certificates[CAROL], chain, 0,
                           0, 0, 0, 0);
    i2d_PKCS12_fp(stream, packed);
    PKCS12_free(packed);
    sk_X509_free(chain);
    fclose(stream);
}

static void write_others(void)
{
    FILE *stream = open_file("alice.der");

    i2d_X509_fp(stream, cast.certificates[ALICE]);
    fclose(stream);
    stream = open_file("alice.key.der");
    i2d_PrivateKey_fp(stream, cast.keys[ALICE]);
    fclose(stream);
    stream = open_file("alice.secret");
    PEM_write_PKCS8PrivateKey(stream, cast.keys[ALICE], EVP_aes_128_cbc(), "open", 4, NULL, NULL);
    fclose(stream);
    stream = open_file("both.pem");
    PEM_write_X509(stream, cast.certificates[ALICE]);
    PEM_write_PrivateKey(stream, cast.keys[ALICE], NULL, NULL, 0, NULL, NULL);
    fclose(stream);
    write_pkcs12("carol.p12", "secret");
    write_pkcs12("open.p12", "");
}

Test(certificates, come_in_every_form)
{
    static const struct {
        const char *name, *file, *key, *password;
        enum cast_name who;
        bool has_key;
        int chain;
    } rows[] = {
        { "DER without a key", "alice.der", NULL, NULL, ALICE, false, 0 },
        { "DER and DER", "alice.der", "alice.key.der", NULL, ALICE, true, 0 },
        { "DER and PEM under a password", "alice.der", "alice.secret", "open", ALICE, true, 0 },
        { "PEM with the key in it", "both.pem", NULL, NULL, ALICE, true, 0 },
        { "PKCS#12", "carol.p12", NULL, "secret", CAROL, true, 1 },
        { "PKCS#12 without a password", "open.p12", NULL, NULL, CAROL, true, 1 },
    };

    write_others();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct smtp_certificate *certificate =
            load(cast_file(&cast, rows[i].file),
                 rows[i].key != NULL ? cast_file(&cast, rows[i].key) : NULL, rows[i].password);

        cr_expect_str_eq(smtp_certificate_fingerprint(certificate),
                         cast_fingerprint(&cast, rows[i].who), "%s", rows[i].name);
        cr_expect_eq(smtp_certificate_has_key(certificate), rows[i].has_key, "%s", rows[i].name);
        cr_expect_eq(sk_X509_num(certificate->chain), rows[i].chain, "%s", rows[i].name);
        smtp_certificate_free(certificate);
    }
}

Test(certificates, that_cannot_be_used_are_told)
{
    /* NULL in `want`: what the system says. */
    static const struct {
        const char *name, *file, *key, *password, *want;
    } rows[] = {
        { "wrong password", "carol.p12", NULL, "guess", "the password does not open it" },
        { "no password", "carol.p12", NULL, NULL, "it wants a password" },
        { "a key of another", "both.pem", "bob.key", NULL,
          "this is not the key of the certificate" },
        { "an encrypted key", "alice.der", "alice.secret", NULL,
          "the key is encrypted, and there is no password for it" },
        { "an encrypted key, wrongly", "alice.der", "alice.secret", "shut",
          "the password does not decrypt the key" },
        { "a directory", ".", NULL, NULL, "it is a directory" },
        { "a directory for a key", "alice.der", ".", NULL, "it is a directory" },
        { "a device", "../../dev/null", NULL, NULL, NULL },
        { "nothing", "nothing.pem", NULL, NULL, "No such file or directory" },
        { "no certificate", "bob.key", NULL, NULL, "no certificate can be read from it" },
        { "no key", "alice.der", "alice.der", NULL, "no private key can be read from it" },
    };

    write_others();
    cast_write(&cast, BOB, BOB);
    (void)rename(cast_key(&cast, BOB), cast_file(&cast, "bob.key"));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct smtp_certificate_source source = {
            .file = cast_file(&cast, rows[i].file),
            .key_file = rows[i].key != NULL ? cast_file(&cast, rows[i].key) : NULL,
            .password = rows[i].password
        };
        char why[256] = "";

        cr_expect_null(smtp_certificate_load(&source, why, sizeof(why)), "%s", rows[i].name);
        cr_expect(strncmp(why, cast.directory, strlen(cast.directory)) == 0, "%s: got %s",
                  rows[i].name, why);
        if (rows[i].want != NULL)
            cr_expect(strstr(why, rows[i].want) != NULL, "%s: got %s", rows[i].name, why);
    }
}

Test(certificates, come_from_memory)
{
    unsigned char *bytes = NULL;
    int size = i2d_X509(cast.certificates[BOB], &bytes);
    const struct smtp_certificate_source source = { .bytes = bytes, .size = (size_t)size };
    char why[256] = "";
    struct smtp_certificate *certificate = smtp_certificate_load(&source, why, sizeof(why));

    cr_assert_not_null(certificate, "%s", why);
    cr_expect_str_eq(smtp_certificate_fingerprint(certificate), cast_fingerprint(&cast, BOB));
    smtp_certificate_free(certificate);
    OPENSSL_free(bytes);
}

/* --- the collection --- */

Test(certificates, are_a_collection_in_order_by_content)
{
    struct smtp_certificates *collection = certificates_new();
    struct smtp_certificate *alice = load_cast(ALICE);
    struct smtp_certificate *again = load_cast(ALICE);
    struct smtp_certificate *bob = load_cast(BOB);

    smtp_certificates_add(collection, alice);
    cr_expect_eq(smtp_certificates_insert(collection, 0, bob), 0);
    cr_expect_eq(smtp_certificates_insert(collection, 3, bob), -1);
    cr_expect_eq(smtp_certificates_count(collection), 2);
    cr_expect_eq(smtp_certificates_at(collection, 0), bob);
    cr_expect_null(smtp_certificates_at(collection, 2));
    cr_expect_eq(smtp_certificates_index(collection, again), 1);
    cr_expect(smtp_certificates_contains(collection, again));
    cr_expect_eq(smtp_certificates_remove(collection, again), 0);
    cr_expect_not(smtp_certificates_contains(collection, alice));
    cr_expect_eq(smtp_certificates_remove(collection, alice), -1);
    smtp_certificates_add_range(collection, collection);
    cr_expect_eq(smtp_certificates_count(collection), 2);
    smtp_certificates_clear(collection);
    cr_expect_eq(smtp_certificates_count(collection), 0);
    smtp_certificate_free(alice);
    smtp_certificate_free(again);
    smtp_certificate_free(bob);
    certificates_free(collection);
}

Test(certificates, belong_to_their_client_from_the_beginning)
{
    char why[256];
    struct smtp_client *client = smtp_client_new(why, sizeof(why));
    struct smtp_certificates *collection = smtp_client_certificates(client);

    cr_assert_not_null(collection);
    cr_expect_eq(smtp_certificates_count(collection), 0);
    cr_expect_eq(smtp_client_certificates(client), collection);
    smtp_client_free(client);
}
