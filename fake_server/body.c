#include "fake_server/body.h"
#include "fake_server/accounts.h"
#include "fake_server/connection.h"
#include "fake_server/input.h"
#include "fake_server/reply.h"
#include "fake_server/server.h"
#include "fake_server/smtp.h"

#include <openssl/evp.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* RFC 5321 section 4.5.3.1.6, CRLF included. Four times the limit is read before the client is cut
 * off. */
enum { TEXT_LINE_MAX = 1000, PATIENCE = 4 };

struct body {
    char *bytes; /* owned, without dot-stuffing */
    size_t size, capacity;
    size_t received; /* all of it, also what was not kept */
    int lines;
    size_t line_size;
    bool starts_line, too_long, done;
};

static void keep(const struct connection *connection, struct body *body, const char *bytes,
                 size_t size)
{
    size_t max = connection->settings->given.max_message_bytes;

    body->received += size;
    if (body->received > max || size == 0)
        return;
    if (body->size + size > body->capacity) {
        body->capacity = 2 * (body->size + size);
        body->bytes = memory_grow(body->bytes, body->capacity);
    }
    memcpy(body->bytes + body->size, bytes, size);
    body->size += size;
}

/* Source: RFC 5321 section 4.5.2. */
static void add(const struct connection *connection, struct body *body,
                const struct input_line *line)
{
    const char *bytes = line->bytes;
    size_t size = line->size;
    bool dotted = body->starts_line && size > 0 && bytes[0] == '.';

    body->line_size += size;
    if (dotted && line->whole && size == 3) {
        body->done = true;
        return;
    }
    keep(connection, body, bytes + dotted, size - dotted);
    body->too_long = body->too_long || body->line_size > TEXT_LINE_MAX + (size_t)dotted;
    body->starts_line = line->whole;
    if (line->whole) {
        body->lines++;
        body->line_size = 0;
    }
}

/* Deltas in the middle of a message. */
static int disturb(struct connection *connection, int lines)
{
    struct script_plan plan;
    struct reply reply = { 0 };
    int result;

    script_find(connection, SITE_BODY, NULL, lines, &plan);
    if (plan.n == 0)
        return 0;
    result = script_begin(connection, &plan);
    if (result == 0 && (script_reply(&plan) != NULL || script_bytes(&plan) != NULL ||
                        script_inject(&plan) != NULL))
        result = reply_send(connection, &plan, &reply);
    reply_release(&reply);
    return result < 0 ? -1 : script_finish(connection, &plan);
}

static int receive(struct connection *connection, struct body *body)
{
    size_t max = connection->settings->given.max_message_bytes;
    struct input_line line;
    int lines = 0;

    while (!body->done) {
        if (input_get_text(connection, &line) < 0)
            return -1;
        add(connection, body, &line);
        if (body->lines > lines && disturb(connection, lines = body->lines) < 0)
            return -1;
        if (body->received / PATIENCE > max + INPUT_SIZE) {
            CONNECTION_EMIT(connection, EVENT_LIMIT, EVENT_STRING("what", "message size"));
            reply_send_text(connection, "421 4.3.4 This message does not end");
            return connection_end(connection, false, ENDING_CLEAN);
        }
    }
    return 0;
}

static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);

        if (n < 0 && errno != EINTR)
            return -1;
        bytes += n < 0 ? 0 : n;
        size -= n < 0 ? 0 : (size_t)n;
    }
    return 0;
}

/* Returns the name of the file, which is the caller's; NULL when it cannot be written. */
static char *store(struct connection *connection, const struct body *body, int number)
{
    char *name = NULL;
    int fd = -1;
    int result =
        asprintf(&name, "%s/%d.eml", connection->settings->given.message_directory, number);

    if (result >= 0)
        fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    result = fd < 0 ? -1 : write_all(fd, body->bytes, body->size);
    if (fd >= 0 && close(fd) < 0)
        result = -1;
    if (result == 0)
        return name;
    connection_report_error(connection, "message_directory", strerror(errno));
    free(name);
    return NULL;
}

static void report(const struct connection *connection, const struct body *body, const char *file)
{
    const struct dialogue *dialogue = &connection->dialogue;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    char *hex;

    EVP_Digest(body->bytes == NULL ? "" : body->bytes, body->size, digest, &size, EVP_sha256(),
               NULL);
    hex = memory_hex(digest, size);
    {
        struct event_field fields[] = {
            EVENT_STRING("from", dialogue->from),
            EVENT_LIST("to", list_items(&dialogue->to)),
            EVENT_NUMBER("size", (long long)body->size),
            EVENT_STRING("sha256", hex),
            EVENT_LIST("parameters", list_items(&dialogue->parameters)),
            EVENT_STRING("file", file),
        };

        connection_emit(connection, EVENT_MESSAGE, fields, file == NULL ? 5 : 6);
    }
    free(hex);
}

/* Everything that is known of the message is told before the client knows that it was taken. */
static void deliver(struct connection *connection, const struct body *body, struct reply *reply)
{
    bool stored = connection->settings->given.message_directory != NULL;
    int number = server_count_message(connection->server);
    char *file = stored ? store(connection, body, number) : NULL;

    if (stored && file == NULL) {
        reply_set(reply, "451 4.3.0 The message could not be stored");
        return;
    }
    report(connection, body, file);
    connection->dialogue.n_messages++;
    accounts_count(connection);
    free(file);
}

static const char *usual_reply(const struct connection *connection, const struct body *body)
{
    if (body->received > connection->settings->given.max_message_bytes)
        return "552 5.3.4 This message is too big";
    if (body->too_long)
        return "500 5.6.0 A line of this message is too long";
    return "250 2.0.0 Taken";
}

/* What the code will be decides whether there is a message; so the script is asked before. */
static int expected_code(const struct script_plan *plan, struct reply *reply)
{
    const struct fake_server_delta *bytes = script_bytes(plan);
    const struct fake_server_delta *instead = script_reply(plan);

    if (bytes != NULL)
        return reply_parse_code(bytes->bytes, bytes->bytes_size);
    return instead != NULL ? reply_set(reply, instead->reply) : reply->code;
}

static void doom(struct connection *connection)
{
    int grace_ms = connection->settings->given.close_grace_ms;

    connection->dialogue.doomed = true;
    presence_set_doomed(&connection->presence);
    if (grace_ms > 0)
        connection->wire.grace_until_us = presence_now_us() + (int64_t)grace_ms * 1000;
}

static void finish(struct connection *connection, const struct body *body)
{
    struct script_plan plan;
    struct reply reply = { 0 };
    bool taken;

    script_find(connection, SITE_BODY, NULL, SCRIPT_BODY_END, &plan);
    if (script_begin(connection, &plan) < 0)
        return;
    reply_set(&reply, usual_reply(connection, body));
    taken = expected_code(&plan, &reply) / 100 == 2;
    if (taken)
        deliver(connection, body, &reply);
    /* The connection is doomed before its client may act on the reply. */
    if (taken && reply.code / 100 != 4 &&
        connection->settings->given.close_after == FAKE_SERVER_CLOSE_MESSAGE)
        doom(connection);
    if (reply_send(connection, &plan, &reply) == 0) {
        if (reply.code == 421)
            connection_end(connection, false, ENDING_CLEAN);
        script_finish(connection, &plan);
    }
    reply_release(&reply);
}

void body_receive(struct connection *connection)
{
    struct body body = { .starts_line = true };

    if (disturb(connection, SCRIPT_BODY_AT_ONCE) == 0 && receive(connection, &body) == 0)
        finish(connection, &body);
    smtp_clear_mail(connection);
    free(body.bytes);
}
