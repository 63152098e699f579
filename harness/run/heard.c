/* What the reference client saw of a real server, as the events that the fake server would have
 * told: by the same parsers, in the same words, with the directions of the server. */
#include "harness/run/stage.h"

#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <talloc.h>

/* One answer on its way into the evidence. */
struct hearing {
    struct stage *stage;
    void *scratch;
    int connection;
    bool requested;     /* a CertificateRequest came */
    const char **lines; /* of a reply of which more is to come */
    unsigned n_lines;
};

static void add(void *context, const struct event *event)
{
    struct hearing *hearing = context;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    if (stream == NULL)
        return;
    (void)event_write(stream, event);
    (void)fclose(stream);
    while (size > 0 && text[size - 1] == '\n')
        size--;
    (void)evidence_add(hearing->stage->evidence, text, size);
    hearing->requested |= event->id == EVENT_CERTIFICATE_REQUEST;
    free(text);
}

static void tell(struct hearing *hearing, const json_t *row, enum event_id id,
                 const struct event_field *fields, size_t n)
{
    add(hearing, &(struct event){ .id = id,
                                  .time_us = evidence_number(row, "t"),
                                  .connection = hearing->connection,
                                  .step = hearing->stage->step,
                                  .fields = fields,
                                  .n_fields = n });
}

static int digit_of(char letter)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = letter != '\0' ? strchr(digits, letter) : NULL;

    return at != NULL ? (int)(at - digits) : 0;
}

/* The bytes of a row, with a NUL behind them. */
static unsigned char *bytes_of(struct hearing *hearing, const json_t *row, size_t *size)
{
    const char *hex = evidence_text(row, "bytes");
    unsigned char *bytes;

    *size = strlen(hex) / 2;
    bytes = talloc_zero_size(hearing->scratch, *size + 1);
    for (size_t i = 0; i < *size; i++)
        bytes[i] = (unsigned char)(digit_of(hex[2 * i]) << 4 | digit_of(hex[2 * i + 1]));
    return bytes;
}

/* --- the dialogue --- */

static void take_command(struct hearing *hearing, const json_t *row, const char *line)
{
    char *verb = talloc_strndup(hearing->scratch, line, strcspn(line, " :"));
    const struct event_field fields[] = { EVENT_STRING("verb", verb), EVENT_STRING("line", line),
                                          EVENT_BOOL("tls", evidence_flag(row, "tls")),
                                          EVENT_BOOL("early", false) };

    for (char *at = verb; *at != '\0'; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    tell(hearing, row, EVENT_COMMAND, fields, 4);
}

/* Source: RFC 5321 section 4.2.1: a hyphen says that the reply goes on. */
static void take_reply(struct hearing *hearing, const json_t *row, const char *line)
{
    struct event_field fields[] = { EVENT_NUMBER("code", strtol(line, NULL, 10)),
                                    EVENT_LIST("lines", NULL),
                                    EVENT_BOOL("tls", evidence_flag(row, "tls")) };

    hearing->lines =
        talloc_realloc(hearing->scratch, hearing->lines, const char *, hearing->n_lines + 2);
    hearing->lines[hearing->n_lines++] = line;
    hearing->lines[hearing->n_lines] = NULL;
    if (strlen(line) > 3 && line[3] == '-')
        return;
    fields[1].list = hearing->lines;
    tell(hearing, row, EVENT_REPLY, fields, 3);
    hearing->n_lines = 0;
}

static void take_line(struct hearing *hearing, const json_t *row)
{
    size_t size;
    const char *line = (const char *)bytes_of(hearing, row, &size);

    if (evidence_flag(row, "sent"))
        take_command(hearing, row, line);
    else
        take_reply(hearing, row, line);
}

/* --- TLS --- */

static void take_tls(struct hearing *hearing, const json_t *row)
{
    size_t size;
    const unsigned char *bytes = bytes_of(hearing, row, &size);
    const struct fake_server_sight sight = {
        .time_us = evidence_number(row, "t"),
        .connection = hearing->connection,
        .step = hearing->stage->step,
        .by_server = !evidence_flag(row, "sent"),
        .offered_known = evidence_flag(row, "by_id"),
        .version = (int)evidence_number(row, "version"),
        .content = (int)evidence_number(row, "content"),
        .bytes = bytes,
        .size = size,
    };

    fake_server_describe(&sight, add, hearing);
}

static void take_handshake(struct hearing *hearing, const json_t *row)
{
    const char *group = evidence_text(row, "group"), *alpn = evidence_text(row, "alpn");
    struct event_field fields[6] = {
        EVENT_STRING("version", evidence_text(row, "version")),
        EVENT_STRING("cipher", evidence_text(row, "cipher")),
        EVENT_STRING("resumed", evidence_text(row, "resumed")),
        EVENT_BOOL("requested", hearing->requested),
    };
    size_t n = 4;

    if (group[0] != '\0')
        fields[n++] = EVENT_STRING("group", group);
    if (alpn[0] != '\0')
        fields[n++] = EVENT_STRING("alpn", alpn);
    tell(hearing, row, EVENT_HANDSHAKE, fields, n);
}

static void take_close(struct hearing *hearing, const json_t *row)
{
    const struct event_field fields[] = {
        EVENT_STRING("by", evidence_flag(row, "sent") ? "client" : "server"),
        EVENT_STRING("how", evidence_text(row, "close")),
        EVENT_BOOL("tls", evidence_flag(row, "tls")),
    };

    tell(hearing, row, EVENT_CLOSE, fields, 3);
}

static void take_row(struct hearing *hearing, const json_t *row)
{
    if (json_object_get(row, "cipher") != NULL)
        take_handshake(hearing, row);
    else if (json_object_get(row, "content") != NULL)
        take_tls(hearing, row);
    else if (json_object_get(row, "close") != NULL)
        take_close(hearing, row);
    else
        take_line(hearing, row);
}

void heard_take(struct stage *stage, const json_t *report)
{
    const json_t *rows = json_object_get(report, "seen");
    struct hearing hearing = { .stage = stage, .scratch = talloc_new(NULL) };

    if (json_array_size(rows) > 0) {
        /* A message has a connection of its own. */
        hearing.connection = ++stage->n_heard;
        tell(&hearing, json_array_get(rows, 0), EVENT_OPEN, NULL, 0);
    }
    for (size_t i = 0; i < json_array_size(rows); i++)
        take_row(&hearing, json_array_get(rows, i));
    talloc_free(hearing.scratch);
}
