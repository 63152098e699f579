#include "fake_server/context.h"
#include "fake_server/alpn.h"
#include "fake_server/certificate.h"
#include "fake_server/extensions.h"
#include "fake_server/judgement.h"
#include "fake_server/messages.h"
#include "fake_server/sessions.h"
#include "fake_server/settings.h"
#include "fake_server/tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EARLY_BYTES = 16384 };

struct step {
    const char *what;
    int (*set)(SSL_CTX *context, const struct settings *settings);
};

/* Versions below 1.2 need MD5 and SHA-1, which OpenSSL allows at security level 0 only. */
static int set_versions(SSL_CTX *context, const struct settings *settings)
{
    int min = settings->given.tls_min;
    int max = settings->given.tls_max;

    if (min > 0 && min < TLS1_2_VERSION)
        SSL_CTX_set_security_level(context, 0);
    return (min == 0 || SSL_CTX_set_min_proto_version(context, min) == 1) &&
           (max == 0 || SSL_CTX_set_max_proto_version(context, max) == 1);
}

static int set_ciphers(SSL_CTX *context, const struct settings *settings)
{
    const char *list = settings->given.ciphers;

    return list == NULL || SSL_CTX_set_cipher_list(context, list) == 1;
}

static int set_ciphersuites(SSL_CTX *context, const struct settings *settings)
{
    const char *list = settings->given.ciphersuites;

    return list == NULL || SSL_CTX_set_ciphersuites(context, list) == 1;
}

static int set_groups(SSL_CTX *context, const struct settings *settings)
{
    /* The macro wants it without const, and does not write. */
    char *list = (char *)(uintptr_t)settings->given.groups;

    return list == NULL || SSL_CTX_set1_groups_list(context, list) == 1;
}

/* Who speaks TLS 1.3 takes no SHA-224 and no DSA; OpenSSL lists both. Source: RFC 8446
 * section 4.2.3. */
static char new_signatures[] = "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:"
                               "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
                               "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
                               "RSA+SHA256:RSA+SHA384:RSA+SHA512";

static int set_signature_algorithms(SSL_CTX *context, const struct settings *settings)
{
    char *list = (char *)(uintptr_t)settings->given.signature_algorithms;
    int oldest = settings->given.tls_min, newest = settings->given.tls_max;

    /* What is older has no list, and takes SHA-1. */
    if (list == NULL && (newest == 0 || newest >= TLS1_3_VERSION) &&
        (oldest == 0 || oldest >= TLS1_2_VERSION) && !MUTANT(old_signatures))
        list = new_signatures;
    return list == NULL || MUTANT(any_signature) ||
           SSL_CTX_set1_client_sigalgs_list(context, list) == 1;
}

/* The chain is sent as given: nothing of what the server trusts in clients may slip into it. */
static int set_identity(SSL_CTX *context, const struct settings *settings)
{
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
    return SSL_CTX_use_certificate(context, settings->given.certificate) == 1 &&
           SSL_CTX_use_PrivateKey(context, settings->given.key) == 1 &&
           SSL_CTX_check_private_key(context) == 1 &&
           (settings->given.chain == NULL ||
            SSL_CTX_set1_chain(context, settings->given.chain) == 1);
}

/* Makes OpenSSL parse the extensions now: connections share these objects, and would do so at once.
 */
static void warm_up(const struct settings *settings)
{
    (void)X509_check_purpose(settings->given.certificate, -1, 0);
    for (int i = 0; i < sk_X509_num(settings->given.chain); i++)
        (void)X509_check_purpose(sk_X509_value(settings->given.chain, i), -1, 0);
    for (int i = 0; i < sk_X509_num(settings->given.trust); i++)
        (void)X509_check_purpose(sk_X509_value(settings->given.trust, i), -1, 0);
}

static int set_trust(SSL_CTX *context, const struct settings *settings)
{
    const STACK_OF(X509_CRL) *crls = settings->given.judgement.crls;
    X509_STORE *store = X509_STORE_new();
    int ok = store != NULL;

    warm_up(settings);
    /* "Whom the server accepts" may be an intermediate, too. */
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    for (int i = 0; ok && i < sk_X509_num(settings->given.trust); i++)
        ok = X509_STORE_add_cert(store, sk_X509_value(settings->given.trust, i)) == 1;
    if (sk_X509_CRL_num(crls) > 0 && !MUTANT(nobody_is_revoked))
        X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    for (int i = 0; ok && i < sk_X509_CRL_num(crls); i++)
        ok = X509_STORE_add_crl(store, sk_X509_CRL_value(crls, i)) == 1;
    return ok && SSL_CTX_set0_verify_cert_store(context, store) == 1;
}

static int set_request(SSL_CTX *context, const struct settings *settings)
{
    STACK_OF(X509_NAME) *names =
        MUTANT(name_no_authority) ? NULL : SSL_dup_CA_list(settings->given.names);

    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, tls_verify_mode(settings->given.ask), NULL);
    return 1;
}

static void add_trust(EVP_MD_CTX *digest, const struct settings *settings)
{
    for (int i = 0; i < sk_X509_num(settings->given.trust); i++) {
        char *print = certificate_fingerprint(sk_X509_value(settings->given.trust, i));

        EVP_DigestUpdate(digest, print, strlen(print));
        free(print);
    }
}

static void add_text(EVP_MD_CTX *digest, const char *text)
{
    if (text != NULL)
        EVP_DigestUpdate(digest, text, strlen(text) + 1);
}

static void add_revoked(EVP_MD_CTX *digest, X509_CRL *list)
{
    unsigned char print[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (X509_CRL_digest(list, EVP_sha256(), print, &size) == 1)
        EVP_DigestUpdate(digest, print, size);
}

static void add_judgement(EVP_MD_CTX *digest, const struct fake_server_judgement *judgement)
{
    for (int i = 0; i < sk_X509_CRL_num(judgement->crls); i++)
        add_revoked(digest, sk_X509_CRL_value(judgement->crls, i));
    for (size_t i = 0; judgement->pins != NULL && judgement->pins[i] != NULL; i++)
        add_text(digest, judgement->pins[i]);
    for (size_t i = 0; i < judgement->n_accounts; i++)
        add_text(digest, judgement->accounts[i].name);
}

/* By default a session is bound to what had to be proved for it, so that a policy that is tightened
 * resumes nothing older. Source: RFC 8446 section 4.6.1, RFC 5246 section F.1.4. */
static int set_session_context(SSL_CTX *context, const struct settings *settings)
{
    const char *given = settings->given.sessions.context;
    unsigned char policy[] = { (unsigned char)settings->given.ask, settings->refuse };
    unsigned char id[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_MD_CTX *digest;

    if (given != NULL && *given == '\0')
        return 1;
    digest = EVP_MD_CTX_new();
    EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
    if (given != NULL || MUTANT(one_context_for_all)) {
        given = given != NULL ? given : "";
        EVP_DigestUpdate(digest, given, strlen(given));
    } else {
        EVP_DigestUpdate(digest, policy, sizeof policy);
        add_trust(digest, settings);
        add_judgement(digest, &settings->given.judgement);
        if (settings->name != NULL && !MUTANT(hosts_share_sessions))
            EVP_DigestUpdate(digest, settings->name, strlen(settings->name));
    }
    EVP_DigestFinal_ex(digest, id, &size);
    EVP_MD_CTX_free(digest);
    return SSL_CTX_set_session_id_context(context, id, size) == 1;
}

/* Tickets that a script sends are to be taken back as well. */
static bool issues_later(const struct settings *settings)
{
    for (size_t i = 0; i < settings->given.n_script; i++)
        if (settings->given.script[i].tickets > 0)
            return true;
    return false;
}

static int set_sessions(SSL_CTX *context, const struct settings *settings)
{
    int tickets = settings->given.sessions.tickets > 0 ? settings->given.sessions.tickets : 0;

    if (MUTANT(tickets_are_withheld))
        tickets = 0;

    if (settings->given.sessions.lifetime_s > 0)
        SSL_CTX_set_timeout(context, settings->given.sessions.lifetime_s);
    if (tickets == 0 && !issues_later(settings))
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    if (settings->given.sessions.psk_ke)
        SSL_CTX_set_options(context, SSL_OP_ALLOW_NO_DHE_KEX);
    if (settings->given.sessions.early_data) {
        /* Against replay OpenSSL would want a cache of its own. What comes early is skipped. */
        SSL_CTX_set_options(context, SSL_OP_NO_ANTI_REPLAY);
        SSL_CTX_set_max_early_data(context, EARLY_BYTES);
    }
    sessions_init_context(context, settings->given.sessions.ids);
    return SSL_CTX_set_num_tickets(context, (size_t)tickets) == 1;
}

/* OpenSSL writes each secret down digit by digit for who wants to know it, which takes a tenth of a
 * resumed handshake. We do for evidence, and to seal an alert by hand. A script is known to the
 * server itself, not to its hosts and ports, nor to what holds before the first request. */
static bool needs_secrets(const struct settings *settings)
{
    const struct fake_server_settings *given = &settings->given;
    const struct fake_server_judgement *judgement = &given->judgement;
    const char *file = getenv("SSLKEYLOGFILE");
    bool alerts = judgement->alert != NULL || judgement->pins != NULL ||
                  judgement->n_accounts > 0 || given->without_identity == FAKE_SERVER_WITHOUT_ALERT;

    return given->capture != NULL || (file != NULL && *file != '\0') || alerts ||
           given->n_script > 0 || settings->name != NULL || given->request.from_connection > 0;
}

static int set_callbacks(SSL_CTX *context, const struct settings *settings)
{
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    /* OpenSSL would answer a close without close_notify by an alert that nobody is there to read.
     */
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS); /* of 34 KiB, while it waits */
    SSL_CTX_set_cert_verify_callback(context, judgement_run, NULL);
    if (settings->given.alpn != NULL)
        SSL_CTX_set_alpn_select_cb(context, alpn_select, NULL);
    SSL_CTX_set_client_hello_cb(context, tls_client_hello, NULL);
    SSL_CTX_set_tlsext_servername_callback(context, tls_server_name);
    if (needs_secrets(settings))
        SSL_CTX_set_keylog_callback(context, tls_key_log);
    SSL_CTX_set_msg_callback(context, messages_watch);
    return 1;
}

static int set_options(SSL_CTX *context, const struct settings *settings)
{
    if (settings->given.renegotiate)
        SSL_CTX_set_options(context, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    if (settings->given.no_master_secret)
        SSL_CTX_set_options(context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    return 1;
}

static const struct step steps[] = {
    { "tls_min, tls_max", set_versions },
    { "ciphers", set_ciphers },
    { "ciphersuites", set_ciphersuites },
    { "groups", set_groups },
    { "signature_algorithms", set_signature_algorithms },
    { "key, certificate, chain", set_identity },
    { "trust", set_trust },
    { "names", set_request },
    { "sessions.context", set_session_context },
    { "sessions", set_sessions },
    { "request", extensions_add },
    { "options", set_options },
    { "callbacks", set_callbacks },
};

int context_init(struct settings *settings, char *why, size_t why_size)
{
    /* Named, since sessions.c changes what the default is. */
    settings->tls = SSL_CTX_new_ex(OSSL_LIB_CTX_get0_global_default(), NULL, TLS_server_method());
    if (settings->tls == NULL) {
        snprintf(why, why_size, "OpenSSL makes no SSL_CTX");
        return -1;
    }
    ERR_clear_error();
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const char *reason;

        if (steps[i].set(settings->tls, settings))
            continue;
        reason = ERR_reason_error_string(ERR_peek_last_error());
        snprintf(why, why_size, "%s cannot be used: %s", steps[i].what,
                 reason == NULL ? "OpenSSL refuses it" : reason);
        ERR_clear_error();
        return -1;
    }
    return 0;
}
