#include "fake_server/messages.h"
#include "fake_server/certificate.h"
#include "fake_server/connection.h"
#include "fake_server/flight.h"
#include "fake_server/hello.h"
#include "fake_server/judgement.h"
#include "fake_server/names.h"
#include "fake_server/reader.h"
#include "fake_server/script.h"
#include "fake_server/sessions.h"
#include "fake_server/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a handshake message is read with: the body without the header, and the version in force. */
struct message {
    struct connection *connection;
    struct reader body;
    int version;
};

static void on_client_hello(struct message *message)
{
    struct handshake *handshake = &message->connection->handshake;

    if (handshake->hello)
        return;
    handshake->hello = true;
    hello_report(message->connection, message->body);
}

static void add_signatures(struct list *list, struct reader numbers)
{
    char buffer[NAMES_BUFFER];

    while (numbers.left > 0) {
        int number = (int)reader_number(&numbers, 2);

        list_add(list, names_get(NAMES_SIGNATURE, number, buffer));
    }
}

/* The random of a ServerHello that is a HelloRetryRequest starts so. Source: RFC 8446
 * section 4.1.3. */
static bool is_retry(struct reader random)
{
    static const unsigned char retry[] = { 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11 };

    return random.left >= sizeof retry && memcmp(random.at, retry, sizeof retry) == 0;
}

static void on_server_hello(struct message *message)
{
    SSL *ssl = message->connection->ssl;
    char version[NAMES_BUFFER];
    char cipher[NAMES_BUFFER];
    struct reader id;
    char *id_hex;

    reader_number(&message->body, 2);
    if (is_retry(reader_bytes(&message->body, 32)))
        return;
    id = reader_part(&message->body, 1);
    id_hex = memory_hex(id.at, id.left);
    CONNECTION_EMIT(
        message->connection, EVENT_SERVER_HELLO,
        EVENT_STRING("version", names_get(NAMES_VERSION, message->version, version)),
        EVENT_STRING("cipher", names_cipher(ssl, (int)reader_number(&message->body, 2), cipher)),
        EVENT_STRING("session_id", id_hex), EVENT_BOOL("resumed", SSL_session_reused(ssl)));
    free(id_hex);
}

static void add_names(struct list *list, struct reader names)
{
    while (names.left > 0) {
        struct reader part = reader_part(&names, 2);
        const unsigned char *der = part.at;
        X509_NAME *name = d2i_X509_NAME(NULL, &der, (long)part.left);

        if (name != NULL)
            list_take(list, certificate_name(name));
        X509_NAME_free(name);
    }
}

/* What a CertificateRequest asks for. */
struct request {
    char *context; /* hexadecimal, owned */
    struct list names, signatures, signatures_cert, types, oids;
};

enum { OID_FILTERS = 48 };

/* By the DER form of the OIDs, hexadecimal. Source: RFC 8446 section 4.2.5. */
static void add_oids(struct list *list, struct reader filters)
{
    while (filters.left > 0) {
        struct reader oid = reader_part(&filters, 1);

        list_take(list, memory_hex(oid.at, oid.left));
        reader_part(&filters, 2);
    }
}

static void parse_request_13(struct reader *body, struct request *request)
{
    struct reader context = reader_part(body, 1);
    struct reader extensions = reader_part(body, 2);

    request->context = memory_hex(context.at, context.left);
    while (extensions.left > 0) {
        int number = (int)reader_number(&extensions, 2);
        struct reader extension = reader_part(&extensions, 2);

        if (number == TLSEXT_TYPE_signature_algorithms)
            add_signatures(&request->signatures, reader_part(&extension, 2));
        if (number == TLSEXT_TYPE_signature_algorithms_cert)
            add_signatures(&request->signatures_cert, reader_part(&extension, 2));
        if (number == TLSEXT_TYPE_certificate_authorities)
            add_names(&request->names, reader_part(&extension, 2));
        if (number == OID_FILTERS)
            add_oids(&request->oids, reader_part(&extension, 2));
    }
}

static void parse_request_12(struct reader *body, int version, struct request *request)
{
    struct reader numbers = reader_part(body, 1);
    char buffer[NAMES_BUFFER];

    request->context = memory_text("");
    while (numbers.left > 0) {
        int number = (int)reader_number(&numbers, 1);

        list_add(&request->types, names_get(NAMES_CERTIFICATE_TYPE, number, buffer));
    }
    if (version >= TLS1_2_VERSION)
        add_signatures(&request->signatures, reader_part(body, 2));
    add_names(&request->names, reader_part(body, 2));
}

static void on_request(struct message *message)
{
    struct connection *connection = message->connection;
    struct request request = { 0 };

    connection->handshake.requested = true;
    if (message->version >= TLS1_3_VERSION)
        parse_request_13(&message->body, &request);
    else
        parse_request_12(&message->body, message->version, &request);
    CONNECTION_EMIT(connection, EVENT_CERTIFICATE_REQUEST, EVENT_STRING("context", request.context),
                    EVENT_LIST("names", list_items(&request.names)),
                    EVENT_LIST("signature_algorithms", list_items(&request.signatures)),
                    EVENT_LIST("signature_algorithms_cert", list_items(&request.signatures_cert)),
                    EVENT_LIST("types", list_items(&request.types)),
                    EVENT_LIST("oid_filters", list_items(&request.oids)),
                    EVENT_BOOL("post_handshake", connection->handshake.post));
    free(request.context);
    list_release(&request.names);
    list_release(&request.signatures);
    list_release(&request.signatures_cert);
    list_release(&request.types);
    list_release(&request.oids);
}

struct chain {
    struct list fingerprints, subjects, issuers, versions, keys, signatures;
};

static void add_certificate(struct chain *chain, struct reader part)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    char version[24];
    struct certificate_content content;

    EVP_Digest(part.at, part.left, digest, &size, EVP_sha256(), NULL);
    certificate_parse(part.at, part.left, &content);
    snprintf(version, sizeof version, "%ld", content.version);
    list_take(&chain->fingerprints, memory_hex(digest, size));
    list_take(&chain->subjects, content.subject);
    list_take(&chain->issuers, content.issuer);
    list_add(&chain->versions, version);
    list_add(&chain->keys, content.key);
    list_add(&chain->signatures, content.signature);
}

/* Returns the number of certificates in the message. */
static size_t report_certificate(struct connection *connection, struct reader body, bool tls13)
{
    struct chain chain = { 0 };
    struct reader entries;
    size_t n;

    if (tls13)
        reader_part(&body, 1);
    entries = reader_part(&body, 3);
    while (entries.left > 0) {
        add_certificate(&chain, reader_part(&entries, 3));
        if (tls13)
            reader_part(&entries, 2);
    }
    CONNECTION_EMIT(connection, EVENT_CERTIFICATE,
                    EVENT_BOOL("requested", connection->handshake.requested),
                    EVENT_NUMBER("entries", (long long)chain.fingerprints.n),
                    EVENT_LIST("fingerprints", list_items(&chain.fingerprints)),
                    EVENT_LIST("subjects", list_items(&chain.subjects)),
                    EVENT_LIST("issuers", list_items(&chain.issuers)),
                    EVENT_LIST("versions", list_items(&chain.versions)),
                    EVENT_LIST("keys", list_items(&chain.keys)),
                    EVENT_LIST("signatures", list_items(&chain.signatures)),
                    EVENT_BOOL("post_handshake", connection->handshake.post));
    n = chain.fingerprints.n;
    list_release(&chain.fingerprints);
    list_release(&chain.subjects);
    list_release(&chain.issuers);
    list_release(&chain.versions);
    list_release(&chain.keys);
    list_release(&chain.signatures);
    return n;
}

static void on_certificate(struct message *message)
{
    struct connection *connection = message->connection;
    size_t n = report_certificate(connection, message->body, message->version >= TLS1_3_VERSION);

    connection->handshake.certificate = true;
    if (script_run(connection, SITE_CERTIFICATE) == 0 && n == 0)
        judgement_refuse_missing(connection);
}

/* OpenSSL verifies it after this callback; that it did is known when it goes on to the next
 * message. */
static void on_certificate_verify(struct message *message)
{
    struct handshake *handshake = &message->connection->handshake;
    char buffer[NAMES_BUFFER];

    free(handshake->signature);
    handshake->signature = memory_text(
        message->version < TLS1_2_VERSION
            ? "legacy"
            : names_get(NAMES_SIGNATURE, (int)reader_number(&message->body, 2), buffer));
}

static void on_finished(struct message *message)
{
    struct handshake *handshake = &message->connection->handshake;

    if (handshake->signature != NULL)
        CONNECTION_EMIT(message->connection, EVENT_CERTIFICATE_VERIFY,
                        EVENT_STRING("signature", handshake->signature));
    free(handshake->signature);
    handshake->signature = NULL;
    handshake->finished = true;
}

/* Source: RFC 8446 section 4.2.10. */
static long long find_early_bytes(struct reader *body)
{
    struct reader block;
    long long bytes = 0;

    reader_part(body, 2);
    block = reader_part(body, 2);
    while (block.left > 0) {
        int number = (int)reader_number(&block, 2);
        struct reader extension = reader_part(&block, 2);

        if (number == TLSEXT_TYPE_early_data)
            bytes = (long long)reader_number(&extension, 4);
    }
    return bytes;
}

static void report_issued(struct message *message, long lifetime_s)
{
    bool tls13 = message->version >= TLS1_3_VERSION;
    long long age_add = tls13 ? (long long)reader_number(&message->body, 4) : 0;
    struct reader nonce = { 0 };
    char *hex;

    if (tls13)
        nonce = reader_part(&message->body, 1);
    hex = memory_hex(nonce.at, nonce.left);
    tls_report_issued(message->connection, tls13 ? "psk" : "ticket", lifetime_s, hex, age_add,
                      tls13 ? find_early_bytes(&message->body) : 0);
    free(hex);
}

static void on_ticket(struct message *message)
{
    struct handshake *handshake = &message->connection->handshake;
    bool tls13 = message->version >= TLS1_3_VERSION;
    long lifetime_s = (long)reader_number(&message->body, 4);

    sessions_end_sealing();
    /* An empty one takes a promised ticket back. Source: RFC 5077 section 3.3. */
    if (!tls13 && reader_part(&message->body, 2).left == 0)
        return;
    if (!handshake->ticketed) {
        /* OpenSSL has sealed the ticket, but it is not on the wire: what a script sends comes
         * first. */
        handshake->sealed--;
        script_run(message->connection, SITE_TICKET);
        handshake->sealed++;
    }
    handshake->ticketed = true;
    if (message->connection->wire.status != WIRE_CUT)
        report_issued(message, lifetime_s);
}

/* OpenSSL answers them inside of a read, for as long as they come. */
static void count_repeat(struct connection *connection)
{
    if (++connection->handshake.n_repeats <= FAKE_SERVER_MAX_HANDSHAKES ||
        connection->settings->given.renegotiate)
        return;
    CONNECTION_EMIT(connection, EVENT_LIMIT, EVENT_STRING("what", "handshakes"));
    connection_end(connection, false, ENDING_TRUNCATED);
    wire_cut(&connection->wire);
}

static void on_key_update(struct message *message)
{
    count_repeat(message->connection);
}

static const struct {
    int sent;
    int type;
    void (*report)(struct message *message);
} rows[] = {
    { 0, SSL3_MT_CLIENT_HELLO, on_client_hello },
    { 1, SSL3_MT_SERVER_HELLO, on_server_hello },
    { 1, SSL3_MT_NEWSESSION_TICKET, on_ticket },
    { 0, SSL3_MT_CERTIFICATE, on_certificate },
    { 1, SSL3_MT_CERTIFICATE_REQUEST, on_request },
    { 0, SSL3_MT_CERTIFICATE_VERIFY, on_certificate_verify },
    { 0, SSL3_MT_FINISHED, on_finished },
    { 0, SSL3_MT_KEY_UPDATE, on_key_update },
};

static void watch_message(struct connection *connection, int sent, const unsigned char *bytes,
                          size_t size)
{
    struct message message = { connection,
                               { bytes + 4, size - 4, false },
                               SSL_version(connection->ssl) };

    flight_report(connection, sent, bytes[0], message.version, message.body);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].sent == sent && rows[i].type == bytes[0])
            rows[i].report(&message);
}

static void watch_alert(struct connection *connection, int sent, int level, int code)
{
    if (sent)
        messages_report_unasked(connection);
    if (code == SSL_AD_CLOSE_NOTIFY && !sent) {
        connection->handshake.close_notify = true;
        if (connection->presence.reported)
            connection_emit(connection, EVENT_CLOSE_NOTIFY, NULL, 0);
    }
    if (code == SSL_AD_NO_RENEGOTIATION && sent)
        count_repeat(connection);
    /* close_notify is told by EVENT_CLOSE. */
    if (code != SSL_AD_CLOSE_NOTIFY)
        tls_report_alert(connection, sent, level, code);
}

void messages_watch(int sent, int version, int content, const void *bytes, size_t size, SSL *ssl,
                    void *unused)
{
    struct connection *connection = SSL_get_app_data(ssl);
    const unsigned char *at = bytes;

    (void)version;
    (void)unused;
    if (connection == NULL || connection->wire.status == WIRE_CUT)
        return;
    if (content == SSL3_RT_HEADER && sent && size > 0) {
        /* TLS 1.2: what follows the change is under the new key, and counted from there. */
        connection->handshake.sealed++;
        if (at[0] == SSL3_RT_CHANGE_CIPHER_SPEC && SSL_version(ssl) < TLS1_3_VERSION)
            connection->handshake.sealed = 0;
    }
    if (content == SSL3_RT_HANDSHAKE && size >= 4)
        watch_message(connection, sent, at, size);
    if (content == SSL3_RT_ALERT && size >= 2)
        watch_alert(connection, sent, at[0], at[1]);
}

/* --- of a connection that somebody else had --- */

static void describe_certificate(struct message *message)
{
    (void)report_certificate(message->connection, message->body,
                             message->version >= TLS1_3_VERSION);
}

static void describe_certificate_verify(struct message *message)
{
    on_certificate_verify(message);
    on_finished(message);
}

static void describe_ticket(struct message *message)
{
    report_issued(message, (long)reader_number(&message->body, 4));
}

static const struct {
    bool by_server;
    int type;
    void (*report)(struct message *message);
} descriptions[] = {
    { false, SSL3_MT_CLIENT_HELLO, on_client_hello },
    { true, SSL3_MT_SERVER_HELLO, on_server_hello },
    { true, SSL3_MT_NEWSESSION_TICKET, describe_ticket },
    { false, SSL3_MT_CERTIFICATE, describe_certificate },
    { true, SSL3_MT_CERTIFICATE_REQUEST, on_request },
    { false, SSL3_MT_CERTIFICATE_VERIFY, describe_certificate_verify },
};

static void describe_message(struct connection *connection, const struct fake_server_sight *sight)
{
    const unsigned char *bytes = sight->bytes;
    struct message message = { connection, { bytes + 4, sight->size - 4, false }, sight->version };

    flight_report(connection, sight->by_server, bytes[0], message.version, message.body);
    for (size_t i = 0; i < sizeof descriptions / sizeof *descriptions; i++)
        if (descriptions[i].by_server == sight->by_server && descriptions[i].type == bytes[0])
            descriptions[i].report(&message);
}

void fake_server_describe(const struct fake_server_sight *sight, event_sink *sink, void *context)
{
    const struct described described = { sight, sink, context };
    const unsigned char *bytes = sight->bytes;
    SSL_CTX *tls = SSL_CTX_new(TLS_method()); /* it knows the names of cipher suites */
    struct connection connection = { .described = &described,
                                     .ssl = tls != NULL ? SSL_new(tls) : NULL };

    if (connection.ssl != NULL && sight->content == SSL3_RT_HANDSHAKE && sight->size >= 4)
        describe_message(&connection, sight);
    if (connection.ssl != NULL && sight->content == SSL3_RT_ALERT && sight->size >= 2 &&
        bytes[1] != SSL_AD_CLOSE_NOTIFY)
        tls_report_alert(&connection, sight->by_server, bytes[0], bytes[1]);
    free(connection.handshake.sni);
    SSL_free(connection.ssl);
    SSL_CTX_free(tls);
}

void messages_report_unasked(struct connection *connection)
{
    const struct wire_record *record = &connection->handshake.record;
    struct reader body;

    if (connection->handshake.requested || connection->handshake.certificate || record->encrypted ||
        record->size < 6 || record->bytes[0] != SSL3_RT_HANDSHAKE ||
        record->bytes[5] != SSL3_MT_CERTIFICATE)
        return;
    body = (struct reader){ record->bytes + 6, record->size - 6, false };
    connection->handshake.certificate = true;
    (void)report_certificate(connection, reader_part(&body, 3), false);
}
