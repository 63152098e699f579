#include "fake_server/extensions.h"
#include "fake_server/memory.h"
#include "fake_server/names.h"
#include "fake_server/settings.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OID_FILTERS = 48, SIGNATURE_ALGORITHMS_CERT = 50, EXTENSIONS_MAX = 8, BODY_MAX = 65535 };

struct extension {
    unsigned type, messages;
    unsigned char *bytes; /* owned */
    size_t size;
};

struct fake_server_request extensions_copy_request(const struct fake_server_request *request)
{
    struct fake_server_request copy = *request;

    copy.signature_algorithms_cert = memory_texts(request->signature_algorithms_cert);
    copy.certificate_types = memory_texts(request->certificate_types);
    copy.oid_filters = memory_texts(request->oid_filters);
    return copy;
}

void extensions_release_request(const struct fake_server_request *request)
{
    memory_free_texts(request->signature_algorithms_cert);
    memory_free_texts(request->certificate_types);
    memory_free_texts(request->oid_filters);
}

static void put(struct extension *extension, const void *bytes, size_t size)
{
    if (size == 0)
        return;
    extension->bytes = memory_grow(extension->bytes, extension->size + size);
    memcpy(extension->bytes + extension->size, bytes, size);
    extension->size += size;
}

static void put_number(struct extension *extension, size_t number, size_t size)
{
    while (size-- > 0) {
        unsigned char byte = (unsigned char)(number >> 8 * size);

        put(extension, &byte, 1);
    }
}

/* The body of an extension that is one list with its length in front. */
static bool close_list(struct extension *list)
{
    struct extension whole = { .type = list->type, .messages = list->messages };
    bool fits = list->size + 2 <= BODY_MAX;

    put_number(&whole, list->size, 2);
    put(&whole, list->bytes, list->size);
    free(list->bytes);
    *list = whole;
    return fits;
}

static struct extension *add(struct settings *settings, unsigned type, unsigned messages)
{
    struct extension *extension = &settings->extensions[settings->n_extensions++];

    extension->type = type;
    extension->messages = messages;
    return extension;
}

/* An OID with its value, both in DER: what a certificate has to have. Source: RFC 8446
 * section 4.2.5. */
static bool put_filter(struct extension *list, const ASN1_OBJECT *object,
                       const ASN1_OCTET_STRING *value)
{
    unsigned char *der = NULL;
    int size = i2d_ASN1_OBJECT(object, &der);
    int value_size = value == NULL ? 0 : ASN1_STRING_length(value);

    if (size > 0 && size < 256 && value_size <= BODY_MAX) {
        put_number(list, (size_t)size, 1);
        put(list, der, (size_t)size);
        put_number(list, (size_t)value_size, 2);
        put(list, value == NULL ? NULL : ASN1_STRING_get0_data(value), (size_t)value_size);
    }
    OPENSSL_free(der);
    return size > 0 && size < 256;
}

/* "extendedKeyUsage=clientAuth" */
static bool put_filter_text(struct extension *list, const char *text)
{
    size_t length = strcspn(text, "=");
    char *name = memory_copy(text, length);
    X509_EXTENSION *extension = NULL;
    ASN1_OBJECT *object = NULL;
    bool put;

    if (text[length] == '=')
        extension = X509V3_EXT_nconf(NULL, NULL, name, text + length + 1);
    else
        object = OBJ_txt2obj(name, 0);
    if (extension != NULL)
        put = put_filter(list, X509_EXTENSION_get_object(extension),
                         X509_EXTENSION_get_data(extension));
    else
        put = object != NULL && put_filter(list, object, NULL);
    X509_EXTENSION_free(extension);
    ASN1_OBJECT_free(object);
    free(name);
    return put;
}

static bool add_oid_filters(struct settings *settings)
{
    const struct fake_server_request *request = &settings->given.request;
    const char *const *filter = request->oid_filters;
    struct extension *list;
    bool fine = true;

    if ((filter == NULL && !request->unknown_extensions) || MUTANT(no_filters))
        return true;
    list = add(settings, OID_FILTERS, SSL_EXT_TLS1_3_CERTIFICATE_REQUEST);
    for (; fine && filter != NULL && *filter != NULL; filter++)
        fine = put_filter_text(list, *filter);
    /* Source: RFC 5612: numbers for examples, which nobody knows. */
    if (request->unknown_extensions)
        fine = fine && put_filter_text(list, "1.3.6.1.4.1.32473.1=DER:0500");
    return close_list(list) && fine;
}

static bool add_signature_algorithms_cert(struct settings *settings)
{
    const char *const *name = settings->given.request.signature_algorithms_cert;
    struct extension *list;

    if (name == NULL)
        return true;
    list = add(settings, SIGNATURE_ALGORITHMS_CERT, SSL_EXT_TLS1_3_CERTIFICATE_REQUEST);
    for (; *name != NULL; name++) {
        int number = names_find(NAMES_SIGNATURE, *name);

        if (number < 0)
            return false;
        put_number(list, (size_t)number, 2);
    }
    return close_list(list);
}

/* Source: RFC 8446 section 9.3; the numbers are of RFC 8701. */
static bool add_unknown(struct settings *settings)
{
    static const struct {
        unsigned type, messages;
        size_t size;
    } rows[] = {
        { 0x3a3a, SSL_EXT_TLS1_3_CERTIFICATE_REQUEST, 0 },
        { 0x6a6a, SSL_EXT_TLS1_3_CERTIFICATE_REQUEST, 3 },
        { 0x9a9a, SSL_EXT_TLS1_3_NEW_SESSION_TICKET, 0 },
        { 0xcaca, SSL_EXT_TLS1_3_NEW_SESSION_TICKET, 3 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (settings->given.request.unknown_extensions)
            put(add(settings, rows[i].type, rows[i].messages), "\1\2\3", rows[i].size);
    return true;
}

int extensions_init(struct settings *settings, char *why, size_t why_size)
{
    static const struct {
        const char *what;
        bool (*add)(struct settings *settings);
    } rows[] = {
        { "oid_filters", add_oid_filters },
        { "signature_algorithms_cert", add_signature_algorithms_cert },
        { "unknown_extensions", add_unknown },
    };

    settings->extensions = memory_new(EXTENSIONS_MAX * sizeof *settings->extensions);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].add(settings))
            continue;
        snprintf(why, why_size, "request.%s cannot be used", rows[i].what);
        ERR_clear_error();
        return -1;
    }
    return 0;
}

void extensions_release(struct settings *settings)
{
    for (size_t i = 0; i < settings->n_extensions; i++)
        free(settings->extensions[i].bytes);
    free(settings->extensions);
}

static int send_extension(SSL *ssl, unsigned type, unsigned messages, const unsigned char **bytes,
                          size_t *size, X509 *certificate, size_t place, int *alert, void *given)
{
    const struct extension *extension = given;

    (void)ssl, (void)messages, (void)certificate, (void)place, (void)alert, (void)type;
    *bytes = extension->bytes;
    *size = extension->size;
    return 1;
}

static int set_certificate_types(SSL_CTX *context, const char *const *names)
{
    unsigned char types[256];
    size_t n = 0;

    if (names == NULL || MUTANT(all_certificate_types))
        return 1;
    for (; names[n] != NULL; n++) {
        int number = names_find(NAMES_CERTIFICATE_TYPE, names[n]);

        if (number < 0 || n == sizeof types - 1)
            return 0;
        types[n] = (unsigned char)number;
    }
    return n > 0 && SSL_CTX_set1_client_certificate_types(context, types, (long)n) == 1;
}

int extensions_add(SSL_CTX *context, const struct settings *settings)
{
    for (size_t i = 0; i < settings->n_extensions; i++) {
        struct extension *extension = &settings->extensions[i];

        if (SSL_CTX_add_custom_ext(context, extension->type, extension->messages, send_extension,
                                   NULL, extension, NULL, NULL) != 1)
            return 0;
    }
    return set_certificate_types(context, settings->given.request.certificate_types);
}
