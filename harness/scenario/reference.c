#include "harness/scenario/script.h"
#include "harness/scenario/settings.h"
#include "harness/scenario/types.h"

#include <string.h>
#include <talloc.h>

struct heading {
    const char *heading;
    const char *about;
};

#define SECTION_AS_ROW(id, heading, about) [SECTION_##id] = { heading, about },
static const struct heading sections[SECTION_COUNT] = { SECTIONS(SECTION_AS_ROW) };

static const char *const fact_types[] = {
    [FACT_IS_WORD] = "one word of these",
    [FACT_IS_IDENTITY] = "an identity",
    [FACT_IS_TEXT] = "text",
    [FACT_IS_NUMBER] = "number",
    [FACT_IS_LIST] = "list",
};

static const char *const key_names[] = {
    [SCENARIO_KEY_EC] = "ec",
    [SCENARIO_KEY_RSA] = "rsa",
    [SCENARIO_KEY_ED25519] = "ed25519",
};

static const char *const usage_names[] = {
    [SCENARIO_USAGE_CLIENT] = "client", [SCENARIO_USAGE_SERVER] = "server",
    [SCENARIO_USAGE_BOTH] = "both",     [SCENARIO_USAGE_NONE] = "none",
    [SCENARIO_USAGE_CA] = "ca",
};

static const char *const fault_names[] = {
    [SCENARIO_KEY_GOOD] = "",
    [SCENARIO_KEY_MISSING] = "no private key; ",
    [SCENARIO_KEY_WRONG] = "another private key; ",
};

/* Words are separated by bars, which end a table's cell. */
static void print_words(FILE *stream, const char *words)
{
    void *context = talloc_new(NULL);
    const char *const *list = words_split(context, words);

    for (size_t i = 0; list[i] != NULL; i++)
        fprintf(stream, "%s`%s`", i == 0 ? "" : ", ", list[i]);
    talloc_free(context);
}

static bool has_range(const struct schema_row *row)
{
    return row->type == &type_int || row->type == &type_size || row->type == &type_deadline ||
           row->type == &type_delay;
}

static void print_row(FILE *stream, const struct schema_row *row)
{
    fprintf(stream, "| `%s` | ", row->key);
    if (row->words != NULL && row->type != &type_versions && strlen(row->words) < 200)
        print_words(stream, row->words);
    else
        fprintf(stream, "%s", row->type->name);
    if (has_range(row))
        fprintf(stream, ", %ld to %ld", row->min, row->max);
    fprintf(stream, " | %s%s%s%s |\n", (row->flags & SCHEMA_REQUIRED) != 0 ? "**required**; " : "",
            (row->flags & SCHEMA_ONLY_STEP) != 0 ? "in a step: " : "",
            (row->flags & SCHEMA_ONLY_TOP) != 0 ? "at the top only: " : "", row->doc);
}

static void print_section(FILE *stream, enum section section)
{
    fprintf(stream, "\n## %s%s%s\n\n%s\n\n| key | value | meaning |\n|---|---|---|\n",
            strchr(sections[section].heading, ':') != NULL ? "`" : "", sections[section].heading,
            strchr(sections[section].heading, ':') != NULL ? "`" : "", sections[section].about);
    for (const struct schema_row *row = schema_rows; row->key != NULL; row++) {
        if (row->section == section)
            print_row(stream, row);
    }
    if (section == SECTION_DELTA)
        script_print_reference(stream);
    if (section == SECTION_PROBE)
        probe_print_reference(stream);
}

static void print_events(FILE *stream)
{
    fprintf(stream, "\n## Events to wait for\n\n");
    print_words(stream, schema_find(SECTION_STEP, "wait")->words);
    fprintf(stream, "\n");
}

static void print_facts(FILE *stream)
{
    fprintf(stream,
            "\n## Facts\n\n"
            "`expect:` and `should:` compare facts. A value is compared as it is; a list means "
            "exactly\n"
            "these, in order; a mapping has one operator: `not:` (a value or another operator),\n"
            "`any:` (one of a list of such), `all:` (each of them), `contains:` (of a text or "
            "list), `matches:` (a POSIX extended\n"
            "regular expression), `last:` (of a list: its last), `distinct: yes` (no two of a list "
            "are\n"
            "alike), `at_most:`, `at_least:` (of numbers). What is not known equals "
            "nothing.\n\n"
            "| fact | value | meaning |\n|---|---|---|\n");
    for (int i = 0; i < FACT_COUNT; i++) {
        fprintf(stream, "| `%s` | %s", facts[i].name, fact_types[facts[i].type]);
        if (facts[i].words[0] != '\0')
            fprintf(stream, "%s", facts[i].type == FACT_IS_WORD ? ": " : " or ");
        print_words(stream, facts[i].words);
        fprintf(stream, " | %s |\n", facts[i].meaning);
    }
}

static void print_identity(FILE *stream, const struct scenario_identity *identity)
{
    fprintf(stream, "| `%s` | %s | %s | %s | %s%s", identity->name,
            identity->issuer == NULL ? "itself" : identity->issuer, key_names[identity->key],
            usage_names[identity->usage], fault_names[identity->fault],
            identity->bare ? "without its intermediates; " : "");
    if (strcmp(identity->subject, identity->name) != 0)
        fprintf(stream, "subject %s; ", identity->subject);
    fprintf(stream, "%ld to %+ld days", identity->not_before_s / 86400,
            identity->not_after_s / 86400);
    for (size_t i = 0; identity->names != NULL && identity->names[i] != NULL; i++)
        fprintf(stream, "%s%s", i == 0 ? "; " : ", ", identity->names[i]);
    fprintf(stream, " |\n");
}

static void print_cast(FILE *stream)
{
    fprintf(stream, "\n## The standard cast\n\n"
                    "| identity | issuer | key | usage | |\n|---|---|---|---|---|\n");
    for (const struct scenario_identity *identity = scenario_cast; identity->name != NULL;
         identity++)
        print_identity(stream, identity);
}

void scenario_print_reference(FILE *stream)
{
    fprintf(stream,
            "# The scenario language\n\n"
            "Printed from the tables of the program (`counterseal` knows no other keys). A file is "
            "YAML\n"
            "without anchors, aliases and tags, at most 1 MiB, nested at most %d deep. Where a "
            "list is\n"
            "expected, a single value is a list of one. Keys at the top that begin with `x-` are\n"
            "ignored. Durations are numbers with `ms`, `s`, `m`, `h`, `d` or `w`.\n\n"
            "`variants:` has names with lists of values; every combination is a case of its own. "
            "`$name` or\n"
            "`${name}` in any value stands for the value, `$$` for a dollar.\n",
            SCENARIO_DEPTH_MAX);
    for (int section = 0; section < SECTION_PROFILE; section++)
        print_section(stream, (enum section)section);
    print_events(stream);
    print_facts(stream);
    print_cast(stream);
    fprintf(stream, "\n# Client profiles\n");
    for (int section = SECTION_PROFILE; section < SECTION_SERVER_PROFILE; section++)
        print_section(stream, (enum section)section);
    fprintf(stream, "\n# Server profiles\n");
    for (int section = SECTION_SERVER_PROFILE; section < SECTION_COVERAGE; section++)
        print_section(stream, (enum section)section);
    fprintf(stream, "\n# Coverage\n");
    for (int section = SECTION_COVERAGE; section < SECTION_COUNT; section++)
        print_section(stream, (enum section)section);
}
