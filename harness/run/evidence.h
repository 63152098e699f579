/*
 * What both ends said while a case was played: the fake server's events in order, and for each step
 * what the client answered, wrote and ended with. Raw material; observe/ makes facts of it.
 *
 * All of it lives in one talloc context (the JSON values are released with it).
 */
#ifndef HARNESS_RUN_EVIDENCE_H
#define HARNESS_RUN_EVIDENCE_H

#include "fake_server/event.h"
#include "harness/scenario/scenario.h"

#include <jansson.h>

struct evidence_event {
    enum event_id id;
    int64_t time_us;
    int connection;
    int step;
    const json_t *fields; /* the whole line as an object */
    const char *line;     /* as it came */
};

/* What the client made of one step's mail. */
struct evidence_answer {
    bool sent;            /* the step had a mail and it was begun */
    bool ended;           /* the client answered, or its process ended */
    bool timed_out;       /* neither, within the deadline */
    bool exited;          /* its process has ended; `status` is valid */
    int status;           /* exit code, or -N for signal N */
    const char *outcome;  /* what it says; NULL: it says nothing but its exit code */
    const char *error;    /* what it says went wrong; "" */
    const json_t *report; /* a driver's answer; NULL */
    int64_t begun_us, ended_us;
    const char *known_as; /* whom a real server says that it took the client for: a common name, "":
                             nobody; NULL: it does not say */
    const void *message;  /* the bytes it was given to send */
    size_t message_size;
};

struct evidence_bytes {
    const void *bytes;
    size_t size;
};

struct evidence {
    struct evidence_event *events;
    size_t n_events;
    struct evidence_answer *answers; /* one for each step of the scenario */
    size_t n_answers;
    int steps_played; /* the last step that was begun */
    int64_t begun_us;
    struct evidence_bytes capture; /* what was on the wire, as pcapng; empty: not wanted, or the
                                      server did not end in order */
    struct evidence_bytes secrets; /* those of TLS, in the format of SSLKEYLOGFILE */
    const char *commands; /* what was run, and what it was told on its standard input; "" */
    bool from_client; /* the server is a real one, and keeps no events: these are the client's */
    bool relayed;     /* ... but the messages: it passed them on to us */
    const char *server_log;    /* the end of what it wrote to its log; NULL: it is the fake one */
    const char *client_output; /* what it wrote to both streams, at most CLIENT_OUTPUT_MAX bytes */
    const char *client_errors;
    const char *remark; /* what a reader should know of a client that fails; NULL */
    const char
        *trouble; /* the harness or its environment failed: the case cannot be judged; NULL */
};

/* What is kept of what a client writes: enough for any message, too little to fill a disk. */
#define CLIENT_OUTPUT_MAX (256 * 1024)

/* The event of a wire name; EVENT_COUNT when there is none. */
enum event_id evidence_find_event(const char *name);

/* Adds one line of the fake server. Returns the event, or NULL when the line is none. */
const struct evidence_event *evidence_add(struct evidence *evidence, const char *line, size_t size);

/* Parses a JSON object that lives as long as `context`; NULL when it is none. */
json_t *evidence_parse(void *context, const char *text, size_t size);

/* Members of an object; "" / 0 / false / NULL when they are missing or of another type. */
const char *evidence_text(const json_t *object, const char *name);
long long evidence_number(const json_t *object, const char *name);
bool evidence_flag(const json_t *object, const char *name);

/* A member that is an array of strings, as a list that ends with NULL, owned by `context`; never
 * NULL. */
const char *const *evidence_list(void *context, const json_t *object, const char *name);

#endif
