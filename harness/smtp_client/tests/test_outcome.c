#include "harness/smtp_client/tests/stage.h"

#include <criterion/criterion.h>
#include <string.h>

enum { MUST = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, MAY = SSL_VERIFY_PEER };

struct outcome_case {
    const char *name;
    enum cast_name certificate; /* CAST_COUNT: none */
    int ask;
    const char *at;
    const char *reply;
    enum smtp_client_outcome want;
    const char *says; /* part of the sentence */
    int code;
};

/* clang-format off */
static const struct outcome_case cases[] = {
    { "delivered",              ALICE,      MAY,  NULL,       NULL,                     SMTP_CLIENT_DELIVERED,          "",                  250 },
    { "no certificate",         CAST_COUNT, MUST, NULL,       NULL,                     SMTP_CLIENT_TLS_REFUSED,        "alert ",            -1 },
    { "an expired one",         EXPIRED,    MUST, NULL,       NULL,                     SMTP_CLIENT_TLS_REFUSED,        "certificate_expired", -1 },
    { "close after TLS",        ALICE,      MAY,  "TLS",      "",                       SMTP_CLIENT_TLS_FAILED,         "without an alert",  -1 },
    { "close after TLS, unasked", ALICE,    0,    "TLS",      "",                       SMTP_CLIENT_PROTOCOL_VIOLATION, "",                  -1 },
    { "421 greeting",           ALICE,      MAY,  "",         "421 4.3.2 later\r\n",    SMTP_CLIENT_REFUSED_BY_SMTP,    "421 4.3.2 later",   421 },
    { "554 greeting",           ALICE,      MAY,  "",         "554 no\r\n",             SMTP_CLIENT_REFUSED_BY_SMTP,    "554 no",            554 },
    { "no greeting",            ALICE,      0,    "",         "",                       SMTP_CLIENT_PROTOCOL_VIOLATION, "",                  0 },
    { "greeting no reply",      ALICE,      MAY,  "",         "hello\r\n",              SMTP_CLIENT_PROTOCOL_VIOLATION, "hello",             0 },
    { "MAIL 451",               ALICE,      MAY,  "MAIL",     "451 4.7.1 later\r\n",    SMTP_CLIENT_REFUSED_BY_SMTP,    "451 4.7.1 later",   451 },
    { "MAIL 354",               ALICE,      MAY,  "MAIL",     "354 what\r\n",           SMTP_CLIENT_PROTOCOL_VIOLATION, "354 what",          354 },
    { "MAIL close",             ALICE,      MAY,  "MAIL",     "",                       SMTP_CLIENT_PROTOCOL_VIOLATION, "without a reply",   250 },
    { "MAIL garbage",           ALICE,      MAY,  "MAIL",     "25 x\r\n",               SMTP_CLIENT_PROTOCOL_VIOLATION, "25 x",              250 },
    { "MAIL mixed codes",       ALICE,      MAY,  "MAIL",     "250-a\r\n251 b\r\n",     SMTP_CLIENT_PROTOCOL_VIOLATION, "251 b",             250 },
    { "MAIL code alone",        ALICE,      MAY,  "MAIL",     "250\r\n",                SMTP_CLIENT_DELIVERED,          "",                  250 },
    { "RCPT 550",               ALICE,      MAY,  "RCPT",     "550 5.1.1 who\r\n",      SMTP_CLIENT_REFUSED_BY_SMTP,    "550 5.1.1 who",     550 },
    { "RCPT several lines",     ALICE,      MAY,  "RCPT",     "550-5.1.1 a\r\n550 5.1.1 b\r\n", SMTP_CLIENT_REFUSED_BY_SMTP, "5.1.1",       550 },
    { "DATA 554",               ALICE,      MAY,  "DATA",     "554 5.7.1 no\r\n",       SMTP_CLIENT_REFUSED_BY_SMTP,    "554 5.7.1 no",      554 },
    { "DATA 250",               ALICE,      MAY,  "DATA",     "250 what\r\n",           SMTP_CLIENT_PROTOCOL_VIOLATION, "250 what",          250 },
    { "message 552",            ALICE,      MAY,  ".",        "552 5.3.4 big\r\n",      SMTP_CLIENT_REFUSED_BY_SMTP,    "552 5.3.4 big",     552 },
    { "message 451",            ALICE,      MAY,  ".",        "451 4.3.0 later\r\n",    SMTP_CLIENT_REFUSED_BY_SMTP,    "451 4.3.0 later",   451 },
    { "message 251",            ALICE,      MAY,  ".",        "251 what\r\n",           SMTP_CLIENT_PROTOCOL_VIOLATION, "251 what",          251 },
    { "message 354",            ALICE,      MAY,  ".",        "354 what\r\n",           SMTP_CLIENT_PROTOCOL_VIOLATION, "354 what",          354 },
    { "message close",          ALICE,      MAY,  ".",        "",                       SMTP_CLIENT_PROTOCOL_VIOLATION, "without a reply",   354 },
    { "QUIT 500",               ALICE,      MAY,  "QUIT",     "500 what\r\n",           SMTP_CLIENT_DELIVERED,          "",                  250 },
    { "QUIT close",             ALICE,      MAY,  "QUIT",     "",                       SMTP_CLIENT_DELIVERED,          "",                  250 },
};

/* Before TLS, in STARTTLS only. */
static const struct outcome_case before_tls[] = {
    { "EHLO 502",               ALICE,      MAY,  "EHLO",     "502 5.5.1 what\r\n",     SMTP_CLIENT_NO_STARTTLS,        "502 5.5.1 what",    502 },
    { "EHLO 550",               ALICE,      MAY,  "EHLO",     "550 no\r\n",             SMTP_CLIENT_REFUSED_BY_SMTP,    "550 no",            550 },
    { "EHLO without STARTTLS",  ALICE,      MAY,  "EHLO",     "250 peer\r\n",           SMTP_CLIENT_NO_STARTTLS,        "STARTTLS",          250 },
    { "STARTTLS 454",           ALICE,      MAY,  "STARTTLS", "454 4.7.0 no\r\n",       SMTP_CLIENT_NO_STARTTLS,        "454 4.7.0 no",      454 },
    { "STARTTLS 502",           ALICE,      MAY,  "STARTTLS", "502 no\r\n",             SMTP_CLIENT_NO_STARTTLS,        "502 no",            502 },
    { "STARTTLS 354",           ALICE,      MAY,  "STARTTLS", "354 what\r\n",           SMTP_CLIENT_PROTOCOL_VIOLATION, "354 what",          354 },
    { "STARTTLS close",         ALICE,      MAY,  "STARTTLS", "",                       SMTP_CLIENT_PROTOCOL_VIOLATION, "without a reply",   250 },
    { "bytes behind the 220",   ALICE,      MAY,  "STARTTLS", "220 go\r\n250 AUTH PLAIN\r\n", SMTP_CLIENT_PROTOCOL_VIOLATION, "",          -1 },
};
/* clang-format on */

static void check(const struct outcome_case *row, bool implicit, int tls)
{
    const struct peer_settings settings = {
        .implicit = implicit, .tls = tls, .ask = row->ask, .at = row->at, .reply = row->reply
    };
    struct stage stage;

    stage_open(&stage, &settings);
    COLLECT(&stage, row->certificate, CAST_COUNT);
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, row->want, "%s, tls %x, implicit %d: got %s: %s", row->name,
                 tls, implicit, smtp_client_outcome_name(stage.report.outcome), stage.report.error);
    cr_expect(strstr(stage.report.error, row->says) != NULL, "%s, tls %x, implicit %d: got \"%s\"",
              row->name, tls, implicit, stage.report.error);
    cr_expect((row->want == SMTP_CLIENT_DELIVERED) == (stage.report.error[0] == '\0'), "%s: \"%s\"",
              row->name, stage.report.error);
    if (row->code >= 0)
        cr_expect_eq(stage.report.reply_code, row->code, "%s: got %d", row->name,
                     stage.report.reply_code);
    stage_close(&stage);
}

Test(outcome, is_the_same_in_every_version_and_mode, .timeout = 60)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(&cases[i], false, TLS1_2_VERSION);
        check(&cases[i], false, TLS1_3_VERSION);
        check(&cases[i], true, TLS1_2_VERSION);
        check(&cases[i], true, TLS1_3_VERSION);
    }
}

Test(outcome, before_tls, .timeout = 30)
{
    for (size_t i = 0; i < sizeof(before_tls) / sizeof(before_tls[0]); i++)
        check(&before_tls[i], false, TLS1_3_VERSION);
}

Test(outcome, a_late_refusal_is_always_seen, .timeout = 60)
{
    for (int i = 0; i < 100; i++)
        check(&cases[1], i % 2 == 1, TLS1_3_VERSION);
}

Test(outcome, no_server, .timeout = 10)
{
    const struct peer_settings settings = { 0 };
    struct stage stage;

    stage_open(&stage, &settings);
    stage.settings.port = 1;
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_CONNECT_FAILED, "got %s", stage.report.error);
    stage_close(&stage);
}

Test(outcome, a_silent_server_costs_the_time_limit_only, .timeout = 10)
{
    const struct peer_settings settings = { .ask = MAY, .at = "RCPT", .reply = "250-\r\n" };
    struct stage stage;

    stage_open(&stage, &settings);
    stage.settings.timeout_ms = 300;
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_TIMEOUT, "got %s", stage.report.error);
    stage_close(&stage);
}

Test(outcome, silence_after_quit_is_not_awaited_for_long, .timeout = 10)
{
    const struct peer_settings settings = { .ask = MAY, .at = "QUIT", .reply = "221-\r\n" };
    struct stage stage;
    time_t start = time(NULL);

    stage_open(&stage, &settings);
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_DELIVERED, "got %s", stage.report.error);
    cr_expect_leq(time(NULL) - start, 4);
    stage_close(&stage);
}

Test(outcome, the_message_arrives_byte_for_byte_and_quit_is_said, .timeout = 10)
{
    const struct peer_settings settings = { .ask = MAY };
    struct stage stage;

    stage_open(&stage, &settings);
    stage_send(&stage);
    cr_expect_str_eq(peer_seen(stage.peer, 1)->message, "Subject: test\r\n\r\nline\r\n..dot\r\n",
                     "got %s", peer_seen(stage.peer, 1)->message);
    cr_expect_str_eq(peer_seen(stage.peer, 1)->commands,
                     "EHLO STARTTLS (TLS) EHLO MAIL RCPT RCPT DATA . QUIT", "got %s",
                     peer_seen(stage.peer, 1)->commands);
    stage_close(&stage);
}

Test(outcome, security_levels, .timeout = 10)
{
    static const struct {
        const char *name;
        enum smtp_client_security security;
        bool no_starttls;
        enum smtp_client_outcome want;
        const char *commands;
    } rows[] = {
        { "none", SMTP_CLIENT_TLS_NONE, false, SMTP_CLIENT_DELIVERED,
          "EHLO MAIL RCPT RCPT DATA . QUIT" },
        { "optional, there", SMTP_CLIENT_TLS_OPTIONAL, false, SMTP_CLIENT_DELIVERED,
          "EHLO STARTTLS (TLS) EHLO MAIL RCPT RCPT DATA . QUIT" },
        { "optional, missing", SMTP_CLIENT_TLS_OPTIONAL, true, SMTP_CLIENT_DELIVERED,
          "EHLO MAIL RCPT RCPT DATA . QUIT" },
        { "required, missing", SMTP_CLIENT_TLS_REQUIRED, true, SMTP_CLIENT_NO_STARTTLS, "EHLO" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct peer_settings settings = { .no_starttls = rows[i].no_starttls };
        struct stage stage;

        stage_open(&stage, &settings);
        stage.settings.security = rows[i].security;
        stage_send(&stage);
        cr_expect_eq(stage.report.outcome, rows[i].want, "%s: got %s", rows[i].name,
                     stage.report.error);
        cr_expect(strncmp(peer_seen(stage.peer, 1)->commands, rows[i].commands,
                          strlen(rows[i].commands)) == 0,
                  "%s: got %s", rows[i].name, peer_seen(stage.peer, 1)->commands);
        stage_close(&stage);
    }
}

/* Source: RFC 6531 section 3.2. */
Test(outcome, an_address_that_the_server_cannot_take_is_not_sent, .timeout = 10)
{
    static const enum smtp_client_mode modes[] = { SMTP_CLIENT_STARTTLS, SMTP_CLIENT_IMPLICIT };
    const char *const to[] = { "zo\xc3\xab@example.test", NULL };
    const struct smtp_client_message message = { "s@example.test", to, "x\r\n", 3 };

    for (size_t i = 0; i < 2; i++) {
        const struct peer_settings settings = { .implicit = modes[i] == SMTP_CLIENT_IMPLICIT };
        struct stage stage;

        stage_open(&stage, &settings);
        smtp_client_send(stage.client, &stage.settings, &message, &stage.report);
        cr_expect_eq(stage.report.outcome, SMTP_CLIENT_REFUSED_BY_SMTP);
        cr_expect_str_eq(stage.report.error,
                         "the server does not take such addresses: it offers no SMTPUTF8");
        cr_expect_null(strstr(peer_seen(stage.peer, 1)->commands, "MAIL"));
        stage_close(&stage);
    }
}

Test(outcome, what_cannot_be_tried_is_said, .timeout = 10)
{
    const struct peer_settings settings = { 0 };
    const char *const to[] = { "a@example.test>\r\nRCPT TO:<b@example.test", NULL };
    const struct smtp_client_message message = { "s@example.test", to, "x\r\n", 3 };
    struct stage stage;

    stage_open(&stage, &settings);
    smtp_client_send(stage.client, &stage.settings, &message, &stage.report);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_INVALID);
    cr_expect_str_eq(stage.report.error, "a recipient: an address holds a line break");
    stage.settings.trust_file = "/nowhere";
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_INVALID);
    cr_expect(strstr(stage.report.error, "/nowhere") != NULL, "got %s", stage.report.error);
    cr_expect_eq(peer_connections(stage.peer), 0);
    stage_close(&stage);
}
