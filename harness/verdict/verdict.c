#include "harness/verdict/judge.h"

#include "harness/base/text.h"
#include "harness/explain/explain.h"
#include "harness/scenario/rules.h"

#include <string.h>
#include <talloc.h>

enum { LOG_LINES = 6 };

/* --- levels and rules --- */

/* The strongest rule of a case gives its level; a case that names none is its author's own must. */
static enum rule_level level_of(const struct scenario *scenario)
{
    enum rule_level level = scenario->spec[0] != NULL ? RULE_RECORDED : RULE_MUST;

    for (size_t i = 0; scenario->spec[i] != NULL; i++) {
        const struct rule *rule = rule_find(scenario->spec[i]);

        if (rule != NULL && rule->level > level)
            level = rule->level;
    }
    return level;
}

static const char *const level_names[] = { "recorded", "should", "must" };

/* An expectation that is missed breaks the rules of its strength that the case names; where it
 * names none of that strength, all it names. */
static void set_rules(void *context, struct result_check *check, const struct scenario *scenario,
                      bool should)
{
    enum rule_level wanted = should ? RULE_SHOULD : level_of(scenario);
    struct result_rule *rules;
    size_t n = 0;

    while (scenario->spec[n] != NULL)
        n++;
    rules = talloc_zero_array(context, struct result_rule, (unsigned)n + 1);
    for (int pass = 0; pass < 2 && check->n_rules == 0; pass++)
        for (size_t i = 0; i < n; i++) {
            const struct rule *rule = rule_find(scenario->spec[i]);

            if (rule != NULL && (pass == 1 || rule->level == wanted))
                rules[check->n_rules++] = (struct result_rule){ scenario->spec[i], rule->text };
        }
    check->rules = rules;
}

/* --- checks --- */

static struct result_check *add_check(struct checks *checks)
{
    if (checks->n % 8 == 0)
        checks->items = talloc_realloc(checks->context, checks->items, struct result_check,
                                       (unsigned)checks->n + 8);
    checks->items[checks->n] = (struct result_check){ 0 };
    return &checks->items[checks->n++];
}

void checks_add_broken(struct checks *checks, const char *rule_id, const char *fact,
                       const char *expected, const char *got)
{
    struct result_check *check = add_check(checks);
    const struct rule *rule = rule_find(rule_id);
    struct result_rule *rules = talloc_zero(checks->context, struct result_rule);

    *rules = (struct result_rule){ rule->id, rule->text };
    *check = (struct result_check){
        .must = true,
        .fact = fact,
        .expected = expected,
        .got = got,
        .rules = rules,
        .n_rules = 1,
    };
}

static void add_expectation(struct checks *checks, const struct scenario *scenario,
                            const struct scenario_expectation *wanted,
                            const struct fact_value *value, bool binding)
{
    struct result_check *check = add_check(checks);
    const struct where *where = &wanted->where;

    *check = (struct result_check){
        .passed = match_holds(wanted->fact, &wanted->match, value),
        .must = binding || (!wanted->should && level_of(scenario) == RULE_MUST),
        .fact = facts[wanted->fact].name,
        .expected = match_words(checks->context, &wanted->match),
        .got = observe_words(checks->context, value),
        .file = where->file,
        .line = where->line,
        .column = where->column,
        .width = where->width,
        .source = where->line > 0 ? scenario->lines[where->line - 1] : NULL,
    };
    if (!check->passed)
        set_rules(checks->context, check, scenario, wanted->should);
}

static void check_step(struct checks *checks, const struct observation *all,
                       const struct observed_step *step, const struct verdict_options *options)
{
    const struct scenario *scenario = all->scenario;
    bool whole = step->number == 0;
    const struct scenario_expectation *wanted =
        whole ? scenario->expectations : scenario->steps[step->number - 1].expectations;
    size_t n = whole ? scenario->n_expectations : scenario->steps[step->number - 1].n_expectations;

    for (size_t i = 0; i < n; i++)
        if (!(MUTANT(first_expectation_only) && i > 0) &&
            !(MUTANT(wishes_unheard) && wanted[i].should))
            add_expectation(checks, scenario, &wanted[i], &step->facts[wanted[i].fact],
                            options->profile == NULL);
    if (!whole)
        invariants_check(checks, all, step);
}

bool verdict_step_holds(const struct observation *observation, int number,
                        const struct verdict_options *options)
{
    void *context = talloc_new(NULL);
    struct checks checks = { context, NULL, 0 };
    bool holds = true;

    check_step(&checks, observation, &observation->steps[number - 1], options);
    for (size_t i = 0; i < checks.n; i++)
        holds = holds && (checks.items[i].passed || !checks.items[i].must);
    talloc_free(context);
    return holds;
}

/* --- steps --- */

static const char *step_title(void *context, const struct scenario_step *step)
{
    const struct scenario_client *client = step->client;
    char *title;

    if (step->send == NULL)
        return step->wait != NULL ? talloc_asprintf(context, "wait for %s", step->wait) : "";
    title = talloc_strdup(context, step->is_probe ? "probe as [" : "send as [");
    for (size_t i = 0; i < client->n_certificates; i++)
        title = talloc_asprintf_append_buffer(title, "%s%s", i > 0 ? ", " : "",
                                              client->certificates[i].identity);
    return talloc_asprintf_append_buffer(title, "]");
}

static void add_step(struct result_case *result, const struct observation *all,
                     const struct observed_step *step, const struct verdict_options *options)
{
    struct checks checks = { result, NULL, 0 };
    struct result_step *steps =
        talloc_realloc(result, (struct result_step *)(uintptr_t)result->steps, struct result_step,
                       (unsigned)result->n_steps + 1);

    check_step(&checks, all, step, options);
    steps[result->n_steps++] = (struct result_step){
        .number = step->number,
        .title = step->number == 0 ? "the whole"
                                   : step_title(result, &all->scenario->steps[step->number - 1]),
        .checks = checks.items,
        .n_checks = checks.n,
    };
    result->steps = steps;
}

/* Of a mail that was never begun, as its server never came, there is nothing to say. */
static bool was_begun(const struct observation *all, size_t step)
{
    return all->evidence->trouble == NULL || all->scenario->steps[step].send == NULL ||
           all->evidence->answers[step].sent;
}

/* --- the outcome --- */

typedef bool check_filter(const struct result_check *check, const char *rule);

static bool is_broken_must(const struct result_check *check, const char *rule)
{
    (void)rule;
    return !check->passed && check->must;
}

static bool is_broken(const struct result_check *check, const char *rule)
{
    (void)rule;
    return !check->passed;
}

static bool breaks(const struct result_check *check, const char *rule)
{
    for (size_t i = 0; i < check->n_rules && !check->passed; i++)
        if (strcmp(check->rules[i].id, rule) == 0)
            return true;
    return false;
}

static const struct result_check *find_check(const struct result_case *result, check_filter *fits,
                                             const char *rule)
{
    for (size_t i = 0; i < result->n_steps; i++)
        for (size_t j = 0; j < result->steps[i].n_checks; j++)
            if (fits(&result->steps[i].checks[j], rule))
                return &result->steps[i].checks[j];
    return NULL;
}

static const char *check_words(struct result_case *result, const struct result_check *check)
{
    return talloc_asprintf(result, "%s: expected %s, got %s", check->fact, check->expected,
                           check->got);
}

/* A client that did not come to the server may have been sent to another. */
static bool never_came(const struct observation *all)
{
    for (size_t i = 0; i < all->evidence->n_answers; i++)
        if (all->evidence->answers[i].sent)
            return all->n_connections == 0;
    return false;
}

/* Says beside the reason what of the client itself explains it. */
static void add_remark(struct result_case *result, const struct observation *all)
{
    const char *remark = all->evidence->remark;

    if (result->outcome == OUTCOME_PASS)
        return;
    if (never_came(all) && !all->evidence->from_client)
        result->reason =
            talloc_asprintf(result, "%s; no connection came to the server", result->reason);
    if (remark != NULL)
        result->reason = talloc_asprintf(result, "%s; %s", result->reason, remark);
}

static const char *last_error(const struct observation *all)
{
    return all->evidence->answers[all->n_steps - 1].error;
}

/* Where a real server hangs, dies, talks rubbish or puts everybody off nothing can be judged. */
static bool is_out_of_order(const struct observation *all)
{
    static const char *const outcomes[] = { "timeout", "connect-failed", "protocol-violation",
                                            "no-starttls", "crashed" };
    const struct fact_value *outcome, *replies;
    const char *last = "";

    if (!all->evidence->from_client || all->n_steps == 0)
        return false;
    outcome = &all->steps[all->n_steps - 1].facts[FACT_OUTCOME];
    replies = &all->steps[all->n_steps - 1].facts[FACT_REPLIES];
    if (outcome->values == NULL)
        return false;
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
        if (strcmp(outcome->values[0], outcomes[i]) == 0)
            return true;
    for (size_t i = 0; replies->values[i] != NULL; i++)
        if (strncmp(replies->values[i], "221", 3) != 0)
            last = replies->values[i];
    return strcmp(outcome->values[0], "refused-by-smtp") == 0 && last[0] == '4';
}

/* How the log of a real server ends, in one line. */
static const char *end_of_log(struct result_case *result, const char *log)
{
    size_t size = strlen(log), begin;
    int lines = 0;
    char *text;

    while (size > 0 && log[size - 1] == '\n')
        size--;
    for (begin = size; begin > 0; begin--)
        if (log[begin - 1] == '\n' && ++lines == LOG_LINES)
            break;
    text = talloc_strndup(result, log + begin, size - begin);
    for (char *at = text; *at != '\0'; at++)
        if (*at == '\n')
            *at = '|';
    return size > 0 ? talloc_asprintf(result, "its log ends: %s", text) : "its log is empty";
}

static void decide(struct result_case *result, const struct observation *all,
                   const struct verdict_options *options)
{
    const struct result_check *must = find_check(result, is_broken_must, NULL);
    const struct result_check *any = find_check(result, is_broken, NULL);

    if (all->evidence->trouble != NULL) {
        result->outcome = OUTCOME_ERROR;
        result->reason = all->evidence->trouble;
    } else if (must != NULL && strcmp(must->fact, "outcome") == 0 && is_out_of_order(all)) {
        result->outcome = OUTCOME_ERROR;
        result->reason =
            talloc_asprintf(result, "%s: %s; %s", check_words(result, must), last_error(all),
                            end_of_log(result, all->evidence->server_log));
    } else if (must != NULL) {
        result->outcome = OUTCOME_FAIL;
        result->reason = check_words(result, must);
    } else if (all->disagreement != NULL) {
        result->outcome = OUTCOME_ERROR;
        result->reason = all->disagreement;
    } else if (any != NULL && level_of(all->scenario) != RULE_RECORDED) {
        result->outcome = options->strict ? OUTCOME_FAIL : OUTCOME_WARN;
        result->reason = check_words(result, any);
    }
}

static bool is_about(const struct profile_known *known, const char *id)
{
    for (const char *const *pattern = known->cases; *pattern != NULL; pattern++)
        if (text_matches(*pattern, id))
            return true;
    return false;
}

/* The row of the profile that knows this check broken in this case; where there is no check, one
 * that says that the case must fail. */
static const struct profile_known *find_known(const struct result_case *result,
                                              const struct profile *profile,
                                              const struct result_check *check)
{
    for (size_t i = 0; i < profile->n_known; i++) {
        const struct profile_known *known = &profile->known[i];

        if (is_about(known, result->id) &&
            (check != NULL ? known->rule == NULL || breaks(check, known->rule) : !known->sometimes))
            return known;
    }
    return NULL;
}

/* Knows all that made the case what it is: one deviation must not hide another. */
static const struct profile_known *find_all_known(const struct result_case *result,
                                                  const struct profile *profile)
{
    check_filter *counts =
        find_check(result, is_broken_must, NULL) != NULL ? is_broken_must : is_broken;
    const struct profile_known *known = NULL;

    for (size_t i = 0; i < result->n_steps; i++)
        for (size_t j = 0; j < result->steps[i].n_checks; j++) {
            const struct result_check *check = &result->steps[i].checks[j];

            if (!counts(check, NULL))
                continue;
            known = find_known(result, profile, check);
            if (known == NULL)
                return NULL;
        }
    return known;
}

/* A deviation that the profile knows shows as known; one that is gone as fixed. */
static void apply_known(struct result_case *result, const struct profile *profile)
{
    const struct profile_known *known;

    if (result->outcome == OUTCOME_PASS) {
        known = find_known(result, profile, NULL);
        if (known == NULL || profile->another_program)
            return;
        result->outcome = OUTCOME_FIXED;
        result->reason =
            talloc_asprintf(result, "a known deviation is gone, take it out of %s:%d: %s",
                            known->where.file, known->where.line, known->reason);
    } else if (result->outcome == OUTCOME_FAIL || result->outcome == OUTCOME_WARN) {
        known = find_all_known(result, profile);
        if (known == NULL)
            return;
        result->outcome = OUTCOME_KNOWN;
        result->reason = talloc_asprintf(result, "%s (%s)", known->reason, known->source);
    }
}

/* A self-test passes when the fault was caught under the rules that it names. */
static void apply_caught(struct result_case *result, const struct scenario *scenario)
{
    if (result->outcome == OUTCOME_ERROR)
        return;
    for (size_t i = 0; scenario->caught[i] != NULL; i++)
        if (find_check(result, breaks, scenario->caught[i]) == NULL) {
            result->reason = talloc_asprintf(
                result, "the fault was not caught: nothing says that it breaks %s%s%s",
                scenario->caught[i], result->reason[0] != '\0' ? "; " : "", result->reason);
            result->outcome = OUTCOME_FAIL;
            return;
        }
    result->outcome = OUTCOME_PASS;
    result->reason = "";
}

struct result_case *verdict_unplayed(void *context, const struct scenario *scenario,
                                     enum outcome outcome, const char *reason,
                                     const struct verdict_options *options)
{
    struct result_case *result = talloc_zero(context, struct result_case);
    bool of_server = options->profile != NULL && options->profile->server != NULL;

    *result = (struct result_case){
        .id = scenario->id,
        .title = scenario->title,
        .file = scenario->file,
        .line = scenario->where.line,
        .client = of_server || options->profile == NULL ? "reference" : options->profile->name,
        .server = of_server ? options->profile->name : "fake",
        .level = level_names[level_of(scenario)],
        .outcome = outcome,
        .reason = reason,
        .evidence = options->evidence,
        .rerun = options->rerun,
        .spec = scenario->spec,
        .tags = scenario->tags,
    };
    return result;
}

/* --- causes --- */

/* Of a case whose steps hold, or whose whole failed, every step is spoken of. */
static bool is_asked_about(const struct result_case *result, int number)
{
    bool any = false;

    for (size_t i = 0; i < result->n_steps; i++)
        for (size_t j = 0; j < result->steps[i].n_checks; j++) {
            if (result->steps[i].checks[j].passed)
                continue;
            if (result->steps[i].number == number || result->steps[i].number == 0)
                return true;
            any = true;
        }
    return !any;
}

static void add_causes(struct result_case *result, const struct observation *observation)
{
    struct explain_causes found = explain(result, observation, true);
    struct result_cause *causes = talloc_array(result, struct result_cause, (unsigned)found.n + 1);

    for (size_t i = 0; i < found.n; i++)
        if (is_asked_about(result, found.items[i].step))
            causes[result->n_causes++] =
                (struct result_cause){ found.items[i].step, found.items[i].connection,
                                       found.items[i].text };
    result->causes = causes;
}

struct result_case *verdict_case(void *context, const struct scenario *scenario,
                                 const struct observation *observation,
                                 const struct verdict_options *options)
{
    struct result_case *result = verdict_unplayed(context, scenario, OUTCOME_PASS, "", options);

    for (size_t i = 0; i < observation->n_steps; i++)
        if (was_begun(observation, i))
            add_step(result, observation, &observation->steps[i], options);
    if (scenario->n_expectations > 0 && !MUTANT(whole_unjudged) &&
        observation->n_steps == scenario->n_steps)
        add_step(result, observation, &observation->whole, options);
    decide(result, observation, options);
    add_remark(result, observation);
    if (options->profile != NULL)
        apply_known(result, options->profile);
    if (scenario->caught != NULL)
        apply_caught(result, scenario);
    if (result->outcome != OUTCOME_PASS || options->transcript) {
        add_causes(result, observation);
        result->n_transcript = transcript_of(result, observation, &result->transcript);
    }
    return result;
}
