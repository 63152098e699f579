/* The lines of a message, from 354 to the final dot, and its delivery. */
#ifndef FAKE_SERVER_BODY_H
#define FAKE_SERVER_BODY_H

struct connection;

void body_receive(struct connection *connection);

#endif
