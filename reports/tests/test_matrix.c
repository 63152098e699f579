#include "reports/matrix.h"
#include "reports/report.h"
#include "reports/tests/fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

Test(matrix, pages_are_as_agreed)
{
    char *markdown = fixture_written(reporter_markdown.write, &fixture_run);
    char *html = fixture_written(reporter_html.write, &fixture_run);
    char *summary = fixture_written(reporter_summary.write, &fixture_run);

    fixture_expect_golden("matrix.md", markdown);
    fixture_expect_golden("matrix.html", html);
    fixture_expect_golden("summary.md", summary);
    cr_expect_null(strstr(html, "<script"), "a page needs no script");
    cr_expect_null(strstr(html, "<b>&\"'"), "text from the wire forges no mark-up");
    free(markdown);
    free(html);
    free(summary);
}

Test(matrix, a_run_without_cases_is_a_page)
{
    char *html = fixture_written(reporter_html.write, &fixture_empty);

    cr_expect_not_null(strstr(html, "</html>"));
    free(html);
}

/* --- cells --- */

static struct result_case made(const char *id, const char *client, enum outcome outcome)
{
    return (struct result_case){ .id = id,
                                 .client = client,
                                 .outcome = outcome,
                                 .reason = "",
                                 .title = "t",
                                 .file = "cases/a.yaml",
                                 .server = "fake" };
}

Test(matrix, a_cell_is_the_worst_of_its_variants)
{
    struct result_case some[] = {
        made("a/one[tls=1.2]", "x", OUTCOME_PASS),   made("a/one[tls=1.3]", "x", OUTCOME_FAIL),
        made("a/one-two", "x", OUTCOME_SKIP),        made("a/one[tls=1.2]", "y", OUTCOME_SKIP),
        made("a/one[tls=1.3]", "y", OUTCOME_PASS),   made("a/one-two", "y", OUTCOME_KNOWN),
        made("selection/b[x=1]", "x", OUTCOME_WARN),
    };
    const struct result_case *cases[7];
    struct result_run run = { .cases = cases, .n_cases = 7, .version = "", .started = "" };
    struct matrix *matrix;

    for (size_t i = 0; i < 7; i++)
        cases[i] = &some[i];
    matrix = matrix_new(&run);

    cr_assert_eq(matrix->n_columns, 2);
    cr_assert_eq(matrix->n_rows, 3, "got %zu rows", matrix->n_rows);
    for (size_t r = 0; r < matrix->n_rows; r++) {
        const struct matrix_row *row = &matrix->rows[r];
        bool first = strcmp(row->id, "a/one") == 0;
        const char *x = matrix_cell_text(matrix, &row->cells[0]);
        const char *y = matrix_cell_text(matrix, &row->cells[1]);

        if (strcmp(row->id, "selection/b") == 0)
            cr_expect_str_eq(x, "warn");
        else
            cr_expect_str_eq(x, first ? "1 fail of 2" : "-", "%s: got %s", row->id, x);
        cr_expect_str_eq(y,
                         first                 ? "ok"
                         : row->cells[1].n > 0 ? "known"
                                               : "-",
                         "%s: got %s", row->id, y);
    }
    cr_expect_eq(matrix_cell_outcome(&matrix->topics[0]), OUTCOME_WARN);
    talloc_free(matrix);
}

Test(matrix, links_begin_where_the_page_lies)
{
    static const struct link_case {
        const char *from, *path, *want;
    } cases[] = {
        { "build/report", "build/report/evidence/a,b=1", "evidence/a,b=1" },
        { "build/report", "cases/a.yaml", "../../cases/a.yaml" },
        { "build/report", "build/reports/a", "../reports/a" },
        { "", "cases/a.yaml", "cases/a.yaml" },
        { "out", "/tmp/a", "/tmp/a" },
        { "/tmp", "cases/a.yaml", "cases/a.yaml" },
        { "a", "", "" },
    };
    struct matrix *matrix = matrix_new(&fixture_empty);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *got = matrix_link(matrix, cases[i].from, cases[i].path);

        cr_expect_str_eq(got, cases[i].want, "%s in %s: got %s", cases[i].path, cases[i].from, got);
    }
    talloc_free(matrix);
}
