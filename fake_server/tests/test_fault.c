#include "fake_server/fault.h"
#include "fake_server/tests/helper.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct subject subject;
static struct peer peer;

static void start(const struct fake_server_delta *script, size_t n)
{
    subject_init(&subject);
    subject.settings.script = script;
    subject.settings.n_script = n;
    subject.settings.sessions.tickets = 2;
    subject.settings.seed = 7;
    subject_start(&subject);
}

static void stop(void)
{
    peer_close(&peer);
    subject_stop(&subject);
}

Test(fault, the_same_seed_and_turn_draw_the_same)
{
    struct fault a, b, c, d;
    int same = 0;
    int near = 0;

    fault_init(&a, 1, 1);
    fault_init(&b, 1, 1);
    fault_init(&c, 2, 1);
    fault_init(&d, 1, 2);

    for (int i = 0; i < 1000; i++) {
        size_t drawn = fault_draw(&a, 256);

        cr_assert_eq(drawn, fault_draw(&b, 256));
        same += drawn == fault_draw(&c, 256);
        near += drawn == fault_draw(&d, 256);
    }
    cr_expect_lt(same, 30);
    cr_expect_lt(near, 30);
}

Test(fault, a_piece_is_no_larger_than_anything_allows)
{
    struct fault fault;

    fault_init(&fault, 0, 1);
    cr_expect_eq(fault_piece(&fault, 1000), 1000);
    fault.segment = 7;
    cr_expect_eq(fault_piece(&fault, 1000), 7);
    fault.throttle = 100;
    cr_expect_eq(fault_piece(&fault, 1000), 2);
    fault.throttle = 10;
    cr_expect_eq(fault_piece(&fault, 1000), 1);
    fault.cuts = true;
    cr_expect_eq(fault_piece(&fault, 1000), 0);
    cr_expect_eq(fault_pace(&fault, 1000, 0, 5), 1000 + 500000);
    cr_expect_eq(fault_pace(&fault, 1000, 2000, 5), 2000 + 500000);
}

Test(fault, records_of_the_handshake_are_cut_until_they_are_encrypted)
{
    static const unsigned char flight[] = { 22, 3, 3, 0, 5,  1, 2, 3, 4, 5, 20, 3,
                                            3,  0, 1, 1, 22, 3, 3, 0, 3, 7, 8,  9 };
    static const unsigned char want[] = { 22, 3, 3, 0,  2, 1, 2, 22, 3, 3,  0, 2, 3, 4, 22, 3, 3,
                                          0,  1, 5, 20, 3, 3, 0, 1,  1, 22, 3, 3, 0, 3, 7,  8, 9 };
    static const unsigned char odd[] = { 22, 3, 3, 9, 9, 1 };
    struct fault fault = { .record = 2 };
    size_t size = sizeof flight;
    unsigned char *out = fault_reframe(&fault, flight, &size);

    cr_expect_eq(size, sizeof want);
    cr_expect_arr_eq(out, want, sizeof want);
    free(out);
    fault = (struct fault){ .record = 2 };
    size = sizeof odd;
    out = fault_reframe(&fault, odd, &size);
    cr_expect_eq(size, sizeof odd);
    cr_expect_arr_eq(out, odd, sizeof odd);
    free(out);
}

Test(fault, a_dialogue_in_pieces_is_the_same_dialogue, .timeout = 30)
{
    static const struct fake_server_delta rows[] = {
        { .site = SITE_CONNECT, .segment = 1 },
        { .site = SITE_CONNECT, .segment = FAKE_SERVER_RANDOM, .record = FAKE_SERVER_RANDOM },
        { .site = SITE_CONNECT, .record = 3 },
        { .site = SITE_VERB, .verb = "STARTTLS", .segment = 2, .record = 1 },
        { .site = SITE_CONNECT, .throttle = 200000 },
    };

    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        int version = i % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;

        start(&rows[i / 2], 1);
        cr_expect_eq(peer_dial(&peer, &subject, version, &subject.alice, NULL), 250, "row %zu", i);
        cr_expect_eq(peer_mail(&peer), 250, "row %zu", i);
        cr_expect_eq(subject_count(&subject, "\"event\":\"error\"", NULL), 0, "row %zu", i);
        stop();
    }
}

Test(fault, throttled_bytes_take_their_time, .timeout = 10)
{
    static const struct fake_server_delta row = {
        .site = SITE_VERB, .verb = "NOOP", .throttle = 1000, .fill = 200
    };
    struct timespec before, after;

    start(&row, 1);
    peer_open(&peer, &subject);
    peer_read(&peer);
    clock_gettime(CLOCK_MONOTONIC, &before);
    cr_expect_eq(peer_say(&peer, "NOOP"), 250);
    clock_gettime(CLOCK_MONOTONIC, &after);
    cr_expect_geq(
        (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000, 150);
    stop();
}

Test(fault, a_cut_ends_the_connection_in_the_middle, .timeout = 20)
{
    static const struct fake_server_delta rows[] = {
        { .site = SITE_VERB, .verb = "NOOP", .cut = 3 },
        { .site = SITE_VERB, .verb = "STARTTLS", .cut = 100 },
        { .site = SITE_CLIENT_HELLO, .cut = 10 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int got;

        start(&rows[i], 1);
        got = peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL);
        cr_expect_eq(got, i == 0 ? 250 : 0, "row %zu", i);
        if (i == 0)
            cr_expect_eq(peer_say(&peer, "NOOP"), 0);
        subject_sync(&subject);
        cr_expect_eq(subject_count(&subject, "connection.close", "truncated", "\"server\"", NULL),
                     1, "row %zu\n%s", i, subject.events);
        stop();
    }
}

Test(fault, what_is_corrupt_is_noticed, .timeout = 20)
{
    static const struct fake_server_delta rows[] = {
        { .site = SITE_VERB, .verb = "NOOP", .corrupt = true },
        { .site = SITE_VERB, .verb = "NOOP", .garbage = 40 },
        { .site = SITE_VERB, .verb = "NOOP", .raw = "250 in the clear\r\n", .raw_size = 18 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        start(&rows[i], 1);
        cr_assert_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL), 250);
        cr_expect_eq(peer_say(&peer, "NOOP"), 0, "row %zu", i);
        subject_sync(&subject);
        cr_expect_eq(subject_count(&subject, "tls.alert", "\"received\"", NULL), 1, "row %zu\n%s",
                     i, subject.events);
        stop();
    }
}

static void play_garbage(char first[64])
{
    static const struct fake_server_delta row = { .site = SITE_VERB,
                                                  .verb = "NOOP",
                                                  .garbage = 16 };
    const char *at;

    start(&row, 1);
    peer_open(&peer, &subject);
    peer_read(&peer);
    peer_say(&peer, "NOOP");
    at = strstr(subject.events, "\"bytes\":");
    cr_assert_not_null(at);
    snprintf(first, 64, "%.60s", at);
    stop();
}

Test(fault, a_seed_says_which_garbage, .timeout = 10)
{
    char once[64], again[64];

    play_garbage(once);
    play_garbage(again);
    cr_expect_str_eq(once, again);
}

Test(fault, a_reply_takes_any_form, .timeout = 20)
{
    static const struct fake_server_delta script[] = {
        { .site = SITE_VERB, .verb = "NOOP", .answer = ANSWER_TWICE },
        { .site = SITE_VERB, .verb = "VRFY", .lines = 3, .fill = 40 },
        { .site = SITE_VERB, .verb = "RSET", .answer = ANSWER_LATE },
        { .site = SITE_VERB, .verb = "HELP", .fragment = FAKE_SERVER_RANDOM },
    };

    start(script, 4);
    peer_open(&peer, &subject);
    peer_read(&peer);
    cr_expect_eq(peer_say(&peer, "NOOP"), 250);
    cr_expect_eq(peer_read(&peer), 250);
    cr_expect_eq(peer_say(&peer, "VRFY x"), 252);
    cr_expect_eq(peer_say(&peer, "HELP"), 214);
    peer_send(&peer, "RSET\r\nHELP\r\n");
    cr_expect_eq(peer_read(&peer), 214);
    cr_expect_eq(peer_read(&peer), 250);
    stop();
}

Test(fault, a_command_can_be_obeyed_without_an_answer, .timeout = 10)
{
    static const struct fake_server_delta script[] = {
        { .site = SITE_CONNECT, .inject = "250 early\r\n", .inject_size = 11 },
        { .site = SITE_VERB, .verb = "EHLO", .answer = ANSWER_NEVER },
    };

    start(script, 2);
    peer_open(&peer, &subject);
    cr_expect_eq(peer_read(&peer), 220);
    cr_expect_eq(peer_read(&peer), 250);
    peer_send(&peer, "EHLO x\r\n");
    cr_expect_eq(peer_say(&peer, "MAIL FROM:<a@b.c>"), 250);
    stop();
}

Test(fault, half_closed_it_still_hears, .timeout = 10)
{
    static const struct fake_server_delta script[] = {
        { .site = SITE_VERB, .verb = "NOOP", .close = CLOSE_HALF },
    };

    start(script, 1);
    cr_assert_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL), 250);
    peer_send(&peer, "NOOP\r\n");
    cr_expect_eq(peer_read(&peer), 250);
    peer_send(&peer, "MAIL FROM:<a@b.c>\r\n");
    subject_sync(&subject);
    cr_expect_eq(subject_count(&subject, "smtp.command", "MAIL", NULL), 1);
    cr_expect_eq(subject_count(&subject, "smtp.reply", "2.1.0", NULL), 0);
    peer_close(&peer);
    subject_sync(&subject);
    cr_expect_eq(subject_count(&subject, "connection.close", "\"by\":\"client\"", NULL), 1);
    subject_stop(&subject);
}

Test(fault, tickets_come_when_the_script_says, .timeout = 10)
{
    static const struct fake_server_delta script[] = {
        { .site = SITE_VERB, .verb = "NOOP", .tickets = 3 },
    };
    SSL_SESSION *session;

    subject_init(&subject);
    subject.settings.script = script;
    subject.settings.n_script = 1;
    subject_start(&subject);
    cr_assert_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL), 250);
    cr_expect_eq(subject_count(&subject, "tls.session_issued", NULL), 0);
    cr_expect_eq(peer_say(&peer, "NOOP"), 250);
    cr_expect_eq(subject_count(&subject, "tls.session_issued", NULL), 3);
    session = peer.session;
    peer.session = NULL;
    peer_quit(&peer);
    cr_expect_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, session), 250);
    cr_expect(SSL_session_reused(peer.ssl));
    SSL_SESSION_free(session);
    stop();
}
