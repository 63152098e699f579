#include "harness/smtp_client/tests/stage.h"

#include <criterion/criterion.h>
#include <string.h>

void stage_open(struct stage *stage, const struct peer_settings *settings)
{
    char why[256];

    *stage = (struct stage){ 0 };
    cast_open(&stage->cast);
    stage->peer = peer_open(&stage->cast, settings);
    stage->client = smtp_client_new(why, sizeof(why));
    snprintf(stage->trust, sizeof(stage->trust), "%s", cast_certificate(&stage->cast, ALPHA));
    stage->settings = (struct smtp_client_settings){
        .host = "localhost",
        .loopback = true,
        .port = peer_port(stage->peer),
        .mode = settings->implicit ? SMTP_CLIENT_IMPLICIT : SMTP_CLIENT_STARTTLS,
        .trust_file = stage->trust,
        .timeout_ms = 4000,
    };
}

void stage_close(struct stage *stage)
{
    smtp_client_free(stage->client);
    peer_close(stage->peer);
    cast_close(&stage->cast);
    smtp_client_forget_sessions();
}

void stage_collect(struct stage *stage, const enum cast_name *names)
{
    struct smtp_certificates *certificates = smtp_client_certificates(stage->client);
    char why[256];

    smtp_certificates_clear(certificates);
    for (; *names != CAST_COUNT; names++)
        cr_assert_eq(smtp_certificates_add_files(certificates,
                                                 cast_certificate(&stage->cast, *names),
                                                 cast_key(&stage->cast, *names), why, sizeof(why)),
                     0, "%s", why);
}

const struct smtp_client_report *stage_send(struct stage *stage)
{
    static const char bytes[] = "Subject: test\r\n\r\nline\r\n.dot\r\n";
    static const char *const to[] = { "a@example.test", "b@example.test", NULL };
    const struct smtp_client_message message = { "s@example.test", to, bytes, sizeof(bytes) - 1 };

    smtp_client_send(stage->client, &stage->settings, &message, &stage->report);
    return &stage->report;
}
