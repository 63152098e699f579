#include "harness/smtp_client/trust.h"

#include "harness/smtp_client/file.h"
#include "harness/smtp_client/smtp_client.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A run has one or two trust files; the limit only keeps a mistake from eating the memory. */
enum { KEPT = 8 };

static struct trust kept[KEPT];
static size_t next_place;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static X509_STORE *parse(const void *bytes, size_t size)
{
    X509_STORE *store = X509_STORE_new();
    BIO *bio = BIO_new_mem_buf(bytes, (int)size);
    int n = 0;

    for (;;) {
        X509 *authority = PEM_read_bio_X509(bio, NULL, NULL, NULL);

        if (authority == NULL)
            break;
        n += X509_STORE_add_cert(store, authority);
        X509_free(authority);
    }
    BIO_free(bio);
    ERR_clear_error();
    if (n > 0)
        return store;
    X509_STORE_free(store);
    return NULL;
}

static X509_STORE *find(const unsigned char content[FINGERPRINT_BYTES])
{
    for (size_t i = 0; i < KEPT; i++) {
        if (kept[i].store != NULL && memcmp(kept[i].content, content, FINGERPRINT_BYTES) == 0)
            return kept[i].store;
    }
    return NULL;
}

/* Keeps `trust` in the place of the oldest; what is kept has a reference of its own. */
static void keep(const struct trust *trust)
{
    struct trust *place = &kept[next_place++ % KEPT];

    trust_release(place);
    *place = *trust;
    X509_STORE_up_ref(place->store);
}

static void load_content(struct trust *trust, const void *bytes, size_t size)
{
    fingerprint_of_bytes(bytes, size, trust->content);
    pthread_mutex_lock(&lock);
    trust->store = find(trust->content);
    if (trust->store != NULL) {
        X509_STORE_up_ref(trust->store);
    } else {
        trust->store = parse(bytes, size);
        if (trust->store != NULL)
            keep(trust);
    }
    pthread_mutex_unlock(&lock);
}

int trust_load(struct trust *trust, const char *file, char *why, size_t why_size)
{
    struct file authorities;

    *trust = (struct trust){ 0 };
    if (file == NULL) {
        trust->store = X509_STORE_new();
        return 0;
    }
    if (file_load(&authorities, file, why, why_size) != 0)
        return -1;
    load_content(trust, authorities.bytes, authorities.size);
    file_release(&authorities);
    if (trust->store != NULL)
        return 0;
    snprintf(why, why_size, "%s: no authority can be read from it", file);
    return -1;
}

void trust_release(struct trust *trust)
{
    X509_STORE_free(trust->store);
    trust->store = NULL;
}

void smtp_client_remember_trust(const char *trust_file)
{
    struct trust trust;
    char why[256];

    (void)trust_load(&trust, trust_file, why, sizeof(why));
    trust_release(&trust);
}
