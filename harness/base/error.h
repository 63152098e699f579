/*
 * What went wrong in the world: a kind, a place and one human sentence.
 *
 * An error lives on the caller's stack with its text inside, so that setting one cannot fail and
 * nothing can leak. It is not for programming mistakes (those are asserts) and not for the subject
 * under test (its mistakes are failed checks in a result).
 *
 * A fallible function takes `struct error *err` last and returns 0 or -1 (or a pointer or NULL).
 * The error is set exactly once, where the cause is known; callers may only put words in front of
 * it.
 */
#ifndef HARNESS_BASE_ERROR_H
#define HARNESS_BASE_ERROR_H

#include <stddef.h>

#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))

enum error_kind {
    ERROR_NONE,
    ERROR_USAGE,    /* the command line is wrong */
    ERROR_SCENARIO, /* a scenario or profile file is wrong */
    ERROR_SYSTEM,   /* the operating system said no */
    ERROR_TLS,      /* OpenSSL said no */
    ERROR_KIND_COUNT
};

/* A place in the user's file. `file` is borrowed; line and column count from 1, line 0 means none.
 * `width` is the number of columns to underline, 0 for one. */
struct where {
    const char *file;
    int line;
    int column;
    int width;
};

#define WHERE_NONE ((struct where){ NULL, 0, 0, 0 })

struct error {
    enum error_kind kind;
    struct where where;
    char text[512];
};

/* Records an error; the text is cut where it does not fit. Returns -1. `err` must not be set yet.
 */
int error_set(struct error *err, enum error_kind kind, struct where where, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Records an ERROR_SYSTEM error and appends ": " and strerror(errno). Returns -1. */
int error_set_errno(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Puts words and ": " in front of the text of an error that is set. Returns -1. */
int error_wrap(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Writes "file:line:col: text" (or only what there is of it) into `buffer`. Returns `buffer`. */
const char *error_text(const struct error *err, char *buffer, size_t size);

#endif
