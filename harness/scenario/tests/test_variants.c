#include "harness/scenario/tests/loaded.h"

#include <criterion/criterion.h>
#include <string.h>

static const char two[] = "title: With $tls and ${mode}, for $$5 and $\n"
                          "variants:\n"
                          "  tls: [\"1.3\", \"1.2\"]\n"
                          "  mode: [starttls, implicit]\n"
                          "server: {mode: $mode, tls: $tls}\n"
                          "steps:\n"
                          "  - send: {subject: \"x$tls.$mode\"}\n"
                          "    expect: {client.error: {matches: \"^a$|b$\"}}\n";

Test(variants, every_combination_is_a_case_in_the_order_of_ids)
{
    static const char *const ids[] = {
        "topic/name[mode=implicit,tls=1.2]",
        "topic/name[mode=implicit,tls=1.3]",
        "topic/name[mode=starttls,tls=1.2]",
        "topic/name[mode=starttls,tls=1.3]",
    };
    struct loaded loaded = loaded_scenario(two);

    cr_assert_eq(loaded.list.n, 4, "%s", loaded.printed);
    for (size_t i = 0; i < 4; i++)
        cr_expect_str_eq(loaded.list.items[i]->id, ids[i]);
    loaded_free(&loaded);
}

Test(variants, names_are_replaced_in_values_and_within_texts)
{
    struct loaded loaded = loaded_scenario(two);
    const struct scenario *scenario = loaded.list.items[1];

    cr_expect_str_eq(scenario->title, "With 1.3 and implicit, for $5 and $");
    cr_expect_eq(scenario->steps[0].server->mode, SCENARIO_IMPLICIT);
    cr_expect_eq(scenario->steps[0].server->tls_min, 0x0304);
    cr_expect_str_eq(scenario->steps[0].send->subject, "x1.3.implicit");
    cr_expect_str_eq(scenario->steps[0].expectations[0].match.text, "^a$|b$");
    loaded_free(&loaded);
}

Test(variants, a_file_without_them_has_an_id_without_brackets)
{
    struct loaded loaded = loaded_good("");

    cr_expect_str_eq(loaded.list.items[0]->id, "topic/name");
    loaded_free(&loaded);
}

Test(variants, a_mistake_of_all_is_told_once)
{
    struct loaded loaded = loaded_scenario("title: t\n"
                                           "variants: {tls: [\"1.2\", \"1.3\"]}\n"
                                           "server: {mode: none, tls: $tls}\n"
                                           "steps: [{send: {}}]\n");

    cr_expect_eq(loaded.errors.n, 1, "%s", loaded.printed);
    cr_expect_eq(loaded.list.n, 0);
    loaded_free(&loaded);
}

static struct loaded with(const char *const *overrides)
{
    return loaded_bytes(two, strlen(two), overrides);
}

Test(overrides, a_name_picks_the_value_of_a_variant)
{
    static const char *const words[] = { "tls=1.3", "other=1", NULL };
    struct loaded loaded = with(words);

    cr_assert_eq(loaded.list.n, 2, "%s", loaded.printed);
    cr_expect_str_eq(loaded.list.items[0]->id, "topic/name[mode=implicit,tls=1.3]");
    loaded_free(&loaded);
}

Test(overrides, a_value_that_no_variant_has_leaves_no_case)
{
    static const char *const words[] = { "tls=1.0", NULL };
    struct loaded loaded = with(words);

    cr_expect_eq(loaded.list.n, 0);
    cr_expect_eq(loaded.errors.n, 0);
    loaded_free(&loaded);
}

Test(overrides, a_dotted_path_replaces_a_leaf_or_makes_one)
{
    static const char *const words[] = { "tls=1.3",
                                         "server.mode=starttls",
                                         "steps.1.send.size=77",
                                         "steps.1.expect.client.error=none",
                                         "client.certificates=[alice, bob]",
                                         "deadline=30",
                                         NULL };
    struct loaded loaded = with(words);
    const struct scenario *scenario;

    cr_assert_eq(loaded.list.n, 2, "%s", loaded.printed);
    scenario = loaded.list.items[0];
    cr_expect_eq(scenario->steps[0].server->mode, SCENARIO_STARTTLS);
    cr_expect_eq(scenario->steps[0].send->size, 77);
    cr_expect_str_eq(scenario->steps[0].expectations[0].match.text, "none");
    cr_expect_eq(scenario->steps[0].client->n_certificates, 2);
    cr_expect_eq(scenario->deadline_ms, 30000);
    loaded_free(&loaded);
}

Test(overrides, mistakes_name_the_key)
{
    static const struct override_case {
        const char *word, *want;
    } cases[] = {
        { "server.mode=starttsl", "FILE: server.mode: \"starttsl\" is not one of" },
        { "server.moed=starttls", "FILE: server.moed: unknown key" },
        { "steps.7.send=x", "FILE: \"steps.7.send\" cannot be set" },
        { "title.x=1", "FILE: \"title.x\" cannot be set" },
        { "server..mode=1", "FILE: \"server..mode\" cannot be set" },
        { "server.mode", "FILE: \"server.mode\" is not KEY=VALUE" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *words[] = { cases[i].word, NULL };
        struct loaded loaded = with(words);

        cr_expect_not_null(strstr(loaded.printed, cases[i].want), "%s: got %s", cases[i].word,
                           loaded.printed);
        loaded_free(&loaded);
    }
}
