#include "fake_server/tls.h"
#include "fake_server/accounts.h"
#include "fake_server/capture.h"
#include "fake_server/certificate.h"
#include "fake_server/connection.h"
#include "fake_server/input.h"
#include "fake_server/judgement.h"
#include "fake_server/messages.h"
#include "fake_server/names.h"
#include "fake_server/script.h"
#include "fake_server/seal.h"
#include "fake_server/server.h"

#include <openssl/err.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tls_verify_mode(enum fake_server_ask ask)
{
    static const int modes[] = {
        [FAKE_SERVER_ASK_NO] = SSL_VERIFY_NONE,
        [FAKE_SERVER_ASK_REQUEST] = SSL_VERIFY_PEER,
        [FAKE_SERVER_ASK_REQUIRE] = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
    };

    if (MUTANT(ask_nobody))
        return SSL_VERIFY_NONE;
    if (MUTANT(require_nothing) && ask == FAKE_SERVER_ASK_REQUIRE)
        return SSL_VERIFY_PEER;
    return modes[ask];
}

/* Before OpenSSL looks at the session that is offered: it belongs to a host as well. */
static void choose_host(SSL *ssl, struct connection *connection)
{
    const struct settings *host =
        settings_find_host(connection->port, connection->handshake.sni, connection->turn);

    if (host == connection->host)
        return;
    connection->host = host;
    SSL_set_SSL_CTX(ssl, host->tls);
    SSL_set_verify(ssl, tls_verify_mode(host->given.ask), NULL);
    SSL_set_num_tickets(ssl, SSL_CTX_get_num_tickets(host->tls));
    SSL_set_options(ssl, SSL_CTX_get_options(host->tls));
}

/* A name that was used is acknowledged. Source: RFC 6066 section 3. */
int tls_server_name(SSL *ssl, int *alert, void *unused)
{
    static const int answers[] = {
        [FAKE_SERVER_UNKNOWN_HOST_CONTINUE] = SSL_TLSEXT_ERR_NOACK,
        [FAKE_SERVER_UNKNOWN_HOST_WARN] = SSL_TLSEXT_ERR_ALERT_WARNING,
        [FAKE_SERVER_UNKNOWN_HOST_REFUSE] = SSL_TLSEXT_ERR_ALERT_FATAL,
    };
    const struct connection *connection = SSL_get_app_data(ssl);

    (void)unused;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    if (connection->port->n_hosts == 0 || connection->handshake.sni == NULL)
        return SSL_TLSEXT_ERR_NOACK;
    if (connection->host->name != NULL)
        return MUTANT(name_unacknowledged) ? SSL_TLSEXT_ERR_NOACK : SSL_TLSEXT_ERR_OK;
    return MUTANT(unknown_host_is_served) ? SSL_TLSEXT_ERR_NOACK
                                          : answers[connection->settings->given.unknown_host];
}

int tls_client_hello(SSL *ssl, int *alert, void *unused)
{
    struct connection *connection = SSL_get_app_data(ssl);

    (void)unused;
    choose_host(ssl, connection);
    if (connection->handshake.scripted)
        return SSL_CLIENT_HELLO_SUCCESS;
    connection->handshake.scripted = true;
    if (script_run(connection, SITE_CLIENT_HELLO) == 0)
        return SSL_CLIENT_HELLO_SUCCESS;
    *alert = SSL_AD_INTERNAL_ERROR; /* never leaves: the wire is cut */
    return SSL_CLIENT_HELLO_ERROR;
}

static void keep_secret(struct handshake *handshake, const char *hex)
{
    handshake->secret_size = 0;
    OPENSSL_hexstr2buf_ex(handshake->secret, sizeof handshake->secret, &handshake->secret_size, hex,
                          '\0');
    handshake->sealed = 0;
}

void tls_key_log(const SSL *ssl, const char *line)
{
    struct connection *connection = SSL_get_app_data(ssl);
    static const char label[] = "SERVER_TRAFFIC_SECRET_0 ";
    const char *file = getenv("SSLKEYLOGFILE");
    FILE *stream = file == NULL || *file == '\0' ? NULL : fopen(file, "ae");
    const char *secret = strrchr(line, ' ');

    capture_add_secret(connection->settings->given.capture, line);
    if (stream != NULL) {
        fprintf(stream, "%s\n", line);
        fclose(stream);
    }
    if (secret != NULL && strncmp(line, label, sizeof label - 1) == 0)
        keep_secret(&connection->handshake, secret + 1);
}

void tls_report_alert(const struct connection *connection, bool sent, int level, int code)
{
    char buffer[NAMES_BUFFER];

    CONNECTION_EMIT(
        connection, EVENT_ALERT,
        EVENT_STRING("direction", sent != MUTANT(alert_the_other_way) ? "sent" : "received"),
        EVENT_STRING("level", level == SSL3_AL_FATAL ? "fatal" : "warning"),
        EVENT_STRING("name", names_get(NAMES_ALERT, code, buffer)), EVENT_NUMBER("code", code));
}

X509 *tls_certificate(const struct connection *connection)
{
    if (connection->ssl == NULL ||
        (SSL_get_verify_result(connection->ssl) != X509_V_OK && !MUTANT(untrusted_is_somebody)))
        return NULL;
    return SSL_get0_peer_certificate(connection->ssl);
}

const char *tls_identity(struct connection *connection)
{
    struct identity *known = &connection->identity;
    X509 *certificate = tls_certificate(connection);

    if (certificate == NULL)
        return "";
    if (certificate != known->certificate) {
        tls_forget_identity(connection);
        X509_up_ref(certificate);
        known->certificate = certificate;
        known->fingerprint = certificate_fingerprint(certificate);
    }
    return known->fingerprint;
}

void tls_forget_identity(struct connection *connection)
{
    X509_free(connection->identity.certificate);
    free(connection->identity.fingerprint);
    connection->identity = (struct identity){ NULL, NULL };
}

void tls_report_issued(struct connection *connection, const char *kind, long lifetime_s,
                       const char *nonce, long long age_add, long long early_bytes)
{
    CONNECTION_EMIT(connection, EVENT_SESSION_ISSUED, EVENT_STRING("kind", kind),
                    EVENT_STRING("identity", tls_identity(connection)),
                    EVENT_NUMBER("lifetime", lifetime_s), EVENT_STRING("nonce", nonce),
                    EVENT_NUMBER("age_add", age_add), EVENT_NUMBER("early_data", early_bytes));
}

static const char *find_resumption(const struct connection *connection)
{
    if (!SSL_session_reused(connection->ssl))
        return "no";
    if (SSL_version(connection->ssl) >= TLS1_3_VERSION)
        return "psk";
    return connection->handshake.cached ? "id" : "ticket";
}

static const char *find_group(SSL *ssl)
{
    int nid = (int)SSL_get_negotiated_group(ssl);

    return nid <= 0 ? NULL : SSL_group_to_name(ssl, nid);
}

static char *find_protocol(const SSL *ssl)
{
    const unsigned char *name = NULL;
    unsigned size = 0;

    SSL_get0_alpn_selected(ssl, &name, &size);
    return name == NULL ? NULL : memory_copy(name, size);
}

void tls_report_handshake(struct connection *connection)
{
    SSL *ssl = connection->ssl;
    X509 *certificate = tls_certificate(connection);
    const struct fake_server_account *account =
        certificate == NULL ? NULL : accounts_find(&connection->host->given.judgement, certificate);
    const char *identity = tls_identity(connection);
    char *subject = certificate == NULL ? memory_text("")
                                        : certificate_name(X509_get_subject_name(certificate));
    char *protocol = find_protocol(ssl);
    char version[NAMES_BUFFER];
    const char *group = find_group(ssl);
    struct event_field fields[12] = {
        EVENT_STRING("version", names_get(NAMES_VERSION, SSL_version(ssl), version)),
        EVENT_STRING("cipher", SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl))),
        EVENT_STRING("resumed", find_resumption(connection)),
        EVENT_BOOL("requested", connection->handshake.requested),
        EVENT_STRING("identity", identity),
        EVENT_STRING("subject", subject),
    };
    size_t n = 6;

    if (group != NULL)
        fields[n++] = EVENT_STRING("group", group);
    if (account != NULL)
        fields[n++] = EVENT_STRING("account", account->name);
    if (connection->handshake.sni != NULL)
        fields[n++] = EVENT_STRING("sni", connection->handshake.sni);
    if (protocol != NULL)
        fields[n++] = EVENT_STRING("alpn", protocol);
    if (connection->handshake.post)
        fields[n++] = EVENT_BOOL("post_handshake", true);
    connection_emit(connection, EVENT_HANDSHAKE, fields, n);
    free(subject);
    free(protocol);
}

static void report_failure(struct connection *connection, const char *reason)
{
    if (!connection->handshake.failed)
        CONNECTION_EMIT(connection, EVENT_HANDSHAKE_FAILED, EVENT_STRING("reason", reason),
                        EVENT_BOOL("requested", connection->handshake.requested));
    connection->handshake.failed = true;
}

static const struct {
    const char *reason;
    bool by_client;
    enum ending_how how;
} wire_failures[] = {
    [WIRE_OPEN] = { "failed", false, ENDING_CLEAN },
    [WIRE_EOF] = { "the client closed the connection", true, ENDING_TRUNCATED },
    [WIRE_RESET] = { "the client reset the connection", true, ENDING_RESET },
    [WIRE_TIMEOUT] = { "the client was silent too long", false, ENDING_TIMEOUT },
    [WIRE_DISMISSED] = { "dismissed", false, ENDING_CLEAN },
    [WIRE_ENDED] = { "the server ends", false, ENDING_TRUNCATED },
    [WIRE_CUT] = { "the script ended it", false, ENDING_TRUNCATED },
};

/* An alert of the client is its way to close. */
int tls_fail(struct connection *connection)
{
    unsigned long error = ERR_peek_error();
    enum wire_status status = connection->wire.status;
    const char *reason = ERR_reason_error_string(error);
    bool alerted = ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET;

    if (error == 0 || reason == NULL || status != WIRE_OPEN)
        reason = wire_failures[status].reason;
    report_failure(connection, reason);
    wire_flush(&connection->wire);
    ERR_clear_error();
    if (status == WIRE_OPEN && alerted)
        return connection_end(connection, true, ENDING_CLEAN);
    return connection_end(connection, wire_failures[status].by_client, wire_failures[status].how);
}

static int start(struct connection *connection)
{
    struct handshake *handshake = &connection->handshake;
    BIO *bio = wire_bio_new(&connection->wire, server_wire_method(connection->server));

    connection->host = connection->port;
    connection->ssl = SSL_new(connection->port->tls);
    if (connection->ssl == NULL || bio == NULL) {
        BIO_free(bio);
        connection_report_error(connection, "tls", "SSL_new() fails");
        return connection_end(connection, false, ENDING_TRUNCATED);
    }
    SSL_set_app_data(connection->ssl, connection);
    SSL_set_bio(connection->ssl, bio, bio);
    connection->wire.record = &handshake->record;
    if (connection->wire.fault.record != 0)
        tls_limit_records(connection);
    handshake->running = true;
    return 0;
}

int tls_accept(struct connection *connection)
{
    struct handshake *handshake = &connection->handshake;
    int result;

    if (start(connection) < 0)
        return -1;
    wire_begin_turn(&connection->wire);
    ERR_clear_error();
    do
        result = SSL_accept(connection->ssl);
    while (result < 0 && SSL_get_error(connection->ssl, result) == SSL_ERROR_WANT_READ &&
           connection->wire.status == WIRE_OPEN);
    wire_end_turn(&connection->wire);
    sessions_end_sealing();
    connection->wire.record = NULL;
    if (result != 1 || connection->ending.decided) {
        handshake->running = false;
        return tls_fail(connection);
    }
    handshake->running = false;
    handshake->established = true;
    tls_report_handshake(connection);
    wire_flush(&connection->wire);
    if (judgement_refuse_late(connection) < 0)
        return -1;
    return script_run(connection, SITE_FINISHED);
}

void tls_issue_tickets(struct connection *connection, int n)
{
    SSL *ssl = connection->ssl;

    if (ssl == NULL || !connection->handshake.established || SSL_version(ssl) < TLS1_3_VERSION)
        return;
    ERR_clear_error();
    SSL_clear_options(ssl, SSL_OP_NO_TICKET);
    for (int i = 0; i < n; i++)
        if (SSL_new_session_ticket(ssl) != 1 || SSL_do_handshake(ssl) != 1)
            connection_report_error(connection, "script", "this ticket cannot be sent here");
    wire_flush(&connection->wire);
}

/* Less than 512 bytes OpenSSL refuses. */
void tls_limit_records(struct connection *connection)
{
    int size = connection->wire.fault.record;

    SSL_set_max_send_fragment(connection->ssl, size > 512 ? size : 512);
}

bool tls_can_ask(const struct connection *connection)
{
    return connection->ssl != NULL &&
           (SSL_version(connection->ssl) < TLS1_3_VERSION || connection->handshake.can_ask);
}

/* A handshake of its own, as far as events go. */
static void begin_again(struct handshake *handshake)
{
    handshake->hello = handshake->requested = handshake->certificate = false;
    handshake->finished = handshake->cached = handshake->ticketed = false;
    handshake->scripted = true;
    handshake->post = true;
}

int tls_ask(struct connection *connection)
{
    SSL *ssl = connection->ssl;
    struct handshake *handshake = &connection->handshake;
    int mode = tls_verify_mode(connection->host->given.ask) | SSL_VERIFY_PEER;
    bool tls13;
    int asked;

    if (!tls_can_ask(connection) || MUTANT(never_asks_again))
        return 0;
    tls13 = SSL_version(ssl) >= TLS1_3_VERSION;
    begin_again(handshake);
    SSL_set_verify(ssl, mode, NULL);
    /* A session that is resumed asks for nothing. */
    SSL_set_options(ssl, SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION);
    ERR_clear_error();
    asked = tls13 ? SSL_verify_client_post_handshake(ssl) : SSL_renegotiate(ssl);
    if (asked != 1 || SSL_do_handshake(ssl) != 1)
        return tls_fail(connection);
    wire_flush(&connection->wire);
    handshake->asking = true;
    while (!handshake->finished || SSL_in_init(ssl))
        if (input_fill(connection) < 0)
            return -1;
    handshake->asking = false;
    tls_report_handshake(connection);
    return wire_flush(&connection->wire);
}

int tls_send_alert(struct connection *connection, const char *name)
{
    int code = names_find(NAMES_ALERT, name);
    unsigned char record[SEAL_MAX];
    size_t size = connection->ssl == NULL || code < 0 ? 0 : seal_alert(connection, code, record);

    if (size == 0) {
        connection_report_error(connection, "script", "this alert cannot be sent here");
        wire_cut(&connection->wire);
        return connection_end(connection, false, ENDING_TRUNCATED);
    }
    tls_report_alert(connection, true, SSL3_AL_FATAL, code);
    if (connection->handshake.running)
        report_failure(connection, "the script sends an alert");
    connection->handshake.failed = true;
    wire_write(&connection->wire, record, size);
    wire_flush(&connection->wire);
    wire_cut(&connection->wire);
    return connection_end(connection, false, ENDING_CLEAN);
}
