#include "reports/report.h"

#include "reports/digest.h"
#include "reports/escape.h"

#include <stdlib.h>
#include <string.h>

/*
 * TAP version 13: perl's prove before 3.48 refuses 14. Flat, the plan first and every point
 * numbered, so that a report cut short is detected.
 */

struct shape {
    const char *result;    /* "ok", "not ok" */
    const char *directive; /* " # SKIP ", or NULL */
    bool diagnosed;        /* with a YAML block */
};

/* clang-format off */
static const struct shape shapes[OUTCOME_COUNT] = {
    [OUTCOME_PASS]  = { "ok",     NULL,                       false },
    [OUTCOME_FAIL]  = { "not ok", NULL,                       true },
    [OUTCOME_WARN]  = { "ok",     NULL,                       false },
    [OUTCOME_KNOWN] = { "not ok", " # TODO known deviation",  false },
    [OUTCOME_FIXED] = { "not ok", NULL,                       true },
    [OUTCOME_SKIP]  = { "ok",     " # SKIP",                  false },
    [OUTCOME_ERROR] = { "not ok", NULL,                       true },
};
/* clang-format on */

/* Writes text as one line in which a backslash stands before each of `special`. */
static void write_escaped(FILE *stream, const char *text, const char *special)
{
    struct escape_glyph glyph;

    while (text != NULL && *text != '\0') {
        text = escape_next(text, ESCAPE_UNICODE, &glyph);
        for (size_t i = 0; i < glyph.size; i++) {
            if (strchr(special, glyph.text[i]) != NULL)
                fputc('\\', stream);
            fputc(glyph.text[i], stream);
        }
    }
}

/* A key of the YAML block with a double-quoted string; nothing for NULL and "". */
static void write_text(FILE *stream, const char *key, const char *text)
{
    if (digest_text(text)[0] == '\0')
        return;
    fprintf(stream, "%s: \"", key);
    write_escaped(stream, text, "\"\\");
    fputs("\"\n", stream);
}

static void write_place(FILE *stream, const char *indent, const struct result_check *check)
{
    if (digest_text(check->file)[0] == '\0')
        return;
    fputs(indent, stream);
    write_text(stream, "file", check->file);
    fprintf(stream, "%sline: %d\n%scolumn: %d\n", indent, check->line, indent, check->column);
}

static void write_check(FILE *stream, const struct digest_failure *failure)
{
    const struct result_check *check = failure->check;

    fprintf(stream, "    - step: %d\n", failure->step->number);
    fprintf(stream, "      severity: \"%s\"\n", check->must ? "must" : "should");
    write_text(stream, "      fact", check->fact);
    write_text(stream, "      expected", check->expected);
    write_text(stream, "      got", check->got);
    write_place(stream, "      ", check);
    for (size_t i = 0; i < check->n_rules; i++) {
        fputs(i == 0 ? "      rules:\n" : "", stream);
        fputs("        - \"", stream);
        write_escaped(stream, check->rules[i].id, "\"\\");
        fputs("\"\n", stream);
    }
}

static void write_causes(FILE *stream, const struct result_case *result)
{
    fputs(result->n_causes > 0 ? "  why:\n" : "", stream);
    for (size_t i = 0; i < result->n_causes; i++) {
        char *words = digest_cause(result, &result->causes[i]);

        fputs("    - \"", stream);
        write_escaped(stream, words, "\"\\");
        fputs("\"\n", stream);
        free(words);
    }
}

static void write_diagnostics(FILE *stream, const struct result_case *result)
{
    struct digest_failure failure = { .step = NULL };
    char *message = digest_message(result);
    bool first = true;

    fputs("  ---\n", stream);
    write_text(stream, "  message", message);
    write_text(stream, "  severity", result->level);
    write_text(stream, "  outcome", outcome_name(result->outcome));
    write_text(stream, "  title", result->title);
    write_text(stream, "  client", result->client);
    write_text(stream, "  server", result->server);
    if (digest_next(result, &failure) && failure.check->file != NULL) {
        write_place(stream, "  ", failure.check);
    } else if (result->file != NULL) {
        write_text(stream, "  file", result->file);
        fprintf(stream, "  line: %d\n", result->line);
    }
    failure = (struct digest_failure){ .step = NULL };
    for (; digest_next(result, &failure); first = false) {
        fputs(first ? "  checks:\n" : "", stream);
        write_check(stream, &failure);
    }
    write_causes(stream, result);
    fprintf(stream, "  duration_ms: %.0f\n", result->seconds * 1e3);
    write_text(stream, "  evidence", result->evidence);
    write_text(stream, "  rerun", result->rerun);
    fputs("  ...\n", stream);
    free(message);
}

static void write_warnings(FILE *stream, const struct result_case *result)
{
    struct digest_failure failure = { .step = NULL };

    while (digest_next(result, &failure)) {
        fputs("# warning: ", stream);
        write_escaped(stream, failure.check->fact, "");
        fputs(": expected ", stream);
        write_escaped(stream, failure.check->expected, "");
        fputs(", got ", stream);
        write_escaped(stream, failure.check->got, "");
        for (size_t i = 0; i < failure.check->n_rules; i++) {
            fputs(i == 0 ? " (" : ", ", stream);
            write_escaped(stream, failure.check->rules[i].id, "");
        }
        fputs(failure.check->n_rules > 0 ? ")\n" : "\n", stream);
    }
}

static void write_point(FILE *stream, size_t number, const struct result_case *result)
{
    const struct shape *shape = &shapes[result->outcome];

    fprintf(stream, "%s %zu - ", shape->result, number);
    write_escaped(stream, result->id, "#\\");
    if (!digest_is_usual(result)) {
        char *subject = digest_subject(result);

        fputs(" (", stream);
        write_escaped(stream, subject, "#\\");
        fputc(')', stream);
        free(subject);
    }
    if (shape->directive != NULL) {
        bool reasoned = digest_text(result->reason)[0] != '\0';

        fputs(shape->directive, stream);
        fputs(!reasoned ? "" : result->outcome == OUTCOME_KNOWN ? ": " : " ", stream);
        write_escaped(stream, result->reason, "");
    }
    fputc('\n', stream);
    if (result->outcome == OUTCOME_WARN)
        write_warnings(stream, result);
    if (shape->diagnosed)
        write_diagnostics(stream, result);
}

static int write_tap(FILE *stream, const struct result_run *run)
{
    fprintf(stream, "TAP version 13\n1..%zu%s\n", run->n_cases,
            run->n_cases == 0 && !run->interrupted ? " # SKIP no case ran" : "");
    for (size_t i = 0; i < run->n_cases; i++)
        write_point(stream, i + 1, run->cases[i]);
    if (run->interrupted)
        fputs("Bail out! interrupted\n", stream);
    return report_finish(stream);
}

const struct reporter reporter_tap = {
    .name = "tap",
    .file_name = "report.tap",
    .meaning = "Test Anything Protocol 13, for prove and most CI systems",
    .write = write_tap,
};
