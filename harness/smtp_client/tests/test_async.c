#include "harness/smtp_client/tests/stage.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <string.h>

static const char *const to[] = { "b@example.test", NULL };
static const struct smtp_client_message message = { "a@example.test", to, "Subject: x\r\n\r\n",
                                                    14 };

static void keep(void *context, const struct smtp_client_report *report)
{
    *(enum smtp_client_outcome *)context = report->outcome;
}

Test(async, one_message_at_a_time, .timeout = 10)
{
    const struct peer_settings settings = { .ask = SSL_VERIFY_PEER, .held = true };
    enum smtp_client_outcome outcome = SMTP_CLIENT_OUTCOME_COUNT;
    struct stage stage;

    stage_open(&stage, &settings);
    COLLECT(&stage, ALICE, CAST_COUNT);
    cr_assert_eq(smtp_client_send_async(stage.client, &stage.settings, &message, keep, &outcome),
                 0);
    cr_expect_eq(smtp_client_send_async(stage.client, &stage.settings, &message, keep, NULL), -1);
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_INVALID);
    cr_expect_str_eq(stage.report.error, "another message is under way");
    /* What is under way has its own view of the collection (R4). */
    smtp_certificates_clear(smtp_client_certificates(stage.client));
    peer_start(stage.peer);
    smtp_client_wait(stage.client);
    cr_expect_eq(outcome, SMTP_CLIENT_DELIVERED);
    cr_expect_str_eq(peer_seen(stage.peer, 1)->identity, cast_fingerprint(&stage.cast, ALICE));
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_DELIVERED, "got %s", stage.report.error);
    stage_close(&stage);
}

Test(async, what_is_under_way_can_be_cancelled, .timeout = 10)
{
    const struct peer_settings settings = { .held = true };
    enum smtp_client_outcome outcome = SMTP_CLIENT_OUTCOME_COUNT;
    struct stage stage;

    stage_open(&stage, &settings);
    stage.settings.timeout_ms = 60000;
    smtp_client_send_async(stage.client, &stage.settings, &message, keep, &outcome);
    smtp_client_cancel(stage.client);
    smtp_client_wait(stage.client);
    cr_expect_eq(outcome, SMTP_CLIENT_CANCELLED, "got %d", (int)outcome);
    peer_start(stage.peer);
    stage_close(&stage);
}
