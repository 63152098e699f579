#include "reports/report.h"
#include "reports/tests/fixture.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

Test(result, every_outcome_has_a_name_of_its_own_and_a_meaning)
{
    for (enum outcome a = OUTCOME_PASS; a < OUTCOME_COUNT; a++) {
        cr_expect_neq(outcome_meaning(a)[0], '\0');
        for (enum outcome b = OUTCOME_PASS; b < a; b++)
            cr_expect_str_neq(outcome_name(a), outcome_name(b));
    }
}

Test(result, outcomes_count_as_the_design_says)
{
    static const struct {
        enum outcome outcome;
        const char *name;
        enum counted want;
    } rows[] = {
        { OUTCOME_PASS, "pass", COUNTED_PASSED },   { OUTCOME_FAIL, "fail", COUNTED_FAILED },
        { OUTCOME_WARN, "warn", COUNTED_PASSED },   { OUTCOME_KNOWN, "known", COUNTED_PASSED },
        { OUTCOME_FIXED, "fixed", COUNTED_FAILED }, { OUTCOME_SKIP, "skip", COUNTED_SKIPPED },
        { OUTCOME_ERROR, "error", COUNTED_FAILED },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_expect_str_eq(outcome_name(rows[i].outcome), rows[i].name);
        cr_expect_eq(outcome_counted(rows[i].outcome), rows[i].want, "%s: got %d", rows[i].name,
                     (int)outcome_counted(rows[i].outcome));
    }
}

Test(result, counting_sums_by_outcome_and_by_class)
{
    struct result_counts counts = result_count(&fixture_run);
    size_t sum = 0;

    for (size_t i = 0; i < OUTCOME_COUNT; i++)
        sum += counts.by_outcome[i];

    cr_expect_eq(sum, fixture_run.n_cases);
    cr_expect_eq(counts.by_outcome[OUTCOME_FAIL], 4);
    cr_expect_eq(counts.passed, 4);
    cr_expect_eq(counts.failed, 6);
    cr_expect_eq(counts.skipped, 1);
}

Test(report, every_reporter_is_found_by_its_name)
{
    for (size_t i = 0; reporters[i] != NULL; i++) {
        cr_expect_eq(reporter_find(reporters[i]->name), reporters[i]);
        cr_expect_not_null(strchr(reporters[i]->file_name, '.'));
        cr_expect_neq(reporters[i]->meaning[0], '\0');
    }
    cr_expect_null(reporter_find("pdf"));
    cr_expect_null(reporter_find(""));
}

Test(report, a_full_disk_is_an_error_of_every_reporter)
{
    for (size_t i = 0; reporters[i] != NULL; i++) {
        FILE *stream = fopen("/dev/full", "w");
        int got;

        cr_assert_not_null(stream);
        errno = 0;
        got = reporters[i]->write(stream, &fixture_run);

        cr_expect_eq(got, -1, "%s: got %d", reporters[i]->name, got);
        cr_expect_neq(errno, 0, "%s: no errno", reporters[i]->name);
        (void)fclose(stream);
    }
}
