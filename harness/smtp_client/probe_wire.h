/*
 * The bytes of a probe: one socket, a deadline for all that happens on it, the faults below TLS,
 * and the BIO that puts OpenSSL on top of it.
 */
#ifndef HARNESS_SMTP_CLIENT_PROBE_WIRE_H
#define HARNESS_SMTP_CLIENT_PROBE_WIRE_H

#include <openssl/bio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum probe_wire_status {
    PROBE_WIRE_OPEN,
    PROBE_WIRE_EOF,     /* the server sent FIN */
    PROBE_WIRE_RESET,   /* ... or RST */
    PROBE_WIRE_TIMEOUT, /* the deadline has passed */
    PROBE_WIRE_CUT      /* we end it */
};

struct probe_wire {
    int fd; /* owned; -1: none */
    int64_t deadline_ms;
    enum probe_wire_status status;
    size_t segment; /* writes of at most so many bytes; 0: whole */
    long cut;       /* so many more bytes leave; -1: all */
    bool corrupt;   /* the last bit of what leaves next is flipped */
};

int64_t probe_wire_now_ms(void);

/* Connects to an IPv4 address or name. Returns 0, or -1. */
int probe_wire_open(struct probe_wire *wire, const char *host, int port, int64_t deadline_ms);

/* Writes all; returns 0, or -1 with the status. */
int probe_wire_write(struct probe_wire *wire, const void *bytes, size_t size);

/* Reads what there is, waits for it; returns -1 with the status when nothing comes. */
long probe_wire_read(struct probe_wire *wire, void *bytes, size_t size);

/* Closes, with a reset if asked. Twice is no error. */
void probe_wire_close(struct probe_wire *wire, bool reset);

/* A BIO on the wire, which it borrows. Free it like any other. */
BIO *probe_wire_bio(struct probe_wire *wire);

#endif
