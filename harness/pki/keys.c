#include "harness/pki/keys.h"

#include "harness/base/files.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

enum { RSA_BITS = 2048, FILE_MAX_BYTES = 16384 };

/* Each makes what stands in the bit string of a SubjectPublicKeyInfo; the bytes are OpenSSL's. */
static int encode_rsa(EVP_PKEY *key, unsigned char **bytes)
{
    return i2d_PublicKey(key, bytes);
}

static int encode_ec(EVP_PKEY *key, unsigned char **bytes)
{
    return (int)EVP_PKEY_get1_encoded_public_key(key, bytes);
}

static int encode_ed25519(EVP_PKEY *key, unsigned char **bytes)
{
    size_t size = 32; /* RFC 8032 section 5.1.5 */

    *bytes = OPENSSL_malloc(size);
    return *bytes != NULL && EVP_PKEY_get_raw_public_key(key, *bytes, &size) == 1 ? (int)size : 0;
}

static EVP_PKEY *make_rsa(void)
{
    return EVP_RSA_gen(RSA_BITS);
}

static EVP_PKEY *make_ec(void)
{
    return EVP_EC_gen("P-256");
}

static EVP_PKEY *make_ed25519(void)
{
    return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

/* The algorithm and its parameters: RFC 3279 section 2.3.1, RFC 5480 section 2.1.1, RFC 8410
 * section 3. An RSA key also serves key exchange without Diffie-Hellman. */
static const struct kind {
    const char *name;
    EVP_PKEY *(*make)(void);
    int (*encode)(EVP_PKEY *key, unsigned char **bytes);
    int algorithm, parameter_type, parameter;
    const char *usage;
    bool pooled;
} kinds[] = {
    [SCENARIO_KEY_EC] = { "ec", make_ec, encode_ec, NID_X9_62_id_ecPublicKey, V_ASN1_OBJECT,
                          NID_X9_62_prime256v1, "critical,digitalSignature", false },
    [SCENARIO_KEY_RSA] = { "rsa", make_rsa, encode_rsa, NID_rsaEncryption, V_ASN1_NULL, NID_undef,
                           "critical,digitalSignature,keyEncipherment", true },
    [SCENARIO_KEY_ED25519] = { "ed25519", make_ed25519, encode_ed25519, NID_ED25519, V_ASN1_UNDEF,
                               NID_undef, "critical,digitalSignature", false },
};

char *keys_pool(void *context)
{
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");

    if (cache != NULL && cache[0] == '/')
        return talloc_asprintf(context, "%s/counterseal", cache);
    if (home != NULL && home[0] == '/')
        return talloc_asprintf(context, "%s/.cache/counterseal", home);
    return NULL;
}

/* --- the pool --- */

/* What others can read or write is no place for keys. */
static bool is_private(const char *pool)
{
    struct error ignored = { 0 };
    struct stat info;

    return files_make_directory(pool, 0700, &ignored) == 0 && stat(pool, &info) == 0 &&
           info.st_uid == geteuid() && (info.st_mode & 077) == 0;
}

/* Only names that cannot lead elsewhere; what the loader lets through is narrower. */
static bool is_file_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL && strlen(name) <= 64;
}

static char *checksum_line(void *context, const char *pem, size_t size)
{
    unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };
    char *line = talloc_strdup(context, "key of a throw-away identity of counterseal, SHA-256 ");

    if (EVP_Digest(pem, size, digest, NULL, EVP_sha256(), NULL) != 1)
        return talloc_strdup(context, "");
    for (size_t i = 0; i < 32; i++)
        line = talloc_asprintf_append_buffer(line, "%02x", digest[i]);
    return talloc_asprintf_append_buffer(line, "\n");
}

/* d2i_PrivateKey() is told what to expect; PEM_read_bio_PrivateKey() tries all there is and takes
 * three times as long. */
static EVP_PKEY *parse_rsa(const char *pem, size_t size)
{
    BIO *bio = BIO_new_mem_buf(pem, (int)size);
    char *label = NULL, *header = NULL;
    unsigned char *der = NULL;
    const unsigned char *at;
    EVP_PKEY *key = NULL;
    long der_size;

    if (bio == NULL || PEM_read_bio(bio, &label, &header, &der, &der_size) != 1)
        goto out;
    at = der;
    if (strcmp(label, PEM_STRING_RSA) == 0)
        key = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &at, der_size);
out:
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_free(der);
    BIO_free(bio);
    return key;
}

static EVP_PKEY *read_key(void *context, const char *path)
{
    struct error ignored = { 0 };
    EVP_PKEY *key = NULL;
    const char *line, *pem;
    size_t size;
    char *text = files_read(context, path, FILE_MAX_BYTES, &size, &ignored);

    pem = text != NULL ? strchr(text, '\n') : NULL;
    if (pem == NULL)
        return NULL;
    pem++;
    size -= (size_t)(pem - text);
    line = checksum_line(context, pem, size);
    if (strncmp(text, line, strlen(line)) != 0)
        return NULL;
    ERR_set_mark();
    key = parse_rsa(pem, size);
    ERR_pop_to_mark();
    if (key != NULL && EVP_PKEY_get_bits(key) != RSA_BITS) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

/* A key that cannot be kept is made again next time. */
static void write_key(void *context, const char *path, const EVP_PKEY *key)
{
    struct error ignored = { 0 };
    BIO *bio = BIO_new(BIO_s_mem());
    unsigned char *der = NULL;
    int der_size = i2d_PrivateKey(key, &der);
    const char *line, *text;
    char *pem;

    if (bio != NULL && der_size > 0 && PEM_write_bio(bio, PEM_STRING_RSA, "", der, der_size) > 0) {
        size_t size = (size_t)BIO_get_mem_data(bio, &pem);

        line = checksum_line(context, pem, size);
        text = talloc_asprintf(context, "%s%.*s", line, (int)size, pem);
        (void)unlink(path); /* what is there may be no file at all */
        (void)files_write(path, text, strlen(text), 0600, &ignored);
    }
    OPENSSL_free(der);
    BIO_free(bio);
}

static EVP_PKEY *take_from_pool(const char *pool, const struct kind *kind,
                                enum keys_purpose purpose, const char *name)
{
    void *context = talloc_new(NULL);
    const char *path = talloc_asprintf(context, "%s/%s.%s%s.pem", pool, name, kind->name,
                                       purpose == KEYS_WRONG ? "-wrong" : "");
    EVP_PKEY *key = read_key(context, path);

    if (key == NULL) {
        key = kind->make();
        if (key != NULL)
            write_key(context, path, key);
    }
    talloc_free(context);
    return key;
}

EVP_PKEY *keys_get(const char *pool, enum scenario_key kind, enum keys_purpose purpose,
                   const char *name)
{
    if (kinds[kind].pooled && pool != NULL && is_file_name(name) && is_private(pool))
        return take_from_pool(pool, &kinds[kind], purpose, name);
    return kinds[kind].make();
}

/* --- the key in a certificate --- */

int keys_set_public(X509 *certificate, enum scenario_key kind, EVP_PKEY *key)
{
    const struct kind *row = &kinds[kind];
    unsigned char *bytes = NULL;
    ASN1_OBJECT *parameter = row->parameter != NID_undef ? OBJ_nid2obj(row->parameter) : NULL;
    int size = row->encode(key, &bytes);

    if (size > 0 &&
        X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate), OBJ_nid2obj(row->algorithm),
                               row->parameter_type, parameter, bytes, size) == 1)
        return 0;
    OPENSSL_free(bytes);
    return -1;
}

const EVP_MD *keys_digest(const EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256();
}

const char *keys_usage(enum scenario_key kind)
{
    return kinds[kind].usage;
}
