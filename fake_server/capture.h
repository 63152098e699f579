/*
 * What is recorded of the bytes of all connections; see struct fake_server_capture in
 * fake_server.h.
 *
 * Recording costs a lock and a copy; packets are made only when it is written. The functions may be
 * called by any thread, and do nothing when `capture` is NULL.
 */
#ifndef FAKE_SERVER_CAPTURE_H
#define FAKE_SERVER_CAPTURE_H

#include "fake_server/fake_server.h"

enum capture_kind { CAPTURE_OPEN, CAPTURE_DATA, CAPTURE_FIN, CAPTURE_RST };

/* Says that a connection begins, by its number, with the client's port and the server's. The
 * packets show the server at the port that the mode has by custom: readers go by it. */
void capture_open(struct fake_server_capture *capture, int connection, int client_port,
                  int server_port, enum fake_server_mode mode);

/* Adds bytes, or an end, that came from the client or went to it. What is said twice, or after the
 * end, is left out when it is written. */
void capture_add(struct fake_server_capture *capture, int connection, bool from_client,
                 enum capture_kind kind, const void *bytes, size_t size);

/* Adds a line of OpenSSL's key log. */
void capture_add_secret(struct fake_server_capture *capture, const char *line);

#endif
