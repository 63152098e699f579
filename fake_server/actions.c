#include "fake_server/actions.h"
#include "fake_server/connection.h"
#include "fake_server/input.h"
#include "fake_server/smtp.h"
#include "fake_server/tls.h"

#include <stdlib.h>

/* --- of the wire, from here on --- */

static bool wants_segment(const struct fake_server_delta *delta)
{
    return delta->segment != 0;
}

static void set_segment(struct connection *connection, const struct fake_server_delta *delta)
{
    connection->wire.fault.segment = delta->segment;
}

static bool wants_record(const struct fake_server_delta *delta)
{
    return delta->record != 0;
}

static void set_record(struct connection *connection, const struct fake_server_delta *delta)
{
    connection->wire.fault.record = delta->record;
    if (connection->ssl != NULL)
        tls_limit_records(connection);
}

static bool wants_throttle(const struct fake_server_delta *delta)
{
    return delta->throttle > 0;
}

static void set_throttle(struct connection *connection, const struct fake_server_delta *delta)
{
    connection->wire.fault.throttle = delta->throttle;
}

static bool wants_cut(const struct fake_server_delta *delta)
{
    return delta->cut > 0;
}

static void set_cut(struct connection *connection, const struct fake_server_delta *delta)
{
    connection->wire.fault.cuts = true;
    connection->wire.fault.left = (size_t)delta->cut;
}

static bool wants_corrupt(const struct fake_server_delta *delta)
{
    return delta->corrupt;
}

static void set_corrupt(struct connection *connection, const struct fake_server_delta *delta)
{
    (void)delta;
    connection->wire.fault.corrupt = true;
}

/* --- before a reply --- */

static bool wants_delay(const struct fake_server_delta *delta)
{
    return delta->delay_ms > 0;
}

static void delay(struct connection *connection, const struct fake_server_delta *delta)
{
    wire_delay(&connection->wire, delta->delay_ms);
}

static bool wants_stall(const struct fake_server_delta *delta)
{
    return delta->stall;
}

/* The client has closed: what it said before is never answered, and read only to see how it closed.
 */
static void end_stall(struct connection *connection)
{
    if (connection->handshake.running) {
        connection_end(connection, true, ENDING_TRUNCATED);
        wire_cut(&connection->wire);
        return;
    }
    while (input_fill(connection) == 0)
        input_clear(connection);
}

static void stall(struct connection *connection, const struct fake_server_delta *delta)
{
    static const enum ending_how how[] = {
        [WIRE_TIMEOUT] = ENDING_TIMEOUT, [WIRE_ENDED] = ENDING_TRUNCATED
    };

    (void)delta;
    wire_stall(&connection->wire);
    if (connection->wire.status == WIRE_TIMEOUT || connection->wire.status == WIRE_ENDED)
        connection_end(connection, false, how[connection->wire.status]);
    else
        end_stall(connection);
}

static bool wants_question(const struct fake_server_delta *delta)
{
    return delta->ask_certificate;
}

static void ask(struct connection *connection, const struct fake_server_delta *delta)
{
    (void)delta;
    tls_ask(connection);
}

static bool wants_tickets(const struct fake_server_delta *delta)
{
    return delta->tickets > 0;
}

static void issue_tickets(struct connection *connection, const struct fake_server_delta *delta)
{
    tls_issue_tickets(connection, delta->tickets);
}

static void send_below(struct connection *connection, const char *bytes, size_t size)
{
    connection_report_inject(connection, bytes, size);
    wire_write(&connection->wire, bytes, size);
    wire_flush(&connection->wire);
}

static bool wants_raw(const struct fake_server_delta *delta)
{
    return delta->raw != NULL;
}

static void send_raw(struct connection *connection, const struct fake_server_delta *delta)
{
    send_below(connection, delta->raw, delta->raw_size);
}

static bool wants_garbage(const struct fake_server_delta *delta)
{
    return delta->garbage > 0;
}

static void send_garbage(struct connection *connection, const struct fake_server_delta *delta)
{
    char *bytes = memory_new((size_t)delta->garbage);

    for (int i = 0; i < delta->garbage; i++)
        bytes[i] = (char)fault_draw(&connection->wire.fault, 256);
    send_below(connection, bytes, (size_t)delta->garbage);
    free(bytes);
}

static bool wants_alert(const struct fake_server_delta *delta)
{
    return delta->alert != NULL;
}

static void send_alert(struct connection *connection, const struct fake_server_delta *delta)
{
    tls_send_alert(connection, delta->alert);
}

/* --- the reply, and what stands for one --- */

static bool wants_reply(const struct fake_server_delta *delta)
{
    return delta->reply != NULL || delta->bytes != NULL;
}

/* Below TLS while it is being made, as application data when it is there. */
static void send_bytes(struct connection *connection, const struct fake_server_delta *delta)
{
    if (delta->bytes == NULL)
        return;
    if (connection->handshake.running) {
        send_below(connection, delta->bytes, delta->bytes_size);
        return;
    }
    connection_report_inject(connection, delta->bytes, delta->bytes_size);
    connection_write(connection, delta->bytes, delta->bytes_size);
}

static bool wants_injection(const struct fake_server_delta *delta)
{
    return delta->inject != NULL;
}

static bool wants_form(const struct fake_server_delta *delta)
{
    return delta->fragment != 0 || delta->fill > 0 || delta->lines > 0;
}

static bool wants_answer(const struct fake_server_delta *delta)
{
    return delta->answer != ANSWER_ONCE;
}

static bool wants_belief(const struct fake_server_delta *delta)
{
    return delta->believe;
}

/* --- after it --- */

static bool wants_close(const struct fake_server_delta *delta)
{
    return delta->close != CLOSE_NO;
}

static void close_half(struct connection *connection)
{
    wire_flush(&connection->wire);
    wire_shutdown(&connection->wire);
    if (!connection->handshake.running)
        smtp_listen(connection);
    else
        wire_stall(&connection->wire);
    connection_end(connection, true, ENDING_TRUNCATED);
}

static void close_all(struct connection *connection, const struct fake_server_delta *delta)
{
    static const enum ending_how how[] = { [CLOSE_CLEAN] = ENDING_CLEAN,
                                           [CLOSE_TRUNCATED] = ENDING_TRUNCATED,
                                           [CLOSE_RESET] = ENDING_RESET };

    if (delta->close == CLOSE_HALF)
        close_half(connection);
    else
        connection_end(connection, false, how[delta->close]);
    if (connection->handshake.running)
        wire_cut(&connection->wire);
}

static void run_nothing(struct connection *connection, const struct fake_server_delta *delta)
{
    (void)connection;
    (void)delta;
}

const struct action actions[] = {
    { ACTION_BEFORE, wants_segment, set_segment },
    { ACTION_BEFORE, wants_record, set_record },
    { ACTION_BEFORE, wants_throttle, set_throttle },
    { ACTION_BEFORE, wants_cut, set_cut },
    { ACTION_BEFORE, wants_corrupt, set_corrupt },
    { ACTION_BEFORE, wants_delay, delay },
    { ACTION_BEFORE, wants_stall, stall },
    { ACTION_BEFORE, wants_question, ask },
    { ACTION_BEFORE, wants_tickets, issue_tickets },
    { ACTION_BEFORE, wants_raw, send_raw },
    { ACTION_BEFORE, wants_garbage, send_garbage },
    { ACTION_BEFORE, wants_alert, send_alert },
    { ACTION_INSTEAD, wants_reply, send_bytes },
    { ACTION_SHAPE, wants_injection, run_nothing },
    { ACTION_SHAPE, wants_form, run_nothing },
    { ACTION_SHAPE, wants_answer, run_nothing },
    { ACTION_SHAPE, wants_belief, run_nothing },
    { ACTION_AFTER, wants_close, close_all },
    { ACTION_AFTER, NULL, NULL },
};

unsigned actions_of(const struct fake_server_delta *delta)
{
    unsigned wanted = 0;

    for (unsigned i = 0; actions[i].wanted != NULL; i++)
        wanted |= actions[i].wanted(delta) ? 1u << i : 0;
    return wanted;
}

bool actions_shape_reply(const struct fake_server_delta *delta)
{
    return wants_reply(delta) || wants_injection(delta) || wants_form(delta) || wants_answer(delta);
}
