#include "reports/explain.h"

#include "reports/digest.h"
#include "reports/escape.h"

#include <string.h>

/* A transcript longer than this is cut; what matters tends to stand at the end. */
#define LINES_MAX  60
#define LINES_HEAD 20
#define LINES_TAIL (LINES_MAX - LINES_HEAD - 1)

/* Columns: of the TLS mark, the number of the connection, and the least for the text. */
#define MARK       3
#define CONNECTION 5
#define TEXT_LEAST 20

struct transcript {
    const struct result_case *result;
    const struct style *style;
    int first, last; /* connections */
    bool steps;      /* of several steps */
};

static struct transcript survey(const struct style *style, const struct result_case *result)
{
    struct transcript transcript = { .result = result, .style = style };
    int step = result->transcript[0].step;

    for (size_t i = 0; i < result->n_transcript; i++) {
        const struct result_line *line = &result->transcript[i];

        transcript.steps = transcript.steps || line->step != step;
        if (line->connection <= 0)
            continue;
        if (transcript.first == 0 || line->connection < transcript.first)
            transcript.first = line->connection;
        if (line->connection > transcript.last)
            transcript.last = line->connection;
    }
    return transcript;
}

static void write_heading(FILE *stream, const struct transcript *t)
{
    fprintf(stream, "%stranscript", t->style->indent);
    if (t->first != t->last)
        fprintf(stream, " (connections %d to %d)", t->first, t->last);
    else if (t->first > 0)
        fprintf(stream, " (connection %d)", t->first);
    fputc('\n', stream);
}

static void write_step(FILE *stream, const struct transcript *t, int number)
{
    const char *title = "";

    for (size_t i = 0; i < t->result->n_steps; i++) {
        if (t->result->steps[i].number == number)
            title = digest_text(t->result->steps[i].title);
    }
    if (number <= 0)
        return;
    fprintf(stream, "%s  step %d%s", t->style->indent, number, title[0] != '\0' ? ": " : "");
    style_words(stream, t->style, title);
    fputc('\n', stream);
}

static void write_line(FILE *stream, const struct transcript *t, const struct result_line *line)
{
    const char *mark = !line->tls ? "" : t->style->unicode ? "\U0001f512" : "T";
    unsigned how = style_escape(t->style) | ESCAPE_WIRE;
    bool known = line->direction != '\0' && strchr("<>*", line->direction) != NULL;
    int mark_rest = MARK - (int)escape_columns(mark, how);
    char number[16] = "";
    size_t used, room = style_columns(t->style);
    int number_width = t->first != t->last ? CONNECTION : 0;

    if (t->first != t->last && line->connection > 0)
        (void)snprintf(number, sizeof(number), "#%d", line->connection);
    used = strlen(t->style->indent) + strlen("12345.6 ms  > ") + (size_t)number_width + MARK;
    room = room > used + TEXT_LEAST ? room - used : TEXT_LEAST;
    fprintf(stream, "%s%s%7.1f ms  %-*s%s%s%*s%c ", t->style->indent,
            style_paint(t->style, PAINT_DIM), line->seconds * 1e3, number_width, number, mark,
            style_paint(t->style, PAINT_OFF), mark_rest, "", known ? line->direction : '?');
    escape_write(stream, line->text, how, room);
    fputc('\n', stream);
}

static void write_gap(FILE *stream, const struct transcript *t, size_t n)
{
    fprintf(stream, "%s  %s %zu lines left out\n", t->style->indent,
            t->style->unicode ? "\u2026" : "...", n);
}

void explain_transcript(FILE *stream, const struct style *style, const struct result_case *result)
{
    struct transcript transcript;
    size_t n = result->n_transcript, left_out = 0;
    int step = 0;

    if (n == 0)
        return;
    if (n > LINES_MAX)
        left_out = n - LINES_HEAD - LINES_TAIL;
    transcript = survey(style, result);
    write_heading(stream, &transcript);
    for (size_t i = 0; i < n; i++) {
        const struct result_line *line = &result->transcript[i];

        if (left_out > 0 && i == LINES_HEAD) {
            write_gap(stream, &transcript, left_out);
            i += left_out - 1;
            continue;
        }
        if (transcript.steps && line->step != step)
            write_step(stream, &transcript, line->step);
        step = line->step;
        write_line(stream, &transcript, line);
    }
}
