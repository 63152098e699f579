#include "fake_server/closing.h"
#include "fake_server/connection.h"
#include "fake_server/script.h"

#include <openssl/err.h>

#include <poll.h>

/* A client that has been told to go and stays is cut off after that time. */
enum { LINGER_US = 2000000 };

static void report(struct connection *connection)
{
    static const char *const names[] = {
        [ENDING_CLEAN] = "clean",
        [ENDING_TRUNCATED] = "truncated",
        [ENDING_RESET] = "reset",
        [ENDING_TIMEOUT] = "timeout",
    };

    if (connection->presence.reported)
        return;
    CONNECTION_EMIT(connection, EVENT_CLOSE,
                    EVENT_STRING("by", connection->ending.by_client ? "client" : "server"),
                    EVENT_STRING("how", names[connection->ending.how]),
                    EVENT_BOOL("tls", connection->handshake.close_notify));
    presence_set_reported(&connection->presence);
}

static bool can_use_tls(const struct connection *connection)
{
    return connection->ssl != NULL && connection->handshake.established &&
           !connection->handshake.failed && connection->wire.status != WIRE_CUT;
}

static void say_goodbye(struct connection *connection)
{
    bool goodbye =
        connection->ending.how == ENDING_CLEAN || connection->ending.how == ENDING_TIMEOUT;

    ERR_clear_error();
    if (goodbye && can_use_tls(connection))
        SSL_shutdown(connection->ssl);
    wire_flush(&connection->wire);
}

/* Returns false at the end of the connection. What comes is read only to see a close_notify in it.
 */
static bool discard(struct connection *connection)
{
    char bytes[4096];

    if (can_use_tls(connection)) {
        int n;

        ERR_clear_error();
        n = SSL_read(connection->ssl, bytes, sizeof bytes);
        if (n > 0 || SSL_get_error(connection->ssl, n) == SSL_ERROR_WANT_READ)
            return connection->wire.status == WIRE_OPEN;
        connection->handshake.failed = true; /* from here on without TLS */
        return connection->wire.status == WIRE_OPEN;
    }
    return wire_discard(&connection->wire);
}

/* A close() with bytes unread would make the kernel send a RST, which takes the last bytes sent (an
 * alert, a 421) out of the client's hands; so the client closes first, if it does so at all. */
static void linger(struct connection *connection)
{
    int64_t until_us = presence_now_us() + LINGER_US;
    bool more = true;

    if (connection->wire.status != WIRE_CUT)
        connection->wire.status = WIRE_OPEN;
    connection->wire.eager = true;
    presence_set(&connection->presence, PRESENCE_LINGERING);
    while (more) {
        enum wire_wake wake = wire_wait(&connection->wire, POLLIN, until_us);

        if (wake == WIRE_WAKE_BYTES)
            more = discard(connection) && presence_now_us() < until_us;
        if (wake == WIRE_WAKE_TIME)
            more = false;
        if (wake == WIRE_WAKE_KNOCK) {
            struct presence asked = presence_take(&connection->presence);

            more = !asked.ended;
            if (asked.hurried)
                report(connection);
        }
    }
}

void closing_run(struct connection *connection)
{
    struct ending *ending = &connection->ending;
    bool ended = connection->wire.status == WIRE_ENDED;

    if (!ending->by_client && !ended && connection->wire.status != WIRE_CUT) {
        struct ending before = *ending;

        /* A script may want another end than the usual one. */
        ending->decided = false;
        if (script_run(connection, SITE_CLOSE) == 0)
            *ending = before;
    }
    if (ending->how == ENDING_RESET && !ending->by_client) {
        report(connection);
        wire_reset(&connection->wire);
        return;
    }
    if (ending->by_client)
        report(connection);
    say_goodbye(connection);
    if (ending->by_client)
        return;
    wire_shutdown(&connection->wire);
    if (!ended)
        linger(connection);
    report(connection);
}
