#include "harness/smtp_client/tests/peer.h"

#include "harness/smtp_client/fingerprint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer {
    const struct cast *cast;
    struct peer_settings settings;
    SSL_CTX *context;
    int listener;
    int port;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int over;
    struct peer_seen seen[PEER_CONNECTIONS];
};

struct link {
    struct peer *peer;
    struct peer_seen *seen;
    struct peer_settings settings;
    int fd;
    SSL *ssl;
    char buffer[4096];
    size_t used;
};

/* --- bytes --- */

static void put(struct link *link, const char *text)
{
    if (link->ssl != NULL)
        SSL_write(link->ssl, text, (int)strlen(text));
    else
        send(link->fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Returns the length of the next line, or 0 when there is none. */
static size_t get_line(struct link *link, char *line, size_t size)
{
    for (;;) {
        char *end = memchr(link->buffer, '\n', link->used);
        ssize_t n;

        if (end != NULL) {
            size_t length = (size_t)(end - link->buffer) + 1;

            snprintf(line, size, "%.*s", (int)length, link->buffer);
            link->used -= length;
            memmove(link->buffer, end + 1, link->used);
            return length;
        }
        n = link->ssl != NULL
                ? SSL_read(link->ssl, link->buffer + link->used,
                           (int)(sizeof(link->buffer) - link->used))
                : recv(link->fd, link->buffer + link->used, sizeof(link->buffer) - link->used, 0);
        if (n <= 0)
            return 0;
        link->used += (size_t)n;
    }
}

static void note(struct link *link, const char *word)
{
    char *commands = link->seen->commands;
    size_t used = strlen(commands);

    snprintf(commands + used, sizeof(link->seen->commands) - used, "%s%s", used > 0 ? " " : "",
             word);
}

/* --- TLS --- */

static int on_hello(SSL *ssl, int *alert, void *context)
{
    struct link *link = SSL_get_app_data(ssl);
    const unsigned char *bytes;
    size_t size;

    (void)alert;
    (void)context;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_session_ticket, &bytes, &size) == 1)
        link->seen->offered = (int)size;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_psk, &bytes, &size) == 1)
        link->seen->offered = (int)size;
    return SSL_CLIENT_HELLO_SUCCESS;
}

static int take_any(int verified, X509_STORE_CTX *store)
{
    (void)verified;
    (void)store;
    return 1;
}

static void set_request(struct link *link)
{
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();

    SSL_set_verify(link->ssl, link->settings.ask, link->settings.takes_any ? take_any : NULL);
    for (const enum cast_name *name = link->settings.names; name != NULL && *name != CAST_COUNT;
         name++)
        sk_X509_NAME_push(
            names, X509_NAME_dup(X509_get_subject_name(link->peer->cast->certificates[*name])));
    SSL_set0_CA_list(link->ssl, names);
    /* The session context follows the policy, as a good server's does. */
    SSL_set_session_id_context(link->ssl,
                               (const unsigned char *)(link->settings.ask > 1 ? "must" : "may"), 3);
    if (link->settings.ids)
        SSL_set_options(link->ssl, SSL_OP_NO_TICKET);
    if (link->settings.tls != 0) {
        SSL_set_min_proto_version(link->ssl, link->settings.tls);
        SSL_set_max_proto_version(link->ssl, link->settings.tls);
    }
}

static int start_tls(struct link *link)
{
    X509 *certificate;

    link->used = 0;
    link->ssl = SSL_new(link->peer->context);
    SSL_set_app_data(link->ssl, link);
    set_request(link);
    SSL_set_fd(link->ssl, link->fd);
    if (SSL_accept(link->ssl) != 1)
        return -1;
    link->seen->handshake = true;
    link->seen->tls = SSL_version(link->ssl);
    link->seen->reused = SSL_session_reused(link->ssl) == 1;
    certificate = SSL_get0_peer_certificate(link->ssl);
    if (certificate != NULL)
        fingerprint_text_of_certificate(certificate, link->seen->identity);
    if (certificate != NULL && SSL_get_peer_cert_chain(link->ssl) != NULL)
        link->seen->chain = sk_X509_num(SSL_get_peer_cert_chain(link->ssl)) + 1;
    note(link, "(TLS)");
    return link->settings.at != NULL && strcmp(link->settings.at, "TLS") == 0 ? -1 : 0;
}

/* --- SMTP --- */

/* Returns -1 when the connection is to be closed. */
static int reply(struct link *link, const char *verb, const char *usual)
{
    bool odd = link->settings.reply != NULL && strcmp(link->settings.at, verb) == 0;
    const char *text = odd ? link->settings.reply : usual;

    put(link, text);
    return text[0] == '\0' ? -1 : 0;
}

static const char *usual_reply(const struct link *link, const char *verb)
{
    if (strcmp(verb, "EHLO") == 0)
        return link->ssl != NULL || link->settings.no_starttls ? "250-peer\r\n250 8BITMIME\r\n"
                                                               : "250-peer\r\n250 STARTTLS\r\n";
    if (strcmp(verb, "STARTTLS") == 0)
        return "220 go\r\n";
    if (strcmp(verb, "DATA") == 0)
        return "354 go\r\n";
    return strcmp(verb, "QUIT") == 0 ? "221 bye\r\n" : "250 fine\r\n";
}

static int take_message(struct link *link)
{
    char line[1024];
    size_t used = 0;

    while (get_line(link, line, sizeof(line)) > 0) {
        if (strcmp(line, ".\r\n") == 0) {
            note(link, ".");
            return reply(link, ".", "250 taken\r\n");
        }
        used += (size_t)snprintf(link->seen->message + used, sizeof(link->seen->message) - used,
                                 "%s", line);
        if (used >= sizeof(link->seen->message))
            used = sizeof(link->seen->message) - 1;
    }
    return -1;
}

static int obey(struct link *link, char *line)
{
    line[strcspn(line, " \r\n")] = '\0';
    note(link, line);
    if (reply(link, line, usual_reply(link, line)) != 0 || strcmp(line, "QUIT") == 0)
        return -1;
    if (strcmp(line, "STARTTLS") == 0 &&
        (link->settings.reply == NULL || strcmp(link->settings.at, line) != 0 ||
         link->settings.reply[0] == '2'))
        return start_tls(link);
    if (strcmp(line, "DATA") == 0 &&
        (link->settings.reply == NULL || strcmp(link->settings.at, line) != 0))
        return take_message(link);
    return 0;
}

static void serve(struct link *link)
{
    char line[1024];

    if (link->settings.implicit && start_tls(link) != 0)
        return;
    if (reply(link, "", "220 peer\r\n") != 0)
        return;
    while (get_line(link, line, sizeof(line)) > 0) {
        if (obey(link, line) != 0)
            return;
    }
}

static void *run(void *context)
{
    struct peer *peer = context;

    for (;;) {
        int fd = accept(peer->listener, NULL, NULL);
        struct link link = { .peer = peer, .fd = fd };

        if (fd < 0)
            return NULL;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
        pthread_mutex_lock(&peer->lock);
        link.settings = peer->settings;
        link.seen = &peer->seen[peer->over % PEER_CONNECTIONS];
        pthread_mutex_unlock(&peer->lock);
        serve(&link);
        if (link.ssl != NULL)
            SSL_shutdown(link.ssl);
        SSL_free(link.ssl);
        close(fd);
        pthread_mutex_lock(&peer->lock);
        peer->over++;
        pthread_cond_broadcast(&peer->changed);
        pthread_mutex_unlock(&peer->lock);
    }
}

/* --- life --- */

static void listen_on_loopback(struct peer *peer)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof(address);

    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(peer->listener, (const struct sockaddr *)&address, size) != 0 ||
        listen(peer->listener, 8) != 0 ||
        getsockname(peer->listener, (struct sockaddr *)&address, &size) != 0)
        abort();
    peer->port = ntohs(address.sin_port);
}

struct peer *peer_open(const struct cast *cast, const struct peer_settings *settings)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    X509_STORE *store;

    signal(SIGPIPE, SIG_IGN);
    peer->cast = cast;
    peer->settings = *settings;
    peer->context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(peer->context, cast->certificates[SERVER]);
    SSL_CTX_use_PrivateKey(peer->context, cast->keys[SERVER]);
    SSL_CTX_set_client_hello_cb(peer->context, on_hello, NULL);
    store = SSL_CTX_get_cert_store(peer->context);
    X509_STORE_add_cert(store, cast->certificates[ALPHA]);
    X509_STORE_add_cert(store, cast->certificates[BETA]);
    listen_on_loopback(peer);
    pthread_mutex_init(&peer->lock, NULL);
    pthread_cond_init(&peer->changed, NULL);
    if (!settings->held)
        peer_start(peer);
    return peer;
}

void peer_start(struct peer *peer)
{
    pthread_create(&peer->thread, NULL, run, peer);
}

void peer_close(struct peer *peer)
{
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    SSL_CTX_free(peer->context);
    pthread_cond_destroy(&peer->changed);
    pthread_mutex_destroy(&peer->lock);
    free(peer);
}

int peer_port(const struct peer *peer)
{
    return peer->port;
}

void peer_set(struct peer *peer, const struct peer_settings *settings)
{
    pthread_mutex_lock(&peer->lock);
    peer->settings = *settings;
    pthread_mutex_unlock(&peer->lock);
}

const struct peer_seen *peer_seen(struct peer *peer, int n)
{
    pthread_mutex_lock(&peer->lock);
    while (peer->over < n)
        pthread_cond_wait(&peer->changed, &peer->lock);
    pthread_mutex_unlock(&peer->lock);
    return &peer->seen[n - 1];
}

int peer_connections(struct peer *peer)
{
    int over;

    pthread_mutex_lock(&peer->lock);
    over = peer->over;
    pthread_mutex_unlock(&peer->lock);
    return over;
}
