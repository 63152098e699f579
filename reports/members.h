/*
 * Structs as JSON and back, by tables: a row for each member, read by the encoder and the decoder,
 * so that they cannot disagree. json.c holds the tables.
 *
 * The encoder is our own, since every case of every run passes through it; parsing, where the input
 * is not to be trusted, is jansson's.
 *
 * Byte strings: what is valid UTF-8 stands as it is. Each byte 0x80..0xff that is not part of valid
 * UTF-8 becomes the private character U+EF80..U+EFFF of the same low byte, and so does each byte of
 * such a character that was there before; so every string without NUL comes back byte for byte.
 */
#ifndef REPORTS_MEMBERS_H
#define REPORTS_MEMBERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct member;

/* How a type of member is written, and read into memory of the talloc context `memory`. `object` is
 * the struct around it; false when the value does not fit. */
struct member_kind {
    void (*write)(FILE *stream, const struct member *member, const void *object);
    bool (*read)(void *memory, const struct member *member, void *object, const json_t *value);
};

extern const struct member_kind member_text;    /* const char *; NULL is null */
extern const struct member_kind member_bool;    /* bool */
extern const struct member_kind member_int;     /* int, never negative */
extern const struct member_kind member_real;    /* double, finite */
extern const struct member_kind member_char;    /* char */
extern const struct member_kind member_outcome; /* enum outcome, by name */
extern const struct member_kind member_words;   /* const char *const *, ends with NULL */
extern const struct member_kind member_list;    /* pointer to structs, and a count */

struct member {
    const char *name;
    const struct member_kind *kind;
    size_t offset;
    size_t n_offset;             /* lists: of the count */
    const struct members *items; /* lists: of one item */
};

struct members {
    size_t size; /* of the struct */
    const struct member *rows;
    size_t n_rows;
};

/* Writes `object` in one line. */
void members_write(FILE *stream, const struct members *members, const void *object);

/* Reads all members of `object`; those that no row names are left to later versions. False when one
 * is missing or of another type. All of it is owned by the talloc context `memory`. */
bool members_read(void *memory, const struct members *members, void *object, const json_t *value);

/* Zeroed talloc memory for `n` things; NULL when that is more than can be had. */
void *members_take(void *memory, size_t n, size_t size);

#endif
