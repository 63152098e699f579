/*
 * The other end for mime.c: an SMTP server in a thread that says yes to the one client it has, this
 * process, and keeps what it is given.
 */
#ifndef HARNESS_SMTP_CLIENT_MIME_PEER_H
#define HARNESS_SMTP_CLIENT_MIME_PEER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

struct mime_peer {
    char name[sizeof(struct sockaddr_un)]; /* of the abstract socket, without the NUL in front */
    int listener;                          /* -1: closed */
    int fd;                                /* -1: nobody has come */
    pthread_t thread;
    char *bytes; /* owned by whoever joined: all that came */
    size_t size, room;
    size_t taken;   /* bytes that were answered */
    size_t message; /* where it begins */
    bool in_message;
    bool complete; /* a whole message came */
};

/* Returns -1 with errno. */
int mime_peer_open(struct mime_peer *peer);

/* Returns when the client has closed its connection; the members may be looked at then. */
void mime_peer_join(struct mime_peer *peer);

/* The message, without dot-stuffing. The caller frees it. */
char *mime_peer_take(const struct mime_peer *peer, size_t *size);

#endif
