/* The commands of the program; each returns an exit code. See options.h. */
#ifndef HARNESS_CLI_COMMANDS_H
#define HARNESS_CLI_COMMANDS_H

#include "harness/cli/options.h"

int command_run(void *context, const struct options *options);
int command_clients(void *context, const struct options *options);
int command_matrix(void *context, const struct options *options);
int command_list(void *context, const struct options *options);
int command_check(void *context, const struct options *options);
int command_serve(void *context, const struct options *options);
int command_coverage(void *context, const struct options *options);
int command_explain(void *context, const struct options *options);
int command_repro(void *context, const struct options *options);
int command_capture(void *context, const struct options *options);
int command_manual(void *context, const struct options *options);
int command_schema(void *context, const struct options *options);
int command_version(void *context, const struct options *options);
int command_help(void *context, const struct options *options);

/* Prints an error as "counterseal: text" and returns the exit code of its kind. */
int commands_fail(const struct error *err);

/* The versions of the libraries in use, owned by `context`. */
const char *commands_libraries(void *context);

#endif
