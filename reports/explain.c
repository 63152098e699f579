#include "reports/explain.h"

#include "reports/digest.h"
#include "reports/escape.h"

#include <stdlib.h>
#include <string.h>

#define GUTTER       8  /* "%5d | " */
#define ID_WIDTH_MAX 20 /* a longer id of a rule does not push the words aside */

/* A character of the source line, and the part of the line that the caret is under. */
struct span {
    size_t before, under, total; /* columns */
};

static struct span measure(const struct result_check *check, unsigned how)
{
    struct span span = { .before = 0 };
    const char *rest = check->source;
    struct escape_glyph glyph;

    for (int at = 1; *rest != '\0'; at++) {
        rest = escape_next(rest, how, &glyph);
        span.total += glyph.columns;
        if (at < check->column)
            span.before += glyph.columns;
        else if (at == check->column || at - check->column < check->width)
            span.under += glyph.columns;
    }
    if (span.under == 0)
        span.under = 1;
    return span;
}

/* Writes the source from column `skip` on, in at most `room` columns. */
static void write_window(FILE *stream, const char *source, unsigned how, size_t skip, size_t room)
{
    const char *ellipsis = (how & ESCAPE_UNICODE) != 0 ? "\u2026" : "...";
    size_t at = 0, from = skip;
    struct escape_glyph glyph;

    if (skip > 0) {
        fputs(ellipsis, stream);
        from += escape_columns(ellipsis, how);
    }
    while (*source != '\0' && at < from) {
        source = escape_next(source, how, &glyph);
        at += glyph.columns;
    }
    /* A wide character may straddle the edge: blanks keep the caret below its place. */
    fprintf(stream, "%*s", (int)(at - from), "");
    escape_write(stream, source, how, room - (at - skip));
    fputc('\n', stream);
}

static void explain_source(FILE *stream, const struct style *style,
                           const struct result_check *check)
{
    unsigned how = style_escape(style) | ESCAPE_SOURCE;
    size_t room = style_columns(style) - strlen(style->indent) - GUTTER;
    struct span span = measure(check, how);
    size_t skip = 0, under;

    if (span.total > room && span.before + span.under + 3 > room)
        skip = span.before > room / 2 ? span.before - room / 2 : 0;
    under = span.under < room - (span.before - skip) ? span.under : room - (span.before - skip);
    fprintf(stream, "%s%5d | ", style->indent, check->line);
    write_window(stream, check->source, how, skip, room);
    fprintf(stream, "%s%5s | %*s%s^", style->indent, "", (int)(span.before - skip), "",
            style_paint(style, PAINT_BAD));
    for (size_t i = 1; i < under; i++)
        fputc('~', stream);
    fprintf(stream, "%s\n", style_paint(style, PAINT_OFF));
}

/* The columns of the longest id that is to be told now. */
static size_t id_width(const struct style *style, const struct result_case *result,
                       const struct digest_failure *failure)
{
    size_t width = 0;

    for (size_t i = 0; i < failure->check->n_rules; i++) {
        const struct result_rule *rule = &failure->check->rules[i];
        size_t columns = escape_columns(rule->id, style_escape(style));

        if (columns > width && columns <= ID_WIDTH_MAX && digest_is_new(result, failure, rule))
            width = columns;
    }
    return width;
}

static void explain_rules(FILE *stream, const struct style *style, const struct result_case *result,
                          const struct digest_failure *failure)
{
    const char *head = "broken: ";
    size_t width = id_width(style, result, failure);

    for (size_t i = 0; i < failure->check->n_rules; i++) {
        const struct result_rule *rule = &failure->check->rules[i];
        size_t columns = escape_columns(rule->id, style_escape(style));
        int blanks = columns < width ? (int)(width - columns) : 0;

        if (!digest_is_new(result, failure, rule))
            continue;
        fprintf(stream, "%s%-8s%s", style->indent, head, style_paint(style, PAINT_STRONG));
        style_words(stream, style, rule->id);
        fprintf(stream, "%s%*s  ", style_paint(style, PAINT_OFF), blanks, "");
        style_words(stream, style, rule->text);
        fputc('\n', stream);
        head = "";
    }
}

static void explain_check(FILE *stream, const struct style *style, const struct result_case *result,
                          const struct digest_failure *failure)
{
    const struct result_check *check = failure->check;

    fputs(style->indent, stream);
    if (check->file != NULL) {
        fputs(style_paint(style, PAINT_STRONG), stream);
        style_whole(stream, style, check->file);
        fprintf(stream, ":%d:%d: %s", check->line, check->column, style_paint(style, PAINT_OFF));
    }
    fprintf(stream, "%s%s", style_paint(style, check->must ? PAINT_BAD : PAINT_WARNING),
            check->must ? "" : "warning: ");
    style_words(stream, style, check->fact);
    fprintf(stream, "%s: expected ", style_paint(style, PAINT_OFF));
    style_words(stream, style, check->expected);
    fputs(", got ", stream);
    style_words(stream, style, check->got);
    fputc('\n', stream);
    if (check->file != NULL && digest_text(check->source)[0] != '\0')
        explain_source(stream, style, check);
    explain_rules(stream, style, result, failure);
}

static void explain_step(FILE *stream, const struct style *style, const struct result_step *step)
{
    fputs(style->indent, stream);
    if (step->number == 0) {
        fputs("the whole scenario:\n", stream);
        return;
    }
    fprintf(stream, "step %d: ", step->number);
    style_words(stream, style, step->title);
    fputc('\n', stream);
}

/* More than these a report does not tell; `counterseal explain` tells all. */
enum { CAUSES_TOLD = 8 };

static void explain_causes(FILE *stream, const struct style *style,
                           const struct result_case *result)
{
    for (size_t i = 0; i < result->n_causes && i < CAUSES_TOLD; i++) {
        char *words = digest_cause(result, &result->causes[i]);

        fprintf(stream, "%s%-5s", style->indent, i == 0 ? "why:" : "");
        style_words(stream, style, words);
        fputc('\n', stream);
        free(words);
    }
    if (result->n_causes > CAUSES_TOLD)
        fprintf(stream, "%s     and %zu more, told by `counterseal explain`\n", style->indent,
                result->n_causes - CAUSES_TOLD);
}

void explain_problem(FILE *stream, const struct style *style, const struct result_case *result)
{
    struct digest_failure failure = { .step = NULL };
    const struct result_step *step = NULL;
    bool separate = false;

    if (digest_text(result->title)[0] != '\0') {
        fputs(style->indent, stream);
        style_words(stream, style, result->title);
        fputs("\n", stream);
        separate = true;
    }
    if (!digest_reason_is_told(result)) {
        fprintf(stream, "%s%s", separate ? "\n" : "", style->indent);
        style_words(stream, style, result->reason);
        fputs("\n", stream);
        separate = true;
    }
    while (digest_next(result, &failure)) {
        if (failure.step != step) {
            fputs(separate ? "\n" : "", stream);
            explain_step(stream, style, failure.step);
            step = failure.step;
            separate = true;
        }
        explain_check(stream, style, result, &failure);
    }
    explain_causes(stream, style, result);
}

void explain_ends(FILE *stream, const struct style *style, const struct result_case *result)
{
    if (result->evidence != NULL) {
        fprintf(stream, "%sevidence: ", style->indent);
        style_whole(stream, style, result->evidence);
        fputc('\n', stream);
    }
    if (digest_text(result->rerun)[0] != '\0') {
        fprintf(stream, "%srun again: ", style->indent);
        style_whole(stream, style, result->rerun);
        fputc('\n', stream);
    }
}
