#include "reports/escape.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum shown { SHOWN_NORMAL, SHOWN_ESCAPED, SHOWN_WITHOUT_WIDTH, SHOWN_WIDE };

struct range {
    uint32_t first, last;
    enum shown shown;
};

/* clang-format off */
static const struct range ranges[] = {
    { 0x00080, 0x0009f, SHOWN_ESCAPED },       /* C1 controls: CSI in one character */
    { 0x000ad, 0x000ad, SHOWN_ESCAPED },       /* soft hyphen */
    { 0x00300, 0x0036f, SHOWN_WITHOUT_WIDTH }, /* combining marks */
    { 0x0061c, 0x0061c, SHOWN_ESCAPED },       /* Arabic letter mark */
    { 0x01100, 0x0115f, SHOWN_WIDE },
    { 0x0180e, 0x0180e, SHOWN_ESCAPED },       /* Mongolian vowel separator */
    { 0x0200b, 0x0200f, SHOWN_ESCAPED },       /* without width; direction marks */
    { 0x02028, 0x0202e, SHOWN_ESCAPED },       /* line separators, bidirectional overrides */
    { 0x02060, 0x0206f, SHOWN_ESCAPED },       /* bidirectional isolates */
    { 0x020d0, 0x020ff, SHOWN_WITHOUT_WIDTH },
    { 0x02e80, 0x0a4cf, SHOWN_WIDE },          /* CJK */
    { 0x0ac00, 0x0d7a3, SHOWN_WIDE },
    { 0x0e000, 0x0f8ff, SHOWN_ESCAPED },       /* private use */
    { 0x0f900, 0x0faff, SHOWN_WIDE },
    { 0x0fdd0, 0x0fdef, SHOWN_ESCAPED },       /* no characters */
    { 0x0fe00, 0x0fe0f, SHOWN_WITHOUT_WIDTH }, /* variation selectors */
    { 0x0fe20, 0x0fe2f, SHOWN_WITHOUT_WIDTH },
    { 0x0fe30, 0x0fe6f, SHOWN_WIDE },
    { 0x0feff, 0x0feff, SHOWN_ESCAPED },       /* byte order mark */
    { 0x0ff00, 0x0ff60, SHOWN_WIDE },
    { 0x0ffe0, 0x0ffe6, SHOWN_WIDE },
    { 0x0fff9, 0x0fffb, SHOWN_ESCAPED },       /* interlinear annotation */
    { 0x0fffe, 0x0ffff, SHOWN_ESCAPED },       /* illegal in XML 1.0 */
    { 0x1f300, 0x1faff, SHOWN_WIDE },          /* emoji */
    { 0x20000, 0x3fffd, SHOWN_WIDE },
    { 0xe0000, 0xfffff, SHOWN_ESCAPED },       /* tags, private use */
    { 0x100000, 0x10ffff, SHOWN_ESCAPED },
};

/* What a first byte says. `least` catches overlong forms. Source: RFC 3629 section 4. */
static const struct {
    size_t length;
    uint32_t least;
    unsigned char mask, value;
} leads[] = {
    { 1, 0x00000, 0x80, 0x00 },
    { 2, 0x00080, 0xe0, 0xc0 },
    { 3, 0x00800, 0xf0, 0xe0 },
    { 4, 0x10000, 0xf8, 0xf0 },
};
/* clang-format on */

static size_t decode(const unsigned char *bytes, size_t length, uint32_t least, uint32_t *code)
{
    /* 7, 5, 4 or 3 bits of the first byte count. */
    uint32_t c = length == 1 ? bytes[0] : bytes[0] & (0xffU >> (length + 1));

    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (bytes[i] & 0x3fU);
    }
    if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *code = c;
    return length;
}

size_t escape_utf8(const char *text, uint32_t *code)
{
    const unsigned char *bytes = (const unsigned char *)text;

    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        if ((bytes[0] & leads[i].mask) == leads[i].value)
            return decode(bytes, leads[i].length, leads[i].least, code);
    }
    return 0;
}

static enum shown shown_of(uint32_t code)
{
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (code >= ranges[i].first && code <= ranges[i].last)
            return ranges[i].shown;
    }
    return SHOWN_NORMAL;
}

static void put(struct escape_glyph *glyph, const char *text, size_t size, size_t columns)
{
    memcpy(glyph->text, text, size);
    glyph->text[size] = '\0';
    glyph->size = size;
    glyph->columns = columns;
}

static void put_byte(struct escape_glyph *glyph, unsigned char byte)
{
    char text[sizeof(glyph->text)];
    int size = snprintf(text, sizeof(text), "\\x%02x", byte);

    put(glyph, text, (size_t)size, (size_t)size);
}

static void put_code(struct escape_glyph *glyph, uint32_t code)
{
    char text[sizeof(glyph->text)];
    int size = snprintf(text, sizeof(text), "\\u{%04x}", code);

    put(glyph, text, (size_t)size, (size_t)size);
}

/* How an ASCII character is shown that is not shown as itself; the first row that fits counts. */
static const struct {
    char byte;
    unsigned how; /* all of these are asked for */
    const char *shown;
    size_t columns;
} pictures[] = {
    { '\r', ESCAPE_UNICODE, "\u240d", 1 }, { '\r', 0, "\\r", 2 },
    { '\n', ESCAPE_UNICODE, "\u240a", 1 }, { '\n', 0, "\\n", 2 },
    { '\t', ESCAPE_SOURCE, " ", 1 },       { '\t', 0, "\\t", 2 },
    { '\\', ESCAPE_WIRE, "\\\\", 2 },
};

static void put_ascii(struct escape_glyph *glyph, char byte, unsigned how)
{
    for (size_t i = 0; i < sizeof(pictures) / sizeof(pictures[0]); i++) {
        if (byte == pictures[i].byte && (how & pictures[i].how) == pictures[i].how) {
            put(glyph, pictures[i].shown, strlen(pictures[i].shown), pictures[i].columns);
            return;
        }
    }
    if (byte < 0x20 || byte == 0x7f)
        put_byte(glyph, (unsigned char)byte);
    else
        put(glyph, &byte, 1, 1);
}

const char *escape_next(const char *text, unsigned how, struct escape_glyph *glyph)
{
    static const size_t columns[] = { [SHOWN_NORMAL] = 1, [SHOWN_WIDE] = 2 };
    uint32_t code;
    size_t length = escape_utf8(text, &code);
    enum shown shown;

    if (length == 0) {
        put_byte(glyph, (unsigned char)*text);
        return text + 1;
    }
    if (length == 1) {
        put_ascii(glyph, *text, how);
        return text + 1;
    }
    shown = shown_of(code);
    if (shown == SHOWN_ESCAPED || (how & ESCAPE_UNICODE) == 0)
        put_code(glyph, code);
    else
        put(glyph, text, length, columns[shown]);
    return text + length;
}

size_t escape_columns(const char *text, unsigned how)
{
    struct escape_glyph glyph;
    size_t columns = 0;

    while (text != NULL && *text != '\0') {
        text = escape_next(text, how, &glyph);
        columns += glyph.columns;
    }
    return columns;
}

size_t escape_write(FILE *stream, const char *text, unsigned how, size_t limit)
{
    const char *ellipsis = (how & ESCAPE_UNICODE) != 0 ? "\u2026" : "...";
    size_t dots = escape_columns(ellipsis, how), columns = 0;
    bool cut = limit > 0 && escape_columns(text, how) > limit;
    size_t room = !cut ? SIZE_MAX : limit > dots ? limit - dots : 0;
    struct escape_glyph glyph;

    while (text != NULL && *text != '\0') {
        text = escape_next(text, how, &glyph);
        if (glyph.columns > room - columns)
            break;
        fwrite(glyph.text, 1, glyph.size, stream);
        columns += glyph.columns;
    }
    if (!cut)
        return columns;
    dots = dots < limit ? dots : limit;
    if ((how & ESCAPE_UNICODE) != 0)
        fputs(ellipsis, stream);
    else
        fprintf(stream, "%.*s", (int)dots, ellipsis);
    return columns + dots;
}

char *escape_text(const char *text, unsigned how)
{
    char *escaped = NULL;
    size_t size;
    FILE *stream = open_memstream(&escaped, &size);

    if (stream == NULL)
        abort();
    escape_write(stream, text, how, 0);
    if (fclose(stream) != 0)
        abort();
    return escaped;
}
