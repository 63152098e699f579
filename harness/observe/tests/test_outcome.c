/* What is made of a client that says no more than "no", and of what the script did. */
#include "harness/observe/tests/fixture.h"

#include <criterion/criterion.h>
#include <string.h>

#define MAIL                                                                                       \
    "title: t\nserver: {tls: \"1.3\"%s}\nclient: {certificates: [alice]}\nsteps:\n  - send: {}\n"
#define EVENTS_MAX 6

static struct fixture f;

static void init(const char *server)
{
    char yaml[512];

    (void)snprintf(yaml, sizeof(yaml), MAIL, server);
    fixture_init(&f, yaml);
}

static const char *fact(enum fact_id id)
{
    return observe_words(f.context, &fixture_observe(&f)->steps[0].facts[id]);
}

struct event_text {
    const char *name, *members;
};

#define OPEN                                                                                       \
    {                                                                                              \
        "connection.open", ""                                                                      \
    }
#define HELLO                                                                                      \
    {                                                                                              \
        "tls.client_hello", "\"offered\":\"none\""                                                 \
    }
#define ASKED                                                                                      \
    {                                                                                              \
        "tls.certificate_request", "\"names\":[]"                                                  \
    }
#define HANDSHAKE                                                                                  \
    {                                                                                              \
        "tls.handshake", "\"version\":\"1.3\",\"resumed\":\"no\",\"identity\":\"\""                \
    }
#define REPLY(line)                                                                                \
    {                                                                                              \
        "smtp.reply", "\"lines\":[\"" line "\"]"                                                   \
    }
#define SAID(line, tls)                                                                            \
    {                                                                                              \
        "smtp.command", "\"verb\":\"X\",\"line\":\"" line "\",\"tls\":" tls                        \
    }
#define ALERT(way, level)                                                                          \
    {                                                                                              \
        "tls.alert", "\"direction\":\"" way "\",\"level\":\"" level "\",\"name\":\"unknown_ca\""   \
    }

/* clang-format off */
static const struct outcome_case {
    const char *name;
    struct event_text events[EVENTS_MAX];
    const char *want;
} outcome_cases[] = {
    { "it never came", { { NULL, NULL } }, "connect-failed" },
    { "the server refused after it had asked", { OPEN, HELLO, ASKED, ALERT("sent", "fatal") }, "tls-refused" },
    { "the server refused and had not asked", { OPEN, HELLO, ALERT("sent", "fatal") }, "tls-failed" },
    { "the client refused", { OPEN, HELLO, ASKED, ALERT("received", "fatal") }, "tls-failed" },
    { "a refusal after the handshake, as in TLS 1.3", { OPEN, HELLO, ASKED, HANDSHAKE, ALERT("sent", "fatal") }, "tls-refused" },
    { "an alert is only an alert after a ClientHello", { OPEN, REPLY("220 x"), ALERT("sent", "fatal") }, "no-starttls" },
    { "a warning refuses nothing", { OPEN, HELLO, ASKED, HANDSHAKE, ALERT("sent", "warning"), REPLY("550 no") }, "refused-by-smtp" },
    { "it went away in the handshake", { OPEN, HELLO, ASKED }, "tls-failed" },
    { "the last reply was a 5yz", { OPEN, HELLO, HANDSHAKE, REPLY("250 ok"), REPLY("550 no") }, "refused-by-smtp" },
    { "the last reply was a 4yz", { OPEN, HELLO, HANDSHAKE, REPLY("451 later") }, "refused-by-smtp" },
    { "the answer to QUIT does not count", { OPEN, HELLO, HANDSHAKE, REPLY("550 no"), REPLY("221 bye") }, "refused-by-smtp" },
    { "a refusal that was followed by an acceptance", { OPEN, HELLO, HANDSHAKE, REPLY("503 no"), REPLY("250 ok") }, "protocol-violation" },
    { "it went away after the handshake", { OPEN, HELLO, HANDSHAKE }, "protocol-violation" },
    { "it said STARTTLS and went away", { OPEN, SAID("StartTLS", "false") }, "protocol-violation" },
    { "it never said STARTTLS", { OPEN, SAID("EHLO x", "false"), REPLY("250 x") }, "no-starttls" },
};
/* clang-format on */

Test(outcome, is_deduced_where_a_client_only_gives_an_exit_code, .timeout = 30)
{
    for (size_t i = 0; i < sizeof(outcome_cases) / sizeof(outcome_cases[0]); i++) {
        const struct outcome_case *row = &outcome_cases[i];

        init("");
        for (size_t j = 0; j < EVENTS_MAX && row->events[j].name != NULL; j++)
            fixture_event(&f, row->events[j].name, 1, 1, row->events[j].members);
        fixture_answer(&f, 1, "");
        cr_expect_str_eq(fact(FACT_OUTCOME), row->want, "%s: got %s", row->name,
                         fact(FACT_OUTCOME));
        fixture_release(&f);
    }
}

Test(outcome, that_the_client_tells_is_taken_and_a_deadline_outweighs_it, .timeout = 20)
{
    init("");
    fixture_event(&f, "connection.open", 1, 1, "");
    fixture_answer(&f, 1, "refused-by-smtp");
    cr_expect_str_eq(fact(FACT_OUTCOME), "refused-by-smtp");
    f.evidence->answers[0].timed_out = true;
    cr_expect_str_eq(fact(FACT_OUTCOME), "timeout");
    fixture_release(&f);
}

/* clang-format off */
static const struct script_case {
    const char *name, *row;
    int index;
    bool cut, stalled;
} script_cases[] = {
    { "a stall", "{on: RCPT, stall: yes}", 0, true, true },
    { "a close", "{on: RCPT, close: reset}", 0, true, false },
    { "an alert", "{on: RCPT, alert: internal_error}", 0, true, false },
    { "bytes that are no reply", "{on: RCPT, bytes: \"x\"}", 0, true, false },
    { "a reply is an answer", "{on: RCPT, reply: \"550 no\"}", 0, false, false },
    { "an injection comes beside the answer", "{on: STARTTLS, inject: \"250 x\\r\\n\"}", 0, false, false },
    { "the row that did not fire", "{on: RCPT, reply: \"550 no\"}, {on: DATA, stall: yes}", 0, false, false },
    { "the second row", "{on: RCPT, reply: \"550 no\"}, {on: DATA, stall: yes}", 1, true, true },
    { "no row", "{on: RCPT, stall: yes}", 7, false, false },
    { "less than a row", "{on: RCPT, stall: yes}", -1, false, false },
};
/* clang-format on */

Test(outcome, what_the_script_did_is_known_by_its_row, .timeout = 20)
{
    for (size_t i = 0; i < sizeof(script_cases) / sizeof(script_cases[0]); i++) {
        const struct script_case *row = &script_cases[i];
        const struct observed_connection *connection;
        char text[256];

        (void)snprintf(text, sizeof(text), ", script: [%s]", row->row);
        init(text);
        fixture_event(&f, "connection.open", 1, 1, "");
        (void)snprintf(text, sizeof(text), "\"site\":\"verb\",\"verb\":\"RCPT\",\"index\":%d",
                       row->index);
        fixture_event(&f, "script", 1, 1, text);
        connection = fixture_observe(&f)->steps[0].connection;
        cr_expect_eq(connection->cut, row->cut, "%s: cut", row->name);
        cr_expect_eq(connection->stalled, row->stalled, "%s: stalled", row->name);
        fixture_answer(&f, 1, "");
        cr_expect_eq(strcmp(fact(FACT_OUTCOME), "timeout") == 0, row->stalled, "%s: got %s",
                     row->name, fact(FACT_OUTCOME));
        fixture_release(&f);
    }
}
