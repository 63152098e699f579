/* counterseal: see harness/cli/options.h for the command line, README.md for the rest. */
#include "harness/cli/commands.h"

#include <malloc.h>
#include <stdlib.h>
#include <talloc.h>

static void out_of_memory(const char *reason)
{
    (void)fprintf(stderr, "counterseal: %s\n", reason);
    abort();
}

int main(int argc, char **argv)
{
    struct options options;
    struct error err = { 0 };
    void *context;
    int code;

    talloc_set_abort_fn(out_of_memory);
    /* Workers are forked by the thousand: the bits and pieces that start-up freed would be joined
     * in each of them anew, at the price of a copy of every page they lie on. */
    (void)mallopt(M_MXFAST, 0);
    (void)mallopt(M_ARENA_MAX, 1);
    (void)mallopt(M_TOP_PAD, 1024 * 1024);
    (void)mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
    context = talloc_new(NULL);
    if (options_parse(context, argc, argv, &options, &err) != 0)
        code = commands_fail(&err);
    else if (options.help) {
        options_print_help(stdout, options.command);
        code = EXIT_AS_EXPECTED;
    } else {
        code = options.command->run(context, &options);
    }
    talloc_free(context);
    return code;
}
