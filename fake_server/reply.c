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

static void write_line(FILE *stream, const char *line, size_t fill)
{
    size_t length = strlen(line) + 2;

    fputs(line, stream);
    for (; length < fill; length++)
        fputc('x', stream);
    fputs("\r\n", stream);
}

/* A line that is not the last one of a reply: "250-ok". */
static void write_more(FILE *stream, const char *line, size_t fill)
{
    char *more = memory_text(line);

    if (strlen(more) > 3)
        more[3] = '-';
    write_line(stream, more, fill);
    free(more);
}

static char *join(const struct reply *reply, const struct script_form *form,
                  const struct fake_server_delta *inject, size_t *size)
{
    char *bytes = NULL;
    FILE *stream = open_memstream(&bytes, size);

    for (size_t i = reply->lines.n; reply->lines.n > 0 && i < (size_t)form->lines; i++)
        write_more(stream, reply->lines.items[0], (size_t)form->fill);
    for (size_t i = 0; i < reply->lines.n; i++)
        write_line(stream, reply->lines.items[i], (size_t)form->fill);
    if (inject != NULL)
        fwrite(inject->inject, 1, inject->inject_size, stream);
    fclose(stream);
    return bytes;
}

static int send_pieces(struct connection *connection, const char *bytes, size_t size, int piece)
{
    while (size > 0) {
        size_t n = fault_size(&connection->wire.fault, piece);

        if (n == 0 || n > size)
            n = size;
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
                      int piece, struct reply *reply)
{
    list_release(&reply->lines);
    reply->code = reply_parse_code(delta->bytes, delta->bytes_size);
    connection_report_inject(connection, delta->bytes, delta->bytes_size);
    return send_pieces(connection, delta->bytes, delta->bytes_size, piece);
}

/* Sends a reply once, in the form that the plan wants. */
static int send_once(struct connection *connection, const struct script_plan *plan,
                     const struct reply *reply)
{
    const struct fake_server_delta *inject = script_inject(plan);
    struct script_form form = script_form(plan);
    size_t size;
    char *bytes;
    int result;

    report(connection, reply);
    if (inject != NULL)
        connection_report_inject(connection, inject->inject, inject->inject_size);
    bytes = join(reply, &form, inject, &size);
    result = send_pieces(connection, bytes, size, script_fragment(plan));
    free(bytes);
    return result;
}

/* Behind a reply comes the one that was held back before it. */
static int send_late(struct connection *connection)
{
    static const struct script_plan nothing = { .n = 0 };
    struct reply late = { 0, { NULL, 0 } };
    int result = 0;

    late.lines = connection->dialogue.late;
    connection->dialogue.late = (struct list){ NULL, 0 };
    if (late.lines.n > 0) {
        late.code = reply_parse_code(late.lines.items[0], strlen(late.lines.items[0]));
        result = send_once(connection, &nothing, &late);
    }
    reply_release(&late);
    return result;
}

static int send_as_asked(struct connection *connection, const struct script_plan *plan,
                         const struct reply *reply)
{
    enum fake_server_answer answer = script_form(plan).answer;

    if (answer == ANSWER_NEVER)
        return 0;
    if (answer == ANSWER_LATE) {
        list_add_all(&connection->dialogue.late, list_items(&reply->lines));
        return 0;
    }
    if (send_once(connection, plan, reply) < 0 ||
        (answer == ANSWER_TWICE && send_once(connection, plan, reply) < 0))
        return -1;
    return send_late(connection);
}

int reply_send(struct connection *connection, const struct script_plan *plan, struct reply *reply)
{
    static const struct script_plan nothing = { .n = 0 };

    plan = plan == NULL ? &nothing : plan;
    input_mark(connection);
    if (script_bytes(plan) != NULL)
        return send_bytes(connection, script_bytes(plan), script_fragment(plan), reply);
    if (script_reply(plan) != NULL)
        reply_set(reply, script_reply(plan)->reply);
    return send_as_asked(connection, plan, reply);
}

int reply_send_text(struct connection *connection, const char *text)
{
    struct reply reply = { 0, { NULL, 0 } };
    int result;

    reply_set(&reply, text);
    result = reply_send(connection, NULL, &reply);
    reply_release(&reply);
    return result;
}
