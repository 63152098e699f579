/*
 * A snapshot of settings that connections share: the copy, its SSL_CTX, and how often each delta
 * has fired.
 *
 * It is never changed once made (but for those counts) and lives as long as its last user.
 */
#ifndef FAKE_SERVER_SETTINGS_H
#define FAKE_SERVER_SETTINGS_H

#include "fake_server/fake_server.h"

#include <stdatomic.h>

struct settings {
    struct fake_server_settings given; /* everything in it is owned, defaults are filled in */
    bool refuse;                       /* a certificate that is not trusted fails the handshake */
    SSL_CTX *tls;                      /* owned; NULL: the server has no certificate */
    atomic_int *fired;                 /* owned, one for each delta */
    atomic_int users;
    char *name;              /* owned: the name of a virtual server; NULL: the server itself */
    struct settings **hosts; /* owned: its virtual servers */
    size_t n_hosts;
    struct settings **ports; /* owned: its other ports */
    size_t n_ports;
    struct settings *unasked;     /* owned: before request.from_connection; NULL: always as this */
    struct extension *extensions; /* owned: what its SSL_CTX adds to messages */
    size_t n_extensions;
};

/* Copies and checks. `before`, which may be NULL, hands on the counts of the deltas that are the
 * same. Returns NULL and writes a sentence into `why`. The caller is its first user. */
struct settings *settings_new(const struct fake_server_settings *given,
                              const struct settings *before, char *why, size_t why_size);

/* Returns what holds for the Nth connection of a client that asks for a name, which may be NULL: a
 * virtual server, or the settings themselves. */
const struct settings *settings_find_host(const struct settings *settings, const char *name,
                                          int connection);

/* Returns what holds at a port; its name may be NULL: the first. */
const struct settings *settings_find_port(const struct settings *settings, const char *name);

/* Becomes a user of the snapshot. Returns it. */
struct settings *settings_get(struct settings *settings);

/* Stops being a user. */
void settings_free(struct settings *settings);

#endif
