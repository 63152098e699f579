#include "harness/scenario/coverage.h"

#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

static const struct coverage *load(void *context, const char *yaml, size_t *n_errors)
{
    char path[] = "/tmp/counterseal-coverage-XXXXXX";
    struct scenario_errors errors = { NULL, 0 };
    int fd = mkstemp(path);
    const struct coverage *coverage;

    cr_assert(fd >= 0 && write(fd, yaml, strlen(yaml)) == (ssize_t)strlen(yaml));
    close(fd);
    coverage = coverage_load(context, path, &errors);
    unlink(path);
    *n_errors = errors.n;
    return coverage;
}

Test(coverage, finds_the_reason_of_a_rule_and_of_a_case)
{
    void *context = talloc_new(NULL);
    size_t n;
    const struct coverage *coverage = load(context,
                                           "reasons:\n"
                                           "  - {because: a, rules: [CC-03, CR-08]}\n"
                                           "  - {because: b, cases: [\"topic/*\"]}\n",
                                           &n);

    cr_assert_eq(n, 0);
    cr_expect_str_eq(coverage_find_rule(coverage, "CR-08")->because, "a");
    cr_expect_eq(coverage_find_rule(coverage, "CR-08")->where.line, 2);
    cr_expect_null(coverage_find_rule(coverage, "CR-01"));
    cr_expect_str_eq(coverage_find_case(coverage, "topic/case")->because, "b");
    cr_expect_null(coverage_find_case(coverage, "other/case"));
    talloc_free(context);
}

Test(coverage, a_wrong_file_is_told)
{
    static const char *const wrong[] = {
        "reasons: x\n",
        "reasons:\n  - {rules: [CC-03]}\n",
        "reasons:\n  - {because: a}\n",
        "reasons:\n  - {because: a, rules: [CC-3]}\n",
        "reasons:\n  - {because: a, rule: [CC-03]}\n",
        "causes: []\n",
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        void *context = talloc_new(NULL);
        size_t n;

        cr_expect_null(load(context, wrong[i], &n), "%s", wrong[i]);
        cr_expect_gt(n, 0, "%s", wrong[i]);
        talloc_free(context);
    }
}
