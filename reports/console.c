#include "reports/report.h"

#include "reports/digest.h"
#include "reports/escape.h"
#include "reports/explain.h"

#include <stdlib.h>
#include <string.h>

#define INDENT "      "

/* console_set() makes it; the one state of this room, as there is only one terminal. */
static struct style style = { .indent = INDENT };

/* How an outcome looks. `noun` and `nouns` count it in the summary; NULL: the last line does. */
struct face {
    const char *label;
    enum style_paint paint;
    bool reasoned;    /* the reason stands on the line */
    bool explained;   /* the explanation stands below */
    bool transcribed; /* with the transcript */
    const char *noun, *nouns;
};

/* clang-format off */
static const struct face faces[OUTCOME_COUNT] = {
    [OUTCOME_PASS]  = { "pass",  PAINT_GOOD,    false, false, false, NULL, NULL },
    [OUTCOME_FAIL]  = { "FAIL",  PAINT_BAD,     false, true,  true,  "failure", "failures" },
    [OUTCOME_WARN]  = { "warn",  PAINT_WARNING, false, true,  false, "warning", "warnings" },
    [OUTCOME_KNOWN] = { "known", PAINT_NOTE,    true,  false, false, "known deviation",
                                                                     "known deviations" },
    [OUTCOME_FIXED] = { "FIXED", PAINT_BAD,     false, true,  false, "fixed deviation",
                                                                     "fixed deviations" },
    [OUTCOME_SKIP]  = { "skip",  PAINT_DIM,     true,  false, false, NULL, NULL },
    [OUTCOME_ERROR] = { "ERROR", PAINT_BAD,     false, true,  true,  "error", "errors" },
};
/* clang-format on */

void console_set(enum console_colour colour, bool unicode, int columns)
{
    style.colour = colour == CONSOLE_COLOUR;
    style.unicode = unicode;
    style.columns = columns;
}

static void write_duration(FILE *stream, double seconds)
{
    if (seconds < 10)
        fprintf(stream, "%.0f ms", seconds * 1e3);
    else
        fprintf(stream, "%.1f s", seconds);
}

static void write_case_line(FILE *stream, const struct result_case *result, const struct face *face)
{
    fprintf(stream, "%s%-5s%s ", style_paint(&style, face->paint), face->label,
            style_paint(&style, PAINT_OFF));
    style_whole(stream, &style, result->id);
    if (!digest_is_usual(result)) {
        char *subject = digest_subject(result);

        fputs("  ", stream);
        style_words(stream, &style, subject);
        free(subject);
    }
    if (result->outcome != OUTCOME_SKIP) {
        fputs("  ", stream);
        write_duration(stream, result->seconds);
    }
    if (face->reasoned && digest_text(result->reason)[0] != '\0') {
        fputs("  (", stream);
        style_words(stream, &style, result->reason);
        fputc(')', stream);
    }
    fputc('\n', stream);
}

void console_case(FILE *stream, const struct result_case *result)
{
    const struct face *face = &faces[result->outcome];

    write_case_line(stream, result, face);
    if (!face->explained)
        return;
    explain_problem(stream, &style, result);
    if (face->transcribed && result->n_transcript > 0) {
        fputc('\n', stream);
        explain_transcript(stream, &style, result);
    }
    explain_ends(stream, &style, result);
    fputc('\n', stream);
}

/* --- the progress line --- */

#define BAR_MAX         20
#define COLUMNS_UNKNOWN 80
#define COLUMNS_FOR_BAR 50 /* narrower, the id is worth more than the bar */

/* The last column stays free: there many terminals begin a new line. */
static size_t progress_columns(void)
{
    return (size_t)(style.columns > 1 ? style.columns : COLUMNS_UNKNOWN) - 1;
}

static size_t write_bar(FILE *stream, size_t done, size_t total, size_t columns)
{
    size_t full = total > 0 ? (done < total ? done : total) * BAR_MAX / total : 0;

    if (columns < COLUMNS_FOR_BAR)
        return 0;
    fputs(style.unicode ? "" : "[", stream);
    for (size_t i = 0; i < BAR_MAX; i++) {
        const char *cell =
            i < full ? (style.unicode ? "\u2588" : "=") : (style.unicode ? "\u2591" : " ");

        fputs(cell, stream);
    }
    fputs(style.unicode ? "  " : "] ", stream);
    return BAR_MAX + (style.unicode ? 2 : 3);
}

void console_progress(FILE *stream, size_t done, size_t total, size_t failed, const char *now)
{
    size_t room = progress_columns(), used;
    char counts[80];

    fputc('\r', stream);
    room -= write_bar(stream, done, total, room);
    (void)snprintf(counts, sizeof(counts), "%zu/%zu  ", done, total);
    for (int part = 0; part < 2; part++) {
        fputs(part == 1 && failed > 0 ? style_paint(&style, PAINT_BAD) : "", stream);
        used = strlen(counts) < room ? strlen(counts) : room;
        fprintf(stream, "%.*s", (int)used, counts);
        fputs(part == 1 && failed > 0 ? style_paint(&style, PAINT_OFF) : "", stream);
        room -= used;
        (void)snprintf(counts, sizeof(counts), "%zu failed  ", failed);
    }
    used = room > 0 ? escape_write(stream, now, style_escape(&style), room) : 0;
    /* Blanks wipe what the line before left over. */
    fprintf(stream, "%*s\r", (int)(room - used), "");
    fflush(stream);
}

void console_clear_progress(FILE *stream)
{
    fprintf(stream, "\r%*s\r", (int)progress_columns(), "");
    fflush(stream);
}

/* --- the summary --- */

/* What the last line does not tell apart. */
static void write_classes(FILE *stream, const struct result_counts *counts)
{
    const char *separator = "";

    for (size_t i = 0; i < OUTCOME_COUNT; i++) {
        size_t n = counts->by_outcome[i];

        if (n == 0 || faces[i].noun == NULL)
            continue;
        fprintf(stream, "%s%s%zu %s%s", separator, style_paint(&style, faces[i].paint), n,
                n == 1 ? faces[i].noun : faces[i].nouns, style_paint(&style, PAINT_OFF));
        separator = ", ";
    }
    fputs(separator[0] != '\0' ? "\n" : "", stream);
}

void console_summary(FILE *stream, const struct result_run *run)
{
    struct result_counts counts = result_count(run);
    size_t n = run->n_cases + run->n_forgotten;

    write_classes(stream, &counts);
    fprintf(stream, "%zu %s in %.1f s", n, n == 1 ? "case" : "cases", run->seconds);
    if (run->seconds > 0)
        fprintf(stream, " (%.1f cases/s)", (double)n / run->seconds);
    fputc('\n', stream);
    if (run->interrupted)
        fputs("interrupted: the cases that did not run are missing\n", stream);
    fprintf(stream, "counterseal: %zu passed, %zu failed, %zu skipped\n", counts.passed,
            counts.failed, counts.skipped);
}

static int write_console(FILE *stream, const struct result_run *run)
{
    for (size_t i = 0; i < run->n_cases; i++)
        console_case(stream, run->cases[i]);
    if (run->n_cases > 0)
        fputc('\n', stream);
    console_summary(stream, run);
    return report_finish(stream);
}

const struct reporter reporter_console = {
    .name = "console",
    .file_name = "report.txt",
    .meaning = "for people: a line for each case, failures explained",
    .write = write_console,
};
