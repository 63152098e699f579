#include "harness/base/error.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

Test(error, set_records_kind_place_and_sentence)
{
    struct error err = { 0 };

    cr_expect_eq(error_set(&err, ERROR_SCENARIO, (struct where){ "a.yaml", 9, 11, 8 },
                           "unknown key \"%s\"", "tsl"),
                 -1);
    cr_expect_eq(err.kind, ERROR_SCENARIO);
    cr_expect_eq(err.where.width, 8);
    cr_expect_str_eq(err.text, "unknown key \"tsl\"");
}

Test(error, set_errno_appends_what_the_system_said)
{
    struct error err = { 0 };

    errno = ENOENT;
    cr_expect_eq(error_set_errno(&err, "cannot read %s", "x"), -1);
    cr_expect_eq(err.kind, ERROR_SYSTEM);
    cr_expect_eq(err.where.line, 0);
    cr_expect_str_eq(err.text, "cannot read x: No such file or directory");
}

Test(error, wrap_puts_words_in_front)
{
    struct error err = { 0 };

    error_set(&err, ERROR_TLS, WHERE_NONE, "inner");
    cr_expect_eq(error_wrap(&err, "case %d", 3), -1);
    cr_expect_eq(error_wrap(&err, "run"), -1);
    cr_expect_str_eq(err.text, "run: case 3: inner");
    cr_expect_eq(err.kind, ERROR_TLS);
}

static const struct {
    const char *name;
    struct where where;
    const char *want;
} text_cases[] = {
    { "no place", { NULL, 0, 0, 0 }, "oh" },
    { "a file", { "a.yaml", 0, 0, 0 }, "a.yaml: oh" },
    { "a line", { "a.yaml", 3, 7, 2 }, "a.yaml:3:7: oh" },
};

Test(error, text_tells_what_there_is_of_the_place)
{
    for (size_t i = 0; i < sizeof(text_cases) / sizeof(text_cases[0]); i++) {
        struct error err = { 0 };
        char buffer[100];

        error_set(&err, ERROR_SCENARIO, text_cases[i].where, "oh");
        cr_expect_str_eq(error_text(&err, buffer, sizeof(buffer)), text_cases[i].want, "%s: %s",
                         text_cases[i].name, buffer);
    }
}

Test(error, what_does_not_fit_is_cut)
{
    struct error set = { 0 }, system = { 0 };
    char words[1000], small[5];

    memset(words, 'x', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';

    error_set(&set, ERROR_USAGE, WHERE_NONE, "%s", words);
    cr_expect_eq(strlen(set.text), sizeof(set.text) - 1);
    error_wrap(&set, "%s", words);
    cr_expect_eq(strlen(set.text), sizeof(set.text) - 1);
    errno = EIO;
    error_set_errno(&system, "%s", words);
    cr_expect_eq(strlen(system.text), sizeof(system.text) - 1);
    cr_expect_str_eq(error_text(&set, small, sizeof(small)), "xxxx");
}

Test(error, to_set_one_twice_is_a_mistake_of_the_programmer, .signal = SIGABRT)
{
    struct error err = { 0 };

    error_set(&err, ERROR_USAGE, WHERE_NONE, "one");
    error_set(&err, ERROR_USAGE, WHERE_NONE, "two");
}

Test(error, to_wrap_none_is_a_mistake_of_the_programmer, .signal = SIGABRT)
{
    struct error err = { 0 };

    error_wrap(&err, "words");
}
