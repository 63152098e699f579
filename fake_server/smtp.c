#include "fake_server/smtp.h"
#include "fake_server/accounts.h"
#include "fake_server/connection.h"
#include "fake_server/content.h"
#include "fake_server/input.h"
#include "fake_server/keywords.h"
#include "fake_server/tls.h"
#include "fake_server/verbs.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* No legal line but one of AUTH is longer, and of that nothing is told. */
enum { REPORTED_MAX = 2048, VERB_SIZE = 16, TEMPTATION_US = 100000 };

void smtp_clear_mail(struct connection *connection)
{
    struct dialogue *dialogue = &connection->dialogue;

    free(dialogue->from);
    dialogue->from = NULL;
    list_release(&dialogue->to);
    list_release(&dialogue->parameters);
    dialogue->mail = dialogue->smtputf8 = dialogue->binary = false;
    content_free(dialogue->content);
    dialogue->content = NULL;
}

/* Source: RFC 3207 section 4.2. */
void smtp_clear(struct connection *connection)
{
    struct dialogue *dialogue = &connection->dialogue;

    smtp_clear_mail(connection);
    free(dialogue->client_name);
    dialogue->client_name = NULL;
    free(dialogue->authorized);
    dialogue->authorized = NULL;
    dialogue->extended = dialogue->authenticated = dialogue->last_of_group = false;
    list_release(&dialogue->keywords);
    list_release(&dialogue->domains);
    list_release(&dialogue->late);
}

void smtp_release(struct connection *connection)
{
    smtp_clear(connection);
}

void smtp_report_command(const struct connection *connection, const char *verb, const char *line,
                         int early)
{
    CONNECTION_EMIT(connection, EVENT_COMMAND, EVENT_STRING("verb", verb),
                    EVENT_STRING("line", line), EVENT_BOOL("tls", connection->ssl != NULL),
                    EVENT_BOOL("early", early));
}

int smtp_limit(struct connection *connection, const char *what, const char *text)
{
    CONNECTION_EMIT(connection, EVENT_LIMIT, EVENT_STRING("what", what));
    reply_send_text(connection, text);
    return connection_end(connection, false, ENDING_CLEAN);
}

int smtp_check_lifetime(struct connection *connection)
{
    int64_t age_us = presence_now_us() - connection->opened_us;

    if (age_us / 1000000 < FAKE_SERVER_MAX_LIFETIME_S)
        return 0;
    return smtp_limit(connection, "lifetime", "421 4.7.0 This connection has lived long enough");
}

/* Source: RFC 3207 section 4. */
static const char *refuse_in_clear(const struct connection *connection, const char *verb)
{
    static const char *const allowed[] = { "EHLO", "HELO", "NOOP", "STARTTLS", "QUIT" };

    if (!connection->settings->given.require_tls)
        return NULL;
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (strcmp(verb, allowed[i]) == 0)
            return NULL;
    return "530 5.7.0 Must issue a STARTTLS command first";
}

/* Tells what the client is refused for, or NULL. */
static void check_limits(struct connection *connection)
{
    struct dialogue *dialogue = &connection->dialogue;

    if (connection->ending.decided)
        return;
    if (dialogue->n_bad >= FAKE_SERVER_MAX_BAD_COMMANDS)
        smtp_limit(connection, "bad commands", "421 4.7.0 Too many bad commands");
    else if (dialogue->n_commands >= FAKE_SERVER_MAX_COMMANDS)
        smtp_limit(connection, "commands", "421 4.7.0 Too many commands");
    else
        smtp_check_lifetime(connection);
}

/* The text of a line without its end; a NUL becomes a byte that no UTF-8 has. */
static char *copy_text(const struct input_line *line)
{
    size_t size = line->size;
    char *text;

    if (line->whole)
        size -= size > 1 && line->bytes[size - 2] == '\r' ? 2 : 1;
    text = memory_copy(line->bytes, size);
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\0')
            text[i] = '\xff';
    return text;
}

static void split_verb(const char *text, char verb[VERB_SIZE])
{
    size_t length = strcspn(text, " \t");

    snprintf(verb, VERB_SIZE, "%.*s", length < VERB_SIZE ? (int)length : 0, text);
    for (char *at = verb; *at != '\0'; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
}

/* The one place where credentials could get out. */
static void report(const struct connection *connection, const char *verb, const char *text,
                   bool early)
{
    char masked[64];
    size_t mechanism;

    if (strcmp(verb, "AUTH") != 0) {
        smtp_report_command(connection, verb, text, early);
        return;
    }
    text += strcspn(text, " ");
    text += strspn(text, " ");
    mechanism = strcspn(text, " ");
    snprintf(masked, sizeof masked, "AUTH %.*s%s", mechanism < 40 ? (int)mechanism : 40, text,
             text[mechanism] == '\0' ? "" : " ****");
    smtp_report_command(connection, verb, masked, early);
}

/* Only CRLF ends a line; what else could be taken for an end is where smuggling begins. */
static const char *find_fault(const struct verb *verb, const struct input_line *line)
{
    if (!line->whole || line->size > (size_t)verb->max_line)
        return "500 5.5.2 Line too long";
    if (line->size < 2 || line->bytes[line->size - 2] != '\r')
        return "500 5.5.2 Lines end with CRLF";
    if (memchr(line->bytes, '\0', line->size) != NULL ||
        memchr(line->bytes, '\r', line->size - 2) != NULL)
        return "500 5.5.2 Bad character in a command";
    return NULL;
}

/* Tells what a client is refused for that has shown nothing that makes it somebody, or NULL. */
static const char *find_refusal(struct connection *connection, const char *verb)
{
    static const struct {
        const char *verb; /* NULL: all but QUIT */
        const char *reply;
    } rows[] = {
        [FAKE_SERVER_WITHOUT_554] = { NULL, "554 5.7.0 No service without a certificate" },
        [FAKE_SERVER_WITHOUT_530] = { "MAIL", "530 5.7.0 Authentication required" },
        [FAKE_SERVER_WITHOUT_550] = { "RCPT", "550 5.7.1 No relay without authentication" },
        [FAKE_SERVER_WITHOUT_ALERT] = { "", NULL }, /* it never comes to here */
    };
    enum fake_server_without_identity policy;

    if (connection->ssl == NULL)
        return refuse_in_clear(connection, verb);
    policy = connection->host->given.without_identity;
    if (policy == FAKE_SERVER_WITHOUT_TAKE || MUTANT(nobody_is_served) ||
        connection->dialogue.authenticated || *tls_identity(connection) != '\0')
        return NULL;
    if (MUTANT(refusals_are_temporary))
        return strcmp(verb, "MAIL") == 0 ? "454 4.7.0 Try later" : NULL;
    if (rows[policy].verb == NULL)
        return strcmp(verb, "QUIT") == 0 ? NULL : rows[policy].reply;
    return strcmp(verb, rows[policy].verb) == 0 ? rows[policy].reply : NULL;
}

static void check(struct connection *connection, struct command *command, const char *fault)
{
    struct dialogue *dialogue = &connection->dialogue;
    const char *refusal = find_refusal(connection, command->verb->name);

    if (refusal == NULL)
        refusal = accounts_refuse(connection, command->verb->name);

    if (fault != NULL)
        reply_set(&command->reply, fault);
    else if (dialogue->refused && strcmp(command->verb->name, "QUIT") != 0)
        reply_set(&command->reply, "503 5.5.1 No service here, only QUIT");
    else if (refusal != NULL)
        reply_set(&command->reply, refusal);
    else
        command->verb->check(connection, command);
}

static bool is_bad(int code)
{
    return (code >= 500 && code <= 504) || code == 555;
}

/* close_after: the client has to come back for its next message. */
static bool turn_away(struct connection *connection, const char *verb)
{
    if (!connection->dialogue.doomed || strcmp(verb, "QUIT") == 0 || strcmp(verb, "NOOP") == 0 ||
        strcmp(verb, "RSET") == 0)
        return false;
    reply_send_text(connection, "421 4.3.2 One message a connection, come again");
    connection_end(connection, false, ENDING_CLEAN);
    return true;
}

/* A client that took injected bytes for the answer to its first command under TLS sends the next
 * one without waiting; it gets the time to do so, once. */
static void tempt(struct connection *connection)
{
    if (!connection->suspicious || connection->ssl == NULL)
        return;
    connection->suspicious = false;
    (void)wire_wait(&connection->wire, POLLIN, presence_now_us() + TEMPTATION_US);
}

static void answer(struct connection *connection, struct command *command, const char *fault)
{
    struct dialogue *dialogue = &connection->dialogue;

    if (script_begin(connection, &command->plan) < 0)
        return;
    check(connection, command, fault);
    tempt(connection);
    if (connection->ending.decided || reply_send(connection, &command->plan, &command->reply) < 0)
        return;
    dialogue->n_bad += is_bad(command->reply.code);
    if (command->reply.code == 421)
        connection_end(connection, false, ENDING_CLEAN);
    if (script_finish(connection, &command->plan) < 0)
        return;
    if (fault == NULL)
        command->verb->proceed(connection, command);
}

static bool is_early(const struct dialogue *dialogue, const struct input_line *line)
{
    return line->early &&
           (!keywords_have(&dialogue->keywords, "PIPELINING") || dialogue->last_of_group);
}

static void execute(struct connection *connection, const struct input_line *line)
{
    struct dialogue *dialogue = &connection->dialogue;
    char name[VERB_SIZE];
    char *text = copy_text(line);
    struct command command = { 0 };
    const char *fault;

    split_verb(text, name);
    command.verb = verbs_find(name);
    command.arguments = text + strcspn(text, " ");
    command.arguments += strspn(command.arguments, " ");
    fault = find_fault(command.verb, line);
    if (fault != NULL && strlen(text) > REPORTED_MAX)
        text[REPORTED_MAX] = '\0';
    report(connection, name, text, is_early(dialogue, line));
    dialogue->n_commands++;
    if (!turn_away(connection, name)) {
        script_find(connection, SITE_VERB, name, 0, &command.plan);
        dialogue->last_of_group = command.verb->last_of_group;
        answer(connection, &command, fault);
    }
    reply_release(&command.reply);
    free(text);
}

/* The rest of a line that was answered 500 already. */
static void skip_line(struct connection *connection, struct input_line *line)
{
    size_t skipped = 0;

    while (!line->whole) {
        skipped += line->size;
        if (skipped > FAKE_SERVER_MAX_LINE_BYTES) {
            smtp_limit(connection, "line length", "421 4.7.0 This line does not end");
            return;
        }
        if (input_get_line(connection, line) < 0)
            return;
    }
}

static void greet(struct connection *connection, struct script_plan *plan)
{
    struct reply reply = { 0 };
    char line[512];

    snprintf(line, sizeof line, "220 %.255s ESMTP counterseal",
             connection->settings->given.hostname);
    reply_set(&reply, line);
    connection->dialogue.last_of_group = true;
    if (reply_send(connection, plan, &reply) == 0) {
        connection->dialogue.refused = reply.code != 220;
        if (reply.code == 421)
            connection_end(connection, false, ENDING_CLEAN);
        script_finish(connection, plan);
    }
    reply_release(&reply);
}

/* With implicit TLS all but the greeting happens before the handshake. */
static int connect_tls(struct connection *connection, struct script_plan *plan)
{
    const struct fake_server_delta *bytes = script_bytes(plan);
    int segment = connection->wire.fault.segment;
    int result;

    if (bytes != NULL) {
        connection_report_inject(connection, bytes->bytes, bytes->bytes_size);
        connection_write(connection, bytes->bytes, bytes->bytes_size);
    }
    if (script_reply(plan) == NULL && script_finish(connection, plan) < 0)
        return -1;
    if (script_fragment(plan) != 0)
        connection->wire.fault.segment = script_fragment(plan);
    if (bytes != NULL)
        plan->n = 0;
    result = tls_accept(connection);
    connection->wire.fault.segment = segment;
    return result;
}

void smtp_listen(struct connection *connection)
{
    struct input_line line;
    char name[VERB_SIZE];
    long n = 0;

    while (n++ < FAKE_SERVER_MAX_COMMANDS && input_get_line(connection, &line) == 0) {
        char *text = copy_text(&line);

        split_verb(text, name);
        if (strlen(text) > REPORTED_MAX)
            text[REPORTED_MAX] = '\0';
        report(connection, name, text, false);
        free(text);
    }
}

static void say_timeout(struct connection *connection)
{
    if (connection->ending.how != ENDING_TIMEOUT || connection->ending.by_client)
        return;
    CONNECTION_EMIT(connection, EVENT_LIMIT, EVENT_STRING("what", "deadline"));
    if (connection->ssl == NULL || !connection->handshake.failed)
        reply_send_text(connection, "421 4.4.2 No command in time, timeout");
}

void smtp_run(struct connection *connection)
{
    struct script_plan plan;
    struct input_line line;

    script_find(connection, SITE_CONNECT, NULL, 0, &plan);
    if (script_begin(connection, &plan) < 0)
        return;
    if (connection->port->given.mode == FAKE_SERVER_IMPLICIT &&
        connect_tls(connection, &plan) < 0) {
        say_timeout(connection);
        return;
    }
    greet(connection, &plan);
    while (!connection->ending.decided && input_get_line(connection, &line) == 0) {
        execute(connection, &line);
        check_limits(connection);
        if (!connection->ending.decided)
            skip_line(connection, &line);
    }
    say_timeout(connection);
}
