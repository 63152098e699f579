#include "harness/smtp_client/certificates.h"

#include "harness/smtp_client/file.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
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

static int read_certificates(struct certificate *element, const struct file *file)
{
    BIO *bio = BIO_new_mem_buf(file->bytes, (int)file->size);

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

static void read_key(struct certificate *element, const struct file *file)
{
    BIO *bio = BIO_new_mem_buf(file->bytes, (int)file->size);

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

static int parse(struct certificate *element, const struct file *certificate,
                 const struct file *key)
{
    int rv = read_certificates(element, certificate);

    if (rv == 0) {
        if (key->bytes != NULL)
            read_key(element, key);
        digest_content(element);
    }
    ERR_clear_error();
    return rv;
}

/* --- what was parsed is kept for the process, by content: decoding a key costs a third of a
 * millisecond --- */

enum { KEPT = 64 };

struct kept {
    struct certificate element; /* path: none */
    unsigned char content[2][FINGERPRINT_BYTES];
};

static struct kept kept[KEPT];
static size_t next_place;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct certificate share(const struct certificate *element)
{
    struct certificate shared = *element;

    X509_up_ref(shared.leaf);
    shared.chain = X509_chain_up_ref(element->chain);
    if (shared.key != NULL)
        EVP_PKEY_up_ref(shared.key);
    return shared;
}

static const struct certificate *find(unsigned char content[2][FINGERPRINT_BYTES])
{
    for (size_t i = 0; i < KEPT; i++)
        if (kept[i].element.leaf != NULL &&
            memcmp(kept[i].content, content, sizeof(kept[i].content)) == 0)
            return &kept[i].element;
    return NULL;
}

/* Keeps an element in the place of the oldest. */
static void keep(const struct certificate *element, unsigned char content[2][FINGERPRINT_BYTES])
{
    struct kept *place = &kept[next_place++ % KEPT];

    release_element(&place->element);
    place->element = share(element);
    memcpy(place->content, content, sizeof(place->content));
}

static int load(struct certificate *element, const struct file *certificate, const struct file *key)
{
    unsigned char content[2][FINGERPRINT_BYTES];
    const struct certificate *known;
    int rv = 0;

    fingerprint_of_bytes(certificate->bytes, certificate->size, content[0]);
    fingerprint_of_bytes(key->bytes, key->size, content[1]);
    pthread_mutex_lock(&lock);
    known = find(content);
    if (known != NULL) {
        *element = share(known);
    } else {
        rv = parse(element, certificate, key);
        if (rv == 0)
            keep(element, content);
    }
    pthread_mutex_unlock(&lock);
    return rv;
}

int smtp_certificates_add_files(struct smtp_certificates *certificates,
                                const char *certificate_file, const char *key_file, char *why,
                                size_t why_size)
{
    struct file certificate = file_read(certificate_file);
    struct file key = file_read(key_file);
    struct certificate element = { 0 };
    int rv = certificate.bytes == NULL ? -1 : load(&element, &certificate, &key);

    file_release(&certificate);
    file_release(&key);
    if (rv != 0) {
        snprintf(why, why_size, "%s: no certificate can be read from it", certificate_file);
        release_element(&element);
        return -1;
    }
    element.path = strdup(certificate_file);
    append(certificates, &element);
    return 0;
}
