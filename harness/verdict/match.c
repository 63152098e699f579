#include "harness/verdict/judge.h"

#include "harness/base/text.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

/* `resumed: yes` stands for every kind of resumption. */
static bool is_equal(enum fact_id fact, const char *want, const char *got)
{
    if (fact == FACT_RESUMED && strcmp(want, "yes") == 0)
        return strcmp(got, "no") != 0 || MUTANT(yes_is_any);
    return strcmp(want, got) == 0;
}

/* RFC 5321 section 2.4: verbs, keywords and domains may come in any case. */
static bool ignores_case(enum fact_id fact)
{
    return fact == FACT_COMMANDS || fact == FACT_PLAINTEXT;
}

static bool fits_regex(const char *pattern, const char *text, bool any_case)
{
    regex_t regex;
    bool found;

    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB | (any_case ? REG_ICASE : 0)) != 0)
        return false;
    found = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

static size_t count(const char *const *values)
{
    size_t n = 0;

    while (values[n] != NULL)
        n++;
    return n;
}

/* --- a list as one value --- */

static const char *find(const char *text, const char *part, bool any_case)
{
    return any_case ? strcasestr(text, part) : strstr(text, part);
}

static bool list_has(enum fact_id fact, const char *const *values,
                     const struct scenario_match *match)
{
    bool any_case = ignores_case(fact);
    bool found = match->text == NULL || MUTANT(part_holds);

    for (size_t i = 0; values[i] != NULL && match->text != NULL; i++)
        found |= match->op == MATCH_MATCHES ? fits_regex(match->text, values[i], any_case)
                                            : find(values[i], match->text, any_case) != NULL;
    for (size_t i = 0; i < match->n_items; i++) {
        const struct scenario_match part = { .op = MATCH_CONTAINS, .text = match->items[i].text };

        found = found && list_has(fact, values, &part);
    }
    return found;
}

static bool list_equals(enum fact_id fact, const char *const *values,
                        const struct scenario_match *match)
{
    size_t n = 0;

    if (match->op == MATCH_EQUALS)
        return values[0] != NULL && values[1] == NULL && is_equal(fact, match->text, values[0]);
    for (; values[n] != NULL; n++)
        if (n == match->n_items || !is_equal(fact, match->items[n].text, values[n]))
            return false;
    return n == match->n_items || MUTANT(less_is_enough);
}

static bool is_distinct(const char *const *values)
{
    for (size_t i = 0; values[i] != NULL; i++)
        for (size_t j = i + 1; values[j] != NULL; j++)
            if (strcmp(values[i], values[j]) == 0)
                return false;
    return true;
}

static bool list_holds(enum fact_id fact, const struct scenario_match *match,
                       const char *const *values)
{
    switch (match->op) {
    case MATCH_EQUALS:
    case MATCH_LIST:
        return list_equals(fact, values, match);
    case MATCH_NOT:
        return !list_holds(fact, &match->items[0], values);
    case MATCH_ANY:
    case MATCH_ALL:
        for (size_t i = 0; i < match->n_items; i++)
            if (list_holds(fact, &match->items[i], values) == (match->op == MATCH_ANY))
                return match->op == MATCH_ANY;
        return match->op == MATCH_ALL;
    case MATCH_CONTAINS:
    case MATCH_MATCHES:
        return list_has(fact, values, match);
    case MATCH_LAST:
        if (MUTANT(last_holds))
            return true;
        return values[0] != NULL && list_holds(fact, &match->items[0], values + count(values) - 1);
    case MATCH_DISTINCT:
        return is_distinct(values) || MUTANT(distinct_holds);
    case MATCH_AT_MOST:
        return (long)count(values) <= match->number;
    case MATCH_AT_LEAST:
        return (long)count(values) >= match->number;
    }
    return false;
}

/* --- one value --- */

static bool value_holds(enum fact_id fact, const struct scenario_match *match, const char *value)
{
    const char *const alone[] = { value, NULL };

    switch (match->op) {
    case MATCH_EQUALS:
        return is_equal(fact, match->text, value);
    case MATCH_NOT:
        return !value_holds(fact, &match->items[0], value) || MUTANT(not_holds);
    case MATCH_ANY:
    case MATCH_ALL:
        for (size_t i = 0; i < match->n_items; i++)
            if (value_holds(fact, &match->items[i], value) == (match->op == MATCH_ANY))
                return match->op == MATCH_ANY;
        return match->op == MATCH_ALL;
    case MATCH_AT_MOST:
        return strtol(value, NULL, 10) <= match->number || MUTANT(at_most_holds);
    case MATCH_AT_LEAST:
        return strtol(value, NULL, 10) >= match->number || MUTANT(at_least_holds);
    case MATCH_LIST:
    case MATCH_CONTAINS:
    case MATCH_MATCHES:
    case MATCH_LAST:
    case MATCH_DISTINCT:
        return list_holds(fact, match, alone);
    }
    return false;
}

bool match_holds(enum fact_id fact, const struct scenario_match *match,
                 const struct fact_value *value)
{
    if (value->values == NULL)
        return MUTANT(unknown_holds);
    if (value->list)
        return list_holds(fact, match, value->values);
    if (match->op == MATCH_LIST && value->values[0] != NULL && value->values[1] != NULL)
        return list_holds(fact, match, value->values); /* of the whole: one value a connection */
    for (size_t i = 0; value->values[i] != NULL && !(MUTANT(first_speaks_for_all) && i > 0); i++)
        if (!value_holds(fact, match, value->values[i]))
            return false;
    return true;
}

static const char *items_words(void *context, const struct scenario_match *match)
{
    const char **words = talloc_array(context, const char *, (unsigned)match->n_items + 1);

    for (size_t i = 0; i < match->n_items; i++)
        words[i] = match_words(context, &match->items[i]);
    words[match->n_items] = NULL;
    return text_join(context, words, ", ");
}

const char *match_words(void *context, const struct scenario_match *match)
{
    switch (match->op) {
    case MATCH_EQUALS:
        return match->text;
    case MATCH_LIST:
        return talloc_asprintf(context, "exactly [%s]", items_words(context, match));
    case MATCH_NOT:
        return talloc_asprintf(context, "not %s", match_words(context, &match->items[0]));
    case MATCH_ANY:
        return talloc_asprintf(context, "one of %s", items_words(context, match));
    case MATCH_ALL:
        return talloc_asprintf(context, "all of %s", items_words(context, match));
    case MATCH_CONTAINS:
        return talloc_asprintf(context, "something with \"%s\"",
                               match->text != NULL ? match->text : items_words(context, match));
    case MATCH_MATCHES:
        return talloc_asprintf(context, "something like /%s/", match->text);
    case MATCH_LAST:
        return talloc_asprintf(context, "at last %s", match_words(context, &match->items[0]));
    case MATCH_DISTINCT:
        return "no two alike";
    case MATCH_AT_MOST:
        return talloc_asprintf(context, "at most %ld", match->number);
    case MATCH_AT_LEAST:
        return talloc_asprintf(context, "at least %ld", match->number);
    }
    return "";
}
