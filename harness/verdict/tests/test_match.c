#include "harness/verdict/judge.h"

#include <criterion/criterion.h>
#include <talloc.h>

#define ALICE                                                                                      \
    {                                                                                              \
        .op = MATCH_EQUALS, .text = "alice"                                                        \
    }
#define HAS_AUTH                                                                                   \
    {                                                                                              \
        .op = MATCH_CONTAINS, .text = "AUTH"                                                       \
    }
static const struct scenario_match alice = ALICE;
static const struct scenario_match two[] = { { .op = MATCH_EQUALS, .text = "alice" },
                                             { .op = MATCH_EQUALS, .text = "bob" } };
static const struct scenario_match has_auth = HAS_AUTH;
static const struct scenario_match both[] = { HAS_AUTH, { .op = MATCH_MATCHES, .text = "^EHLO" } };
static const char *const nobody[] = { NULL };
static const char *const one_alice[] = { "alice", NULL };
static const char *const alice_bob[] = { "alice", "bob", NULL };
static const char *const bob_alice[] = { "bob", "alice", NULL };
static const char *const alices[] = { "alice", "alice", NULL };
static const char *const dialogue[] = { "EHLO x", "AUTH PLAIN", NULL };
static const char *const lower_case[] = { "ehlo x", "auth plain", NULL };
static const char *const three[] = { "3", NULL };
static const char *const psk[] = { "psk", NULL };
static const char *const no[] = { "no", NULL };

/* clang-format off */
static const struct match_case {
    const char *name;
    enum fact_id fact;
    struct scenario_match match;
    struct fact_value value;
    bool want;
} rows[] = {
    { "equal", FACT_IDENTITY, ALICE, { one_alice, false }, true },
    { "unknown equals nothing", FACT_IDENTITY, ALICE, { NULL, false }, false },
    { "unknown is not even different", FACT_IDENTITY, { .op = MATCH_NOT, .items = &alice, .n_items = 1 }, { NULL, false }, false },
    { "not", FACT_IDENTITY, { .op = MATCH_NOT, .items = &alice, .n_items = 1 }, { no, false }, true },
    { "not, but it is", FACT_IDENTITY, { .op = MATCH_NOT, .items = &alice, .n_items = 1 }, { one_alice, false }, false },
    { "any", FACT_IDENTITY, { .op = MATCH_ANY, .items = two, .n_items = 2 }, { one_alice, false }, true },
    { "any, none of them", FACT_IDENTITY, { .op = MATCH_ANY, .items = two, .n_items = 2 }, { no, false }, false },
    { "all, each of them", FACT_COMMANDS, { .op = MATCH_ALL, .items = both, .n_items = 2 }, { dialogue, true }, true },
    { "all, but one", FACT_COMMANDS, { .op = MATCH_ALL, .items = both, .n_items = 2 }, { alice_bob, true }, false },
    { "of the whole, all must be equal", FACT_IDENTITY, ALICE, { alice_bob, false }, false },
    { "of the whole, all are equal", FACT_IDENTITY, ALICE, { alices, false }, true },
    { "a list is one value", FACT_CHAIN, ALICE, { one_alice, true }, true },
    { "a longer list is another", FACT_CHAIN, ALICE, { alice_bob, true }, false },
    { "exactly these", FACT_CHAIN, { .op = MATCH_LIST, .items = two, .n_items = 2 }, { alice_bob, true }, true },
    { "in this order", FACT_CHAIN, { .op = MATCH_LIST, .items = two, .n_items = 2 }, { bob_alice, true }, false },
    { "no less", FACT_CHAIN, { .op = MATCH_LIST, .items = two, .n_items = 2 }, { one_alice, true }, false },
    { "the empty list", FACT_CHAIN, { .op = MATCH_LIST }, { nobody, true }, true },
    { "not the empty list", FACT_CHAIN, { .op = MATCH_LIST }, { one_alice, true }, false },
    { "an element contains", FACT_COMMANDS, HAS_AUTH, { dialogue, true }, true },
    { "no element contains", FACT_COMMANDS, HAS_AUTH, { alice_bob, true }, false },
    { "nothing contains", FACT_COMMANDS, { .op = MATCH_NOT, .items = &has_auth, .n_items = 1 }, { alice_bob, true }, true },
    { "an element matches", FACT_COMMANDS, { .op = MATCH_MATCHES, .text = "^EHLO " }, { dialogue, true }, true },
    { "no element matches", FACT_COMMANDS, { .op = MATCH_MATCHES, .text = "^HLO " }, { dialogue, true }, false },
    { "the last", FACT_CHAIN, { .op = MATCH_LAST, .items = &alice, .n_items = 1 }, { bob_alice, true }, true },
    { "not the last", FACT_CHAIN, { .op = MATCH_LAST, .items = &alice, .n_items = 1 }, { alice_bob, true }, false },
    { "nothing is last of nothing", FACT_CHAIN, { .op = MATCH_LAST, .items = &alice, .n_items = 1 }, { nobody, true }, false },
    { "distinct", FACT_CHAIN, { .op = MATCH_DISTINCT }, { alice_bob, true }, true },
    { "two alike", FACT_CHAIN, { .op = MATCH_DISTINCT }, { alices, true }, false },
    { "a verb in small letters", FACT_COMMANDS, HAS_AUTH, { lower_case, true }, true },
    { "a verb in small letters matches", FACT_PLAINTEXT, { .op = MATCH_MATCHES, .text = "^EHLO " }, { lower_case, true }, true },
    { "elsewhere letters count", FACT_CHAIN, HAS_AUTH, { lower_case, true }, false },
    { "at most", FACT_MESSAGES, { .op = MATCH_AT_MOST, .number = 3 }, { three, false }, true },
    { "more than that", FACT_MESSAGES, { .op = MATCH_AT_MOST, .number = 2 }, { three, false }, false },
    { "at least", FACT_MESSAGES, { .op = MATCH_AT_LEAST, .number = 3 }, { three, false }, true },
    { "less than that", FACT_MESSAGES, { .op = MATCH_AT_LEAST, .number = 4 }, { three, false }, false },
    { "at most so many elements", FACT_COMMANDS, { .op = MATCH_AT_MOST, .number = 2 }, { dialogue, true }, true },
    { "resumed: yes is any kind", FACT_RESUMED, { .op = MATCH_EQUALS, .text = "yes" }, { psk, false }, true },
    { "resumed: yes is not no", FACT_RESUMED, { .op = MATCH_EQUALS, .text = "yes" }, { no, false }, false },
};
/* clang-format on */

Test(match, holds_as_the_language_says)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        cr_expect_eq(match_holds(rows[i].fact, &rows[i].match, &rows[i].value), rows[i].want, "%s",
                     rows[i].name);
}

Test(match, words_are_a_sentence)
{
    void *context = talloc_new(NULL);
    const struct scenario_match not_auth = { .op = MATCH_NOT, .items = &has_auth, .n_items = 1 };
    const struct scenario_match any = { .op = MATCH_ANY, .items = two, .n_items = 2 };
    const struct scenario_match most = { .op = MATCH_AT_MOST, .number = 2 };

    cr_expect_str_eq(match_words(context, &alice), "alice");
    cr_expect_str_eq(match_words(context, &any), "one of alice, bob");
    cr_expect_str_eq(match_words(context, &not_auth), "not something with \"AUTH\"");
    cr_expect_str_eq(match_words(context, &most), "at most 2");
    talloc_free(context);
}
