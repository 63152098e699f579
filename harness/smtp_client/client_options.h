/*
 * The command line of the program smtp_client: one table for getopt_long() and for --help.
 */
#ifndef HARNESS_SMTP_CLIENT_CLIENT_OPTIONS_H
#define HARNESS_SMTP_CLIENT_CLIENT_OPTIONS_H

#include "harness/smtp_client/smtp_client.h"

/* More recipients, certificates or attachments than any test has. */
enum { OPTIONS_MAX = 64 };

/* Strings are borrowed from the command line, or from `config`. */
struct client_options {
    struct smtp_client_settings settings;
    bool security_given;        /* else a pickup directory does without TLS */
    struct smtp_config *config; /* owned; NULL: no file was named */
    struct smtp_mail mail;
    const char *to[OPTIONS_MAX + 1], *cc[OPTIONS_MAX + 1], *bcc[OPTIONS_MAX + 1];
    const char *headers[OPTIONS_MAX + 1];
    struct smtp_attachment attachments[OPTIONS_MAX];
    struct smtp_certificate_source certificates[OPTIONS_MAX];
    size_t n_certificates;
    const char *message; /* a file that holds it all; NULL: it is made of its parts */
    long repeat, parallel;
    bool driver, help;
};

/* Parses, and loads the configuration. Returns -1 after one line on standard error. */
int client_options_parse(struct client_options *options, int argc, char **argv);
void client_options_release(struct client_options *options);

/* Returns the exit code, 0. */
int client_options_print_help(void);

#endif
