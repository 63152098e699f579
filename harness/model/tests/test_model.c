#include "harness/model/model.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

static struct model *open_model(int strength, bool exhaustive, const char *const *pins)
{
    const struct model_options options = {
        .strength = strength, .exhaustive = exhaustive, .seed = 1, .pins = pins
    };
    struct error err = { 0 };
    struct model *model = model_open(NULL, &options, &err);

    cr_assert_not_null(model, "%s", err.text);
    return model;
}

/* The place of a value, which the test names by its word. */
static int place(enum model_parameter parameter, const char *word)
{
    for (size_t i = 0; i < model_parameters[parameter].n_values; i++)
        if (strcmp(model_parameters[parameter].values[i], word) == 0)
            return (int)i;
    cr_assert_fail("no value %s", word);
    return -1;
}

/* Which values of so many parameters meet in some combination: one mark for each choice. */
struct marks {
    int strength;
    bool *set;
    size_t n;
};

enum { VALUES_MAX = 16, MARKS = 1 << 24 /* three parameters and three values of four bits each */ };

static void mark(struct marks *marks, const int *row)
{
    for (size_t a = 0; a < MODEL_PARAMETER_COUNT; a++)
        for (size_t b = a + 1; b < MODEL_PARAMETER_COUNT; b++)
            for (size_t c = b; c < MODEL_PARAMETER_COUNT; c++) {
                size_t at = (((((a * 16 + b) * 16 + c) * VALUES_MAX + (size_t)row[a]) * VALUES_MAX +
                              (size_t)row[b]) *
                                 VALUES_MAX +
                             (size_t)row[c]);

                if ((c == b) != (marks->strength == 2))
                    continue;
                marks->n += !marks->set[at];
                marks->set[at] = true;
            }
}

static void mark_cases(struct marks *marks, int strength, const char *const *pins)
{
    struct model *model = open_model(strength, false, pins);
    struct model_combination combination;

    while (model_next(model, &combination))
        mark(marks, combination.values);
    talloc_free(model);
}

/* Counts through the whole product of what is not pinned; nothing of the generator has a part in
 * it.
 */
static void mark_product(struct marks *marks, const char *const *pins)
{
    int low[MODEL_PARAMETER_COUNT] = { 0 }, high[MODEL_PARAMETER_COUNT];
    int row[MODEL_PARAMETER_COUNT];
    size_t at = 0;

    for (size_t p = 0; p < MODEL_PARAMETER_COUNT; p++)
        high[p] = (int)model_parameters[p].n_values - 1;
    for (; *pins != NULL; pins++)
        for (enum model_parameter p = 0; p < MODEL_PARAMETER_COUNT; p++)
            if (strncmp(*pins, model_parameters[p].name, strlen(model_parameters[p].name)) == 0)
                low[p] = high[p] = place(p, strchr(*pins, '=') + 1);
    memcpy(row, low, sizeof(row));
    while (at < MODEL_PARAMETER_COUNT) {
        if (model_allows(row))
            mark(marks, row);
        for (at = 0; at < MODEL_PARAMETER_COUNT && ++row[at] > high[at]; at++)
            row[at] = low[at];
    }
}

static void expect_all(int strength, const char *const *pins)
{
    struct marks got = { strength, talloc_zero_array(NULL, bool, MARKS), 0 };
    struct marks all = { strength, talloc_zero_array(NULL, bool, MARKS), 0 };
    size_t missing = 0;

    mark_cases(&got, strength, pins);
    mark_product(&all, pins);

    for (size_t i = 0; i < MARKS; i++)
        missing += all.set[i] && !got.set[i];
    cr_expect_eq(missing, 0, "%zu of %zu are in no case", missing, all.n);
    cr_expect_eq(got.n, all.n, "%zu, not %zu", got.n, all.n);
    cr_expect_gt(all.n, 100);
    talloc_free(got.set);
    talloc_free(all.set);
}

Test(model, every_pair_of_values_that_makes_sense_is_in_a_case)
{
    static const char *const pins[] = { "mode=implicit", "third=nobody", NULL };

    expect_all(2, pins);
}

Test(model, every_triple_of_values_that_makes_sense_is_in_a_case)
{
    static const char *const pins[] = { "mode=starttls", "tls=1.2", "policy=framework",
                                        "change=same", NULL };

    expect_all(3, pins);
}

static size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

Test(model, every_case_is_a_scenario_of_few_lines)
{
    struct model *model = open_model(3, false, NULL);
    struct model_combination combination;

    while (model_next(model, &combination)) {
        void *context = talloc_new(NULL);
        struct scenario_list list = { 0 };
        struct scenario_errors errors = { NULL, 0 };
        const char *text = model_text(context, &combination);
        const char *id = model_id(context, &combination);

        (void)scenario_load_text(context, "model.yaml", id, text, &list, &errors);

        cr_expect_eq(errors.n, 0, "%s: %s", id, errors.n > 0 ? errors.items[0].error.text : "");
        cr_expect_eq(list.n, 1, "%s", id);
        cr_expect_leq(count_lines(text), (size_t)MODEL_LINES_MAX, "%s:\n%s", id, text);
        talloc_free(context);
    }
    talloc_free(model);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

Test(model, every_triple_makes_500_cases_or_more_each_with_an_id_of_its_own)
{
    struct model *model = open_model(3, false, NULL);
    const char **ids = talloc_array(model, const char *, (unsigned)model_count(model));
    struct model_combination combination;
    size_t n = 0;

    while (model_next(model, &combination))
        ids[n++] = model_id(ids, &combination);

    cr_assert_eq(n, model_count(model));
    cr_expect_geq(n, 500, "%zu", n);
    qsort(ids, n, sizeof(ids[0]), by_text);
    for (size_t i = 1; i < n; i++)
        cr_expect_str_neq(ids[i - 1], ids[i]);
    talloc_free(model);
}

Test(model, says_in_the_language_what_a_combination_says)
{
    static const char want[] =
        "title: \"model[tls=1.2,mode=implicit,ask=request,trust=alpha+beta,names=none,first=bob,"
        "second=alice,change=reversed,sessions=ids]\"\n"
        "spec: [SEED-R23]\n"
        "server:\n"
        "  mode: implicit\n"
        "  tls: \"1.2\"\n"
        "  sessions: {ids: yes, tickets: 0}\n"
        "  client_certificate: {ask: request, trust: [alpha, beta], names: []}\n"
        "client: {certificates: [bob, alice]}\n"
        "steps:\n"
        "  - send: {}\n"
        "    expect: {outcome: delivered, requested: yes, presented: bob, identity: bob, tls: "
        "\"1.2\", offered: none, resumed: no, messages: 1}\n"
        "  - client: {certificates: [alice, bob]}\n"
        "    send: {}\n"
        "    expect: {outcome: delivered, requested: yes, presented: alice, identity: alice, tls: "
        "\"1.2\", offered: none, resumed: no, messages: 1}\n";
    struct model_combination combination = { { 0 } };
    int *values = combination.values;
    char *text;

    values[MODEL_TLS] = place(MODEL_TLS, "1.2");
    values[MODEL_MODE] = place(MODEL_MODE, "implicit");
    values[MODEL_ASK] = place(MODEL_ASK, "request");
    values[MODEL_TRUST] = place(MODEL_TRUST, "alpha+beta");
    values[MODEL_NAMES] = place(MODEL_NAMES, "none");
    values[MODEL_FIRST] = place(MODEL_FIRST, "bob");
    values[MODEL_SECOND] = place(MODEL_SECOND, "alice");
    values[MODEL_CHANGE] = place(MODEL_CHANGE, "reversed");
    values[MODEL_SESSIONS] = place(MODEL_SESSIONS, "ids");

    text = model_text(NULL, &combination);

    cr_expect_str_eq(text, want, "%s", text);
    talloc_free(text);
}

Test(model, exhaustive_shows_the_kinds_and_what_is_pinned_besides)
{
    static const char *const pins[] = { "first=mallory", "sessions=both", "tls=1.2..1.3", NULL };
    struct model *model = open_model(2, true, pins);
    struct model_combination combination;
    size_t n = 0;

    while (model_next(model, &combination)) {
        cr_expect_str_eq(model_word(&combination, MODEL_FIRST), "mallory");
        cr_expect_str_eq(model_word(&combination, MODEL_TLS), "1.2..1.3");
        cr_expect_lt((size_t)combination.values[MODEL_SECOND],
                     model_parameters[MODEL_SECOND].n_kinds);
        n++;
    }

    cr_expect_gt(n, 100);
    cr_expect_eq(n, model_count(model));
    talloc_free(model);
}

static const struct pin_case {
    const char *pins[3];
    const char *want;
} wrong_pins[] = {
    { { "tsl=1.2" }, "the parameter \"tsl\" is not one of policy, tls" },
    { { "tsl=1.2" }, "(did you mean \"tls\"?)" },
    { { "tls" }, "tls \"\" is not one of 1.3, 1.2" },
    { { "first=alise" }, "(did you mean \"alice\"?)" },
    { { "ask=no", "names=beta" }, "no combination" },
};

Test(model, says_what_is_wrong_with_a_pin)
{
    for (size_t i = 0; i < sizeof(wrong_pins) / sizeof(wrong_pins[0]); i++) {
        const struct model_options options = { .strength = 2,
                                               .seed = 1,
                                               .pins = wrong_pins[i].pins };
        struct error err = { 0 };

        cr_expect_null(model_open(NULL, &options, &err), "%s", wrong_pins[i].want);
        cr_expect_eq(err.kind, ERROR_USAGE);
        cr_expect_not_null(strstr(err.text, wrong_pins[i].want), "got %s", err.text);
    }
}
