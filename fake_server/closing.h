/* How a connection ends: the last bytes, the report, and the patience that keeps them from being
 * lost. */
#ifndef FAKE_SERVER_CLOSING_H
#define FAKE_SERVER_CLOSING_H

struct connection;

/* Ends the connection as connection->ending says, and emits EVENT_CLOSE. */
void closing_run(struct connection *connection);

#endif
