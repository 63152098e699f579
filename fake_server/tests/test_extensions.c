#include "fake_server/tests/helper.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct subject subject;
static struct peer peer;

static const char *const offered[] = { "SIZE 100000", "8BITMIME",   "BINARYMIME", "CHUNKING", "DSN",
                                       "AUTH PLAIN",  "REQUIRETLS", "SMTPUTF8",   NULL };
static const char *const nothing[] = { "PIPELINING", NULL };
static const char *const limited[] = { "LIMITS RCPTMAX=2 MAILMAX=3 RCPTDOMAINMAX=1", NULL };

static void start_with(const char *const *keywords)
{
    subject_init(&subject);
    subject.settings.ehlo = keywords;
    subject_start(&subject);
    peer_open(&peer, &subject);
    peer_read(&peer);
    peer_say(&peer, "EHLO client.example.test");
}

static void stop(void)
{
    peer_close(&peer);
    subject_stop(&subject);
}

struct row {
    const char *line;
    int want;
};

static void say_all(const struct row *rows)
{
    for (; rows->line != NULL; rows++) {
        int got = peer_say(&peer, rows->line);

        cr_expect_eq(got, rows->want, "%s: got %d", rows->line, got);
    }
}

Test(extensions, parameters_that_are_offered_are_understood, .timeout = 10)
{
    static const struct row rows[] = {
        { "MAIL FROM:<a@b.c> RET=SOME", 501 },
        { "MAIL FROM:<a@b.c> ENVID=", 501 },
        { "MAIL FROM:<a@b.c> ENVID=a+3", 501 },
        { "MAIL FROM:<a@b.c> BODY=9BIT", 501 },
        { "MAIL FROM:<a@b.c> REQUIRETLS", 530 },
        { "MAIL FROM:<a@b.c> REQUIRETLS=yes", 501 },
        { "MAIL FROM:<a@b.c> SMTPUTF8=1", 501 },
        { "MAIL FROM:<a@b.c> RET=HDRS ENVID=QQ+2B1 AUTH=<> SIZE=1", 250 },
        { "RCPT TO:<b@c.d> NOTIFY=", 501 },
        { "RCPT TO:<b@c.d> NOTIFY=SUCCESS,NEVER", 501 },
        { "RCPT TO:<b@c.d> NOTIFY=SUCCESS,", 501 },
        { "RCPT TO:<b@c.d> ORCPT=rfc822", 501 },
        { "RCPT TO:<b@c.d> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;b@c.d", 250 },
        { "RCPT TO:<b@c.d> NOTIFY=never", 250 },
        { NULL, 0 },
    };

    start_with(offered);
    say_all(rows);
    stop();
}

Test(extensions, parameters_that_are_not_offered_are_refused, .timeout = 10)
{
    static const struct row rows[] = {
        { "MAIL FROM:<a@b.c> SIZE=1", 555 },
        { "MAIL FROM:<a@b.c> BODY=8BITMIME", 555 },
        { "MAIL FROM:<a@b.c> SMTPUTF8", 555 },
        { "MAIL FROM:<a@b.c> RET=HDRS", 555 },
        { "MAIL FROM:<a@b.c> REQUIRETLS", 555 },
        { "MAIL FROM:<a@b.c>", 250 },
        { "RCPT TO:<b@c.d> NOTIFY=NEVER", 555 },
        { "RCPT TO:<b@c.d>", 250 },
        { NULL, 0 },
    };

    start_with(nothing);
    say_all(rows);
    stop();
}

Test(extensions, requiretls_is_taken_under_tls, .timeout = 10)
{
    subject_init(&subject);
    subject.settings.ehlo_tls = offered;
    subject_start(&subject);
    cr_assert_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL), 250);
    cr_expect_eq(peer_say(&peer, "MAIL FROM:<a@b.c> REQUIRETLS"), 250);
    stop();
}

Test(extensions, limits_that_are_announced_are_kept, .timeout = 10)
{
    static const struct row rows[] = {
        { "MAIL FROM:<a@b.c>", 250 }, { "RCPT TO:<b@c.d>", 250 },
        { "RCPT TO:<b@other>", 452 }, { "RCPT TO:<c@C.D>", 250 },
        { "RCPT TO:<d@c.d>", 452 },   { "RSET", 250 },
        { "MAIL FROM:<a@b.c>", 250 }, { "RSET", 250 },
        { "MAIL FROM:<a@b.c>", 250 }, { "RSET", 250 },
        { "MAIL FROM:<a@b.c>", 421 }, { NULL, 0 },
    };

    start_with(limited);
    say_all(rows);
    cr_expect_eq(subject_count(&subject, "\"limit\"", "\"recipients\"", NULL), 1);
    cr_expect_eq(subject_count(&subject, "\"limit\"", "\"domains\"", NULL), 1);
    cr_expect_eq(subject_count(&subject, "\"limit\"", "\"messages\"", NULL), 1);
    stop();
}

static void begin_mail(const char *from)
{
    cr_assert_eq(peer_say(&peer, from), 250);
    cr_assert_eq(peer_say(&peer, "RCPT TO:<b@c.d>"), 250);
}

Test(extensions, a_message_comes_in_chunks, .timeout = 10)
{
    start_with(offered);
    begin_mail("MAIL FROM:<a@b.c> BODY=BINARYMIME");
    cr_expect_eq(peer_say(&peer, "DATA"), 503, "a binary message has no lines");
    peer_send(&peer, "BDAT 6\r\n.\r\n\n.\n");
    cr_expect_eq(peer_read(&peer), 250);
    cr_expect_eq(peer_say(&peer, "RCPT TO:<c@c.d>"), 503);
    cr_expect_eq(peer_say(&peer, "DATA"), 503);
    peer_send(&peer, "BDAT 4 LAST\r\nQUITNOOP\r\n");
    cr_expect_eq(peer_read(&peer), 250);
    cr_expect_eq(peer_read(&peer), 250, "what follows a chunk is a command");
    cr_expect_eq(subject_count(&subject, "smtp.message", "\"size\":10,", NULL), 1, "%s",
                 subject.events);
    begin_mail("MAIL FROM:<a@b.c>");
    peer_send(&peer, "BDAT 0 LAST\r\n");
    cr_expect_eq(peer_read(&peer), 250);
    cr_expect_eq(subject_count(&subject, "smtp.message", NULL), 2);
    stop();
}

Test(extensions, a_chunk_that_is_refused_is_read_all_the_same, .timeout = 10)
{
    static const struct fake_server_delta script[] = {
        { .site = SITE_VERB, .verb = "BDAT", .times = 1, .reply = "451 4.3.0 later" },
    };

    subject_init(&subject);
    subject.settings.ehlo = offered;
    subject.settings.script = script;
    subject.settings.n_script = 1;
    subject_start(&subject);
    peer_open(&peer, &subject);
    peer_read(&peer);
    peer_say(&peer, "EHLO client.example.test");
    begin_mail("MAIL FROM:<a@b.c>");
    peer_send(&peer, "BDAT 6 LAST\r\nQUIT\r\n");
    cr_expect_eq(peer_read(&peer), 451);
    cr_expect_eq(subject_count(&subject, "smtp.message", NULL), 0);
    peer_send(&peer, "BDAT 6 LAST\r\nQUIT\r\n");
    cr_expect_eq(peer_read(&peer), 503, "the transaction is over");
    cr_expect_eq(peer_say(&peer, "BDAT"), 501);
    cr_expect_eq(peer_say(&peer, "BDAT 1 FIRST"), 501);
    cr_expect_eq(peer_say(&peer, "BDAT 1000000000000"), 421);
    cr_expect_eq(subject_count(&subject, "\"limit\"", "message size", NULL), 1);
    stop();
}

Test(extensions, chunks_are_not_taken_where_they_are_not_offered, .timeout = 10)
{
    start_with(nothing);
    begin_mail("MAIL FROM:<a@b.c>");
    peer_send(&peer, "BDAT 6 LAST\r\nQUIT\r\n");
    cr_expect_eq(peer_read(&peer), 502);
    cr_expect_eq(peer_say(&peer, "DATA"), 354);
    stop();
}
