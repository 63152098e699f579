#include "harness/base/text.h"
#include "harness/scenario/tests/loaded.h"

#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>

static const char curl[] =
    "title: curl\n"
    "packages: [curl]\n"
    "program: curl\n"
    "version: \"{program} --version\"\n"
    "command: \"{program} -sS\"\n"
    "files: {conf/a: \"x {cert}\"}\n"
    "variables: {A: b}\n"
    "send: --url {scheme}://{host}:{port} --cacert {trust} [--cert {cert} --key {key}] "
    "--mail-from {from} [--mail-rcpt {to}] -T {message}\n"
    "next: --next\n"
    "answer: \"^exit ([0-9]+)\"\n"
    "certificates: {max: 1, needed: no}\n"
    "modes: [starttls, implicit]\n"
    "tls: [required, none]\n"
    "message: {adds_headers: yes}\n"
    "outcomes:\n"
    "  - {exit: 0, outcome: delivered}\n"
    "  - {exit: any, matches: \"refused|denied\", outcome: refused-by-smtp}\n"
    "known:\n"
    "  - {cases: \"selection/*\", rule: CC-03, since: \"7.1\", reason: It ignores the names, "
    "source: "
    "CAT-51}\n";

Test(profile, is_loaded)
{
    struct loaded loaded = loaded_profile(curl);
    const struct profile *profile = loaded.profile;

    cr_assert_str_empty(loaded.printed, "%s", loaded.printed);
    cr_assert_not_null(profile);
    cr_expect_eq(strncmp(profile->name, "profile_", 8), 0);
    cr_expect_str_eq(profile->here, "/tmp");
    cr_expect_str_eq(profile->packages[0], "curl");
    cr_expect_null(profile->packages[1]);
    cr_expect_str_eq(profile->command, "{program} -sS");
    cr_expect_str_eq(profile->program, "curl");
    cr_assert_eq(profile->n_files, 1);
    cr_expect_str_eq(profile->files[0].name, "conf/a");
    cr_assert_eq(profile->n_variables, 1);
    cr_expect_str_eq(profile->variables[0].text, "b");
    cr_expect_str_eq(profile->next, "--next");
    cr_expect_not(profile->driver);
    cr_expect_eq(profile->max_certificates, 1);
    cr_expect(profile->modes[SCENARIO_IMPLICIT]);
    cr_expect(profile->security[SCENARIO_TLS_NONE]);
    cr_expect_not(profile->security[SCENARIO_TLS_OPTIONAL]);
    cr_expect(profile->adds_headers);
    cr_assert_eq(profile->n_outcomes, 2);
    cr_expect_eq(profile->outcomes[1].exit, PROFILE_ANY_EXIT);
    cr_expect_str_eq(profile->outcomes[1].outcome, "refused-by-smtp");
    cr_assert_eq(profile->n_known, 1);
    cr_expect_str_eq(profile->known[0].rule, "CC-03");
    cr_expect_eq(profile->known[0].where.line, 19);
    loaded_free(&loaded);
}

Test(profile, has_defaults)
{
    struct loaded loaded = loaded_profile("command: mysend --host {host}\n");
    struct loaded driver = loaded_profile("command: python3 x.py\ndriver: yes\nname: py\n");

    cr_assert_not_null(loaded.profile, "%s", loaded.printed);
    cr_expect_eq(loaded.profile->max_certificates, 1);
    cr_expect(loaded.profile->modes[0] && loaded.profile->modes[1]);
    cr_expect(loaded.profile->security[SCENARIO_TLS_REQUIRED]);
    cr_expect_not(loaded.profile->security[SCENARIO_TLS_NONE]);
    cr_expect_eq(loaded.profile->n_outcomes, 0);
    cr_assert_not_null(driver.profile, "%s", driver.printed);
    cr_expect(driver.profile->driver);
    cr_expect_eq(driver.profile->max_certificates, 100);
    cr_expect_str_eq(driver.profile->name, "py");
    loaded_free(&loaded);
    loaded_free(&driver);
}

Test(profile, mistakes_are_found)
{
    static const struct profile_case {
        const char *text, *want;
    } cases[] = {
        { "title: t\n", "the key \"command\" is missing" },
        { "command: a {hots}\n", "command: unknown placeholder {hots} (did you mean {host}?)" },
        { "command: a 'b\n", "a quote is not closed" },
        { "command: \"a [--cert {cert}\"\n", "a bracket is not closed" },
        { "command: \"a {cert}]\"\n", "a bracket closes that was not opened" },
        { "command: \"a [b]\"\n", "brackets without a placeholder" },
        { "command: \"a [b [{cert}]]\"\n", "a bracket within brackets" },
        { "command: \"a x[y]\"\n", "brackets without a placeholder" },
        { "command: \"a x[{cert} y]\"\n", "a blank in brackets within a word" },
        { "command: \"a x[{cert}\"\n", "a bracket is not closed" },
        { "command: \"a [{cert}]x\"\n", "a word goes on behind a bracket" },
        { "command: a {host\n", "a placeholder is not closed" },
        { "command: \"  \"\n", "no word in it" },
        { "command: \"a \\\\\"\n", "ends with a backslash" },
        { "command: a\nknown: [{rule: CC-03, reason: x}]\n", "the key \"source\" is missing" },
        { "command: a\nknown: [{rule: CC-03, source: x}]\n", "the key \"reason\" is missing" },
        { "command: a\nknown: [{rule: CC-99, source: x, reason: y}]\n", "is no rule" },
        { "command: a\nknown: [{source: x, reason: y}]\n", "it would excuse everything" },
        { "command: a\nknown: x\n", "a list of rows" },
        { "command: a\noutcomes: [{exit: 0, outcome: sent}]\n", "is not one of delivered" },
        { "command: a\noutcomes: [{exit: x, outcome: delivered}]\n", "is not a number" },
        { "command: a\noutcomes: [{exit: 0, matches: \"(\", outcome: timeout}]\n", "regular" },
        { "command: a\nanswer: x\n", "needs a group" },
        { "command: a\nsend: b\nnext: c\n", "\"answer\" must say" },
        { "command: a\nanswer: (x)\nnext: c\n", "\"send\" must hold" },
        { "command: a\ndriver: yes\nsend: b\n", "a driver is told by JSON lines" },
        { "command: a\nfiles: x\n", "names with texts are expected" },
        { "command: a\nfiles: {a: \"{hots}\"}\n", "files.a: unknown placeholder {hots}" },
        { "command: a\nfiles: {../a: x}\n", "the name leads elsewhere" },
        { "command: a\nfiles: {/a: x}\n", "the name leads elsewhere" },
        { "command: a\nvariables: {A: \"{cert\", B: \"{nobody}\"}\n",
          "variables.B: unknown placeholder {nobody}" },
        { "command: a\nknown: [{rule: CC-03, since: x, source: x, reason: y}]\n", "is no version" },
        { "command: a\nknown: [{rule: CC-03, since: \"7.1\", source: x, reason: y}]\n",
          "the profile needs \"version\"" },
        { "command: \"{program} a\"\n", "does not say what {program} is" },
        { "command: a\nprogram: b\n", "nothing runs it" },
        { "command: a\nversion_is: a.*\n", "needs a group" },
        { "command: a\ncomand: a\n", "unknown key \"comand\" (did you mean \"command\"?)" },
        { "command: a\nmodes: []\n", "at least one of" },
        { "command: a\nmodes: [tls]\n", "is not one of starttls, implicit" },
        { "- a\n", "keys with values are expected" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct loaded loaded = loaded_profile(cases[i].text);

        cr_expect_null(loaded.profile, "%s", cases[i].text);
        cr_expect_not_null(strstr(loaded.printed, cases[i].want), "%s: got %s", cases[i].text,
                           loaded.printed);
        loaded_free(&loaded);
    }
}

static const char *const some[] = { "one", "two", NULL };
static const char *const keys[] = { "k1", "k2", NULL };
static const char *const one[] = { "one", NULL };

Test(templates, are_expanded)
{
    static const struct expand_case {
        const char *template;
        const char *const *cert;
        const char *want; /* words separated by "|" */
    } cases[] = {
        { "a --host {host}:{port}", NULL, "a|--host|h:25" },
        { "a [--cert {cert} --key {key}] z", NULL, "a|z" },
        { "a [--cert {cert} --key {key}] z", one, "a|--cert|one|--key|k1|z" },
        { "a [--cert {cert} --key {key}] z", some, "a|--cert|one|--key|k1|--cert|two|--key|k2|z" },
        { "a {cert}", some, "a|one|two" },
        { "a {cert}", NULL, "a" },
        { "a --cert={cert}", some, "a|--cert=one|--cert=two" },
        { "a [--domain {domain}]", NULL, "a" },
        { "a [-h {host}]", NULL, "a|-h|h" },
        { "a 'b c' \"d  e\" f\\ g", NULL, "a|b c|d  e|f g" },
        { "a '' \"\"", NULL, "a||" },
        { "a '{host}' \"{port} x\"", NULL, "a|h|25 x" },
        { "a '[x]' \\[y\\] \"[z]\"", NULL, "a|[x]|[y]|[z]" },
        { "awk '{print $1}' \\{host} \"\\\"\\\\\\n\"", NULL, "awk|{print $1}|{host}|\"\\\\n" },
        { "a {host}/[{domain}]", NULL, "a|h/" },
        { "a {host}/[:{port}]x", NULL, "a|h/:25x" },
        { "a \"%{stderr}x %{exitcode}\\n\"", NULL, "a|%{stderr}x %{exitcode}\\n" },
        { " a\tb\n c ", NULL, "a|b|c" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        void *context = talloc_new(NULL);
        struct profile_values values = { .host = "h",
                                         .port = "25",
                                         .cert = cases[i].cert,
                                         .key = cases[i].cert == NULL ? NULL : keys };
        char **words = profile_expand(context, NULL, cases[i].template, &values);
        const char *got = text_join(context, (const char *const *)words, "|");

        cr_expect_str_eq(got, cases[i].want, "%s: got %s", cases[i].template, got);
        talloc_free(context);
    }
}

Test(templates, of_texts_are_expanded_line_by_line)
{
    static const struct text_case {
        const char *text;
        const char *const *cert;
        const char *want;
    } cases[] = {
        { "a {host}\n[b] 'c'\n", NULL, "a h\n[b] 'c'\n" },
        { "host {host}\ncert {cert}\nend", NULL, "host h\nend\n" },
        { "cert {cert}\nkey {key}\n", some, "cert one\ncert two\nkey k1\nkey k2\n" },
        { "{cert} {key}", one, "one k1\n" },
        { "relay { host } {} \\{host} a\\b \\", NULL, "relay { host } {} {host} a\\b \\\n" },
        { "a\n\nb\n", NULL, "a\n\nb\n" },
        { "a\\\nb", NULL, "a\\\nb\n" },
        { "", NULL, "" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        void *context = talloc_new(NULL);
        struct profile_values values = { .host = "h",
                                         .cert = cases[i].cert,
                                         .key = cases[i].cert == NULL ? NULL : keys };
        const char *got = profile_expand_text(context, cases[i].text, &values);

        cr_expect_str_eq(got, cases[i].want, "%s: got %s", cases[i].text, got);
        talloc_free(context);
    }
}

Test(templates, are_appended_to_words)
{
    void *context = talloc_new(NULL);
    struct profile_values values = { .host = "h", .to = some };
    char **words = profile_expand(context, NULL, "a {host}", &values);

    words = profile_expand(context, words, "[-r {to}]", &values);

    cr_expect_str_eq(text_join(context, (const char *const *)words, "|"), "a|h|-r|one|-r|two");
    talloc_free(context);
}

Test(profile, is_made_of_a_command)
{
    void *context = talloc_new(NULL);
    struct error error = { 0 };
    const struct profile *profile =
        profile_from_command(context, "/usr/bin/mysend.sh {host} {port}", &error);

    cr_assert_not_null(profile, "%s", error.text);
    cr_expect_str_eq(profile->name, "mysend");
    cr_expect_null(profile->file);
    cr_expect(profile->modes[SCENARIO_STARTTLS]);
    cr_expect_not(profile->modes[SCENARIO_IMPLICIT]);
    cr_expect_eq(profile->max_certificates, 1);
    cr_expect(profile->security[SCENARIO_TLS_REQUIRED]);
    cr_expect(profile_from_command(context, "x {scheme}", &error)->modes[SCENARIO_IMPLICIT]);
    cr_expect_null(profile_from_command(context, "x {sceme}", &error));
    cr_expect_eq(error.kind, ERROR_USAGE);
    talloc_free(context);
}
