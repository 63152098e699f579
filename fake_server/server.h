/* What a connection needs of its server. */
#ifndef FAKE_SERVER_SERVER_H
#define FAKE_SERVER_SERVER_H

#include "fake_server/event.h"

#include <openssl/bio.h>

#include <pthread.h>

struct fake_server;
struct sessions;

/* Emits an event of connection `connection`, 0 for the server's own. */
void server_emit(struct fake_server *server, int connection, enum event_id id,
                 const struct event_field *fields, size_t n);

struct ledger *server_ledger(struct fake_server *server);
struct sessions *server_sessions(struct fake_server *server);
const BIO_METHOD *server_wire_method(const struct fake_server *server);

/* The lock and the condition that presences share. */
pthread_mutex_t *server_lock(struct fake_server *server);
pthread_cond_t *server_changed(struct fake_server *server);

/* Which connection number `number` is since the last reset, from 1: deltas go by that. */
int server_find_turn(struct fake_server *server, int number);

/* The number of the next message, counted over all connections from 1. */
int server_count_message(struct fake_server *server);

#endif
