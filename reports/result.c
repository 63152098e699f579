#include "reports/result.h"

#include <assert.h>

struct outcome_row {
    const char *name;
    enum counted counted;
    const char *meaning;
};

#define OUTCOME_AS_ROW(id, name, counted, meaning) { name, COUNTED_##counted, meaning },
static const struct outcome_row outcomes[OUTCOME_COUNT] = { OUTCOMES(OUTCOME_AS_ROW) };

static const struct outcome_row *row_of(enum outcome outcome)
{
    assert((size_t)outcome < OUTCOME_COUNT);
    return &outcomes[outcome];
}

const char *outcome_name(enum outcome outcome)
{
    return row_of(outcome)->name;
}

enum counted outcome_counted(enum outcome outcome)
{
    return row_of(outcome)->counted;
}

const char *outcome_meaning(enum outcome outcome)
{
    return row_of(outcome)->meaning;
}

struct result_counts result_count(const struct result_run *run)
{
    struct result_counts counts = { .by_outcome[OUTCOME_PASS] = run->n_forgotten,
                                    .passed = run->n_forgotten };
    size_t *const sums[] = { [COUNTED_PASSED] = &counts.passed,
                             [COUNTED_FAILED] = &counts.failed,
                             [COUNTED_SKIPPED] = &counts.skipped };

    for (size_t i = 0; i < run->n_cases; i++) {
        enum outcome outcome = run->cases[i]->outcome;

        *sums[outcome_counted(outcome)] += 1;
        counts.by_outcome[outcome]++;
    }
    return counts;
}
