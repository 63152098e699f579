#include "fake_server/tests/helper.h"

#include <criterion/criterion.h>

#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct subject subject;
static struct peer peer;

static void start(void)
{
    subject_init(&subject);
    subject_start(&subject);
}

static void stop(void)
{
    peer_close(&peer);
    subject_stop(&subject);
}

Test(server, what_a_client_did_before_a_sync_is_recorded, .init = start, .fini = stop,
     .timeout = 30)
{
    char line[64];

    for (int i = 0; i < 100; i++) {
        peer_open(&peer, &subject);
        snprintf(line, sizeof line, "EHLO client-%d.\r\n", i);
        peer_send(&peer, line);
        if (i % 2 == 0)
            peer_close(&peer);
        subject_sync(&subject);
        snprintf(line, sizeof line, "EHLO client-%d.\"", i);
        cr_assert_eq(subject_count(&subject, line, NULL), 1, "%s", line);
        snprintf(line, sizeof line, "\"connection\":%d,", i + 1);
        cr_assert_eq(subject_count(&subject, "connection.close", line, NULL), i % 2 == 0, "%s",
                     line);
        peer_close(&peer);
    }
}

Test(server, a_sync_waits_for_a_delay_and_not_for_a_stall, .timeout = 10)
{
    static const struct fake_server_delta script[] = {
        { .site = SITE_VERB, .verb = "NOOP", .delay_ms = 100 },
        { .site = SITE_VERB, .verb = "HELP", .stall = true },
    };

    subject_init(&subject);
    subject.settings.script = script;
    subject.settings.n_script = 2;
    subject_start(&subject);
    peer_open(&peer, &subject);
    peer_read(&peer);
    peer_send(&peer, "NOOP\r\n");
    subject_sync(&subject);
    cr_expect_eq(subject_count(&subject, "smtp.reply", "\"code\":250", NULL), 1);
    peer_send(&peer, "HELP\r\n");
    subject_sync(&subject);
    cr_expect_eq(subject_count(&subject, "\"verb\":\"HELP\"", "\"script\"", NULL), 1);
    cr_expect_eq(subject_count(&subject, "\"code\":214", NULL), 0);
    peer_close(&peer);
    subject_sync(&subject);
    cr_expect_eq(subject_count(&subject, "connection.close", "\"client\"", NULL), 1);
    cr_expect_eq(subject_count(&subject, "\"code\":214", NULL), 0, "a stall is never answered");
    stop();
}

Test(server, steps_are_counted_in_events, .init = start, .fini = stop, .timeout = 10)
{
    fake_server_step(subject.server, 4);
    peer_open(&peer, &subject);
    subject_sync(&subject);
    cr_expect_eq(subject_count(&subject, "server.step", "\"step\":4", NULL), 1);
    cr_expect_eq(subject_count(&subject, "connection.open", "\"step\":4", NULL), 1);
}

Test(server, settings_that_cannot_be_used_are_explained, .init = start, .fini = stop, .timeout = 10)
{
    char why[256] = "";

    subject.settings.ciphers = "NO-SUCH-CIPHER";
    cr_expect_eq(fake_server_set(subject.server, &subject.settings, why, sizeof why), -1);
    cr_expect_not_null(strstr(why, "ciphers"), "%s", why);
    subject.settings.ciphers = NULL;
    subject.settings.key = subject.alice.key;
    cr_expect_eq(fake_server_set(subject.server, &subject.settings, why, sizeof why), -1);
    cr_expect_not_null(strstr(why, "key"), "%s", why);
    subject.settings.key = NULL;
    cr_expect_eq(fake_server_set(subject.server, &subject.settings, why, sizeof why), -1);
}

Test(server, it_works_after_a_fork_of_a_warm_process, .timeout = 10)
{
    int status = -1;
    pid_t child;

    SSL_CTX_free(SSL_CTX_new(TLS_server_method()));
    child = fork();
    if (child == 0) {
        start();
        _exit(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL) == 250 ? 0 : 1);
    }
    waitpid(child, &status, 0);
    cr_expect_eq(status, 0);
}

Test(server, closing_ends_connections_at_once, .timeout = 10)
{
    start();
    peer_open(&peer, &subject);
    peer_read(&peer);
    stop();
}
