/*
 * What is wrong with the wire of a connection, below TLS: pieces, speed, cuts, flipped bits.
 *
 * A script sets it; it holds from there on. What is random is drawn from a generator of the
 * connection's own, which starts from the seed of the settings and the connection's turn: the same
 * seed does the same again, whatever other connections do meanwhile.
 */
#ifndef FAKE_SERVER_FAULT_H
#define FAKE_SERVER_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fault {
    int segment;    /* TCP segments of at most so many bytes; 0: whole; FAKE_SERVER_RANDOM */
    int record;     /* TLS records of at most so many bytes; 0: as OpenSSL makes them */
    long throttle;  /* bytes a second, each way; 0: no limit */
    bool cuts;      /* `left` counts */
    size_t left;    /* so many more bytes leave */
    bool corrupt;   /* one bit of what leaves next is flipped */
    bool encrypted; /* the server has changed to ciphers: its records cannot be cut any more */
    int64_t next_out_us, next_in_us; /* throttle: not before */
    uint64_t random;                 /* state of the generator */
};

void fault_init(struct fault *fault, uint64_t seed, int turn);

/* The next number of the generator, below `limit`. */
size_t fault_draw(struct fault *fault, size_t limit);

/* `size` itself, or a random size when it is FAKE_SERVER_RANDOM; 0 stays 0. */
size_t fault_size(struct fault *fault, int size);

/* How many of `size` bytes may go in one piece; 0: none ever will. And what they cost: the time
 * before which no others may follow. */
size_t fault_piece(struct fault *fault, size_t size);
int64_t fault_pace(const struct fault *fault, int64_t now_us, int64_t next_us, size_t n);

/* Cuts records of the handshake that are still in the clear into smaller ones. `bytes` are whole
 * records; what cannot be read as such stays as it is. Returns memory that goes with free(). */
unsigned char *fault_reframe(struct fault *fault, const unsigned char *bytes, size_t *size);

#endif
