/* counterseal: see harness/cli/options.h for the command line, README.md for the rest. */
#include "harness/base/heap.h"
#include "harness/cli/commands.h"

#include <stdlib.h>
#include <talloc.h>

/* What some thousand cases and their results take. */
#define POOL_BYTES ((size_t)128 * 1024 * 1024)

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
    heap_init();
    context = heap_pool(POOL_BYTES);
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
