/*
 * The command line as a struct, from one table of commands and one of options; --help is printed
 * from them.
 */
#ifndef HARNESS_CLI_OPTIONS_H
#define HARNESS_CLI_OPTIONS_H

#include "harness/base/error.h"

#include <stdbool.h>
#include <stdio.h>

#define COUNTERSEAL_VERSION "0.1.0"

/* Exit codes: what a script can rely on. X(id, code, meaning) */
/* clang-format off */
#define EXIT_CODES(X) \
    X(AS_EXPECTED, 0, "all as expected") \
    X(CASE_FAILED, 1, "a case failed") \
    X(USAGE, 2, "the command line or a scenario is wrong") \
    X(TROUBLE, 3, "the harness or its environment failed") \
    X(NOTHING, 5, "nothing was selected") \
    X(INTERRUPTED, 130, "ended by a signal; the report is partial")
/* clang-format on */
#define EXIT_AS_ENUM(id, code, meaning) EXIT_##id = code,
enum exit_code { EXIT_CODES(EXIT_AS_ENUM) };

enum options_keep { KEEP_ALWAYS, KEEP_FAILED, KEEP_NEVER };
enum options_colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* Unless the user wants another one. */
#define OPTIONS_SEED 1

struct options {
    const char *program; /* as it was called */
    const struct command *command;
    const char **paths; /* what is not an option; ends with NULL; all lists do */
    const char **clients;
    const char **servers; /* real ones, in the place of the fake one */
    const char **tags;
    const char **skip_tags;
    const char **rules;
    const char **filters;
    const char **reports;
    const char **overrides;
    int jobs;     /* 0: two for each processor */
    int strength; /* 0: default; the other numbers likewise */
    int port;
    int seed;
    enum options_keep keep;
    enum options_colour colour;
    const char *artifacts;
    const char *ready_file;         /* NULL: none */
    const char *cert_dir;           /* NULL: artifacts */
    const char *keys;               /* NULL: new ones */
    const char *cert, *key, *trust; /* of `capture`; NULL: none */
    const char *misbehave;
    const char *trace;
    bool remote; /* a server beyond loopback may be talked to */
    bool model, exhaustive;
    bool starttls, implicit, anonymise;
    bool strict, no_known, fail_fast, no_progress, quiet, help;
};

struct command {
    const char *name;
    const char *arguments; /* "[PATH|ID ...]" */
    const char *meaning;
    char letter; /* by which the options say where they belong */
    int (*run)(void *context, const struct options *options); /* returns an exit code */
};

extern const struct command commands[]; /* ends with a row without a name */

/* Takes the command line apart. Strings are borrowed from `argv`, lists live in `context`.
 * Errors: ERROR_USAGE, with the nearest option or command. */
int options_parse(void *context, int argc, char **argv, struct options *options, struct error *err);

/* Prints the options of one command, or of all with the commands when `command` is NULL. */
void options_print_help(FILE *stream, const struct command *command);

#endif
