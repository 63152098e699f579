#include "fake_server/tests/helper.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct subject subject;
static struct peer peer;

static void start(void)
{
    subject_init(&subject);
    subject_start(&subject);
    peer_open(&peer, &subject);
    cr_assert_eq(peer_read(&peer), 220);
}

static void stop(void)
{
    peer_close(&peer);
    subject_stop(&subject);
}

Test(smtp, every_command_is_answered_with_its_code, .init = start, .fini = stop, .timeout = 20)
{
    static const struct {
        const char *line;
        int want;
    } rows[] = {
        { "MAIL FROM:<a@b.c>", 503 },
        { "EHLO", 501 },
        { "HELO", 501 },
        { "HELO client", 250 },
        { "MAIL FROM:<a@b.c> SIZE=10", 555 },
        { "AUTH PLAIN", 503 },
        { "EHLO client", 250 },
        { "NOOP", 250 },
        { "noop with text", 250 },
        { "BLAH", 500 },
        { "", 500 },
        { "VERYLONGVERBINDEEDYES", 500 },
        { "VRFY", 501 },
        { "VRFY a", 252 },
        { "EXPN a", 502 },
        { "TURN", 502 },
        { "HELP", 214 },
        { "RCPT TO:<b@c.d>", 503 },
        { "DATA", 503 },
        { "AUTH PLAIN AGEAYg==", 538 },
        { "STARTTLS now", 501 },
        { "RSET now", 501 },
        { "MAIL FROM:a@b.c", 501 },
        { "MAIL FROM:<a b@c.d>", 501 },
        { "MAIL FROM:<a@b.c> SIZE=x", 501 },
        { "MAIL FROM:<a@b.c> SIZE=99999999999", 552 },
        { "MAIL FROM:<a@b.c> BODY=9BIT", 501 },
        { "MAIL FROM:<a@b.c> FOO=1", 555 },
        { "MAIL FROM:<\xc3\xa9@b.c>", 553 },
        { "MAIL FROM:<\xc3\xa9@b.c> SMTPUTF8 BODY=8BITMIME", 250 },
        { "RSET", 250 },
        { "MAIL FROM:<> SIZE=100 AUTH=<>", 555 }, /* not without TLS, where AUTH is not offered */
        { "MAIL FROM:<> SIZE=100", 250 },
        { "MAIL FROM:<a@b.c>", 503 },
        { "DATA", 503 },
        { "RCPT TO:<>", 501 },
        { "RCPT TO:<nobody>", 501 },
        { "RCPT TO:<b@c.d> NOTIFY=NEVER", 555 },
        { "RCPT TO:<@x.y,@z:b@c.d>", 250 },
        { "RCPT TO:<Postmaster>", 250 },
        { "RCPT TO:<\"a > b\"@c.d>", 250 },
        { "AUTH PLAIN AGEAYg==", 503 },
        { "DATA now", 501 },
        { "QUIT now", 501 },
        { "QUIT", 221 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int got = peer_say(&peer, rows[i].line);

        cr_expect_eq(got, rows[i].want, "%s: got %d", rows[i].line, got);
    }
    cr_expect_eq(peer_read(&peer), 0, "the connection is closed");
}

Test(smtp, every_mechanism_can_succeed_and_tells_who_it_is, .timeout = 20)
{
    static const struct {
        const char *line, *answer;
    } rows[] = {
        { "AUTH PLAIN AGJlbgB4", NULL },
        { "AUTH LOGIN YmVu", "eA==" },
        { "AUTH CRAM-MD5", "YmVuIDAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm" },
        { "AUTH XOAUTH2 dXNlcj1iZW4BYXV0aD1CZWFyZXIgdG9rAQE=", NULL },
        { "AUTH XOAUTH2", "dXNlcj1iZW4BYXV0aD1CZWFyZXIgdG9rAQE=" },
    };

    subject_init(&subject);
    subject_start(&subject);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int want = rows[i].answer == NULL ? 235 : 334;

        cr_assert_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL), 250);
        cr_expect_eq(peer_say(&peer, rows[i].line), want, "%s", rows[i].line);
        if (rows[i].answer != NULL)
            cr_expect_eq(peer_say(&peer, rows[i].answer), 235, "%s", rows[i].line);
        peer_close(&peer);
    }
    subject_sync(&subject);
    cr_expect_eq(subject_count(&subject, "smtp.auth", "\"accepted\":true", "\"ben\"", NULL), 5,
                 "%s", subject.events);
    subject_stop(&subject);
}

Test(smtp, auth_is_masked_and_judged_by_its_form, .timeout = 20)
{
    static const struct {
        const char *line, *answer;
        int first, second;
    } rows[] = {
        { "AUTH", NULL, 501, 0 },
        { "AUTH SCRAM-SHA-1", NULL, 504, 0 },
        { "AUTH CRAM-MD5 AGEAYg==", NULL, 501, 0 },
        { "AUTH CRAM-MD5", "YmVuIDAxMjM=", 334, 535 }, /* a short digest */
        { "AUTH CRAM-MD5", "IDAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm", 334, 535 }, /* nobody */
        { "AUTH XOAUTH2 dXNlcj1iZW4BYXV0aD1CZWFyZXIgAQE=", NULL, 535, 0 }, /* no token */
        { "AUTH XOAUTH2 dXNlcj0BYXV0aD1CZWFyZXIgdG9rAQE=", NULL, 535, 0 }, /* nobody */
        { "AUTH EXTERNAL =", NULL, 535, 0 },
        { "AUTH PLAIN !!!!", NULL, 501, 0 },
        { "AUTH PLAIN AGE=", NULL, 535, 0 },
        { "AUTH PLAIN", "*", 334, 501 },
        { "AUTH LOGIN =", "*", 334, 501 },
        { "AUTH PLAIN", "AGEAYg==", 334, 235 },
        { "AUTH PLAIN", NULL, 503, 0 },
    };

    subject_init(&subject);
    subject_start(&subject);
    cr_assert_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL), 250);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(peer_say(&peer, rows[i].line), rows[i].first, "%s", rows[i].line);
        if (rows[i].answer != NULL)
            cr_expect_eq(peer_say(&peer, rows[i].answer), rows[i].second, "%s", rows[i].line);
    }
    cr_expect_eq(subject_count(&subject, "AGEAYg", NULL), 0);
    cr_expect_geq(subject_count(&subject, "\"AUTH PLAIN ****\"", NULL), 2);
    stop();
}

Test(smtp, a_message_is_stored_byte_for_byte, .timeout = 10)
{
    char directory[] = "/tmp/fake_server_test_XXXXXX";
    char file[64];
    char got[128] = "";
    FILE *stream;

    subject_init(&subject);
    subject.settings.message_directory = mkdtemp(directory);
    subject_start(&subject);
    peer_open(&peer, &subject);
    peer_read(&peer);
    peer_say(&peer, "EHLO x");
    peer_say(&peer, "MAIL FROM:<a@b.c>");
    peer_say(&peer, "RCPT TO:<b@c.d>");
    cr_expect_eq(peer_say(&peer, "DATA"), 354);
    cr_expect_eq(peer_say(&peer, "A: b\r\n\r\n..\r\n...x\r\n\n.\nlast\r\n."), 250);

    cr_expect_eq(subject_count(&subject, "smtp.message", "\"size\":25", NULL), 1);
    snprintf(file, sizeof file, "%s/1.eml", directory);
    stream = fopen(file, "r");
    cr_assert_not_null(stream);
    cr_expect_eq(fread(got, 1, sizeof got - 1, stream), 25);
    cr_expect_str_eq(got, "A: b\r\n\r\n.\r\n..x\r\n\n.\nlast\r\n");
    fclose(stream);
    unlink(file);
    rmdir(directory);
    stop();
}

Test(smtp, pipelined_commands_are_early_only_where_they_must_not_be, .init = start, .fini = stop,
     .timeout = 10)
{
    peer_send(&peer, "EHLO x\r\nNOOP\r\n");
    cr_expect_eq(peer_read(&peer), 250);
    cr_expect_eq(peer_read(&peer), 250);
    peer_send(&peer, "RSET\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<c@d.e>\r\nDATA\r\n");
    cr_expect_eq(peer_read(&peer), 250);
    cr_expect_eq(peer_read(&peer), 250);
    cr_expect_eq(peer_read(&peer), 250);
    cr_expect_eq(peer_read(&peer), 354);
    peer_send(&peer, "x\r\n.\r\nRSET\r\nNOOP\r\nQUIT\r\n");
    for (int i = 0; i < 3; i++)
        cr_expect_eq(peer_read(&peer), 250);
    cr_expect_eq(peer_read(&peer), 221);

    cr_expect_eq(subject_count(&subject, "\"early\":true", NULL), 2);
    cr_expect_eq(subject_count(&subject, "\"early\":true", "NOOP", NULL), 1);
    cr_expect_eq(subject_count(&subject, "\"early\":true", "QUIT", NULL), 1);
}

Test(smtp, a_bare_lf_and_a_long_line_are_refused_and_do_not_hang, .init = start, .fini = stop,
     .timeout = 10)
{
    char line[600];

    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    peer_send(&peer, "EHLO x\n");
    cr_expect_eq(peer_read(&peer), 500);
    cr_expect_eq(peer_say(&peer, line), 500);
    cr_expect_eq(peer_say(&peer, "EHLO x"), 250);
    for (int i = 0; i < 300; i++)
        peer_send(&peer, line);
    cr_expect_eq(peer_say(&peer, ""), 500);
    cr_expect_eq(peer_say(&peer, "NOOP"), 250);
}

Test(smtp, a_client_is_stopped_after_a_hundred_bad_commands, .init = start, .fini = stop,
     .timeout = 10)
{
    for (int i = 0; i < 100; i++)
        cr_assert_eq(peer_say(&peer, "BAD"), 500);
    cr_expect_eq(peer_read(&peer), 421);
    cr_expect_eq(peer_read(&peer), 0);
    cr_expect_eq(subject_count(&subject, "\"event\":\"limit\"", "bad commands", NULL), 1);
}

Test(smtp, the_hundred_and_first_recipient_is_put_off, .init = start, .fini = stop, .timeout = 10)
{
    peer_say(&peer, "EHLO x");
    peer_say(&peer, "MAIL FROM:<a@b.c>");
    for (int i = 0; i < 100; i++)
        cr_assert_eq(peer_say(&peer, "RCPT TO:<c@d.e>"), 250);
    cr_expect_eq(peer_say(&peer, "RCPT TO:<c@d.e>"), 452);
}

Test(smtp, a_message_that_is_too_big_or_has_a_long_line_is_refused, .timeout = 10)
{
    char line[1200];

    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    subject_init(&subject);
    subject.settings.max_message_bytes = 2000;
    subject_start(&subject);
    peer_open(&peer, &subject);
    peer_read(&peer);
    peer_say(&peer, "EHLO x");
    for (int i = 1; i <= 2; i++) {
        peer_say(&peer, "MAIL FROM:<a@b.c>");
        peer_say(&peer, "RCPT TO:<c@d.e>");
        peer_say(&peer, "DATA");
        for (int n = 0; n < i; n++)
            peer_send(&peer, line);
        peer_send(&peer, "\r\n");
        cr_expect_eq(peer_say(&peer, "."), i == 1 ? 500 : 552);
    }
    cr_expect_eq(subject_count(&subject, "smtp.message", NULL), 0);
    stop();
}

Test(smtp, a_silent_client_is_told_so_and_cut_off, .timeout = 10)
{
    subject_init(&subject);
    subject.settings.deadline_ms = 100;
    subject_start(&subject);
    peer_open(&peer, &subject);
    cr_expect_eq(peer_read(&peer), 220);
    cr_expect_eq(peer_read(&peer), 421);
    cr_expect_eq(peer_read(&peer), 0);
    subject_sync(&subject);
    cr_expect_eq(subject_count(&subject, "connection.close", "\"timeout\"", "\"server\"", NULL), 1);
    stop();
}

Test(smtp, commands_before_tls_are_told_and_not_believed, .init = start, .fini = stop,
     .timeout = 10)
{
    peer_say(&peer, "EHLO before");
    peer_send(&peer, "STARTTLS\r\nEHLO injected\r\nMAIL FROM:<evil@b.c>\r\n");
    cr_expect_eq(peer_read(&peer), 220);
    cr_assert_eq(peer_start_tls(&peer, TLS1_3_VERSION, NULL, NULL), 1);
    cr_expect_eq(peer_say(&peer, "MAIL FROM:<a@b.c>"), 503, "the EHLO before TLS is forgotten");
    cr_expect_eq(peer_say(&peer, "STARTTLS"), 503);
    cr_expect_eq(subject_count(&subject, "injected", "\"early\":true", "\"tls\":false", NULL), 1);
    cr_expect_eq(subject_count(&subject, "evil", "\"early\":true", "\"tls\":false", NULL), 1);
}

Test(smtp, after_a_message_only_quit_is_welcome, .timeout = 10)
{
    subject_init(&subject);
    subject.settings.close_after = FAKE_SERVER_CLOSE_MESSAGE;
    subject_start(&subject);
    cr_assert_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL), 250);
    cr_expect_eq(peer_mail(&peer), 250);
    cr_expect_eq(peer_say(&peer, "NOOP"), 250);
    cr_expect_eq(peer_say(&peer, "QUIT"), 221);
    peer_close(&peer);

    cr_assert_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL), 250);
    cr_expect_eq(peer_mail(&peer), 250);
    cr_expect_eq(peer_say(&peer, "MAIL FROM:<a@b.c>"), 421);
    cr_expect_eq(peer_read(&peer), 0);
    peer_close(&peer);

    cr_assert_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL), 250);
    cr_expect_eq(peer_mail(&peer), 250);
    subject_sync(&subject);
    cr_expect_eq(subject_count(&subject, "connection.close", "\"connection\":3", "\"clean\"", NULL),
                 1);
    cr_expect_eq(peer_read(&peer), 0);
    cr_expect_eq(SSL_get_shutdown(peer.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    stop();
}
