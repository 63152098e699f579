/* Certificates that a probe shows, and with whose key it signs. */
#include "harness/smtp_client/probe_state.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>

/* An identity lies in two files of one name. NULL: it cannot be had. */
static struct smtp_certificate *load(const struct probe *probe, const char *base)
{
    char file[1024], key[1024], why[256] = "";
    struct smtp_certificate *element;

    snprintf(file, sizeof(file), "%s.pem", base);
    snprintf(key, sizeof(key), "%s.key", base);
    element = certificate_load_lenient(file, key, why, sizeof(why));
    if (element == NULL)
        probe_answer(probe, "certificate", why);
    return element;
}

void probe_play_certificate(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    bool empty = strcmp(values[0], "empty") == 0;
    struct smtp_certificate *element = empty ? NULL : load(probe, values[0]);

    (void)turn;
    probe_tls_show(probe->ssl, element);
    smtp_certificate_free(element);
}

/* Of each only the certificate itself. */
void probe_play_chain(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    STACK_OF(X509) *chain = sk_X509_new_null();

    (void)turn;
    for (; *values != NULL; values++) {
        struct smtp_certificate *element = load(probe, *values);

        if (element != NULL && X509_up_ref(element->leaf) == 1)
            sk_X509_push(chain, element->leaf);
        smtp_certificate_free(element);
    }
    (void)SSL_set0_chain(probe->ssl, chain);
}

/* A key of two halves that do not belong together: OpenSSL compares the public one only. */
static EVP_PKEY *join(EVP_PKEY *public, EVP_PKEY *private)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, public, NULL);
    OSSL_PARAM *all = NULL, *half = NULL, *merged = NULL;
    EVP_PKEY *joined = NULL;

    if (EVP_PKEY_todata(private, EVP_PKEY_KEYPAIR, &all) == 1 &&
        EVP_PKEY_todata(public, EVP_PKEY_PUBLIC_KEY, &half) == 1)
        merged = OSSL_PARAM_merge(all, half); /* of two of a name the second counts */
    if (merged != NULL && EVP_PKEY_fromdata_init(context) == 1)
        (void)EVP_PKEY_fromdata(context, &joined, EVP_PKEY_KEYPAIR, merged);
    OPENSSL_free(merged);
    OSSL_PARAM_free(half);
    OSSL_PARAM_free(all);
    EVP_PKEY_CTX_free(context);
    return joined;
}

void probe_play_key(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    X509 *leaf = SSL_get_certificate(probe->ssl);
    struct smtp_certificate *signer = load(probe, values[0]);
    EVP_PKEY *joined = NULL;

    (void)turn;
    if (leaf != NULL && signer != NULL && signer->key != NULL)
        joined = join(X509_get0_pubkey(leaf), signer->key);
    if (joined != NULL)
        (void)SSL_use_PrivateKey(probe->ssl, joined);
    else
        probe_answer(probe, "key", "it does not go with that certificate");
    EVP_PKEY_free(joined);
    smtp_certificate_free(signer);
}
