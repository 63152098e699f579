#include "harness/model/shrink.h"

#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>

/* A client with a fault, as seen from outside: which combinations it fails. */
struct faulty {
    bool (*fails)(const struct model_situation *situation);
    size_t n_played;
};

static long play(void *context, const struct model_combination *candidates, size_t n)
{
    struct faulty *faulty = context;

    for (size_t i = 0; i < n; i++) {
        const struct model_situation situation = model_situation_get(&candidates[i]);

        faulty->n_played++;
        if (faulty->fails(&situation))
            return (long)i;
    }
    return (long)n;
}

static bool holds(const struct model_collection *collection, const char *identity)
{
    for (size_t i = 0; i < collection->n; i++)
        if (strcmp(collection->identities[i], identity) == 0)
            return true;
    return false;
}

static bool always(const struct model_situation *situation)
{
    (void)situation;
    return true;
}

static bool with_names_of_their_own(const struct model_situation *situation)
{
    return situation->ask != SCENARIO_ASK_NO && !situation->names_as_trust &&
           situation->mails[0].n > 0;
}

static bool unasked_or_trusting_beta(const struct model_situation *situation)
{
    return situation->ask == SCENARIO_ASK_NO || strcmp(situation->trust.names[0], "beta") == 0;
}

static bool with_carol(const struct model_situation *situation)
{
    return holds(&situation->mails[0], "carol");
}

static bool with_bob_at_the_end(const struct model_situation *situation)
{
    return holds(&situation->mails[situation->n_mails - 1], "bob");
}

static bool with_two_mails_by_id(const struct model_situation *situation)
{
    return situation->n_mails == 2 && situation->sessions == MODEL_IDS &&
           strcmp(situation->tls, "1.2") == 0;
}

static const struct shrink_case {
    const char *name;
    bool (*fails)(const struct model_situation *situation);
    const char *want;
} cases[] = {
    { "everything fails", always, "model" },
    { "what depends on another value", with_names_of_their_own,
      "model[ask=request,names=none,first=alice]" },
    { "two values at a time", unasked_or_trusting_beta, "model" },
    { "an element moves up", with_carol, "model[first=carol]" },
    { "the second mail alone", with_bob_at_the_end, "model[first=bob]" },
    { "what must stay stays", with_two_mails_by_id, "model[tls=1.2,change=same,sessions=ids]" },
};

Test(shrink, finds_the_smallest_that_fails_from_wherever_it_starts)
{
    const struct model_options options = { .strength = 2, .seed = 3 };
    struct error err = { 0 };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct model *model = model_open(NULL, &options, &err);
        struct model_combination combination;
        size_t n = 0;

        while (model_next(model, &combination)) {
            const struct model_situation situation = model_situation_get(&combination);
            struct faulty faulty = { cases[i].fails, 0 };
            const char *id;

            if (!cases[i].fails(&situation))
                continue;
            cr_assert_eq(model_shrink(model, &combination, play, &faulty), 0);
            id = model_id(model, &combination);
            cr_expect_str_eq(id, cases[i].want, "%s: got %s", cases[i].name, id);
            cr_expect_lt(faulty.n_played, 500, "%s: %zu played", cases[i].name, faulty.n_played);
            n++;
        }
        cr_expect_gt(n, 0, "%s", cases[i].name);
        talloc_free(model);
    }
}

Test(shrink, stays_among_what_is_pinned)
{
    static const char *const pins[] = { "tls=1.2", "mode=implicit", NULL };
    const struct model_options options = { .strength = 2, .seed = 1, .pins = pins };
    struct error err = { 0 };
    struct model *model = model_open(NULL, &options, &err);
    struct faulty faulty = { always, 0 };
    struct model_combination combination;

    cr_assert(model_next(model, &combination));
    cr_assert_eq(model_shrink(model, &combination, play, &faulty), 0);

    cr_expect_str_eq(model_id(model, &combination), "model[tls=1.2,mode=implicit]");
    talloc_free(model);
}

static long give_up(void *context, const struct model_combination *candidates, size_t n)
{
    (void)candidates;
    *(size_t *)context += n;
    return -1;
}

Test(shrink, ends_when_nothing_can_be_played)
{
    const struct model_options options = { .strength = 2, .seed = 1 };
    struct error err = { 0 };
    struct model *model = model_open(NULL, &options, &err);
    struct model_combination combination;
    size_t n = 0;

    while (model_next(model, &combination))
        continue;

    cr_expect_eq(model_shrink(model, &combination, give_up, &n), -1);
    cr_expect_gt(n, 0);
    talloc_free(model);
}
