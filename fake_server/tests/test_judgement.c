#include "fake_server/tests/helper.h"

#include <criterion/criterion.h>

#include <openssl/evp.h>

#include <stdio.h>
#include <string.h>

static struct subject subject;
static struct peer peer;

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static void stop(void)
{
    peer_close(&peer);
    subject_stop(&subject);
}

static void print_of(const struct mint *mint, char print[65])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    X509_digest(mint->certificate, EVP_sha256(), digest, &size);
    for (unsigned i = 0; i < size; i++)
        snprintf(print + (size_t)2 * i, 3, "%02x", digest[i]);
}

static STACK_OF(X509_CRL) * revoke(const struct mint *issuer, const struct mint *revoked)
{
    STACK_OF(X509_CRL) *lists = sk_X509_CRL_new_null();
    X509_CRL *list = X509_CRL_new();
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *now = X509_gmtime_adj(NULL, -60);
    ASN1_TIME *later = X509_gmtime_adj(NULL, 86400);

    X509_CRL_set_version(list, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer->certificate));
    X509_CRL_set1_lastUpdate(list, now);
    X509_CRL_set1_nextUpdate(list, later);
    X509_REVOKED_set_serialNumber(
        entry, (ASN1_INTEGER *)(uintptr_t)X509_get0_serialNumber(revoked->certificate));
    X509_REVOKED_set_revocationDate(entry, now);
    X509_CRL_add0_revoked(list, entry);
    X509_CRL_sign(list, issuer->key, EVP_sha256());
    sk_X509_CRL_push(lists, list);
    ASN1_TIME_free(now);
    ASN1_TIME_free(later);
    return lists;
}

enum who { NOBODY, ALICE, MALLORY, EXPIRED };

static const struct mint *find_mint(enum who who)
{
    const struct mint *mints[] = { NULL, &subject.alice, &subject.mallory, &subject.expired };

    return mints[who];
}

/* How a server that requires a certificate judges, by what it was given to judge with. */
enum means { REVOKED, OTHER_REVOKED, PINNED, OTHER_PINNED, ACCOUNT, OTHER_ACCOUNT };

static const char *pins[2];
static char print[65];
static struct fake_server_account account;

static void set_means(enum means means, enum who who)
{
    struct fake_server_judgement *judgement = &subject.settings.judgement;
    const struct mint *about = find_mint(who);

    print_of(about, print);
    pins[0] = print;
    account = (struct fake_server_account){ .name = "staff", .fingerprint = print };
    if (means == REVOKED || means == OTHER_REVOKED)
        judgement->crls = revoke(&subject.authority, about);
    if (means == PINNED || means == OTHER_PINNED)
        judgement->pins = pins;
    if (means == ACCOUNT || means == OTHER_ACCOUNT) {
        judgement->accounts = &account;
        judgement->n_accounts = 1;
    }
}

Test(judgement, revocation_pins_and_accounts_decide_behind_the_chain, .timeout = 60)
{
    static const struct {
        const char *name;
        enum means means;
        enum who about, who;
        const char *alert; /* NULL: accepted */
    } rows[] = {
        { "revoked", REVOKED, ALICE, ALICE, "\"certificate_revoked\"" },
        { "another is revoked", OTHER_REVOKED, EXPIRED, ALICE, NULL },
        { "revoked elsewhere, not trusted", OTHER_REVOKED, ALICE, MALLORY, "\"unknown_ca\"" },
        { "pinned", PINNED, ALICE, ALICE, NULL },
        { "pinned, of no authority", PINNED, MALLORY, MALLORY, NULL },
        { "pinned, but expired", PINNED, EXPIRED, EXPIRED, "\"certificate_expired\"" },
        { "another is pinned", OTHER_PINNED, MALLORY, ALICE, "\"access_denied\"" },
        { "another is pinned, not trusted", OTHER_PINNED, ALICE, MALLORY, "\"unknown_ca\"" },
        { "it has an account", ACCOUNT, ALICE, ALICE, NULL },
        { "another has one", OTHER_ACCOUNT, EXPIRED, ALICE, "\"access_denied\"" },
        { "an account is no trust", ACCOUNT, MALLORY, MALLORY, "\"unknown_ca\"" },
    };

    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        size_t row = i / 2;
        int code;

        subject_init(&subject);
        subject.settings.ask = FAKE_SERVER_ASK_REQUIRE;
        set_means(rows[row].means, rows[row].about);
        subject_start(&subject);
        sk_X509_CRL_pop_free(subject.settings.judgement.crls, X509_CRL_free);
        code = peer_dial(&peer, &subject, versions[i % 2], find_mint(rows[row].who), NULL);
        cr_expect_eq(code, rows[row].alert == NULL ? 250 : 0, "%s: got %d", rows[row].name, code);
        subject_sync(&subject);
        if (rows[row].alert != NULL)
            cr_expect_eq(subject_count(&subject, "tls.alert", "\"sent\"", rows[row].alert, NULL), 1,
                         "%s\n%s", rows[row].name, subject.events);
        cr_expect_eq(subject_count(&subject, "\"tls.handshake\"", "\"identity\":\"\"", NULL), 0);
        stop();
    }
}

Test(judgement, who_fails_is_nobody_where_the_server_only_requests, .timeout = 30)
{
    static const enum means means[] = { REVOKED, OTHER_PINNED, OTHER_ACCOUNT };

    for (size_t i = 0; i < 2 * sizeof means / sizeof *means; i++) {
        subject_init(&subject);
        subject.settings.ask = FAKE_SERVER_ASK_REQUEST;
        set_means(means[i / 2], means[i / 2] == REVOKED ? ALICE : MALLORY);
        subject_start(&subject);
        sk_X509_CRL_pop_free(subject.settings.judgement.crls, X509_CRL_free);
        cr_expect_eq(peer_dial(&peer, &subject, versions[i % 2], &subject.alice, NULL), 250);
        cr_expect_eq(subject_count(&subject, "\"tls.handshake\"", "\"identity\":\"\"", NULL), 1,
                     "%zu: %s", i, subject.events);
        cr_expect_eq(subject_count(&subject, "tls.judged", "\"accepted\":false", NULL), 1);
        stop();
    }
}

Test(judgement, the_alert_of_a_refusal_can_be_any, .timeout = 30)
{
    static const enum who whos[] = { NOBODY, MALLORY };

    for (size_t i = 0; i < 2 * sizeof whos / sizeof *whos; i++) {
        subject_init(&subject);
        subject.settings.ask = FAKE_SERVER_ASK_REQUIRE;
        subject.settings.judgement.alert = "user_canceled";
        subject_start(&subject);
        cr_expect_eq(peer_dial(&peer, &subject, versions[i % 2], find_mint(whos[i / 2]), NULL), 0);
        subject_sync(&subject);
        cr_expect_eq(subject_count(&subject, "tls.alert", "\"sent\"", NULL), 1, "%s",
                     subject.events);
        cr_expect_eq(subject_count(&subject, "tls.alert", "\"user_canceled\"", NULL), 1);
        peer_close(&peer);
        cr_expect_eq(peer_dial(&peer, &subject, versions[i % 2], &subject.alice, NULL), 250);
        stop();
    }
}

Test(judgement, a_late_alert_follows_a_complete_handshake, .timeout = 30)
{
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        subject_init(&subject);
        subject.settings.ask = FAKE_SERVER_ASK_REQUEST;
        subject.settings.without_identity = FAKE_SERVER_WITHOUT_ALERT;
        subject_start(&subject);
        cr_expect_eq(peer_dial(&peer, &subject, versions[i], NULL, NULL), 0);
        subject_sync(&subject);
        cr_expect_eq(subject_count(&subject, "\"tls.handshake\"", NULL), 1);
        cr_expect_eq(subject_count(&subject, "tls.alert", "\"access_denied\"", NULL), 1);
        peer_close(&peer);
        cr_expect_eq(peer_dial(&peer, &subject, versions[i], &subject.alice, NULL), 250);
        stop();
    }
}

Test(judgement, a_session_is_not_resumed_under_a_stricter_judgement, .timeout = 30)
{
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        SSL_SESSION *session;

        subject_init(&subject);
        subject.settings.ask = FAKE_SERVER_ASK_REQUIRE;
        subject.settings.sessions = (struct fake_server_sessions){ .tickets = 2 };
        subject_start(&subject);
        cr_assert_eq(peer_dial(&peer, &subject, versions[i], &subject.alice, NULL), 250);
        session = peer.session;
        peer.session = NULL;
        peer_quit(&peer);
        set_means(REVOKED, ALICE);
        subject_set(&subject);
        sk_X509_CRL_pop_free(subject.settings.judgement.crls, X509_CRL_free);
        cr_expect_eq(peer_dial(&peer, &subject, versions[i], &subject.alice, session), 0);
        SSL_SESSION_free(session);
        stop();
    }
}

/* --- accounts --- */

static const char *const also[] = { "boss@example.test", NULL };

static void start_with(struct fake_server_account with)
{
    subject_init(&subject);
    account = with;
    subject.settings.ask = FAKE_SERVER_ASK_REQUEST;
    subject.settings.judgement.accounts = &account;
    subject.settings.judgement.n_accounts = account.name == NULL ? 0 : 1;
    subject_start(&subject);
}

static const struct {
    const char *name, *line;
    struct fake_server_account account;
    bool anonymous;
    int code;
    const char *authorized;
} externals[] = {
    { "as itself", "AUTH EXTERNAL =", { .name = "staff" }, false, 235, "\"staff\"" },
    { "as itself, by name",
      "AUTH EXTERNAL c3RhZmY=",
      { .name = "staff" },
      false,
      235,
      "\"staff\"" },
    { "as another",
      "AUTH EXTERNAL Ym9zc0BleGFtcGxlLnRlc3Q=",
      { .name = "staff", .act_as = also },
      false,
      235,
      "\"boss@example.test\"" },
    { "as somebody it may not be",
      "AUTH EXTERNAL Ym9zc0BleGFtcGxlLnRlc3Q=",
      { .name = "staff" },
      false,
      535,
      "\"\"" },
    { "with a NUL", "AUTH EXTERNAL c3RhZmYA", { .name = "staff" }, false, 535, "\"\"" },
    { "not allowed at all",
      "AUTH EXTERNAL =",
      { .name = "staff", .no_external = true },
      false,
      535,
      "\"\"" },
    { "of another subject",
      "AUTH EXTERNAL =",
      { .name = "staff", .subject = "CN=bob" },
      false,
      535,
      "\"\"" },
    { "of its subject",
      "AUTH EXTERNAL =",
      { .name = "staff", .subject = "CN=alice" },
      false,
      235,
      "\"staff\"" },
    { "nobody", "AUTH EXTERNAL =", { .name = "staff" }, true, 535, "\"\"" },
    { "without accounts", "AUTH EXTERNAL =", { .name = NULL }, false, 235, "\"CN=alice\"" },
};

Test(judgement, external_lets_an_account_act_as_itself_and_whom_it_may, .timeout = 30)
{
    for (size_t i = 0; i < sizeof externals / sizeof *externals; i++) {
        const struct mint *who;

        start_with(externals[i].account);
        who = externals[i].anonymous ? NULL : &subject.alice;
        cr_expect_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, who, NULL), 250);
        cr_expect_eq(peer_say(&peer, externals[i].line), externals[i].code, "%s: %s",
                     externals[i].name, subject.events);
        cr_expect_eq(
            subject_count(&subject, "smtp.auth", "\"EXTERNAL\"", externals[i].authorized,
                          externals[i].code == 235 ? "\"accepted\":true" : "\"accepted\":false",
                          NULL),
            1, "%s: %s", externals[i].name, subject.events);
        stop();
    }
}

Test(judgement, an_account_that_may_not_relay_is_stopped_at_rcpt, .timeout = 10)
{
    start_with((struct fake_server_account){ .name = "guest", .no_relay = true });
    cr_expect_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, &subject.alice, NULL), 250);
    cr_expect_eq(peer_mail(&peer), 550);
    cr_expect_eq(subject_count(&subject, "\"tls.handshake\"", "\"account\":\"guest\"", NULL), 1);
    stop();
}

Test(judgement, a_quota_counts_what_was_taken_and_a_reset_forgets_it, .timeout = 10)
{
    static const int codes[] = { 250, 250, 452 };

    start_with((struct fake_server_account){ .name = "small", .quota = 2 });
    for (size_t i = 0; i < 4; i++) {
        if (i == 3)
            fake_server_reset(subject.server);
        cr_expect_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, &subject.alice, NULL), 250);
        /* A mail that is given up is none. */
        cr_expect_eq(peer_say(&peer, "MAIL FROM:<a@b.c>"), codes[i % 3]);
        cr_expect_eq(peer_say(&peer, "RSET"), 250);
        cr_expect_eq(peer_mail(&peer), codes[i % 3], "%zu", i);
        peer_quit(&peer);
    }
    subject_stop(&subject);
}
