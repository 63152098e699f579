#include "reports/report.h"

#include "reports/digest.h"
#include "reports/escape.h"
#include "reports/matrix.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>

/* One file: no script, no font, no picture from elsewhere. */

static const char style[] =
    "body{font:14px/1.4 sans-serif;margin:1em 2em;color:#222;background:#fff}\n"
    "table{border-collapse:collapse;margin:1em 0}\n"
    "th,td{border:1px solid #ccc;padding:2px 6px;text-align:left;vertical-align:top}\n"
    "thead th{position:sticky;top:0;background:#eee}\n"
    ".pass{background:#dff0d8}.warn{background:#fcf3c4}.known{background:#d9e8f6}\n"
    ".fail,.error,.fixed{background:#f4c7c3;font-weight:bold}.skip{color:#767676}\n"
    "td a{color:inherit}.id{font-family:monospace;font-size:12px}\n"
    "@media(prefers-color-scheme:dark){body{background:#1b1b1b;color:#ddd}thead th{background:#333}"
    "th,td{border-color:#555}.pass{background:#24402a}.warn{background:#4d4517}"
    ".known{background:#22394d}.fail,.error,.fixed{background:#5c2320}.skip{color:#999}"
    "a{color:#9cf}}\n";

static void write_text(FILE *stream, const char *text)
{
    struct escape_glyph glyph;

    for (text = digest_text(text); *text != '\0';) {
        text = escape_next(text, ESCAPE_UNICODE, &glyph);
        if (glyph.size == 1 && strchr("<>&\"'", glyph.text[0]) != NULL)
            (void)fprintf(stream, "&#%d;", glyph.text[0]);
        else
            (void)fwrite(glyph.text, 1, glyph.size, stream);
    }
}

/* A reference: what stands for itself in a path, the rest in percents. */
static void write_path(FILE *stream, const char *path)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/,=+@";

    for (; *path != '\0'; path++)
        if (strchr(plain, *path) != NULL)
            (void)fputc(*path, stream);
        else
            (void)fprintf(stream, "%%%02X", (unsigned char)*path);
}

static void write_link(FILE *stream, const char *path, const char *text)
{
    (void)fputs("<a href=\"", stream);
    write_path(stream, path);
    (void)fputs("\">", stream);
    write_text(stream, text);
    (void)fputs("</a>", stream);
}

static bool needs_telling(const struct result_case *result)
{
    return result->outcome != OUTCOME_PASS && result->outcome != OUTCOME_SKIP;
}

/* The place of a case in the list of what is not as it should be. */
static size_t place_of(const struct result_run *run, const struct result_case *result)
{
    size_t at = 0;

    while (at < run->n_cases && run->cases[at] != result)
        at++;
    return at;
}

static void write_cell(FILE *stream, struct matrix *matrix, const struct result_run *run,
                       const struct matrix_cell *cell)
{
    const char *text = matrix_cell_text(matrix, cell);
    const char *outcome = outcome_name(matrix_cell_outcome(cell));

    (void)fprintf(stream, "<td class=\"%s\" title=\"", outcome);
    if (cell->worst != NULL)
        write_text(stream, cell->worst->reason);
    (void)fputs("\">", stream);
    if (cell->worst != NULL && needs_telling(cell->worst))
        (void)fprintf(stream, "<a href=\"#d%zu\">%s</a>", place_of(run, cell->worst), text);
    else
        (void)fputs(text, stream);
    (void)fputs("</td>", stream);
}

static void write_topics(FILE *stream, struct matrix *matrix, const struct result_run *run)
{
    (void)fputs("<h2>What each does</h2>\n<table>\n<thead><tr><th>client</th><th>version</th>"
                "<th>TLS</th>",
                stream);
    for (size_t t = 0; t < MATRIX_TOPICS; t++)
        (void)fprintf(stream, "<th title=\"%s\">%s</th>", matrix_topics[t].meaning,
                      matrix_topics[t].name);
    (void)fputs("</tr></thead>\n", stream);
    for (size_t c = 0; c < matrix->n_columns; c++) {
        const struct result_client *client = &matrix->columns[c];

        (void)fputs("<tr><th title=\"", stream);
        write_text(stream, client->title);
        (void)fputs("\">", stream);
        write_text(stream, client->name);
        (void)fputs("</th><td title=\"", stream);
        write_text(stream, client->missing);
        (void)fputs(client->missing != NULL ? "\">not installed" : "\">", stream);
        write_text(stream, client->version);
        (void)fputs("</td><td>", stream);
        write_text(stream, client->library);
        (void)fputs("</td>", stream);
        for (size_t t = 0; t < MATRIX_TOPICS; t++)
            write_cell(stream, matrix, run, &matrix->topics[c * MATRIX_TOPICS + t]);
        (void)fputs("</tr>\n", stream);
    }
    (void)fputs("</table>\n", stream);
}

static void write_rows(FILE *stream, struct matrix *matrix, const struct result_run *run,
                       const char *from)
{
    (void)fputs("<h2>Case by case</h2>\n<p>The worst of a case's variants.</p>\n<table>\n"
                "<thead><tr><th>case</th>",
                stream);
    for (size_t c = 0; c < matrix->n_columns; c++) {
        (void)fputs("<th>", stream);
        write_text(stream, matrix->columns[c].name);
        (void)fputs("</th>", stream);
    }
    (void)fputs("</tr></thead>\n", stream);
    for (size_t r = 0; r < matrix->n_rows; r++) {
        const struct matrix_row *row = &matrix->rows[r];

        (void)fputs("<tr><td class=\"id\" title=\"", stream);
        write_text(stream, row->title);
        (void)fputs("\">", stream);
        write_link(stream, matrix_link(matrix, from, row->file), row->id);
        (void)fputs("</td>", stream);
        for (size_t c = 0; c < matrix->n_columns; c++)
            write_cell(stream, matrix, run, &row->cells[c]);
        (void)fputs("</tr>\n", stream);
    }
    (void)fputs("</table>\n", stream);
}

/* The rules that a case broke, each with its words. */
static void write_rules(FILE *stream, const struct result_case *result)
{
    struct digest_failure failure = { 0 };

    while (digest_next(result, &failure))
        for (size_t i = 0; i < failure.check->n_rules; i++) {
            const struct result_rule *rule = &failure.check->rules[i];

            if (!digest_is_new(result, &failure, rule))
                continue;
            (void)fputs("<b>", stream);
            write_text(stream, rule->id);
            (void)fputs("</b> ", stream);
            write_text(stream, rule->text);
            (void)fputs("<br>", stream);
        }
}

static void write_causes(FILE *stream, const struct result_case *result)
{
    for (size_t i = 0; i < result->n_causes; i++) {
        char *words = digest_cause(result, &result->causes[i]);

        (void)fputs("<br><small>", stream);
        write_text(stream, words);
        (void)fputs("</small>", stream);
        free(words);
    }
}

static void write_deviations(FILE *stream, struct matrix *matrix, const struct result_run *run,
                             const char *from)
{
    (void)fputs("<h2>What is not as it should be</h2>\n<table>\n<thead><tr><th>client</th>"
                "<th>case</th><th>outcome</th><th>what</th><th>rules</th></tr></thead>\n",
                stream);
    for (size_t i = 0; i < run->n_cases; i++) {
        const struct result_case *result = run->cases[i];
        char *message;

        if (!needs_telling(result))
            continue;
        message = digest_message(result);
        (void)fprintf(stream, "<tr id=\"d%zu\"><th>", i);
        write_text(stream, result->client);
        (void)fputs("</th><td class=\"id\">", stream);
        write_link(
            stream,
            matrix_link(matrix, from, result->evidence != NULL ? result->evidence : result->file),
            result->id);
        (void)fprintf(stream, "</td><td class=\"%s\">%s</td><td>", outcome_name(result->outcome),
                      outcome_name(result->outcome));
        write_text(stream, message);
        write_causes(stream, result);
        (void)fputs("</td><td>", stream);
        write_rules(stream, result);
        (void)fputs("</td></tr>\n", stream);
        free(message);
    }
    (void)fputs("</table>\n", stream);
}

static int write_html(FILE *stream, const struct result_run *run)
{
    struct matrix *matrix = matrix_new(run);
    const char *from = digest_text(run->directory);

    (void)fprintf(stream,
                  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width\">\n"
                  "<title>SMTP and client certificates</title>\n<style>\n%s</style>\n"
                  "</head>\n<body>\n<h1>SMTP and client certificates</h1>\n<p>counterseal "
                  "%s, %.10s (",
                  style, run->version, run->started);
    write_text(stream, run->libraries);
    (void)fputs(")</p>\n<p>", stream);
    for (enum outcome o = OUTCOME_PASS; o < OUTCOME_COUNT; o++)
        (void)fprintf(stream, "<span class=\"%s\">&nbsp;%s&nbsp;</span> %s &nbsp; ",
                      outcome_name(o), outcome_name(o), outcome_meaning(o));
    (void)fputs("</p>\n", stream);
    write_topics(stream, matrix, run);
    write_rows(stream, matrix, run, from);
    write_deviations(stream, matrix, run, from);
    (void)fputs("</body>\n</html>\n", stream);
    talloc_free(matrix);
    return report_finish(stream);
}

const struct reporter reporter_html = {
    .name = "html",
    .file_name = "matrix.html",
    .meaning = "cases by clients, as one page that needs nothing else",
    .write = write_html,
};
