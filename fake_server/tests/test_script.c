#include "fake_server/reply.h"
#include "fake_server/tests/helper.h"

#include <openssl/err.h>

#include <criterion/criterion.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct subject subject;
static struct peer peer;

static void start(const struct fake_server_delta *script, size_t n)
{
    subject_init(&subject);
    subject.settings.script = script;
    subject.settings.n_script = n;
    subject.settings.sessions.tickets = 2;
    subject_start(&subject);
}

static void start_one(struct fake_server_delta delta)
{
    start(&delta, 1);
}

static void stop(void)
{
    peer_close(&peer);
    subject_stop(&subject);
}

static void greet(void)
{
    peer_open(&peer, &subject);
    peer_read(&peer);
    peer_say(&peer, "EHLO x");
}

Test(script, a_reply_is_replaced_as_often_as_asked_and_the_state_follows_it, .timeout = 10)
{
    start_one((struct fake_server_delta){
        .site = SITE_VERB, .verb = "rcpt", .times = 1, .reply = "451 4.7.1 try\n451 4.7.1 later" });
    greet();
    peer_say(&peer, "MAIL FROM:<a@b.c>");
    cr_expect_eq(peer_say(&peer, "RCPT TO:<c@d.e>"), 451);
    cr_expect_eq(peer_read(&peer), 451);
    cr_expect_eq(peer_say(&peer, "DATA"), 503);
    cr_expect_eq(peer_say(&peer, "RCPT TO:<c@d.e>"), 250);
    cr_expect_eq(peer_say(&peer, "DATA"), 354);
    cr_expect_eq(subject_count(&subject, "\"event\":\"script\"", "\"index\":0", NULL), 1);
    stop();
}

Test(script, deltas_of_one_kind_take_turns, .timeout = 10)
{
    static const struct fake_server_delta script[] = {
        { .site = SITE_VERB, .verb = "NOOP", .times = 1, .reply = "451 one" },
        { .site = SITE_VERB, .verb = "NOOP", .times = 1, .reply = "452 two" },
        { .site = SITE_VERB, .verb = "EHLO", .drop_capability = "PIPELINING" },
        { .site = SITE_VERB, .verb = "EHLO", .drop_capability = "size" },
        { .site = SITE_VERB, .verb = "VRFY", .connection = 2, .reply = "550 no" },
    };

    start(script, 5);
    greet();
    cr_expect_eq(subject_count(&subject, "250-PIPELINING", NULL), 0);
    cr_expect_eq(subject_count(&subject, "250-SIZE", NULL), 0);
    cr_expect_eq(subject_count(&subject, "250-8BITMIME", NULL), 1);
    cr_expect_eq(peer_say(&peer, "NOOP"), 451);
    cr_expect_eq(peer_say(&peer, "NOOP"), 452);
    cr_expect_eq(peer_say(&peer, "NOOP"), 250);
    cr_expect_eq(peer_say(&peer, "VRFY x"), 252);
    subject_set(&subject);
    peer_close(&peer);
    greet();
    cr_expect_eq(peer_say(&peer, "NOOP"), 250, "new settings do not wind the script back");
    cr_expect_eq(peer_say(&peer, "VRFY x"), 550);
    stop();
}

Test(script, raw_bytes_take_a_message_only_where_they_are_a_reply, .timeout = 10)
{
    static const struct {
        const char *bytes;
        int code;
    } rows[] = {
        { "250 ok", 250 }, { "250-ok", 250 }, { "250", 250 }, { "250\r\n", 250 },
        { "25O ok", 0 },   { "25", 0 },       { "", 0 },      { "250000", 0 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int code = reply_parse_code(rows[i].bytes, strlen(rows[i].bytes));

        cr_expect_eq(code, rows[i].code, "%s: got %d", rows[i].bytes, code);
    }
}

Test(script, the_body_can_be_refused_and_cut, .timeout = 10)
{
    static const struct fake_server_delta script[] = {
        { .site = SITE_BODY, .times = 1, .reply = "550 5.7.1 no" },
        { .site = SITE_BODY, .times = 1, .after_lines = 4, .close = CLOSE_RESET },
    };

    start(script, 1);
    greet();
    cr_expect_eq(peer_mail(&peer), 550);
    cr_expect_eq(subject_count(&subject, "smtp.message", NULL), 0);
    peer_close(&peer);
    subject.settings.script = script + 1;
    subject_set(&subject);
    greet();
    cr_expect_eq(peer_mail(&peer), 250, "three lines");
    peer_say(&peer, "MAIL FROM:<a@b.c>");
    peer_say(&peer, "RCPT TO:<c@d.e>");
    peer_say(&peer, "DATA");
    cr_expect_eq(peer_say(&peer, "1\r\n2\r\n3\r\n4"), 0);
    subject_sync(&subject);
    cr_expect_eq(subject_count(&subject, "connection.close", "\"reset\"", NULL), 1);
    stop();
}

Test(script, bytes_behind_a_reply_come_in_the_clear, .timeout = 10)
{
    start_one((struct fake_server_delta){ .site = SITE_VERB,
                                          .verb = "STARTTLS",
                                          .reply = "220 ready",
                                          .inject = "250 injected\r\n",
                                          .inject_size = 14 });
    greet();
    cr_expect_eq(peer_say(&peer, "STARTTLS"), 220);
    cr_expect_eq(peer_read(&peer), 250);
    cr_expect_eq(peer_start_tls(&peer, TLS1_3_VERSION, NULL, NULL), 1);
    cr_expect_eq(subject_count(&subject, "smtp.inject", "250 injected\\\\r\\\\n", NULL), 1);
    stop();
}

Test(script, starttls_that_is_refused_starts_no_tls, .timeout = 10)
{
    start_one(
        (struct fake_server_delta){ .site = SITE_VERB, .verb = "STARTTLS", .reply = "454 no" });
    greet();
    cr_expect_eq(peer_say(&peer, "STARTTLS"), 454);
    cr_expect_eq(peer_say(&peer, "NOOP"), 250);
    stop();
}

Test(script, raw_bytes_and_fragments_make_a_reply, .timeout = 10)
{
    static const struct fake_server_delta script[] = {
        { .site = SITE_VERB,
          .verb = "NOOP",
          .bytes = "299 raw\r\n",
          .bytes_size = 9,
          .fragment = 2 },
        { .site = SITE_CONNECT, .fragment = 1 },
    };

    start(script, 2);
    greet();
    cr_expect_eq(peer_say(&peer, "NOOP"), 299);
    stop();
}

Test(script, any_alert_can_be_sent_at_any_site, .timeout = 60)
{
    static const enum fake_server_site sites[] = { SITE_CLIENT_HELLO, SITE_CERTIFICATE,
                                                   SITE_FINISHED, SITE_TICKET, SITE_VERB };
    static const char *const ciphers[] = { NULL, "ECDHE-ECDSA-CHACHA20-POLY1305" };

    for (size_t i = 0; i < 20; i++) {
        struct fake_server_delta delta = { .site = sites[i / 2 % 5], .alert = "access_denied" };
        int version = i % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
        unsigned long error = 0;

        delta.verb = "NOOP";
        subject_init(&subject);
        subject.settings.ask = FAKE_SERVER_ASK_REQUEST;
        subject.settings.sessions.tickets = 1;
        subject.settings.ciphers = ciphers[i / 10];
        subject.settings.ciphersuites = i < 10 ? NULL : "TLS_CHACHA20_POLY1305_SHA256";
        subject.settings.script = &delta;
        subject.settings.n_script = 1;
        subject_start(&subject);
        ERR_clear_error();
        if (peer_dial(&peer, &subject, version, &subject.alice, NULL) == 250)
            peer_say(&peer, "NOOP");
        error = ERR_peek_last_error();
        cr_expect_eq(ERR_GET_REASON(error), SSL_AD_REASON_OFFSET + SSL_AD_ACCESS_DENIED,
                     "site %d, version %x: %s", (int)delta.site, version,
                     ERR_reason_error_string(error));
        cr_expect_eq(subject_count(&subject, "tls.alert", "\"sent\"", "access_denied", NULL), 1);
        stop();
    }
}

Test(script, a_certificate_can_be_asked_for_later, .timeout = 20)
{
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        start_one((struct fake_server_delta){
            .site = SITE_VERB, .verb = "MAIL", .ask_certificate = true });
        cr_assert_eq(peer_dial(&peer, &subject, version, &subject.alice, NULL), 250);
        cr_expect_eq(peer_say(&peer, "MAIL FROM:<a@b.c>"), 250);
        cr_expect_eq(subject_count(&subject, "tls.certificate\"", "CN=alice",
                                   "\"post_handshake\":true", NULL),
                     1, "%x\n%s", version, subject.events);
        cr_expect_eq(subject_count(&subject, "\"tls.handshake\"", "CN=alice", NULL), 1);
        cr_expect_eq(peer_say(&peer, "RCPT TO:<c@d.e>"), 250);
        stop();
    }
}

Test(script, a_connection_can_end_in_every_way, .timeout = 20)
{
    static const struct {
        enum fake_server_close_how how;
        const char *want;
        bool notified;
    } rows[] = {
        { CLOSE_CLEAN, "\"how\":\"clean\"", true },
        { CLOSE_TRUNCATED, "\"how\":\"truncated\"", false },
        { CLOSE_RESET, "\"how\":\"reset\"", false },
    };
    static const enum fake_server_site sites[] = { SITE_VERB, SITE_CLOSE };

    for (size_t i = 0; i < 6; i++) {
        start_one((struct fake_server_delta){
            .site = sites[i / 3], .verb = "QUIT", .close = rows[i % 3].how });
        cr_assert_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL), 250);
        peer_say(&peer, "QUIT");
        cr_expect_eq(peer_read(&peer), 0);
        cr_expect_eq((SSL_get_shutdown(peer.ssl) & SSL_RECEIVED_SHUTDOWN) != 0,
                     rows[i % 3].notified, "row %zu", i);
        subject_sync(&subject);
        cr_expect_eq(subject_count(&subject, "connection.close", rows[i % 3].want, NULL), 1,
                     "row %zu", i);
        stop();
    }
}

Test(script, a_handshake_can_be_cut_and_delayed, .timeout = 20)
{
    static const enum fake_server_site sites[] = { SITE_CONNECT, SITE_CLIENT_HELLO,
                                                   SITE_CERTIFICATE, SITE_TICKET, SITE_FINISHED };

    for (size_t i = 0; i < 5; i++) {
        struct fake_server_delta delta = { .site = sites[i],
                                           .delay_ms = 1,
                                           .close = CLOSE_TRUNCATED };

        subject_init(&subject);
        subject.settings.script = &delta;
        subject.settings.n_script = 1;
        subject.settings.ask = FAKE_SERVER_ASK_REQUEST;
        subject.settings.sessions.tickets = 1;
        subject.settings.mode = FAKE_SERVER_IMPLICIT;
        subject_start(&subject);
        peer_open(&peer, &subject);
        if (peer_start_tls(&peer, TLS1_3_VERSION, NULL, NULL) == 1)
            cr_expect_eq(peer_read(&peer), 0);
        subject_sync(&subject);
        cr_expect_eq(subject_count(&subject, "connection.close", "truncated", "\"server\"", NULL),
                     1, "site %zu\n%s", i, subject.events);
        stop();
    }
}

Test(script, a_reset_gives_deltas_their_turns_back, .timeout = 10)
{
    static const struct fake_server_delta once[] = {
        { .site = SITE_VERB, .verb = "NOOP", .times = 1, .reply = "450 once" },
        { .site = SITE_VERB, .verb = "EHLO", .connection = 1, .reply = "451 the first" },
    };

    subject_init(&subject);
    subject.settings.script = once;
    subject.settings.n_script = 2;
    subject_start(&subject);
    for (int round = 0; round < 2; round++) {
        peer_open(&peer, &subject);
        cr_expect_eq(peer_read(&peer), 220);
        cr_expect_eq(peer_say(&peer, "NOOP"), 450, "round %d", round);
        cr_expect_eq(peer_say(&peer, "NOOP"), 250, "round %d", round);
        cr_expect_eq(peer_say(&peer, "EHLO client.example.test"), 451, "round %d", round);
        peer_close(&peer);
        peer_open(&peer, &subject);
        cr_expect_eq(peer_read(&peer), 220);
        cr_expect_eq(peer_say(&peer, "EHLO client.example.test"), 250, "round %d", round);
        peer_close(&peer);
        fake_server_reset(subject.server);
    }
    subject_stop(&subject);
}
