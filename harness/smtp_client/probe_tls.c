#include "harness/smtp_client/probe_state.h"

#include "harness/smtp_client/alerts.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- sessions, kept for the process under the step that they came in --- */

enum { STEPS_MAX = 64 };

static SSL_SESSION *sessions[STEPS_MAX];

SSL_SESSION *probe_session_of(int step)
{
    return step > 0 && step < STEPS_MAX ? sessions[step] : NULL;
}

void probe_forget_sessions(void)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        SSL_SESSION_free(sessions[i]);
        sessions[i] = NULL;
    }
}

static void keep(const struct probe *probe, SSL_SESSION *session)
{
    int step = probe->order->step;

    if (step <= 0 || step >= STEPS_MAX)
        return;
    SSL_SESSION_free(sessions[step]);
    sessions[step] = SSL_SESSION_dup(session);
}

static struct probe *probe_of(const SSL *ssl)
{
    return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

static int on_session(SSL *ssl, SSL_SESSION *session)
{
    keep(probe_of(ssl), session);
    return 0;
}

/* --- the certificate --- */

void probe_tls_show(SSL *ssl, const struct smtp_certificate *element)
{
    SSL_certs_clear(ssl);
    if (element == NULL)
        return;
    (void)SSL_use_certificate(ssl, element->leaf);
    if (element->key != NULL)
        (void)SSL_use_PrivateKey(ssl, element->key);
    (void)SSL_set1_chain(ssl, element->chain);
}

/* Called only when a CertificateRequest came. */
static int on_request(SSL *ssl, void *context)
{
    struct probe *probe = context;

    probe_tls_show(ssl, certificates_first(probe->order->certificates));
    probe_visit(probe, "certificate");
    ERR_clear_error();
    return 1;
}

/* --- what goes over the wire --- */

static void saw_alert(struct probe *probe, SSL *ssl, bool sent, const unsigned char *alert)
{
    if (alert_is_fatal(alert[0], alert[1], SSL_version(ssl) >= TLS1_3_VERSION))
        *(sent ? &probe->alert_sent : &probe->alert_received) = alert[1];
}

/* Source: RFC 5246 section 7.4.2, RFC 8446 section 4.4.2. */
static void saw_certificate(struct probe *probe, SSL *ssl, const unsigned char *message,
                            size_t size)
{
    size_t place = 4 + (SSL_version(ssl) >= TLS1_3_VERSION && size > 4 ? 1u + message[4] : 0) + 3;
    size_t length;

    probe->certificate_sent = true;
    probe->presented[0] = '\0';
    if (size < place + 3)
        return;
    length = (size_t)message[place] << 16 | (size_t)message[place + 1] << 8 | message[place + 2];
    if (place + 3 + length <= size)
        fingerprint_text_of_bytes(message + place + 3, length, probe->presented);
}

static void on_message(int sent, int version, int content, const void *bytes, size_t size, SSL *ssl,
                       void *context)
{
    struct probe *probe = context;
    const unsigned char *at = bytes;

    struct smtp_client_sight sight = { .kind = SMTP_CLIENT_SAW_TLS,
                                       .sent = sent == 1,
                                       .version = SSL_version(ssl),
                                       .content = content,
                                       .bytes = bytes,
                                       .size = size };

    (void)version;
    sight.offers_by_id = strcmp(probe_tls_offered(probe), "id") == 0;
    if (content == SSL3_RT_HANDSHAKE || content == SSL3_RT_ALERT)
        probe_tell(probe, &sight);
    if (content == SSL3_RT_ALERT && size >= 2)
        saw_alert(probe, ssl, sent == 1, at);
    if (content == SSL3_RT_HANDSHAKE && sent == 1 && size >= 4 && at[0] == SSL3_MT_CERTIFICATE)
        saw_certificate(probe, ssl, at, size);
    if (content == SSL3_RT_HANDSHAKE && sent == 0 && size >= 4 &&
        at[0] == SSL3_MT_CERTIFICATE_REQUEST)
        probe->requested = true;
}

/* --- the handshake --- */

static void set_versions(const struct probe *probe)
{
    const struct smtp_client_settings *settings = probe->order->settings;
    int oldest = settings->tls_min != 0 ? settings->tls_min : TLS1_2_VERSION;

    SSL_CTX_set_min_proto_version(probe->context, oldest);
    SSL_CTX_set_max_proto_version(probe->context,
                                  settings->tls_max != 0 ? settings->tls_max : TLS1_3_VERSION);
    if (oldest < TLS1_2_VERSION)
        SSL_CTX_set_security_level(probe->context, 0);
}

static void make_context(struct probe *probe)
{
    probe->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_app_data(probe->context, probe);
    SSL_CTX_set_verify(probe->context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_mode(probe->context, SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_session_cache_mode(probe->context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(probe->context, on_session);
    SSL_CTX_set_msg_callback(probe->context, on_message);
    SSL_CTX_set_msg_callback_arg(probe->context, probe);
    SSL_CTX_set_cert_cb(probe->context, on_request, probe);
    SSL_CTX_set_post_handshake_auth(probe->context, 1);
    set_versions(probe);
}

/* Source: RFC 6066 section 3: an address is no server_name. */
static void set_name(const struct probe *probe)
{
    const char *host = probe->order->settings->host;
    char *name;

    if (strspn(host, "0123456789.") == strlen(host) || strchr(host, ':') != NULL)
        return;
    name = strdup(host);
    SSL_ctrl(probe->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name);
    free(name);
}

const char *probe_tls_offered(const struct probe *probe)
{
    const SSL_SESSION *session = probe->offered;

    if (session == NULL)
        return "none";
    if (SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION)
        return "psk";
    return SSL_SESSION_has_ticket(session) == 1 ? "ticket" : "id";
}

const char *probe_tls_resumed(const struct probe *probe)
{
    return SSL_session_reused(probe->ssl) == 1 ? probe_tls_offered(probe) : "no";
}

static const char *version_of(const SSL *ssl)
{
    const char *name = SSL_get_version(ssl);

    if (strcmp(name, "TLSv1") == 0)
        return "1.0";
    return strncmp(name, "TLSv", 4) == 0 ? name + 4 : name;
}

static void complete(struct probe *probe)
{
    int group = (int)SSL_get_negotiated_group(probe->ssl);
    struct smtp_client_sight sight = { .kind = SMTP_CLIENT_SAW_HANDSHAKE,
                                       .tls = version_of(probe->ssl),
                                       .version = SSL_version(probe->ssl) };

    probe->handshake = true;
    snprintf(probe->version, sizeof(probe->version), "%s", sight.tls);
    sight.cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(probe->ssl));
    sight.group = group > 0 ? SSL_group_to_name(probe->ssl, group) : NULL;
    sight.resumed = probe_tls_resumed(probe);
    probe_tell(probe, &sight);
}

int probe_tls_start(struct probe *probe)
{
    BIO *bio = probe_wire_bio(&probe->wire);

    make_context(probe);
    probe->ssl = SSL_new(probe->context);
    SSL_set_bio(probe->ssl, bio, bio);
    set_name(probe);
    probe_visit(probe, "client_hello");
    if (probe->over)
        return -1;
    if (probe->offered != NULL)
        SSL_set_session(probe->ssl, probe->offered);
    ERR_clear_error();
    if (SSL_connect(probe->ssl) == 1) {
        complete(probe);
        probe_visit(probe, "finished");
        return 0;
    }
    probe->failed = true;
    return -1;
}

void probe_tls_release(struct probe *probe)
{
    SSL_free(probe->ssl);
    SSL_CTX_free(probe->context);
    SSL_SESSION_free(probe->offered);
    probe->ssl = NULL;
    probe->context = NULL;
    probe->offered = NULL;
}
