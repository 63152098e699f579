/*
 * What a delta can do, one row each: a new verb of the script is a row here and a member of struct
 * fake_server_delta.
 *
 * Of the deltas that fire together each kind of action happens once. Those that shape a reply are
 * obeyed where the reply is made (reply.c), and have nothing to run.
 */
#ifndef FAKE_SERVER_ACTIONS_H
#define FAKE_SERVER_ACTIONS_H

#include "fake_server/fake_server.h"

struct connection;

enum action_time {
    ACTION_BEFORE,  /* the reply */
    ACTION_INSTEAD, /* of it, where there is none: raw bytes */
    ACTION_SHAPE,   /* it is obeyed with the reply */
    ACTION_AFTER    /* the reply */
};

struct action {
    enum action_time time;
    bool (*wanted)(const struct fake_server_delta *delta);
    void (*run)(struct connection *connection, const struct fake_server_delta *delta);
};

/* In the order in which they happen; ends with a row without functions. */
extern const struct action actions[];

/* The rows that a delta wants: bit i is the i-th. */
unsigned actions_of(const struct fake_server_delta *delta);

/* Whether it changes how or whether the reply is sent. */
bool actions_shape_reply(const struct fake_server_delta *delta);

#endif
