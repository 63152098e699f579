#include "harness/scenario/tests/loaded.h"

#include <criterion/criterion.h>
#include <string.h>

static const char values[] = "steps:\n"
                             "  - send: {}\n"
                             "    expect:\n"
                             "      outcome: {any: [delivered, protocol-violation]}\n"
                             "      commands: {not: {contains: AUTH}}\n"
                             "      early: false\n"
                             "      resumed: yes\n"
                             "      identity: none\n"
                             "      presented: empty\n"
                             "      chain: [carol, alpha-sub]\n"
                             "      plaintext: EHLO me\n"
                             "      connections: {at_most: 2}\n"
                             "      duration: {at_least: 10}\n"
                             "      client.exit: -11\n"
                             "      client.error: {matches: \"^refused (by|at)\"}\n"
                             "      alert.sent: {any: [handshake_failure, none]}\n"
                             "      tls: 1.3\n"
                             "      replies: []\n"
                             "    should: {offered: {not: none}}\n";

static const struct scenario_expectation *of(const struct loaded *loaded, enum fact_id fact)
{
    const struct scenario_step *step = &loaded->list.items[0]->steps[0];

    for (size_t i = 0; i < step->n_expectations; i++) {
        if (step->expectations[i].fact == fact)
            return &step->expectations[i];
    }
    cr_assert_fail("no expectation of %s", facts[fact].name);
    return NULL;
}

Test(expectations, every_operator_is_read)
{
    struct loaded loaded = loaded_good(values);
    const struct scenario_match *match = &of(&loaded, FACT_OUTCOME)->match;

    cr_expect_eq(match->op, MATCH_ANY);
    cr_expect_eq(match->n_items, 2);
    cr_expect_str_eq(match->items[1].text, "protocol-violation");
    match = &of(&loaded, FACT_COMMANDS)->match;
    cr_expect_eq(match->op, MATCH_NOT);
    cr_expect_eq(match->items[0].op, MATCH_CONTAINS);
    cr_expect_str_eq(match->items[0].text, "AUTH");
    match = &of(&loaded, FACT_CONNECTIONS)->match;
    cr_expect_eq(match->op, MATCH_AT_MOST);
    cr_expect_eq(match->number, 2);
    match = &of(&loaded, FACT_DURATION)->match;
    cr_expect_eq(match->op, MATCH_AT_LEAST);
    cr_expect_eq(match->number, 10);
    match = &of(&loaded, FACT_CLIENT_ERROR)->match;
    cr_expect_eq(match->op, MATCH_MATCHES);
    cr_expect_str_eq(match->text, "^refused (by|at)");
    loaded_free(&loaded);
}

Test(expectations, plain_values_mean_equality)
{
    struct loaded loaded = loaded_good(values);

    cr_expect_str_eq(of(&loaded, FACT_EARLY)->match.text, "no");
    cr_expect_str_eq(of(&loaded, FACT_RESUMED)->match.text, "yes");
    cr_expect_str_eq(of(&loaded, FACT_IDENTITY)->match.text, "none");
    cr_expect_str_eq(of(&loaded, FACT_TLS)->match.text, "1.3");
    cr_expect_eq(of(&loaded, FACT_CLIENT_EXIT)->match.number, -11);
    cr_expect_eq(of(&loaded, FACT_TLS)->match.op, MATCH_EQUALS);
    loaded_free(&loaded);
}

Test(expectations, a_single_value_of_a_list_means_a_list_of_one)
{
    struct loaded loaded = loaded_good(values);
    const struct scenario_match *match = &of(&loaded, FACT_PLAINTEXT)->match;

    cr_expect_eq(match->op, MATCH_LIST);
    cr_assert_eq(match->n_items, 1);
    cr_expect_str_eq(match->items[0].text, "EHLO me");
    match = &of(&loaded, FACT_CHAIN)->match;
    cr_expect_eq(match->n_items, 2);
    match = &of(&loaded, FACT_REPLIES)->match;
    cr_expect_eq(match->op, MATCH_LIST);
    cr_expect_eq(match->n_items, 0);
    loaded_free(&loaded);
}

Test(expectations, know_their_place_and_their_strength)
{
    struct loaded loaded = loaded_good(values);

    cr_expect_eq(of(&loaded, FACT_IDENTITY)->where.line, 9);
    cr_expect_eq(of(&loaded, FACT_IDENTITY)->where.column, 17);
    cr_expect_eq(of(&loaded, FACT_IDENTITY)->where.width, 4);
    cr_expect_not(of(&loaded, FACT_IDENTITY)->should);
    cr_expect(of(&loaded, FACT_OFFERED)->should);
    loaded_free(&loaded);
}

Test(expectations, mistakes_are_found)
{
    static const struct expectation_case {
        const char *value, *want;
    } cases[] = {
        { "outcome: deliverd", "steps.1.expect.outcome: \"deliverd\" is not one of" },
        { "presented: allice", "\"allice\" is no identity (did you mean \"alice\"?)" },
        { "chain: [carol, alpha-sup]", "\"alpha-sup\" is no identity" },
        { "connections: many", "a number is expected" },
        { "connections: {at_most: x}", "a number is expected" },
        { "connections: {contains: 1}", "is for texts and lists" },
        { "connections: {matches: 1}", "is for texts and lists" },
        { "sni: {at_most: 1}", "is for numbers" },
        { "sni: {last: x}", "is for lists" },
        { "chain: {distinct: no}", "the opposite is" },
        { "sni: [a, b]", "the fact has one value" },
        { "sni: {matches: \"(\"}", "is not a regular expression" },
        { "sni: {matches: \"((a{1,99}){1,99}){1,99}\"}", "too many repeats" },
        { "sni: {any: x}", "a list of values or operators" },
        { "sni: {any: []}", "a list of values or operators" },
        { "sni: {}", "exactly one of" },
        { "sni:", "a value is missing" },
        { "alert.sent: no_such", "is no alert" },
        { "commands: [[a]]", "one value is expected, not a list" },
        { "presentd: alice", "steps.1.expect.presentd: unknown key \"presentd\" (did you mean "
                             "\"presented\"?)" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];

        (void)snprintf(text, sizeof(text),
                       "title: t\nsteps:\n  - send: {}\n    expect:\n      %s\n", cases[i].value);
        loaded_expect_fault(cases[i].value, text, cases[i].want);
    }
}
