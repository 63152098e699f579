#include "harness/scenario/alerts.h"
#include "harness/scenario/arrays.h"
#include "harness/scenario/cast.h"
#include "harness/scenario/types.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A value that is being read: of which fact, and where. */
struct wish {
    const struct slot *slot; /* the reader and the path */
    enum fact_id fact;
    const struct node *value;
};

static bool read_match(const struct wish *wish, struct scenario_match *match);

static void wish_fault(const struct wish *wish, const char *text)
{
    struct slot at = *wish->slot;

    at.value = wish->value;
    slot_fault(&at, "%s", text);
}

static bool is_alert_fact(enum fact_id fact)
{
    return fact == FACT_ALERT_SENT || fact == FACT_ALERT_RECEIVED;
}

/* Tells whether the fact's values are names of identities. */
static bool is_named(enum fact_id fact)
{
    return facts[fact].type == FACT_IS_IDENTITY || fact == FACT_CHAIN;
}

static bool check_word(const struct wish *wish, const char *text, const char *const *words,
                       const char *what)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0)
            return true;
    }
    faults_add_unknown(wish->slot->reader->faults, wish->slot->path, wish->value->where, text,
                       words, what);
    return false;
}

static bool check_number(const struct wish *wish, const char *text, long *number)
{
    char *end;

    errno = 0;
    *number = strtol(text, &end, 10);
    if (end != text && *end == '\0' && errno == 0 && text[0] != ' ' && text[0] != '+')
        return true;
    wish_fault(wish, "a number is expected");
    return false;
}

static const char *as_word(const struct wish *wish, const char *text)
{
    /* Other YAML programs write `yes` and `no` so. */
    if (facts[wish->fact].type != FACT_IS_WORD || wish->value->quoted)
        return text;
    if (strcmp(text, "true") == 0)
        return "yes";
    return strcmp(text, "false") == 0 ? "no" : text;
}

static bool check_value(const struct wish *wish, const char *text, long *number)
{
    const struct fact *fact = &facts[wish->fact];
    void *context = talloc_new(NULL);
    bool good = true;

    if (fact->type == FACT_IS_WORD)
        good = check_word(wish, text, words_split(context, fact->words), NULL);
    else if (is_named(wish->fact))
        good = check_word(wish, text,
                          identity_names(context, wish->slot->reader->scenario, fact->words, false),
                          "identity");
    else if (fact->type == FACT_IS_NUMBER)
        good = check_number(wish, text, number);
    else if (is_alert_fact(wish->fact) && strcmp(text, "none") != 0)
        good = check_word(wish, text, alert_names, "alert");
    talloc_free(context);
    return good;
}

/* The text of a value, NULL with a mistake when it is none. */
static const char *text_of(const struct wish *wish)
{
    struct slot at = *wish->slot;

    at.value = wish->value;
    return slot_text(&at);
}

static bool read_equals(const struct wish *wish, struct scenario_match *match)
{
    const char *text = text_of(wish);

    if (text == NULL)
        return false;
    match->op = MATCH_EQUALS;
    match->text = as_word(wish, text);
    return check_value(wish, match->text, &match->number);
}

/* Reads values that are no lists into `items`. */
static bool read_items(const struct wish *wish, const struct node *const *values, size_t n,
                       struct scenario_match *match)
{
    struct scenario_match *items =
        ARRAY_NEW(wish->slot->reader->context, struct scenario_match, n + 1);
    bool good = true;

    for (size_t i = 0; i < n; i++) {
        struct wish item = { wish->slot, wish->fact, values[i] };

        good = read_equals(&item, &items[i]) && good;
    }
    match->items = items;
    match->n_items = n;
    return good;
}

static bool read_list(const struct wish *wish, struct scenario_match *match)
{
    match->op = MATCH_LIST;
    if (facts[wish->fact].type != FACT_IS_LIST) {
        wish_fault(wish, "the fact has one value; write {any: [...]} for one of several");
        return false;
    }
    return read_items(wish, wish->value->items, wish->value->n, match);
}

/* --- operators --- */

static bool read_item(const struct wish *wish, struct scenario_match *match)
{
    struct scenario_match *item = ARRAY_NEW(wish->slot->reader->context, struct scenario_match, 1);

    match->items = item;
    match->n_items = 1;
    return read_match(wish, item);
}

static bool read_any(const struct wish *wish, struct scenario_match *match)
{
    const struct node *list = wish->value;
    struct scenario_match *items;
    bool good = true;

    if (list->kind != NODE_LIST || list->n == 0) {
        wish_fault(wish, "a list of values or operators is expected");
        return false;
    }
    items = ARRAY_NEW(wish->slot->reader->context, struct scenario_match, list->n);
    for (size_t i = 0; i < list->n; i++) {
        struct wish item = { wish->slot, wish->fact, list->items[i] };

        good = read_match(&item, &items[i]) && good;
    }
    match->items = items;
    match->n_items = list->n;
    return good;
}

static bool read_contains(const struct wish *wish, struct scenario_match *match)
{
    match->text = text_of(wish);
    return match->text != NULL;
}

static bool read_matches(const struct wish *wish, struct scenario_match *match)
{
    struct slot at = *wish->slot;
    char why[128], text[256];

    at.value = wish->value;
    match->text = slot_text(&at);
    if (match->text == NULL)
        return false;
    if (regex_check(match->text, NULL, why, sizeof(why)))
        return true;
    (void)snprintf(text, sizeof(text), "\"%.60s\" is not a regular expression: %s", match->text,
                   why);
    wish_fault(wish, text);
    return false;
}

static bool read_distinct(const struct wish *wish, struct scenario_match *match)
{
    match->text = text_of(wish);
    if (match->text != NULL && strcmp(match->text, "yes") != 0)
        wish_fault(wish, "only yes is expected; the opposite is {not: {distinct: yes}}");
    return match->text != NULL;
}

static bool read_bound(const struct wish *wish, struct scenario_match *match)
{
    match->text = text_of(wish);
    return match->text != NULL && check_number(wish, match->text, &match->number);
}

enum {
    WORDS = 1 << FACT_IS_WORD,
    IDENTITIES = 1 << FACT_IS_IDENTITY,
    TEXTS = 1 << FACT_IS_TEXT,
    NUMBERS = 1 << FACT_IS_NUMBER,
    LISTS = 1 << FACT_IS_LIST,
    ALL = WORDS | IDENTITIES | TEXTS | NUMBERS | LISTS
};

static const struct operator_row {
    const char *name;
    enum scenario_operator op;
    unsigned types; /* of facts that it is for */
    bool (*read)(const struct wish *wish, struct scenario_match *match);
    const char *cure;
} operators[] = {
    { "not", MATCH_NOT, ALL, read_item, "" },
    { "any", MATCH_ANY, ALL, read_any, "" },
    { "all", MATCH_ALL, ALL, read_any, "" },
    { "contains", MATCH_CONTAINS, TEXTS | LISTS, read_contains,
      "\"contains\" is for texts and lists; write the value itself" },
    { "matches", MATCH_MATCHES, WORDS | IDENTITIES | TEXTS | LISTS, read_matches,
      "\"matches\" is for texts and lists; write at_most or at_least" },
    { "last", MATCH_LAST, LISTS, read_item, "\"last\" is for lists" },
    { "distinct", MATCH_DISTINCT, LISTS, read_distinct, "\"distinct\" is for lists" },
    { "at_most", MATCH_AT_MOST, NUMBERS, read_bound, "\"at_most\" is for numbers" },
    { "at_least", MATCH_AT_LEAST, NUMBERS, read_bound, "\"at_least\" is for numbers" },
};

enum { N_OPERATORS = sizeof(operators) / sizeof(operators[0]) };

const char *operator_name(size_t i)
{
    return i < N_OPERATORS ? operators[i].name : NULL;
}

static const struct operator_row *find_operator(const struct wish *wish, const struct node *key)
{
    const char *names[N_OPERATORS + 1] = { NULL };

    for (size_t i = 0; i < N_OPERATORS; i++) {
        if (strcmp(operators[i].name, key->text) == 0)
            return &operators[i];
        names[i] = operators[i].name;
    }
    faults_add_unknown(wish->slot->reader->faults, wish->slot->path, key->where, key->text, names,
                       "operator");
    return NULL;
}

static bool read_operator(const struct wish *wish, struct scenario_match *match)
{
    const struct operator_row *row;
    struct wish inner = *wish;

    if (wish->value->n != 1) {
        wish_fault(wish,
                   "exactly one of not, any, all, contains, matches, last, distinct, at_most, "
                   "at_least is "
                   "expected");
        return false;
    }
    row = find_operator(wish, wish->value->keys[0]);
    if (row == NULL)
        return false;
    if ((row->types & 1U << facts[wish->fact].type) == 0) {
        wish_fault(wish, row->cure);
        return false;
    }
    inner.value = wish->value->items[0];
    match->op = row->op;
    return row->read(&inner, match);
}

static bool read_match(const struct wish *wish, struct scenario_match *match)
{
    if (wish->value->kind == NODE_MAP)
        return read_operator(wish, match);
    if (wish->value->kind == NODE_LIST)
        return read_list(wish, match);
    if (facts[wish->fact].type == FACT_IS_LIST) {
        match->op = MATCH_LIST;
        return read_items(wish, &wish->value, 1, match);
    }
    return read_equals(wish, match);
}

/* --- the mapping --- */

static enum fact_id find_fact(const struct slot *slot, const struct node *key)
{
    const char *names[FACT_COUNT + 1] = { NULL };
    struct path path = { slot->path, key->text, 0 };

    for (int i = 0; i < FACT_COUNT; i++) {
        if (strcmp(facts[i].name, key->text) == 0)
            return (enum fact_id)i;
        names[i] = facts[i].name;
    }
    faults_add_unknown_key(slot->reader->faults, &path, key->where, key->text, names);
    return FACT_COUNT;
}

static void read_expectation(const struct slot *slot, size_t index,
                             struct scenario_expectation *expectation)
{
    const struct node *key = slot->value->keys[index];
    struct path path = { slot->path, key->text, 0 };
    struct slot at = *slot;
    struct wish wish = { &at, find_fact(slot, key), slot->value->items[index] };

    at.path = &path;
    if (wish.fact == FACT_COUNT)
        return;
    expectation->fact = wish.fact;
    expectation->should = (slot->row->flags & SCHEMA_SHOULD) != 0;
    expectation->where = wish.value->where;
    (void)read_match(&wish, &expectation->match);
}

static void read_expectations(const struct slot *slot)
{
    const struct scenario_expectation *before;
    struct scenario_expectation *all;
    size_t n = 0;

    if (slot->value->kind != NODE_MAP && slot->value->kind != NODE_EMPTY) {
        slot_fault(slot, "facts with values are expected, such as {outcome: delivered}");
        return;
    }
    before = slot_get_array(slot, &n);
    all = ARRAY_NEW(slot->reader->context, struct scenario_expectation, n + slot->value->n);
    if (n > 0)
        memcpy(all, before, n * sizeof(*all));
    for (size_t i = 0; i < slot->value->n; i++)
        read_expectation(slot, i, &all[n + i]);
    slot_set_array(slot, all, n + slot->value->n);
}

const struct schema_type type_expectations = { "facts with values", read_expectations };
