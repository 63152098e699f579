#include "fake_server/tests/helper.h"

#include <openssl/err.h>

#include <criterion/criterion.h>

#include <string.h>
#include <sys/socket.h>

static struct subject subject;
static struct peer peer;

static void stop(void)
{
    peer_close(&peer);
    subject_stop(&subject);
}

enum who { NOBODY, ALICE, MALLORY, EXPIRED };

static const struct mint *find_mint(enum who who)
{
    const struct mint *mints[] = { NULL, &subject.alice, &subject.mallory, &subject.expired };

    return mints[who];
}

Test(tls, what_is_asked_and_what_is_given_decide_about_the_handshake, .timeout = 60)
{
    static const struct {
        const char *name;
        enum fake_server_ask ask;
        enum fake_server_untrusted untrusted;
        enum who who;
        const char *alert12, *alert13; /* NULL: it succeeds */
        bool identity;
    } rows[] = {
        { "not asked", FAKE_SERVER_ASK_NO, 0, ALICE, NULL, NULL, false },
        { "requested, none", FAKE_SERVER_ASK_REQUEST, 0, NOBODY, NULL, NULL, false },
        { "requested, good", FAKE_SERVER_ASK_REQUEST, 0, ALICE, NULL, NULL, true },
        { "requested, untrusted", FAKE_SERVER_ASK_REQUEST, 0, MALLORY, NULL, NULL, false },
        { "requested, expired", FAKE_SERVER_ASK_REQUEST, 0, EXPIRED, NULL, NULL, false },
        { "requested, refused", FAKE_SERVER_ASK_REQUEST, FAKE_SERVER_UNTRUSTED_REFUSE, MALLORY,
          "\"unknown_ca\"", "\"unknown_ca\"", false },
        { "required, none", FAKE_SERVER_ASK_REQUIRE, 0, NOBODY, "\"handshake_failure\"",
          "\"certificate_required\"", false },
        { "required, good", FAKE_SERVER_ASK_REQUIRE, 0, ALICE, NULL, NULL, true },
        { "required, untrusted", FAKE_SERVER_ASK_REQUIRE, 0, MALLORY, "\"unknown_ca\"",
          "\"unknown_ca\"", false },
        { "required, expired", FAKE_SERVER_ASK_REQUIRE, 0, EXPIRED, "\"certificate_expired\"",
          "\"certificate_expired\"", false },
        { "required, let pass", FAKE_SERVER_ASK_REQUIRE, FAKE_SERVER_UNTRUSTED_CONTINUE, EXPIRED,
          NULL, NULL, false },
    };

    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        size_t row = i / 2;
        int version = i % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
        const char *alert = i % 2 == 0 ? rows[row].alert12 : rows[row].alert13;
        int code;

        subject_init(&subject);
        subject.settings.ask = rows[row].ask;
        subject.settings.untrusted = rows[row].untrusted;
        subject_start(&subject);
        code = peer_dial(&peer, &subject, version, find_mint(rows[row].who), NULL);
        cr_expect_eq(code, alert == NULL ? 250 : 0, "%s: got %d", rows[row].name, code);
        if (alert != NULL)
            cr_expect_eq(subject_count(&subject, "tls.alert", "\"sent\"", alert, NULL), 1, "%s\n%s",
                         rows[row].name, subject.events);
        cr_expect_eq(subject_count(&subject, "\"tls.handshake\"", NULL), alert == NULL);
        cr_expect_eq(subject_count(&subject, "tls.handshake_failed", NULL), alert != NULL);
        cr_expect_eq(subject_count(&subject, "\"tls.handshake\"", "\"identity\":\"\"", NULL),
                     alert == NULL && !rows[row].identity, "%s", rows[row].name);
        stop();
    }
}

Test(tls, a_wrong_usage_is_refused_as_such, .timeout = 10)
{
    struct mint wrong;

    subject_init(&subject);
    wrong = mint_new("wrong", &subject.authority, 86400, "serverAuth");
    subject.settings.ask = FAKE_SERVER_ASK_REQUIRE;
    subject_start(&subject);
    cr_expect_eq(peer_dial(&peer, &subject, TLS1_2_VERSION, &wrong, NULL), 0);
    cr_expect_eq(subject_count(&subject, "tls.alert", "unsupported_certificate", NULL), 1);
    mint_release(&wrong);
    stop();
}

Test(tls, names_are_sent_as_they_are_set_and_none_when_there_are_none, .timeout = 10)
{
    subject_init(&subject);
    subject.settings.ask = FAKE_SERVER_ASK_REQUEST;
    subject_start(&subject);
    for (int i = 0; i < 4; i++) {
        int version = i % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
        STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();

        if (i >= 2)
            sk_X509_NAME_push(names, X509_get_subject_name(subject.mallory.certificate));
        subject.settings.names = names;
        subject_set(&subject);
        cr_expect_eq(peer_dial(&peer, &subject, version, &subject.alice, NULL), 250);
        cr_expect_eq(sk_X509_NAME_num(SSL_get_client_CA_list(peer.ssl)) > 0, i >= 2);
        peer_quit(&peer);
        sk_X509_NAME_free(names);
    }
    cr_expect_eq(subject_count(&subject, "tls.certificate_request", "\"names\":[]", NULL), 2);
    cr_expect_eq(subject_count(&subject, "tls.certificate_request", "[\"CN=mallory\"]", NULL), 2);
    stop();
}

static void lower_security(SSL_CTX *context)
{
    SSL_CTX_set_security_level(context, 0);
}

Test(tls, old_versions_can_be_served_and_resumed, .timeout = 20)
{
    static const struct {
        int version;
        const char *name;
    } rows[] = { { TLS1_VERSION, "\"version\":\"1.0\"" },
                 { TLS1_1_VERSION, "\"version\":\"1.1\"" } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SSL_SESSION *session;

        subject_init(&subject);
        subject.settings.tls_min = rows[i].version;
        subject.settings.ask = FAKE_SERVER_ASK_REQUIRE;
        subject.settings.sessions.tickets = 2;
        subject.prepare = lower_security;
        subject_start(&subject);
        cr_expect_eq(peer_dial(&peer, &subject, rows[i].version, &subject.alice, NULL), 250);
        cr_expect_eq(peer_mail(&peer), 250);
        session = peer.session;
        peer.session = NULL;
        peer_quit(&peer);
        cr_expect_eq(peer_dial(&peer, &subject, rows[i].version, &subject.alice, session), 250);
        cr_expect_eq(subject_count(&subject, "\"tls.handshake\"", rows[i].name, "CN=alice",
                                   "\"resumed\":\"ticket\"", NULL),
                     1, "%s", subject.events);
        cr_expect_eq(subject_count(&subject, "server.security", NULL), 1);
        SSL_SESSION_free(session);
        stop();
    }
}

/* What one server does for old clients is nothing to another one in the same process. */
Test(tls, the_security_level_is_that_of_one_server, .timeout = 10)
{
    struct subject old;

    subject_init(&old);
    old.settings.tls_min = TLS1_VERSION;
    subject_start(&old);
    subject_init(&subject);
    subject.prepare = lower_security;
    subject_start(&subject);
    cr_expect_eq(peer_dial(&peer, &subject, TLS1_VERSION, NULL, NULL), 0);
    cr_expect_eq(subject_count(&subject, "\"protocol_version\"", "\"sent\"", NULL), 1);
    cr_expect_eq(subject_count(&subject, "server.security", NULL), 0);
    subject_stop(&old);
    stop();
}

Test(tls, a_certificate_that_nobody_asked_for_is_told, .timeout = 10)
{
    static const unsigned char unasked[] = { 22, 3, 3, 0, 7, 11, 0, 0, 3, 0, 0, 0 };
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    SSL *ssl = SSL_new(context);
    char bytes[16384];
    int n;

    subject_init(&subject);
    subject.settings.tls_max = TLS1_2_VERSION;
    subject_start(&subject);
    peer_open(&peer, &subject);
    peer_read(&peer);
    peer_say(&peer, "STARTTLS");
    SSL_set_bio(ssl, in, out);
    SSL_connect(ssl);
    n = BIO_read(out, bytes, sizeof bytes);
    cr_assert_eq(send(peer.fd, bytes, (size_t)n, 0), n);
    cr_assert_gt(recv(peer.fd, bytes, sizeof bytes, 0), 0);
    cr_assert_eq(send(peer.fd, unasked, sizeof unasked, 0), (ssize_t)sizeof unasked);
    subject_sync(&subject);

    cr_expect_eq(
        subject_count(&subject, "tls.certificate\"", "\"requested\":false", "\"entries\":0", NULL),
        1);
    cr_expect_eq(subject_count(&subject, "tls.alert", "unexpected_message", NULL), 1);
    SSL_free(ssl);
    SSL_CTX_free(context);
    stop();
}

Test(tls, garbage_ends_the_connection_and_nothing_else, .timeout = 10)
{
    subject_init(&subject);
    subject_start(&subject);
    peer_open(&peer, &subject);
    peer_read(&peer);
    peer_say(&peer, "STARTTLS");
    peer_send(&peer, "GET / HTTP/1.0\r\n\r\n");
    cr_expect_eq(peer_read(&peer), 0);
    cr_expect_eq(subject_count(&subject, "tls.handshake_failed", NULL), 1);
    peer_close(&peer);
    cr_expect_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL), 250);
    stop();
}
