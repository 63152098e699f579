#include "reports/style.h"

#include "reports/escape.h"

#define COLUMNS_LEAST            60
#define COLUMNS_WITHOUT_TERMINAL 200

#define STYLE_PAINT_AS_SEQUENCE(id, sgr) "\x1b[" sgr "m",
static const char *const paints[PAINT_COUNT] = { STYLE_PAINTS(STYLE_PAINT_AS_SEQUENCE) };

const char *style_paint(const struct style *style, enum style_paint paint)
{
    return style->colour ? paints[paint] : "";
}

size_t style_columns(const struct style *style)
{
    if (style->columns <= 0)
        return COLUMNS_WITHOUT_TERMINAL;
    return style->columns < COLUMNS_LEAST ? COLUMNS_LEAST : (size_t)style->columns;
}

unsigned style_escape(const struct style *style)
{
    return style->unicode ? ESCAPE_UNICODE : 0;
}

void style_words(FILE *stream, const struct style *style, const char *text)
{
    escape_write(stream, text, style_escape(style), STYLE_WORDS_MAX);
}

void style_whole(FILE *stream, const struct style *style, const char *text)
{
    escape_write(stream, text, style_escape(style), 0);
}
