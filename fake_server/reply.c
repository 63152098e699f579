#include "fake_server/reply.h"
#include "fake_server/connection.h"
#include "fake_server/input.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int reply_parse_code(const char *bytes, size_t size)
{
    int code = 0;

    for (size_t i = 0; i < 3; i++) {
        if (i == size || !isdigit((unsigned char)bytes[i]))
            return 0;
        code = 10 * code + bytes[i] - '0';
    }
    return size == 3 || (bytes[3] != '\0' && strchr(" -\r\n", bytes[3]) != NULL) ? code : 0;
}

int reply_set(struct reply *reply, const char *text)
{
    list_release(&reply->lines);
    while (*text != '\0') {
        size_t length = strcspn(text, "\r\n");

        list_take(&reply->lines, memory_copy(text, length));
        text += length;
        text += *text == '\r';
        text += *text == '\n';
    }
    reply->code = 0;
    if (reply->lines.n > 0) {
        const char *last = reply->lines.items[reply->lines.n - 1];

        reply->code = reply_parse_code(last, strlen(last));
    }
    return reply->code;
}

void reply_add(struct reply *reply, int code, const char *text)
{
    char line[1024];

    for (size_t i = 0; i < reply->lines.n; i++)
        if (strlen(reply->lines.items[i]) > 3)
            reply->lines.items[i][3] = '-';
    snprintf(line, sizeof line, "%03d %s", code, text);
    list_add(&reply->lines, line);
    reply->code = code;
}

void reply_release(struct reply *reply)
{
    list_release(&reply->lines);
}

static char *join(const struct reply *reply, const struct fake_server_delta *inject, size_t *size)
{
    char *bytes = NULL;
    FILE *stream = open_memstream(&bytes, size);

    for (size_t i = 0; i < reply->lines.n; i++)
        fprintf(stream, "%s\r\n", reply->lines.items[i]);
    if (inject != NULL)
        fwrite(inject->inject, 1, inject->inject_size, stream);
    fclose(stream);
    return bytes;
}

static int send_pieces(struct connection *connection, const char *bytes, size_t size, size_t piece)
{
    while (size > 0) {
        size_t n = piece > 0 && piece < size ? piece : size;

        if (connection_write(connection, bytes, n) < 0)
            return -1;
        bytes += n;
        size -= n;
    }
    return 0;
}

static void report(const struct connection *connection, const struct reply *reply)
{
    CONNECTION_EMIT(connection, EVENT_REPLY, EVENT_NUMBER("code", reply->code),
                    EVENT_LIST("lines", list_items(&reply->lines)),
                    EVENT_BOOL("tls", connection->ssl != NULL));
}

/* Raw bytes may be a reply in disguise; what follows from them is read off their first line. */
static int send_bytes(struct connection *connection, const struct fake_server_delta *delta,
                      size_t piece, struct reply *reply)
{
    list_release(&reply->lines);
    reply->code = reply_parse_code(delta->bytes, delta->bytes_size);
    connection_report_inject(connection, delta->bytes, delta->bytes_size);
    return send_pieces(connection, delta->bytes, delta->bytes_size, piece);
}

int reply_send(struct connection *connection, const struct script_plan *plan, struct reply *reply)
{
    static const struct script_plan nothing = { .n = 0 };
    const struct fake_server_delta *instead;
    const struct fake_server_delta *inject;
    size_t piece;
    size_t size;
    char *bytes;
    int result;

    plan = plan == NULL ? &nothing : plan;
    piece = (size_t)script_fragment(plan);
    instead = script_reply(plan);
    inject = script_inject(plan);
    input_mark(connection);
    if (script_bytes(plan) != NULL)
        return send_bytes(connection, script_bytes(plan), piece, reply);
    if (instead != NULL)
        reply_set(reply, instead->reply);
    report(connection, reply);
    if (inject != NULL)
        connection_report_inject(connection, inject->inject, inject->inject_size);
    bytes = join(reply, inject, &size);
    result = send_pieces(connection, bytes, size, piece);
    free(bytes);
    return result;
}

int reply_send_text(struct connection *connection, const char *text)
{
    struct reply reply = { 0 };
    int result;

    reply_set(&reply, text);
    result = reply_send(connection, NULL, &reply);
    reply_release(&reply);
    return result;
}
