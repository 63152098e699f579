/*
 * The content of a message while it comes in, by DATA or BDAT: counted, digested, and written to
 * its file. None of it is kept in memory, so that a thousand clients with a message each cost no
 * more than a thousand without.
 *
 * The file has a hidden name until the message is taken, and is removed when it is not.
 */
#ifndef FAKE_SERVER_CONTENT_H
#define FAKE_SERVER_CONTENT_H

#include <stdbool.h>
#include <stddef.h>

struct connection;
struct content; /* opaque */
struct reply;

struct content *content_new(struct connection *connection);

/* Adds bytes. What goes beyond the largest message is counted and dropped. */
void content_add(struct content *content, const char *bytes, size_t size);

/* Whether there is more than the largest message holds; whether so much that the client has to be
 * stopped. */
bool content_is_too_big(const struct content *content);
bool content_is_endless(const struct content *content);

/* Tells all that is known of the message, which is about to be taken. Sets another reply, and tells
 * nothing, when it cannot be stored. */
void content_deliver(struct content *content, struct reply *reply);

/* NULL is no error. */
void content_free(struct content *content);

#endif
