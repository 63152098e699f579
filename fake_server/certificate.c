#include "fake_server/certificate.h"
#include "fake_server/memory.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include <stdbool.h>

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

/* A cursor over the elements of a DER structure. */
struct elements {
    const unsigned char *at;
    long left;
};

/* The next element, whole and by its content; false at the end and where there is no DER. */
static bool next_element(struct elements *in, struct elements *whole, struct elements *content)
{
    const unsigned char *at = in->at;
    long length;
    int tag, class;

    if (in->left <= 0 || (ASN1_get_object(&at, &length, &tag, &class, in->left) & 0x80) != 0)
        return false;
    *content = (struct elements){ at, length };
    *whole = (struct elements){ in->at, at - in->at + length };
    in->at += whole->left;
    in->left -= whole->left;
    return true;
}

static char *parse_name(const struct elements *element)
{
    const unsigned char *at = element->at;
    X509_NAME *name = element->left > 0 ? d2i_X509_NAME(NULL, &at, element->left) : NULL;
    char *text = name != NULL ? certificate_name(name) : memory_text("");

    X509_NAME_free(name);
    return text;
}

/* The name of an algorithm; for one whose parameter is an object, as a curve is, of that. */
static const char *parse_algorithm(const struct elements *element)
{
    const unsigned char *at = element->at;
    X509_ALGOR *algorithm = element->left > 0 ? d2i_X509_ALGOR(NULL, &at, element->left) : NULL;
    const ASN1_OBJECT *object;
    const void *parameter;
    int type, nid;

    if (algorithm == NULL)
        return "";
    X509_ALGOR_get0(&object, &type, &parameter, algorithm);
    nid = OBJ_obj2nid(type == V_ASN1_OBJECT ? parameter : object);
    X509_ALGOR_free(algorithm);
    return OBJ_nid2sn(nid);
}

static long parse_number(const struct elements *element)
{
    const unsigned char *at = element->at;
    ASN1_INTEGER *integer = d2i_ASN1_INTEGER(NULL, &at, element->left);
    long number = integer != NULL ? ASN1_INTEGER_get(integer) : -1;

    ASN1_INTEGER_free(integer);
    return number;
}

void certificate_parse(const unsigned char *der, size_t size, struct certificate_content *content)
{
    enum { SERIAL, SIGNATURE, ISSUER, VALIDITY, SUBJECT, KEY, COUNT };
    struct elements certificate = { der, (long)size }, to_be_signed, whole, inside;
    struct elements parts[COUNT] = { { NULL, 0 } }, key = { NULL, 0 };
    int i = 0;

    *content = (struct certificate_content){ .version = 0 };
    if (next_element(&certificate, &whole, &inside) &&
        next_element(&inside, &whole, &to_be_signed)) {
        content->version = 1;
        while (i < COUNT && next_element(&to_be_signed, &whole, &inside))
            if (whole.at[0] == (V_ASN1_CONTEXT_SPECIFIC | V_ASN1_CONSTRUCTED))
                content->version = parse_number(&inside) + 1;
            else
                parts[i++] = whole;
    }
    content->subject = parse_name(&parts[SUBJECT]);
    content->issuer = parse_name(&parts[ISSUER]);
    content->signature = parse_algorithm(&parts[SIGNATURE]);
    if (next_element(&parts[KEY], &whole, &inside))
        (void)next_element(&inside, &key, &whole);
    content->key = parse_algorithm(&key);
}
