#include "harness/scenario/characters.h"

#include <string.h>
#include <talloc.h>

bool characters_goes_on(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

size_t characters_length(const char *text, size_t left)
{
    const unsigned char *at = (const unsigned char *)text;
    static const unsigned char lowest[] = { 0x80, 0x80, 0xa0, 0x90 };
    size_t n = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

    if (n <= 1)
        return n;
    if (n > left || at[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if (!characters_goes_on(text[i]))
            return 0;
    }
    if ((at[0] == 0xe0 || at[0] == 0xf0) && at[1] < lowest[n - 1])
        return 0;
    /* Surrogates, and what is above U+10FFFF. */
    if ((at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f))
        return 0;
    return n;
}

bool characters_is_control(const char *text, size_t left)
{
    unsigned char byte = (unsigned char)text[0];

    if (byte == '\r')
        return left < 2 || text[1] != '\n';
    if (byte == 0xc2)
        return left > 1 && (unsigned char)text[1] < 0xa0;
    return (byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7f;
}

char *characters_tame(void *context, const char *line, size_t length)
{
    char *copy = talloc_size(context, length + 1);

    memcpy(copy, line, length);
    copy[length] = '\0';
    for (size_t at = 0; at < length;) {
        size_t n = characters_length(line + at, length - at);

        if (n == 0 || (characters_is_control(line + at, length - at) && line[at] != '\t'))
            memset(copy + at, '?', n == 0 ? 1 : n);
        at += n == 0 ? 1 : n;
    }
    return copy;
}
