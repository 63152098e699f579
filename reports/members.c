#include "reports/members.h"

#include "reports/digest.h"
#include "reports/escape.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

static const void *at(const void *object, size_t offset)
{
    return (const char *)object + offset;
}

static void *into(void *object, size_t offset)
{
    return (char *)object + offset;
}

void *members_take(void *memory, size_t n, size_t size)
{
    /* talloc gives at most 256 MB at a time: what asks for more is no case of ours. */
    return n > SIZE_MAX / size ? NULL : talloc_zero_size(memory, n * size);
}

/* --- strings --- */

#define RAW_FIRST 0xef80
#define RAW_LAST  0xefff

static void write_special(FILE *stream, unsigned char byte)
{
    if (byte >= 0x80)
        fprintf(stream, "\\u%04x", 0xef00U | byte);
    else if (byte == '"' || byte == '\\')
        fprintf(stream, "\\%c", byte);
    else
        fprintf(stream, "\\u%04x", byte);
}

/* Returns how many bytes at `text` stand for themselves, 0 when the first does not. */
static size_t plain_length(const char *text)
{
    size_t length = 0;

    for (;;) {
        unsigned char byte = (unsigned char)text[length];
        uint32_t code = 0;
        size_t n = 1;

        if (byte < 0x20 || byte == 0x7f || byte == '"' || byte == '\\')
            return length;
        if (byte >= 0x80)
            n = escape_utf8(text + length, &code);
        if (n == 0 || (code >= RAW_FIRST && code <= RAW_LAST))
            return length;
        length += n;
    }
}

static void write_string(FILE *stream, const char *text)
{
    if (text == NULL) {
        fputs_unlocked("null", stream);
        return;
    }
    putc_unlocked('"', stream);
    while (*text != '\0') {
        size_t length = plain_length(text);

        fwrite_unlocked(text, 1, length, stream);
        text += length;
        if (*text != '\0')
            write_special(stream, (unsigned char)*text++);
    }
    putc_unlocked('"', stream);
}

static char *read_string(void *memory, const json_t *value)
{
    const char *from = json_string_value(value);
    char *text = members_take(memory, json_string_length(value) + 1, 1), *to = text;

    while (text != NULL && *from != '\0') {
        uint32_t code = 0;
        size_t length = escape_utf8(from, &code);

        assert(length > 0); /* jansson takes nothing but UTF-8 */
        if (code >= RAW_FIRST && code <= RAW_LAST) {
            *to++ = (char)(unsigned char)(code & 0xff);
        } else {
            memcpy(to, from, length);
            to += length;
        }
        from += length;
    }
    return text;
}

/* --- numbers --- */

/* The shortest form that is read as the same number. */
static void write_number(FILE *stream, double number)
{
    char text[40];

    if (!isfinite(number))
        number = 0;
    (void)snprintf(text, sizeof(text), "%.15g", number);
    if (strtod(text, NULL) < number || strtod(text, NULL) > number)
        (void)snprintf(text, sizeof(text), "%.17g", number);
    fputs_unlocked(text, stream);
}

/* --- the kinds --- */

static void write_text(FILE *stream, const struct member *member, const void *object)
{
    const char *const *text = at(object, member->offset);

    write_string(stream, *text);
}

static bool read_text(void *memory, const struct member *member, void *object, const json_t *value)
{
    const char **text = into(object, member->offset);

    *text = json_is_string(value) ? read_string(memory, value) : NULL;
    return *text != NULL || json_is_null(value);
}

static void write_bool(FILE *stream, const struct member *member, const void *object)
{
    const bool *truth = at(object, member->offset);

    fputs_unlocked(*truth ? "true" : "false", stream);
}

static bool read_bool(void *memory, const struct member *member, void *object, const json_t *value)
{
    bool *truth = into(object, member->offset);

    (void)memory;
    *truth = json_is_true(value);
    return json_is_boolean(value);
}

/* A number, place or width: never negative. */
static void write_int(FILE *stream, const struct member *member, const void *object)
{
    const int *number = at(object, member->offset);

    fprintf(stream, "%d", *number);
}

static bool read_int(void *memory, const struct member *member, void *object, const json_t *value)
{
    int *number = into(object, member->offset);
    json_int_t wide = json_integer_value(value);

    (void)memory;
    if (!json_is_integer(value) || wide < 0 || wide > INT_MAX)
        return false;
    *number = (int)wide;
    return true;
}

static void write_real(FILE *stream, const struct member *member, const void *object)
{
    const double *number = at(object, member->offset);

    write_number(stream, *number);
}

static bool read_real(void *memory, const struct member *member, void *object, const json_t *value)
{
    double *number = into(object, member->offset);

    (void)memory;
    *number = json_number_value(value);
    return json_is_number(value);
}

static void write_char(FILE *stream, const struct member *member, const void *object)
{
    const char *c = at(object, member->offset);
    const char text[] = { *c, '\0' };

    write_string(stream, text);
}

static bool read_char(void *memory, const struct member *member, void *object, const json_t *value)
{
    char *c = into(object, member->offset), *text;
    bool single;

    text = json_is_string(value) ? read_string(memory, value) : NULL;
    if (text == NULL)
        return false;
    single = strlen(text) <= 1;
    *c = text[0];
    talloc_free(text);
    return single;
}

static void write_outcome(FILE *stream, const struct member *member, const void *object)
{
    const enum outcome *outcome = at(object, member->offset);

    write_string(stream, outcome_name(*outcome));
}

static bool read_outcome(void *memory, const struct member *member, void *object,
                         const json_t *value)
{
    enum outcome *outcome = into(object, member->offset);
    const char *name = digest_text(json_string_value(value));

    (void)memory;
    for (enum outcome o = OUTCOME_PASS; o < OUTCOME_COUNT; o++) {
        if (strcmp(outcome_name(o), name) == 0) {
            *outcome = o;
            return true;
        }
    }
    return false;
}

static void write_words(FILE *stream, const struct member *member, const void *object)
{
    const char *const *const *words = at(object, member->offset);
    const char *const *word = *words;

    putc_unlocked('[', stream);
    for (; word != NULL && *word != NULL; word++) {
        if (word != *words)
            putc_unlocked(',', stream);
        write_string(stream, *word);
    }
    putc_unlocked(']', stream);
}

static bool read_words(void *memory, const struct member *member, void *object, const json_t *value)
{
    const char *const **words = into(object, member->offset);
    const char **read = members_take(memory, json_array_size(value) + 1, sizeof(*read));

    if (!json_is_array(value) || read == NULL)
        return false;
    *words = read;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *word = json_array_get(value, i);

        read[i] = json_is_string(word) ? read_string(read, word) : NULL;
        if (read[i] == NULL)
            return false;
    }
    return true;
}

static void write_list(FILE *stream, const struct member *member, const void *object)
{
    const void *const *items = at(object, member->offset);
    const size_t *n = at(object, member->n_offset);

    putc_unlocked('[', stream);
    for (size_t i = 0; i < *n; i++) {
        if (i > 0)
            putc_unlocked(',', stream);
        members_write(stream, member->items, at(*items, i * member->items->size));
    }
    putc_unlocked(']', stream);
}

static bool read_list(void *memory, const struct member *member, void *object, const json_t *value)
{
    const void **items = into(object, member->offset);
    size_t *n = into(object, member->n_offset);
    size_t size = member->items->size;
    void *read;

    if (!json_is_array(value))
        return false;
    *n = json_array_size(value);
    if (*n == 0)
        return true;
    read = members_take(memory, *n, size);
    *items = read;
    for (size_t i = 0; read != NULL && i < *n; i++) {
        if (!members_read(read, member->items, into(read, i * size), json_array_get(value, i)))
            return false;
    }
    return read != NULL;
}

const struct member_kind member_text = { write_text, read_text };
const struct member_kind member_bool = { write_bool, read_bool };
const struct member_kind member_int = { write_int, read_int };
const struct member_kind member_real = { write_real, read_real };
const struct member_kind member_char = { write_char, read_char };
const struct member_kind member_outcome = { write_outcome, read_outcome };
const struct member_kind member_words = { write_words, read_words };
const struct member_kind member_list = { write_list, read_list };

/* --- structs --- */

void members_write(FILE *stream, const struct members *members, const void *object)
{
    for (size_t i = 0; i < members->n_rows; i++) {
        const struct member *member = &members->rows[i];

        putc_unlocked(i > 0 ? ',' : '{', stream);
        putc_unlocked('"', stream);
        fputs_unlocked(member->name, stream);
        fputs_unlocked("\":", stream);
        member->kind->write(stream, member, object);
    }
    putc_unlocked('}', stream);
}

/* Every member has to be there; others are left to later versions. */
bool members_read(void *memory, const struct members *members, void *object, const json_t *value)
{
    for (size_t i = 0; i < members->n_rows; i++) {
        const struct member *member = &members->rows[i];
        const json_t *found = json_object_get(value, member->name);

        if (found == NULL || !member->kind->read(memory, member, object, found))
            return false;
    }
    return true;
}
