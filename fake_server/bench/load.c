/*
 * A client that loads a server, for `make bench-server` and for the test of hostile load; not for
 * users.
 *
 * Every kind of load is a row of the table below. Numbers come out on stdout, one `name value` a
 * line. The server is not verified and what it says is only read for its code: the client has to
 * cost as little as it can. Exit: 0, 2 usage, 1 the server did not answer as it must.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 64, BUFFER = 16384 };

struct options {
    const char *load;
    int port, parallel;
    long count; /* of sessions, connections or bytes */
    const char *certificate, *key;
    SSL_CTX *tls;
};

struct peer {
    int fd;
    SSL *ssl; /* NULL in the clear */
    char bytes[BUFFER];
    size_t size;
};

/* One thread of several that do the same. */
struct worker {
    const struct options *options;
    pthread_t thread;
    long n, failed;
    SSL_SESSION *session; /* the last ticket; NULL: none, or none is wanted */
    bool resumes;
};

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int dial(const struct options *options, struct peer *peer)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)options->port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval patience = { .tv_sec = 30 };
    int on = 1;

    peer->ssl = NULL;
    peer->size = 0;
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(peer->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return connect(peer->fd, (struct sockaddr *)&address, sizeof address);
}

/* OpenSSL forgets the session of a connection that was not shut down. */
static void hang_up(struct peer *peer)
{
    if (peer->ssl != NULL)
        SSL_set_shutdown(peer->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(peer->ssl);
    close(peer->fd);
}

static bool send_all(struct peer *peer, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = peer->ssl == NULL ? send(peer->fd, bytes, size, MSG_NOSIGNAL)
                                      : SSL_write(peer->ssl, bytes, (int)size);

        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

/* The code of the next reply, 0 at the end of the connection. */
static int read_code(struct peer *peer)
{
    for (;;) {
        char *end = memchr(peer->bytes, '\n', peer->size);
        int code = end == NULL || peer->bytes[3] == '-' ? 0 : (int)strtol(peer->bytes, NULL, 10);
        ssize_t n;

        if (end != NULL) {
            peer->size -= (size_t)(end + 1 - peer->bytes);
            memmove(peer->bytes, end + 1, peer->size);
        }
        if (code != 0)
            return code;
        if (end != NULL)
            continue;
        n = peer->ssl == NULL
                ? recv(peer->fd, peer->bytes + peer->size, BUFFER - peer->size, 0)
                : SSL_read(peer->ssl, peer->bytes + peer->size, (int)(BUFFER - peer->size));
        if (n <= 0)
            return 0;
        peer->size += (size_t)n;
    }
}

static int say(struct peer *peer, const char *text)
{
    return send_all(peer, text, strlen(text)) ? read_code(peer) : 0;
}

static bool handshake(struct worker *worker, struct peer *peer)
{
    peer->ssl = SSL_new(worker->options->tls);
    SSL_set_fd(peer->ssl, peer->fd);
    SSL_set_app_data(peer->ssl, worker);
    if (worker->session != NULL)
        SSL_set_session(peer->ssl, worker->session);
    return SSL_connect(peer->ssl) == 1 &&
           (worker->session == NULL || SSL_session_reused(peer->ssl));
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct worker *worker = SSL_get_app_data(ssl);

    if (!worker->resumes)
        return 0;
    SSL_SESSION_free(worker->session);
    worker->session = session;
    return 1;
}

static bool greet(struct worker *worker, struct peer *peer)
{
    return dial(worker->options, peer) == 0 && read_code(peer) == 220 &&
           say(peer, "EHLO load.example.test\r\n") == 250 && say(peer, "STARTTLS\r\n") == 220 &&
           handshake(worker, peer) && say(peer, "EHLO load.example.test\r\n") == 250;
}

/* A mail as a client with PIPELINING sends it. Source: RFC 2920 section 3.1. */
static bool mail(struct peer *peer)
{
    static const char envelope[] = "MAIL FROM:<load@example.test>\r\n"
                                   "RCPT TO:<postmaster@example.test>\r\nDATA\r\n";
    static const char text[] = "Subject: load\r\n\r\nA line of text.\r\n.\r\n";

    return say(peer, envelope) == 250 && read_code(peer) == 250 && read_code(peer) == 354 &&
           say(peer, text) == 250;
}

static bool run_session(struct worker *worker)
{
    struct peer peer;
    bool fine = greet(worker, &peer) && mail(&peer) && say(&peer, "QUIT\r\n") == 221;

    hang_up(&peer);
    return fine;
}

/* TLS and nothing else; s_server closes when it is told. */
static bool run_handshake(struct worker *worker)
{
    struct peer peer;
    bool fine = dial(worker->options, &peer) == 0 && handshake(worker, &peer);

    if (fine)
        SSL_shutdown(peer.ssl);
    hang_up(&peer);
    return fine;
}

/* STARTTLS, TLS, and the goodbye: what a session costs beside the mail. */
static bool run_dialogue(struct worker *worker)
{
    struct peer peer;
    bool fine = greet(worker, &peer) && say(&peer, "QUIT\r\n") == 221;

    hang_up(&peer);
    return fine;
}

/* As many questions and answers in the clear. */
static bool run_clear(struct worker *worker)
{
    struct peer peer;
    bool fine = dial(worker->options, &peer) == 0 && read_code(&peer) == 220 &&
                say(&peer, "EHLO load.example.test\r\n") == 250 && say(&peer, "NOOP\r\n") == 250 &&
                say(&peer, "EHLO load.example.test\r\n") == 250 && say(&peer, "QUIT\r\n") == 221;

    hang_up(&peer);
    return fine;
}

static void repeat(struct worker *worker, bool (*run)(struct worker *))
{
    worker->n = worker->failed = 0;
    for (long i = 0; i < worker->options->count / worker->options->parallel; i++) {
        worker->n++;
        worker->failed += !run(worker);
    }
}

static void *repeat_session(void *worker)
{
    repeat(worker, run_session);
    return NULL;
}

static void *repeat_handshake(void *worker)
{
    repeat(worker, run_handshake);
    return NULL;
}

static void *repeat_dialogue(void *worker)
{
    repeat(worker, run_dialogue);
    return NULL;
}

static void *repeat_clear(void *worker)
{
    repeat(worker, run_clear);
    return NULL;
}

static long run_all(const struct options *options, bool resumes, void *(*body)(void *))
{
    struct worker workers[THREADS_MAX];
    int64_t start_us;
    long n = 0;
    long failed = 0;

    for (int i = 0; i < options->parallel; i++)
        workers[i] = (struct worker){ .options = options, .resumes = resumes };
    /* Those that resume need a first ticket, which no clock sees. */
    for (int i = 0; resumes && i < options->parallel; i++)
        run_session(&workers[i]);
    start_us = now_us();
    for (int i = 0; i < options->parallel; i++)
        pthread_create(&workers[i].thread, NULL, body, &workers[i]);
    for (int i = 0; i < options->parallel; i++) {
        pthread_join(workers[i].thread, NULL);
        SSL_SESSION_free(workers[i].session);
        n += workers[i].n;
        failed += workers[i].failed;
    }
    printf("rate %.1f\nn %ld\nfailed %ld\n", (double)n * 1e6 / (double)(now_us() - start_us), n,
           failed);
    return failed;
}

static long load_sessions(const struct options *options)
{
    return run_all(options, false, repeat_session);
}

static long load_dialogues(const struct options *options)
{
    return run_all(options, false, repeat_dialogue);
}

static long load_resumed(const struct options *options)
{
    return run_all(options, true, repeat_dialogue);
}

static long load_clear(const struct options *options)
{
    return run_all(options, false, repeat_clear);
}

static long load_handshakes(const struct options *options)
{
    return run_all(options, false, repeat_handshake);
}

/* Tells that so many are open, and goes when standard input ends. */
static void hold(const char *what, long n)
{
    char byte;

    printf("%s %ld\n", what, n);
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
}

/* Connections that are ready for a mail and say nothing. */
static long load_open(const struct options *options)
{
    struct worker worker = { .options = options };
    struct peer *peers = calloc((size_t)options->count, sizeof *peers);
    long failed = 0;

    for (long i = 0; i < options->count; i++)
        failed += !greet(&worker, &peers[i]);
    hold("open", options->count - failed);
    for (long i = 0; i < options->count; i++)
        hang_up(&peers[i]);
    free(peers);
    return failed;
}

/* Connections that begin something and do not go on: half in a command, half in a ClientHello. */
static long load_loris(const struct options *options)
{
    struct peer *peers = calloc((size_t)options->count, sizeof *peers);
    long failed = 0;

    for (long i = 0; i < options->count; i++) {
        bool fine = dial(options, &peers[i]) == 0 && read_code(&peers[i]) == 220;

        if (fine && i % 2 == 1)
            fine = say(&peers[i], "EHLO loris\r\n") == 250 &&
                   say(&peers[i], "STARTTLS\r\n") == 220 &&
                   send_all(&peers[i], "\x16\x03\x01\x02", 4);
        else if (fine)
            fine = send_all(&peers[i], "EHL", 3);
        failed += !fine;
    }
    hold("open", options->count - failed);
    for (long i = 0; i < options->count; i++)
        hang_up(&peers[i]);
    free(peers);
    return failed;
}

/* More connections than the server takes: it greets those that it has room for, and closes the
 * others. */
static long load_crowd(const struct options *options)
{
    struct peer *peers = calloc((size_t)options->count, sizeof *peers);
    long failed = 0;
    long greeted = 0;

    for (long i = 0; i < options->count; i++)
        failed += dial(options, &peers[i]) != 0;
    for (long i = 0; i < options->count; i++)
        greeted += read_code(&peers[i]) == 220;
    hold("greeted", greeted);
    for (long i = 0; i < options->count; i++)
        hang_up(&peers[i]);
    free(peers);
    return failed;
}

/* TLS 1.2: a second handshake on each connection, which the server is to decline; it may then serve
 * on or hang up. OpenSSL, as a client, hangs up itself. */
static bool run_renegotiation(struct worker *worker)
{
    struct peer peer;
    bool fine = greet(worker, &peer);

    if (fine)
        fine = SSL_renegotiate(peer.ssl) == 1 && SSL_do_handshake(peer.ssl) != 1;
    hang_up(&peer);
    return fine;
}

static void *repeat_renegotiation(void *worker)
{
    repeat(worker, run_renegotiation);
    return NULL;
}

static long load_renegotiations(const struct options *options)
{
    SSL_CTX_set_min_proto_version(options->tls, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(options->tls, TLS1_2_VERSION);
    return run_all(options, false, repeat_renegotiation);
}

/* Sends bytes until the server closes; the reply that it left is the verdict. */
static long pour(struct peer *peer, long count, const char *piece, size_t piece_size)
{
    long sent = 0;
    int code;

    while (sent < count && send_all(peer, piece, piece_size))
        sent += (long)piece_size;
    code = read_code(peer);
    printf("sent %ld\ncode %d\n", sent, code);
    return code == 0;
}

/* A message that does not end. */
static long load_data(const struct options *options)
{
    static char lines[64 * 1024];
    struct worker worker = { .options = options };
    struct peer peer;
    long failed = 1;

    for (size_t i = 0; i < sizeof lines; i++)
        lines[i] = i % 64 == 62 ? '\r' : i % 64 == 63 ? '\n' : 'x';
    if (greet(&worker, &peer) && say(&peer, "MAIL FROM:<load@example.test>\r\n") == 250 &&
        say(&peer, "RCPT TO:<postmaster@example.test>\r\n") == 250 && say(&peer, "DATA\r\n") == 354)
        failed = pour(&peer, options->count, lines, sizeof lines);
    hang_up(&peer);
    return failed;
}

/* A command that does not end. */
static long load_line(const struct options *options)
{
    static char text[64 * 1024];
    struct worker worker = { .options = options };
    struct peer peer;
    long failed = 1;

    memset(text, 'x', sizeof text);
    if (greet(&worker, &peer))
        failed = pour(&peer, options->count, text, sizeof text);
    hang_up(&peer);
    return failed;
}

/* The ordinary client that comes behind the others. */
static long load_next(const struct options *options)
{
    struct worker worker = { .options = options };
    int64_t start_us = now_us();
    bool fine = run_session(&worker);

    printf("ms %.1f\n", (double)(now_us() - start_us) / 1e3);
    return !fine;
}

static const struct {
    const char *name;
    long (*run)(const struct options *options);
} loads[] = {
    { "sessions", load_sessions }, { "dialogues", load_dialogues },
    { "resumed", load_resumed },   { "handshakes", load_handshakes },
    { "clear", load_clear },       { "open", load_open },
    { "loris", load_loris },       { "data", load_data },
    { "line", load_line },         { "next", load_next },
    { "crowd", load_crowd },       { "renegotiations", load_renegotiations },
};

static int usage(void)
{
    fputs("usage: load KIND PORT [COUNT [PARALLEL [CERTIFICATE KEY]]]\n", stderr);
    return 2;
}

static SSL_CTX *context_of(const struct options *options)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_session_cache_mode(context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context, keep_session);
    if (options->certificate != NULL &&
        (SSL_CTX_use_certificate_file(context, options->certificate, SSL_FILETYPE_PEM) != 1 ||
         SSL_CTX_use_PrivateKey_file(context, options->key, SSL_FILETYPE_PEM) != 1)) {
        ERR_print_errors_fp(stderr);
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}

static void raise_descriptors(void)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static long run(const struct options *options)
{
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++)
        if (strcmp(loads[i].name, options->load) == 0)
            return loads[i].run(options);
    return -1;
}

int main(int argc, char **argv)
{
    struct options options = { .parallel = 1, .count = 1 };
    long failed;

    if (argc < 3 || argc == 6 || argc > 7)
        return usage();
    options.load = argv[1];
    options.port = (int)strtol(argv[2], NULL, 10);
    if (argc > 3)
        options.count = strtol(argv[3], NULL, 10);
    if (argc > 4)
        options.parallel = (int)strtol(argv[4], NULL, 10);
    if (argc > 6) {
        options.certificate = argv[5];
        options.key = argv[6];
    }
    if (options.parallel < 1 || options.parallel > THREADS_MAX || options.count < options.parallel)
        return usage();
    options.tls = context_of(&options);
    if (options.tls == NULL)
        return 2;
    raise_descriptors();
    failed = run(&options);
    SSL_CTX_free(options.tls);
    return failed < 0 ? usage() : failed > 0;
}
