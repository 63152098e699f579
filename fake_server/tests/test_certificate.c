#include "fake_server/certificate.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>

TestSuite(certificate, .timeout = 10);

static X509_NAME *name_of(const char *text)
{
    X509_NAME *name = X509_NAME_new();

    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0);
    return name;
}

/* The DER form of a certificate for `key`, signed with itself. */
static int make(EVP_PKEY *key, const EVP_MD *digest, long version, unsigned char **der)
{
    X509 *certificate = X509_new();
    X509_NAME *subject = name_of("alice, who has a comma"), *issuer = name_of("\xc3\xa4lpha");
    int size;

    X509_set_version(certificate, version - 1);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 300);
    X509_set_subject_name(certificate, subject);
    X509_set_issuer_name(certificate, issuer);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, digest);
    size = i2d_X509(certificate, der);
    X509_NAME_free(subject);
    X509_NAME_free(issuer);
    X509_free(certificate);
    return size;
}

static void release(struct certificate_content *content)
{
    free(content->subject);
    free(content->issuer);
}

Test(certificate, content_is_what_openssl_reads)
{
    const struct {
        const char *name;
        EVP_PKEY *key;
        const EVP_MD *digest;
        long version;
        const char *want_key, *want_signature;
    } rows[] = {
        { "ec", EVP_EC_gen("P-256"), EVP_sha256(), 3, "prime256v1", "ecdsa-with-SHA256" },
        { "p-384", EVP_EC_gen("P-384"), EVP_sha384(), 3, "secp384r1", "ecdsa-with-SHA384" },
        { "rsa", EVP_RSA_gen(1024), EVP_sha256(), 1, "rsaEncryption", "RSA-SHA256" },
        { "ed25519", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL, 3, "ED25519", "ED25519" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct certificate_content content;
        unsigned char *der = NULL;
        int size = make(rows[i].key, rows[i].digest, rows[i].version, &der);

        certificate_parse(der, (size_t)size, &content);

        cr_expect_str_eq(content.subject, "CN=alice\\, who has a comma", "%s: got %s", rows[i].name,
                         content.subject);
        cr_expect_str_eq(content.issuer, "CN=\xc3\xa4lpha", "%s: got %s", rows[i].name,
                         content.issuer);
        cr_expect_eq(content.version, rows[i].version, "%s: got %ld", rows[i].name,
                     content.version);
        cr_expect_str_eq(content.key, rows[i].want_key, "%s: got %s", rows[i].name, content.key);
        cr_expect_str_eq(content.signature, rows[i].want_signature, "%s: got %s", rows[i].name,
                         content.signature);
        release(&content);
        OPENSSL_free(der);
        EVP_PKEY_free(rows[i].key);
    }
}

Test(certificate, what_is_cut_or_garbled_is_left_out)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    unsigned char *der = NULL;
    int size = make(key, EVP_sha256(), 3, &der);
    struct certificate_content content;

    for (int cut = 0; cut < size; cut++) {
        unsigned char *copy = malloc((size_t)cut + 1); /* of that size: reading on is seen */

        memcpy(copy, der, (size_t)cut);
        certificate_parse(copy, (size_t)cut, &content);
        cr_expect_str_eq(content.subject, "", "cut at %d: got %s", cut, content.subject);
        release(&content);
        free(copy);
    }
    for (int at = 0; at < size; at++) {
        der[at] ^= 0x55;
        certificate_parse(der, (size_t)size, &content);
        release(&content);
        der[at] ^= 0x55;
    }
    OPENSSL_free(der);
    EVP_PKEY_free(key);
}
