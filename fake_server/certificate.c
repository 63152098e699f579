#include "fake_server/certificate.h"
#include "fake_server/memory.h"

#include <openssl/bio.h>
#include <openssl/evp.h>

char *certificate_fingerprint(const X509 *certificate)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    X509_digest(certificate, EVP_sha256(), digest, &size);
    return memory_hex(digest, size);
}

char *certificate_name(const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes;
    char *text;
    long size;

    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    size = BIO_get_mem_data(bio, &bytes);
    text = memory_copy(bytes, (size_t)size);
    BIO_free(bio);
    return text;
}
