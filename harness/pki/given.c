#include "harness/pki/given.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <talloc.h>

static BIO *open_file(const char *directory, const char *name, const char *extension)
{
    char *path = talloc_asprintf(NULL, "%s/%s.%s", directory, name, extension);
    BIO *file = BIO_new_file(path, "r");

    talloc_free(path);
    return file;
}

static bool is_of_kind(const EVP_PKEY *key, enum scenario_key kind)
{
    static const int ids[] = { [SCENARIO_KEY_EC] = EVP_PKEY_EC,
                               [SCENARIO_KEY_RSA] = EVP_PKEY_RSA,
                               [SCENARIO_KEY_ED25519] = EVP_PKEY_ED25519 };

    return EVP_PKEY_get_base_id(key) == ids[kind];
}

EVP_PKEY *given_key(const char *directory, const char *name, enum scenario_key kind)
{
    EVP_PKEY *key = NULL;
    BIO *file;

    ERR_set_mark();
    file = open_file(directory, name, "key");
    if (file != NULL)
        key = PEM_read_bio_PrivateKey(file, NULL, NULL, NULL);
    ERR_pop_to_mark();
    BIO_free(file);
    if (key == NULL || is_of_kind(key, kind))
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

X509 *given_certificate(const char *directory, const char *name)
{
    X509 *certificate = NULL;
    BIO *file;

    ERR_set_mark();
    file = open_file(directory, name, "pem");
    if (file != NULL)
        certificate = PEM_read_bio_X509(file, NULL, NULL, NULL);
    ERR_pop_to_mark();
    BIO_free(file);
    return certificate;
}
