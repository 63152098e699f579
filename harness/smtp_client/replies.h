/*
 * What the server said: SMTP replies, line by line, as they come out of the wire (RFC 5321
 * section 4.2).
 *
 * Remembers the last complete reply and counts them, and notices lines that are no reply. Text is
 * made printable: whatever the server sends can be put into a message or a JSON line.
 */
#ifndef HARNESS_SMTP_CLIENT_REPLIES_H
#define HARNESS_SMTP_CLIENT_REPLIES_H

#include <stdbool.h>
#include <stddef.h>

struct replies {
    int code;           /* of the last complete reply, 0: none */
    char text[160];     /* its last line, code included; of a malformed line: that line */
    int count;          /* complete replies */
    int count_in_clear; /* those before TLS; the caller sets it when TLS starts */
    int pending;        /* code of a reply of which more lines are to come, 0: none */
    bool malformed;
};

/* Takes one line, with or without its end. Returns -1 when it is malformed. */
int replies_add(struct replies *replies, const char *line, size_t size);

#endif
