/*
 * Chatter for whoever debugs: `--trace=smtp,tls,events` switches words on, the lines go to stderr.
 *
 * Costs one test of a bit when off. Nothing that a verdict needs goes this way.
 */
#ifndef HARNESS_BASE_TRACE_H
#define HARNESS_BASE_TRACE_H

#include "harness/base/error.h"

enum trace {
    TRACE_SMTP = 1 << 0,   /* every command and reply */
    TRACE_TLS = 1 << 1,    /* every handshake message, alert and session */
    TRACE_EVENTS = 1 << 2, /* every event line of both ends as it is */
    TRACE_PROCESS = 1 << 3 /* what is started, how it ended */
};

/* Switches on the words of `list`, such as "smtp,tls"; "all" is all of them.
 * Errors: ERROR_USAGE, with the words there are. */
int trace_set(const char *list, struct error *err);

/* Tells which words are on: a set of enum trace. */
unsigned trace_get(void);

/* Writes one line to stderr where the word is on. */
void trace_write(enum trace word, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
