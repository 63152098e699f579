#include "reports/report.h"

#include "reports/digest.h"
#include "reports/escape.h"
#include "reports/matrix.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>

/* Text in a cell: one line, and nothing in it ends the cell or begins a mark. */
static void write_text(FILE *stream, const char *text)
{
    struct escape_glyph glyph;

    for (text = digest_text(text); *text != '\0';) {
        text = escape_next(text, ESCAPE_UNICODE, &glyph);
        if (glyph.size == 1 && strchr("|<>&*_`[]\\", glyph.text[0]) != NULL)
            (void)fputc('\\', stream);
        (void)fwrite(glyph.text, 1, glyph.size, stream);
    }
}

static void write_head(FILE *stream, const struct result_run *run)
{
    (void)fprintf(stream, "counterseal %s, %.10s (%s).\n", run->version, run->started,
                  run->libraries);
}

/* A gravest outcome that needs a reader stands out. */
static void write_cell(FILE *stream, struct matrix *matrix, const struct matrix_cell *cell,
                       const char *link)
{
    const char *text = matrix_cell_text(matrix, cell);
    enum outcome outcome = matrix_cell_outcome(cell);
    const char *mark = outcome_counted(outcome) == COUNTED_FAILED ? "**" : "";

    if (link != NULL && link[0] != '\0')
        (void)fprintf(stream, " %s[%s](<%s>)%s |", mark, text, link, mark);
    else
        (void)fprintf(stream, " %s%s%s |", mark, text, mark);
}

static void write_client(FILE *stream, const struct result_client *client)
{
    (void)fputs("| ", stream);
    write_text(stream, client->name);
    (void)fputs(" | ", stream);
    if (client->missing != NULL)
        (void)fputs("not installed", stream);
    write_text(stream, client->version);
    (void)fputs(" | ", stream);
    write_text(stream, client->library);
    (void)fputs(" |", stream);
}

static void write_topics(FILE *stream, struct matrix *matrix)
{
    (void)fputs("\n| client | version | TLS |", stream);
    for (size_t t = 0; t < MATRIX_TOPICS; t++)
        (void)fprintf(stream, " %s |", matrix_topics[t].name);
    (void)fputs("\n|---|---|---|", stream);
    for (size_t t = 0; t < MATRIX_TOPICS; t++)
        (void)fputs("---|", stream);
    (void)fputs("\n", stream);
    for (size_t c = 0; c < matrix->n_columns; c++) {
        write_client(stream, &matrix->columns[c]);
        for (size_t t = 0; t < MATRIX_TOPICS; t++)
            write_cell(stream, matrix, &matrix->topics[c * MATRIX_TOPICS + t], NULL);
        (void)fputs("\n", stream);
    }
    (void)fputs("\n`2 warn of 8`: of the 8 cases that it could play the gravest outcome is that, "
                "twice; `-`: none could be played.\n",
                stream);
}

static void write_rows(FILE *stream, struct matrix *matrix, const char *from)
{
    (void)fputs("\n| case |", stream);
    for (size_t c = 0; c < matrix->n_columns; c++) {
        (void)fputs(" ", stream);
        write_text(stream, matrix->columns[c].name);
        (void)fputs(" |", stream);
    }
    (void)fputs("\n|---|", stream);
    for (size_t c = 0; c < matrix->n_columns; c++)
        (void)fputs("---|", stream);
    (void)fputs("\n", stream);
    for (size_t r = 0; r < matrix->n_rows; r++) {
        const struct matrix_row *row = &matrix->rows[r];

        (void)fprintf(stream, "| [%s](<%s>) |", row->id, matrix_link(matrix, from, row->file));
        for (size_t c = 0; c < matrix->n_columns; c++)
            write_cell(stream, matrix, &row->cells[c],
                       row->cells[c].worst != NULL
                           ? matrix_link(matrix, from, row->cells[c].worst->evidence)
                           : NULL);
        (void)fputs("\n", stream);
    }
}

static bool needs_telling(const struct result_case *result)
{
    return result->outcome != OUTCOME_PASS && result->outcome != OUTCOME_SKIP;
}

static void write_causes(FILE *stream, const struct result_case *result)
{
    for (size_t i = 0; i < result->n_causes; i++) {
        char *words = digest_cause(result, &result->causes[i]);

        (void)fputs("<br>", stream);
        write_text(stream, words);
        free(words);
    }
}

static void write_deviations(FILE *stream, struct matrix *matrix, const struct result_run *run,
                             const char *from)
{
    (void)fputs("\n| client | case | outcome | what | rules |\n|---|---|---|---|---|\n", stream);
    for (size_t i = 0; i < run->n_cases; i++) {
        const struct result_case *result = run->cases[i];
        char *message, *rules;

        if (!needs_telling(result))
            continue;
        message = digest_message(result);
        rules = digest_rules(result);
        (void)fputs("| ", stream);
        write_text(stream, result->client);
        (void)fputs(" | [", stream);
        write_text(stream, result->id);
        (void)fprintf(
            stream, "](<%s>) | %s | ",
            matrix_link(matrix, from, result->evidence != NULL ? result->evidence : result->file),
            outcome_name(result->outcome));
        write_text(stream, message);
        write_causes(stream, result);
        (void)fputs(" | ", stream);
        write_text(stream, rules);
        (void)fputs(" |\n", stream);
        free(message);
        free(rules);
    }
}

static int write_summary(FILE *stream, const struct result_run *run)
{
    struct matrix *matrix = matrix_new(run);

    write_head(stream, run);
    write_topics(stream, matrix);
    talloc_free(matrix);
    return report_finish(stream);
}

static int write_markdown(FILE *stream, const struct result_run *run)
{
    struct matrix *matrix = matrix_new(run);
    const char *from = digest_text(run->directory);

    (void)fputs("# SMTP and client certificates\n\n", stream);
    write_head(stream, run);
    (void)fputs("\n## What each does\n", stream);
    write_topics(stream, matrix);
    (void)fputs("\n## Case by case\n\nThe worst of a case's variants; it leads to the evidence.\n",
                stream);
    write_rows(stream, matrix, from);
    (void)fputs("\n## What is not as it should be\n", stream);
    write_deviations(stream, matrix, run, from);
    talloc_free(matrix);
    return report_finish(stream);
}

const struct reporter reporter_markdown = {
    .name = "markdown",
    .file_name = "matrix.md",
    .meaning = "cases by clients, as tables for a page",
    .write = write_markdown,
};

const struct reporter reporter_summary = {
    .name = "summary",
    .file_name = "summary.md",
    .meaning = "what each client does, one row a client",
    .write = write_summary,
};
