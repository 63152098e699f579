#include "fake_server/tests/helper.h"

#include <openssl/ec.h>
#include <openssl/x509v3.h>

#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Criterion 2.4.1 itself loses 48 bytes now and then when tests run in parallel. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libcriterion";
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

struct mint mint_new(const char *name, const struct mint *issuer, long lifetime_s,
                     const char *usage)
{
    struct mint mint = { EVP_EC_gen("P-256"), X509_new() };
    X509_NAME *subject = X509_get_subject_name(mint.certificate);
    static long serial = 1;

    X509_set_version(mint.certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(mint.certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(mint.certificate), -7200);
    X509_gmtime_adj(X509_getm_notAfter(mint.certificate), lifetime_s);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(mint.certificate,
                         issuer == NULL ? subject : X509_get_subject_name(issuer->certificate));
    X509_set_pubkey(mint.certificate, mint.key);
    if (issuer == NULL)
        add_extension(mint.certificate, NID_basic_constraints, "critical,CA:TRUE");
    if (usage != NULL)
        add_extension(mint.certificate, NID_ext_key_usage, usage);
    X509_sign(mint.certificate, issuer == NULL ? mint.key : issuer->key, EVP_sha256());
    return mint;
}

void mint_release(struct mint *mint)
{
    EVP_PKEY_free(mint->key);
    X509_free(mint->certificate);
    *mint = (struct mint){ NULL, NULL };
}

void subject_init(struct subject *subject)
{
    *subject = (struct subject){ .port = 0 };
    pthread_mutex_init(&subject->lock, NULL);
    subject->events = calloc(1, 1);
    subject->authority = mint_new("alpha", NULL, 86400, NULL);
    subject->mail = mint_new("mail", &subject->authority, 86400, "serverAuth");
    subject->alice = mint_new("alice", &subject->authority, 86400, "clientAuth");
    subject->expired = mint_new("expired", &subject->authority, -3600, "clientAuth");
    subject->mallory = mint_new("mallory", NULL, 86400, NULL);
    subject->settings.tls_min = TLS1_2_VERSION;
    subject->settings.tls_max = TLS1_3_VERSION;
    subject->settings.key = subject->mail.key;
    subject->settings.certificate = subject->mail.certificate;
    subject->settings.trust = sk_X509_new_null();
    sk_X509_push(subject->settings.trust, subject->authority.certificate);
    subject->settings.deadline_ms = 3000;
}

static void note(void *context, const struct event *event)
{
    struct subject *subject = context;
    char *line = NULL;
    size_t size;
    FILE *stream = open_memstream(&line, &size);

    event_write(stream, event);
    fclose(stream);
    pthread_mutex_lock(&subject->lock);
    subject->events = realloc(subject->events, subject->size + size + 1);
    memcpy(subject->events + subject->size, line, size + 1);
    subject->size += size;
    pthread_mutex_unlock(&subject->lock);
    free(line);
}

void subject_start(struct subject *subject)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char why[256] = "";

    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(fd, 128), 0);
    subject->server = fake_server_open(&subject->settings, fd, note, subject, why, sizeof why);
    cr_assert_not_null(subject->server, "%s", why);
    subject->port = fake_server_port(subject->server);
}

void subject_set(struct subject *subject)
{
    char why[256] = "";

    cr_assert_eq(fake_server_set(subject->server, &subject->settings, why, sizeof why), 0, "%s",
                 why);
}

void subject_sync(struct subject *subject)
{
    fake_server_sync(subject->server, ++subject->token);
}

void subject_stop(struct subject *subject)
{
    fake_server_close(subject->server);
    mint_release(&subject->authority);
    mint_release(&subject->mail);
    mint_release(&subject->alice);
    mint_release(&subject->mallory);
    mint_release(&subject->expired);
    sk_X509_free(subject->settings.trust);
    free(subject->events);
    pthread_mutex_destroy(&subject->lock);
}

static bool holds_all(const char *line, const char *first, va_list rest)
{
    const char *text = first;

    while (text != NULL && strstr(line, text) != NULL)
        text = va_arg(rest, const char *);
    return text == NULL;
}

int subject_count(struct subject *subject, const char *first, ...)
{
    char *copy;
    char *save = NULL;
    int n = 0;

    pthread_mutex_lock(&subject->lock);
    copy = strdup(subject->events);
    pthread_mutex_unlock(&subject->lock);
    for (char *line = strtok_r(copy, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        va_list rest;

        va_start(rest, first);
        n += holds_all(line, first, rest);
        va_end(rest);
    }
    free(copy);
    return n;
}

void peer_open(struct peer *peer, const struct subject *subject)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)subject->port),
                                   .sin_addr.s_addr = htonl(0x7f000001) };

    *peer = (struct peer){ .fd = socket(AF_INET, SOCK_STREAM, 0), .sni = subject->sni };
    peer->prepare = subject->prepare;
    cr_assert_eq(connect(peer->fd, (struct sockaddr *)&address, sizeof address), 0);
}

void peer_send(struct peer *peer, const char *text)
{
    if (peer->ssl != NULL)
        SSL_write(peer->ssl, text, (int)strlen(text));
    else
        send(peer->fd, text, strlen(text), MSG_NOSIGNAL);
}

static bool fill(struct peer *peer)
{
    size_t room = sizeof peer->buffer - peer->size - 1;
    ssize_t n = peer->ssl != NULL ? SSL_read(peer->ssl, peer->buffer + peer->size, (int)room)
                                  : recv(peer->fd, peer->buffer + peer->size, room, 0);

    if (n <= 0)
        return false;
    peer->size += (size_t)n;
    peer->buffer[peer->size] = '\0';
    return true;
}

int peer_read(struct peer *peer)
{
    for (;;) {
        char *end = memmem(peer->buffer, peer->size, "\r\n", 2);
        bool last;
        int code;

        if (end == NULL) {
            if (!fill(peer))
                return 0;
            continue;
        }
        last = peer->buffer[3] != '-';
        code = (int)strtol(peer->buffer, NULL, 10);
        end += 2;
        peer->size -= (size_t)(end - peer->buffer);
        memmove(peer->buffer, end, peer->size + 1);
        if (last)
            return code;
    }
}

int peer_say(struct peer *peer, const char *line)
{
    char text[4096];

    snprintf(text, sizeof text, "%s\r\n", line);
    peer_send(peer, text);
    return peer_read(peer);
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct peer *peer = SSL_get_app_data(ssl);

    SSL_SESSION_free(peer->session);
    peer->session = session;
    return 1;
}

int peer_start_tls(struct peer *peer, int version, const struct mint *identity,
                   SSL_SESSION *session)
{
    peer->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(peer->context, version);
    SSL_CTX_set_max_proto_version(peer->context, version);
    SSL_CTX_set_session_cache_mode(peer->context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(peer->context, keep_session);
    SSL_CTX_set_post_handshake_auth(peer->context, 1);
    if (identity != NULL) {
        SSL_CTX_use_certificate(peer->context, identity->certificate);
        SSL_CTX_use_PrivateKey(peer->context, identity->key);
    }
    if (peer->prepare != NULL)
        peer->prepare(peer->context);
    peer->ssl = SSL_new(peer->context);
    SSL_set_app_data(peer->ssl, peer);
    SSL_set_fd(peer->ssl, peer->fd);
    if (peer->sni != NULL)
        SSL_set_tlsext_host_name(peer->ssl, peer->sni);
    if (session != NULL)
        SSL_set_session(peer->ssl, session);
    return SSL_connect(peer->ssl);
}

int peer_dial(struct peer *peer, const struct subject *subject, int version,
              const struct mint *identity, SSL_SESSION *session)
{
    peer_open(peer, subject);
    peer_read(peer);
    peer_say(peer, "EHLO client");
    if (peer_say(peer, "STARTTLS") != 220)
        return 0;
    if (peer_start_tls(peer, version, identity, session) != 1)
        return 0;
    return peer_say(peer, "EHLO client");
}

int peer_mail(struct peer *peer)
{
    int code = peer_say(peer, "MAIL FROM:<a@example.test>");

    if (code == 250)
        code = peer_say(peer, "RCPT TO:<b@example.test>");
    if (code == 250)
        code = peer_say(peer, "DATA");
    return code == 354 ? peer_say(peer, "Subject: x\r\n\r\ntext\r\n.") : code;
}

void peer_close(struct peer *peer)
{
    SSL_SESSION_free(peer->session);
    SSL_free(peer->ssl);
    SSL_CTX_free(peer->context);
    if (peer->fd >= 0)
        close(peer->fd);
    *peer = (struct peer){ .fd = -1 };
}

/* Reads to the end before it closes: bytes left unread would make the kernel send a RST. */
void peer_quit(struct peer *peer)
{
    char rest[256];

    peer_say(peer, "QUIT");
    if (peer->ssl != NULL)
        SSL_shutdown(peer->ssl);
    while (recv(peer->fd, rest, sizeof rest, 0) > 0)
        continue;
    peer_close(peer);
}
