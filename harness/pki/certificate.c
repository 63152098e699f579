#include "harness/pki/certificate.h"

#include "harness/pki/keys.h"

#include <arpa/inet.h>
#include <openssl/conf.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

/* A serial number is positive and has at most 20 octets (RFC 5280 section 4.1.2.2); the CA/Browser
 * Forum wants 64 random bits at least. */
enum { SERIAL_BYTES = 16 };

/* OpenSSL's words for what an identity may be used for. NULL: as its key allows; no such extension.
 */
static const struct {
    const char *constraints, *key_usage, *extended;
} usages[] = {
    [SCENARIO_USAGE_CLIENT] = { "critical,CA:FALSE", NULL, "clientAuth" },
    [SCENARIO_USAGE_SERVER] = { "critical,CA:FALSE", NULL, "serverAuth" },
    [SCENARIO_USAGE_BOTH] = { "critical,CA:FALSE", NULL, "clientAuth,serverAuth" },
    [SCENARIO_USAGE_NONE] = { "critical,CA:FALSE", NULL, "emailProtection" },
    [SCENARIO_USAGE_CA] = { "critical,CA:TRUE", "critical,keyCertSign,cRLSign", NULL },
};

static int set_serial(X509 *certificate)
{
    unsigned char bytes[SERIAL_BYTES];
    BIGNUM *number = NULL;
    int rv = -1;

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return -1;
    bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40); /* positive, and always as long */
    number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    if (number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL)
        rv = 0;
    BN_free(number);
    return rv;
}

static int add_to_name(X509_NAME *name, const char *type, const char *text)
{
    return X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, (const unsigned char *)text, -1,
                                      -1, 0) == 1
               ? 0
               : -1;
}

/* "CN=subject,O=counterseal" as RFC 4514 writes it, where the last comes first. */
static int set_names(X509 *certificate, const struct certificate_order *order)
{
    const struct scenario_identity *identity = order->identity;
    const char *common_name = identity->subject != NULL ? identity->subject : identity->name;
    X509_NAME *subject = X509_get_subject_name(certificate);
    const X509_NAME *issuer;

    if (add_to_name(subject, "O", "counterseal") != 0 ||
        add_to_name(subject, "CN", common_name) != 0)
        return -1;
    issuer = order->issuer != NULL ? X509_get_subject_name(order->issuer) : subject;
    return X509_set_issuer_name(certificate, issuer) == 1 ? 0 : -1;
}

static int set_validity(X509 *certificate, const struct certificate_order *order)
{
    const struct scenario_identity *identity = order->identity;
    time_t now = order->now;

    if (X509_time_adj_ex(X509_getm_notBefore(certificate), 0, identity->not_before_s, &now) == NULL)
        return -1;
    if (X509_time_adj_ex(X509_getm_notAfter(certificate), 0, identity->not_after_s, &now) == NULL)
        return -1;
    return 0;
}

/* --- extensions --- */

/* NULL and "none" add nothing. */
static int add_extension(X509 *certificate, X509 *issuer, const char *name, const char *value)
{
    X509_EXTENSION *extension;
    X509V3_CTX context;
    CONF *sections; /* none, but some extensions want a place to look for them */
    int rv = -1;

    if (value == NULL || strcmp(value, "none") == 0)
        return 0;
    sections = NCONF_new(NULL);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509V3_set_nconf(&context, sections);
    extension = X509V3_EXT_nconf(sections, &context, name, value);
    if (extension != NULL && X509_add_ext(certificate, extension, -1) == 1)
        rv = 0;
    X509_EXTENSION_free(extension);
    NCONF_free(sections);
    return rv;
}

/* An address is known by its form. `name` is a string of its own, never parsed by OpenSSL: it may
 * hold what its configuration language takes for more. */
static GENERAL_NAME *make_alternative(const char *name)
{
    unsigned char address[sizeof(struct in6_addr)];
    GENERAL_NAME *alternative = GENERAL_NAME_new();
    ASN1_STRING *value = NULL;
    int type = strchr(name, '@') != NULL ? GEN_EMAIL : GEN_DNS;
    const void *bytes = name;
    int size = (int)strlen(name);

    if (inet_pton(AF_INET, name, address) == 1) {
        type = GEN_IPADD;
        size = 4;
        bytes = address;
    } else if (inet_pton(AF_INET6, name, address) == 1) {
        type = GEN_IPADD;
        size = 16;
        bytes = address;
    }
    value = type == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
    if (alternative == NULL || value == NULL || ASN1_STRING_set(value, bytes, size) != 1) {
        ASN1_STRING_free(value);
        GENERAL_NAME_free(alternative);
        return NULL;
    }
    GENERAL_NAME_set0_value(alternative, type, value);
    return alternative;
}

static int add_alternatives(X509 *certificate, const struct certificate_order *order)
{
    const char *const *names = order->identity->names;
    GENERAL_NAMES *alternatives;
    int rv = -1;

    if (names == NULL || names[0] == NULL)
        return 0;
    alternatives = sk_GENERAL_NAME_new_null();
    for (; *names != NULL; names++) {
        GENERAL_NAME *alternative = make_alternative(*names);

        if (alternative == NULL || sk_GENERAL_NAME_push(alternatives, alternative) <= 0) {
            GENERAL_NAME_free(alternative);
            goto out;
        }
    }
    if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, alternatives, 0, 0) == 1)
        rv = 0;
out:
    GENERAL_NAMES_free(alternatives);
    return rv;
}

static bool says_itself(const struct scenario_identity *identity, const char *name)
{
    for (size_t i = 0; i < identity->n_extensions; i++)
        if (OBJ_txt2nid(identity->extensions[i].name) == OBJ_txt2nid(name))
            return true;
    return false;
}

static int add_extensions(X509 *certificate, const struct certificate_order *order)
{
    const struct scenario_identity *identity = order->identity;
    const char *key_usage = usages[identity->usage].key_usage;
    const char *authority = order->issuer != NULL ? "keyid:always" : NULL;
    const struct {
        const char *name, *value;
    } wanted[] = {
        { "basicConstraints", usages[identity->usage].constraints },
        { "keyUsage", key_usage != NULL ? key_usage : keys_usage(identity->key) },
        { "extendedKeyUsage", usages[identity->usage].extended },
        { "subjectKeyIdentifier", "hash" },
        { "authorityKeyIdentifier", authority },
    };

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (!says_itself(identity, wanted[i].name) &&
            add_extension(certificate, order->issuer, wanted[i].name, wanted[i].value) != 0)
            return -1;
    for (size_t i = 0; i < identity->n_extensions; i++)
        if (add_extension(certificate, order->issuer, identity->extensions[i].name,
                          identity->extensions[i].value) != 0)
            return -1;
    return 0;
}

/* --- the whole --- */

static int set_version(X509 *certificate, const struct certificate_order *order)
{
    (void)order;
    return X509_set_version(certificate, X509_VERSION_3) == 1 ? set_serial(certificate) : -1;
}

static int set_key(X509 *certificate, const struct certificate_order *order)
{
    return keys_set_public(certificate, order->identity->key, order->key);
}

static int sign(X509 *certificate, const struct certificate_order *order)
{
    EVP_PKEY *signer = order->signer != NULL ? order->signer : order->key;

    return X509_sign(certificate, signer, keys_digest(signer)) > 0 ? 0 : -1;
}

/* Such as everybody will read it: from its DER form. */
static X509 *read_again(X509 *certificate)
{
    unsigned char *der = NULL;
    const unsigned char *at;
    int size = i2d_X509(certificate, &der);
    X509 *again = NULL;

    if (size > 0) {
        at = der;
        again = d2i_X509(NULL, &at, size);
    }
    OPENSSL_free(der);
    return again;
}

X509 *certificate_make(const struct certificate_order *order, const char **failed)
{
    static const struct {
        int (*set)(X509 *certificate, const struct certificate_order *order);
        const char *what;
    } steps[] = {
        { set_version, "serial number" },
        { set_names, "subject" },
        { set_validity, "validity" },
        { set_key, "key" },
        { add_extensions, "extensions" },
        { add_alternatives, "names" },
        { sign, "signature" },
    };
    X509 *draft = X509_new(), *certificate = NULL;

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        *failed = steps[i].what;
        if (draft == NULL || steps[i].set(draft, order) != 0)
            goto out;
    }
    certificate = read_again(draft);
out:
    X509_free(draft);
    return certificate;
}
