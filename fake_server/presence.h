/*
 * What a connection is doing, so that fake_server_sync() can tell when there is nothing left to
 * happen.
 *
 * The thread of the connection writes `state` at each transition; whoever syncs reads it and knocks
 * (writes to `wakeup`) after it has left one of the requests. All members but the descriptors are
 * read and written under the lock that all connections of a server share.
 */
#ifndef FAKE_SERVER_PRESENCE_H
#define FAKE_SERVER_PRESENCE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum presence_state {
    PRESENCE_BUSY,      /* it does something */
    PRESENCE_WAITING,   /* it waits for bytes */
    PRESENCE_STALLED,   /* a script made it silent: only the end of the client wakes it */
    PRESENCE_LINGERING, /* it has closed, and waits for the client to do so */
    PRESENCE_OVER       /* nothing is ever reported of it again; the descriptor is closed */
};

struct presence {
    pthread_mutex_t *lock;   /* borrowed from the server */
    pthread_cond_t *changed; /* borrowed from the server */
    int fd;                  /* the socket, borrowed from the wire */
    int wakeup;              /* an eventfd, owned */
    enum presence_state state;
    bool doomed;    /* close_after: it may be dismissed */
    bool dismissed; /* request: close the connection now */
    bool hurried;   /* request: report the end of the connection now */
    bool reported;  /* the end is reported */
    bool ended;     /* request: stop at once, the server closes */
};

void presence_init(struct presence *presence, pthread_mutex_t *lock, pthread_cond_t *changed,
                   int fd);
void presence_release(struct presence *presence);

void presence_set(struct presence *presence, enum presence_state state);
void presence_set_doomed(struct presence *presence);
void presence_set_reported(struct presence *presence);

/* Reads what was asked of the connection, and takes the knocking away. */
struct presence presence_take(struct presence *presence);

/* Tells whether nothing more will happen unless the client acts; called under the lock. Knocks when
 * that needs something of the connection: the dismissal of a doomed one, the report of an end. */
bool presence_check(struct presence *presence);

/* Makes the connection stop; called under the lock. */
void presence_end(struct presence *presence);

/* Microseconds of CLOCK_MONOTONIC. */
int64_t presence_now_us(void);

#endif
