#include "reports/report.h"

#include "reports/digest.h"
#include "reports/members.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#define SCHEMA_NAME    "counterseal-run"
#define SCHEMA_VERSION 1

/* clang-format off */
#define MEMBER(type, name, kind) { #name, &member_##kind, offsetof(struct type, name), 0, NULL }
#define LIST(type, name, items) \
    { #name, &member_list, offsetof(struct type, name), offsetof(struct type, n_##name), &items }
#define MEMBERS(type, rows) { sizeof(struct type), rows, sizeof(rows) / sizeof((rows)[0]) }

static const struct member rule_rows[] = {
    MEMBER(result_rule, id, text),
    MEMBER(result_rule, text, text),
};
static const struct members rule_members = MEMBERS(result_rule, rule_rows);

static const struct member check_rows[] = {
    MEMBER(result_check, passed, bool),
    MEMBER(result_check, must, bool),
    MEMBER(result_check, fact, text),
    MEMBER(result_check, expected, text),
    MEMBER(result_check, got, text),
    MEMBER(result_check, file, text),
    MEMBER(result_check, line, int),
    MEMBER(result_check, column, int),
    MEMBER(result_check, width, int),
    MEMBER(result_check, source, text),
    LIST(result_check, rules, rule_members),
};
static const struct members check_members = MEMBERS(result_check, check_rows);

static const struct member step_rows[] = {
    MEMBER(result_step, number, int),
    MEMBER(result_step, title, text),
    LIST(result_step, checks, check_members),
};
static const struct members step_members = MEMBERS(result_step, step_rows);

static const struct member cause_rows[] = {
    MEMBER(result_cause, step, int),
    MEMBER(result_cause, connection, int),
    MEMBER(result_cause, text, text),
};
static const struct members cause_members = MEMBERS(result_cause, cause_rows);

static const struct member line_rows[] = {
    MEMBER(result_line, seconds, real),
    MEMBER(result_line, step, int),
    MEMBER(result_line, connection, int),
    MEMBER(result_line, direction, char),
    MEMBER(result_line, tls, bool),
    MEMBER(result_line, text, text),
};
static const struct members line_members = MEMBERS(result_line, line_rows);

static const struct member case_rows[] = {
    MEMBER(result_case, id, text),
    MEMBER(result_case, title, text),
    MEMBER(result_case, file, text),
    MEMBER(result_case, line, int),
    MEMBER(result_case, client, text),
    MEMBER(result_case, server, text),
    MEMBER(result_case, level, text),
    MEMBER(result_case, outcome, outcome),
    MEMBER(result_case, reason, text),
    MEMBER(result_case, seconds, real),
    MEMBER(result_case, evidence, text),
    MEMBER(result_case, rerun, text),
    MEMBER(result_case, spec, words),
    MEMBER(result_case, tags, words),
    LIST(result_case, steps, step_members),
    LIST(result_case, causes, cause_members),
    LIST(result_case, transcript, line_members),
};
static const struct members case_members = MEMBERS(result_case, case_rows);

static const struct member client_rows[] = {
    MEMBER(result_client, name, text),
    MEMBER(result_client, title, text),
    MEMBER(result_client, version, text),
    MEMBER(result_client, library, text),
    MEMBER(result_client, missing, text),
};
static const struct members client_members = MEMBERS(result_client, client_rows);

/* The cases are written and read one by one: they are pointers. */
static const struct member run_rows[] = {
    MEMBER(result_run, command, text),
    MEMBER(result_run, version, text),
    MEMBER(result_run, libraries, text),
    MEMBER(result_run, started, text),
    MEMBER(result_run, started_epoch, real),
    MEMBER(result_run, seconds, real),
    MEMBER(result_run, interrupted, bool),
    LIST(result_run, clients, client_members),
};
static const struct members run_members = MEMBERS(result_run, run_rows);
/* clang-format on */

/* --- cases and runs --- */

char *json_case_text(const struct result_case *result)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    bool failed;

    if (stream == NULL)
        return NULL;
    members_write(stream, &case_members, result);
    failed = ferror(stream) != 0;
    if (fclose(stream) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}

static struct result_case *read_case(void *context, const json_t *value)
{
    struct result_case *result = members_take(context, 1, sizeof(*result));

    if (result == NULL)
        return NULL;
    talloc_set_name_const(result, "struct result_case");
    if (members_read(result, &case_members, result, value))
        return result;
    talloc_free(result);
    return NULL;
}

struct result_case *json_case_parse(void *context, const char *text, size_t size)
{
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    struct result_case *result = read_case(context, root);

    json_decref(root);
    return result;
}

static bool read_run(struct result_run *run, const json_t *root)
{
    const json_t *cases = json_object_get(root, "cases");
    const char *schema = json_string_value(json_object_get(root, "schema"));
    const struct result_case **read;

    if (strcmp(digest_text(schema), SCHEMA_NAME) != 0 ||
        json_integer_value(json_object_get(root, "schema_version")) != SCHEMA_VERSION)
        return false;
    if (!json_is_array(cases) ||
        !members_read(run, &run_members, run, json_object_get(root, "run")))
        return false;
    read = members_take(run, json_array_size(cases) + 1, sizeof(struct result_case *));
    if (read == NULL)
        return false;
    run->cases = read;
    for (; run->n_cases < json_array_size(cases); run->n_cases++) {
        read[run->n_cases] = read_case(run, json_array_get(cases, run->n_cases));
        if (read[run->n_cases] == NULL)
            return false;
    }
    return true;
}

struct result_run *json_run_parse(void *context, const char *text, size_t size)
{
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    struct result_run *run = members_take(context, 1, sizeof(*run));

    if (run != NULL && !read_run(run, root)) {
        talloc_free(run);
        run = NULL;
    }
    json_decref(root);
    return run;
}

static void write_counts(FILE *stream, const struct result_run *run)
{
    struct result_counts counts = result_count(run);

    fprintf(stream, ",\n\"counts\":{\"passed\":%zu,\"failed\":%zu,\"skipped\":%zu,\"outcomes\":{",
            counts.passed, counts.failed, counts.skipped);
    for (enum outcome o = OUTCOME_PASS; o < OUTCOME_COUNT; o++)
        fprintf(stream, "%s\"%s\":%zu", o > OUTCOME_PASS ? "," : "", outcome_name(o),
                counts.by_outcome[o]);
    fputs("}}", stream);
}

/* One case a line, so that grep and diff are of use. */
static int write_json(FILE *stream, const struct result_run *run)
{
    fprintf(stream, "{\"schema\":\"%s\",\"schema_version\":%d,\n\"run\":", SCHEMA_NAME,
            SCHEMA_VERSION);
    members_write(stream, &run_members, run);
    write_counts(stream, run);
    fputs(",\n\"cases\":[", stream);
    for (size_t i = 0; i < run->n_cases; i++) {
        fputs(i > 0 ? ",\n" : "\n", stream);
        members_write(stream, &case_members, run->cases[i]);
    }
    fputs("\n]}\n", stream);
    return report_finish(stream);
}

const struct reporter reporter_json = {
    .name = "json",
    .file_name = "report.json",
    .meaning = "everything, for programs: one JSON document, one case a line",
    .write = write_json,
};
