#include "harness/cli/commands.h"

#include "harness/cli/select.h"
#include "harness/model/model.h"
#include "harness/smtp_client/smtp_client.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <talloc.h>

/* clang-format off */
const struct command commands[] = {
    { "run", "[PATH|ID ...]", "play cases and judge them (default: cases/)", 'r', command_run },
    { "clients", "[NAME ...]", "list the clients of cases/clients/: version, TLS library, what each can do, what is missing", 'v', command_clients },
    { "matrix", "[PATH|ID ...]", "play cases with all clients, and write cases by clients: build/report/matrix.md, .html, .json", 'r', command_matrix },
    { "list", "[PATH|ID ...]", "list the cases that would be played", 'l', command_list },
    { "check", "[PATH ...]", "check scenario files and play nothing", 'c', command_check },
    { "serve", "FILE", "just the fake server of a scenario, for your own test suite", 's', command_serve },
    { "coverage", "[PATH ...]", "print for each rule its cases, or the reason why it has none", 'o', command_coverage },
    { "explain", "[EVIDENCE]", "say in plain words why a certificate was not sent or not taken; default: of the newest case that failed", 'x', command_explain },
    { "repro", "CASE DIR", "play a case that fails and make a folder of it that stands alone, fit for a bug report", 'p', command_repro },
    { "capture", "HOST:PORT", "ask a server in some dozens of polite connections how it negotiates, and print a scenario that does the same", 'a', command_capture },
    { "manual", "", "print the reference manual of the scenario language", 'm', command_manual },
    { "schema", "", "print a JSON Schema of scenario files, for editors", 'm', command_schema },
    { "version", "", "print the versions of counterseal and its libraries", 'v', command_version },
    { "help", "[COMMAND|faults|model]", "print this, or the options of a command", 'h', command_help },
    { NULL, NULL, NULL, 0, NULL },
};
/* clang-format on */

/* Kinds of error and the exit codes they mean. */
static const int exit_codes[ERROR_KIND_COUNT] = {
    [ERROR_NONE] = EXIT_AS_EXPECTED, [ERROR_USAGE] = EXIT_USAGE, [ERROR_SCENARIO] = EXIT_USAGE,
    [ERROR_SYSTEM] = EXIT_TROUBLE,   [ERROR_TLS] = EXIT_TROUBLE,
};

int commands_fail(const struct error *err)
{
    char text[1024];

    (void)fprintf(stderr, "counterseal: %s\n", error_text(err, text, sizeof(text)));
    return exit_codes[err->kind];
}

const char *commands_libraries(void *context)
{
    return talloc_asprintf(context, "%s, libcurl %s", OpenSSL_version(OPENSSL_VERSION),
                           curl_version_info(CURLVERSION_NOW)->version);
}

int command_list(void *context, const struct options *options)
{
    struct scenario_list list = { 0 };
    struct scenario_errors errors = { NULL, 0 };
    struct error err = { 0 };

    if (select_cases(context, options, &list, &errors, &err) != 0)
        return commands_fail(&err);
    for (size_t i = 0; i < list.n; i++)
        (void)printf("%s\n", list.items[i]->id);
    scenario_errors_print(stderr, &errors);
    if (errors.n > 0)
        return EXIT_USAGE;
    return list.n > 0 ? EXIT_AS_EXPECTED : EXIT_NOTHING;
}

int command_check(void *context, const struct options *options)
{
    struct scenario_list list = { 0 };
    struct scenario_errors errors = { NULL, 0 };
    struct error err = { 0 };

    if (select_cases(context, options, &list, &errors, &err) != 0)
        return commands_fail(&err);
    scenario_errors_print(stderr, &errors);
    if (errors.n > 0)
        return EXIT_USAGE;
    (void)printf("%zu case%s, no mistakes\n", list.n, list.n == 1 ? "" : "s");
    return EXIT_AS_EXPECTED;
}

int command_manual(void *context, const struct options *options)
{
    (void)context;
    (void)options;
    scenario_print_reference(stdout);
    return EXIT_AS_EXPECTED;
}

int command_schema(void *context, const struct options *options)
{
    (void)context;
    (void)options;
    scenario_print_json_schema(stdout);
    return EXIT_AS_EXPECTED;
}

int command_version(void *context, const struct options *options)
{
    (void)options;
    (void)printf("counterseal %s (%s)\n", COUNTERSEAL_VERSION, commands_libraries(context));
    return EXIT_AS_EXPECTED;
}

static void print_faults(void)
{
    (void)printf(
        "faults of the reference client, for --misbehave and `client: {misbehave: ...}`:\n");
    for (int i = SMTP_CLIENT_FAULT_NONE + 1; i < SMTP_CLIENT_FAULT_COUNT; i++)
        (void)printf("  %-24s %s\n", smtp_client_fault_name((enum smtp_client_fault)i),
                     smtp_client_fault_meaning((enum smtp_client_fault)i));
}

int command_help(void *context, const struct options *options)
{
    const char *topic = options->paths != NULL ? options->paths[0] : NULL;
    const struct command *command = commands;

    (void)context;
    if (topic != NULL && strcmp(topic, "faults") == 0) {
        print_faults();
        return EXIT_AS_EXPECTED;
    }
    if (topic != NULL && strcmp(topic, "model") == 0) {
        model_print_parameters(stdout);
        return EXIT_AS_EXPECTED;
    }
    while (topic != NULL && command->name != NULL && strcmp(topic, command->name) != 0)
        command++;
    options_print_help(stdout, topic != NULL && command->name != NULL ? command : NULL);
    return EXIT_AS_EXPECTED;
}
