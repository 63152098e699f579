/* The ClientHello. */
#ifndef FAKE_SERVER_HELLO_H
#define FAKE_SERVER_HELLO_H

#include "fake_server/reader.h"

struct connection;

/* Reports a ClientHello, given without its header of 4 bytes, and keeps what later events say of
 * it. */
void hello_report(struct connection *connection, struct reader body);

#endif
