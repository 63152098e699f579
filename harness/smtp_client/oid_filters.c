#include "harness/smtp_client/oid_filters.h"

#include <openssl/x509v3.h>
#include <string.h>

enum { EXTENSION = 48, KEY_USAGE_BITS = 9 };

/* What is left of a vector. */
struct part {
    const unsigned char *at;
    size_t left;
};

/* Takes a vector with a length of `width` bytes in front; where it is broken nothing is left. */
static struct part take(struct part *from, size_t width)
{
    struct part part = { from->at, 0 };
    size_t size = 0;

    for (size_t i = 0; i < width && i < from->left; i++)
        size = size << 8 | from->at[i];
    if (from->left < width || from->left - width < size) {
        from->left = 0;
        return part;
    }
    part = (struct part){ from->at + width, size };
    from->at += width + size;
    from->left -= width + size;
    return part;
}

/* --- what is known --- */

static bool has_key_usage(X509 *leaf, struct part value)
{
    const unsigned char *at = value.at;
    ASN1_BIT_STRING *wanted = d2i_ASN1_BIT_STRING(NULL, &at, (long)value.left);
    ASN1_BIT_STRING *has = X509_get_ext_d2i(leaf, NID_key_usage, NULL, NULL);
    bool fits = wanted != NULL && has != NULL;

    for (int bit = 0; fits && bit < KEY_USAGE_BITS; bit++)
        fits = ASN1_BIT_STRING_get_bit(wanted, bit) == 0 || ASN1_BIT_STRING_get_bit(has, bit) == 1;
    ASN1_BIT_STRING_free(wanted);
    ASN1_BIT_STRING_free(has);
    return fits;
}

static bool holds(const EXTENDED_KEY_USAGE *usages, const ASN1_OBJECT *usage)
{
    for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++)
        if (OBJ_cmp(sk_ASN1_OBJECT_value(usages, i), usage) == 0)
            return true;
    return false;
}

static bool has_extended_key_usage(X509 *leaf, struct part value)
{
    const unsigned char *at = value.at;
    EXTENDED_KEY_USAGE *wanted = d2i_EXTENDED_KEY_USAGE(NULL, &at, (long)value.left);
    EXTENDED_KEY_USAGE *has = X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
    bool fits = wanted != NULL && has != NULL;

    for (int i = 0; fits && i < sk_ASN1_OBJECT_num(wanted); i++)
        fits = holds(has, sk_ASN1_OBJECT_value(wanted, i));
    EXTENDED_KEY_USAGE_free(wanted);
    EXTENDED_KEY_USAGE_free(has);
    return fits;
}

static const struct {
    int nid;
    bool (*has)(X509 *leaf, struct part value);
} known[] = {
    { NID_key_usage, has_key_usage },
    { NID_ext_key_usage, has_extended_key_usage },
};

static bool has(X509 *leaf, struct part oid, struct part value)
{
    const unsigned char *at = oid.at;
    ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &at, (long)oid.left);
    int nid = object == NULL ? NID_undef : OBJ_obj2nid(object);
    bool fits = true;

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].nid != nid)
            continue;
        /* Without a value it only has to be there. */
        fits = value.left > 0 ? known[i].has(leaf, value) : X509_get_ext_by_NID(leaf, nid, -1) >= 0;
    }
    ASN1_OBJECT_free(object);
    return fits;
}

bool oid_filters_match(const struct oid_filters *filters, X509 *leaf)
{
    struct part whole, list;
    bool fits = true;

    if (filters == NULL || filters->size == 0)
        return true;
    whole = (struct part){ filters->bytes, filters->size };
    list = take(&whole, 2);
    while (fits && list.left > 0) {
        struct part oid = take(&list, 1);

        fits = has(leaf, oid, take(&list, 2));
    }
    return fits;
}

/* --- how they come --- */

static int keep(SSL *ssl, unsigned type, unsigned messages, const unsigned char *bytes, size_t size,
                X509 *certificate, size_t place, int *alert, void *context)
{
    struct oid_filters *filters = context;

    (void)ssl, (void)type, (void)messages, (void)certificate, (void)place, (void)alert;
    filters->size = size <= sizeof(filters->bytes) ? size : 0;
    memcpy(filters->bytes, bytes, filters->size);
    return 1;
}

void oid_filters_watch(SSL_CTX *context, struct oid_filters *filters)
{
    filters->size = 0;
    SSL_CTX_add_custom_ext(context, EXTENSION, SSL_EXT_TLS1_3_CERTIFICATE_REQUEST, NULL, NULL, NULL,
                           keep, filters);
}
