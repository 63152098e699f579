#include "fake_server/tests/helper.h"

#include <criterion/criterion.h>

#include <string.h>

static struct subject subject;
static struct peer peer;

static void init(void)
{
    subject_init(&subject);
    subject.settings.ask = FAKE_SERVER_ASK_REQUEST;
}

static void stop(void)
{
    peer_close(&peer);
    subject_stop(&subject);
}

/* --- extensions of TLS 1.3 --- */

static unsigned char body[64];
static size_t body_size;

static int see_extension(SSL *ssl, unsigned type, unsigned messages, const unsigned char *bytes,
                         size_t size, X509 *certificate, size_t place, int *alert, void *unused)
{
    (void)ssl, (void)type, (void)messages, (void)certificate, (void)place;
    (void)alert, (void)unused;
    body_size = size < sizeof body ? size : sizeof body;
    memcpy(body, bytes, body_size);
    return 1;
}

static void watch_oid_filters(SSL_CTX *context)
{
    SSL_CTX_add_custom_ext(context, 48, SSL_EXT_TLS1_3_CERTIFICATE_REQUEST, NULL, NULL, NULL,
                           see_extension, NULL);
}

Test(request, oid_filters_are_pairs_in_der, .timeout = 10)
{
    static const char *const filters[] = { "extendedKeyUsage=clientAuth", "keyUsage", NULL };
    static const unsigned char wanted[] = {
        0, 28,                                                    /* the list */
        5, 6,  3,    0x55, 0x1d, 0x25,                            /* extendedKeyUsage */
        0, 12, 0x30, 10,   6,    8,    0x2b, 6, 1, 5, 5, 7, 3, 2, /* clientAuth */
        5, 6,  3,    0x55, 0x1d, 0x0f, 0,    0                    /* keyUsage, whatever it is */
    };

    init();
    subject.settings.request.oid_filters = filters;
    subject.prepare = watch_oid_filters;
    body_size = 0;
    subject_start(&subject);
    cr_expect_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL), 250);
    cr_assert_eq(body_size, sizeof wanted, "got %zu", body_size);
    cr_expect_arr_eq(body, wanted, sizeof wanted);
    cr_expect_eq(subject_count(&subject, "tls.certificate_request", "\"oid_filters\"", NULL), 1);
    stop();
}

Test(request, what_certificates_may_be_signed_with_is_sent, .timeout = 10)
{
    static const char *const none_fits[] = { "rsa_pkcs1_sha256", NULL };
    static const char *const one_fits[] = { "rsa_pkcs1_sha256", "ecdsa_secp256r1_sha256", NULL };

    for (int fits = 0; fits < 2; fits++) {
        init();
        subject.settings.request.signature_algorithms_cert = fits ? one_fits : none_fits;
        subject_start(&subject);
        /* OpenSSL's client obeys. */
        cr_expect_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, &subject.alice, NULL), 250);
        cr_expect_eq(subject_count(&subject, "\"tls.certificate\"", "\"entries\":1", NULL), fits);
        cr_expect_eq(subject_count(&subject, "tls.certificate_request",
                                   "\"signature_algorithms_cert\":[\"rsa_pkcs1_sha256\"", NULL),
                     1, "%s", subject.events);
        stop();
    }
}

/* --- before TLS 1.3 --- */

Test(request, certificate_types_are_those_that_are_set, .timeout = 10)
{
    static const char *const types[] = { "ecdsa_sign", "rsa_sign", NULL };
    const unsigned char *got;

    init();
    subject.settings.request.certificate_types = types;
    subject_start(&subject);
    cr_expect_eq(peer_dial(&peer, &subject, TLS1_2_VERSION, &subject.alice, NULL), 250);
    cr_assert_eq(SSL_get0_certificate_types(peer.ssl, &got), 2);
    cr_expect_eq(got[0], 64);
    cr_expect_eq(got[1], 1);
    cr_expect_eq(subject_count(&subject, "\"types\":[\"ecdsa_sign\",\"rsa_sign\"]", NULL), 1);
    stop();
}

Test(request, what_cannot_be_sent_is_told_at_once, .timeout = 10)
{
    static const char *const wrong[] = { "no_such_thing", NULL };
    static const char *const none[] = { NULL };
    static const struct {
        struct fake_server_request request;
        const char *why;
    } rows[] = {
        { { .oid_filters = wrong }, "oid_filters" },
        { { .signature_algorithms_cert = wrong }, "signature_algorithms_cert" },
        { { .certificate_types = wrong }, "request" },
        { { .certificate_types = none }, "request" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[256] = "";

        init();
        subject.settings.request = rows[i].request;
        cr_expect_null(fake_server_open(&subject.settings, -1, NULL, NULL, why, sizeof why));
        cr_expect_not_null(strstr(why, rows[i].why), "row %zu: %s", i, why);
        subject_stop(&subject);
    }
}

/* --- when it is sent --- */

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

Test(request, nobody_is_asked_before_the_connection_that_is_set, .timeout = 30)
{
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        SSL_SESSION *session;

        init();
        subject.settings.ask = FAKE_SERVER_ASK_REQUIRE;
        subject.settings.request.from_connection = 2;
        subject.settings.sessions = (struct fake_server_sessions){ .tickets = 2 };
        subject_start(&subject);
        cr_expect_eq(peer_dial(&peer, &subject, versions[i], NULL, NULL), 250);
        session = peer.session;
        peer.session = NULL;
        peer_quit(&peer);
        cr_expect_eq(peer_dial(&peer, &subject, versions[i], &subject.alice, session), 250);
        cr_expect_eq(subject_count(&subject, "\"tls.handshake\"", "\"resumed\":\"no\"", NULL), 2,
                     "what was never proved is not resumed: %s", subject.events);
        cr_expect_eq(subject_count(&subject, "tls.certificate_request", NULL), 1);
        peer_quit(&peer);
        cr_expect_eq(peer_dial(&peer, &subject, versions[i], NULL, NULL), 0);
        SSL_SESSION_free(session);
        stop();
    }
}

Test(request, several_requests_in_one_connection_have_contexts_of_their_own, .timeout = 20)
{
    struct fake_server_delta script[] = {
        { .site = SITE_VERB, .verb = "NOOP", .ask_certificate = true },
    };

    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        init();
        subject.settings.script = script;
        subject.settings.n_script = 1;
        subject_start(&subject);
        cr_expect_eq(peer_dial(&peer, &subject, versions[i], &subject.alice, NULL), 250);
        cr_expect_eq(peer_say(&peer, "NOOP"), 250);
        cr_expect_eq(peer_say(&peer, "NOOP"), 250);
        cr_expect_eq(subject_count(&subject, "tls.certificate_request", NULL), 3, "%s",
                     subject.events);
        cr_expect_eq(subject_count(&subject, "\"tls.handshake\"", "\"identity\":\"\"", NULL), 0);
        cr_expect_eq(subject_count(&subject, "\"tls.handshake\"", "post_handshake", NULL), 2);
        stop();
    }
}

/* --- application protocols --- */

static void offer_protocols(SSL_CTX *context)
{
    SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\4smtp\3foo", 9);
}

Test(request, the_server_chooses_among_the_protocols_or_refuses, .timeout = 30)
{
    static const char *const foo_first[] = { "bar", "foo", "smtp", NULL };
    static const char *const smtp[] = { "smtp", NULL };
    static const char *const none[] = { NULL };
    static const struct {
        const char *const *alpn;
        enum fake_server_unknown_protocol unknown;
        int code;
        const char *chosen; /* NULL: none */
    } rows[] = {
        { NULL, FAKE_SERVER_UNKNOWN_PROTOCOL_REFUSE, 250, NULL },
        { smtp, FAKE_SERVER_UNKNOWN_PROTOCOL_REFUSE, 250, "\"alpn\":\"smtp\"" },
        { foo_first, FAKE_SERVER_UNKNOWN_PROTOCOL_REFUSE, 250, "\"alpn\":\"foo\"" },
        { none, FAKE_SERVER_UNKNOWN_PROTOCOL_CONTINUE, 250, NULL },
        { none, FAKE_SERVER_UNKNOWN_PROTOCOL_REFUSE, 0, NULL },
    };

    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        const char *chosen = rows[i / 2].chosen;

        init();
        subject.settings.alpn = rows[i / 2].alpn;
        subject.settings.unknown_protocol = rows[i / 2].unknown;
        subject.prepare = offer_protocols;
        subject_start(&subject);
        cr_expect_eq(peer_dial(&peer, &subject, versions[i % 2], NULL, NULL), rows[i / 2].code);
        subject_sync(&subject);
        cr_expect_eq(subject_count(&subject, "\"tls.handshake\"",
                                   chosen == NULL ? "\"alpn\"" : chosen, NULL),
                     chosen != NULL, "row %zu: %s", i / 2, subject.events);
        cr_expect_eq(subject_count(&subject, "\"no_application_protocol\"", NULL),
                     rows[i / 2].code == 0);
        stop();
    }
}

Test(request, who_offers_no_protocol_is_not_refused_for_it, .timeout = 10)
{
    static const char *const none[] = { NULL };

    init();
    subject.settings.alpn = none;
    subject_start(&subject);
    cr_expect_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL), 250);
    stop();
}
