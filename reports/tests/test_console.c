#include "reports/escape.h"
#include "reports/report.h"
#include "reports/tests/fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect_console(const char *golden, enum console_colour colour, bool unicode,
                           int columns)
{
    char *text;

    console_set(colour, unicode, columns);
    text = fixture_written(reporter_console.write, &fixture_run);

    fixture_expect_golden(golden, text);
    free(text);
}

Test(console, plain_output_is_as_agreed)
{
    expect_console("console.txt", CONSOLE_PLAIN, false, 0);
}

Test(console, coloured_unicode_output_is_as_agreed)
{
    expect_console("console_colour_unicode.txt", CONSOLE_COLOUR, true, 120);
}

Test(console, narrow_output_is_as_agreed)
{
    expect_console("console_narrow.txt", CONSOLE_PLAIN, true, 70);
}

Test(console, an_interrupted_run_says_so)
{
    char *text = fixture_written(reporter_console.write, &fixture_interrupted);

    cr_expect_not_null(strstr(text, "\ninterrupted: "), "got %s", text);
    free(text);
}

Test(console, the_last_line_is_the_tally_and_nothing_else)
{
    static const struct {
        const char *name;
        const struct result_run *run;
        const char *want;
    } rows[] = {
        { "all outcomes", &fixture_run, "counterseal: 4 passed, 6 failed, 1 skipped\n" },
        { "interrupted", &fixture_interrupted, "counterseal: 2 passed, 0 failed, 0 skipped\n" },
        { "empty", &fixture_empty, "counterseal: 0 passed, 0 failed, 0 skipped\n" },
    };

    console_set(CONSOLE_COLOUR, true, 80);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = fixture_written(reporter_console.write, rows[i].run);
        size_t from = strlen(text) - strlen(rows[i].want);

        cr_expect_str_eq(text + from, rows[i].want, "%s: got %s", rows[i].name, text + from);
        cr_expect(from == 0 || text[from - 1] == '\n', "%s: more on the line", rows[i].name);
        free(text);
    }
}

Test(console, plain_output_holds_nothing_but_ascii_text)
{
    char *text;

    console_set(CONSOLE_PLAIN, false, 0);
    text = fixture_written(reporter_console.write, &fixture_run);

    for (const char *c = text; *c != '\0'; c++)
        cr_expect(*c == '\n' || (*c >= 0x20 && *c < 0x7f), "got byte %02x", (unsigned char)*c);
    free(text);
}

Test(console, no_line_of_a_transcript_is_wider_than_the_terminal)
{
    const struct result_case *const cases[] = { &fixture_hostile };
    const struct result_run run = { .cases = cases, .n_cases = 1 };
    char *text, *rest, *line;

    console_set(CONSOLE_PLAIN, true, 70);
    text = fixture_written(reporter_console.write, &run);
    rest = strstr(text, "transcript");
    while ((line = strsep(&rest, "\n")) != NULL && strstr(line, "evidence:") == NULL)
        cr_expect_leq(escape_columns(line, ESCAPE_UNICODE), 70, "got %zu: %s",
                      escape_columns(line, ESCAPE_UNICODE), line);
    free(text);
}

/* What stands between the two carriage returns. */
static char *progress_line(size_t done, size_t total, size_t failed, const char *now)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    console_progress(stream, done, total, failed, now);
    (void)fclose(stream);
    cr_assert(size > 2 && text[0] == '\r' && text[size - 1] == '\r', "got \"%s\"", text);
    memmove(text, text + 1, size - 1);
    text[size - 2] = '\0';
    return text;
}

Test(console, progress_is_a_bar_the_counts_and_the_case)
{
    char *line;

    console_set(CONSOLE_PLAIN, false, 73);
    line = progress_line(3, 12, 1, "selection/by_issuer");

    cr_expect_str_eq(line,
                     "[=====               ] 3/12  1 failed  selection/by_issuer              ",
                     "got \"%s\"", line);
    free(line);
}

Test(console, progress_fills_the_line_but_its_last_column)
{
    static const struct {
        const char *name, *now;
        size_t done, total;
    } rows[] = {
        { "short", "a", 1, 2 },
        { "nothing yet", "", 0, 0 },
        { "no name", NULL, 7, 7 },
        { "more than all", "x", 9, 7 },
        { "long", "selection/by_issuer[mode=starttls,tls=1.3,a=b,c=d,e=f,g=h,i=j,k=l,m=n]", 10,
          20 },
        { "wide and hostile", "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\x1b[2J\xe6\x97\xa5\r\n", 5,
          20 },
    };
    static const int widths[] = { 2, 5, 10, 20, 40, 51, 80, 133 };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t w = 0; w < 2 * sizeof(widths) / sizeof(widths[0]); w++) {
            char *line;
            size_t columns;

            console_set(CONSOLE_PLAIN, w % 2 == 1, widths[w / 2]);
            line = progress_line(rows[i].done, rows[i].total, 1, rows[i].now);
            columns = escape_columns(line, ESCAPE_UNICODE);
            cr_expect_eq(columns, (size_t)widths[w / 2] - 1, "%s in %d: got %zu: \"%s\"",
                         rows[i].name, widths[w / 2], columns, line);
            free(line);
        }
    }
}

Test(console, clearing_progress_wipes_the_line)
{
    char text[64] = "";
    FILE *stream = fmemopen(text, sizeof(text), "w");

    console_set(CONSOLE_PLAIN, false, 11);
    console_clear_progress(stream);
    (void)fclose(stream);

    cr_expect_str_eq(text, "\r          \r");
}
