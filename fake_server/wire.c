#include "fake_server/wire.h"
#include "fake_server/capture.h"
#include "fake_server/memory.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void wire_init(struct wire *wire, int fd, struct presence *presence, int deadline_ms)
{
    *wire = (struct wire){ .fd = fd, .presence = presence, .deadline_ms = deadline_ms };
}

static void note(const struct wire *wire, bool from_client, enum capture_kind kind,
                 const void *bytes, size_t size)
{
    capture_add(wire->capture, wire->number, from_client, kind, bytes, size);
}

static void note_received(struct wire *wire, const void *bytes, ssize_t n)
{
    if (n > 0)
        note(wire, true, CAPTURE_DATA, bytes, (size_t)n);
    else if (n == 0)
        note(wire, true, CAPTURE_FIN, NULL, 0);
    else if (errno == ECONNRESET)
        note(wire, true, CAPTURE_RST, NULL, 0);
}

void wire_shutdown(struct wire *wire)
{
    if (wire->shut)
        return;
    shutdown(wire->fd, SHUT_WR);
    note(wire, false, CAPTURE_FIN, NULL, 0);
    wire->shut = true;
}

void wire_reset(struct wire *wire)
{
    struct linger hard = { .l_onoff = 1, .l_linger = 0 };

    setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    note(wire, false, CAPTURE_RST, NULL, 0);
}

void wire_release(struct wire *wire)
{
    if (wire->fd >= 0) {
        if (!wire->shut)
            note(wire, false, CAPTURE_FIN, NULL, 0);
        close(wire->fd);
    }
    wire->fd = -1;
    free(wire->out);
    wire->out = NULL;
    wire->out_size = wire->out_room = 0;
}

static int64_t deadline(const struct wire *wire)
{
    return presence_now_us() + (int64_t)wire->deadline_ms * 1000;
}

void wire_begin_turn(struct wire *wire)
{
    wire->turn_until_us = deadline(wire);
}

void wire_end_turn(struct wire *wire)
{
    wire->turn_until_us = 0;
}

static int fail(struct wire *wire, enum wire_status status)
{
    if (wire->status == WIRE_OPEN)
        wire->status = status;
    return -1;
}

enum wire_wake wire_wait(struct wire *wire, short events, int64_t until_us)
{
    if (wire->in_start < wire->in_end && (events & POLLIN) != 0)
        return WIRE_WAKE_BYTES;
    for (;;) {
        struct pollfd rows[] = { { .fd = wire->fd, .events = events },
                                 { .fd = wire->presence->wakeup, .events = POLLIN } };
        int64_t left_us = until_us - presence_now_us();
        int n = poll(rows, 2, left_us <= 0 ? 0 : (int)((left_us + 999) / 1000));

        if (n > 0 && rows[0].revents != 0)
            return WIRE_WAKE_BYTES;
        if (n > 0)
            return WIRE_WAKE_KNOCK;
        if (n == 0 && left_us <= 0)
            return WIRE_WAKE_TIME;
    }
}

/* Obeys a knock. Returns -1 when it ends the wire. */
static int obey(struct wire *wire)
{
    struct presence asked = presence_take(wire->presence);

    if (asked.ended)
        return fail(wire, WIRE_ENDED);
    if (asked.dismissed)
        return fail(wire, WIRE_DISMISSED);
    return 0;
}

static int await_bytes(struct wire *wire)
{
    int64_t until_us = deadline(wire);
    enum wire_status late = WIRE_TIMEOUT;

    if (wire->turn_until_us > 0 && wire->turn_until_us < until_us)
        until_us = wire->turn_until_us;
    if (wire->grace_until_us > 0 && wire->grace_until_us < until_us) {
        until_us = wire->grace_until_us;
        late = WIRE_DISMISSED;
    }
    for (;;) {
        enum wire_wake wake = wire_wait(wire, POLLIN, until_us);

        if (wake == WIRE_WAKE_BYTES)
            return 0;
        if (wake == WIRE_WAKE_TIME)
            return fail(wire, late);
        if (obey(wire) < 0)
            return -1;
    }
}

/* Keeps the record that the bytes read belong to; OpenSSL reads headers and bodies apart. */
static void watch(struct wire_record *record, const unsigned char *bytes, size_t size)
{
    size_t whole = 5;

    if (record->encrypted)
        return;
    if (record->size >= 5)
        whole += (size_t)(record->bytes[3] << 8 | record->bytes[4]);
    if (record->size >= 5 && record->size >= whole)
        record->size = 0;
    if (record->size == 0 && bytes[0] == 20) {
        record->encrypted = true;
        return;
    }
    if (size > sizeof record->bytes - record->size)
        size = sizeof record->bytes - record->size;
    memcpy(record->bytes + record->size, bytes, size);
    record->size += size;
}

static void pause_until(struct wire *wire, int64_t until_us)
{
    int64_t start_us = until_us == 0 ? 0 : presence_now_us();
    struct pollfd row = { .fd = wire->presence->wakeup, .events = POLLIN };

    for (;;) {
        int64_t left_us = until_us - presence_now_us();

        if (left_us <= 0)
            break;
        if (poll(&row, 1, (int)((left_us + 999) / 1000)) <= 0)
            continue;
        if (presence_take(wire->presence).ended) {
            fail(wire, WIRE_ENDED);
            return;
        }
    }
    /* That was not the client's turn. */
    if (wire->turn_until_us > 0 && until_us > start_us)
        wire->turn_until_us += until_us - start_us;
}

static int receive(struct wire *wire, void *bytes, size_t size)
{
    ssize_t n;

    if (wire->fault.throttle > 0) {
        struct fault reading = { .throttle = wire->fault.throttle };

        pause_until(wire, wire->fault.next_in_us);
        size = fault_piece(&reading, size);
    }
    do
        n = recv(wire->fd, bytes, size, 0);
    while (n < 0 && errno == EINTR);
    note_received(wire, bytes, n);
    wire->dry = n < 0;
    if (n > 0)
        wire->fault.next_in_us =
            fault_pace(&wire->fault, presence_now_us(), wire->fault.next_in_us, (size_t)n);
    if (n == 0)
        fail(wire, WIRE_EOF);
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
        fail(wire, WIRE_RESET);
    return (int)n;
}

bool wire_discard(struct wire *wire)
{
    char bytes[4096];
    ssize_t n = recv(wire->fd, bytes, sizeof bytes, 0);

    wire->in_start = wire->in_end = 0;
    note_received(wire, bytes, n);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

int wire_read(struct wire *wire, void *bytes, size_t size)
{
    int n;
    bool arrived;

    if (wire->status == WIRE_EOF)
        return 0;
    if (wire->status != WIRE_OPEN || (!wire->eager && wire_flush(wire) < 0))
        return -1;
    n = wire->dry && !wire->eager ? -1 : receive(wire, bytes, size);
    while (n < 0 && wire->status == WIRE_OPEN && !wire->eager) {
        presence_set(wire->presence, PRESENCE_WAITING);
        arrived = await_bytes(wire) == 0;
        presence_set(wire->presence, PRESENCE_BUSY);
        if (arrived)
            n = receive(wire, bytes, size);
    }
    return n;
}

void wire_write(struct wire *wire, const void *bytes, size_t size)
{
    if (wire->status == WIRE_CUT || size == 0)
        return;
    if (wire->out_size + size > wire->out_room) {
        wire->out_room = wire->out_size + size + WIRE_READ_AHEAD;
        wire->out = memory_grow(wire->out, wire->out_room);
    }
    memcpy(wire->out + wire->out_size, bytes, size);
    wire->out_size += size;
}

static int await_space(struct wire *wire)
{
    int64_t until_us = deadline(wire);

    for (;;) {
        enum wire_wake wake = wire_wait(wire, POLLOUT, until_us);
        struct presence asked;

        if (wake == WIRE_WAKE_BYTES)
            return 0;
        if (wake == WIRE_WAKE_TIME)
            return fail(wire, WIRE_TIMEOUT);
        asked = presence_take(wire->presence);
        if (asked.ended)
            return fail(wire, WIRE_ENDED);
    }
}

static ssize_t send_some(struct wire *wire, const unsigned char *bytes, size_t size)
{
    struct fault *fault = &wire->fault;
    ssize_t n;

    size = fault_piece(fault, size);
    if (size == 0)
        return fail(wire, WIRE_CUT);
    pause_until(wire, fault->next_out_us);
    n = send(wire->fd, bytes, size, MSG_NOSIGNAL);
    if (n > 0) {
        note(wire, false, CAPTURE_DATA, bytes, (size_t)n);
        fault->next_out_us = fault_pace(fault, presence_now_us(), fault->next_out_us, (size_t)n);
        fault->left -= fault->cuts ? (size_t)n : 0;
    }
    if (n >= 0 || errno == EINTR)
        return n < 0 ? 0 : n;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return await_space(wire);
    return fail(wire, WIRE_RESET);
}

/* What a script does to whole flights. */
static void distort(struct wire *wire)
{
    struct fault *fault = &wire->fault;

    if (fault->record != 0 && wire->record != NULL && wire->out_size > 0) {
        unsigned char *before = wire->out;

        wire->out = fault_reframe(fault, before, &wire->out_size);
        wire->out_room = wire->out_size;
        free(before);
    }
    if (fault->corrupt && wire->out_size > 0) {
        wire->out[wire->out_size - 1] ^= 1;
        fault->corrupt = false;
    }
}

/* Sends although the wire may have ended for reading: last words still have to be said. */
int wire_flush(struct wire *wire)
{
    size_t sent = 0;
    bool dead =
        wire->status == WIRE_RESET || wire->status == WIRE_CUT || wire->status == WIRE_ENDED;

    distort(wire);
    while (!dead && sent < wire->out_size) {
        ssize_t n = send_some(wire, wire->out + sent, wire->out_size - sent);

        dead = n < 0;
        sent += n < 0 ? 0 : (size_t)n;
    }
    wire->out_size = 0;
    return dead ? -1 : 0;
}

void wire_cut(struct wire *wire)
{
    wire->out_size = 0;
    wire->status = WIRE_CUT;
}

void wire_delay(struct wire *wire, int delay_ms)
{
    pause_until(wire, presence_now_us() + (int64_t)delay_ms * 1000);
}

void wire_stall(struct wire *wire)
{
    int64_t until_us = deadline(wire);
    enum wire_wake wake = WIRE_WAKE_KNOCK;

    wire_flush(wire);
    presence_set(wire->presence, PRESENCE_STALLED);
    while (wake == WIRE_WAKE_KNOCK && wire->status == WIRE_OPEN) {
        wake = wire_wait(wire, POLLRDHUP, until_us);
        if (wake == WIRE_WAKE_KNOCK && presence_take(wire->presence).ended)
            fail(wire, WIRE_ENDED);
    }
    presence_set(wire->presence, PRESENCE_BUSY);
    if (wake == WIRE_WAKE_TIME)
        fail(wire, WIRE_TIMEOUT);
}

static int read_ahead(struct wire *wire, void *bytes, size_t size)
{
    size_t n = wire->in_end - wire->in_start;

    if (n == 0 && size >= sizeof wire->in)
        return wire_read(wire, bytes, size);
    if (n == 0) {
        int got = wire_read(wire, wire->in, sizeof wire->in);

        if (got <= 0)
            return got;
        wire->in_start = 0;
        wire->in_end = n = (size_t)got;
    }
    n = n < size ? n : size;
    memcpy(bytes, wire->in + wire->in_start, n);
    wire->in_start += n;
    return (int)n;
}

static int bio_read(BIO *bio, char *bytes, int size)
{
    struct wire *wire = BIO_get_data(bio);
    int n = size <= 0 ? 0 : read_ahead(wire, bytes, (size_t)size);

    BIO_clear_retry_flags(bio);
    if (n > 0 && wire->record != NULL)
        watch(wire->record, (const unsigned char *)bytes, (size_t)n);
    /* To OpenSSL these are no errors, so that the server can still say goodbye. */
    if (n < 0 && (wire->status == WIRE_OPEN || wire->status == WIRE_DISMISSED ||
                  wire->status == WIRE_TIMEOUT))
        BIO_set_retry_read(bio);
    return n;
}

static int bio_write(BIO *bio, const char *bytes, int size)
{
    struct wire *wire = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (size <= 0)
        return 0;
    wire_write(wire, bytes, (size_t)size);
    return size;
}

/* A flush is not obeyed: callbacks that report what was written have yet to run. */
static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    struct wire *wire = BIO_get_data(bio);

    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_EOF)
        return wire->status == WIRE_EOF;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_PUSH || command == BIO_CTRL_POP;
}

BIO_METHOD *wire_method_new(void)
{
    /* A number of our own from the private range; taking one at run time would use up a global
     * table. */
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK | 127, "wire");

    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_ctrl);
    return method;
}

BIO *wire_bio_new(struct wire *wire, const BIO_METHOD *method)
{
    BIO *bio = BIO_new(method);

    BIO_set_data(bio, wire);
    BIO_set_init(bio, 1);
    return bio;
}
