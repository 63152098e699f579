/* A reply of SMTP: one code, lines without their ends. */
#ifndef FAKE_SERVER_REPLY_H
#define FAKE_SERVER_REPLY_H

#include "fake_server/memory.h"
#include "fake_server/script.h"

struct connection;

struct reply {
    int code;
    struct list lines; /* whole: "250-PIPELINING" */
};

/* Returns the code that a line begins with, or 0 when that is none: three digits, then a blank, a
 * hyphen or the end. */
int reply_parse_code(const char *bytes, size_t size);

/* Replaces the reply by one or several lines, which "\n" parts; the code is what the last one
 * starts with, 0 when that is none. Returns the code. */
int reply_set(struct reply *reply, const char *text);

/* Adds a line to a reply of several; the lines before it become "code-...". */
void reply_add(struct reply *reply, int code, const char *text);

/* Sends the reply, or what the plan has instead of it, reports it, and leaves in `reply` what was
 * sent. `plan` may be NULL. Returns 0, or -1 after connection_end(). */
int reply_send(struct connection *connection, const struct script_plan *plan, struct reply *reply);

/* Sends a reply of one line that no script touches. */
int reply_send_text(struct connection *connection, const char *text);

void reply_release(struct reply *reply);

#endif
