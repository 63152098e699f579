#include "fake_server/tests/helper.h"

#include <criterion/criterion.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct subject subject;
static struct peer peer;

static void start(int deadline_ms)
{
    subject_init(&subject);
    subject.settings.deadline_ms = deadline_ms;
    subject_start(&subject);
    peer_open(&peer, &subject);
    peer_read(&peer);
}

static void stop(void)
{
    peer_close(&peer);
    subject_stop(&subject);
}

/* Sends bytes one by one, a fifth of the deadline apart, until the server has had enough. Returns
 * how many it took. */
static int drip(const char *bytes, size_t size)
{
    struct pollfd row = { .fd = peer.fd, .events = POLLIN };
    int n = 0;

    while (n < (int)size && poll(&row, 1, 40) == 0 && write(peer.fd, bytes + n, 1) == 1)
        n++;
    return n;
}

Test(limits, a_line_that_comes_a_byte_at_a_time_is_not_waited_for, .timeout = 10)
{
    start(200);
    cr_expect_lt(drip("EHLO a.client.that.is.never.done.with.its.name", 46), 20);
    cr_expect_eq(peer_read(&peer), 421);
    subject_sync(&subject);
    cr_expect_eq(subject_count(&subject, "\"limit\"", "\"deadline\"", NULL), 1);
    stop();
}

Test(limits, a_client_hello_that_comes_a_byte_at_a_time_is_not_waited_for, .timeout = 10)
{
    static const char hello[64] = { 22, 3, 1, 2, 0, 1 };

    start(200);
    peer_say(&peer, "EHLO x");
    cr_assert_eq(peer_say(&peer, "STARTTLS"), 220);
    cr_expect_lt(drip(hello, sizeof hello), 20);
    subject_sync(&subject);
    cr_expect_eq(subject_count(&subject, "tls.handshake_failed", "silent too long", NULL), 1);
    cr_expect_eq(subject_count(&subject, "\"limit\"", "\"deadline\"", NULL), 1);
    stop();
}

Test(limits, key_updates_without_end_end_the_connection, .timeout = 10)
{
    int n = 0;

    start(3000);
    peer_close(&peer);
    cr_assert_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL), 250);
    while (n < 1000 && SSL_key_update(peer.ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
           peer_say(&peer, "NOOP") == 250)
        n++;
    cr_expect_eq(n, FAKE_SERVER_MAX_HANDSHAKES, "got %d", n);
    subject_sync(&subject);
    cr_expect_eq(subject_count(&subject, "\"limit\"", "\"handshakes\"", NULL), 1);
    stop();
}

Test(limits, a_renegotiation_of_the_client_is_declined, .timeout = 10)
{
    start(3000);
    peer_close(&peer);
    cr_assert_eq(peer_dial(&peer, &subject, TLS1_2_VERSION, NULL, NULL), 250);
    SSL_renegotiate(peer.ssl);
    cr_expect_neq(SSL_do_handshake(peer.ssl), 1);
    subject_sync(&subject);
    cr_expect_eq(subject_count(&subject, "tls.alert", "\"sent\"", "no_renegotiation", NULL), 1,
                 "%s", subject.events);
    stop();
}

Test(limits, a_line_without_end_is_skipped_and_then_cut_off, .timeout = 10)
{
    static char text[60001];

    memset(text, 'x', sizeof text - 1);
    start(3000);
    for (int i = 0; i < 30; i++)
        peer_send(&peer, text);
    cr_expect_eq(peer_read(&peer), 500);
    cr_expect_eq(peer_read(&peer), 421);
    cr_expect_eq(subject_count(&subject, "\"limit\"", "line length", NULL), 1);
    cr_expect_lt(subject.size, 16384, "the record stays small");
    stop();
}

Test(limits, a_message_without_end_is_cut_off_and_leaves_no_file, .timeout = 10)
{
    static char text[60001];
    char directory[] = "/tmp/fake_server_XXXXXX";

    memset(text, 'x', sizeof text - 1);
    cr_assert_not_null(mkdtemp(directory));
    subject_init(&subject);
    subject.settings.max_message_bytes = 100000;
    subject.settings.message_directory = directory;
    subject_start(&subject);
    peer_open(&peer, &subject);
    peer_read(&peer);
    peer_say(&peer, "EHLO x");
    peer_say(&peer, "MAIL FROM:<a@b.c>");
    peer_say(&peer, "RCPT TO:<c@d.e>");
    peer_say(&peer, "DATA");
    for (int i = 0; i < 20; i++)
        peer_send(&peer, text);
    cr_expect_eq(peer_read(&peer), 421);
    cr_expect_eq(subject_count(&subject, "\"limit\"", "message size", NULL), 1);
    stop();
    cr_expect_eq(rmdir(directory), 0, "nothing is left behind");
}
