/*
 * The ports of a server: the listening sockets that the steps of a scenario need.
 *
 * Their names are those that `client.port` and `server.ports` have; the first has none. Whoever
 * opens them closes them; a fake server that is given them owns its own.
 */
#ifndef HARNESS_RUN_PORTS_H
#define HARNESS_RUN_PORTS_H

#include "fake_server/fake_server.h"
#include "harness/base/error.h"
#include "harness/scenario/scenario.h"

struct port {
    const char *name; /* borrowed from the scenario; NULL: the first */
    int listener;     /* -1: closed, or a server has it */
    char number[8];   /* as text */
};

struct ports {
    struct port items[1 + FAKE_SERVER_MAX_PORTS];
    size_t n;
};

/* A socket that listens on 127.0.0.1, or -1; 0 takes a free port. Errors: ERROR_SYSTEM. */
int ports_listen(int number, struct error *err);

/* Listens at all that a scenario needs, or, where it is NULL, at the first alone; that at `number`,
 * where 0 takes a free one as for the others. Errors: ERROR_SYSTEM, ERROR_SCENARIO (too many);
 * nothing is open then. */
int ports_open(struct ports *ports, const struct scenario *scenario, int number, struct error *err);

/* Returns the number of the port that a step's client goes to, as text. */
const char *ports_find(const struct ports *ports, const struct scenario_step *step);

/* Gives all but the first to a server, which has that one already. */
void ports_serve(struct ports *ports, struct fake_server *server);

/* Closes those that no server has. */
void ports_close(struct ports *ports);

#endif
