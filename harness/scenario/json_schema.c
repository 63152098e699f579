#include "harness/scenario/errors.h"
#include "harness/scenario/facts.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/types.h"

#include <string.h>
#include <talloc.h>

/* In a form, %w stands for the words of the row, %s for the section it names, %l and %h for its
 * least and highest number. */
#define TEXT     "{\"$ref\": \"#/definitions/text\"}"
#define TEXTS    TEXT ", {\"type\": \"array\", \"items\": " TEXT "}, {\"type\": \"null\"}"
#define NUMBER   "{\"type\": \"integer\", \"minimum\": %l, \"maximum\": %h}"
#define DURATION "{\"type\": [\"integer\", \"string\"]}"
#define KEYS     "{\"$ref\": \"#/definitions/%s\"}, {\"type\": \"null\"}"
#define NAMED    "{\"type\": \"object\", \"additionalProperties\": {\"anyOf\": [" KEYS "]}}"
#define ROWS     "{\"type\": \"array\", \"items\": {\"$ref\": \"#/definitions/%s\"}}"
#define FACTS_   "{\"$ref\": \"#/definitions/facts\"}"

/* What the values of a type may be. */
static const struct {
    const struct schema_type *type;
    const char *form;
} forms[] = {
    { &type_text, TEXT },
    { &type_bytes, TEXT },
    { &type_fault, TEXT },
    { &type_alert, TEXT },
    { &type_versions, TEXT },
    { &type_own, TEXT },
    { &type_name, TEXT },
    { &type_issuer, TEXT },
    { &type_site, TEXT },
    { &type_lines, TEXT },
    { &type_texts, TEXTS },
    { &type_rules, TEXTS },
    { &type_protocols, TEXTS },
    { &type_names, TEXTS },
    { &type_dns, TEXTS },
    { &type_word, "%w" },
    { &type_word_text, "%w" },
    { &type_switch, "%w" },
    { &type_words, "%w, {\"type\": \"array\", \"items\": %w}" },
    { &type_yes, "{\"enum\": [\"yes\", \"no\", true, false]}" },
    { &type_int, NUMBER },
    { &type_size, NUMBER },
    { &type_pieces, NUMBER ", {\"enum\": [\"random\"]}" },
    { &type_seconds, DURATION },
    { &type_delay, DURATION },
    { &type_deadline, DURATION },
    { &type_section, KEYS },
    { &type_send, KEYS },
    { &type_sessions, "{\"enum\": [\"none\"]}, " KEYS },
    { &type_pki, NAMED },
    { &type_hosts, NAMED },
    { &type_accounts, NAMED },
    { &type_script, ROWS },
    { &type_probe, ROWS },
    { &type_probe_site, TEXT },
    { &type_act_text, TEXT },
    { &type_act_texts, TEXTS },
    { &type_act_bytes, TEXT },
    { &type_act_yes, "{\"enum\": [\"yes\", \"no\", true, false]}" },
    { &type_act_int, NUMBER },
    { &type_act_step, NUMBER ", %w" },
    { &type_act_word, "%w" },
    { &type_act_name, TEXT },
    { &type_act_names, TEXTS },
    { &type_steps, ROWS },
    { &type_expectations, FACTS_ },
};

#define SECTION_AS_NAME(id, heading, about) [SECTION_##id] = #id,
static const char *const section_names[SECTION_COUNT] = { SECTIONS(SECTION_AS_NAME) };

/* One that is not in the table may be anything. */
static const char *form_of(const struct schema_type *type)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (forms[i].type == type)
            return forms[i].form;
    return "{}";
}

static void print_text(FILE *stream, const char *text)
{
    fputc('"', stream);
    for (; *text != '\0'; text++)
        fprintf(stream, strchr("\"\\", *text) != NULL ? "\\%c" : "%c", *text);
    fputc('"', stream);
}

/* Some of them are no texts to YAML: numbers, and in its version 1.1 `yes` and `no`. */
static void print_words(FILE *stream, const char *words)
{
    void *context = talloc_new(NULL);
    const char *const *list = words_split(context, words);

    fprintf(stream, "{\"enum\": [");
    for (size_t i = 0; list[i] != NULL; i++) {
        fprintf(stream, "%s\"%s\"", i == 0 ? "" : ", ", list[i]);
        if (strcmp(list[i], "no") == 0 || strcmp(list[i], "yes") == 0)
            fprintf(stream, ", %s", list[i][0] == 'y' ? "true" : "false");
        if (strspn(list[i], "0123456789.") == strlen(list[i]))
            fprintf(stream, ", %s", list[i]);
    }
    fprintf(stream, "]}");
    talloc_free(context);
}

static void print_form(FILE *stream, const struct schema_row *row)
{
    for (const char *form = form_of(row->type); *form != '\0'; form++) {
        if (*form != '%') {
            fputc(*form, stream);
            continue;
        }
        form++;
        if (*form == 'w')
            print_words(stream, row->words);
        else if (*form == 's')
            fprintf(stream, "%s", section_names[row->min]);
        else
            fprintf(stream, "%ld", *form == 'l' ? row->min : row->max);
    }
}

static void print_section(FILE *stream, enum section section)
{
    const char *between = "";

    fprintf(stream,
            "  \"%s\": {\"type\": \"object\", \"additionalProperties\": false,\n"
            "    \"patternProperties\": {\"^x-\": {}},\n    \"properties\": {\n",
            section_names[section]);
    for (const struct schema_row *row = schema_rows; row->key != NULL; row++) {
        if (row->section != section)
            continue;
        fprintf(stream, "%s      \"%s\": {\"description\": ", between, row->key);
        print_text(stream, row->doc);
        fprintf(stream, ", \"anyOf\": [{\"$ref\": \"#/definitions/variable\"}, ");
        print_form(stream, row);
        fprintf(stream, "]}");
        between = ",\n";
    }
    fprintf(stream, "},\n    \"required\": [");
    between = "";
    for (const struct schema_row *row = schema_rows; row->key != NULL; row++) {
        if (row->section != section || (row->flags & SCHEMA_REQUIRED) == 0)
            continue;
        fprintf(stream, "%s\"%s\"", between, row->key);
        between = ", ";
    }
    fprintf(stream, "]},\n");
}

static void print_facts(FILE *stream)
{
    fprintf(stream, "  \"operator\": {\"type\": \"object\", \"maxProperties\": 1, "
                    "\"propertyNames\": {\"enum\": [");
    for (size_t i = 0; operator_name(i) != NULL; i++)
        fprintf(stream, "%s\"%s\"", i == 0 ? "" : ", ", operator_name(i));
    fprintf(stream, "]}},\n"
                    "  \"facts\": {\"type\": \"object\", \"additionalProperties\": false,\n"
                    "    \"properties\": {\n");
    for (int i = 0; i < FACT_COUNT; i++) {
        fprintf(stream, "      \"%s\": {\"description\": ", facts[i].name);
        print_text(stream, facts[i].meaning);
        fprintf(stream, ", \"anyOf\": [{\"$ref\": \"#/definitions/variable\"}, "
                        "{\"$ref\": \"#/definitions/operator\"}, {\"type\": \"array\"}, ");
        if (facts[i].type == FACT_IS_WORD)
            print_words(stream, facts[i].words);
        else
            fprintf(stream, TEXT);
        fprintf(stream, "]}%s\n", i + 1 < FACT_COUNT ? "," : "");
    }
    fprintf(stream, "    }},\n");
}

void scenario_print_json_schema(FILE *stream)
{
    fprintf(stream, "{\"$schema\": \"http://json-schema.org/draft-07/schema#\",\n"
                    " \"title\": \"A scenario of counterseal\",\n"
                    " \"$ref\": \"#/definitions/TOP\",\n"
                    " \"definitions\": {\n"
                    "  \"text\": {\"type\": [\"string\", \"number\", \"boolean\"]},\n");
    for (int section = 0; section < SECTION_PROFILE; section++)
        print_section(stream, (enum section)section);
    print_facts(stream);
    fprintf(stream, "  \"variable\": {\"type\": \"string\", \"pattern\": \"\\\\$\"}\n }}\n");
}
