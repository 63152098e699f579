#include "fake_server/capture.h"
#include "fake_server/memory.h"
#include "fake_server/pcapng.h"
#include "fake_server/presence.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    MAX_BYTES = 16 * 1024 * 1024,
    /* OpenSSL reads the header of a record and its body one after the other: one piece to a reader.
     */
    TOGETHER_US = 200,
    /* Initial sequence numbers lie that far apart, so that a port that is used again stands out. */
    SEQUENCE_STRIDE = 0x1000000
};

/* One thing recorded; its bytes follow it. */
struct record {
    int64_t time_us; /* CLOCK_MONOTONIC */
    int connection;
    enum capture_kind kind;
    bool from_client;
    size_t size;
};

/* The bytes of CAPTURE_OPEN. */
struct ports {
    uint16_t client, server, shown;
};

struct bytes {
    unsigned char *bytes; /* owned */
    size_t size, room;
};

struct fake_server_capture {
    pthread_mutex_t lock;
    size_t max_bytes;
    int64_t epoch_us; /* what CLOCK_MONOTONIC lacks to be the time since 1970 */
    struct bytes records, secrets;
    size_t last; /* where the last record begins */
    bool cut;    /* something was left out */
};

/* --- recording --- */

static void append(struct bytes *to, const void *bytes, size_t size)
{
    if (to->size + size > to->room) {
        to->room = to->room == 0 ? 65536 : to->room;
        while (to->size + size > to->room)
            to->room *= 2;
        to->bytes = memory_grow(to->bytes, to->room);
    }
    if (size > 0)
        memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

struct fake_server_capture *fake_server_capture_new(size_t max_bytes)
{
    struct fake_server_capture *capture = memory_new(sizeof *capture);
    struct timespec now;

    pthread_mutex_init(&capture->lock, NULL);
    capture->max_bytes = max_bytes == 0 ? MAX_BYTES : max_bytes;
    clock_gettime(CLOCK_REALTIME, &now);
    capture->epoch_us =
        (int64_t)now.tv_sec * 1000000 + (int64_t)now.tv_nsec / 1000 - presence_now_us();
    return capture;
}

void fake_server_capture_free(struct fake_server_capture *capture)
{
    if (capture == NULL)
        return;
    free(capture->records.bytes);
    free(capture->secrets.bytes);
    pthread_mutex_destroy(&capture->lock);
    free(capture);
}

/* Called under the lock. What follows the first thing left out is left out too. */
static bool has_room(struct fake_server_capture *capture, size_t size)
{
    if (capture->records.size + capture->secrets.size + size > capture->max_bytes)
        capture->cut = true;
    return !capture->cut;
}

/* Whether the bytes continue what the client has just sent. */
static bool continues(const struct fake_server_capture *capture, const struct record *record)
{
    struct record last;

    if (capture->records.size == 0 || record->kind != CAPTURE_DATA || !record->from_client)
        return false;
    memcpy(&last, capture->records.bytes + capture->last, sizeof last);
    return last.kind == CAPTURE_DATA && last.from_client && last.connection == record->connection &&
           record->time_us - last.time_us < TOGETHER_US;
}

static void add_to_last(struct fake_server_capture *capture, const void *bytes, size_t size)
{
    struct record last;

    append(&capture->records, bytes, size);
    memcpy(&last, capture->records.bytes + capture->last, sizeof last);
    last.size += size;
    memcpy(capture->records.bytes + capture->last, &last, sizeof last);
}

void capture_add(struct fake_server_capture *capture, int connection, bool from_client,
                 enum capture_kind kind, const void *bytes, size_t size)
{
    struct record record = {
        .connection = connection, .kind = kind, .from_client = from_client, .size = size
    };

    if (capture == NULL)
        return;
    pthread_mutex_lock(&capture->lock);
    record.time_us = presence_now_us();
    if (has_room(capture, sizeof record + size)) {
        if (continues(capture, &record)) {
            add_to_last(capture, bytes, size);
        } else {
            capture->last = capture->records.size;
            append(&capture->records, &record, sizeof record);
            append(&capture->records, bytes, size);
        }
    }
    pthread_mutex_unlock(&capture->lock);
}

void capture_open(struct fake_server_capture *capture, int connection, int client_port,
                  int server_port, enum fake_server_mode mode)
{
    /* Source: RFC 5321 section 4.5.4.2, RFC 8314 section 3.3. */
    struct ports ports = { (uint16_t)client_port, (uint16_t)server_port,
                           mode == FAKE_SERVER_IMPLICIT ? 465 : 25 };

    capture_add(capture, connection, true, CAPTURE_OPEN, &ports, sizeof ports);
}

void capture_add_secret(struct fake_server_capture *capture, const char *line)
{
    size_t size = strlen(line);

    if (capture == NULL)
        return;
    pthread_mutex_lock(&capture->lock);
    if (has_room(capture, size + 1)) {
        append(&capture->secrets, line, size);
        append(&capture->secrets, "\n", 1);
    }
    pthread_mutex_unlock(&capture->lock);
}

/* --- writing --- */

enum end { CLIENT, SERVER };

/* One connection while it is written. */
struct flow {
    uint16_t port[2]; /* as they are shown */
    uint32_t next[2]; /* the sequence number of what the end says next */
    bool opened, ended[2];
};

struct writer {
    FILE *stream;
    int64_t epoch_us;
    struct flow *flows; /* owned; by the number of the connection */
    size_t n_flows;
};

static struct flow *find_flow(struct writer *writer, int connection)
{
    size_t i = (size_t)connection;

    if (i >= writer->n_flows) {
        size_t n = i + 64;

        writer->flows = memory_grow(writer->flows, n * sizeof *writer->flows);
        memset(writer->flows + writer->n_flows, 0, (n - writer->n_flows) * sizeof *writer->flows);
        writer->n_flows = n;
    }
    return &writer->flows[i];
}

static void write_packet(struct writer *writer, struct flow *flow, const struct record *record,
                         enum end from, struct pcapng_packet packet)
{
    enum end to = from == CLIENT ? SERVER : CLIENT;

    packet.time_us = writer->epoch_us + record->time_us;
    packet.source = flow->port[from];
    packet.destination = flow->port[to];
    packet.sequence = flow->next[from];
    packet.acknowledged = (packet.flags & PCAPNG_ACK) != 0 ? flow->next[to] : 0;
    pcapng_write_packet(writer->stream, &packet);
    flow->next[from] += (uint32_t)packet.size;
    if ((packet.flags & (PCAPNG_SYN | PCAPNG_FIN)) != 0)
        flow->next[from]++;
}

static void write_open(struct writer *writer, struct flow *flow, const struct record *record,
                       const unsigned char *bytes)
{
    struct ports ports;
    char comment[128];

    memcpy(&ports, bytes, sizeof ports);
    snprintf(comment, sizeof comment, "connection %d; the server's port %u is shown as %u",
             record->connection, (unsigned)ports.server, (unsigned)ports.shown);
    *flow = (struct flow){ .port = { ports.client, ports.shown }, .opened = true };
    flow->next[CLIENT] = flow->next[SERVER] = (uint32_t)record->connection * SEQUENCE_STRIDE;
    write_packet(writer, flow, record, CLIENT,
                 (struct pcapng_packet){ .flags = PCAPNG_SYN, .comment = comment });
    write_packet(writer, flow, record, SERVER,
                 (struct pcapng_packet){ .flags = PCAPNG_SYN | PCAPNG_ACK });
    write_packet(writer, flow, record, CLIENT, (struct pcapng_packet){ .flags = PCAPNG_ACK });
}

static void write_data(struct writer *writer, struct flow *flow, const struct record *record,
                       const unsigned char *bytes)
{
    for (size_t at = 0; at < record->size; at += PCAPNG_PAYLOAD_MAX) {
        size_t left = record->size - at;

        write_packet(writer, flow, record, record->from_client ? CLIENT : SERVER,
                     (struct pcapng_packet){
                         .flags = PCAPNG_PSH | PCAPNG_ACK,
                         .bytes = bytes + at,
                         .size = left < PCAPNG_PAYLOAD_MAX ? left : PCAPNG_PAYLOAD_MAX,
                     });
    }
}

static void write_fin(struct writer *writer, struct flow *flow, const struct record *record,
                      const unsigned char *bytes)
{
    enum end from = record->from_client ? CLIENT : SERVER;

    (void)bytes;
    flow->ended[from] = true;
    write_packet(writer, flow, record, from,
                 (struct pcapng_packet){ .flags = PCAPNG_FIN | PCAPNG_ACK });
    write_packet(writer, flow, record, from == CLIENT ? SERVER : CLIENT,
                 (struct pcapng_packet){ .flags = PCAPNG_ACK });
}

static void write_rst(struct writer *writer, struct flow *flow, const struct record *record,
                      const unsigned char *bytes)
{
    (void)bytes;
    flow->ended[CLIENT] = flow->ended[SERVER] = true;
    write_packet(writer, flow, record, record->from_client ? CLIENT : SERVER,
                 (struct pcapng_packet){ .flags = PCAPNG_RST | PCAPNG_ACK });
}

static void write_record(struct writer *writer, const struct record *record,
                         const unsigned char *bytes)
{
    static void (*const writers[])(struct writer *, struct flow *, const struct record *,
                                   const unsigned char *) = {
        [CAPTURE_OPEN] = write_open,
        [CAPTURE_DATA] = write_data,
        [CAPTURE_FIN] = write_fin,
        [CAPTURE_RST] = write_rst,
    };
    struct flow *flow = find_flow(writer, record->connection);

    if (record->kind != CAPTURE_OPEN &&
        (!flow->opened || flow->ended[record->from_client ? CLIENT : SERVER]))
        return;
    writers[record->kind](writer, flow, record, bytes);
}

static void write_head(const struct fake_server_capture *capture, FILE *stream)
{
    char comment[256];

    snprintf(comment, sizeof comment,
             "recorded by a fake server; the secrets in it are those of throw-away keys%s",
             capture->cut ? "; cut: there was more than is kept" : "");
    pcapng_write_head(stream, comment);
    if (capture->secrets.size > 0)
        pcapng_write_secrets(stream, (const char *)capture->secrets.bytes, capture->secrets.size);
}

int fake_server_capture_write(struct fake_server_capture *capture, FILE *stream)
{
    struct writer writer = { .stream = stream };
    struct record record;

    pthread_mutex_lock(&capture->lock);
    writer.epoch_us = capture->epoch_us;
    write_head(capture, stream);
    for (size_t at = 0; at < capture->records.size; at += sizeof record + record.size) {
        memcpy(&record, capture->records.bytes + at, sizeof record);
        write_record(&writer, &record, capture->records.bytes + at + sizeof record);
    }
    pthread_mutex_unlock(&capture->lock);
    free(writer.flows);
    return ferror(stream) ? -1 : 0;
}

int fake_server_capture_write_secrets(struct fake_server_capture *capture, FILE *stream)
{
    pthread_mutex_lock(&capture->lock);
    if (capture->secrets.size > 0)
        fwrite(capture->secrets.bytes, 1, capture->secrets.size, stream);
    pthread_mutex_unlock(&capture->lock);
    return ferror(stream) ? -1 : 0;
}
