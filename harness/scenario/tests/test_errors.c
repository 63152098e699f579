#include "harness/base/files.h"
#include "harness/scenario/tests/loaded.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

static const char three[] = "title: A file with three mistakes\n"
                            "server:\n"
                            "  mode: starttsl\n"
                            "  tls: \"1.4\"\n"
                            "steps:\n"
                            "  - send: {}\n"
                            "    expect: {presentd: alice}\n";

Test(errors, are_all_told_with_place_and_cure)
{
    struct loaded loaded = loaded_scenario(three);

    cr_expect_str_eq(loaded.printed,
                     "FILE:3:9: server.mode: \"starttsl\" is not one of starttls, implicit (did "
                     "you mean \"starttls\"?)\n"
                     "    3 |   mode: starttsl\n"
                     "      |         ^~~~~~~~\n"
                     "FILE:4:8: server.tls: \"1.4\" is not one of 1.0, 1.1, 1.2, 1.3\n"
                     "    4 |   tls: \"1.4\"\n"
                     "      |        ^~~~~\n"
                     "FILE:7:14: steps.1.expect.presentd: unknown key \"presentd\" (did you mean "
                     "\"presented\"?)\n"
                     "    7 |     expect: {presentd: alice}\n"
                     "      |              ^~~~~~~~\n",
                     "got %s", loaded.printed);
    cr_expect_eq(loaded.errors.n, 3);
    cr_expect_eq(loaded.errors.items[0].error.kind, ERROR_SCENARIO);
    cr_expect_str_eq(loaded.errors.items[0].source, "  mode: starttsl");
    loaded_free(&loaded);
}

Test(errors, of_several_files_are_kept)
{
    void *context = talloc_new(NULL);
    struct scenario_list list = { 0 };
    struct scenario_errors errors = { 0 };

    cr_expect_eq(scenario_load(context, "/nowhere/a.yaml", "a", NULL, &list, &errors), -1);
    cr_expect_eq(scenario_load(context, "/nowhere/b.yaml", "b", NULL, &list, &errors), -1);

    cr_assert_eq(errors.n, 2);
    cr_expect_str_eq(errors.items[1].error.where.file, "/nowhere/b.yaml");
    cr_expect_eq(errors.items[1].error.where.line, 0);
    cr_expect_null(errors.items[1].source);
    talloc_free(context);
}

Test(errors, are_not_more_than_anybody_reads)
{
    char *text = talloc_strdup(NULL, "title: t\nsteps: [{send: {}}]\n");
    struct loaded loaded;

    for (int i = 0; i < 400; i++)
        text = talloc_asprintf_append_buffer(text, "key%d: 1\n", i);
    loaded = loaded_scenario(text);

    cr_expect_eq(loaded.errors.n, 100);
    loaded_free(&loaded);
    talloc_free(text);
}

Test(errors, never_carry_controls_to_a_terminal)
{
    struct loaded loaded = loaded_scenario("title: t\nserver: {mode: \"\\e[31m\\u009b\"}\n"
                                           "steps: [{send: {}}]\n");

    cr_expect_not_null(strstr(loaded.printed, "server.mode: \"?[31m??\" is not one of"), "got %s",
                       loaded.printed);
    loaded_free(&loaded);
}

static char *printed_for(void *context, const char *path)
{
    struct scenario_list list = { 0 };
    struct scenario_errors errors = { 0 };
    char *text = NULL, *copy;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    (void)scenario_load(context, path, path, NULL, &list, &errors);
    scenario_errors_print(stream, &errors);
    fclose(stream);
    copy = talloc_strdup(context, text);
    free(text);
    return copy;
}

/* Runs from the root of the repository, as everything does. */
Test(errors, are_as_expected_for_all_of_cases_invalid)
{
    glob_t found;

    cr_assert_eq(glob("cases/invalid/*.yaml.bad", 0, NULL, &found), 0);
    cr_expect_geq(found.gl_pathc, 20);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        void *context = talloc_new(NULL);
        const char *path = found.gl_pathv[i];
        char *expected = talloc_asprintf(context, "%.*s.expected",
                                         (int)(strlen(path) - strlen(".yaml.bad")), path);
        struct error error = { 0 };
        size_t size;
        const char *want = files_read(context, expected, 1 << 20, &size, &error);
        const char *got = printed_for(context, path);

        cr_expect_not_null(want, "%s", error.text);
        if (want != NULL)
            cr_expect_str_eq(got, want, "%s: got %s", path, got);
        talloc_free(context);
    }
    globfree(&found);
}

Test(errors, of_every_kind_are_found)
{
#define STEPS "steps: [{send: {}}]\n"
    static const struct error_case {
        const char *name, *text, *want;
    } cases[] = {
        { "bad bool", "title: t\nserver: {sessions: {ids: maybe}}\n" STEPS, "not one of yes, no" },
        { "nul", "title: \"a\\0b\"\n" STEPS, "title: the text contains a NUL" },
        { "map for text", "title: {a: b}\n" STEPS, "one value is expected, not a mapping" },
        { "list for text", "title: [a]\n" STEPS, "one value is expected, not a list" },
        { "map for list", "title: t\ntags: {a: b}\n" STEPS, "not a mapping" },
        { "list in list", "title: t\ntags: [[a]]\n" STEPS, "tags.1: one value is expected" },
        { "steps no list", "title: t\nsteps: {send: {}}\n", "a list of steps is expected" },
        { "pki no map", "title: t\npki: [a]\n" STEPS, "names of identities" },
        { "replace no map", "title: t\nsteps: [{client: {replace: a}, send: {}}]\n", "pairs" },
        { "replace whom", "title: t\nsteps: [{client: {replace: {alice: bobb}}, send: {}}]\n",
          "steps.1.client.replace.alice: \"bobb\" is no identity" },
        { "script no list", "title: t\nserver: {script: {on: RCPT}}\n" STEPS,
          "a list is expected" },
        { "bytes and reply", "title: t\nserver: {script: [{on: RCPT, reply: a, bytes: b}]}\n" STEPS,
          "stands for the reply" },
        { "bytes no text", "title: t\nserver: {script: [{on: RCPT, bytes: [b]}]}\n" STEPS,
          "a text is expected" },
        { "limit twice",
          "title: t\nserver: {script: [{on: RCPT, reply: a, times: 1, limit: {times: 2}}]}\n" STEPS,
          "given in limit, too" },
        { "lines", "title: t\nserver: {script: [{on: DATA, after: 3 words, stall: yes}]}\n" STEPS,
          "is not a number of lines" },
        { "delay", "title: t\nserver: {script: [{on: DATA, delay: 61s}]}\n" STEPS,
          "is not between 1ms and 60000ms" },
        { "reserved", "title: t\npki: {nothing: {}}\n" STEPS, "cannot be a name" },
        { "variants no map", "title: t\nvariants: [a]\n" STEPS, "names with lists" },
        { "variant no list", "title: $a\nvariants: {a: b}\n" STEPS, "a list of values" },
        { "variant twice", "title: $a\nvariants: {a: [b, b]}\n" STEPS, "\"b\" is given twice" },
        { "variant name", "title: t\nvariants: {a-b: [c]}\n" STEPS, "letters, digits and _" },
        { "key no word", "title: t\n? [a]\n: b\n" STEPS, "a key must be a word" },
        { "directive", "%YAML 1.2\n---\ntitle: t\n" STEPS, "directives are not allowed" },
        { "lone carriage return", "title: a\rb\n" STEPS, "a control character" },
        { "surrogate", "title: \xed\xa0\x80\n" STEPS, "not UTF-8" },
        { "overlong", "title: \xc0\xaf\n" STEPS, "not UTF-8" },
        { "cut", "title: \xe2\x82", "not UTF-8" },
        { "no recipient", "title: t\nsteps: [{send: {to: []}}]\n", "needs a recipient" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        loaded_expect_fault(cases[i].name, cases[i].text, cases[i].want);
}

Test(errors, a_nul_in_the_file_is_no_end)
{
    static const char text[] = "title: t\0\nsteps: [{send: {}}]\n";
    struct loaded loaded = loaded_bytes(text, sizeof(text) - 1, NULL);

    cr_expect_not_null(strstr(loaded.printed, "a control character"), "got %s", loaded.printed);
    loaded_free(&loaded);
}

Test(errors, a_file_that_is_too_large_is_refused)
{
    char *text = talloc_size(NULL, SCENARIO_FILE_MAX + 2);
    struct loaded loaded;

    memset(text, '#', SCENARIO_FILE_MAX + 2);
    loaded = loaded_bytes(text, SCENARIO_FILE_MAX + 1, NULL);

    cr_expect_not_null(strstr(loaded.printed, "more than the 1048576 allowed"), "got %s",
                       loaded.printed);
    loaded_free(&loaded);
    talloc_free(text);
}
