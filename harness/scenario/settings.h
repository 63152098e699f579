/*
 * What is in force at both ends while the steps of a scenario are read.
 *
 * The server and the client are read once at the top and changed by steps; what is published is a
 * const copy for each step, complete in itself.
 */
#ifndef HARNESS_SCENARIO_SETTINGS_H
#define HARNESS_SCENARIO_SETTINGS_H

#include "harness/scenario/schema.h"

/* `replace:` says that the file of one identity holds another from now on. */
struct client_replacement {
    const char *file;
    const char *identity;
};

struct client_state {
    struct scenario_client client;
    struct client_replacement *replaced;
    size_t n_replaced;
};

/* Sets what holds where a file says nothing. */
void settings_init_server(struct scenario_server *server);
void settings_init_client(struct client_state *state);

/* Makes a complete copy of what is in force. Owned by `context`. */
const struct scenario_server *settings_publish_server(void *context,
                                                      const struct scenario_server *server);
const struct scenario_client *settings_publish_client(void *context,
                                                      const struct client_state *state);

/* Adds a mistake when the client of a step goes to a port that the server does not have then. */
void settings_check_port(struct reader *reader, const struct scenario_step *step,
                         const struct path *path);

#endif
