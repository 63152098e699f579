#include "harness/capture/request.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <talloc.h>

const char *request_name(void *context, const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL, *text;
    long size;

    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    size = BIO_get_mem_data(bio, &bytes);
    text = talloc_strndup(context, bytes, (size_t)size);
    BIO_free(bio);
    return text;
}

/* Source: RFC 8446 section 4.2.3, RFC 5246 section 7.4.1.4.1. Those without a name there have the
 * one by which OpenSSL takes them. */
static const struct {
    int code;
    const char *name;
} algorithms[] = {
    { 0x0403, "ecdsa_secp256r1_sha256" },
    { 0x0503, "ecdsa_secp384r1_sha384" },
    { 0x0603, "ecdsa_secp521r1_sha512" },
    { 0x0807, "ed25519" },
    { 0x0808, "ed448" },
    { 0x0809, "rsa_pss_pss_sha256" },
    { 0x080a, "rsa_pss_pss_sha384" },
    { 0x080b, "rsa_pss_pss_sha512" },
    { 0x0804, "rsa_pss_rsae_sha256" },
    { 0x0805, "rsa_pss_rsae_sha384" },
    { 0x0806, "rsa_pss_rsae_sha512" },
    { 0x0401, "rsa_pkcs1_sha256" },
    { 0x0501, "rsa_pkcs1_sha384" },
    { 0x0601, "rsa_pkcs1_sha512" },
    { 0x0303, "ECDSA+SHA224" },
    { 0x0301, "RSA+SHA224" },
    { 0x0203, "ECDSA+SHA1" },
    { 0x0201, "RSA+SHA1" },
    { 0x0202, "DSA+SHA1" },
    { 0x0302, "DSA+SHA224" },
    { 0x0402, "DSA+SHA256" },
    { 0x0502, "DSA+SHA384" },
    { 0x0602, "DSA+SHA512" },
};

static const char *algorithm_name(void *context, int code)
{
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
        if (algorithms[i].code == code)
            return algorithms[i].name;
    return talloc_asprintf(context, "0x%04x", code);
}

static void read_algorithms(SSL *ssl, struct dial_result *result)
{
    int n = SSL_get_sigalgs(ssl, 0, NULL, NULL, NULL, NULL, NULL);
    const char **names = talloc_zero_array(result, const char *, (unsigned)(n > 0 ? n : 0) + 1);

    for (int i = 0; i < n; i++) {
        unsigned char sign = 0, hash = 0;

        (void)SSL_get_sigalgs(ssl, i, NULL, NULL, NULL, &sign, &hash);
        names[i] = algorithm_name(result, hash << 8 | sign);
    }
    result->algorithms = names;
}

/* Source: RFC 5246 section 7.4.4. */
static void read_types(SSL *ssl, struct dial_result *result)
{
    const unsigned char *types = NULL;
    size_t n = (size_t)SSL_get0_certificate_types(ssl, &types), used = 0;
    const char **names = talloc_zero_array(result, const char *, (unsigned)n + 1);

    for (size_t i = 0; i < n; i++)
        if (types[i] == TLS_CT_RSA_SIGN || types[i] == TLS_CT_DSS_SIGN ||
            types[i] == TLS_CT_ECDSA_SIGN)
            names[used++] = types[i] == TLS_CT_RSA_SIGN   ? "rsa_sign"
                            : types[i] == TLS_CT_DSS_SIGN ? "dss_sign"
                                                          : "ecdsa_sign";
    result->types = names;
}

void request_read(SSL *ssl, struct dial_result *result)
{
    const STACK_OF(X509_NAME) *list = SSL_get0_peer_CA_list(ssl);
    int n = list != NULL ? sk_X509_NAME_num(list) : 0;
    const char **names = talloc_zero_array(result, const char *, (unsigned)n + 1);

    for (int i = 0; i < n; i++)
        names[i] = request_name(result, sk_X509_NAME_value(list, i));
    result->names = names;
    read_algorithms(ssl, result);
    if (SSL_version(ssl) <= TLS1_2_VERSION)
        read_types(ssl, result);
}

static X509 *make_stranger(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);

    if (X509_set_version(certificate, X509_VERSION_3) == 1 &&
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   (const unsigned char *)"stranger.example.test", -1, -1,
                                   0) == 1 &&
        X509_set_issuer_name(certificate, name) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != NULL &&
        X509_gmtime_adj(X509_getm_notAfter(certificate), 86400) != NULL &&
        X509_set_pubkey(certificate, key) == 1 && X509_sign(certificate, key, EVP_sha256()) > 0)
        return certificate;
    X509_free(certificate);
    return NULL;
}

int request_use_stranger(SSL_CTX *tls)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key != NULL ? make_stranger(key) : NULL;
    int rv = certificate != NULL && SSL_CTX_use_certificate(tls, certificate) == 1 &&
                     SSL_CTX_use_PrivateKey(tls, key) == 1
                 ? 0
                 : -1;

    X509_free(certificate);
    EVP_PKEY_free(key);
    return rv;
}
