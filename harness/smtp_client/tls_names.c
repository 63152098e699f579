#include "harness/smtp_client/tls_names.h"

#include <openssl/bio.h>
#include <stdlib.h>
#include <string.h>

static char *name_text(const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes;
    long size;
    char *text;

    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
    size = BIO_get_mem_data(bio, &bytes);
    text = strndup(bytes, (size_t)size);
    BIO_free(bio);
    return text;
}

void tls_names_set(char ***list, const STACK_OF(X509_NAME) * names)
{
    int n = names == NULL ? 0 : sk_X509_NAME_num(names);

    tls_names_free(list);
    *list = calloc((size_t)n + 1, sizeof(**list));
    if (*list == NULL)
        abort();
    for (int i = 0; i < n; i++)
        (*list)[i] = name_text(sk_X509_NAME_value(names, i));
}

void tls_names_free(char ***list)
{
    for (char **name = *list; name != NULL && *name != NULL; name++)
        free(*name);
    free(*list);
    *list = NULL;
}
