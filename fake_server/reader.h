/*
 * A cursor over the bytes of a message: numbers and parts that carry their length in front.
 *
 * What is not there reads as zero and as empty parts, and `bad` is set for good; so a parser may
 * check once at its end, or not at all.
 */
#ifndef FAKE_SERVER_READER_H
#define FAKE_SERVER_READER_H

#include <stdbool.h>
#include <stddef.h>

struct reader {
    const unsigned char *at; /* borrowed */
    size_t left;
    bool bad;
};

/* A number of `size` bytes, at most 4. */
unsigned long reader_number(struct reader *reader, size_t size);

/* The next `size` bytes. */
struct reader reader_bytes(struct reader *reader, size_t size);

/* A part with its length, of `size` bytes, in front. */
struct reader reader_part(struct reader *reader, size_t size);

#endif
