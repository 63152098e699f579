#include "reports/report.h"
#include "reports/tests/fixture.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

Test(json, output_is_as_agreed)
{
    char *text = fixture_written(reporter_json.write, &fixture_run);

    fixture_expect_golden("report.json", text);
    free(text);
}

Test(json, a_case_is_one_line)
{
    for (size_t i = 0; i < fixture_run.n_cases; i++) {
        char *text = json_case_text(fixture_run.cases[i]);

        cr_expect_null(strchr(text, '\n'), "%s", fixture_run.cases[i]->id);
        free(text);
    }
}

Test(json, every_case_comes_back_as_it_was)
{
    void *context = talloc_new(NULL);

    for (size_t i = 0; i < fixture_run.n_cases; i++) {
        char *text = json_case_text(fixture_run.cases[i]), *again;
        struct result_case *parsed = json_case_parse(context, text, strlen(text));

        cr_assert_not_null(parsed, "%s", text);
        again = json_case_text(parsed);
        cr_expect_str_eq(again, text);
        free(again);
        free(text);
    }
    talloc_free(context);
}

Test(json, bytes_of_the_wire_survive)
{
    void *context = talloc_new(NULL);
    char *text = json_case_text(&fixture_hostile);
    struct result_case *parsed = json_case_parse(context, text, strlen(text));

    cr_assert_not_null(parsed);
    cr_assert_eq(parsed->n_transcript, fixture_hostile.n_transcript);
    for (size_t i = 0; i < parsed->n_transcript; i++) {
        const struct result_line *got = &parsed->transcript[i];
        const struct result_line *want = &fixture_hostile.transcript[i];

        cr_expect_str_eq(got->text, want->text, "line %zu", i);
        cr_expect_eq(got->direction, want->direction, "line %zu", i);
        cr_expect_eq(got->tls, want->tls, "line %zu", i);
        cr_expect(!(got->seconds < want->seconds || got->seconds > want->seconds), "line %zu", i);
    }
    cr_expect_str_eq(parsed->id, fixture_hostile.id);
    cr_expect_null(parsed->steps[0].checks[0].rules[0].id == NULL ? parsed : NULL);
    free(text);
    talloc_free(context);
}

Test(json, every_pair_of_bytes_survives)
{
    void *context = talloc_new(NULL);
    char *bytes = talloc_array(context, char, 2 * 255 * 255 + 1), *end = bytes, *text;
    struct result_case result = fixture_passed, *parsed;

    for (int a = 1; a < 256; a++) {
        for (int b = 1; b < 256; b++) {
            *end++ = (char)a;
            *end++ = (char)b;
        }
    }
    *end = '\0';
    result.reason = bytes;
    text = json_case_text(&result);
    parsed = json_case_parse(context, text, strlen(text));

    cr_assert_not_null(parsed);
    cr_expect_str_eq(parsed->reason, bytes);
    free(text);
    talloc_free(context);
}

Test(json, absent_members_stay_absent)
{
    void *context = talloc_new(NULL);
    char *text = json_case_text(&fixture_passed);
    struct result_case *parsed = json_case_parse(context, text, strlen(text));

    cr_assert_not_null(parsed);
    cr_expect_null(parsed->evidence);
    cr_expect_null(parsed->spec[2]);
    cr_expect_str_eq(parsed->spec[1], "CVE-2026-8286");
    cr_expect_eq(parsed->outcome, OUTCOME_PASS);
    cr_expect_eq(parsed->steps[0].checks[0].n_rules, 0);
    free(text);
    talloc_free(context);
}

Test(json, whatever_is_cut_off_is_no_case)
{
    void *context = talloc_new(NULL);
    char *text = json_case_text(&fixture_hostile);

    for (size_t size = 0; size < strlen(text); size++)
        cr_expect_null(json_case_parse(context, text, size), "got a case of %zu bytes", size);
    free(text);
    talloc_free(context);
}

/* Each row changes one place of a good case. */
Test(json, broken_input_is_no_case)
{
    static const struct {
        const char *name, *from, *to;
    } rows[] = {
        { "outcome unknown", "\"outcome\":\"pass\"", "\"outcome\":\"good\"" },
        { "outcome a number", "\"outcome\":\"pass\"", "\"outcome\":0" },
        { "member missing", "\"title\":", "\"tilte\":" },
        { "member twice", "\"title\":", "\"id\":" },
        { "text a list", "\"reason\":\"\"", "\"reason\":[]" },
        { "number a text", "\"line\":1,", "\"line\":\"1\"," },
        { "number negative", "\"line\":1,", "\"line\":-1," },
        { "number too large", "\"line\":1,", "\"line\":2147483648," },
        { "number far too large", "\"line\":1,", "\"line\":1e999," },
        { "number with a fraction", "\"line\":1,", "\"line\":1.5," },
        { "truth a number", "\"tls\":false", "\"tls\":0" },
        { "list an object", "\"spec\":[", "\"spec\":{},\"x\":[" },
        { "list of numbers", "\"spec\":[", "\"spec\":[1," },
        { "list of nulls", "\"spec\":[", "\"spec\":[null," },
        { "steps null", "\"steps\":[", "\"steps\":null,\"x\":[" },
        { "step a number", "\"steps\":[", "\"steps\":[7," },
        { "step empty", "\"steps\":[", "\"steps\":[{}," },
        { "direction too long", "\"direction\":\"*\"", "\"direction\":\"**\"" },
        { "direction a letter of two bytes", "\"direction\":\"*\"", "\"direction\":\"\xc3\xbc\"" },
        { "NUL", "\"reason\":\"\"", "\"reason\":\"\\u0000\"" },
        { "surrogate", "\"reason\":\"\"", "\"reason\":\"\\ud800\"" },
        { "not UTF-8", "\"reason\":\"\"", "\"reason\":\"\xff\"" },
        { "trailing comma", "\"spec\":[", "\"spec\":[," },
    };
    void *context = talloc_new(NULL);
    char *good = json_case_text(&fixture_passed);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *at = strstr(good, rows[i].from);
        char *bad;

        cr_assert_not_null(at, "%s: not found", rows[i].name);
        bad = talloc_asprintf(context, "%.*s%s%s", (int)(at - good), good, rows[i].to,
                              at + strlen(rows[i].from));
        cr_expect_null(json_case_parse(context, bad, strlen(bad)), "%s", rows[i].name);
    }
    free(good);
    talloc_free(context);
}

Test(json, what_is_no_object_is_no_case)
{
    static const char *const rows[] = { "",     " ",        "null", "[]",   "{}",
                                        "1",    "\"case\"", "{",    "[[[[", "{\"id\":",
                                        "\x00", "\xff\xff", "nul",  "{}{}" };
    void *context = talloc_new(NULL);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        cr_expect_null(json_case_parse(context, rows[i], strlen(rows[i])), "%s", rows[i]);
    cr_expect_null(json_case_parse(context, "a\0b", 3));
    cr_expect_eq(talloc_total_blocks(context), 1, "got memory left over");
    talloc_free(context);
}

Test(json, brackets_without_end_are_no_case)
{
    size_t size = 1000000;
    char *text = malloc(size);

    memset(text, '[', size);
    cr_expect_null(json_case_parse(NULL, text, size));
    free(text);
}

Test(json, unknown_members_are_left_to_later_versions)
{
    void *context = talloc_new(NULL);
    char *text = json_case_text(&fixture_passed);
    char *longer = talloc_asprintf(context, "{\"later\":[{}],%s", text + 1);

    cr_expect_not_null(json_case_parse(context, longer, strlen(longer)));
    free(text);
    talloc_free(context);
}

Test(json, a_run_comes_back_as_it_was)
{
    const struct result_run *const runs[] = { &fixture_run, &fixture_interrupted, &fixture_empty };
    void *context = talloc_new(NULL);

    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        char *text = fixture_written(reporter_json.write, runs[i]), *again;
        struct result_run *parsed = json_run_parse(context, text, strlen(text));

        cr_assert_not_null(parsed);
        again = fixture_written(reporter_json.write, parsed);
        cr_expect_str_eq(again, text);
        cr_expect_null(json_run_parse(context, text, strlen(text) - 3));
        free(again);
        free(text);
    }
    cr_expect_null(json_run_parse(context, "{}", 2));
    talloc_free(context);
}
