#include "harness/smtp_client/probe_wire.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t probe_wire_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int fail(struct probe_wire *wire, enum probe_wire_status status)
{
    if (wire->status == PROBE_WIRE_OPEN)
        wire->status = status;
    return -1;
}

static int wait_for(struct probe_wire *wire, short events)
{
    struct pollfd fd = { wire->fd, events, 0 };
    int64_t left;
    int n;

    do {
        left = wire->deadline_ms - probe_wire_now_ms();
        if (left <= 0)
            return fail(wire, PROBE_WIRE_TIMEOUT);
        n = poll(&fd, 1, (int)left);
    } while (n == 0 || (n < 0 && errno == EINTR));
    return n > 0 ? 0 : fail(wire, PROBE_WIRE_RESET);
}

static int connect_in_time(struct probe_wire *wire, const struct addrinfo *address)
{
    int error = 0;
    socklen_t size = sizeof(error);

    if (connect(wire->fd, address->ai_addr, address->ai_addrlen) == 0)
        return 0;
    if (errno != EINPROGRESS || wait_for(wire, POLLOUT) != 0)
        return -1;
    (void)getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error == 0 ? 0 : -1;
}

int probe_wire_open(struct probe_wire *wire, const char *host, int port, int64_t deadline_ms)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
    struct addrinfo *address = NULL;
    char text[16];
    int rv = -1;

    *wire = (struct probe_wire){ .fd = -1, .deadline_ms = deadline_ms, .cut = -1 };
    snprintf(text, sizeof(text), "%d", port);
    if (getaddrinfo(host, text, &hints, &address) != 0)
        return -1;
    wire->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (wire->fd >= 0) {
        (void)setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
        rv = connect_in_time(wire, address);
    }
    freeaddrinfo(address);
    return rv;
}

/* Sends some of it; returns how much, or -1. */
static long send_some(struct probe_wire *wire, const char *bytes, size_t size)
{
    ssize_t n;

    if (wire->segment > 0 && size > wire->segment)
        size = wire->segment;
    if (wire->cut >= 0 && (size_t)wire->cut < size)
        size = (size_t)wire->cut;
    if (size == 0)
        return fail(wire, PROBE_WIRE_CUT);
    for (;;) {
        if (wait_for(wire, POLLOUT) != 0)
            return -1;
        n = send(wire->fd, bytes, size, MSG_NOSIGNAL);
        if (n >= 0)
            break;
        if (errno != EAGAIN && errno != EINTR)
            return -1; /* what has come before the reset may still be read */
    }
    if (wire->cut >= 0)
        wire->cut -= (long)n;
    return n;
}

int probe_wire_write(struct probe_wire *wire, const void *bytes, size_t size)
{
    char *copy = malloc(size + 1);
    size_t done = 0;

    if (copy == NULL)
        abort();
    if (size > 0)
        memcpy(copy, bytes, size);
    if (wire->corrupt && size > 0)
        copy[size - 1] ^= 1;
    wire->corrupt = wire->corrupt && size == 0;
    while (wire->status == PROBE_WIRE_OPEN && done < size) {
        long n = send_some(wire, copy + done, size - done);

        if (n < 0)
            break;
        done += (size_t)n;
    }
    free(copy);
    return done == size ? 0 : -1;
}

long probe_wire_read(struct probe_wire *wire, void *bytes, size_t size)
{
    ssize_t n;

    if (wire->status != PROBE_WIRE_OPEN)
        return -1;
    do {
        if (wait_for(wire, POLLIN) != 0)
            return -1;
        n = recv(wire->fd, bytes, size, 0);
    } while (n < 0 && (errno == EAGAIN || errno == EINTR));
    if (n > 0)
        return n;
    return fail(wire, n == 0 ? PROBE_WIRE_EOF : PROBE_WIRE_RESET);
}

void probe_wire_close(struct probe_wire *wire, bool reset)
{
    const struct linger linger = { 1, 0 };

    if (wire->fd < 0)
        return;
    if (reset)
        (void)setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close(wire->fd);
    wire->fd = -1;
    fail(wire, PROBE_WIRE_CUT);
}

/* --- the BIO --- */

static int bio_write(BIO *bio, const char *bytes, int size)
{
    BIO_clear_retry_flags(bio);
    return probe_wire_write(BIO_get_data(bio), bytes, (size_t)size) == 0 ? size : -1;
}

static int bio_read(BIO *bio, char *bytes, int size)
{
    struct probe_wire *wire = BIO_get_data(bio);
    long n = probe_wire_read(wire, bytes, (size_t)size);

    BIO_clear_retry_flags(bio);
    return n > 0 ? (int)n : wire->status == PROBE_WIRE_EOF ? 0 : -1;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_EOF)
        return ((struct probe_wire *)BIO_get_data(bio))->status == PROBE_WIRE_EOF;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
}

static BIO_METHOD *method(void)
{
    static BIO_METHOD *made;

    if (made == NULL) {
        made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "probe");
        BIO_meth_set_write(made, bio_write);
        BIO_meth_set_read(made, bio_read);
        BIO_meth_set_ctrl(made, bio_control);
    }
    return made;
}

BIO *probe_wire_bio(struct probe_wire *wire)
{
    BIO *bio = BIO_new(method());

    BIO_set_data(bio, wire);
    BIO_set_init(bio, 1);
    return bio;
}
