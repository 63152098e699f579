#include "fake_server/script.h"
#include "fake_server/connection.h"
#include "fake_server/input.h"
#include "fake_server/tls.h"

#include <string.h>
#include <strings.h>

enum action {
    ACTION_DELAY = 1,
    ACTION_STALL = 2,
    ACTION_ASK = 4,
    ACTION_ALERT = 8,
    ACTION_REPLY = 16,
    ACTION_INJECT = 32,
    ACTION_FRAGMENT = 64,
    ACTION_CLOSE = 128
};

static const char *const site_names[SITE_COUNT] = {
    [SITE_CONNECT] = "connect",
    [SITE_CLIENT_HELLO] = "client_hello",
    [SITE_CERTIFICATE] = "certificate",
    [SITE_FINISHED] = "finished",
    [SITE_TICKET] = "ticket",
    [SITE_VERB] = "verb",
    [SITE_BODY] = "body",
    [SITE_CLOSE] = "close",
};

/* Dropping keywords is no action of which there is one: any number may go. */
static int actions_of(const struct fake_server_delta *delta)
{
    return (delta->delay_ms > 0 ? ACTION_DELAY : 0) | (delta->stall ? ACTION_STALL : 0) |
           (delta->ask_certificate ? ACTION_ASK : 0) | (delta->alert != NULL ? ACTION_ALERT : 0) |
           (delta->reply != NULL || delta->bytes != NULL ? ACTION_REPLY : 0) |
           (delta->inject != NULL ? ACTION_INJECT : 0) |
           (delta->fragment > 0 ? ACTION_FRAGMENT : 0) |
           (delta->close != CLOSE_NO ? ACTION_CLOSE : 0);
}

/* "DATA after N lines" is a place in the body. */
static enum fake_server_site site_of(const struct fake_server_delta *delta)
{
    if (delta->site == SITE_VERB && delta->after_lines > 0 && delta->verb != NULL &&
        strcasecmp(delta->verb, "DATA") == 0)
        return SITE_BODY;
    return delta->site;
}

/* A delta of the body that answers belongs to the final dot; one that only disturbs is due at once.
 */
static bool matches_body(const struct fake_server_delta *delta, int lines)
{
    bool answers = (actions_of(delta) & (ACTION_REPLY | ACTION_INJECT | ACTION_FRAGMENT)) != 0;

    if (delta->after_lines > 0)
        return delta->after_lines == lines;
    return lines == (answers ? SCRIPT_BODY_END : SCRIPT_BODY_AT_ONCE);
}

static bool matches(const struct fake_server_delta *delta, const struct connection *connection,
                    enum fake_server_site site, const char *verb, int lines)
{
    if (site_of(delta) != site)
        return false;
    if (delta->connection > 0 && delta->connection != connection->turn)
        return false;
    if (site == SITE_VERB)
        return verb != NULL && delta->verb != NULL && strcasecmp(delta->verb, verb) == 0;
    return site != SITE_BODY || matches_body(delta, lines);
}

/* Takes one of the times that a delta may fire. */
static bool take_turn(atomic_int *fired, int times)
{
    int so_far = atomic_load(fired);

    while (times == 0 || so_far < times)
        if (atomic_compare_exchange_weak(fired, &so_far, so_far + 1))
            return true;
    return false;
}

static void report(const struct connection *connection, const struct fake_server_delta *delta,
                   size_t index)
{
    const char *note = "the client cannot be asked";
    struct event_field fields[] = {
        EVENT_STRING("site", site_names[delta->site]),
        EVENT_STRING("verb", delta->verb),
        EVENT_NUMBER("index", (long long)index),
        EVENT_STRING("note", note),
    };
    bool noted = delta->ask_certificate && !tls_can_ask(connection);

    connection_emit(connection, EVENT_SCRIPT, fields, noted ? 4 : 3);
}

void script_find(struct connection *connection, enum fake_server_site site, const char *verb,
                 int lines, struct script_plan *plan)
{
    const struct settings *settings = connection->settings;
    int taken = 0;

    plan->n = 0;
    for (size_t i = 0; i < settings->given.n_script && plan->n < SCRIPT_PLAN_MAX; i++) {
        const struct fake_server_delta *delta = &settings->given.script[i];

        if (!matches(delta, connection, site, verb, lines) || (actions_of(delta) & taken) != 0 ||
            !take_turn(&settings->fired[i], delta->times))
            continue;
        taken |= actions_of(delta);
        plan->rows[plan->n++] = delta;
        report(connection, delta, i);
    }
}

static void do_delay(struct connection *connection, const struct fake_server_delta *delta)
{
    if (delta->delay_ms > 0)
        wire_delay(&connection->wire, delta->delay_ms);
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

static void do_stall(struct connection *connection, const struct fake_server_delta *delta)
{
    static const enum ending_how how[] = {
        [WIRE_TIMEOUT] = ENDING_TIMEOUT, [WIRE_ENDED] = ENDING_TRUNCATED
    };

    if (!delta->stall)
        return;
    wire_stall(&connection->wire);
    if (connection->wire.status == WIRE_TIMEOUT || connection->wire.status == WIRE_ENDED)
        connection_end(connection, false, how[connection->wire.status]);
    else
        end_stall(connection);
}

static void do_ask(struct connection *connection, const struct fake_server_delta *delta)
{
    if (delta->ask_certificate)
        tls_ask(connection);
}

static void do_alert(struct connection *connection, const struct fake_server_delta *delta)
{
    if (delta->alert != NULL)
        tls_send_alert(connection, delta->alert);
}

static int each(struct connection *connection, const struct script_plan *plan,
                void (*act)(struct connection *, const struct fake_server_delta *))
{
    for (size_t i = 0; i < plan->n && !connection->ending.decided; i++)
        act(connection, plan->rows[i]);
    return connection->ending.decided ? -1 : 0;
}

int script_begin(struct connection *connection, const struct script_plan *plan)
{
    static void (*const acts[])(struct connection *,
                                const struct fake_server_delta *) = { do_delay, do_stall, do_ask,
                                                                      do_alert };
    int result = 0;

    for (size_t i = 0; i < sizeof acts / sizeof *acts && result == 0; i++)
        result = each(connection, plan, acts[i]);
    return result;
}

static void do_close(struct connection *connection, const struct fake_server_delta *delta)
{
    static const enum ending_how how[] = { [CLOSE_CLEAN] = ENDING_CLEAN,
                                           [CLOSE_TRUNCATED] = ENDING_TRUNCATED,
                                           [CLOSE_RESET] = ENDING_RESET };

    if (delta->close == CLOSE_NO)
        return;
    connection_end(connection, false, how[delta->close]);
    if (connection->handshake.running)
        wire_cut(&connection->wire);
}

int script_finish(struct connection *connection, const struct script_plan *plan)
{
    return each(connection, plan, do_close);
}

/* Below TLS while it is being made, as application data when it is there. */
static void do_bytes(struct connection *connection, const struct fake_server_delta *delta)
{
    if (delta->bytes == NULL)
        return;
    connection_report_inject(connection, delta->bytes, delta->bytes_size);
    if (connection->handshake.running) {
        wire_write(&connection->wire, delta->bytes, delta->bytes_size);
        wire_flush(&connection->wire);
    } else {
        connection_write(connection, delta->bytes, delta->bytes_size);
    }
}

int script_run_plan(struct connection *connection, const struct script_plan *plan)
{
    if (script_begin(connection, plan) < 0 || each(connection, plan, do_bytes) < 0)
        return -1;
    return script_finish(connection, plan);
}

int script_run(struct connection *connection, enum fake_server_site site)
{
    struct script_plan plan;

    script_find(connection, site, NULL, 0, &plan);
    return script_run_plan(connection, &plan);
}

const struct fake_server_delta *script_reply(const struct script_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->rows[i]->reply != NULL)
            return plan->rows[i];
    return NULL;
}

const struct fake_server_delta *script_bytes(const struct script_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->rows[i]->bytes != NULL)
            return plan->rows[i];
    return NULL;
}

const struct fake_server_delta *script_inject(const struct script_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->rows[i]->inject != NULL)
            return plan->rows[i];
    return NULL;
}

int script_fragment(const struct script_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->rows[i]->fragment > 0)
            return plan->rows[i]->fragment;
    return 0;
}

bool script_drops(const struct script_plan *plan, const char *keyword)
{
    for (size_t i = 0; i < plan->n; i++) {
        const char *dropped = plan->rows[i]->drop_capability;
        size_t length = dropped == NULL ? 0 : strlen(dropped);

        if (length > 0 && strncasecmp(dropped, keyword, length) == 0 &&
            (keyword[length] == '\0' || keyword[length] == ' '))
            return true;
    }
    return false;
}
