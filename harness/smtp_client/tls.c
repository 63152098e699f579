#include "harness/smtp_client/tls.h"

#include "harness/smtp_client/alerts.h"
#include "harness/smtp_client/tls_fault.h"
#include "harness/smtp_client/tls_names.h"
#include "harness/smtp_client/witness.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- sessions --- */

static time_t not_after(const struct smtp_certificate *element)
{
    struct tm tm;

    if (ASN1_TIME_to_tm(X509_get0_notAfter(element->leaf), &tm) != 1)
        return 0;
    return timegm(&tm);
}

void tls_client_identity(const struct tls_client *tls, const struct smtp_certificate *element,
                         struct session_identity *identity)
{
    *identity = (struct session_identity){ 0 };
    if (element == NULL)
        return;
    memcpy(identity->content, element->content, sizeof(identity->content));
    memcpy(identity->fingerprint, element->fingerprint, sizeof(identity->fingerprint));
    if (tls->fault != SMTP_CLIENT_FAULT_KEEP_OLD_CERTIFICATES)
        identity->not_after = not_after(element);
    tls_fault_identity(tls->fault, element, identity);
}

static struct session_key key_of(const struct tls_client *tls,
                                 const struct session_identity *identity)
{
    unsigned char content[FINGERPRINT_BYTES];
    struct session_peer peer = tls->peer;

    memcpy(content, identity->content, sizeof(content));
    policy_limit_peer(tls->policy, &peer);
    tls_fault_key(tls->fault, &peer, content);
    return session_key_get(&peer, content);
}

/* S4, S5, R42: the first element decides; one without a private key has nothing to offer, and never
 * what is anonymous, except where the policy is less careful (R45). */
static bool may_offer(const struct tls_client *tls, const struct smtp_certificate **first)
{
    *first = certificates_first(tls->certificates);
    if (tls->fault == SMTP_CLIENT_FAULT_NEVER_RESUME ||
        !policy_resumes(tls->policy, tls->peer.host))
        return false;
    if (*first == NULL || (*first)->key != NULL)
        return true;
    *first = NULL;
    return tls->policy->keyless_is_anonymous ||
           tls->fault == SMTP_CLIENT_FAULT_KEYLESS_IS_ANONYMOUS;
}

static void offer_session(struct tls_client *tls, SSL *ssl)
{
    bool keep = tls->policy->keeps_tickets || tls->fault == SMTP_CLIENT_FAULT_REUSE_TICKETS;
    struct session_identity identity;
    const struct smtp_certificate *first;

    if (!may_offer(tls, &first))
        return;
    tls_client_identity(tls, first, &identity);
    tls->offered_key = key_of(tls, &identity);
    tls->offered = session_cache_take(&tls->offered_key, tls->now, keep, &tls->offered_identity);
    if (tls->offered == NULL && tls->fault == SMTP_CLIENT_FAULT_OFFER_ANONYMOUS) {
        tls_client_identity(tls, NULL, &identity);
        tls->offered_key = key_of(tls, &identity);
        tls->offered =
            session_cache_take(&tls->offered_key, tls->now, keep, &tls->offered_identity);
    }
    tls->offered = tls_fault_bend(tls->fault, tls->offered);
    if (tls->offered != NULL)
        SSL_set_session(ssl, tls->offered);
}

/* R43: whom the server knows by this handshake. A resumed session stays whose it was. */
static void current_identity(const struct tls_client *tls, struct session_identity *identity)
{
    if (tls->fault == SMTP_CLIENT_FAULT_STORE_UNDER_FIRST)
        tls_client_identity(tls, certificates_first(tls->certificates), identity);
    else if (tls->evidence.resumed && tls->sent == NULL)
        *identity = tls->offered_identity;
    else
        tls_client_identity(tls, tls->sent, identity);
}

/* Source: RFC 7627 section 5.3. */
static bool has_master_secret(const struct tls_client *tls, const SSL *ssl)
{
    return SSL_version(ssl) >= TLS1_3_VERSION || tls->evidence.master_secret ||
           tls->fault == SMTP_CLIENT_FAULT_KEEP_WITHOUT_MASTER_SECRET ||
           tls->fault == SMTP_CLIENT_FAULT_NO_MASTER_SECRET;
}

/* Source: RFC 8446 section 4.6.1; in TLS 1.2 a lifetime of 0 says nothing. */
static bool is_for_use(SSL *ssl, const SSL_SESSION *session)
{
    return SSL_version(ssl) < TLS1_3_VERSION || SSL_SESSION_get_ticket_lifetime_hint(session) > 0;
}

static void collect(struct tls_client *tls, SSL *ssl, SSL_SESSION *session)
{
    struct tls_issued *issued = &tls->issued[tls->n_issued];

    /* A connection that an earlier message left open (a fault) belongs to who knows whom. */
    if (!tls->evidence.started)
        return;
    tls->evidence.resumed = SSL_session_reused(ssl) == 1;
    if (tls->n_issued == TLS_MAX_ISSUED || SSL_get_verify_result(ssl) != X509_V_OK ||
        !is_for_use(ssl, session) || !has_master_secret(tls, ssl))
        return;
    current_identity(tls, &issued->identity);
    issued->key = key_of(tls, &issued->identity);
    issued->session = SSL_SESSION_dup(session);
    if (issued->session != NULL)
        tls->n_issued++;
}

static struct tls_client *client_of(const SSL *ssl)
{
    return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

static int on_session(SSL *ssl, SSL_SESSION *session)
{
    collect(client_of(ssl), ssl, session);
    return 0;
}

void tls_client_finish(struct tls_client *tls, bool sound)
{
    bool refused = tls->evidence.handshake && !tls->evidence.resumed;
    time_t made = tls_fault_made(tls->fault, tls->now);

    sound = sound || tls->fault == SMTP_CLIENT_FAULT_KEEP_AFTER_ALERT;

    /* Where one is refused the others of that key are as dead. Source: RFC 9149 section 3. */
    if (tls->offered != NULL && refused)
        session_cache_drop(&tls->offered_key);
    else if (tls->offered != NULL && (!sound || !tls->evidence.resumed))
        session_cache_remove(&tls->offered_key, tls->offered);
    sound = sound && policy_resumes(tls->policy, tls->peer.host);
    for (size_t i = 0; sound && i < tls->n_issued; i++) {
        struct tls_issued *issued = &tls->issued[i];

        session_cache_add(&issued->key, &issued->identity, issued->session, made);
    }
}

const char *tls_client_offered(const struct tls_client *tls)
{
    if (tls->offered == NULL)
        return "none";
    if (SSL_SESSION_get_protocol_version(tls->offered) >= TLS1_3_VERSION)
        return "psk";
    return SSL_SESSION_has_ticket(tls->offered) == 1 ? "ticket" : "id";
}

/* --- the certificate --- */

static bool install(SSL *ssl, const struct smtp_certificate *element)
{
    SSL_certs_clear(ssl);
    if (element == NULL)
        return true;
    if (SSL_use_certificate(ssl, element->leaf) == 1 &&
        SSL_use_PrivateKey(ssl, element->key) == 1 && SSL_set1_chain(ssl, element->chain) == 1)
        return true;
    SSL_certs_clear(ssl);
    return false;
}

/* What the server asks for, as far as the fault lets it be heard. */
static struct selection_request request_of(const struct tls_client *tls, SSL *ssl)
{
    struct selection_request request = { .names = SSL_get0_peer_CA_list(ssl),
                                         .filters = &tls->filters };

    request.n_types = (size_t)SSL_get0_certificate_types(ssl, &request.types);
    if (tls->fault == SMTP_CLIENT_FAULT_IGNORE_NAMES)
        request.names = NULL;
    if (tls->fault == SMTP_CLIENT_FAULT_IGNORE_TYPES)
        request.n_types = 0;
    if (tls->fault == SMTP_CLIENT_FAULT_IGNORE_FILTERS)
        request.filters = NULL;
    return request;
}

/* Called only when a CertificateRequest came. Installing nothing sends an empty Certificate (R22,
 * R29). */
static int on_request(SSL *ssl, void *context)
{
    struct tls_client *tls = context;
    struct selection_request request = request_of(tls, ssl);
    struct selection selection = selection_get(tls->policy, tls->certificates, &request);

    tls->evidence.requested = true;
    tls_names_set(&tls->names, SSL_get0_peer_CA_list(ssl));
    tls_fault_choose(tls->fault, tls->certificates, &selection);
    if (tls->fault == SMTP_CLIENT_FAULT_WITHHOLD_CERTIFICATE ||
        !install(ssl, selection.certificate))
        selection = (struct selection){ NULL, SELECTION_UNUSABLE };
    if (selection.certificate != NULL)
        tls_fault_spoil(tls->fault, ssl, selection.certificate);
    tls->chosen = selection.certificate;
    tls->evidence.reason = selection.reason;
    if (selection.reason == SELECTION_BROKE)
        return 0;
    if (tls->fault != SMTP_CLIENT_FAULT_GIVE_UP_WITHOUT || selection.certificate != NULL)
        return 1;
    tls->evidence.reason = SELECTION_GAVE_UP;
    return 0;
}

/* --- what goes over the wire --- */

/* Finds the first certificate in a Certificate message (RFC 5246 section 7.4.2, RFC 8446
 * section 4.4.2). */
static size_t first_entry(const unsigned char *message, size_t size, bool tls13,
                          const unsigned char **entry)
{
    size_t place = tls13 && size > 4 ? 4 + 1 + (size_t)message[4] : 4;
    size_t length;

    place += 3; /* the length of the list */
    if (size < place + 3)
        return 0;
    length = (size_t)message[place] << 16 | (size_t)message[place + 1] << 8 | message[place + 2];
    *entry = message + place + 3;
    return place + 3 + length <= size ? length : 0;
}

static void saw_own_certificate(struct tls_client *tls, const unsigned char *message, size_t size,
                                bool tls13)
{
    const unsigned char *entry;
    size_t length = first_entry(message, size, tls13, &entry);

    tls->evidence.certificate_sent = true;
    tls->evidence.presented[0] = '\0';
    tls->sent = length > 0 ? tls->chosen : NULL;
    if (length > 0)
        fingerprint_text_of_bytes(entry, length, tls->evidence.presented);
    else if (tls->chosen != NULL)
        tls->evidence.reason = SELECTION_UNUSABLE;
}

enum { SERVER_HELLO_HEAD = 4 + 2 + 32, MASTER_SECRET = 23 };

/* Whether the ServerHello has the extension extended_master_secret.
 * Source: RFC 5246 section 7.4.1.3, RFC 7627 section 5.1. */
static bool takes_master_secret(const unsigned char *message, size_t size)
{
    size_t place =
        size > SERVER_HELLO_HEAD ? SERVER_HELLO_HEAD + 1u + message[SERVER_HELLO_HEAD] : size;

    place += 2 + 1 + 2; /* suite, compression, length of the extensions */
    while (place + 4 <= size) {
        if (message[place] == 0 && message[place + 1] == MASTER_SECRET)
            return true;
        place += 4u + ((size_t)message[place + 2] << 8 | message[place + 3]);
    }
    return false;
}

static void saw_message(struct tls_client *tls, SSL *ssl, bool sent, const unsigned char *message,
                        size_t size)
{
    int type = message[0];

    if (sent && type == SSL3_MT_CERTIFICATE)
        saw_own_certificate(tls, message, size, SSL_version(ssl) >= TLS1_3_VERSION);
    if (!sent && type == SSL3_MT_SERVER_HELLO)
        tls->evidence.master_secret = takes_master_secret(message, size);
    if (!sent && type == SSL3_MT_CERTIFICATE_REQUEST)
        tls->evidence.requested = true;
    if (!sent && type == SSL3_MT_NEWSESSION_TICKET)
        tls->evidence.ticket_seen = true;
    if (!sent && type == SSL3_MT_SERVER_DONE && !tls->evidence.requested &&
        tls->fault == SMTP_CLIENT_FAULT_CERTIFICATE_UNASKED)
        tls_fault_send_unasked(tls, ssl);
}

static void saw_alert(struct tls_client *tls, SSL *ssl, bool sent, const unsigned char *alert)
{
    int *last = sent ? &tls->evidence.alert_sent : &tls->evidence.alert_received;

    if (alert_is_fatal(alert[0], alert[1], SSL_version(ssl) >= TLS1_3_VERSION))
        *last = alert[1];
}

static void on_message(int sent, int version, int type, const void *bytes, size_t size, SSL *ssl,
                       void *context)
{
    (void)version;
    witness_message(context, ssl, sent == 1, type, bytes, size);
    if (type == SSL3_RT_HANDSHAKE && size >= 4)
        saw_message(context, ssl, sent == 1, bytes, size);
    else if (type == SSL3_RT_ALERT && size >= 2)
        saw_alert(context, ssl, sent == 1, bytes);
}

/* --- the handshake --- */

static void start(struct tls_client *tls, SSL *ssl)
{
    /* A renegotiation starts again, with nothing new to offer. */
    if (tls->evidence.started)
        return;
    tls->evidence.started = true;
    tls->replies->count_in_clear = tls->replies->count;
    offer_session(tls, ssl);
    tls_fault_name(tls->fault, ssl, tls->peer.host);
}

static void complete(struct tls_client *tls, SSL *ssl)
{
    const char *version = SSL_get_version(ssl);
    SSL_SESSION *session = SSL_get_session(ssl);

    tls->evidence.handshake = true;
    tls->evidence.resumed = SSL_session_reused(ssl) == 1;
    snprintf(tls->evidence.version, sizeof(tls->evidence.version), "%s",
             strncmp(version, "TLSv", 4) == 0 ? version + 4 : version);
    if (strcmp(tls->evidence.version, "1") == 0)
        snprintf(tls->evidence.version, sizeof(tls->evidence.version), "1.0");
    /* OpenSSL does not announce the new ticket of a session resumed in TLS 1.2. */
    if (tls->evidence.resumed && tls->evidence.ticket_seen && SSL_version(ssl) < TLS1_3_VERSION)
        collect(tls, ssl, session);
    witness_handshake(tls, ssl);
}

static void on_info(const SSL *constant, int where, int ret)
{
    /* The callback's type says const, its documentation says what it is for: to act at these
     * places. */
    union {
        const SSL *constant;
        SSL *ssl;
    } cast = { constant };
    struct tls_client *tls = client_of(constant);

    (void)ret;
    if (where & SSL_CB_HANDSHAKE_START)
        start(tls, cast.ssl);
    if (where & SSL_CB_HANDSHAKE_DONE)
        complete(tls, cast.ssl);
}

static void forget_connection(struct tls_client *tls)
{
    for (size_t i = 0; i < tls->n_issued; i++)
        SSL_SESSION_free(tls->issued[i].session);
    tls->n_issued = 0;
    SSL_SESSION_free(tls->offered);
    tls->offered = NULL;
    tls->offered_identity = (struct session_identity){ 0 };
    tls->chosen = NULL;
    tls->sent = NULL;
    tls->evidence = (struct tls_evidence){ .alert_received = -1, .alert_sent = -1 };
}

/* libcurl looks at the server's name when the handshake is over; by then a stranger would have seen
 * the client's certificate. */
static void check_name_in_handshake(SSL_CTX *context, const char *host)
{
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context);

    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (X509_VERIFY_PARAM_set1_ip_asc(param, host) != 1)
        X509_VERIFY_PARAM_set1_host(param, host, 0);
}

/* A protocol has its length in front, in one byte. Source: RFC 7301 section 3.1. */
static void offer_protocols(const struct tls_client *tls, SSL_CTX *context)
{
    unsigned char list[1024];
    size_t size = 0;

    for (const char *const *name = tls->alpn; name != NULL && *name != NULL; name++) {
        size_t length = strlen(*name);

        if (length == 0 || length > 255 || size + 1 + length > sizeof(list))
            continue;
        list[size++] = (unsigned char)length;
        memcpy(list + size, *name, length);
        size += length;
    }
    if (size > 0)
        SSL_CTX_set_alpn_protos(context, list, (unsigned)size);
}

void tls_client_configure(struct tls_client *tls, SSL_CTX *context)
{
    forget_connection(tls);
    SSL_CTX_set_app_data(context, tls);
    SSL_CTX_set1_cert_store(context, tls->trust.store);
    check_name_in_handshake(context, tls->peer.host);
    if (tls->clock_moved)
        X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context), tls->now);
    /* libcurl sets it; without tickets TLS 1.2 would resume by session id only. */
    SSL_CTX_clear_options(context, SSL_OP_NO_TICKET);
    /* Sends the chain of the element, not one that OpenSSL finds among the trusted. */
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
    /* Nothing older than TLS 1.2 works on a higher level of OpenSSL 3. */
    if (tls->peer.tls_min < TLS1_2_VERSION)
        SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, tls->peer.tls_min);
    SSL_CTX_set_max_proto_version(context, tls->peer.tls_max);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, on_session);
    SSL_CTX_set_info_callback(context, on_info);
    SSL_CTX_set_msg_callback(context, on_message);
    SSL_CTX_set_msg_callback_arg(context, tls);
    SSL_CTX_set_cert_cb(context, on_request, tls);
    oid_filters_watch(context, &tls->filters);
    offer_protocols(tls, context);
    tls_fault_configure(tls->fault, context);
}

void tls_client_release(struct tls_client *tls)
{
    forget_connection(tls);
    tls_names_free(&tls->names);
    trust_release(&tls->trust);
}
