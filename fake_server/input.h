/*
 * What the client says, as lines, in the clear and under TLS.
 *
 * Lines are taken out of one buffer of fixed size. What is found while reading ahead (the client
 * closed, say) counts only when all that came before it is used up.
 */
#ifndef FAKE_SERVER_INPUT_H
#define FAKE_SERVER_INPUT_H

#include <stdbool.h>
#include <stddef.h>

struct connection;

/* A line with its end, borrowed until the next call. */
struct input_line {
    char *bytes;
    size_t size;
    bool whole; /* it has an end; false: only a part, the buffer holds no more */
    bool early; /* it had come before the last reply was sent */
};

/* The next line of a dialogue, up to LF; of a message, up to CRLF. Returns 0, or -1 after
 * connection_end(). */
int input_get_line(struct connection *connection, struct input_line *line);
int input_get_text(struct connection *connection, struct input_line *line);

/* Some of the next bytes, at least one and at most `max`. Returns 0, or -1 after connection_end().
 */
int input_get_bytes(struct connection *connection, size_t max, struct input_line *bytes);

/* Reads more, at least one byte or one record; waits for it. Returns 0, or -1 after
 * connection_end(). */
int input_fill(struct connection *connection);

/* Reads what has come already, and marks it as having come before the reply that is sent next. */
void input_mark(struct connection *connection);

/* Takes a line out of what has come, without reading; false: there is nothing left. */
bool input_take_rest(struct connection *connection, struct input_line *line);

/* What came before TLS is over does not count. */
void input_clear(struct connection *connection);

#endif
