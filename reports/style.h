/*
 * What the reader's side can show: colours, glyphs beyond ASCII, columns. Passed along by whatever
 * writes for people; the same words come out in every style.
 */
#ifndef REPORTS_STYLE_H
#define REPORTS_STYLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct style {
    bool colour;
    bool unicode;
    int columns;        /* of the terminal; 0: no terminal, or unknown */
    const char *indent; /* before each line of an explanation */
};

/* X(id, SGR parameters) */
/* clang-format off */
#define STYLE_PAINTS(X) \
    X(OFF, "0") X(GOOD, "32") X(BAD, "1;31") X(WARNING, "1;33") X(NOTE, "36") X(DIM, "2") \
    X(STRONG, "1")
/* clang-format on */

#define STYLE_PAINT_AS_ENUM(id, sgr) PAINT_##id,
enum style_paint { STYLE_PAINTS(STYLE_PAINT_AS_ENUM) PAINT_COUNT };

/* Returns the escape sequence that switches to `paint`; "" where there are no colours. */
const char *style_paint(const struct style *style, enum style_paint paint);

/* Columns that a line of an explanation may take with its indent: those of the terminal, but at
 * least 60; without a terminal 200, where a line of SMTP or YAML still fits and a hostile one does
 * not. */
size_t style_columns(const struct style *style);

/* The escape_how of this style. */
unsigned style_escape(const struct style *style);

/* Writes text in words, escaped and cut to STYLE_WORDS_MAX columns: enough for every sentence of
 * ours, and all that a list of hostile names deserves. */
#define STYLE_WORDS_MAX 300
void style_words(FILE *stream, const struct style *style, const char *text);

/* The same, but never cut: paths, ids and command lines, which are for copying. */
void style_whole(FILE *stream, const struct style *style, const char *text);

#endif
