#include "fake_server/connection.h"
#include "fake_server/capture.h"
#include "fake_server/closing.h"
#include "fake_server/server.h"
#include "fake_server/smtp.h"
#include "fake_server/tls.h"

#include <openssl/err.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

int connection_end(struct connection *connection, bool by_client, enum ending_how how)
{
    if (!connection->ending.decided)
        connection->ending = (struct ending){ true, by_client, how };
    return -1;
}

struct sessions *connection_sessions(const struct connection *connection)
{
    return server_sessions(connection->server);
}

void connection_emit(const struct connection *connection, enum event_id id,
                     const struct event_field *fields, size_t n)
{
    const struct described *described = connection->described;

    if (described == NULL) {
        server_emit(connection->server, connection->number, id, fields, n);
        return;
    }
    described->sink(described->context, &(struct event){ .id = id,
                                                         .time_us = described->sight->time_us,
                                                         .connection = described->sight->connection,
                                                         .step = described->sight->step,
                                                         .fields = fields,
                                                         .n_fields = n });
}

void connection_report_error(const struct connection *connection, const char *where,
                             const char *text)
{
    CONNECTION_EMIT(connection, EVENT_ERROR, EVENT_STRING("where", where),
                    EVENT_STRING("text", text));
}

void connection_report_inject(struct connection *connection, const char *bytes, size_t size)
{
    char *text = memory_escape(bytes, size);

    connection->suspicious |= connection->ssl == NULL;
    CONNECTION_EMIT(connection, EVENT_INJECT, EVENT_STRING("bytes", text),
                    EVENT_BOOL("tls", connection->ssl != NULL));
    free(text);
}

/* In records as small as a script wants them. Returns what SSL_write() returns. */
static int write_records(struct connection *connection, const char *bytes, size_t size)
{
    struct fault *fault = &connection->wire.fault;
    int n = 1;

    while (size > 0 && n > 0) {
        size_t piece = fault_size(fault, fault->record);

        if (piece == 0 || piece > size)
            piece = size;
        n = SSL_write(connection->ssl, bytes, (int)piece);
        bytes += piece;
        size -= piece;
    }
    return n;
}

int connection_write(struct connection *connection, const char *bytes, size_t size)
{
    int n = 1;

    ERR_clear_error();
    if (connection->ssl == NULL)
        wire_write(&connection->wire, bytes, size);
    else
        n = write_records(connection, bytes, size);
    if (wire_flush(&connection->wire) == 0 && n > 0)
        return 0;
    if (connection->wire.status == WIRE_CUT)
        return connection_end(connection, false, ENDING_TRUNCATED);
    if (connection->wire.status == WIRE_TIMEOUT)
        return connection_end(connection, false, ENDING_TIMEOUT);
    if (connection->wire.status == WIRE_ENDED)
        return connection_end(connection, false, ENDING_TRUNCATED);
    return connection_end(connection, true, ENDING_RESET);
}

static void *serve(void *argument)
{
    struct connection *connection = argument;

    smtp_run(connection);
    closing_run(connection);
    SSL_free(connection->ssl);
    connection->ssl = NULL;
    pthread_mutex_lock(connection->presence.lock);
    wire_release(&connection->wire);
    connection->presence.state = PRESENCE_OVER;
    pthread_cond_broadcast(connection->presence.changed);
    pthread_mutex_unlock(connection->presence.lock);
    OPENSSL_thread_stop();
    return NULL;
}

static void release(struct connection *connection)
{
    smtp_release(connection);
    presence_release(&connection->presence);
    settings_free(connection->settings);
    tls_forget_identity(connection);
    free(connection->handshake.sni);
    free(connection->handshake.signature);
    free(connection->input.bytes);
    free(connection);
}

struct connection *connection_open(struct fake_server *server, struct settings *settings,
                                   const char *port, int fd, int number, int peer_port)
{
    struct connection *connection = memory_new(sizeof *connection);
    int on = 1;

    /* Without it a greeting that follows tickets waits 40 ms for an acknowledgement. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->server = server;
    connection->settings = settings;
    connection->port = settings_find_port(settings, port);
    connection->number = number;
    connection->opened_us = presence_now_us();
    connection->turn = server_find_turn(server, number);
    connection->input.bytes = memory_new(INPUT_START);
    connection->input.room = INPUT_START;
    presence_init(&connection->presence, server_lock(server), server_changed(server), fd);
    wire_init(&connection->wire, fd, &connection->presence, settings->given.deadline_ms);
    connection->wire.capture = settings->given.capture;
    connection->wire.number = number;
    fault_init(&connection->wire.fault, settings->given.seed, connection->turn);
    capture_open(settings->given.capture, number, peer_port, fake_server_port(server),
                 connection->port->given.mode);
    if (connection->presence.wakeup >= 0 &&
        pthread_create(&connection->thread, NULL, serve, connection) == 0)
        return connection;
    wire_release(&connection->wire);
    release(connection);
    return NULL;
}

void connection_close(struct connection *connection)
{
    pthread_join(connection->thread, NULL);
    release(connection);
}
