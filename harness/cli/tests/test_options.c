#include "harness/cli/commands.h"

#include "harness/base/text.h"

#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>

#define WORDS_MAX 10

static void *context;
static struct options options;
static struct error err;

static void init(void)
{
    context = talloc_new(NULL);
    err = (struct error){ 0 };
}

static void release(void)
{
    talloc_free(context);
}

TestSuite(options, .init = init, .fini = release, .timeout = 10);

/* Parses words that end with NULL. */
static int parse(const char *const *words)
{
    char **argv = talloc_zero_array(context, char *, WORDS_MAX + 2);
    int argc = 1;

    argv[0] = talloc_strdup(context, "counterseal");
    for (; words[argc - 1] != NULL; argc++)
        argv[argc] = talloc_strdup(context, words[argc - 1]);
    err = (struct error){ 0 };
    return options_parse(context, argc, argv, &options, &err);
}

static const char *joined(const char *const *list)
{
    return list != NULL ? text_join(context, list, "|") : "(none)";
}

static const struct error_case {
    const char *words[WORDS_MAX];
    const char *want; /* the whole text */
} error_cases[] = {
    { { "rum" }, "unknown command \"rum\" (did you mean \"run\"?)" },
    { { "frobnicate" }, "unknown command \"frobnicate\"" },
    { { "" }, "unknown command \"\"" },
    { { "run", "--cleint", "x" }, "unknown option \"--cleint\" (did you mean \"--client\"?)" },
    { { "run", "--clients=x" }, "unknown option \"--clients\" (did you mean \"--client\"?)" },
    { { "run", "--cli" }, "unknown option \"--cli\"" },
    { { "run", "-z" }, "unknown option \"-z\"" },
    { { "run", "--client" }, "--client wants NAME|COMMAND" },
    { { "run", "-c" }, "--client wants NAME|COMMAND" },
    { { "run", "--strict=yes" }, "--strict takes no argument" },
    { { "run", "-qx" }, "--quiet takes no argument" },
    { { "run", "--port", "25" }, "--port is no option of \"run\"" },
    { { "list", "-j", "2" }, "--jobs is no option of \"list\"" },
    { { "manual", "--set", "a=b" }, "--set is no option of \"manual\"" },
    { { "run", "-j", "0" }, "--jobs: \"0\" is not a number from 1 to 65535" },
    { { "run", "-j", "-1" }, "--jobs: \"-1\" is not a number from 1 to 65535" },
    { { "run", "-j", "2x" }, "--jobs: \"2x\" is not a number from 1 to 65535" },
    { { "run", "-j", "" }, "--jobs: \"\" is not a number from 1 to 65535" },
    { { "run", "-j99999999999999999999" },
      "--jobs: \"99999999999999999999\" is not a number from 1 to 65535" },
    { { "serve", "-p", "65536" }, "--port: \"65536\" is not a number from 1 to 65535" },
    { { "run", "--keep", "alway" }, "--keep: \"alway\" is not one of always failed never" },
    { { "run", "--keep=" }, "--keep: \"\" is not one of always failed never" },
    { { "run", "--color", "always never" },
      "--color: \"always never\" is not one of auto always never" },
};

Test(options, what_is_wrong_is_told_with_the_nearest_word)
{
    for (size_t i = 0; i < sizeof(error_cases) / sizeof(error_cases[0]); i++) {
        const struct error_case *row = &error_cases[i];

        cr_expect_eq(parse(row->words), -1, "%s is taken", joined(row->words));
        cr_expect_eq(err.kind, ERROR_USAGE);
        cr_expect_str_eq(err.text, row->want, "got %s", err.text);
    }
}

Test(options, where_nothing_is_said_are_the_defaults)
{
    static const char *const words[] = { "run", NULL };

    cr_assert_eq(parse(words), 0, "%s", err.text);
    cr_expect_str_eq(options.program, "counterseal");
    cr_expect_str_eq(options.command->name, "run");
    cr_expect_eq(options.keep, KEEP_FAILED);
    cr_expect_eq(options.colour, COLOUR_AUTO);
    cr_expect_eq(options.jobs, 0);
    cr_expect_str_eq(options.artifacts, "build/report/evidence");
    cr_expect_null(options.paths);
    cr_expect_null(options.clients);
    cr_expect_not(options.strict || options.fail_fast || options.quiet || options.help);
}

Test(options, may_be_written_in_every_usual_way)
{
    static const char *const words[] = { "run",   "-j4",  "a",  "--client=x y={z}",
                                         "-c",    "curl", "-x", "--keep",
                                         "never", "b",    NULL };

    cr_assert_eq(parse(words), 0, "%s", err.text);
    cr_expect_eq(options.jobs, 4);
    cr_expect_str_eq(joined(options.paths), "a|b");
    cr_expect_str_eq(joined(options.clients), "x y={z}|curl");
    cr_expect(options.fail_fast);
    cr_expect_eq(options.keep, KEEP_NEVER);
}

Test(options, behind_two_dashes_are_paths)
{
    static const char *const words[] = { "check", "-", "--", "--help", "--", NULL };

    cr_assert_eq(parse(words), 0, "%s", err.text);
    cr_expect_str_eq(joined(options.paths), "-|--help|--");
    cr_expect_not(options.help);
}

Test(options, every_word_has_its_place)
{
    static const struct {
        const char *const words[4];
        enum options_keep keep;
        enum options_colour colour;
    } rows[] = {
        { { "run", "--keep=always", "--color=never" }, KEEP_ALWAYS, COLOUR_NEVER },
        { { "run", "--keep=failed", "--color=always" }, KEEP_FAILED, COLOUR_ALWAYS },
        { { "run", "--keep=never", "--color=auto" }, KEEP_NEVER, COLOUR_AUTO },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_assert_eq(parse(rows[i].words), 0, "%s", err.text);
        cr_expect_eq(options.keep, rows[i].keep, "%s", rows[i].words[1]);
        cr_expect_eq(options.colour, rows[i].colour, "%s", rows[i].words[2]);
    }
}

Test(options, commands_have_other_names_that_people_try)
{
    static const char *const rows[][2] = {
        { "--help", "help" }, { "-h", "help" }, { "--version", "version" }, { "-V", "version" }
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const words[] = { rows[i][0], NULL };

        cr_assert_eq(parse(words), 0, "%s", err.text);
        cr_expect_str_eq(options.command->name, rows[i][1]);
    }
    cr_assert_eq(parse((const char *const[]){ NULL }), 0);
    cr_expect_str_eq(options.command->name, "help", "no command at all");
}

Test(options, every_command_tells_its_own_help)
{
    for (const struct command *command = commands; command->name != NULL; command++) {
        const char *const words[] = { command->name, "--help", NULL };
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        cr_assert_eq(parse(words), 0, "%s: %s", command->name, err.text);
        cr_expect(options.help);
        options_print_help(stream, command);
        (void)fclose(stream);
        cr_expect_not_null(strstr(text, command->meaning), "%s", command->name);
        cr_expect_eq(strstr(text, "--port") != NULL, strcmp(command->name, "serve") == 0, "%s",
                     command->name);
        free(text);
    }
}
