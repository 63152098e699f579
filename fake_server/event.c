#include "fake_server/event.h"

#include <inttypes.h>
#include <string.h>

#define EVENT_AS_ROW(id, name, meaning) { name, meaning },
static const struct {
    const char *name;
    const char *meaning;
} rows[] = { EVENTS(EVENT_AS_ROW) };

const char *event_name(enum event_id id)
{
    return rows[id].name;
}

const char *event_meaning(enum event_id id)
{
    return rows[id].meaning;
}

/* The length of the UTF-8 sequence that `text` starts with, 0 when it is none. Overlong forms,
 * surrogates and what is beyond U+10FFFF are none. Source: RFC 3629 section 4. */
static size_t sequence_length(const unsigned char *text)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high;
        size_t length;
    } forms[] = {
        { 0x00, 0x7f, 0x00, 0xff, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
        { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t n = 2;

        if (text[0] < forms[i].first_low || text[0] > forms[i].first_high)
            continue;
        if (forms[i].length == 1)
            return 1;
        if (text[1] < forms[i].second_low || text[1] > forms[i].second_high)
            continue;
        while (n < forms[i].length && (text[n] & 0xc0) == 0x80)
            n++;
        return n == forms[i].length ? n : 0;
    }
    return 0;
}

static void write_character(FILE *stream, const unsigned char *text, size_t length)
{
    if (length == 0)
        fputs("\xef\xbf\xbd", stream);
    else if (length == 1 && (*text == '"' || *text == '\\'))
        fprintf(stream, "\\%c", *text);
    else if (length == 1 && (*text < 0x20 || *text == 0x7f))
        fprintf(stream, "\\u%04x", *text);
    else
        fwrite(text, 1, length, stream);
}

/* How much of a text stands in JSON as it is: most of it, most of the time. */
static size_t plain_length(const unsigned char *text)
{
    size_t n = 0;

    while (text[n] >= 0x20 && text[n] < 0x7f && text[n] != '"' && text[n] != '\\')
        n++;
    return n;
}

static void write_string(FILE *stream, const char *string)
{
    const unsigned char *text = (const unsigned char *)(string == NULL ? "" : string);

    fputc('"', stream);
    while (*text != '\0') {
        size_t plain = plain_length(text);
        size_t length;

        fwrite(text, 1, plain, stream);
        text += plain;
        if (*text == '\0')
            break;
        length = sequence_length(text);
        write_character(stream, text, length);
        text += length == 0 ? 1 : length;
    }
    fputc('"', stream);
}

static void write_string_field(FILE *stream, const struct event_field *field)
{
    write_string(stream, field->string);
}

static void write_number_field(FILE *stream, const struct event_field *field)
{
    fprintf(stream, "%lld", field->number);
}

static void write_bool_field(FILE *stream, const struct event_field *field)
{
    fputs(field->number != 0 ? "true" : "false", stream);
}

static void write_list_field(FILE *stream, const struct event_field *field)
{
    fputc('[', stream);
    for (size_t i = 0; field->list != NULL && field->list[i] != NULL; i++) {
        if (i > 0)
            fputc(',', stream);
        write_string(stream, field->list[i]);
    }
    fputc(']', stream);
}

int event_write(FILE *stream, const struct event *event)
{
    static void (*const writers[])(FILE *, const struct event_field *) = {
        [FIELD_STRING] = write_string_field,
        [FIELD_NUMBER] = write_number_field,
        [FIELD_BOOL] = write_bool_field,
        [FIELD_LIST] = write_list_field,
    };

    fprintf(stream, "{\"t\":%" PRId64 ",\"event\":\"%s\",\"connection\":%d,\"step\":%d",
            event->time_us, event_name(event->id), event->connection, event->step);
    for (size_t i = 0; i < event->n_fields; i++) {
        fputc(',', stream);
        write_string(stream, event->fields[i].name);
        fputc(':', stream);
        writers[event->fields[i].kind](stream, &event->fields[i]);
    }
    fputs("}\n", stream);
    return ferror(stream) ? -1 : 0;
}
