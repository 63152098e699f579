#include "fake_server/tests/helper.h"

#include <criterion/criterion.h>

static struct subject subject;
static struct peer peer;

static void start(bool ids, int tickets)
{
    subject_init(&subject);
    subject.settings.ask = FAKE_SERVER_ASK_REQUEST;
    subject.settings.sessions.ids = ids;
    subject.settings.sessions.tickets = tickets;
    subject_start(&subject);
}

static void stop(void)
{
    peer_close(&peer);
    subject_stop(&subject);
}

/* Makes a session under an identity. */
static SSL_SESSION *make(int version, const struct mint *identity)
{
    SSL_SESSION *session;

    cr_assert_eq(peer_dial(&peer, &subject, version, identity, NULL), 250);
    session = peer.session;
    peer.session = NULL;
    peer_quit(&peer);
    return session;
}

/* Offers it without an identity, and tells whether it was resumed. */
static bool resume(int version, SSL_SESSION *session)
{
    bool resumed;

    cr_assert_eq(peer_dial(&peer, &subject, version, NULL, session), 250);
    resumed = SSL_session_reused(peer.ssl);
    peer_quit(&peer);
    SSL_SESSION_free(session);
    return resumed;
}

static const struct {
    const char *name;
    int version;
    bool ids;
    int tickets;
    const char *offered, *resumed;
} ways[] = {
    { "id", TLS1_2_VERSION, true, 0, "\"offered\":\"id\"", "\"resumed\":\"id\"" },
    { "ticket", TLS1_2_VERSION, false, 1, "\"offered\":\"ticket\"", "\"resumed\":\"ticket\"" },
    { "ticket of both", TLS1_2_VERSION, true, 1, "\"offered\":\"ticket\"",
      "\"resumed\":\"ticket\"" },
    { "psk", TLS1_3_VERSION, false, 2, "\"offered\":\"psk\"", "\"resumed\":\"psk\"" },
    { "psk beside ids", TLS1_3_VERSION, true, 1, "\"offered\":\"psk\"", "\"resumed\":\"psk\"" },
};

enum { WAYS = sizeof ways / sizeof *ways };

Test(sessions, a_session_brings_its_identity_back, .timeout = 30)
{
    for (size_t i = 0; i < WAYS; i++) {
        start(ways[i].ids, ways[i].tickets);
        cr_expect(resume(ways[i].version, make(ways[i].version, &subject.alice)), "%s",
                  ways[i].name);
        cr_expect_eq(subject_count(&subject, "\"tls.handshake\"", ways[i].resumed, "CN=alice",
                                   "\"requested\":false", NULL),
                     1, "%s\n%s", ways[i].name, subject.events);
        cr_expect_eq(subject_count(&subject, "tls.client_hello", ways[i].offered, NULL), 1, "%s",
                     ways[i].name);
        stop();
    }
}

Test(sessions, a_session_of_an_untrusted_one_is_nobodys, .timeout = 30)
{
    for (size_t i = 0; i < WAYS; i++) {
        start(ways[i].ids, ways[i].tickets);
        cr_expect(resume(ways[i].version, make(ways[i].version, &subject.mallory)), "%s",
                  ways[i].name);
        cr_expect_eq(subject_count(&subject, "\"tls.handshake\"", "\"identity\":\"\"", NULL), 2,
                     "%s", ways[i].name);
        stop();
    }
}

Test(sessions, without_sessions_nothing_can_be_resumed, .timeout = 10)
{
    start(false, 0);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_SESSION *session = make(version, &subject.alice);

        cr_expect(session == NULL || !SSL_SESSION_is_resumable(session));
        SSL_SESSION_free(session);
    }
    cr_expect_eq(subject_count(&subject, "tls.session_issued", NULL), 0);
    stop();
}

static void tighten(void)
{
    subject.settings.ask = FAKE_SERVER_ASK_REQUEST;
    subject.settings.untrusted = FAKE_SERVER_UNTRUSTED_REFUSE;
    subject_set(&subject);
}

static void rotate(void)
{
    fake_server_rotate_ticket_keys(subject.server);
    fake_server_drop_sessions(subject.server);
}

static void age(void)
{
    subject.settings.clock_offset_s = 8000;
    subject_set(&subject);
}

static void keep(void)
{
    subject.settings.hostname = "other.example.test";
    subject_set(&subject);
}

Test(sessions, what_happens_in_between_decides_about_resumption, .timeout = 60)
{
    static const struct {
        const char *name;
        void (*act)(void);
        bool resumed;
    } rows[] = {
        { "tightened", tighten, false },
        { "rotated", rotate, false },
        { "aged", age, false },
        { "kept", keep, true },
    };

    for (size_t i = 0; i < WAYS * sizeof rows / sizeof *rows; i++) {
        size_t way = i % WAYS;
        size_t row = i / WAYS;
        SSL_SESSION *session;

        start(ways[way].ids, ways[way].tickets);
        subject.settings.sessions.lifetime_s = 7200;
        subject_set(&subject);
        session = make(ways[way].version, &subject.alice);
        rows[row].act();
        cr_expect_eq(resume(ways[way].version, session), rows[row].resumed, "%s by %s",
                     rows[row].name, ways[way].name);
        stop();
    }
}

Test(sessions, a_given_context_outlives_a_change_of_policy, .timeout = 10)
{
    SSL_SESSION *session;

    start(true, 2);
    subject.settings.sessions.context = "mx1";
    subject_set(&subject);
    session = make(TLS1_3_VERSION, NULL);
    subject.settings.ask = FAKE_SERVER_ASK_REQUIRE;
    subject_set(&subject);
    cr_expect(resume(TLS1_3_VERSION, session));
    cr_expect_eq(subject_count(&subject, "\"tls.handshake\"", "\"psk\"", "\"identity\":\"\"", NULL),
                 1);
    stop();
}

Test(sessions, tickets_invite_early_data_on_demand, .timeout = 10)
{
    for (unsigned on = 0; on < 2; on++) {
        SSL_SESSION *session;

        subject_init(&subject);
        subject.settings.sessions.tickets = 1;
        subject.settings.sessions.early_data = on == 1;
        subject_start(&subject);
        session = make(TLS1_3_VERSION, NULL);
        cr_expect_eq(SSL_SESSION_get_max_early_data(session), on * 16384);
        cr_expect(resume(TLS1_3_VERSION, session));
        stop();
    }
}

Test(sessions, servers_with_one_secret_take_each_others_tickets, .timeout = 20)
{
    static const char *const secrets[] = { "farm", "farm", "another" };
    SSL_SESSION *session = NULL;

    for (size_t i = 0; i < 3; i++) {
        subject_init(&subject);
        subject.settings.sessions =
            (struct fake_server_sessions){ .tickets = 1, .secret = secrets[i], .context = "all" };
        subject_start(&subject);
        cr_assert_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, session), 250);
        cr_expect_eq(SSL_session_reused(peer.ssl), i == 1, "server %zu", i);
        SSL_SESSION_free(session);
        session = peer.session;
        peer.session = NULL;
        peer_quit(&peer);
        stop();
    }
    SSL_SESSION_free(session);
}

Test(sessions, a_secret_is_rotated_like_a_random_key, .timeout = 10)
{
    SSL_SESSION *session;

    start(false, 1);
    subject.settings.sessions.secret = "farm";
    subject_set(&subject);
    session = make(TLS1_3_VERSION, NULL);
    fake_server_rotate_ticket_keys(subject.server);
    cr_expect_not(resume(TLS1_3_VERSION, session));
    cr_expect(resume(TLS1_3_VERSION, make(TLS1_3_VERSION, NULL)));
    stop();
}

static void be(enum fake_server_sessions_fault fault)
{
    subject.settings.sessions.fault = fault;
    subject_set(&subject);
}

Test(sessions, spoiled_and_declined_ones_are_not_resumed, .timeout = 60)
{
    for (size_t i = 0; i < WAYS; i++) {
        bool ticket = ways[i].tickets > 0;

        start(ways[i].ids, ways[i].tickets);
        be(SESSIONS_CORRUPT);
        cr_expect_eq(resume(ways[i].version, make(ways[i].version, NULL)), !ticket, "%s",
                     ways[i].name);
        be(SESSIONS_UNKNOWN_KEY);
        cr_expect_eq(resume(ways[i].version, make(ways[i].version, NULL)), !ticket, "%s",
                     ways[i].name);
        be(SESSIONS_DECLINE);
        cr_expect_not(resume(ways[i].version, make(ways[i].version, NULL)), "%s", ways[i].name);
        stop();
    }
}

static void expect_internal_error(SSL_SESSION *session, int version)
{
    cr_expect_eq(peer_dial(&peer, &subject, version, NULL, session), 0);
    subject_sync(&subject);
    cr_expect_eq(subject_count(&subject, "tls.alert", "\"sent\"", "internal_error", NULL), 1, "%x",
                 version);
    SSL_SESSION_free(session);
}

Test(sessions, a_broken_server_fails_on_a_ticket, .timeout = 20)
{
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_SESSION *session;

        start(false, 1);
        session = make(version, NULL);
        be(SESSIONS_FAIL);
        expect_internal_error(session, version);
        stop();
        start(false, 1);
        subject.settings.sessions.context = "";
        subject_set(&subject);
        expect_internal_error(make(version, NULL), version);
        stop();
    }
}

Test(sessions, they_can_look_older_than_they_are, .timeout = 30)
{
    for (size_t i = 0; i < WAYS; i++) {
        start(ways[i].ids, ways[i].tickets);
        subject.settings.sessions.lifetime_s = 7200;
        subject.settings.sessions.age_skew_s = 7300;
        subject_set(&subject);
        cr_expect_not(resume(ways[i].version, make(ways[i].version, NULL)), "%s", ways[i].name);
        subject.settings.sessions.age_skew_s = 7100;
        subject_set(&subject);
        cr_expect(resume(ways[i].version, make(ways[i].version, NULL)), "%s", ways[i].name);
        stop();
    }
}

static void offer_psk_ke(SSL_CTX *context)
{
    char groups[] = "P-256";

    SSL_CTX_set_options(context, SSL_OP_ALLOW_NO_DHE_KEX);
    SSL_CTX_set1_groups_list(context, groups);
}

/* When the two have no group in common any more there is no other way. */
Test(sessions, a_psk_without_key_exchange_is_taken_on_demand, .timeout = 20)
{
    for (int allowed = 0; allowed < 2; allowed++) {
        SSL_SESSION *session;

        start(false, 1);
        subject.prepare = offer_psk_ke;
        subject.settings.sessions.psk_ke = allowed == 1;
        subject_set(&subject);
        session = make(TLS1_3_VERSION, NULL);
        subject.settings.groups = "P-384";
        subject_set(&subject);
        cr_expect_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, session),
                     allowed == 1 ? 250 : 0);
        cr_expect_eq(SSL_session_reused(peer.ssl), allowed == 1);
        SSL_SESSION_free(session);
        stop();
    }
}
