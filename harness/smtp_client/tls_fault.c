#include "harness/smtp_client/tls_fault.h"
#include "harness/smtp_client/forge.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_HEAD = 5, MESSAGE_HEAD = 4, LIST_HEAD = 3, ENTRY_HEAD = 3 };

void tls_fault_identity(enum smtp_client_fault fault, const struct smtp_certificate *element,
                        struct session_identity *identity)
{
    if (fault == SMTP_CLIENT_FAULT_RESUME_BY_PATH)
        fingerprint_of_bytes(element->path, strlen(element->path), identity->content);
}

void tls_fault_key(enum smtp_client_fault fault, struct session_peer *peer,
                   unsigned char content[FINGERPRINT_BYTES])
{
    if (fault == SMTP_CLIENT_FAULT_RESUME_ANYONE)
        memset(content, 0xff, FINGERPRINT_BYTES);
    if (fault == SMTP_CLIENT_FAULT_KEY_WITHOUT_HOST)
        peer->host = "";
    if (fault == SMTP_CLIENT_FAULT_KEY_WITHOUT_PORT)
        peer->port = 0;
    if (fault == SMTP_CLIENT_FAULT_KEY_WITHOUT_TRUST)
        memset(peer->trust, 0, sizeof(peer->trust));
    if (fault == SMTP_CLIENT_FAULT_KEY_WITHOUT_VERSIONS)
        peer->tls_min = peer->tls_max = 0;
}

time_t tls_fault_made(enum smtp_client_fault fault, time_t now)
{
    static const time_t century_s = 36500L * 86400;

    return fault == SMTP_CLIENT_FAULT_KEEP_OLD_TICKETS ? now + century_s : now;
}

/* --- what is offered and believed --- */

static void set_old_algorithms(SSL_CTX *context)
{
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set1_sigalgs_list(context, "ECDSA+SHA1:RSA+SHA1:ECDSA+SHA256:RSA+SHA256:RSA-PSS+SHA256:"
                                       "ed25519");
}

static void set_old_versions(SSL_CTX *context)
{
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
}

static int believe(X509_STORE_CTX *store, void *unused)
{
    (void)unused;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

void tls_fault_configure(enum smtp_client_fault fault, SSL_CTX *context)
{
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context);

    if (fault == SMTP_CLIENT_FAULT_NO_TICKETS)
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    if (fault == SMTP_CLIENT_FAULT_NO_MASTER_SECRET)
        SSL_CTX_set_options(context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    if (fault == SMTP_CLIENT_FAULT_NO_LATER_PROOF)
        SSL_CTX_set_post_handshake_auth(context, 0);
    if (fault == SMTP_CLIENT_FAULT_ONLY_TLS_1_2)
        SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    if (fault == SMTP_CLIENT_FAULT_OLD_VERSIONS)
        set_old_versions(context);
    if (fault == SMTP_CLIENT_FAULT_OLD_ALGORITHMS)
        set_old_algorithms(context);
    if (fault == SMTP_CLIENT_FAULT_TRUST_ANYBODY)
        SSL_CTX_set_cert_verify_callback(context, believe, NULL);
    if (fault == SMTP_CLIENT_FAULT_TRUST_ANY_NAME) {
        X509_VERIFY_PARAM_set1_host(param, NULL, 0);
        X509_VERIFY_PARAM_set1_ip(param, NULL, 0);
    }
    if (fault == SMTP_CLIENT_FAULT_TRUST_FRAGMENTS)
        X509_VERIFY_PARAM_set_hostflags(param, 0);
    if (fault == SMTP_CLIENT_FAULT_NO_CLOSE_NOTIFY)
        SSL_CTX_set_quiet_shutdown(context, 1);
}

static void set_name(SSL *ssl, const char *host)
{
    char *name = strdup(host);

    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name);
    free(name);
}

void tls_fault_name(enum smtp_client_fault fault, SSL *ssl, const char *host)
{
    if (fault == SMTP_CLIENT_FAULT_NO_SERVER_NAME)
        SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, NULL);
    if (fault == SMTP_CLIENT_FAULT_ADDRESS_AS_NAME)
        set_name(ssl, host);
}

/* --- sessions --- */

SSL_SESSION *tls_fault_bend(enum smtp_client_fault fault, SSL_SESSION *session)
{
    SSL_SESSION *forged = NULL;

    if (session != NULL && fault == SMTP_CLIENT_FAULT_WRONG_BINDER)
        forge_secret(session);
    if (session != NULL && fault == SMTP_CLIENT_FAULT_FORGED_TICKET)
        forged = forge_ticket(session, forge_flip_last);
    if (forged == NULL)
        return session;
    SSL_SESSION_free(session);
    return forged;
}

/* --- certificates --- */

static const struct smtp_certificate *last_with_key(const struct smtp_certificates *certificates)
{
    for (size_t i = certificates->n_elements; i-- > 0;)
        if (certificates->elements[i]->key != NULL)
            return certificates->elements[i];
    return NULL;
}

void tls_fault_choose(enum smtp_client_fault fault, const struct smtp_certificates *certificates,
                      struct selection *selection)
{
    X509 *leaf = selection->certificate != NULL ? selection->certificate->leaf : NULL;

    if (leaf == NULL)
        return;
    if (fault == SMTP_CLIENT_FAULT_LAST_OF_COLLECTION)
        selection->certificate = last_with_key(certificates);
    if ((fault == SMTP_CLIENT_FAULT_SKIP_EXPIRED &&
         X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0) ||
        (fault == SMTP_CLIENT_FAULT_SKIP_SERVERS &&
         X509_check_purpose(leaf, X509_PURPOSE_SSL_CLIENT, 0) != 1))
        *selection = (struct selection){ NULL, SELECTION_UNUSABLE };
}

/* A key of two halves that do not belong together: OpenSSL compares the public one only. */
static EVP_PKEY *torn_key(EVP_PKEY *key)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    OSSL_PARAM *params = NULL;
    OSSL_PARAM *secret;
    EVP_PKEY *torn = NULL;

    if (EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &params) == 1 &&
        EVP_PKEY_fromdata_init(context) == 1) {
        secret = OSSL_PARAM_locate(params, "priv");
        if (secret != NULL)
            *(unsigned char *)secret->data ^= 1;
        EVP_PKEY_fromdata(context, &torn, EVP_PKEY_KEYPAIR, params);
    }
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(context);
    return torn;
}

void tls_fault_spoil(enum smtp_client_fault fault, SSL *ssl, const struct smtp_certificate *element)
{
    EVP_PKEY *torn;

    if (fault == SMTP_CLIENT_FAULT_LEAF_ONLY)
        SSL_set0_chain(ssl, NULL);
    if (fault == SMTP_CLIENT_FAULT_CHAIN_IN_DISORDER) {
        STACK_OF(X509) *chain =
            element->chain != NULL ? sk_X509_dup(element->chain) : sk_X509_new_null();

        sk_X509_unshift(chain, element->leaf);
        SSL_set1_chain(ssl, chain);
        sk_X509_free(chain);
    }
    if (fault == SMTP_CLIENT_FAULT_WRONG_PROOF) {
        torn = torn_key(element->key);
        SSL_use_PrivateKey(ssl, torn);
        EVP_PKEY_free(torn);
    }
}

static unsigned char *put_number(unsigned char *place, size_t number, int n_bytes)
{
    for (int i = n_bytes; i-- > 0;)
        *place++ = (unsigned char)(number >> (8 * i));
    return place;
}

void tls_fault_send_unasked(struct tls_client *tls, SSL *ssl)
{
    const struct smtp_certificate *first = certificates_first(tls->certificates);
    int length = first == NULL ? 0 : i2d_X509(first->leaf, NULL);
    size_t entry = length > 0 ? ENTRY_HEAD + (size_t)length : 0;
    size_t size = RECORD_HEAD + MESSAGE_HEAD + LIST_HEAD + entry;
    unsigned char *record = malloc(size);
    unsigned char *place = record;

    if (record == NULL)
        abort();
    place = put_number(place, SSL3_RT_HANDSHAKE, 1);
    place = put_number(place, TLS1_2_VERSION, 2);
    place = put_number(place, size - RECORD_HEAD, 2);
    place = put_number(place, SSL3_MT_CERTIFICATE, 1);
    place = put_number(place, LIST_HEAD + entry, 3);
    place = put_number(place, entry, 3);
    if (length > 0) {
        place = put_number(place, (size_t)length, 3);
        i2d_X509(first->leaf, &place);
        memcpy(tls->evidence.presented, first->fingerprint, FINGERPRINT_TEXT);
    }
    BIO_write(SSL_get_wbio(ssl), record, (int)size);
    BIO_flush(SSL_get_wbio(ssl));
    tls->evidence.certificate_sent = true;
    free(record);
}
