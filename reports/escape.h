/*
 * Text that may come from anywhere, made fit to be looked at.
 *
 * Everything a report shows passes through here, one character at a time: what a hostile peer could
 * use to drive a terminal, to hide text or to forge a line (control bytes, bidirectional overrides,
 * characters without width, bytes that are no UTF-8) comes out as a visible escape, CR and LF as
 * pictures of themselves. What comes out is valid UTF-8, legal in XML 1.0 and a single line.
 *
 * Columns are counted here too, since wcwidth() knows only ASCII while no locale is set. The tables
 * are coarse: a rare character may be off by one column, which costs a caret its alignment.
 */
#ifndef REPORTS_ESCAPE_H
#define REPORTS_ESCAPE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum escape_how {
    ESCAPE_UNICODE = 1, /* the reader shows UTF-8; else everything beyond ASCII is escaped */
    ESCAPE_WIRE = 2,    /* a backslash is doubled, so that an escape cannot be forged */
    ESCAPE_SOURCE = 4,  /* a tab is one blank, as carets stand below the line */
};

/* One character as it is shown: "a", "\x1b", "\u{202e}". */
struct escape_glyph {
    char text[16];
    size_t size;
    size_t columns;
};

/* Takes one character off `text`, which is not at its end, and returns the rest.
 * `how` is of enum escape_how. */
const char *escape_next(const char *text, unsigned how, struct escape_glyph *glyph);

/* Counts the columns that `text` takes when it is shown. */
size_t escape_columns(const char *text, unsigned how);

/* Writes `text`, cut to `limit` columns with an ellipsis at the end; 0: not cut. NULL is empty.
 * Returns the columns written, which may be less, as no escape is cut in two. */
size_t escape_write(FILE *stream, const char *text, unsigned how, size_t limit);

/* The same as a string, never cut. malloc()ed. */
char *escape_text(const char *text, unsigned how);

/* Returns the length of the UTF-8 character at `text` and puts it into `code`; 0 when the bytes are
 * none (overlong, a surrogate, cut off). Source: RFC 3629 section 4. */
size_t escape_utf8(const char *text, uint32_t *code);

#endif
