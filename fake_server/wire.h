/*
 * The bytes of one connection: a socket with deadlines, in the clear and as a BIO below OpenSSL.
 *
 * What is written is held back until wire_flush(), or until a read has to wait for the peer. So
 * whoever is told by OpenSSL that a message or an alert has been written can still report it before
 * it leaves.
 *
 * The first trouble is kept in `status` and ends all reading and writing; nothing is repaired.
 * While it waits for bytes the wire says so in its `presence`.
 */
#ifndef FAKE_SERVER_WIRE_H
#define FAKE_SERVER_WIRE_H

#include "fake_server/fault.h"
#include "fake_server/presence.h"

#include <openssl/bio.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum wire_status {
    WIRE_OPEN,
    WIRE_EOF,       /* the peer has sent its FIN */
    WIRE_RESET,     /* the connection is broken */
    WIRE_TIMEOUT,   /* the deadline has passed */
    WIRE_DISMISSED, /* close_after: the time has come to close */
    WIRE_ENDED,     /* the server closes */
    WIRE_CUT        /* a script does not want any more bytes */
};

/* A record of TLS: a header of 5 bytes and at most 2^14 + 2048 more. Source: RFC 5246
 * section 6.2.3. */
#define WIRE_RECORD_MAX (5 + 16384 + 2048)

/* Holds all records that a client sends in one go but large ones, which are read past it. */
#define WIRE_READ_AHEAD 4096

/* The last record that came in the clear. */
struct wire_record {
    unsigned char bytes[WIRE_RECORD_MAX];
    size_t size;
    bool encrypted; /* the peer has changed to ciphers, what follows cannot be read */
};

struct fake_server_capture;

struct wire {
    int fd; /* owned */
    struct presence *presence;
    int deadline_ms;
    int64_t grace_until_us; /* WIRE_DISMISSED at that time; 0: never */
    int64_t turn_until_us;  /* WIRE_TIMEOUT at that time, whatever came; 0: never */
    enum wire_status status;
    bool dry;   /* the last read found nothing: the next one waits at once */
    bool eager; /* reads do not wait: they return -1 and leave `status` alone */
    bool shut;  /* FIN has been sent */
    struct fault fault;
    unsigned char *out; /* owned, held back */
    size_t out_size, out_room;
    unsigned char in[WIRE_READ_AHEAD]; /* what the BIO has read ahead: OpenSSL asks for headers and
                                          bodies one by one */
    size_t in_start, in_end;
    struct wire_record *record;          /* borrowed; NULL: nobody looks */
    struct fake_server_capture *capture; /* borrowed; NULL: nothing is recorded */
    int number;                          /* of the connection, for the capture */
};

void wire_init(struct wire *wire, int fd, struct presence *presence, int deadline_ms);
void wire_release(struct wire *wire);

/* Reads at least one byte. Returns the count, 0 at the end, or -1: see `status`. */
int wire_read(struct wire *wire, void *bytes, size_t size);

/* What the client says in its turn (a line, a handshake) has to be there within one deadline, in
 * however many reads. */
void wire_begin_turn(struct wire *wire);
void wire_end_turn(struct wire *wire);

/* Keeps bytes to be sent; wire_flush() sends them and returns 0, or -1: see `status`. */
void wire_write(struct wire *wire, const void *bytes, size_t size);
int wire_flush(struct wire *wire);

/* Throws away what has come, in whatever status the wire is. Returns false at the end of it. */
bool wire_discard(struct wire *wire);

/* Says that nothing more will be sent: FIN. */
void wire_shutdown(struct wire *wire);

/* Makes the close of the socket a RST. */
void wire_reset(struct wire *wire);

/* Forgets what is held back, and neither sends nor receives from now on. */
void wire_cut(struct wire *wire);

/* Waits without doing anything. Returns at once when the server ends. */
void wire_delay(struct wire *wire, int delay_ms);

/* Is silent until the client closes or the deadline passes; `status` tells which. */
void wire_stall(struct wire *wire);

/* Waits until bytes have come, without reading them, or somebody knocks, or the time is reached. */
enum wire_wake { WIRE_WAKE_BYTES, WIRE_WAKE_KNOCK, WIRE_WAKE_TIME };
enum wire_wake wire_wait(struct wire *wire, short events, int64_t until_us);

/* The kind of BIO that OpenSSL sees; free it with BIO_meth_free() after the last BIO. */
BIO_METHOD *wire_method_new(void);
BIO *wire_bio_new(struct wire *wire, const BIO_METHOD *method);

#endif
