/* The command line of the program: one table, which is also its help. */
#ifndef FAKE_SERVER_OPTIONS_H
#define FAKE_SERVER_OPTIONS_H

#include "fake_server/fake_server.h"

#include <stdio.h>

struct options {
    struct fake_server_settings settings; /* strings borrowed from argv, OpenSSL objects owned */
    const char *certificate, *key, *chain, *trust, *crl, *names; /* files */
    int port;
    bool help;
};

/* Returns 0, or -1 when the command line is wrong: `why` says what was found and what is allowed.
 */
int options_parse(struct options *options, int argc, char **argv, char *why, size_t why_size);

/* Reads the files that are named; without any the server gets a throw-away key. Returns 0 or -1. */
int options_load(struct options *options, char *why, size_t why_size);

void options_write_help(FILE *stream);
void options_release(struct options *options);

#endif
