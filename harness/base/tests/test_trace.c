#include "harness/base/trace.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

/* What `act` writes to standard error, when that is a pipe that keeps each write apart. */
static const char *chatter(void (*act)(void))
{
    static char text[8192];
    int fds[2], before = dup(STDERR_FILENO);
    ssize_t n;

    cr_assert_eq(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    act();
    dup2(before, STDERR_FILENO);
    close(before);
    close(fds[1]);
    n = read(fds[0], text, sizeof(text) - 1);
    text[n > 0 ? n : 0] = '\0';
    close(fds[0]);
    return text;
}

static void say_both(void)
{
    trace_write(TRACE_SMTP, "smtp: %d %s", 250, "ok");
    trace_write(TRACE_TLS, "tls: %s", "alert");
}

static void say_much(void)
{
    trace_write(TRACE_SMTP, "%05000d", 7);
}

static const struct {
    const char *words;
    unsigned want;
} set_cases[] = {
    { "", 0 },
    { "smtp", TRACE_SMTP },
    { "tls,events", TRACE_TLS | TRACE_EVENTS },
    { "process,process", TRACE_PROCESS },
    { "all", TRACE_SMTP | TRACE_TLS | TRACE_EVENTS | TRACE_PROCESS },
};

Test(trace, set_switches_words_on)
{
    unsigned so_far = 0;

    for (size_t i = 0; i < sizeof(set_cases) / sizeof(set_cases[0]); i++) {
        struct error err = { 0 };

        so_far |= set_cases[i].want;
        cr_expect_eq(trace_set(set_cases[i].words, &err), 0, "%s", err.text);
        cr_expect_eq(trace_get(), so_far, "%s", set_cases[i].words);
    }
}

static const struct {
    const char *words, *want;
} wrong_cases[] = {
    { "smpt", "\"smpt\" is not one of smtp, tls, events, process, all (did you mean \"smtp\"?)" },
    { "tls,zzzzz", "\"zzzzz\" is not one of smtp, tls, events, process, all" },
    { "all the words that there are in the world", "is not one of smtp, tls, events" },
};

Test(trace, an_unknown_word_is_an_error_that_names_those_there_are)
{
    for (size_t i = 0; i < sizeof(wrong_cases) / sizeof(wrong_cases[0]); i++) {
        struct error err = { 0 };

        cr_expect_eq(trace_set(wrong_cases[i].words, &err), -1, "%s", wrong_cases[i].words);
        cr_expect_eq(err.kind, ERROR_USAGE);
        cr_expect_not_null(strstr(err.text, wrong_cases[i].want), "%s", err.text);
    }
}

Test(trace, only_what_is_on_is_written_one_line_each, .timeout = 5)
{
    struct error err = { 0 };

    cr_expect_str_eq(chatter(say_both), "");
    trace_set("smtp", &err);
    cr_expect_str_eq(chatter(say_both), "smtp: 250 ok\n");
    trace_set("all", &err);
    cr_expect_str_eq(chatter(say_both), "smtp: 250 ok\ntls: alert\n");
}

Test(trace, a_long_line_is_cut_and_still_ends, .timeout = 5)
{
    struct error err = { 0 };
    const char *text;

    trace_set("smtp", &err);
    text = chatter(say_much);

    cr_expect_gt(strlen(text), 4000);
    cr_expect_eq(strchr(text, '\n'), text + strlen(text) - 1);
}
