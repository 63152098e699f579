#include "harness/smtp_client/certificates.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void release_element(struct certificate *element)
{
    X509_free(element->leaf);
    sk_X509_pop_free(element->chain, X509_free);
    EVP_PKEY_free(element->key);
    free(element->path);
}

struct smtp_certificates *certificates_new(void)
{
    return calloc(1, sizeof(struct smtp_certificates));
}

void certificates_free(struct smtp_certificates *certificates)
{
    if (certificates == NULL)
        return;
    smtp_certificates_clear(certificates);
    free(certificates);
}

void smtp_certificates_clear(struct smtp_certificates *certificates)
{
    for (size_t i = 0; i < certificates->n_elements; i++)
        release_element(&certificates->elements[i]);
    free(certificates->elements);
    certificates->elements = NULL;
    certificates->n_elements = 0;
}

size_t smtp_certificates_count(const struct smtp_certificates *certificates)
{
    return certificates->n_elements;
}

const struct certificate *certificates_first(const struct smtp_certificates *certificates)
{
    return certificates->n_elements > 0 ? &certificates->elements[0] : NULL;
}

/* A key under a pass phrase counts as missing: nobody is there to be asked. */
static int no_pass_phrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static int read_certificates(struct certificate *element, const char *file)
{
    BIO *bio = BIO_new_file(file, "r");

    if (bio == NULL)
        return -1;
    element->leaf = PEM_read_bio_X509(bio, NULL, no_pass_phrase, NULL);
    element->chain = sk_X509_new_null();
    for (;;) {
        X509 *next =
            element->leaf == NULL ? NULL : PEM_read_bio_X509(bio, NULL, no_pass_phrase, NULL);

        if (next == NULL)
            break;
        sk_X509_push(element->chain, next);
    }
    BIO_free(bio);
    return element->leaf == NULL ? -1 : 0;
}

static void read_key(struct certificate *element, const char *file)
{
    BIO *bio = file == NULL ? NULL : BIO_new_file(file, "r");

    if (bio == NULL)
        return;
    element->key = PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL);
    BIO_free(bio);
    if (element->key != NULL && X509_check_private_key(element->leaf, element->key) == 1)
        return;
    EVP_PKEY_free(element->key);
    element->key = NULL;
}

/* The digest of the digests, so that no two sequences of certificates look alike. */
static void digest_content(struct certificate *element)
{
    int n = sk_X509_num(element->chain) + 1;
    unsigned char *digests = malloc((size_t)n * FINGERPRINT_BYTES);

    if (digests == NULL)
        abort();
    X509_digest(element->leaf, EVP_sha256(), digests, NULL);
    for (int i = 1; i < n; i++)
        X509_digest(sk_X509_value(element->chain, i - 1), EVP_sha256(),
                    digests + (size_t)i * FINGERPRINT_BYTES, NULL);
    fingerprint_of_bytes(digests, (size_t)n * FINGERPRINT_BYTES, element->content);
    fingerprint_text_of_certificate(element->leaf, element->fingerprint);
    free(digests);
}

static void append(struct smtp_certificates *certificates, const struct certificate *element)
{
    size_t size = (certificates->n_elements + 1) * sizeof(*certificates->elements);

    certificates->elements = realloc(certificates->elements, size);
    if (certificates->elements == NULL)
        abort();
    certificates->elements[certificates->n_elements++] = *element;
}

int smtp_certificates_add_files(struct smtp_certificates *certificates,
                                const char *certificate_file, const char *key_file, char *why,
                                size_t why_size)
{
    struct certificate element = { 0 };

    if (read_certificates(&element, certificate_file) != 0) {
        snprintf(why, why_size, "%s: no certificate can be read from it", certificate_file);
        release_element(&element);
        ERR_clear_error();
        return -1;
    }
    read_key(&element, key_file);
    ERR_clear_error();
    element.path = strdup(certificate_file);
    digest_content(&element);
    append(certificates, &element);
    return 0;
}
