#include "fake_server/body.h"
#include "fake_server/connection.h"
#include "fake_server/content.h"
#include "fake_server/input.h"
#include "fake_server/reply.h"
#include "fake_server/smtp.h"
#include "fake_server/verbs.h"

/* RFC 5321 section 4.5.3.1.6, CRLF included. */
enum { TEXT_LINE_MAX = 1000 };

/* Lines as they come. */
struct body {
    struct content *content;
    int lines;
    size_t line_size;
    bool starts_line, too_long, done;
};

/* Source: RFC 5321 section 4.5.2. */
static void add(struct body *body, const struct input_line *line)
{
    bool dotted = body->starts_line && line->size > 0 && line->bytes[0] == '.';

    body->line_size += line->size;
    if (dotted && line->whole && line->size == 3) {
        body->done = true;
        return;
    }
    dotted = dotted && !MUTANT(dots_stay);
    content_add(body->content, line->bytes + dotted, line->size - dotted);
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
    if (result == 0 && reply.code == 421)
        result = connection_end(connection, false, ENDING_CLEAN);
    reply_release(&reply);
    return result < 0 ? -1 : script_finish(connection, &plan);
}

/* Returns -1 when the client has to be stopped. */
static int check_limits(struct connection *connection, const struct content *content)
{
    if (content_is_endless(content))
        return smtp_limit(connection, "message size", "421 4.3.4 This message does not end");
    return smtp_check_lifetime(connection);
}

static int receive(struct connection *connection, struct body *body)
{
    struct input_line line;
    int lines = 0;

    while (!body->done) {
        if (input_get_text(connection, &line) < 0)
            return -1;
        add(body, &line);
        if (body->lines > lines && disturb(connection, lines = body->lines) < 0)
            return -1;
        if (check_limits(connection, body->content) < 0)
            return -1;
    }
    return 0;
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

/* Everything that is known of the message is told before the client knows that it was taken, and
 * the connection is doomed before its client may act on the reply. */
static void deliver(struct connection *connection, struct content *content,
                    const struct script_plan *plan, struct reply *reply)
{
    if (expected_code(plan, reply) / 100 != 2)
        return;
    content_deliver(content, reply);
    if (reply->code / 100 != 4 &&
        connection->settings->given.close_after == FAKE_SERVER_CLOSE_MESSAGE)
        doom(connection);
}

static void finish(struct connection *connection, const struct body *body)
{
    struct script_plan plan;
    struct reply reply = { 0 };

    script_find(connection, SITE_BODY, NULL, SCRIPT_BODY_END, &plan);
    if (script_begin(connection, &plan) < 0)
        return;
    if (content_is_too_big(body->content))
        reply_set(&reply, "552 5.3.4 This message is too big");
    else
        reply_set(&reply, body->too_long ? "500 5.6.0 A line of this message is too long"
                                         : "250 2.0.0 Taken");
    deliver(connection, body->content, &plan, &reply);
    if (reply_send(connection, &plan, &reply) == 0) {
        if (reply.code == 421)
            connection_end(connection, false, ENDING_CLEAN);
        script_finish(connection, &plan);
    }
    reply_release(&reply);
}

void body_receive(struct connection *connection)
{
    struct body body = { .starts_line = true, .content = content_new(connection) };

    if (disturb(connection, SCRIPT_BODY_AT_ONCE) == 0 && receive(connection, &body) == 0)
        finish(connection, &body);
    smtp_clear_mail(connection);
    content_free(body.content);
}

/* Adds so many of the next bytes to a content, which may be NULL. */
static int take(struct connection *connection, struct content *content, size_t size)
{
    struct input_line bytes;

    while (size > 0) {
        if (input_get_bytes(connection, size, &bytes) < 0)
            return -1;
        size -= bytes.size;
        if (content != NULL)
            content_add(content, bytes.bytes, bytes.size);
        if (content != NULL && check_limits(connection, content) < 0)
            return -1;
    }
    return 0;
}

void body_skip_chunk(struct connection *connection, size_t size)
{
    (void)take(connection, NULL, size);
}

void body_receive_chunk(struct connection *connection, struct command *command, size_t size,
                        bool last)
{
    struct dialogue *dialogue = &connection->dialogue;

    if (dialogue->content == NULL)
        dialogue->content = content_new(connection);
    if (take(connection, dialogue->content, size) < 0)
        return;
    if (content_is_too_big(dialogue->content))
        reply_set(&command->reply, "552 5.3.4 This message is too big");
    else
        reply_set(&command->reply, last ? "250 2.0.0 Taken" : "250 2.0.0 Go on");
    if (last)
        deliver(connection, dialogue->content, &command->plan, &command->reply);
}
