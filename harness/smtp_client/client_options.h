/*
 * The command line of the program smtp_client: one table for parsing and for --help.
 */
#ifndef HARNESS_SMTP_CLIENT_CLIENT_OPTIONS_H
#define HARNESS_SMTP_CLIENT_CLIENT_OPTIONS_H

#include "harness/smtp_client/smtp_client.h"

enum { OPTIONS_MAX = 64 };

struct client_options {
    struct smtp_client_settings settings;
    const char *from;
    const char *to[OPTIONS_MAX + 1];
    const char *certificates[OPTIONS_MAX];
    const char *keys[OPTIONS_MAX]; /* of the certificate with the same number; NULL: none */
    size_t n_to;
    size_t n_certificates;
    const char *message;
    long repeat;
    bool driver;
    bool help;
};

/* Parses; strings are borrowed from `argv`. Returns -1 after one line on standard error. */
int client_options_parse(struct client_options *options, int argc, char **argv);
void client_options_release(struct client_options *options);

/* Returns the exit code, 0. */
int client_options_print_help(void);

/* Sends the message, so often as it is said, and prints the reports. Returns the exit code: 0
 * delivered, 1 not delivered, 2 a file cannot be read. */
int client_options_send(const struct client_options *options);

#endif
