#include "reports/escape.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define BOTH (ESCAPE_UNICODE | ESCAPE_WIRE)

struct escape_case {
    const char *name, *text;
    unsigned how;
    const char *want;
    size_t columns;
};

/* clang-format off */
static const struct escape_case rows[] = {
    { "plain", "EHLO a", 0, "EHLO a", 6 },
    { "empty", "", BOTH, "", 0 },
    { "ends of a line", "a\r\n", 0, "a\\r\\n", 5 },
    { "ends of a line as pictures", "a\r\n", ESCAPE_UNICODE, "a\u240d\u240a", 3 },
    { "backslash in words", "CN=a\\,b", ESCAPE_UNICODE, "CN=a\\,b", 7 },
    { "backslash from the wire", "\\r", ESCAPE_WIRE, "\\\\r", 3 },
    { "tab", "a\tb", 0, "a\\tb", 4 },
    { "tab in source", "a\tb", ESCAPE_SOURCE, "a b", 3 },
    { "escape sequence", "\x1b[2J", BOTH, "\\x1b[2J", 7 },
    { "delete", "\x7f", BOTH, "\\x7f", 4 },
    { "C1 control in UTF-8", "\xc2\x9b", BOTH, "\\u{009b}", 8 },
    { "C1 control as a byte", "\x9b" "2J", BOTH, "\\x9b2J", 6 },
    { "letter", "m\xc3\xbcller", ESCAPE_UNICODE, "m\xc3\xbcller", 6 },
    { "letter for ASCII", "\xc3\xbc", 0, "\\u{00fc}", 8 },
    { "wide", "\xe6\x97\xa5", ESCAPE_UNICODE, "\xe6\x97\xa5", 2 },
    { "combining", "e\xcc\x81", ESCAPE_UNICODE, "e\xcc\x81", 1 },
    { "right to left override", "\xe2\x80\xae", BOTH, "\\u{202e}", 8 },
    { "isolate", "\xe2\x81\xa6", BOTH, "\\u{2066}", 8 },
    { "line separator", "\xe2\x80\xa8", BOTH, "\\u{2028}", 8 },
    { "byte order mark", "\xef\xbb\xbf", BOTH, "\\u{feff}", 8 },
    { "illegal in XML", "\xef\xbf\xbf", BOTH, "\\u{ffff}", 8 },
    { "overlong", "\xc0\xaf", BOTH, "\\xc0\\xaf", 8 },
    { "overlong in three", "\xe0\x80\xaf", BOTH, "\\xe0\\x80\\xaf", 12 },
    { "surrogate", "\xed\xa0\x80", BOTH, "\\xed\\xa0\\x80", 12 },
    { "beyond Unicode", "\xf4\x90\x80\x80", BOTH, "\\xf4\\x90\\x80\\x80", 16 },
    { "cut off", "a\xe2\x82", BOTH, "a\\xe2\\x82", 9 },
    { "cut off before a letter", "\xe2\x82" "a", BOTH, "\\xe2\\x82a", 9 },
    { "never a first byte", "\xff\xfe\xf8", BOTH, "\\xff\\xfe\\xf8", 12 },
    { "tag", "\xf3\xa0\x80\x81", BOTH, "\\u{e0001}", 9 },
};
/* clang-format on */

Test(escape, shows_what_is_harmless_and_escapes_the_rest)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *got = escape_text(rows[i].text, rows[i].how);
        size_t columns = escape_columns(rows[i].text, rows[i].how);

        cr_expect_str_eq(got, rows[i].want, "%s: got \"%s\"", rows[i].name, got);
        cr_expect_eq(columns, rows[i].columns, "%s: got %zu", rows[i].name, columns);
        free(got);
    }
}

Test(escape, lets_no_byte_through_that_could_drive_a_terminal)
{
    for (int byte = 1; byte < 256; byte++) {
        const char text[] = { (char)byte, '\0' };
        char *got = escape_text(text, 0);

        for (const char *c = got; *c != '\0'; c++)
            cr_expect(*c >= 0x20 && *c < 0x7f, "%02x: got %02x", (unsigned)byte, (unsigned)*c);
        free(got);
    }
}

Test(escape, cuts_to_columns_with_an_ellipsis)
{
    static const struct {
        const char *name, *text;
        unsigned how;
        size_t limit;
        const char *want;
    } cuts[] = {
        { "fits", "12345", 0, 5, "12345" },
        { "too long", "123456", 0, 5, "12..." },
        { "too long in Unicode", "123456", ESCAPE_UNICODE, 5, "1234\u2026" },
        { "no limit", "123456", 0, 0, "123456" },
        { "escape is not cut in two", "1\x1b\x1b", 0, 7, "1..." },
        { "wide is not cut in two", "\xe6\x97\xa5\xe6\x97\xa5", ESCAPE_UNICODE, 3,
          "\xe6\x97\xa5\u2026" },
        { "only the ellipsis", "123456", 0, 3, "..." },
        { "less than the ellipsis", "123456", 0, 2, ".." },
        { "nothing", NULL, 0, 5, "" },
    };

    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        char got[64] = "";
        FILE *stream = fmemopen(got, sizeof(got), "w");

        escape_write(stream, cuts[i].text, cuts[i].how, cuts[i].limit);
        (void)fclose(stream);
        cr_expect_str_eq(got, cuts[i].want, "%s: got \"%s\"", cuts[i].name, got);
    }
}
