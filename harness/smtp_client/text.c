#include "harness/smtp_client/text.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* Source: RFC 2047 section 2: an encoded word has 75 characters at most, of which "=?UTF-8?B?" and
 * "?=" take 12; 45 bytes become 60. */
enum { WORD_BYTES = 45, WORD_TEXT = 61 };

bool text_is_ascii(const char *text)
{
    while (*text != '\0' && (unsigned char)*text < 0x80)
        text++;
    return *text == '\0';
}

/* The length of the sequence that begins here; 0: none does. Source: RFC 3629 section 4. */
static size_t sequence_length(const unsigned char *text)
{
    size_t n = text[0] < 0x80   ? 1
               : text[0] < 0xc2 ? 0
               : text[0] < 0xe0 ? 2
               : text[0] < 0xf0 ? 3
                                : 4;

    if (text[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
        (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
        return 0;
    return n;
}

bool text_is_utf8(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    while (*at != '\0') {
        size_t n = sequence_length(at);

        if (n == 0)
            return false;
        at += n;
    }
    return true;
}

bool text_has_control(const char *text)
{
    while (*text != '\0' && !iscntrl((unsigned char)*text))
        text++;
    return *text != '\0';
}

char *text_with_crlf(const char *text)
{
    char *lines = malloc(2 * strlen(text) + 3);
    size_t n = 0;

    if (lines == NULL)
        abort();
    for (; *text != '\0'; text++) {
        if (*text == '\n' && (n == 0 || lines[n - 1] != '\r'))
            lines[n++] = '\r';
        lines[n++] = *text;
    }
    if (n == 0 || lines[n - 1] != '\n') {
        lines[n++] = '\r';
        lines[n++] = '\n';
    }
    lines[n] = '\0';
    return lines;
}

void text_write_encoded(FILE *stream, const char *text, bool raw)
{
    const unsigned char *at = (const unsigned char *)text;

    if (raw || text_is_ascii(text)) {
        fputs(text, stream);
        return;
    }
    for (bool first = true; *at != '\0'; first = false) {
        unsigned char word[WORD_TEXT];
        size_t n = 0;

        /* No character is divided between two words (RFC 2047 section 5). */
        while (at[n] != '\0' && n + sequence_length(at + n) <= WORD_BYTES)
            n += sequence_length(at + n);
        EVP_EncodeBlock(word, at, (int)n);
        fprintf(stream, "%s=?UTF-8?B?%s?=", first ? "" : "\r\n ", (const char *)word);
        at += n;
    }
}

/* --- addresses --- */

/* Blanks and brackets may stand in a quoted local part only; there they cannot end the path. */
static bool has_stray(const char *text, size_t length)
{
    bool quoted = false;

    for (size_t i = 0; i < length; i++) {
        if (quoted && text[i] == '\\' && i + 1 < length)
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && strchr("<> ,;", text[i]) != NULL)
            return true;
    }
    return quoted;
}

static const char *check_address(const char *text, size_t length)
{
    const char *at = memrchr(text, '@', length);

    if (has_stray(text, length))
        return "an address holds no blank, comma or bracket";
    if (at == NULL || at == text || at + 1 == text + length)
        return "an address looks like name@domain";
    return NULL;
}

const char *text_check_address(const char *address)
{
    size_t length = strlen(address);

    if (strpbrk(address, "\r\n") != NULL)
        return "an address holds a line break";
    if (text_has_control(address))
        return "an address holds a control character";
    if (!text_is_utf8(address))
        return "an address is not UTF-8";
    if (length >= 2 && address[0] == '<' && address[length - 1] == '>') {
        address++;
        length -= 2;
    }
    return length == 0 ? NULL : check_address(address, length);
}

static char *copy_trimmed(const char *text, size_t length)
{
    while (length > 0 && (text[0] == ' ' || text[0] == '"')) {
        text++;
        length--;
    }
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '"'))
        length--;
    return strndup(text, length);
}

const char *text_split_mailbox(const char *text, char **name, char **address)
{
    const char *open = strrchr(text, '<');
    const char *wrong;

    *name = NULL;
    *address = NULL;
    if (strpbrk(text, "\r\n") != NULL)
        return "an address holds a line break";
    if (text_has_control(text) || !text_is_utf8(text))
        return "an address is UTF-8 without control characters";
    if (open != NULL && text[strlen(text) - 1] != '>')
        return "an address ends with the bracket that was opened";
    *name = copy_trimmed(text, open == NULL ? 0 : (size_t)(open - text));
    *address = open == NULL ? strdup(text) : strndup(open + 1, strlen(open) - 2);
    if (*name == NULL || *address == NULL)
        abort();
    wrong = check_address(*address, strlen(*address));
    return wrong;
}
