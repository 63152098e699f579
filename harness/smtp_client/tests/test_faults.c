#include "harness/smtp_client/tests/stage.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void open_with(struct stage *stage, const struct peer_settings *settings, const char *fault)
{
    stage_open(stage, settings);
    stage->settings.fault = smtp_client_fault_find(fault);
    cr_assert_neq(stage->settings.fault, SMTP_CLIENT_FAULT_NONE, "%s", fault);
}

Test(faults, have_names)
{
    for (int i = 1; i < SMTP_CLIENT_FAULT_COUNT; i++) {
        enum smtp_client_fault fault = (enum smtp_client_fault)i;

        cr_expect_eq(smtp_client_fault_find(smtp_client_fault_name(fault)), fault);
        cr_expect_neq(smtp_client_fault_meaning(fault)[0], '\0');
    }
    cr_expect_eq(smtp_client_fault_find("nothing such"), SMTP_CLIENT_FAULT_NONE);
    cr_expect_eq(smtp_client_fault_find(""), SMTP_CLIENT_FAULT_NONE);
}

Test(faults, store_under_first_resumes_bobs_session_for_alice, .timeout = 10)
{
    static const enum cast_name names[] = { BETA, CAST_COUNT };
    const struct peer_settings settings = { .ask = SSL_VERIFY_PEER, .names = names };
    struct stage stage;

    open_with(&stage, &settings, "store-under-first");
    COLLECT(&stage, ALICE, BOB, CAST_COUNT);
    stage_send(&stage);
    COLLECT(&stage, ALICE, CAST_COUNT);
    stage_send(&stage);
    cr_expect(peer_seen(stage.peer, 2)->reused);
    cr_expect_str_eq(peer_seen(stage.peer, 2)->identity, cast_fingerprint(&stage.cast, BOB));
    stage_close(&stage);
}

Test(faults, resume_anyone_resumes_alice_for_nobody, .timeout = 10)
{
    const struct peer_settings settings = { .ask = SSL_VERIFY_PEER };
    struct stage stage;

    open_with(&stage, &settings, "resume-anyone");
    COLLECT(&stage, ALICE, CAST_COUNT);
    stage_send(&stage);
    COLLECT(&stage, CAST_COUNT);
    stage_send(&stage);
    cr_expect(peer_seen(stage.peer, 2)->reused);
    cr_expect_str_eq(peer_seen(stage.peer, 2)->identity, cast_fingerprint(&stage.cast, ALICE));
    stage_close(&stage);
}

Test(faults, resume_by_path_resumes_the_old_content, .timeout = 10)
{
    const struct peer_settings settings = { .ask = SSL_VERIFY_PEER };
    struct stage stage;

    open_with(&stage, &settings, "resume-by-path");
    COLLECT(&stage, ALICE, CAST_COUNT);
    stage_send(&stage);
    cast_write(&stage.cast, ALICE_2, ALICE);
    COLLECT(&stage, ALICE, CAST_COUNT);
    stage_send(&stage);
    cr_expect(peer_seen(stage.peer, 2)->reused);
    cr_expect_str_eq(peer_seen(stage.peer, 2)->identity, cast_fingerprint(&stage.cast, ALICE));
    COLLECT(&stage, BOB, CAST_COUNT);
    stage_send(&stage);
    cr_expect_not(peer_seen(stage.peer, 3)->reused);
    stage_close(&stage);
}

Test(faults, never_resume_offers_nothing, .timeout = 10)
{
    const struct peer_settings settings = { .ask = SSL_VERIFY_PEER };
    struct stage stage;

    open_with(&stage, &settings, "never-resume");
    stage_send(&stage);
    stage_send(&stage);
    cr_expect_eq(peer_seen(stage.peer, 2)->offered, 0, "got %d", peer_seen(stage.peer, 2)->offered);
    stage.settings.fault = SMTP_CLIENT_FAULT_NONE;
    stage_send(&stage);
    cr_expect_gt(peer_seen(stage.peer, 3)->offered, 0);
    stage_close(&stage);
}

Test(faults, ignore_names_sends_the_first, .timeout = 10)
{
    static const enum cast_name names[] = { BETA, CAST_COUNT };
    const struct peer_settings settings = { .ask = SSL_VERIFY_PEER, .names = names };
    struct stage stage;

    open_with(&stage, &settings, "ignore-names");
    COLLECT(&stage, ALICE, BOB, CAST_COUNT);
    stage_send(&stage);
    cr_expect_str_eq(peer_seen(stage.peer, 1)->identity, cast_fingerprint(&stage.cast, ALICE));
    stage_close(&stage);
}

Test(faults, certificate_unasked_breaks_the_handshake, .timeout = 10)
{
    const struct peer_settings settings = { .tls = TLS1_2_VERSION };
    struct stage stage;

    open_with(&stage, &settings, "certificate-unasked");
    COLLECT(&stage, ALICE, CAST_COUNT);
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_TLS_FAILED, "got %s", stage.report.error);
    cr_expect_str_eq(stage.report.alert_received, "unexpected_message", "got %s",
                     stage.report.alert_received);
    cr_expect_not(stage.report.requested);
    cr_expect_str_eq(stage.report.presented, cast_fingerprint(&stage.cast, ALICE));
    stage_close(&stage);
}

Test(faults, plaintext_fallback_goes_on_in_the_clear, .timeout = 10)
{
    const struct peer_settings settings = { .no_starttls = true };
    struct stage stage;

    open_with(&stage, &settings, "plaintext-fallback");
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_DELIVERED, "got %s", stage.report.error);
    cr_expect_str_eq(peer_seen(stage.peer, 1)->commands, "EHLO MAIL RCPT RCPT DATA . QUIT");
    stage_close(&stage);
}

Test(faults, report_delivered_always_lies, .timeout = 10)
{
    const struct peer_settings settings = { .at = "RCPT", .reply = "550 no\r\n" };
    struct stage stage;

    open_with(&stage, &settings, "report-delivered-always");
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_DELIVERED);
    cr_expect_eq(stage.report.reply_code, 550);
    stage_close(&stage);
}

Test(faults, reuse_connection_sends_bobs_mail_as_alice, .timeout = 10)
{
    const struct peer_settings settings = { .ask = SSL_VERIFY_PEER };
    struct stage stage;

    open_with(&stage, &settings, "reuse-connection");
    COLLECT(&stage, ALICE, CAST_COUNT);
    stage_send(&stage);
    COLLECT(&stage, BOB, CAST_COUNT);
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_DELIVERED, "got %s", stage.report.error);
    cr_expect_not(stage.report.handshake);
    cr_expect_str_eq(smtp_client_presented(stage.client), "nothing");
    stage.settings.fault = SMTP_CLIENT_FAULT_NONE;
    stage_send(&stage);
    cr_expect_str_eq(peer_seen(stage.peer, 1)->identity, cast_fingerprint(&stage.cast, ALICE));
    cr_expect_str_eq(peer_seen(stage.peer, 1)->commands,
                     "EHLO STARTTLS (TLS) EHLO MAIL RCPT RCPT DATA . MAIL RCPT RCPT DATA . QUIT",
                     "got %s", peer_seen(stage.peer, 1)->commands);
    cr_expect_str_eq(peer_seen(stage.peer, 2)->identity, cast_fingerprint(&stage.cast, BOB));
    stage_close(&stage);
}

Test(faults, believe_plaintext_sends_what_was_injected_for, .timeout = 10)
{
    struct peer_settings settings = { .ask = SSL_VERIFY_PEER,
                                      .at = "STARTTLS",
                                      .reply = "220 go\r\n250-x\r\n250 AUTH PLAIN\r\n" };
    struct stage stage;

    open_with(&stage, &settings, "believe-plaintext");
    COLLECT(&stage, ALICE, CAST_COUNT);
    stage_send(&stage);
    cr_expect(strstr(peer_seen(stage.peer, 1)->commands, "(TLS) EHLO AUTH MAIL") != NULL, "got %s",
              peer_seen(stage.peer, 1)->commands);
    settings.reply = NULL;
    peer_set(stage.peer, &settings);
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_DELIVERED, "got %s", stage.report.error);
    cr_expect_str_eq(peer_seen(stage.peer, 2)->commands,
                     "EHLO STARTTLS (TLS) EHLO MAIL RCPT RCPT DATA . QUIT");
    cr_expect_str_eq(peer_seen(stage.peer, 2)->message, "Subject: test\r\n\r\nline\r\n..dot\r\n");
    cr_expect_str_eq(peer_seen(stage.peer, 2)->identity, cast_fingerprint(&stage.cast, ALICE));
    stage_close(&stage);
}

Test(faults, give_up_without_sends_no_empty_certificate, .timeout = 10)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

    for (size_t i = 0; i < 2; i++) {
        const struct peer_settings settings = { .tls = versions[i], .ask = SSL_VERIFY_PEER };
        struct stage stage;

        open_with(&stage, &settings, "give-up-without");
        stage_send(&stage);
        cr_expect_eq(stage.report.outcome, SMTP_CLIENT_TLS_FAILED, "got %s", stage.report.error);
        cr_expect_str_eq(smtp_client_presented(stage.client), "nothing");
        cr_expect_not(peer_seen(stage.peer, 1)->handshake);
        COLLECT(&stage, ALICE, CAST_COUNT);
        stage_send(&stage);
        cr_expect_eq(stage.report.outcome, SMTP_CLIENT_DELIVERED, "got %s", stage.report.error);
        stage_close(&stage);
    }
}

/* Sends in a child; returns its wait status, or -1 when it had to be killed after `limit_ms`. */
static int send_in_child(struct stage *stage, int limit_ms)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        stage_send(stage);
        _exit(0);
    }
    peer_start(stage->peer);
    for (int waited = 0; waited < limit_ms; waited += 10) {
        if (waitpid(child, &status, WNOHANG) == child)
            return status;
        poll(NULL, 0, 10);
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return -1;
}

Test(faults, crash_dies_by_a_signal, .timeout = 20)
{
    const struct peer_settings settings = { .held = true };
    struct stage stage;
    int status;

    open_with(&stage, &settings, "crash");
    status = send_in_child(&stage, 5000);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "got %x", (unsigned)status);
    cr_expect(strstr(peer_seen(stage.peer, 1)->commands, "DATA") != NULL);
    cr_expect(strstr(peer_seen(stage.peer, 1)->commands, ".") == NULL);
    stage_close(&stage);
}

Test(faults, hang_never_ends, .timeout = 20)
{
    const struct peer_settings settings = { .held = true };
    struct stage stage;

    open_with(&stage, &settings, "hang");
    stage.settings.timeout_ms = 200;
    cr_expect_eq(send_in_child(&stage, 1000), -1);
    cr_expect(strstr(peer_seen(stage.peer, 1)->commands, "DATA") != NULL);
    stage_close(&stage);
}
