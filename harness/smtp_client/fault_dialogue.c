#include "harness/smtp_client/fault_dialogue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool fault_dialogue_has(enum smtp_client_fault fault)
{
    static const enum smtp_client_fault faults[] = {
        SMTP_CLIENT_FAULT_BELIEVE_PLAINTEXT,
        SMTP_CLIENT_FAULT_NO_SECOND_EHLO,
        SMTP_CLIENT_FAULT_STARTTLS_AGAIN,
        SMTP_CLIENT_FAULT_COMMAND_BEHIND_STARTTLS,
        SMTP_CLIENT_FAULT_ANY_ANSWER_TO_STARTTLS,
        SMTP_CLIENT_FAULT_AUTH_IN_CLEAR,
        SMTP_CLIENT_FAULT_ONE_RECIPIENT,
        SMTP_CLIENT_FAULT_NO_DOT_STUFFING,
        SMTP_CLIENT_FAULT_SEND_TWICE,
        SMTP_CLIENT_FAULT_NO_QUIT,
    };

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        if (faults[i] == fault)
            return true;
    return false;
}

enum { ANY_POSITIVE = 0, BUFFER = 8192 };

struct dialogue {
    struct exchange *exchange;
    struct tls_client *tls;
    int fd;
    SSL_CTX *context;
    SSL *ssl;
    char buffer[BUFFER];
    size_t used;
    bool believed; /* bytes in the clear were in the buffer when TLS started */
    bool auth;     /* the last reply offered AUTH PLAIN */
    bool starttls; /* ... and STARTTLS */
};

static int fail(struct dialogue *dialogue, CURLcode code, const char *text)
{
    if (dialogue->exchange->code != CURLE_OK)
        return -1;
    dialogue->exchange->code = code;
    snprintf(dialogue->exchange->text, sizeof(dialogue->exchange->text), "%s", text);
    return -1;
}

static int fail_io(struct dialogue *dialogue, CURLcode code)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return fail(dialogue, CURLE_OPERATION_TIMEDOUT, "no answer in time");
    return fail(dialogue, code, "the connection is closed");
}

/* --- bytes --- */

static int connect_to(struct dialogue *dialogue)
{
    const struct smtp_client_settings *settings = dialogue->exchange->settings;
    long limit_ms = exchange_timeout_ms(dialogue->exchange);
    struct timeval limit = { limit_ms / 1000, limit_ms % 1000 * 1000 };
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
    struct addrinfo *address = NULL;
    char port[16];
    int connected = -1;

    snprintf(port, sizeof(port), "%d", settings->port);
    if (getaddrinfo(settings->loopback ? "127.0.0.1" : settings->host, port, &hints, &address) != 0)
        return fail(dialogue, CURLE_COULDNT_RESOLVE_HOST, "the host has no address");
    dialogue->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (dialogue->fd >= 0) {
        setsockopt(dialogue->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        setsockopt(dialogue->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
        setsockopt(dialogue->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
        connected = connect(dialogue->fd, address->ai_addr, address->ai_addrlen);
    }
    freeaddrinfo(address);
    return connected == 0 ? 0 : fail(dialogue, CURLE_COULDNT_CONNECT, "cannot connect");
}

static int write_all(struct dialogue *dialogue, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = dialogue->ssl != NULL ? SSL_write(dialogue->ssl, bytes, (int)size)
                                          : send(dialogue->fd, bytes, size, MSG_NOSIGNAL);

        if (n <= 0)
            return fail_io(dialogue, CURLE_SEND_ERROR);
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

static int fill(struct dialogue *dialogue)
{
    char *place = dialogue->buffer + dialogue->used;
    size_t room = sizeof(dialogue->buffer) - dialogue->used;
    ssize_t n;

    if (room == 0)
        return fail(dialogue, CURLE_WEIRD_SERVER_REPLY, "an endless line");
    errno = 0;
    n = dialogue->ssl != NULL ? SSL_read(dialogue->ssl, place, (int)room)
                              : recv(dialogue->fd, place, room, 0);
    if (n <= 0)
        return fail_io(dialogue, CURLE_RECV_ERROR);
    dialogue->used += (size_t)n;
    return 0;
}

/* --- replies and commands --- */

static int take_line(struct dialogue *dialogue)
{
    const char *end = memchr(dialogue->buffer, '\n', dialogue->used);
    size_t size;
    int taken;

    while (end == NULL) {
        if (fill(dialogue) != 0)
            return -1;
        end = memchr(dialogue->buffer, '\n', dialogue->used);
    }
    size = (size_t)(end - dialogue->buffer) + 1;
    taken = exchange_take_line(dialogue->exchange, dialogue->buffer, size);
    dialogue->auth = dialogue->auth || memmem(dialogue->buffer, size, "AUTH PLAIN", 10) != NULL;
    dialogue->starttls =
        dialogue->starttls || memmem(dialogue->buffer, size, "STARTTLS", 8) != NULL;
    dialogue->used -= size;
    memmove(dialogue->buffer, dialogue->buffer + size, dialogue->used);
    return taken == 0 ? 0 : fail(dialogue, CURLE_WEIRD_SERVER_REPLY, "a malformed line");
}

/* Any positive reply will do where none is named: who is off by one must not be particular. */
static int read_reply(struct dialogue *dialogue, int wanted)
{
    struct replies *replies = &dialogue->exchange->replies;

    dialogue->auth = dialogue->starttls = false;
    do {
        if (take_line(dialogue) != 0)
            return -1;
    } while (replies->pending != 0);
    if (wanted == ANY_POSITIVE ? replies->code < 400 : replies->code == wanted)
        return 0;
    return fail(dialogue, CURLE_WEIRD_SERVER_REPLY, "refused");
}

static int command(struct dialogue *dialogue, int wanted, const char *verb, const char *argument,
                   const char *end)
{
    char line[1200];
    int size = snprintf(line, sizeof(line), "%s%s%s\r\n", verb, argument, end);

    if (size >= (int)sizeof(line) || write_all(dialogue, line, (size_t)size) != 0)
        return fail(dialogue, CURLE_SEND_ERROR, "a command cannot be sent");
    return read_reply(dialogue, wanted);
}

static bool has_fault(const struct dialogue *dialogue, enum smtp_client_fault fault)
{
    return dialogue->exchange->settings->fault == fault;
}

/* Says what may be refused. */
static void try_command(struct dialogue *dialogue, const char *line)
{
    struct exchange *exchange = dialogue->exchange;

    if (command(dialogue, ANY_POSITIVE, line, "", "") != 0 &&
        exchange->code == CURLE_WEIRD_SERVER_REPLY) {
        exchange->code = CURLE_OK;
        exchange->text[0] = '\0';
    }
}

/* --- the dialogue --- */

static int start_tls(struct dialogue *dialogue)
{
    const char *host = dialogue->exchange->settings->host;

    dialogue->believed = dialogue->used > 0;
    dialogue->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(dialogue->context, SSL_VERIFY_PEER, NULL);
    tls_client_configure(dialogue->tls, dialogue->context);
    dialogue->ssl = SSL_new(dialogue->context);
    SSL_set_fd(dialogue->ssl, dialogue->fd);
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(dialogue->ssl), host) != 1) {
        char *name = strdup(host);

        SSL_set1_host(dialogue->ssl, host);
        SSL_ctrl(dialogue->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name);
        free(name);
    }
    if (SSL_connect(dialogue->ssl) != 1)
        return fail(dialogue, CURLE_SSL_CONNECT_ERROR, "the handshake failed");
    return 0;
}

static int open_tls(struct dialogue *dialogue)
{
    char domain[EXCHANGE_DOMAIN];

    bool any = has_fault(dialogue, SMTP_CLIENT_FAULT_ANY_ANSWER_TO_STARTTLS);
    bool behind = has_fault(dialogue, SMTP_CLIENT_FAULT_COMMAND_BEHIND_STARTTLS);
    bool offered;

    exchange_write_domain(dialogue->exchange, domain, sizeof(domain));
    if (connect_to(dialogue) != 0 || read_reply(dialogue, 220) != 0 ||
        command(dialogue, ANY_POSITIVE, "EHLO ", domain, "") != 0)
        return -1;
    offered = dialogue->starttls;
    if (has_fault(dialogue, SMTP_CLIENT_FAULT_AUTH_IN_CLEAR))
        try_command(dialogue, "AUTH PLAIN AG5vYm9keQBub3RoaW5n");
    if (!offered || command(dialogue, any ? ANY_POSITIVE : 220, "STARTTLS",
                            behind ? "\r\nNOOP" : "", "") != 0) {
        dialogue->exchange->code = CURLE_USE_SSL_FAILED;
        return -1;
    }
    return start_tls(dialogue);
}

static int greet_again(struct dialogue *dialogue)
{
    char domain[EXCHANGE_DOMAIN];

    if (has_fault(dialogue, SMTP_CLIENT_FAULT_STARTTLS_AGAIN))
        try_command(dialogue, "STARTTLS");
    if (has_fault(dialogue, SMTP_CLIENT_FAULT_NO_SECOND_EHLO))
        return 0;
    exchange_write_domain(dialogue->exchange, domain, sizeof(domain));
    return command(dialogue, ANY_POSITIVE, "EHLO ", domain, "");
}

/* "\0nobody\0nothing" */
static int authenticate(struct dialogue *dialogue)
{
    if (!dialogue->believed || !dialogue->auth)
        return 0;
    return command(dialogue, ANY_POSITIVE, "AUTH PLAIN AG5vYm9keQBub3RoaW5n", "", "");
}

static int send_envelope(struct dialogue *dialogue)
{
    const struct smtp_client_message *message = dialogue->exchange->message;

    if (command(dialogue, ANY_POSITIVE, "MAIL FROM:<", message->from, ">") != 0)
        return -1;
    for (const char *const *to = message->to; to != NULL && *to != NULL; to++) {
        if (command(dialogue, ANY_POSITIVE, "RCPT TO:<", *to, ">") != 0)
            return -1;
        if (has_fault(dialogue, SMTP_CLIENT_FAULT_ONE_RECIPIENT))
            break;
    }
    return command(dialogue, ANY_POSITIVE, "DATA", "", "");
}

static int send_body(struct dialogue *dialogue)
{
    const char *bytes = dialogue->exchange->message->bytes;
    size_t size = dialogue->exchange->message->size;
    size_t start = 0;

    while (start < size) {
        const char *end = memchr(bytes + start, '\n', size - start);
        size_t length = end == NULL ? size - start : (size_t)(end - bytes) + 1 - start;
        bool dotted =
            bytes[start] == '.' && !has_fault(dialogue, SMTP_CLIENT_FAULT_NO_DOT_STUFFING);

        if ((dotted && write_all(dialogue, ".", 1) != 0) ||
            write_all(dialogue, bytes + start, length) != 0)
            return -1;
        start += length;
    }
    dialogue->exchange->body_given = true;
    return command(dialogue, ANY_POSITIVE, ".", "", "");
}

static int send_mail(struct dialogue *dialogue)
{
    if (send_envelope(dialogue) != 0 || send_body(dialogue) != 0)
        return -1;
    if (!has_fault(dialogue, SMTP_CLIENT_FAULT_SEND_TWICE))
        return 0;
    return send_envelope(dialogue) != 0 || send_body(dialogue) != 0 ? -1 : 0;
}

static void close_dialogue(struct dialogue *dialogue)
{
    if (dialogue->ssl != NULL)
        SSL_shutdown(dialogue->ssl);
    SSL_free(dialogue->ssl);
    SSL_CTX_free(dialogue->context);
    if (dialogue->fd >= 0)
        close(dialogue->fd);
    free(dialogue);
}

void fault_dialogue_send(struct exchange *exchange, struct tls_client *tls)
{
    struct dialogue *dialogue = calloc(1, sizeof(*dialogue));

    if (dialogue == NULL)
        abort();
    dialogue->exchange = exchange;
    dialogue->tls = tls;
    dialogue->fd = -1;
    /* OpenSSL writes with write(), which dies where the server has gone. */
    signal(SIGPIPE, SIG_IGN);
    if (open_tls(dialogue) == 0 && greet_again(dialogue) == 0 && authenticate(dialogue) == 0 &&
        send_mail(dialogue) == 0 && !has_fault(dialogue, SMTP_CLIENT_FAULT_NO_QUIT)) {
        command(dialogue, ANY_POSITIVE, "QUIT", "", "");
        exchange->code = CURLE_OK; /* the mail is taken, whatever comes now */
        exchange->text[0] = '\0';
    }
    close_dialogue(dialogue);
}
