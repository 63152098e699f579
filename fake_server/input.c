#include "fake_server/input.h"
#include "fake_server/connection.h"
#include "fake_server/tls.h"

#include <openssl/err.h>

#include <string.h>

static size_t make_room(struct input *input)
{
    size_t left = input->end - input->start;

    if (input->start > 0)
        memmove(input->bytes, input->bytes + input->start, left);
    input->start = 0;
    input->end = left;
    if (left == input->room && input->room < INPUT_SIZE) {
        input->room = 4 * input->room;
        input->bytes = memory_grow(input->bytes, input->room);
    }
    return input->room - left;
}

static int fail(struct input *input, bool by_client, enum ending_how how)
{
    input->ending = (struct ending){ true, by_client, how };
    return -1;
}

/* What the state of the wire means for an established connection. */
static int fail_wire(const struct connection *connection, struct input *input)
{
    static const struct {
        bool by_client;
        enum ending_how how;
    } rows[] = {
        [WIRE_OPEN] = { false, ENDING_CLEAN },      [WIRE_EOF] = { true, ENDING_CLEAN },
        [WIRE_RESET] = { true, ENDING_RESET },      [WIRE_TIMEOUT] = { false, ENDING_TIMEOUT },
        [WIRE_DISMISSED] = { false, ENDING_CLEAN }, [WIRE_ENDED] = { false, ENDING_TRUNCATED },
        [WIRE_CUT] = { false, ENDING_TRUNCATED },
    };
    enum wire_status status = connection->wire.status;

    if (status == WIRE_EOF && connection->ssl != NULL)
        return fail(input, true, ENDING_TRUNCATED);
    return fail(input, rows[status].by_client, rows[status].how);
}

/* Returns the count, 0 when nothing is there yet, -1 when there will be no more. */
static int read_plain(struct connection *connection, char *bytes, size_t size)
{
    struct wire *wire = &connection->wire;
    int n = wire_read(wire, bytes, size);

    if (n > 0)
        return n;
    if (n < 0 && wire->status == WIRE_OPEN)
        return 0;
    return fail_wire(connection, &connection->input);
}

static int read_tls(struct connection *connection, char *bytes, size_t size)
{
    struct wire *wire = &connection->wire;
    int n;
    int error;

    ERR_clear_error();
    n = SSL_read(connection->ssl, bytes, (int)size);
    if (n > 0)
        return n;
    error = SSL_get_error(connection->ssl, n);
    if (error == SSL_ERROR_WANT_READ && wire->status == WIRE_OPEN)
        return 0;
    if (error == SSL_ERROR_ZERO_RETURN && connection->handshake.close_notify)
        return fail(&connection->input, true, ENDING_CLEAN);
    if (wire->status != WIRE_OPEN)
        return fail_wire(connection, &connection->input);
    if (connection->handshake.asking)
        tls_fail(connection);
    connection->handshake.failed = true;
    return fail(&connection->input, ERR_GET_REASON(ERR_peek_error()) >= SSL_AD_REASON_OFFSET,
                ENDING_CLEAN);
}

static int read_some(struct connection *connection)
{
    struct input *input = &connection->input;
    size_t room = make_room(input);
    int n;

    if (input->ending.decided)
        return -1;
    if (room == 0)
        return 0;
    n = connection->ssl == NULL ? read_plain(connection, input->bytes + input->end, room)
                                : read_tls(connection, input->bytes + input->end, room);
    if (n > 0)
        input->end += (size_t)n;
    return n;
}

int input_fill(struct connection *connection)
{
    const struct ending *ending = &connection->input.ending;

    if (connection->input.end - connection->input.start == INPUT_SIZE) {
        CONNECTION_EMIT(connection, EVENT_LIMIT, EVENT_STRING("what", "unread commands"));
        return connection_end(connection, false, ENDING_CLEAN);
    }
    if (connection->ending.decided)
        return -1;
    if (read_some(connection) >= 0)
        return connection->ending.decided ? -1 : 0;
    return connection_end(connection, ending->by_client, ending->how);
}

void input_mark(struct connection *connection)
{
    struct input *input = &connection->input;

    connection->wire.eager = true;
    while (connection->wire.status == WIRE_OPEN && read_some(connection) > 0)
        continue;
    connection->wire.eager = false;
    input->reply_mark = input->taken + (input->end - input->start);
}

static void take(struct input *input, size_t size, bool whole, struct input_line *line)
{
    *line = (struct input_line){ input->bytes + input->start, size, whole,
                                 input->taken < input->reply_mark };
    input->start += size;
    input->taken += size;
}

static int get(struct connection *connection, const char *end, size_t end_size,
               struct input_line *line)
{
    struct input *input = &connection->input;

    for (;;) {
        char *start = input->bytes + input->start;
        size_t size = input->end - input->start;
        char *found = memmem(start, size, end, end_size);

        if (found != NULL) {
            take(input, (size_t)(found - start) + end_size, true, line);
            return 0;
        }
        /* The last byte may be the first one of an end. */
        if (size == INPUT_SIZE) {
            take(input, size - 1, false, line);
            return 0;
        }
        if (input_fill(connection) < 0)
            return -1;
    }
}

/* A line has to be complete in time: a byte now and then does not keep a connection alive. */
static int get_in_time(struct connection *connection, const char *end, struct input_line *line)
{
    int result;

    wire_begin_turn(&connection->wire);
    result = get(connection, end, strlen(end), line);
    wire_end_turn(&connection->wire);
    return result;
}

int input_get_line(struct connection *connection, struct input_line *line)
{
    return get_in_time(connection, "\n", line);
}

int input_get_text(struct connection *connection, struct input_line *line)
{
    return get_in_time(connection, "\r\n", line);
}

int input_get_bytes(struct connection *connection, size_t max, struct input_line *bytes)
{
    struct input *input = &connection->input;
    size_t size;

    wire_begin_turn(&connection->wire);
    while (input->end == input->start)
        if (input_fill(connection) < 0)
            return -1;
    wire_end_turn(&connection->wire);
    size = input->end - input->start;
    take(input, size < max ? size : max, false, bytes);
    return 0;
}

bool input_take_rest(struct connection *connection, struct input_line *line)
{
    struct input *input = &connection->input;
    size_t size = input->end - input->start;
    const char *found = memchr(input->bytes + input->start, '\n', size);

    if (size == 0)
        return false;
    if (found != NULL)
        size = (size_t)(found - (input->bytes + input->start)) + 1;
    take(input, size, found != NULL, line);
    return true;
}

void input_clear(struct connection *connection)
{
    struct input *input = &connection->input;

    input->start = input->end = 0;
    input->reply_mark = input->taken;
}
