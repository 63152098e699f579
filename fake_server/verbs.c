#include "fake_server/verbs.h"
#include "fake_server/auth.h"
#include "fake_server/body.h"
#include "fake_server/connection.h"
#include "fake_server/input.h"
#include "fake_server/path.h"
#include "fake_server/smtp.h"
#include "fake_server/tls.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Source: RFC 5321 section 4.5.3.1: at least 100 recipients; 512 octets a command. */
enum { RECIPIENTS_MAX = 100, MESSAGES_MAX = 1000, LINE_MAX_SIZE = 512 };

/* What SIZE, AUTH, BODY and SMTPUTF8 add to it. Source: RFC 1870, 4954, 6152, 6531. */
enum { MAIL_LINE_SIZE = LINE_MAX_SIZE + 26 + 500 + 17 + 10, AUTH_LINE_SIZE = 12288 };

static bool has(const struct command *command)
{
    return *command->arguments != '\0';
}

static bool is_ok(const struct command *command)
{
    return command->reply.code >= 200 && command->reply.code <= 299;
}

static void proceed_nothing(struct connection *connection, struct command *command)
{
    (void)connection;
    (void)command;
}

static void set(struct command *command, const char *text)
{
    reply_set(&command->reply, text);
}

static void check_helo(struct connection *connection, struct command *command)
{
    char line[512];

    snprintf(line, sizeof line, "250 %.255s", connection->settings->given.hostname);
    set(command, has(command) ? line : "501 5.5.4 Your name is missing");
}

static void proceed_helo(struct connection *connection, struct command *command)
{
    if (!is_ok(command))
        return;
    smtp_clear_mail(connection);
    free(connection->dialogue.client_name);
    connection->dialogue.client_name = memory_text(command->arguments);
    connection->dialogue.extended = false;
    connection->dialogue.pipelining = connection->dialogue.auth = false;
}

static void add_keyword(struct command *command, const char *keyword)
{
    if (!script_drops(&command->plan, keyword))
        reply_add(&command->reply, 250, keyword);
}

static void add_defaults(const struct connection *connection, struct command *command)
{
    char *identity;
    char size[32];

    snprintf(size, sizeof size, "SIZE %zu", connection->settings->given.max_message_bytes);
    add_keyword(command, "PIPELINING");
    add_keyword(command, size);
    add_keyword(command, "8BITMIME");
    add_keyword(command, "ENHANCEDSTATUSCODES");
    add_keyword(command, "SMTPUTF8");
    if (connection->ssl == NULL)
        return;
    identity = tls_identity(connection);
    add_keyword(command, *identity == '\0' ? "AUTH PLAIN LOGIN" : "AUTH PLAIN LOGIN EXTERNAL");
    free(identity);
}

static void check_ehlo(struct connection *connection, struct command *command)
{
    const struct fake_server_settings *given = &connection->settings->given;
    const char *const *keywords = given->ehlo;

    check_helo(connection, command);
    if (command->reply.code != 250)
        return;
    if (connection->ssl != NULL && given->ehlo_tls != NULL)
        keywords = given->ehlo_tls;
    for (size_t i = 0; keywords != NULL && keywords[i] != NULL; i++)
        add_keyword(command, keywords[i]);
    if (keywords == NULL)
        add_defaults(connection, command);
    if (given->mode == FAKE_SERVER_STARTTLS && connection->ssl == NULL &&
        connection->settings->tls != NULL)
        add_keyword(command, "STARTTLS");
}

/* What holds is what the client was told. */
static bool advertises(const struct reply *reply, const char *keyword)
{
    size_t length = strlen(keyword);

    for (size_t i = 1; i < reply->lines.n; i++) {
        const char *line = reply->lines.items[i];

        if (strlen(line) >= 4 + length && strncasecmp(line + 4, keyword, length) == 0 &&
            (line[4 + length] == '\0' || line[4 + length] == ' '))
            return true;
    }
    return false;
}

static void proceed_ehlo(struct connection *connection, struct command *command)
{
    proceed_helo(connection, command);
    if (!is_ok(command))
        return;
    connection->dialogue.extended = true;
    connection->dialogue.pipelining = advertises(&command->reply, "PIPELINING");
    connection->dialogue.auth = advertises(&command->reply, "AUTH");
}

static void check_starttls(struct connection *connection, struct command *command)
{
    if (has(command))
        set(command, "501 5.5.4 STARTTLS takes no parameter");
    else if (connection->ssl != NULL)
        set(command, "503 5.5.1 TLS is active already");
    else if (connection->settings->tls == NULL)
        set(command, "454 4.7.0 TLS is not available");
    else
        set(command, "220 2.0.0 Go ahead");
}

/* Nothing that came before TLS may be believed after it: it is told, and forgotten.
 * Source: RFC 3207 section 4.2; CVE-2011-0411 is what else happens. */
static void forget_injected(struct connection *connection)
{
    struct input_line line;

    while (input_take_rest(connection, &line)) {
        size_t size = line.size - (line.whole ? 1 : 0);
        char verb[8] = "";
        char *text;

        size -= size > 0 && line.whole && line.bytes[size - 1] == '\r';
        text = memory_copy(line.bytes, size);
        for (size_t i = 0; i < 7 && isalpha((unsigned char)text[i]); i++)
            verb[i] = (char)toupper((unsigned char)text[i]);
        smtp_report_command(connection, verb, text, true);
        free(text);
    }
    input_clear(connection);
}

static void proceed_starttls(struct connection *connection, struct command *command)
{
    if (command->reply.code != 220 || connection->settings->tls == NULL || connection->ssl != NULL)
        return;
    forget_injected(connection);
    smtp_clear(connection);
    tls_accept(connection);
}

static void check_mail(struct connection *connection, struct command *command)
{
    struct path path = { 0 };
    const char *fault;

    if (connection->dialogue.client_name == NULL)
        set(command, "503 5.5.1 EHLO first");
    else if (connection->dialogue.mail)
        set(command, "503 5.5.1 MAIL was given already");
    else if (connection->dialogue.n_messages >= MESSAGES_MAX)
        set(command, "421 4.7.0 Too many messages on one connection");
    else {
        fault = path_parse(&path, command->arguments, "FROM:");
        if (fault == NULL)
            fault = path_check_mail(&path, connection->settings->given.max_message_bytes,
                                    connection->dialogue.extended);
        set(command, fault == NULL ? "250 2.1.0 Sender ok" : fault);
        path_release(&path);
    }
    if (command->reply.code == 421)
        CONNECTION_EMIT(connection, EVENT_LIMIT, EVENT_STRING("what", "messages"));
}

static void proceed_mail(struct connection *connection, struct command *command)
{
    struct dialogue *dialogue = &connection->dialogue;
    struct path path = { 0 };

    if (is_ok(command) && path_parse(&path, command->arguments, "FROM:") == NULL) {
        smtp_clear_mail(connection);
        dialogue->mail = true;
        dialogue->from = memory_text(path.address);
        dialogue->smtputf8 = path_has_parameter(&path, "SMTPUTF8");
        list_add_all(&dialogue->parameters, list_items(&path.parameters));
    }
    path_release(&path);
}

static void check_rcpt(struct connection *connection, struct command *command)
{
    const struct dialogue *dialogue = &connection->dialogue;
    struct path path = { 0 };
    const char *fault;

    if (!dialogue->mail)
        set(command, "503 5.5.1 MAIL first");
    else if (dialogue->to.n >= RECIPIENTS_MAX)
        set(command, "452 4.5.3 Too many recipients");
    else {
        fault = path_parse(&path, command->arguments, "TO:");
        if (fault == NULL)
            fault = path_check_rcpt(&path, dialogue->smtputf8);
        set(command, fault == NULL ? "250 2.1.5 Recipient ok" : fault);
        path_release(&path);
    }
    if (command->reply.code == 452)
        CONNECTION_EMIT(connection, EVENT_LIMIT, EVENT_STRING("what", "recipients"));
}

static void proceed_rcpt(struct connection *connection, struct command *command)
{
    struct path path = { 0 };

    if (is_ok(command) && connection->dialogue.mail &&
        path_parse(&path, command->arguments, "TO:") == NULL)
        list_add(&connection->dialogue.to, path.address);
    path_release(&path);
}

static void check_data(struct connection *connection, struct command *command)
{
    if (has(command))
        set(command, "501 5.5.4 DATA takes no parameter");
    else if (!connection->dialogue.mail)
        set(command, "503 5.5.1 MAIL first");
    else if (connection->dialogue.to.n == 0)
        set(command, "503 5.5.1 RCPT first");
    else
        set(command, "354 End with <CRLF>.<CRLF>");
}

static void proceed_data(struct connection *connection, struct command *command)
{
    if (command->reply.code != 354)
        return;
    body_receive(connection);
    /* The final dot may stand in front of other commands. Source: RFC 2920 section 3.1. */
    connection->dialogue.last_of_group = false;
}

static void check_rset(struct connection *connection, struct command *command)
{
    (void)connection;
    set(command, has(command) ? "501 5.5.4 RSET takes no parameter" : "250 2.0.0 Forgotten");
}

static void proceed_rset(struct connection *connection, struct command *command)
{
    if (is_ok(command))
        smtp_clear_mail(connection);
}

static void check_noop(struct connection *connection, struct command *command)
{
    (void)connection;
    set(command, "250 2.0.0 Ok");
}

static void check_vrfy(struct connection *connection, struct command *command)
{
    (void)connection;
    set(command, has(command) ? "252 2.5.0 Send it and see" : "501 5.5.4 Whom?");
}

static void check_help(struct connection *connection, struct command *command)
{
    (void)connection;
    set(command, "214 2.0.0 See RFC 5321");
}

static void check_quit(struct connection *connection, struct command *command)
{
    char line[512];

    snprintf(line, sizeof line, "221 2.0.0 %.255s closes", connection->settings->given.hostname);
    set(command, has(command) ? "501 5.5.4 QUIT takes no parameter" : line);
}

static void proceed_quit(struct connection *connection, struct command *command)
{
    if (is_ok(command))
        connection_end(connection, false, ENDING_CLEAN);
}

static void check_missing(struct connection *connection, struct command *command)
{
    (void)connection;
    set(command, "502 5.5.1 Not implemented");
}

static void check_unknown(struct connection *connection, struct command *command)
{
    (void)connection;
    set(command, "500 5.5.2 Unknown command");
}

/* clang-format off */
static const struct verb verbs[] = {
    { "EHLO",     LINE_MAX_SIZE,  true,  check_ehlo,     proceed_ehlo },
    { "HELO",     LINE_MAX_SIZE,  true,  check_helo,     proceed_helo },
    { "STARTTLS", LINE_MAX_SIZE,  true,  check_starttls, proceed_starttls },
    { "AUTH",     AUTH_LINE_SIZE, true,  auth_check,     auth_proceed },
    { "MAIL",     MAIL_LINE_SIZE, false, check_mail,     proceed_mail },
    { "RCPT",     MAIL_LINE_SIZE, false, check_rcpt,     proceed_rcpt },
    { "DATA",     LINE_MAX_SIZE,  true,  check_data,     proceed_data },
    { "RSET",     LINE_MAX_SIZE,  false, check_rset,     proceed_rset },
    { "NOOP",     LINE_MAX_SIZE,  true,  check_noop,     proceed_nothing },
    { "QUIT",     LINE_MAX_SIZE,  true,  check_quit,     proceed_quit },
    { "VRFY",     LINE_MAX_SIZE,  true,  check_vrfy,     proceed_nothing },
    { "HELP",     LINE_MAX_SIZE,  true,  check_help,     proceed_nothing },
    { "EXPN",     LINE_MAX_SIZE,  true,  check_missing,  proceed_nothing },
    { "TURN",     LINE_MAX_SIZE,  true,  check_missing,  proceed_nothing },
    { "ETRN",     LINE_MAX_SIZE,  true,  check_missing,  proceed_nothing },
    { "SEND",     LINE_MAX_SIZE,  false, check_missing,  proceed_nothing },
    { "SOML",     LINE_MAX_SIZE,  false, check_missing,  proceed_nothing },
    { "SAML",     LINE_MAX_SIZE,  false, check_missing,  proceed_nothing },
    { "BDAT",     LINE_MAX_SIZE,  false, check_missing,  proceed_nothing },
    { "",         LINE_MAX_SIZE,  true,  check_unknown,  proceed_nothing },
};
/* clang-format on */

const struct verb *verbs_find(const char *name)
{
    const struct verb *verb = verbs;

    while (*verb->name != '\0' && strcasecmp(verb->name, name) != 0)
        verb++;
    return verb;
}
