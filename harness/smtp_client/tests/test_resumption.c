#include "harness/smtp_client/tests/stage.h"

#include <criterion/criterion.h>
#include <string.h>

/* A,A,B,B,-,-: full and resumed in turn, each as the right identity, over every kind of session. */
static const struct kind {
    const char *name;
    bool implicit;
    int tls;
    bool ids;
    const char *resumed;
} kinds[] = {
    { "1.2 id, STARTTLS", false, TLS1_2_VERSION, true, "id" },
    { "1.2 ticket, STARTTLS", false, TLS1_2_VERSION, false, "ticket" },
    { "1.3, STARTTLS", false, TLS1_3_VERSION, false, "psk" },
    { "1.2 id, implicit", true, TLS1_2_VERSION, true, "id" },
    { "1.2 ticket, implicit", true, TLS1_2_VERSION, false, "ticket" },
    { "1.3, implicit", true, TLS1_3_VERSION, false, "psk" },
};

static void expect_pair(struct stage *stage, const struct kind *kind, const char *identity, int n)
{
    const struct smtp_client_report *report = stage_send(stage);

    cr_expect_str_eq(report->resumed, "no", "%s: got %s, %s", kind->name, report->resumed,
                     report->error);
    cr_expect_str_eq(report->presented, identity, "%s: got %s", kind->name, report->presented);
    cr_expect_str_eq(peer_seen(stage->peer, n)->identity, identity, "%s", kind->name);
    report = stage_send(stage);
    cr_expect_str_eq(report->resumed, kind->resumed, "%s: got %s, %s", kind->name, report->resumed,
                     report->error);
    cr_expect_str_eq(report->offered, kind->resumed, "%s: got %s", kind->name, report->offered);
    cr_expect_str_eq(report->session_identity, identity, "%s: got %s", kind->name,
                     report->session_identity);
    cr_expect_str_eq(report->presented, "", "%s: got %s", kind->name, report->presented);
    cr_expect_eq(report->outcome, SMTP_CLIENT_DELIVERED, "%s: %s", kind->name, report->error);
    cr_expect(peer_seen(stage->peer, n + 1)->reused, "%s: the peer saw a full handshake",
              kind->name);
    cr_expect_str_eq(peer_seen(stage->peer, n + 1)->identity, identity, "%s", kind->name);
}

Test(resumption, every_identity_resumes_its_own_session_only, .timeout = 30)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct peer_settings settings = { .implicit = kinds[i].implicit,
                                                .tls = kinds[i].tls,
                                                .ids = kinds[i].ids,
                                                .ask = SSL_VERIFY_PEER };
        struct stage stage;

        stage_open(&stage, &settings);
        COLLECT(&stage, ALICE, CAST_COUNT);
        expect_pair(&stage, &kinds[i], cast_fingerprint(&stage.cast, ALICE), 1);
        COLLECT(&stage, BOB, CAST_COUNT);
        expect_pair(&stage, &kinds[i], cast_fingerprint(&stage.cast, BOB), 3);
        COLLECT(&stage, CAST_COUNT);
        expect_pair(&stage, &kinds[i], "", 5);
        stage_close(&stage);
    }
}

Test(resumption, a_session_is_stored_under_the_certificate_that_was_sent, .timeout = 10)
{
    static const enum cast_name names[] = { BETA, CAST_COUNT };
    const struct peer_settings settings = { .ask = SSL_VERIFY_PEER, .names = names };
    struct stage stage;

    stage_open(&stage, &settings);
    COLLECT(&stage, ALICE, BOB, CAST_COUNT);
    stage_send(&stage);
    stage_send(&stage);
    cr_expect_str_eq(stage.report.offered, "none", "got %s", stage.report.offered);
    COLLECT(&stage, ALICE, CAST_COUNT);
    stage_send(&stage);
    cr_expect_str_eq(stage.report.offered, "none", "got %s", stage.report.offered);
    COLLECT(&stage, BOB, CAST_COUNT);
    stage_send(&stage);
    cr_expect_str_eq(stage.report.resumed, "psk", "got %s", stage.report.resumed);
    stage_close(&stage);
}

/* OpenSSL's server sends two tickets in a full handshake and one in a resumed one: both are there
 * after it. */
Test(resumption, tickets_of_tls_1_3_are_used_once, .timeout = 10)
{
    const struct peer_settings settings = { .tls = TLS1_3_VERSION, .ask = SSL_VERIFY_PEER };
    struct stage stage;
    size_t n;

    stage_open(&stage, &settings);
    COLLECT(&stage, ALICE, CAST_COUNT);
    stage_send(&stage);
    n = session_cache_count();
    cr_expect_eq(n, 2, "got %zu", n);
    for (int i = 0; i < 12; i++) {
        stage_send(&stage);
        cr_expect_str_eq(stage.report.resumed, "psk", "round %d: got %s", i, stage.report.resumed);
        cr_expect_str_eq(stage.report.session_identity, cast_fingerprint(&stage.cast, ALICE),
                         "round %d", i);
    }
    n = session_cache_count();
    cr_expect_eq(n, 2, "got %zu", n);
    stage_close(&stage);
}

Test(resumption, what_failed_is_not_offered_again, .timeout = 10)
{
    struct peer_settings settings = { .tls = TLS1_2_VERSION, .ask = SSL_VERIFY_PEER };
    struct stage stage;

    stage_open(&stage, &settings);
    COLLECT(&stage, CAST_COUNT);
    stage_send(&stage);
    settings.ask |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    peer_set(stage.peer, &settings);
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_TLS_REFUSED, "got %s", stage.report.error);
    cr_expect_str_eq(stage.report.offered, "ticket", "got %s", stage.report.offered);
    cr_expect_eq(session_cache_count(), 0, "got %zu", session_cache_count());
    stage_close(&stage);
}

Test(resumption, an_unclean_end_does_not_spoil_the_session, .timeout = 10)
{
    const struct peer_settings settings = { .ask = SSL_VERIFY_PEER, .at = "QUIT", .reply = "" };
    struct stage stage;

    stage_open(&stage, &settings);
    COLLECT(&stage, ALICE, CAST_COUNT);
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_DELIVERED, "got %s", stage.report.error);
    stage_send(&stage);
    cr_expect_str_eq(stage.report.resumed, "psk", "got %s", stage.report.resumed);
    stage_close(&stage);
}

Test(resumption, sessions_and_certificates_age_by_the_clients_clock, .timeout = 10)
{
    static const struct {
        const char *name;
        long clock_s;
        const char *offered;
    } rows[] = {
        { "at once", 0, "psk" },
        { "within the lifetime of a ticket", 3600, "psk" },
        { "after it", 20000, "none" },
        { "after the certificate, too", 90000, "none" },
    };
    const struct peer_settings settings = { .ask = SSL_VERIFY_PEER };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage stage;

        stage_open(&stage, &settings);
        COLLECT(&stage, ALICE, CAST_COUNT);
        stage_send(&stage);
        smtp_client_set_clock(stage.client, rows[i].clock_s);
        stage_send(&stage);
        cr_expect_str_eq(stage.report.offered, rows[i].offered, "%s: got %s", rows[i].name,
                         stage.report.offered);
        cr_expect_eq(stage.report.outcome, SMTP_CLIENT_DELIVERED, "%s: %s", rows[i].name,
                     stage.report.error);
        stage_close(&stage);
    }
}

Test(resumption, an_element_without_a_key_offers_nothing, .timeout = 10)
{
    const struct peer_settings settings = { .ask = SSL_VERIFY_PEER };
    struct stage stage;
    char why[256];

    stage_open(&stage, &settings);
    COLLECT(&stage, CAST_COUNT);
    stage_send(&stage);
    smtp_certificates_add_files(smtp_client_certificates(stage.client),
                                cast_certificate(&stage.cast, ALICE), NULL, why, sizeof(why));
    stage_send(&stage);
    cr_expect_str_eq(stage.report.offered, "none", "got %s", stage.report.offered);
    cr_expect_str_eq(stage.report.choice, "no certificate with a private key", "got %s",
                     stage.report.choice);
    stage_close(&stage);
}

Test(resumption, a_server_that_is_not_trusted_leaves_no_session, .timeout = 10)
{
    const struct peer_settings settings = { .tls = TLS1_2_VERSION };
    struct stage stage;

    stage_open(&stage, &settings);
    snprintf(stage.trust, sizeof(stage.trust), "%s", cast_certificate(&stage.cast, BETA));
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_TLS_FAILED, "got %s", stage.report.error);
    cr_expect_str_eq(stage.report.alert_sent, "unknown_ca", "got %s", stage.report.alert_sent);
    snprintf(stage.trust, sizeof(stage.trust), "%s", cast_certificate(&stage.cast, ALPHA));
    stage.settings.host = "other.example.test";
    stage_send(&stage);
    cr_expect_eq(stage.report.outcome, SMTP_CLIENT_TLS_FAILED, "got %s", stage.report.error);
    cr_expect_eq(session_cache_count(), 0, "got %zu", session_cache_count());
    stage_close(&stage);
}
