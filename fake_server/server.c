#include "fake_server/server.h"
#include "fake_server/accounts.h"
#include "fake_server/connection.h"
#include "fake_server/fake_server.h"
#include "fake_server/memory.h"
#include "fake_server/sessions.h"
#include "fake_server/settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LISTENERS_MAX = 1 + FAKE_SERVER_MAX_PORTS };

struct listener {
    int fd;     /* owned */
    char *name; /* owned; NULL: the first */
};

struct fake_server {
    int wakeup; /* owned: knocks at the accepting thread */
    BIO_METHOD *wire_method;
    struct sessions *sessions;
    struct ledger *ledger;
    pthread_t thread; /* the only one that accepts */

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t changed;
    struct listener listeners[LISTENERS_MAX];
    size_t n_listeners;
    struct settings *settings;
    struct connection *connections;
    int n_connections; /* in the list */
    int n_accepted;
    int n_forgotten; /* of them, before the last reset */
    int n_messages;
    uint64_t drains_asked, drains_done; /* of the accept queue */
    bool ended;

    bool crowded; /* of the accepting thread: somebody has been turned away, which is told once */

    pthread_mutex_t
        sink_lock; /* for what follows; may be taken under `lock`, never the other way */
    event_sink *sink;
    void *context;
    int step;
};

void server_emit(struct fake_server *server, int connection, enum event_id id,
                 const struct event_field *fields, size_t n)
{
    struct event event = { .id = id, .connection = connection, .fields = fields, .n_fields = n };

    pthread_mutex_lock(&server->sink_lock);
    event.time_us = presence_now_us();
    event.step = server->step;
    server->sink(server->context, &event);
    pthread_mutex_unlock(&server->sink_lock);
}

struct sessions *server_sessions(struct fake_server *server)
{
    return server->sessions;
}

struct ledger *server_ledger(struct fake_server *server)
{
    return server->ledger;
}

const BIO_METHOD *server_wire_method(const struct fake_server *server)
{
    return server->wire_method;
}

pthread_mutex_t *server_lock(struct fake_server *server)
{
    return &server->lock;
}

pthread_cond_t *server_changed(struct fake_server *server)
{
    return &server->changed;
}

int server_count_message(struct fake_server *server)
{
    int number;

    pthread_mutex_lock(&server->lock);
    number = ++server->n_messages;
    pthread_mutex_unlock(&server->lock);
    return number;
}

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static int port_of(const union address *address)
{
    return ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
}

static int peer_port(int fd)
{
    union address address = { .v6 = { .sin6_family = AF_UNSPEC } };
    socklen_t size = sizeof address;

    return getpeername(fd, &address.any, &size) < 0 ? 0 : port_of(&address);
}

static void emit_error(struct fake_server *server, const char *where, const char *text)
{
    struct event_field fields[] = { EVENT_STRING("where", where), EVENT_STRING("text", text) };

    server_emit(server, 0, EVENT_ERROR, fields, 2);
}

/* Takes the connections out of the list that are over; called under the lock. */
static struct connection *take_finished(struct fake_server *server)
{
    struct connection *finished = NULL;
    struct connection **at = &server->connections;

    while (*at != NULL) {
        struct connection *connection = *at;

        if (connection->presence.state != PRESENCE_OVER) {
            at = &connection->next;
            continue;
        }
        *at = connection->next;
        connection->next = finished;
        finished = connection;
        server->n_connections--;
    }
    return finished;
}

static void close_all(struct connection *connections)
{
    while (connections != NULL) {
        struct connection *next = connections->next;

        connection_close(connections);
        connections = next;
    }
}

static void reap(struct fake_server *server)
{
    struct connection *finished;

    pthread_mutex_lock(&server->lock);
    finished = take_finished(server);
    pthread_mutex_unlock(&server->lock);
    close_all(finished);
}

static void serve(struct fake_server *server, const char *port, int fd, struct settings *settings,
                  int number)
{
    int client_port = peer_port(fd);
    struct event_field fields[] = { EVENT_NUMBER("peer_port", client_port),
                                    EVENT_STRING("port", port) };
    struct connection *connection;

    server_emit(server, number, EVENT_OPEN, fields, port == NULL ? 1 : 2);
    connection = connection_open(server, settings, port, fd, number, client_port);
    if (connection == NULL) {
        emit_error(server, "accept", "there is no thread for a connection");
        return;
    }
    pthread_mutex_lock(&server->lock);
    connection->next = server->connections;
    server->connections = connection;
    server->n_connections++;
    pthread_mutex_unlock(&server->lock);
}

/* A crowd may be large: one event stands for all who are turned away in a row. */
static void turn_away(struct fake_server *server, const char *what)
{
    struct event_field field = EVENT_STRING("what", what);

    if (!server->crowded)
        server_emit(server, 0, EVENT_LIMIT, &field, 1);
    server->crowded = true;
}

/* Returns false when the queue is empty. */
static bool accept_one(struct fake_server *server, const struct listener *listener)
{
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct settings *settings;
    bool full;
    int number;

    if (fd < 0 && (errno == EMFILE || errno == ENFILE))
        turn_away(server, "descriptors");
    if (fd < 0)
        return errno == EINTR || errno == ECONNABORTED;
    pthread_mutex_lock(&server->lock);
    full = server->n_connections >= FAKE_SERVER_MAX_CONNECTIONS;
    number = full ? 0 : ++server->n_accepted;
    settings = full ? NULL : settings_get(server->settings);
    pthread_mutex_unlock(&server->lock);
    if (full) {
        turn_away(server, "connections");
        close(fd);
        reap(server);
        return true;
    }
    server->crowded = false;
    serve(server, listener->name, fd, settings, number);
    return true;
}

/* Those that are there stay where they are for good. */
static size_t count_listeners(struct fake_server *server)
{
    size_t n;

    pthread_mutex_lock(&server->lock);
    n = server->n_listeners;
    pthread_mutex_unlock(&server->lock);
    return n;
}

/* Whoever asks for a drain knows: what was in the queue by then has become a connection. */
static void drain(struct fake_server *server)
{
    eventfd_t count;
    uint64_t asked;
    size_t n;

    (void)eventfd_read(server->wakeup, &count);
    pthread_mutex_lock(&server->lock);
    asked = server->drains_asked;
    n = server->n_listeners;
    pthread_mutex_unlock(&server->lock);
    reap(server);
    for (size_t i = 0; i < n; i++)
        while (accept_one(server, &server->listeners[i]))
            continue;
    pthread_mutex_lock(&server->lock);
    server->drains_done = asked;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

static bool is_ended(struct fake_server *server)
{
    bool ended;

    pthread_mutex_lock(&server->lock);
    ended = server->ended;
    pthread_mutex_unlock(&server->lock);
    return ended;
}

static void *accept_all(void *argument)
{
    struct fake_server *server = argument;
    struct pollfd rows[1 + LISTENERS_MAX] = { { .fd = server->wakeup, .events = POLLIN } };

    while (!is_ended(server)) {
        size_t n = count_listeners(server);

        for (size_t i = 0; i < n; i++)
            rows[1 + i] = (struct pollfd){ .fd = server->listeners[i].fd, .events = POLLIN };
        if (poll(rows, 1 + n, -1) > 0)
            drain(server);
        /* Without descriptors the queue stays full, and poll() would spin. */
        if (errno == EMFILE || errno == ENFILE)
            poll(NULL, 0, 10);
        errno = 0;
    }
    return NULL;
}

/* Threads must not take the signals of the program they live in. */
static int start_thread(struct fake_server *server)
{
    sigset_t all;
    sigset_t before;
    int result;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    result = pthread_create(&server->thread, NULL, accept_all, server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result == 0 ? 0 : -1;
}

static void init_locks(struct fake_server *server)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&server->lock, NULL);
    pthread_mutex_init(&server->sink_lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void release(struct fake_server *server)
{
    settings_free(server->settings);
    sessions_free(server->sessions);
    ledger_free(server->ledger);
    BIO_meth_free(server->wire_method);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    pthread_mutex_destroy(&server->sink_lock);
    if (server->wakeup >= 0)
        close(server->wakeup);
    free(server);
}

static void report_security(struct fake_server *server, const struct fake_server_settings *settings)
{
    struct event_field fields[] = {
        EVENT_NUMBER("level", 0),
        EVENT_STRING("why", "TLS 1.0 and 1.1 need MD5 and SHA-1"),
    };

    if (settings->key != NULL && settings->tls_min > 0 && settings->tls_min < TLS1_2_VERSION)
        server_emit(server, 0, EVENT_SECURITY, fields, 2);
}

static void prepare(int listener)
{
    fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
    fcntl(listener, F_SETFD, FD_CLOEXEC);
}

struct fake_server *fake_server_open(const struct fake_server_settings *settings, int listener,
                                     event_sink *sink, void *context, char *why, size_t why_size)
{
    struct fake_server *server = memory_new(sizeof *server);
    struct event_field ready[2];

    *server = (struct fake_server){
        .listeners = { { listener, NULL } }, .n_listeners = 1, .sink = sink, .context = context
    };
    init_locks(server);
    server->sessions = sessions_new();
    server->ledger = ledger_new();
    server->wire_method = wire_method_new();
    server->wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->settings = settings_new(settings, NULL, why, why_size);
    if (server->settings == NULL) {
        release(server);
        return NULL;
    }
    prepare(listener);
    ready[0] = EVENT_NUMBER("port", fake_server_port(server));
    ready[1] = EVENT_NUMBER("seed", (long long)settings->seed);
    server_emit(server, 0, EVENT_READY, ready, 2);
    report_security(server, settings);
    if (server->wakeup >= 0 && start_thread(server) == 0)
        return server;
    snprintf(why, why_size, "the server has no thread or descriptor: %s", strerror(errno));
    release(server);
    return NULL;
}

int fake_server_listen(struct fake_server *server, int listener, const char *name)
{
    int rv = -1;

    pthread_mutex_lock(&server->lock);
    if (server->n_listeners < LISTENERS_MAX) {
        prepare(listener);
        server->listeners[server->n_listeners++] = (struct listener){ listener, memory_text(name) };
        (void)eventfd_write(server->wakeup, 1);
        rv = 0;
    }
    pthread_mutex_unlock(&server->lock);
    return rv;
}

int fake_server_set(struct fake_server *server, const struct fake_server_settings *settings,
                    char *why, size_t why_size)
{
    struct settings *before;
    struct settings *after;

    pthread_mutex_lock(&server->lock);
    before = settings_get(server->settings);
    pthread_mutex_unlock(&server->lock);
    after = settings_new(settings, before, why, why_size);
    settings_free(before);
    if (after == NULL)
        return -1;
    pthread_mutex_lock(&server->lock);
    before = server->settings;
    server->settings = after;
    pthread_mutex_unlock(&server->lock);
    settings_free(before);
    report_security(server, settings);
    return 0;
}

void fake_server_step(struct fake_server *server, int step)
{
    pthread_mutex_lock(&server->sink_lock);
    server->step = step;
    pthread_mutex_unlock(&server->sink_lock);
    server_emit(server, 0, EVENT_STEP, NULL, 0);
}

static struct timespec time_limit(int64_t limit_us)
{
    return (struct timespec){ limit_us / 1000000, limit_us % 1000000 * 1000 };
}

static bool is_quiet(const struct fake_server *server)
{
    bool quiet = true;

    for (struct connection *at = server->connections; at != NULL; at = at->next)
        quiet = presence_check(&at->presence) && quiet;
    return quiet;
}

/* Whoever is told to answer signals `changed`; so does every change of a presence. */
void fake_server_sync(struct fake_server *server, int token)
{
    struct event_field field = EVENT_NUMBER("token", token);
    struct timespec limit;
    uint64_t asked;
    int late = 0;

    pthread_mutex_lock(&server->lock);
    limit = time_limit(presence_now_us() + (int64_t)server->settings->given.deadline_ms * 1000);
    asked = ++server->drains_asked;
    (void)eventfd_write(server->wakeup, 1);
    while (late == 0 && (server->drains_done < asked || !is_quiet(server)))
        late = pthread_cond_timedwait(&server->changed, &server->lock, &limit);
    pthread_mutex_unlock(&server->lock);
    server_emit(server, 0, EVENT_SYNC, &field, 1);
}

void fake_server_rotate_ticket_keys(struct fake_server *server)
{
    sessions_rotate(server->sessions);
}

void fake_server_drop_sessions(struct fake_server *server)
{
    if (!MUTANT(sessions_never_dropped))
        sessions_drop(server->sessions);
}

void fake_server_reset(struct fake_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->n_forgotten = server->n_accepted;
    for (size_t i = 0; i < server->settings->given.n_script; i++)
        atomic_store(&server->settings->fired[i], 0);
    pthread_mutex_unlock(&server->lock);
    sessions_rotate(server->sessions);
    sessions_drop(server->sessions);
    ledger_clear(server->ledger);
}

int server_find_turn(struct fake_server *server, int number)
{
    int turn;

    pthread_mutex_lock(&server->lock);
    turn = number - server->n_forgotten;
    pthread_mutex_unlock(&server->lock);
    return turn;
}

int fake_server_port(const struct fake_server *server)
{
    union address address = { .v6 = { .sin6_family = AF_UNSPEC } };
    socklen_t size = sizeof address;

    return getsockname(server->listeners[0].fd, &address.any, &size) < 0 ? 0 : port_of(&address);
}

void fake_server_close(struct fake_server *server)
{
    if (server == NULL)
        return;
    pthread_mutex_lock(&server->lock);
    server->ended = true;
    (void)eventfd_write(server->wakeup, 1);
    pthread_mutex_unlock(&server->lock);
    pthread_join(server->thread, NULL);
    pthread_mutex_lock(&server->lock);
    for (struct connection *at = server->connections; at != NULL; at = at->next)
        presence_end(&at->presence);
    pthread_mutex_unlock(&server->lock);
    close_all(server->connections);
    for (size_t i = 0; i < server->n_listeners; i++) {
        close(server->listeners[i].fd);
        free(server->listeners[i].name);
    }
    release(server);
}
