#include "harness/smtp_client/forms.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdlib.h>
#include <string.h>

/* Nobody is there to be asked for a pass phrase: it is given, or there is none. */
struct pass_phrase {
    const char *text; /* NULL: none */
    bool wanted;
};

static int give_pass_phrase(char *buffer, int size, int writing, void *context)
{
    struct pass_phrase *phrase = context;
    size_t length = phrase->text == NULL ? 0 : strlen(phrase->text);

    (void)writing;
    phrase->wanted = true;
    if (phrase->text == NULL || length > (size_t)size)
        return -1;
    memcpy(buffer, phrase->text, length);
    return (int)length;
}

static bool has(const struct file *file, const char *text)
{
    return memmem(file->bytes, file->size, text, strlen(text)) != NULL;
}

bool forms_has_pem_key(const struct file *file)
{
    return has(file, "PRIVATE KEY-----");
}

/* --- certificates --- */

static void parse_pem(struct smtp_certificate *certificate, const struct file *file)
{
    BIO *bio = BIO_new_mem_buf(file->bytes, (int)file->size);
    struct pass_phrase none = { NULL, false };

    certificate->leaf = PEM_read_bio_X509(bio, NULL, give_pass_phrase, &none);
    while (certificate->leaf != NULL) {
        X509 *next = PEM_read_bio_X509(bio, NULL, give_pass_phrase, &none);

        if (next == NULL)
            break;
        sk_X509_push(certificate->chain, next);
    }
    BIO_free(bio);
}

/* The leaf is the certificate that the key belongs to; without a key, OpenSSL puts all of them into
 * the chain, where the first is the leaf. */
static const char *unpack(struct smtp_certificate *certificate, PKCS12 *packed,
                          const char *password)
{
    STACK_OF(X509) *others = NULL;

    if (PKCS12_parse(packed, password, &certificate->key, &certificate->leaf, &others) != 1)
        return "what is in it is sealed in a way that this OpenSSL does not know";
    while (sk_X509_num(others) > 0)
        sk_X509_push(certificate->chain, sk_X509_shift(others));
    sk_X509_free(others);
    if (certificate->leaf == NULL)
        certificate->leaf = sk_X509_shift(certificate->chain);
    return NULL;
}

/* "" and none at all are two different passwords of a PKCS#12. */
static const char *parse_pkcs12(struct smtp_certificate *certificate, PKCS12 *packed,
                                const char *password)
{
    static const char *const defaults[] = { NULL, "" };

    for (size_t i = 0; password == NULL && i < 2; i++) {
        if (PKCS12_mac_present(packed) != 1 || PKCS12_verify_mac(packed, defaults[i], 0) == 1)
            return unpack(certificate, packed, defaults[i]);
    }
    if (password == NULL)
        return "it wants a password";
    if (PKCS12_verify_mac(packed, password, -1) != 1)
        return "the password does not open it";
    return unpack(certificate, packed, password);
}

static const char *parse_der(struct smtp_certificate *certificate, const struct file *file,
                             const char *password)
{
    const unsigned char *place = file->bytes;
    PKCS12 *packed = d2i_PKCS12(NULL, &place, (long)file->size);
    const char *wrong = NULL;

    if (packed != NULL) {
        wrong = parse_pkcs12(certificate, packed, password);
    } else {
        place = file->bytes;
        certificate->leaf = d2i_X509(NULL, &place, (long)file->size);
    }
    PKCS12_free(packed);
    return wrong;
}

const char *forms_take(struct smtp_certificate *certificate, const struct file *file,
                       const char *password)
{
    const char *wrong = NULL;

    certificate->chain = sk_X509_new_null();
    if (has(file, "-----BEGIN "))
        parse_pem(certificate, file);
    else
        wrong = parse_der(certificate, file, password);
    ERR_clear_error();
    if (wrong == NULL && certificate->leaf == NULL)
        wrong = "no certificate can be read from it";
    return wrong;
}

/* --- keys --- */

static EVP_PKEY *read_key(const struct file *file, struct pass_phrase *phrase)
{
    BIO *bio = BIO_new_mem_buf(file->bytes, (int)file->size);
    EVP_PKEY *key;

    if (has(file, "-----BEGIN ")) {
        key = PEM_read_bio_PrivateKey(bio, NULL, give_pass_phrase, phrase);
    } else {
        key = d2i_PrivateKey_bio(bio, NULL);
        if (key == NULL && BIO_reset(bio) >= 0)
            key = d2i_PKCS8PrivateKey_bio(bio, NULL, give_pass_phrase, phrase);
    }
    BIO_free(bio);
    ERR_clear_error();
    return key;
}

const char *forms_take_key(struct smtp_certificate *certificate, const struct file *file,
                           const char *password)
{
    struct pass_phrase phrase = { password, false };
    EVP_PKEY *key = read_key(file, &phrase);
    bool fits = key != NULL && X509_check_private_key(certificate->leaf, key) == 1;

    ERR_clear_error();
    if (fits) {
        EVP_PKEY_free(certificate->key);
        certificate->key = key;
        return NULL;
    }
    EVP_PKEY_free(key);
    if (key != NULL)
        return "this is not the key of the certificate";
    if (!phrase.wanted)
        return "no private key can be read from it";
    return password == NULL ? "the key is encrypted, and there is no password for it"
                            : "the password does not decrypt the key";
}

/* --- digests --- */

/* The digest of the digests, so that no two sequences of certificates look alike. */
void forms_digest(struct smtp_certificate *certificate)
{
    int n = sk_X509_num(certificate->chain) + 1;
    unsigned char *digests = malloc((size_t)n * FINGERPRINT_BYTES);

    if (digests == NULL)
        abort();
    X509_digest(certificate->leaf, EVP_sha256(), digests, NULL);
    for (int i = 1; i < n; i++)
        X509_digest(sk_X509_value(certificate->chain, i - 1), EVP_sha256(),
                    digests + (size_t)i * FINGERPRINT_BYTES, NULL);
    fingerprint_of_bytes(digests, (size_t)n * FINGERPRINT_BYTES, certificate->content);
    fingerprint_text_of_certificate(certificate->leaf, certificate->fingerprint);
    free(digests);
}
