#include "fake_server/flight.h"
#include "fake_server/connection.h"
#include "fake_server/names.h"

static void add_extensions(struct list *list, struct reader block)
{
    char buffer[NAMES_BUFFER];

    while (block.left > 0) {
        list_add(list, names_get(NAMES_EXTENSION, (int)reader_number(&block, 2), buffer));
        reader_part(&block, 2);
    }
}

/* Source: RFC 8446 section 4.1. */
static void read_hello(struct list *list, struct reader *body, bool sent)
{
    reader_bytes(body, 2 + 32);
    reader_part(body, 1);
    if (sent)
        reader_bytes(body, 2 + 1);
    else {
        reader_part(body, 2);
        reader_part(body, 1);
    }
    add_extensions(list, reader_part(body, 2));
}

/* Source: RFC 8446 section 4.4.2. */
static void read_entries(struct list *list, struct reader *body)
{
    struct reader entries;

    reader_part(body, 1);
    entries = reader_part(body, 3);
    while (entries.left > 0) {
        reader_part(&entries, 3);
        add_extensions(list, reader_part(&entries, 2));
    }
}

static void read_extensions(struct list *list, int type, bool sent, bool tls13, struct reader body)
{
    if (type == SSL3_MT_CLIENT_HELLO || type == SSL3_MT_SERVER_HELLO)
        read_hello(list, &body, sent);
    if (!tls13)
        return;
    if (type == SSL3_MT_ENCRYPTED_EXTENSIONS)
        add_extensions(list, reader_part(&body, 2));
    if (type == SSL3_MT_CERTIFICATE)
        read_entries(list, &body);
    if (type == SSL3_MT_CERTIFICATE_REQUEST) {
        reader_part(&body, 1);
        add_extensions(list, reader_part(&body, 2));
    }
    if (type == SSL3_MT_NEWSESSION_TICKET) {
        reader_bytes(&body, 4 + 4);
        reader_part(&body, 1);
        reader_part(&body, 2);
        add_extensions(list, reader_part(&body, 2));
    }
}

void flight_report(const struct connection *connection, bool sent, int type, int version,
                   struct reader body)
{
    char buffer[NAMES_BUFFER];
    struct list extensions = { 0 };

    if (MUTANT(proof_unseen) && type == SSL3_MT_CERTIFICATE_VERIFY)
        return;
    read_extensions(&extensions, type, sent, version >= TLS1_3_VERSION, body);
    CONNECTION_EMIT(connection, EVENT_HANDSHAKE_MESSAGE,
                    EVENT_STRING("direction", sent ? "sent" : "received"),
                    EVENT_STRING("name", names_get(NAMES_HANDSHAKE, type, buffer)),
                    EVENT_LIST("extensions", list_items(&extensions)));
    list_release(&extensions);
}
