#include "harness/base/files.h"
#include "harness/pki/pki.h"
#include "harness/pki/texts.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdio.h>
#include <talloc.h>
#include <unistd.h>

/* One part of what pki_write() writes. Fills `bio`; leaves it empty when the file is not to be.
 * Returns 0 or -1 with OpenSSL's queue. */
struct part {
    const char *extension;
    mode_t mode;
    int (*fill)(BIO *bio, const struct pki_identity *identity);
};

static int fill_certificates(BIO *bio, const struct pki_identity *identity)
{
    if (PEM_write_bio_X509(bio, identity->certificate) != 1)
        return -1;
    for (int i = 0; i < sk_X509_num(identity->chain); i++)
        if (PEM_write_bio_X509(bio, sk_X509_value(identity->chain, i)) != 1)
            return -1;
    return 0;
}

static int fill_key(BIO *bio, const struct pki_identity *identity)
{
    if (identity->given == NULL)
        return 0;
    return PEM_write_bio_PrivateKey(bio, identity->given, NULL, NULL, 0, NULL, NULL) == 1 ? 0 : -1;
}

/* --- PFX: RFC 7292 --- */

static STACK_OF(PKCS12_SAFEBAG) * certificate_bags(const struct pki_identity *identity)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    PKCS12_SAFEBAG *bag = PKCS12_add_cert(&bags, identity->certificate);
    unsigned char id[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    /* What ties certificate and key together for readers: the SHA-1 that everybody uses. */
    if (bag == NULL || X509_digest(identity->certificate, EVP_sha1(), id, &size) != 1 ||
        PKCS12_add_localkeyid(bag, id, (int)size) != 1)
        goto fail;
    for (int i = 0; i < sk_X509_num(identity->chain); i++)
        if (PKCS12_add_cert(&bags, sk_X509_value(identity->chain, i)) == NULL)
            goto fail;
    return bags;
fail:
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return NULL;
}

static STACK_OF(PKCS12_SAFEBAG) * key_bags(const struct pki_identity *identity)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    PKCS12_SAFEBAG *bag =
        PKCS12_add_key(&bags, identity->given, 0, 1, NID_pbe_WithSHA1And3_Key_TripleDES_CBC, "");
    unsigned char id[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (bag != NULL && X509_digest(identity->certificate, EVP_sha1(), id, &size) == 1 &&
        PKCS12_add_localkeyid(bag, id, (int)size) == 1)
        return bags;
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return NULL;
}

static int add_safe(STACK_OF(PKCS7) * *safes, STACK_OF(PKCS12_SAFEBAG) * bags)
{
    int added = bags != NULL ? PKCS12_add_safe(safes, bags, -1, 0, NULL) : 0;

    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return added == 1 ? 0 : -1;
}

/* PKCS12_create() refuses a key that is not the certificate's. There is a checksum made with the
 * empty password, once, and the key is sealed with it, as every reader since 1999 knows it: some
 * take no PFX without the one, BoringSSL (hence Mono) no key without the other. */
static int fill_pfx(BIO *bio, const struct pki_identity *identity)
{
    STACK_OF(PKCS7) *safes = NULL;
    PKCS12 *pfx = NULL;
    int rv = -1;

    if (add_safe(&safes, certificate_bags(identity)) != 0)
        goto out;
    if (identity->given != NULL && add_safe(&safes, key_bags(identity)) != 0)
        goto out;
    pfx = PKCS12_add_safes(safes, 0);
    if (pfx == NULL || PKCS12_set_mac(pfx, "", 0, NULL, 0, 1, EVP_sha256()) != 1)
        goto out;
    rv = i2d_PKCS12_bio(bio, pfx) == 1 ? 0 : -1;
out:
    PKCS12_free(pfx);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    return rv;
}

/* --- the files --- */

static const struct part parts[PKI_PARTS] = {
    { "pem", 0644, fill_certificates },
    { "key", 0600, fill_key },
    { "pfx", 0600, fill_pfx },
};

static int remove_file(const char *path, struct error *err)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return 0;
    return error_set_errno(err, "cannot remove %s", path);
}

/* Fills `texts` with what part number `i` of an identity holds. */
static int encode(const struct pki_identity *identity, size_t i, const char *path,
                  struct error *err)
{
    struct pki_texts *texts = identity->texts;
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes;

    if (bio == NULL || parts[i].fill(bio, identity) != 0) {
        BIO_free(bio);
        return pki_error(err, path);
    }
    texts->sizes[i] = (size_t)BIO_get_mem_data(bio, &bytes);
    texts->bytes[i] = talloc_memdup(texts, texts->sizes[i] > 0 ? bytes : "",
                                    texts->sizes[i] > 0 ? texts->sizes[i] : 1);
    BIO_free(bio);
    return 0;
}

static int write_part(const struct pki_identity *identity, size_t i, const char *path,
                      struct error *err)
{
    const struct pki_texts *texts = identity->texts;

    if (texts->bytes[i] == NULL && encode(identity, i, path, err) != 0)
        return -1;
    if (texts->sizes[i] == 0)
        return remove_file(path, err);
    return files_write_private(path, texts->bytes[i], texts->sizes[i], parts[i].mode, err);
}

int pki_write(const struct pki *pki, const char *identity, const char *file, const char *directory,
              bool with_pfx, struct error *err)
{
    const struct pki_identity *found = pki_find(pki, identity);
    void *context;
    int rv = 0;

    if (found == NULL)
        return error_set(err, ERROR_TLS, WHERE_NONE, "no identity is called \"%s\"", identity);
    context = talloc_new(NULL);
    for (size_t i = 0; i < PKI_PARTS && rv == 0; i++) {
        const char *path =
            talloc_asprintf(context, "%s/%s.%s", directory, file, parts[i].extension);

        if (parts[i].fill == fill_pfx && !with_pfx)
            rv = remove_file(path, err);
        else
            rv = write_part(found, i, path, err);
    }
    talloc_free(context);
    return rv;
}

int pki_write_trust(const struct pki *pki, const struct scenario_names *names, const char *path,
                    struct error *err)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int rv = bio != NULL ? 0 : pki_error(err, path);

    for (size_t i = 0; i < names->n && rv == 0; i++) {
        const struct pki_identity *found = pki_find(pki, names->items[i].text);

        if (found == NULL)
            rv = error_set(err, ERROR_TLS, names->items[i].where, "no identity is called \"%s\"",
                           names->items[i].text);
        else if (PEM_write_bio_X509(bio, found->certificate) != 1)
            rv = pki_error(err, path);
    }
    if (rv == 0) {
        char *bytes;
        long size = BIO_get_mem_data(bio, &bytes);

        rv = files_write_private(path, bytes, (size_t)size, 0644, err);
    }
    BIO_free(bio);
    return rv;
}
