#include "harness/model/shrink.h"

#include <string.h>
#include <talloc.h>

struct candidates {
    const struct model *model;
    struct model_combination *items;
    size_t n;
};

static void add(struct candidates *candidates, const struct model_combination *candidate)
{
    if (!model_has(candidates->model, candidate))
        return;
    candidates->items = talloc_realloc(NULL, candidates->items, struct model_combination,
                                       (unsigned)candidates->n + 1);
    candidates->items[candidates->n++] = *candidate;
}

static int find_value(enum model_parameter parameter, const char *word)
{
    const struct model_row *row = &model_parameters[parameter];

    for (size_t i = 0; i < row->n_values; i++)
        if (strcmp(row->values[i], word) == 0)
            return (int)i;
    return COVERING_OPEN;
}

/* Without the certificate in one place; those behind it move up where they may stand there. */
static void add_without(struct candidates *candidates, const struct model_combination *combination,
                        enum model_parameter gone)
{
    struct model_combination candidate = *combination;

    if (combination->values[gone] == 0)
        return;
    for (enum model_parameter slot = gone; slot < MODEL_THIRD; slot++) {
        candidate.values[slot] = find_value(slot, model_word(combination, slot + 1));
        if (candidate.values[slot] == COVERING_OPEN)
            return;
    }
    candidate.values[MODEL_THIRD] = 0;
    add(candidates, &candidate);
}

/* The second mail alone. */
static void add_second_mail(struct candidates *candidates,
                            const struct model_combination *combination)
{
    const struct model_situation situation = model_situation_get(combination);
    const struct model_collection *collection = &situation.mails[1];
    struct model_combination candidate = *combination;

    if (situation.n_mails < 2)
        return;
    candidate.values[MODEL_CHANGE] = MODEL_ONCE;
    candidate.values[MODEL_SESSIONS] = MODEL_BOTH;
    for (enum model_parameter slot = MODEL_FIRST; slot <= MODEL_THIRD; slot++) {
        size_t i = slot - MODEL_FIRST;

        candidate.values[slot] =
            i < collection->n ? find_value(slot, collection->identities[i]) : 0;
        if (candidate.values[slot] == COVERING_OPEN)
            return;
    }
    add(candidates, &candidate);
}

/* With `n_smaller` of the values from a parameter on smaller. */
static void add_smaller(struct candidates *candidates, const struct model_combination *combination,
                        size_t from, int n_smaller)
{
    struct model_combination candidate = *combination;

    if (n_smaller == 0) {
        add(candidates, combination);
        return;
    }
    for (size_t i = from; i < MODEL_PARAMETER_COUNT; i++) {
        for (int value = 0; value < combination->values[i]; value++) {
            candidate.values[i] = value;
            add_smaller(candidates, &candidate, i + 1, n_smaller - 1);
        }
        candidate.values[i] = combination->values[i];
    }
}

static void list(struct candidates *candidates, const struct model_combination *combination,
                 bool in_pairs)
{
    candidates->n = 0;
    if (!in_pairs)
        add_second_mail(candidates, combination);
    for (enum model_parameter slot = MODEL_FIRST; slot <= MODEL_THIRD && !in_pairs; slot++)
        add_without(candidates, combination, slot);
    add_smaller(candidates, combination, 0, in_pairs ? 2 : 1);
}

int model_shrink(const struct model *model, struct model_combination *combination,
                 shrink_play *play, void *context)
{
    struct candidates candidates = { model, NULL, 0 };
    bool in_pairs = false;
    long first = 0;

    while (first >= 0) {
        list(&candidates, combination, in_pairs);
        first = candidates.n > 0 ? play(context, candidates.items, candidates.n) : 0;
        if (first < 0)
            break;
        if (first < (long)candidates.n)
            *combination = candidates.items[first];
        else if (in_pairs)
            break;
        in_pairs = first == (long)candidates.n;
    }
    talloc_free(candidates.items);
    return first < 0 ? -1 : 0;
}
