#include "fake_server/script.h"
#include "fake_server/actions.h"
#include "fake_server/connection.h"
#include "fake_server/tls.h"

#include <string.h>
#include <strings.h>

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
    bool answers = actions_shape_reply(delta);

    if (delta->after_lines > 0)
        return delta->after_lines == lines;
    return lines == (answers ? SCRIPT_BODY_END : SCRIPT_BODY_AT_ONCE);
}

static bool matches(const struct fake_server_delta *delta, const struct connection *connection,
                    enum fake_server_site site, const char *verb, int lines)
{
    if (site_of(delta) != site)
        return false;
    if (delta->connection > 0 && delta->connection != connection->turn &&
        !MUTANT(on_every_connection))
        return false;
    if (site == SITE_VERB)
        return verb != NULL && delta->verb != NULL && strcasecmp(delta->verb, verb) == 0;
    return site != SITE_BODY || matches_body(delta, lines);
}

/* Takes one of the times that a delta may fire. */
static bool take_turn(atomic_int *fired, int times)
{
    int so_far = atomic_load(fired);

    while (times == 0 || so_far < times || MUTANT(times_without_end))
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
    unsigned taken = 0;

    plan->n = 0;
    for (size_t i = 0; i < settings->given.n_script && plan->n < SCRIPT_PLAN_MAX; i++) {
        const struct fake_server_delta *delta = &settings->given.script[i];

        if (MUTANT(no_script) || !matches(delta, connection, site, verb, lines) ||
            (actions_of(delta) & taken) != 0 || !take_turn(&settings->fired[i], delta->times))
            continue;
        taken |= actions_of(delta);
        plan->rows[plan->n++] = delta;
        report(connection, delta, i);
    }
}

static int run(struct connection *connection, const struct script_plan *plan, enum action_time time)
{
    for (const struct action *action = actions; action->run != NULL; action++)
        for (size_t i = 0; i < plan->n && action->time == time; i++) {
            if (connection->ending.decided)
                return -1;
            if (action->wanted(plan->rows[i]))
                action->run(connection, plan->rows[i]);
        }
    return connection->ending.decided ? -1 : 0;
}

int script_begin(struct connection *connection, const struct script_plan *plan)
{
    return run(connection, plan, ACTION_BEFORE);
}

int script_finish(struct connection *connection, const struct script_plan *plan)
{
    return run(connection, plan, ACTION_AFTER);
}

int script_run_plan(struct connection *connection, const struct script_plan *plan)
{
    if (script_begin(connection, plan) < 0 || run(connection, plan, ACTION_INSTEAD) < 0)
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
        if (plan->rows[i]->fragment != 0)
            return plan->rows[i]->fragment;
    return 0;
}

struct script_form script_form(const struct script_plan *plan)
{
    struct script_form form = { 0, 0, ANSWER_ONCE };

    for (size_t i = 0; i < plan->n; i++) {
        if (plan->rows[i]->lines > 0)
            form.lines = plan->rows[i]->lines;
        if (plan->rows[i]->fill > 0)
            form.fill = plan->rows[i]->fill;
        if (plan->rows[i]->answer != ANSWER_ONCE)
            form.answer = plan->rows[i]->answer;
    }
    return form;
}

bool script_believes(const struct script_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->rows[i]->believe)
            return true;
    return false;
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
