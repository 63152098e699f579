/*
 * Every handshake message of a connection by its name, in the order in which it went over the wire,
 * with the extensions that it carried.
 */
#ifndef FAKE_SERVER_FLIGHT_H
#define FAKE_SERVER_FLIGHT_H

#include "fake_server/reader.h"

struct connection;

/* Emits an EVENT_HANDSHAKE_MESSAGE; `body` is the message without its header, `version` the one in
 * force. */
void flight_report(const struct connection *connection, bool sent, int type, int version,
                   struct reader body);

#endif
