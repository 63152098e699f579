#include "harness/smtp_client/mime_peer.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void grow(struct mime_peer *peer)
{
    if (peer->room - peer->size >= 65536)
        return;
    peer->room = 2 * peer->room + 65536;
    peer->bytes = realloc(peer->bytes, peer->room);
    if (peer->bytes == NULL)
        abort();
}

static void say(const struct mime_peer *peer, const char *reply)
{
    (void)send(peer->fd, reply, strlen(reply), MSG_NOSIGNAL);
}

/* Binds to a name that the kernel makes up. */
static int open_listener(struct mime_peer *peer)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    socklen_t size = sizeof(address);

    peer->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (peer->listener < 0 ||
        bind(peer->listener, (struct sockaddr *)&address, sizeof(sa_family_t)) != 0 ||
        listen(peer->listener, 1) != 0 ||
        getsockname(peer->listener, (struct sockaddr *)&address, &size) != 0)
        return -1;
    size -= (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1;
    memcpy(peer->name, address.sun_path + 1, size);
    return 0;
}

/* Takes us, and nobody else. */
static bool welcome(struct mime_peer *peer)
{
    struct ucred who = { 0 };
    socklen_t size = sizeof(who);
    int fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return false;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 || who.pid != getpid()) {
        close(fd);
        return false;
    }
    peer->fd = fd;
    say(peer, "220 x\r\n");
    return true;
}

/* Returns the length of the command at its place, with its end; 0: it is not complete. */
static size_t command_length(const struct mime_peer *peer)
{
    const char *place = peer->bytes + peer->taken;
    const char *end = memchr(place, '\n', peer->size - peer->taken);

    return end == NULL ? 0 : (size_t)(end - place) + 1;
}

static void answer_commands(struct mime_peer *peer)
{
    size_t length = peer->in_message ? 0 : command_length(peer);

    while (length > 0) {
        bool data = strncmp(peer->bytes + peer->taken, "DATA", 4) == 0;

        peer->taken += length;
        peer->in_message = data;
        peer->message = data ? peer->taken : peer->message;
        say(peer, data ? "354 x\r\n" : "250 x\r\n");
        length = peer->in_message ? 0 : command_length(peer);
    }
}

static bool ends(const struct mime_peer *peer)
{
    static const char end[] = "\r\n.\r\n";
    size_t n = sizeof(end) - 1;

    return peer->size - peer->taken >= n && memcmp(peer->bytes + peer->size - n, end, n) == 0;
}

/* Returns false when the client has gone. */
static bool listen_to(struct mime_peer *peer)
{
    ssize_t n;

    grow(peer);
    n = recv(peer->fd, peer->bytes + peer->size, peer->room - peer->size, 0);
    if (n <= 0)
        return n < 0 && errno == EINTR;
    peer->size += (size_t)n;
    answer_commands(peer);
    /* Nothing follows the end of a message until it is answered. */
    if (peer->in_message && ends(peer)) {
        peer->complete = true;
        peer->in_message = false;
        peer->taken = peer->size;
        say(peer, "250 x\r\n");
    }
    return true;
}

static void *serve(void *argument)
{
    struct mime_peer *peer = argument;

    if (welcome(peer))
        while (listen_to(peer))
            continue;
    return NULL;
}

/* Takes the message out of what came: up to the line with a dot, each line without the dot that was
 * put before another one. Source: RFC 5321 section 4.5.2. */
char *mime_peer_take(const struct mime_peer *peer, size_t *size)
{
    const char *place = peer->bytes + peer->message;
    const char *end = memmem(place, peer->size - peer->message, "\r\n.\r\n", 5);
    char *message = malloc(peer->size + 1);
    bool starts = true;

    if (message == NULL)
        abort();
    *size = 0;
    for (; end != NULL && place < end + 2; place++) {
        if (!starts || *place != '.')
            message[(*size)++] = *place;
        starts = *place == '\n';
    }
    return message;
}

int mime_peer_open(struct mime_peer *peer)
{
    *peer = (struct mime_peer){ .fd = -1 };
    if (open_listener(peer) == 0 && pthread_create(&peer->thread, NULL, serve, peer) == 0)
        return 0;
    if (peer->listener >= 0)
        close(peer->listener);
    peer->listener = -1;
    return -1;
}

void mime_peer_join(struct mime_peer *peer)
{
    if (peer->listener < 0)
        return;
    shutdown(peer->listener, SHUT_RDWR); /* where nobody has come */
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    peer->listener = -1;
    if (peer->fd >= 0)
        close(peer->fd);
}
