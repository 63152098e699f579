#include "fake_server/hello.h"
#include "fake_server/connection.h"
#include "fake_server/names.h"

#include <stdlib.h>
#include <string.h>

/* What an extension leaves behind. */
struct hello {
    struct list versions, psk_modes, alpn, signatures, groups, ciphers, extensions;
    bool tls13, early_data, post_handshake_auth, extended_master_secret, renegotiation_info;
    bool has_psk;
    long long ticket_bytes, psk_identities, server_names;
    struct reader session; /* what names the session that is offered: a part of the message */
    char *sni;
};

static void add_names(struct list *list, enum names_kind kind, struct reader *numbers, size_t size)
{
    char buffer[NAMES_BUFFER];

    while (numbers->left > 0) {
        int number = (int)reader_number(numbers, size);

        list_add(list, names_get(kind, number, buffer));
    }
}

static void parse_server_name(struct hello *hello, struct reader *body)
{
    struct reader names = reader_part(body, 2);

    while (names.left > 0) {
        struct reader name;

        reader_number(&names, 1);
        name = reader_part(&names, 2);
        if (MUTANT(names_unseen))
            continue;
        hello->server_names++;
        free(hello->sni);
        hello->sni = memory_copy(name.at, name.left);
    }
}

static void parse_groups(struct hello *hello, struct reader *body)
{
    struct reader numbers = reader_part(body, 2);

    add_names(&hello->groups, NAMES_GROUP, &numbers, 2);
}

static void parse_signatures(struct hello *hello, struct reader *body)
{
    struct reader numbers = reader_part(body, 2);

    add_names(&hello->signatures, NAMES_SIGNATURE, &numbers, 2);
}

static void parse_alpn(struct hello *hello, struct reader *body)
{
    struct reader names = reader_part(body, 2);

    while (names.left > 0) {
        struct reader name = reader_part(&names, 1);

        list_take(&hello->alpn, memory_copy(name.at, name.left));
    }
}

static void parse_extended_master_secret(struct hello *hello, struct reader *body)
{
    (void)body;
    hello->extended_master_secret = true;
}

static void parse_ticket(struct hello *hello, struct reader *body)
{
    hello->ticket_bytes = (long long)body->left;
    hello->session = *body;
}

static void parse_psk(struct hello *hello, struct reader *body)
{
    struct reader identities = reader_part(body, 2);

    hello->has_psk = true;
    while (identities.left > 0) {
        struct reader identity = reader_part(&identities, 2);

        if (hello->psk_identities == 0)
            hello->session = identity;
        reader_number(&identities, 4);
        hello->psk_identities++;
    }
}

static void parse_early_data(struct hello *hello, struct reader *body)
{
    (void)body;
    hello->early_data = true;
}

static void parse_versions(struct hello *hello, struct reader *body)
{
    struct reader numbers = reader_part(body, 1);
    struct reader again = numbers;

    while (again.left > 0)
        if (reader_number(&again, 2) == TLS1_3_VERSION)
            hello->tls13 = true;
    add_names(&hello->versions, NAMES_VERSION, &numbers, 2);
}

static void parse_psk_modes(struct hello *hello, struct reader *body)
{
    struct reader numbers = reader_part(body, 1);

    add_names(&hello->psk_modes, NAMES_PSK_MODE, &numbers, 1);
}

static void parse_post_handshake_auth(struct hello *hello, struct reader *body)
{
    (void)body;
    hello->post_handshake_auth = true;
}

static void parse_renegotiation_info(struct hello *hello, struct reader *body)
{
    (void)body;
    hello->renegotiation_info = true;
}

static const struct {
    int number;
    void (*parse)(struct hello *hello, struct reader *body);
} parsers[] = {
    { 0, parse_server_name },
    { 10, parse_groups },
    { 13, parse_signatures },
    { 16, parse_alpn },
    { 23, parse_extended_master_secret },
    { 35, parse_ticket },
    { 41, parse_psk },
    { 42, parse_early_data },
    { 43, parse_versions },
    { 45, parse_psk_modes },
    { 49, parse_post_handshake_auth },
    { 0xff01, parse_renegotiation_info },
};

static void parse_extension(struct hello *hello, int number, struct reader body)
{
    char buffer[NAMES_BUFFER];

    list_add(&hello->extensions, names_get(NAMES_EXTENSION, number, buffer));
    for (size_t i = 0; i < sizeof parsers / sizeof *parsers; i++)
        if (parsers[i].number == number)
            parsers[i].parse(hello, &body);
}

static void parse_ciphers(struct hello *hello, SSL *ssl, struct reader numbers)
{
    char buffer[NAMES_BUFFER];

    while (numbers.left > 0) {
        int number = (int)reader_number(&numbers, 2);

        /* The SCSV says what the extension says. Source: RFC 5746 section 3.3. */
        if (number == 0x00ff)
            hello->renegotiation_info = true;
        list_add(&hello->ciphers, names_cipher(ssl, number, buffer));
    }
}

/* With TLS 1.3 a session id that nobody here has issued is there for middleboxes.
 * Source: RFC 8446 section D.4. */
static const char *find_offer(const struct hello *hello, size_t id_size, bool id_known)
{
    if (MUTANT(offers_unseen))
        return "none";
    if (hello->has_psk)
        return "psk";
    if (hello->ticket_bytes > 0)
        return "ticket";
    if (id_size > 0 && (id_known || !hello->tls13))
        return "id";
    return "none";
}

/* A digest tells sessions apart as well as their tickets do, in less space. */
static char *find_session(const struct hello *hello, const char *offer, struct reader id)
{
    struct reader named = strcmp(offer, "id") == 0 ? id : hello->session;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (strcmp(offer, "none") == 0)
        return memory_text("");
    EVP_Digest(named.at, named.left, digest, &size, EVP_sha256(), NULL);
    return memory_hex(digest, size);
}

static void emit(const struct connection *connection, const struct hello *hello, int version,
                 struct reader id)
{
    char buffer[NAMES_BUFFER];
    char *id_hex = memory_hex(id.at, id.left);
    bool known = connection->described != NULL
                     ? connection->described->sight->offered_known
                     : sessions_find(connection_sessions(connection), id.at, id.left);
    const char *offer = find_offer(hello, id.left, known);
    char *session = find_session(hello, offer, id);
    struct event_field fields[] = {
        EVENT_STRING("legacy_version", names_get(NAMES_VERSION, version, buffer)),
        EVENT_LIST("versions", list_items(&hello->versions)),
        EVENT_STRING("session_id", id_hex),
        EVENT_BOOL("session_id_known", known),
        EVENT_NUMBER("ticket", hello->ticket_bytes),
        EVENT_NUMBER("psk", hello->psk_identities),
        EVENT_LIST("psk_modes", list_items(&hello->psk_modes)),
        EVENT_STRING("offered", offer),
        EVENT_STRING("session", session),
        EVENT_NUMBER("names", hello->server_names),
        EVENT_BOOL("post_handshake_auth", hello->post_handshake_auth),
        EVENT_BOOL("early_data", hello->early_data),
        EVENT_LIST("alpn", list_items(&hello->alpn)),
        EVENT_LIST("signature_algorithms", list_items(&hello->signatures)),
        EVENT_LIST("groups", list_items(&hello->groups)),
        EVENT_LIST("ciphers", list_items(&hello->ciphers)),
        EVENT_LIST("extensions", list_items(&hello->extensions)),
        EVENT_BOOL("extended_master_secret", hello->extended_master_secret),
        EVENT_BOOL("renegotiation_info", hello->renegotiation_info),
        EVENT_STRING("sni", hello->sni),
    };
    size_t n = sizeof fields / sizeof *fields;

    connection_emit(connection, EVENT_CLIENT_HELLO, fields, hello->sni == NULL ? n - 1 : n);
    free(id_hex);
    free(session);
}

static void release(struct hello *hello)
{
    list_release(&hello->versions);
    list_release(&hello->psk_modes);
    list_release(&hello->alpn);
    list_release(&hello->signatures);
    list_release(&hello->groups);
    list_release(&hello->ciphers);
    list_release(&hello->extensions);
}

void hello_report(struct connection *connection, struct reader body)
{
    struct hello hello = { 0 };
    int version = (int)reader_number(&body, 2);
    struct reader id;
    struct reader extensions;

    reader_bytes(&body, 32);
    id = reader_part(&body, 1);
    parse_ciphers(&hello, connection->ssl, reader_part(&body, 2));
    reader_part(&body, 1);
    extensions = reader_part(&body, 2);
    while (extensions.left > 0) {
        int number = (int)reader_number(&extensions, 2);

        parse_extension(&hello, number, reader_part(&extensions, 2));
    }
    emit(connection, &hello, version, id);
    free(connection->handshake.sni);
    connection->handshake.sni = hello.sni;
    connection->handshake.can_ask = hello.post_handshake_auth;
    release(&hello);
}
