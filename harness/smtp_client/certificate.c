#include "harness/smtp_client/certificate.h"

#include "harness/smtp_client/forms.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct smtp_certificate *new_certificate(const char *path)
{
    struct smtp_certificate *certificate = calloc(1, sizeof(*certificate));

    if (certificate == NULL)
        abort();
    certificate->path = strdup(path);
    if (certificate->path == NULL)
        abort();
    atomic_init(&certificate->holders, 1);
    return certificate;
}

struct smtp_certificate *certificate_hold(const struct smtp_certificate *certificate)
{
    /* Holding it is all that may be done to one that is const for its users. */
    union {
        const struct smtp_certificate *constant;
        struct smtp_certificate *held;
    } cast = { certificate };

    atomic_fetch_add(&cast.held->holders, 1);
    return cast.held;
}

void smtp_certificate_free(struct smtp_certificate *certificate)
{
    if (certificate == NULL || atomic_fetch_sub(&certificate->holders, 1) > 1)
        return;
    X509_free(certificate->leaf);
    sk_X509_pop_free(certificate->chain, X509_free);
    EVP_PKEY_free(certificate->key);
    free(certificate->path);
    free(certificate);
}

const char *smtp_certificate_fingerprint(const struct smtp_certificate *certificate)
{
    return certificate->fingerprint;
}

bool smtp_certificate_has_key(const struct smtp_certificate *certificate)
{
    return certificate->key != NULL;
}

/* --- loading: what is wrong is told --- */

static int take(struct smtp_certificate *certificate, const struct file *file,
                const struct smtp_certificate_source *source, char *why, size_t why_size)
{
    const char *name = source->file != NULL ? source->file : "the certificate";
    const char *wrong = forms_take(certificate, file, source->password);

    if (wrong == NULL && source->key_file == NULL && forms_has_pem_key(file))
        wrong = forms_take_key(certificate, file, source->password);
    if (wrong == NULL)
        return 0;
    snprintf(why, why_size, "%s: %s", name, wrong);
    return -1;
}

static int take_key(struct smtp_certificate *certificate,
                    const struct smtp_certificate_source *source, char *why, size_t why_size)
{
    struct file file;
    const char *wrong;

    if (source->key_file == NULL)
        return 0;
    if (file_load(&file, source->key_file, why, why_size) != 0)
        return -1;
    wrong = forms_take_key(certificate, &file, source->password);
    file_release(&file);
    if (wrong == NULL)
        return 0;
    snprintf(why, why_size, "%s: %s", source->key_file, wrong);
    return -1;
}

struct smtp_certificate *smtp_certificate_load(const struct smtp_certificate_source *source,
                                               char *why, size_t why_size)
{
    struct smtp_certificate *certificate;
    struct file file = { NULL, 0 };
    int rv;

    if (source->file != NULL && file_load(&file, source->file, why, why_size) != 0)
        return NULL;
    if (source->file == NULL)
        file_copy(&file, source->bytes, source->size);
    certificate = new_certificate(source->file != NULL ? source->file : "");
    rv = take(certificate, &file, source, why, why_size);
    file_release(&file);
    if (rv == 0 && take_key(certificate, source, why, why_size) == 0) {
        forms_digest(certificate);
        return certificate;
    }
    smtp_certificate_free(certificate);
    return NULL;
}

/* --- loading as .NET holds them; what was parsed is kept for the process, by content: decoding a
 * key costs a third of a millisecond --- */

enum { KEPT = 64 };

struct kept {
    struct smtp_certificate *certificate; /* owned; path: "" */
    unsigned char content[2][FINGERPRINT_BYTES];
};

static struct kept kept[KEPT];
static size_t next_place;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const struct smtp_certificate *find(unsigned char content[2][FINGERPRINT_BYTES])
{
    for (size_t i = 0; i < KEPT; i++)
        if (kept[i].certificate != NULL &&
            memcmp(kept[i].content, content, sizeof(kept[i].content)) == 0)
            return kept[i].certificate;
    return NULL;
}

/* Keeps a certificate in the place of the oldest. */
static void keep(struct smtp_certificate *certificate, unsigned char content[2][FINGERPRINT_BYTES])
{
    struct kept *place = &kept[next_place++ % KEPT];

    smtp_certificate_free(place->certificate);
    place->certificate = certificate;
    memcpy(place->content, content, sizeof(place->content));
}

static const struct smtp_certificate *parse(const struct file *file, const struct file *key,
                                            unsigned char content[2][FINGERPRINT_BYTES])
{
    struct smtp_certificate *certificate = new_certificate("");

    if (forms_take(certificate, file, NULL) != NULL) {
        smtp_certificate_free(certificate);
        return NULL;
    }
    if (key->bytes != NULL)
        (void)forms_take_key(certificate, key, NULL);
    forms_digest(certificate);
    keep(certificate, content);
    return certificate;
}

/* The same parts, from another place. */
static struct smtp_certificate *copy_from(const struct smtp_certificate *from, const char *path)
{
    struct smtp_certificate *certificate = new_certificate(path);

    certificate->leaf = from->leaf;
    X509_up_ref(certificate->leaf);
    certificate->chain = X509_chain_up_ref(from->chain);
    certificate->key = from->key;
    if (certificate->key != NULL)
        EVP_PKEY_up_ref(certificate->key);
    memcpy(certificate->fingerprint, from->fingerprint, sizeof(from->fingerprint));
    memcpy(certificate->content, from->content, sizeof(from->content));
    return certificate;
}

static struct smtp_certificate *load(const struct file *file, const struct file *key,
                                     const char *path)
{
    unsigned char content[2][FINGERPRINT_BYTES];
    const struct smtp_certificate *known;
    struct smtp_certificate *certificate;

    fingerprint_of_bytes(file->bytes, file->size, content[0]);
    fingerprint_of_bytes(key->bytes, key->size, content[1]);
    pthread_mutex_lock(&lock);
    known = find(content);
    if (known == NULL)
        known = parse(file, key, content);
    certificate = known == NULL ? NULL : copy_from(known, path);
    pthread_mutex_unlock(&lock);
    return certificate;
}

struct smtp_certificate *certificate_load_lenient(const char *certificate_file,
                                                  const char *key_file, char *why, size_t why_size)
{
    struct file file = file_read(certificate_file);
    struct file key = file_read(key_file);
    struct smtp_certificate *certificate =
        file.bytes == NULL ? NULL : load(&file, &key, certificate_file);

    file_release(&file);
    file_release(&key);
    if (certificate == NULL)
        snprintf(why, why_size, "%s: no certificate can be read from it", certificate_file);
    return certificate;
}
