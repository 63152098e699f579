/* Which rule has a case, how the last run judged it, and why a rule has none. */
#include "harness/cli/commands.h"
#include "harness/cli/select.h"

#include "harness/base/files.h"
#include "harness/base/text.h"
#include "harness/scenario/coverage.h"
#include "harness/scenario/rules.h"
#include "reports/report.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#define COVERAGE_PATH "cases/" COVERAGE_FILE
#define REPORT_PATH   "build/report/report.json"
#define REPORT_MAX    ((size_t)256 * 1024 * 1024)

struct table {
    void *context;
    const struct scenario_list *list;
    const struct coverage *coverage;
    const struct result_run *last; /* NULL: there is no report */
    size_t n_shown, n_excused, n_wrong;
    size_t n_required; /* of the rules shown, those of an RFC */
};

/* --- one rule --- */

static bool tests(const struct scenario *scenario, const char *rule)
{
    const char *const *id = scenario->spec;

    while (*id != NULL && strcmp(*id, rule) != 0)
        id++;
    /* A self-test shows the tester at work, not a client. */
    return *id != NULL && scenario->caught == NULL;
}

/* The id of a case without its variant. */
static const char *file_id(void *context, const struct scenario *scenario)
{
    return talloc_strndup(context, scenario->id, strcspn(scenario->id, "["));
}

/* The files that hold cases of a rule, in order; ends with NULL. The list is ordered by id. */
static const char **find_files(const struct table *table, const char *rule)
{
    const char **files = talloc_zero_array(table->context, const char *, 1);
    unsigned n = 0;

    for (size_t i = 0; i < table->list->n; i++) {
        const char *id;

        if (!tests(table->list->items[i], rule))
            continue;
        id = file_id(table->context, table->list->items[i]);
        if (n > 0 && strcmp(files[n - 1], id) == 0)
            continue;
        files = talloc_realloc(table->context, files, const char *, n + 2);
        files[n++] = id;
        files[n] = NULL;
    }
    return files;
}

static bool names_rule(const struct result_case *result, const char *rule)
{
    for (size_t i = 0; result->spec != NULL && result->spec[i] != NULL; i++)
        if (strcmp(result->spec[i], rule) == 0)
            return true;
    return false;
}

/* The worst outcome that the last run has of a rule; "-" where it has none. */
static const char *last_verdict(const struct table *table, const char *rule)
{
    const struct result_case *worst = NULL;

    for (size_t i = 0; table->last != NULL && i < table->last->n_cases; i++) {
        const struct result_case *result = table->last->cases[i];

        if (names_rule(result, rule) &&
            (worst == NULL || (outcome_counted(result->outcome) == COUNTED_FAILED &&
                               outcome_counted(worst->outcome) != COUNTED_FAILED)))
            worst = result;
    }
    return worst != NULL ? outcome_name(worst->outcome) : "-";
}

static void print_wrong(struct table *table, const char *rule, const char *what, const char *cure)
{
    (void)printf("%-9s  %-7s  %s; %s\n", rule, "WRONG", what, cure);
    table->n_wrong++;
}

static void print_rule(struct table *table, const struct rule *rule)
{
    const char **files = find_files(table, rule->id);
    const struct coverage_reason *reason = coverage_find_rule(table->coverage, rule->id);
    const char *names = text_join(table->context, files, ", ");

    if (files[0] == NULL && reason == NULL)
        print_wrong(table, rule->id, "no case and no reason",
                    "write a case that names it in spec:, or a reason in " COVERAGE_PATH);
    else if (files[0] != NULL && reason != NULL)
        print_wrong(table, rule->id, talloc_asprintf(table->context, "a reason though %s", names),
                    talloc_asprintf(table->context, "take it out of %s:%d", reason->where.file,
                                    reason->where.line));
    else if (reason != NULL) {
        (void)printf("%-9s  %-7s  %s: %s\n", rule->id, "no case", rule->source, reason->because);
        table->n_excused++;
    } else {
        (void)printf("%-9s  %-7s  %s: %s\n", rule->id, last_verdict(table, rule->id), rule->source,
                     names);
        table->n_shown++;
        table->n_required += strncmp(rule->source, "RFC ", 4) == 0;
    }
}

/* Cases that stay though no mutant needs them. */
static void print_kept(const struct table *table)
{
    const char *before = "";

    for (size_t i = 0; i < table->list->n; i++) {
        const char *id = file_id(table->context, table->list->items[i]);
        const struct coverage_reason *reason = coverage_find_case(table->coverage, id);

        if (reason != NULL && strcmp(id, before) != 0)
            (void)printf("case       %s  stays: %s\n", id, reason->because);
        before = id;
    }
}

/* --- the whole --- */

static const struct result_run *load_report(void *context)
{
    struct error ignored = { 0 };
    size_t size;
    const char *text = files_read(context, REPORT_PATH, REPORT_MAX, &size, &ignored);

    return text != NULL ? json_run_parse(context, text, size) : NULL;
}

int command_coverage(void *context, const struct options *options)
{
    struct scenario_list list = { 0 };
    struct scenario_errors errors = { NULL, 0 };
    struct error err = { 0 };
    struct table table = { .context = context, .list = &list };

    if (select_cases(context, options, &list, &errors, &err) != 0)
        return commands_fail(&err);
    table.coverage = coverage_load(context, COVERAGE_PATH, &errors);
    scenario_errors_print(stderr, &errors);
    if (errors.n > 0 || table.coverage == NULL)
        return EXIT_USAGE;
    table.last = load_report(context);
    for (const char *const *id = rule_ids(); *id != NULL; id++)
        print_rule(&table, rule_find(*id));
    print_kept(&table);
    (void)printf("coverage: %zu rules have a case (%zu requirements of RFCs), %zu have a reason, "
                 "%zu wrong\n",
                 table.n_shown, table.n_required, table.n_excused, table.n_wrong);
    return table.n_wrong == 0 ? EXIT_AS_EXPECTED : EXIT_CASE_FAILED;
}
