/* The verbs of SMTP, one row each. */
#ifndef FAKE_SERVER_VERBS_H
#define FAKE_SERVER_VERBS_H

#include "fake_server/reply.h"

#include <stdbool.h>

/* A command while it is being answered. */
struct command {
    const struct verb *verb;
    char *arguments; /* behind the verb and its space, "" when there are none */
    struct script_plan plan;
    struct reply reply;
};

struct verb {
    const char *name;
    int max_line;       /* octets, CRLF included */
    bool last_of_group; /* RFC 2920 section 3.1: nothing may be pipelined behind it */
    /* Sets the usual reply: whether the command is legal now, and what it is answered. */
    void (*check)(struct connection *connection, struct command *command);
    /* Does what follows from the reply that was sent. */
    void (*proceed)(struct connection *connection, struct command *command);
};

/* The row of a verb, any letters; a row without a name when there is none. */
const struct verb *verbs_find(const char *name);

#endif
