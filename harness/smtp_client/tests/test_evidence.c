#include "harness/smtp_client/replies.h"
#include "harness/smtp_client/tests/stage.h"

#include <criterion/criterion.h>
#include <string.h>

/* What is presented, why, and what the peer sees of it, in both versions. */
static const struct evidence_case {
    const char *name;
    enum cast_name collection[4]; /* ends with CAST_COUNT */
    int ask;
    enum cast_name names[4];
    const char *presented;   /* as the driver says it; "+": a fingerprint, of `identity` */
    enum cast_name identity; /* as the peer knows it; CAST_COUNT: none */
    int chain;
    const char *choice;
} cases[] = {
    { "R21 not asked",
      { ALICE, CAST_COUNT },
      0,
      { CAST_COUNT },
      "nothing",
      CAST_COUNT,
      0,
      "no certificate was requested" },
    { "R22 empty",
      { CAST_COUNT },
      SSL_VERIFY_PEER,
      { CAST_COUNT },
      "empty",
      CAST_COUNT,
      0,
      "the collection is empty" },
    { "R23 the first",
      { ALICE, BOB, CAST_COUNT },
      SSL_VERIFY_PEER,
      { CAST_COUNT },
      "+",
      ALICE,
      1,
      "first of the collection" },
    { "R24 by issuer",
      { ALICE, BOB, CAST_COUNT },
      SSL_VERIFY_PEER,
      { BETA, CAST_COUNT },
      "+",
      BOB,
      1,
      "its issuer is named" },
    { "R26 with its chain",
      { CAROL, CAST_COUNT },
      SSL_VERIFY_PEER,
      { ALPHA, CAST_COUNT },
      "+",
      CAROL,
      2,
      "its issuer is named" },
    { "R29 none fits",
      { ALICE, CAST_COUNT },
      SSL_VERIFY_PEER,
      { BETA, CAST_COUNT },
      "empty",
      CAST_COUNT,
      0,
      "no certificate fits" },
};

static void check(const struct evidence_case *row, int tls)
{
    const struct peer_settings settings = { .tls = tls, .ask = row->ask, .names = row->names };
    struct stage stage;
    const char *identity;
    const char *presented;

    stage_open(&stage, &settings);
    identity = row->identity == CAST_COUNT ? "" : cast_fingerprint(&stage.cast, row->identity);
    presented = row->presented[0] == '+' ? identity : row->presented;
    stage_collect(&stage, row->collection);
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_DELIVERED, "%s: got %s", row->name,
                 stage.report.error);
    cr_expect_str_eq(smtp_client_presented(stage.client), presented, "%s: got %s", row->name,
                     smtp_client_presented(stage.client));
    cr_expect_str_eq(stage.report.choice, row->choice, "%s: got %s", row->name,
                     stage.report.choice);
    cr_expect_eq(stage.report.requested, row->ask != 0, "%s", row->name);
    cr_expect_str_eq(stage.report.tls, tls == TLS1_2_VERSION ? "1.2" : "1.3", "%s", row->name);
    cr_expect_str_eq(peer_seen(stage.peer, 1)->identity, identity, "%s", row->name);
    cr_expect_eq(peer_seen(stage.peer, 1)->chain, row->chain, "%s: got %d", row->name,
                 peer_seen(stage.peer, 1)->chain);
    if (row->names[0] == BETA)
        cr_expect_str_eq(stage.report.names[0], "CN=beta", "%s", row->name);
    else if (row->names[0] == CAST_COUNT)
        cr_expect_null(stage.report.names[0], "%s", row->name);
    stage_close(&stage);
}

Test(evidence, of_what_is_presented, .timeout = 20)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(&cases[i], TLS1_2_VERSION);
        check(&cases[i], TLS1_3_VERSION);
    }
}

static const struct reply_case {
    const char *name;
    const char *lines[4];
    int code;
    int count;
    bool malformed;
} reply_cases[] = {
    { "one", { "250 fine\r\n" }, 250, 1, false },
    { "several lines", { "250-a\r\n", "250-b\r\n", "250 c\r\n" }, 250, 1, false },
    { "code alone", { "250\r\n" }, 250, 1, false },
    { "code alone and no CR", { "250\n" }, 250, 1, false },
    { "unfinished", { "250-a\r\n" }, 0, 0, false },
    { "two", { "220 a\r\n", "451 b\r\n" }, 451, 2, false },
    { "codes differ", { "250-a\r\n", "550 b\r\n" }, 0, 0, true },
    { "no code", { "hello\r\n" }, 0, 0, true },
    { "class 1", { "150 a\r\n" }, 0, 0, true },
    { "class 6", { "650 a\r\n" }, 0, 0, true },
    { "no space", { "250fine\r\n" }, 0, 0, true },
    { "nothing", { "\r\n" }, 0, 0, true },
};

Test(evidence, of_replies)
{
    for (size_t i = 0; i < sizeof(reply_cases) / sizeof(reply_cases[0]); i++) {
        const struct reply_case *row = &reply_cases[i];
        struct replies replies = { 0 };

        for (const char *const *line = row->lines; *line != NULL && !replies.malformed; line++)
            replies_add(&replies, *line, strlen(*line));
        cr_expect_eq(replies.code, row->code, "%s: got %d", row->name, replies.code);
        cr_expect_eq(replies.count, row->count, "%s: got %d", row->name, replies.count);
        cr_expect_eq(replies.malformed, row->malformed, "%s", row->name);
    }
}

Test(evidence, text_of_replies_is_printable_and_bounded)
{
    struct replies replies = { 0 };
    char line[1000];

    memset(line, 'x', sizeof(line));
    memcpy(line, "550 \x01\xff", 6);
    replies_add(&replies, line, sizeof(line));
    cr_expect_eq(strncmp(replies.text, "550 ??xx", 8), 0, "got %s", replies.text);
    cr_expect_eq(strlen(replies.text), sizeof(replies.text) - 1);
}

/* --- what went over the wire --- */

struct seen {
    int hellos, requests, greetings, handshakes, quits;
};

static void note(void *context, const struct smtp_client_sight *sight)
{
    struct seen *seen = context;
    const unsigned char *bytes = sight->bytes;

    if (sight->kind == SMTP_CLIENT_SAW_HANDSHAKE)
        seen->handshakes += strcmp(sight->tls, "1.3") == 0 && sight->cipher != NULL;
    if (sight->kind == SMTP_CLIENT_SAW_TLS && sight->content == SSL3_RT_HANDSHAKE) {
        seen->hellos += sight->sent && bytes[0] == SSL3_MT_CLIENT_HELLO;
        seen->requests += !sight->sent && bytes[0] == SSL3_MT_CERTIFICATE_REQUEST;
    }
    if (sight->kind == SMTP_CLIENT_SAW_LINE) {
        seen->greetings += !sight->sent && !sight->under_tls && memcmp(bytes, "220", 3) == 0;
        seen->quits +=
            sight->sent && sight->under_tls && sight->size == 4 && memcmp(bytes, "QUIT", 4) == 0;
    }
}

Test(evidence, of_the_wire_is_told_to_who_asks, .timeout = 20)
{
    struct peer_settings peer = { .tls = TLS1_3_VERSION, .ask = SSL_VERIFY_PEER };
    struct seen seen = { 0 };
    struct stage stage;

    stage_open(&stage, &peer);
    stage.settings.saw = note;
    stage.settings.saw_context = &seen;
    COLLECT(&stage, ALICE, CAST_COUNT);
    stage_send(&stage);

    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_DELIVERED, "%s", stage.report.error);
    cr_expect_eq(seen.hellos, 1, "got %d", seen.hellos);
    cr_expect_eq(seen.requests, 1, "got %d", seen.requests);
    cr_expect_eq(seen.handshakes, 1, "got %d", seen.handshakes);
    cr_expect_eq(seen.greetings, 2, "the greeting and the answer to STARTTLS: got %d",
                 seen.greetings);
    cr_expect_eq(seen.quits, 1, "got %d", seen.quits);
    stage_close(&stage);
}
