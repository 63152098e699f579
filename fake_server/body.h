/* How a message comes: its lines from 354 to the final dot, or its chunks; and its delivery. */
#ifndef FAKE_SERVER_BODY_H
#define FAKE_SERVER_BODY_H

#include <stdbool.h>
#include <stddef.h>

struct connection;
struct command;

/* After DATA was answered 354. */
void body_receive(struct connection *connection);

/* After BDAT: reads `size` bytes. They belong to the message of the transaction, or to nobody when
 * the command is refused. Sets the usual reply. Source: RFC 3030 section 2. */
void body_receive_chunk(struct connection *connection, struct command *command, size_t size,
                        bool last);
void body_skip_chunk(struct connection *connection, size_t size);

#endif
