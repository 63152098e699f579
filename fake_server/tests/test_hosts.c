#include "fake_server/tests/helper.h"

#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <unistd.h>

static struct subject subject;
static struct peer peer;
static struct mint other_mail;
static struct fake_server_host host;

/* A server that requests, and a host that requires. */
static void init(const char *context)
{
    subject_init(&subject);
    subject.settings.ask = FAKE_SERVER_ASK_REQUEST;
    subject.settings.sessions =
        (struct fake_server_sessions){ .ids = true, .tickets = 2, .context = context };
    other_mail = mint_new("other", &subject.authority, 86400, "serverAuth");
    host = (struct fake_server_host){
        .name = "other.example.test",
        .key = other_mail.key,
        .certificate = other_mail.certificate,
        .ask = FAKE_SERVER_ASK_REQUIRE,
        .trust = subject.settings.trust,
        .sessions = subject.settings.sessions,
    };
    subject.settings.hosts = &host;
    subject.settings.n_hosts = 1;
}

static void stop(void)
{
    peer_close(&peer);
    subject_stop(&subject);
    mint_release(&other_mail);
}

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

Test(hosts, the_name_in_the_hello_decides_about_certificate_and_policy, .timeout = 20)
{
    static const struct {
        const char *sni;
        const char *subject;
        int code; /* of EHLO without a certificate */
    } rows[] = {
        { "OTHER.example.test", "other", 0 },
        { "mail.example.test", "mail", 250 },
        { NULL, "mail", 250 },
    };

    init(NULL);
    subject_start(&subject);
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        char name[64] = "";

        subject.sni = rows[i / 2].sni;
        cr_expect_eq(peer_dial(&peer, &subject, versions[i % 2], NULL, NULL), rows[i / 2].code);
        X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(peer.ssl)),
                                  NID_commonName, name, sizeof name);
        cr_expect_str_eq(name, rows[i / 2].subject);
        peer_close(&peer);
    }
    stop();
}

Test(hosts, an_unknown_name_is_answered_as_set, .timeout = 20)
{
    static const struct {
        enum fake_server_unknown_host unknown;
        int code, alerts;
    } rows[] = {
        { FAKE_SERVER_UNKNOWN_HOST_CONTINUE, 250, 0 },
        { FAKE_SERVER_UNKNOWN_HOST_WARN, 250, 1 },
        { FAKE_SERVER_UNKNOWN_HOST_REFUSE, 0, 1 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        init(NULL);
        subject.settings.unknown_host = rows[i].unknown;
        subject.sni = "who.example.test";
        subject_start(&subject);
        cr_expect_eq(peer_dial(&peer, &subject, TLS1_2_VERSION, NULL, NULL), rows[i].code);
        subject_sync(&subject);
        cr_expect_eq(subject_count(&subject, "\"unrecognized_name\"", NULL), rows[i].alerts,
                     "%zu: %s", i, subject.events);
        stop();
    }
}

/* CVE-2025-23419: anonymous at one host, and in at another that requires a certificate. */
Test(hosts, a_session_of_another_host_is_resumed_by_a_broken_server_only, .timeout = 30)
{
    static const struct {
        const char *context;
        bool own_keys;
        int code;
    } rows[] = { { NULL, false, 0 }, { "all", false, 250 }, { "all", true, 0 } };

    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        int version = versions[i % 2];
        SSL_SESSION *session;

        init(rows[i / 2].context);
        subject.settings.sessions.ids = false;
        host.sessions.own_keys = rows[i / 2].own_keys;
        subject_start(&subject);
        subject.sni = "mail.example.test";
        cr_assert_eq(peer_dial(&peer, &subject, version, NULL, NULL), 250);
        session = peer.session;
        peer.session = NULL;
        peer_quit(&peer);
        subject.sni = "other.example.test";
        cr_expect_eq(peer_dial(&peer, &subject, version, NULL, session), rows[i / 2].code,
                     "row %zu, %x: %s", i / 2, (unsigned)version, subject.events);
        SSL_SESSION_free(session);
        stop();
    }
}

Test(hosts, who_is_nobody_is_told_so_where_the_policy_says, .timeout = 30)
{
    static const struct {
        enum fake_server_without_identity policy;
        const char *line;
        int nobody, somebody;
    } rows[] = {
        { FAKE_SERVER_WITHOUT_554, "NOOP", 554, 250 },
        { FAKE_SERVER_WITHOUT_554, "QUIT", 221, 221 },
        { FAKE_SERVER_WITHOUT_530, "MAIL FROM:<a@b.c>", 530, 250 },
        { FAKE_SERVER_WITHOUT_530, "NOOP", 250, 250 },
        { FAKE_SERVER_WITHOUT_550, "RCPT TO:<a@b.c>", 550, 503 },
        { FAKE_SERVER_WITHOUT_550, "MAIL FROM:<a@b.c>", 250, 250 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        init(NULL);
        subject.settings.n_hosts = 0;
        subject.settings.without_identity = rows[i].policy;
        subject_start(&subject);
        peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL);
        cr_expect_eq(peer_say(&peer, rows[i].line), rows[i].nobody, "row %zu", i);
        peer_close(&peer);
        cr_expect_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, &subject.alice, NULL), 250);
        cr_expect_eq(peer_say(&peer, rows[i].line), rows[i].somebody, "row %zu", i);
        stop();
    }
}

static bool extension_came;

static int see_extension(SSL *ssl, unsigned type, unsigned messages, const unsigned char *bytes,
                         size_t size, X509 *certificate, size_t place, int *alert, void *unused)
{
    (void)ssl, (void)type, (void)messages, (void)bytes, (void)certificate, (void)place;
    (void)alert, (void)unused;
    extension_came = size == 3;
    return 1;
}

static void watch_extension(SSL_CTX *context)
{
    SSL_CTX_add_custom_ext(context, 0x6a6a, SSL_EXT_TLS1_3_CERTIFICATE_REQUEST, NULL, NULL, NULL,
                           see_extension, NULL);
}

Test(hosts, extensions_nobody_knows_are_sent_on_demand, .timeout = 10)
{
    for (int on = 0; on < 2; on++) {
        init(NULL);
        subject.settings.request.unknown_extensions = on == 1;
        subject.prepare = watch_extension;
        extension_came = false;
        subject_start(&subject);
        cr_expect_eq(peer_dial(&peer, &subject, TLS1_3_VERSION, NULL, NULL), 250);
        cr_expect_eq(extension_came, on == 1);
        stop();
    }
}

/* A listener at a free port, which it returns. */
static int listen_somewhere(int *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    cr_assert_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(fd, 8), 0);
    getsockname(fd, (struct sockaddr *)&address, &size);
    *port = ntohs(address.sin_port);
    return fd;
}

Test(hosts, each_port_has_the_policy_of_its_name, .timeout = 20)
{
    static const struct {
        const char *name; /* of the listener */
        bool certificate;
        int code;
        const char *told;
    } rows[] = {
        { NULL, false, 250, NULL },
        { "submission", false, 0, "\"port\":\"submission\"" },
        { "submission", true, 250, "\"port\":\"submission\"" },
        { "relay", false, 250, "\"port\":\"relay\"" }, /* no policy has this name */
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        init(NULL);
        host.name = "submission";
        subject.settings.hosts = NULL;
        subject.settings.n_hosts = 0;
        subject.settings.ports = &host;
        subject.settings.n_ports = 1;
        subject_start(&subject);
        if (rows[i].name != NULL)
            cr_assert_eq(
                fake_server_listen(subject.server, listen_somewhere(&subject.port), rows[i].name),
                0);
        cr_expect_eq(peer_dial(&peer, &subject, TLS1_2_VERSION,
                               rows[i].certificate ? &subject.alice : NULL, NULL),
                     rows[i].code, "%zu: %s", i, subject.events);
        if (rows[i].told != NULL)
            cr_expect_eq(subject_count(&subject, "\"connection.open\"", rows[i].told, NULL), 1);
        stop();
    }
}

Test(hosts, a_server_has_so_many_ports_and_no_more, .timeout = 20)
{
    int port, last;

    init(NULL);
    subject_start(&subject);
    for (int i = 0; i < FAKE_SERVER_MAX_PORTS; i++)
        cr_assert_eq(fake_server_listen(subject.server, listen_somewhere(&port), "more"), 0);
    last = listen_somewhere(&port);
    cr_expect_eq(fake_server_listen(subject.server, last, "more"), -1);
    close(last);
    stop();
}
