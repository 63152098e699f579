#include "fake_server/event.h"
#include "harness/base/files.h"
#include "harness/scenario/alerts.h"
#include "harness/scenario/rules.h"
#include "harness/scenario/schema.h"
#include "harness/scenario/tests/loaded.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

static size_t count(enum rule_level level, bool of_rfcs)
{
    const char *const *ids = rule_ids();
    size_t n = 0;

    for (; *ids != NULL; ids++) {
        const struct rule *rule = rule_find(*ids);

        n += rule->level == level && (strncmp(rule->source, "RFC ", 4) == 0) == of_rfcs ? 1 : 0;
    }
    return n;
}

Test(rules, are_as_many_as_their_sources_have)
{
    cr_expect_eq(count(RULE_MUST, true), 177, "got %zu", count(RULE_MUST, true));
    cr_expect_eq(count(RULE_SHOULD, true), 53, "got %zu", count(RULE_SHOULD, true));
    cr_expect_eq(count(RULE_RECORDED, true), 41, "got %zu", count(RULE_RECORDED, true));
    cr_expect_eq(count(RULE_MUST, false), 6, "got %zu", count(RULE_MUST, false));
    cr_expect_eq(count(RULE_SHOULD, false), 6 + 70 + 96, "got %zu", count(RULE_SHOULD, false));
}

Test(rules, have_different_ids_and_whole_rows)
{
    const char *const *ids = rule_ids();

    for (size_t i = 0; ids[i] != NULL; i++) {
        const struct rule *rule = rule_find(ids[i]);

        cr_expect_str_eq(rule->id, ids[i]);
        cr_expect_gt(strlen(rule->text), 10, "%s", ids[i]);
        cr_expect_gt(strlen(rule->source), 2, "%s", ids[i]);
        for (size_t j = 0; j < i; j++)
            cr_expect_str_neq(ids[i], ids[j]);
    }
}

Test(rules, are_found_by_id)
{
    cr_expect_eq(rule_find("CC-03")->level, RULE_SHOULD);
    cr_expect_str_eq(rule_find("CC-03")->source, "RFC 8446 section 4.4.2.3");
    cr_expect_eq(rule_find("SAFE-1")->level, RULE_MUST);
    cr_expect_eq(rule_find("SEED-R70")->level, RULE_SHOULD);
    cr_expect_eq(rule_find("CVE-2016-5419")->level, RULE_MUST);
    cr_expect_eq(rule_find("CVE-2026-123456")->level, RULE_MUST);
    cr_expect_null(rule_find("CVE-16-5419"));
    cr_expect_null(rule_find("CVE-2016-541"));
    cr_expect_null(rule_find("CVE-2016-5419x"));
    cr_expect_null(rule_find("SAFE-7"));
    cr_expect_null(rule_find(""));
}

Test(schema, waits_for_the_events_there_are)
{
#define EVENT_AS_NAME(id, name, meaning) name "|"
    static const char names[] = EVENTS(EVENT_AS_NAME);
    const char *words = schema_find(SECTION_STEP, "wait")->words;

    cr_expect_eq(strlen(words), strlen(names) - 1);
    cr_expect_eq(strncmp(words, names, strlen(words)), 0, "got %s, not %s", words, names);
}

Test(schema, rows_are_whole)
{
    for (const struct schema_row *row = schema_rows; row->key != NULL; row++) {
        cr_expect_not_null(row->type, "%s", row->key);
        cr_expect_not_null(row->type->read, "%s", row->key);
        cr_expect_not_null(row->doc, "%s", row->key);
        cr_expect_eq(schema_find(row->section, row->key), row, "%s is there twice", row->key);
    }
}

Test(facts, have_a_row_each)
{
    for (int i = 0; i < FACT_COUNT; i++) {
        cr_expect_not_null(facts[i].name);
        cr_expect_not_null(facts[i].words);
    }
    cr_expect_str_eq(facts[FACT_ALERT_SENT].name, "alert.sent");
}

Test(alerts, are_those_of_the_rfcs)
{
    cr_expect(alert_exists("certificate_required"));
    cr_expect(alert_exists("close_notify"));
    cr_expect_not(alert_exists("none"));
}

Test(durations, have_units)
{
    static const struct duration_case {
        const char *text;
        long long unit, want; /* -1: refused */
    } cases[] = {
        { "5", 1000, 5000 },
        { "90s", 1000, 90000 },
        { "200ms", 1000, 200 },
        { "2h", 1, 7200000 },
        { "+1h", 1, 3600000 },
        { "-30d", 1, -2592000000LL },
        { "2w", 1, 1209600000LL },
        { "3m", 1, 180000 },
        { "", 1, -1 },
        { "s", 1, -1 },
        { "5 s", 1, -1 },
        { "5y", 1, -1 },
        { "+-5", 1, -1 },
        { " 5", 1, -1 },
        { "99999999999999999999", 1, -1 },
        { "1.5s", 1, -1 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        long long got = 0;
        bool good = duration_parse(cases[i].text, cases[i].unit, &got);

        cr_expect_eq(good, cases[i].want != -1, "%s", cases[i].text);
        if (good)
            cr_expect_eq(got, cases[i].want, "%s: got %lld", cases[i].text, got);
    }
}

Test(reference, has_every_key_fact_and_identity)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    char cell[128];

    scenario_print_reference(stream);
    fclose(stream);

    for (const struct schema_row *row = schema_rows; row->key != NULL; row++) {
        (void)snprintf(cell, sizeof(cell), "| `%s` |", row->key);
        cr_expect_not_null(strstr(text, cell), "%s", cell);
    }
    for (int i = 0; i < FACT_COUNT; i++) {
        (void)snprintf(cell, sizeof(cell), "| `%s` |", facts[i].name);
        cr_expect_not_null(strstr(text, cell), "%s", cell);
    }
    for (size_t i = 0; scenario_cast[i].name != NULL; i++) {
        (void)snprintf(cell, sizeof(cell), "| `%s` |", scenario_cast[i].name);
        cr_expect_not_null(strstr(text, cell), "%s", cell);
    }
    free(text);
}
