#include "harness/scenario/schema.h"
#include "harness/smtp_client/probe.h"
#include "harness/smtp_client/tests/stage.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

Test(probe, knows_every_act_of_the_language)
{
    size_t n = 0;

    for (const struct schema_row *row = schema_rows; row->key != NULL; row++) {
        if (row->section != SECTION_PROBE || strcmp(row->key, "on") == 0 ||
            strcmp(row->key, "tls") == 0)
            continue;
        cr_expect(probe_knows(row->key), "%s", row->key);
        n++;
    }
    cr_expect_geq(n, 25, "got %zu", n);
    cr_expect_not(probe_knows("nothing"));
}

/* --- played against the peer --- */

struct played {
    struct smtp_client_report report;
    struct probe_report more;
};

static void play(struct stage *stage, struct probe_row *rows, size_t n, struct played *played)
{
    static const char *const to[] = { "b@example.test", NULL };
    const struct smtp_client_message message = {
        .from = "a@example.test", .to = to, .bytes = "Subject: x\r\n\r\n.x\r\n", .size = 18
    };
    const struct probe_order order = { .step = 1,
                                       .settings = &stage->settings,
                                       .message = &message,
                                       .certificates = smtp_client_certificates(stage->client),
                                       .rows = rows,
                                       .n_rows = n };

    probe_play(&order, &played->report, &played->more);
}

static void release(struct played *played)
{
    json_decref(played->more.answers);
    json_decref(played->more.unasked);
    probe_forget_sessions();
}

static const char *last_answer(const struct played *played)
{
    size_t n = json_array_size(played->more.answers);

    return n > 0 ? json_string_value(json_array_get(played->more.answers, n - 1)) : "";
}

Test(probe, is_a_good_client_without_rows, .timeout = 20)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

    for (size_t i = 0; i < 2; i++) {
        const struct peer_settings peer = { .tls = versions[i], .ask = SSL_VERIFY_PEER };
        struct played played;
        struct stage stage;

        stage_open(&stage, &peer);
        COLLECT(&stage, ALICE, CAST_COUNT);
        play(&stage, NULL, 0, &played);

        cr_expect_eq(played.report.outcome, SMTP_CLIENT_DELIVERED, "%s", played.report.error);
        cr_expect_eq(strlen(played.more.presented), 64, "got %s", played.more.presented);
        cr_expect_str_eq(peer_seen(stage.peer, 1)->commands,
                         "EHLO STARTTLS (TLS) EHLO MAIL RCPT DATA . QUIT");
        cr_expect_eq(json_array_size(played.more.unasked), 0);
        release(&played);
        stage_close(&stage);
    }
}

Test(probe, says_what_a_row_tells_it_to, .timeout = 20)
{
    const struct peer_settings peer = { .ask = SSL_VERIFY_PEER };
    const char *say[] = { "say", "NOOP", NULL };
    const char *empty[] = { "certificate", "empty", NULL };
    const char *command[] = { "command", "QUIT", NULL };
    struct probe_act says = { "say", say };
    struct probe_act shows = { "certificate", empty };
    struct probe_act leaves = { "command", command };
    struct probe_row rows[] = { { "MAIL", 1, &says, 1 },
                                { "certificate", 0, &shows, 1 },
                                { "RCPT", 0, &leaves, 1 },
                                { "EHLO", -1, &says, 1 } };
    struct played played;
    struct stage stage;

    stage_open(&stage, &peer);
    COLLECT(&stage, ALICE, CAST_COUNT);
    play(&stage, rows, 4, &played);

    cr_expect_eq(played.report.outcome, SMTP_CLIENT_ENDED, "%s", played.report.error);
    cr_expect_str_eq(played.more.presented, "empty");
    cr_expect_str_eq(peer_seen(stage.peer, 1)->commands,
                     "NOOP EHLO STARTTLS (TLS) EHLO NOOP MAIL QUIT");
    cr_expect_eq(strncmp(last_answer(&played), "QUIT -> 221", 11), 0, "got %s",
                 last_answer(&played));
    release(&played);
    stage_close(&stage);
}

Test(probe, tells_what_ended_it, .timeout = 30)
{
    static const struct ending_case {
        const char *name;
        struct peer_settings peer;
        enum smtp_client_outcome want;
    } rows[] = {
        { "mail is refused", { .at = "MAIL", .reply = "550 no\r\n" }, SMTP_CLIENT_REFUSED_BY_SMTP },
        { "no STARTTLS", { .no_starttls = true }, SMTP_CLIENT_NO_STARTTLS },
        { "closed", { .at = "MAIL", .reply = "" }, SMTP_CLIENT_PROTOCOL_VIOLATION },
        { "required",
          { .ask = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, .tls = TLS1_3_VERSION },
          SMTP_CLIENT_TLS_REFUSED },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct played played;
        struct stage stage;

        stage_open(&stage, &rows[i].peer);
        play(&stage, NULL, 0, &played);

        cr_expect_eq(played.report.outcome, rows[i].want, "%s: got %s, %s", rows[i].name,
                     smtp_client_outcome_name(played.report.outcome), played.report.error);
        release(&played);
        stage_close(&stage);
    }
}
