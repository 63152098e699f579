#include "fake_server/verbs.h"
#include "fake_server/auth.h"
#include "fake_server/body.h"
#include "fake_server/connection.h"
#include "fake_server/input.h"
#include "fake_server/keywords.h"
#include "fake_server/path.h"
#include "fake_server/smtp.h"
#include "fake_server/tls.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Source: RFC 5321 section 4.5.3.1.4, RFC 4954 section 4.3. */
enum { LINE_MAX_SIZE = 512, AUTH_LINE_SIZE = 12288 };

/* What parameters add to it: SIZE, AUTH, BODY, SMTPUTF8, RET and ENVID, REQUIRETLS; NOTIFY and
 * ORCPT. Source: RFC 1870, 4954, 6152, 6531, 3461, 8689. */
enum {
    MAIL_LINE_SIZE = LINE_MAX_SIZE + 26 + 500 + 17 + 10 + 9 + 107 + 11,
    RCPT_LINE_SIZE = LINE_MAX_SIZE + 28 + 8 + 507
};

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
    list_release(&connection->dialogue.keywords);
}

static void add_keyword(struct command *command, const char *keyword)
{
    if (!script_drops(&command->plan, keyword))
        reply_add(&command->reply, 250, keyword);
}

static void add_defaults(struct connection *connection, struct command *command)
{
    char size[32];

    snprintf(size, sizeof size, "SIZE %zu", connection->settings->given.max_message_bytes);
    add_keyword(command, "PIPELINING");
    add_keyword(command, size);
    add_keyword(command, "8BITMIME");
    add_keyword(command, "ENHANCEDSTATUSCODES");
    add_keyword(command, "SMTPUTF8");
    if (connection->ssl == NULL)
        return;
    add_keyword(command, *tls_identity(connection) == '\0' ? "AUTH PLAIN LOGIN"
                                                           : "AUTH PLAIN LOGIN EXTERNAL");
}

static void check_ehlo(struct connection *connection, struct command *command)
{
    const struct fake_server_settings *given = &connection->settings->given;
    const char *const *keywords = given->ehlo;

    check_helo(connection, command);
    if (command->reply.code != 250)
        return;
    if (connection->ssl != NULL && given->ehlo_tls != NULL && !MUTANT(one_ehlo_for_both))
        keywords = given->ehlo_tls;
    for (size_t i = 0; keywords != NULL && keywords[i] != NULL; i++)
        add_keyword(command, keywords[i]);
    if (keywords == NULL)
        add_defaults(connection, command);
    if (connection->port->given.mode == FAKE_SERVER_STARTTLS &&
        (connection->ssl == NULL || MUTANT(starttls_inside_tls)) && connection->port->tls != NULL)
        add_keyword(command, "STARTTLS");
}

static void proceed_ehlo(struct connection *connection, struct command *command)
{
    proceed_helo(connection, command);
    if (!is_ok(command))
        return;
    connection->dialogue.extended = true;
    keywords_set(&connection->dialogue.keywords, &command->reply);
}

static void check_starttls(struct connection *connection, struct command *command)
{
    if (has(command))
        set(command, "501 5.5.4 STARTTLS takes no parameter");
    else if (connection->ssl != NULL)
        set(command, "503 5.5.1 TLS is active already");
    else if (connection->port->tls == NULL)
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
    if (command->reply.code != 220 || connection->port->tls == NULL || connection->ssl != NULL)
        return;
    if (!script_believes(&command->plan)) {
        forget_injected(connection);
        smtp_clear(connection);
    }
    tls_accept(connection);
}

static struct path_terms terms_of(const struct connection *connection)
{
    const struct dialogue *dialogue = &connection->dialogue;

    return (struct path_terms){ .keywords = &dialogue->keywords,
                                .max_bytes = connection->settings->given.max_message_bytes,
                                .extended = dialogue->extended,
                                .tls = connection->ssl != NULL,
                                .smtputf8 = dialogue->smtputf8 };
}

/* Refuses what goes beyond a limit, and tells it. */
static void limit(struct connection *connection, struct command *command, const char *what,
                  const char *text)
{
    set(command, text);
    CONNECTION_EMIT(connection, EVENT_LIMIT, EVENT_STRING("what", what));
}

/* The limit that was announced, or the server's own. */
static bool is_beyond(const struct dialogue *dialogue, const char *name, long count, long max)
{
    long announced = keywords_limit(&dialogue->keywords, name);

    return count >= (announced > 0 && announced < max ? announced : max);
}

static void check_mail(struct connection *connection, struct command *command)
{
    struct dialogue *dialogue = &connection->dialogue;
    struct path_terms terms = terms_of(connection);
    struct path path = { 0 };
    const char *fault;

    if (dialogue->client_name == NULL)
        set(command, "503 5.5.1 EHLO first");
    else if (dialogue->mail)
        set(command, "503 5.5.1 MAIL was given already");
    else if (is_beyond(dialogue, "MAILMAX", dialogue->n_mails, FAKE_SERVER_MAX_MAILS))
        limit(connection, command, "messages", "421 4.7.0 Too many messages on one connection");
    else {
        fault = path_parse(&path, command->arguments, "FROM:");
        if (fault == NULL)
            fault = path_check_mail(&path, &terms);
        set(command, fault == NULL ? "250 2.1.0 Sender ok" : fault);
        path_release(&path);
    }
    dialogue->n_mails++;
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
        dialogue->binary = path_has_parameter(&path, "BODY=BINARYMIME");
        list_add_all(&dialogue->parameters, list_items(&path.parameters));
    }
    path_release(&path);
}

static const char *domain_of(const char *address)
{
    const char *at = strrchr(address, '@');

    return at == NULL ? "" : at + 1;
}

static bool knows_domain(const struct dialogue *dialogue, const char *domain)
{
    for (size_t i = 0; i < dialogue->domains.n; i++)
        if (strcasecmp(dialogue->domains.items[i], domain) == 0)
            return true;
    return false;
}

/* Source: RFC 9422 section 4. */
static bool is_domain_too_many(const struct dialogue *dialogue, const char *address)
{
    return !knows_domain(dialogue, domain_of(address)) &&
           is_beyond(dialogue, "RCPTDOMAINMAX", (long)dialogue->domains.n,
                     FAKE_SERVER_MAX_RECIPIENTS);
}

static void check_rcpt(struct connection *connection, struct command *command)
{
    const struct dialogue *dialogue = &connection->dialogue;
    struct path_terms terms = terms_of(connection);
    struct path path = { 0 };
    const char *fault = path_parse(&path, command->arguments, "TO:");

    if (fault == NULL)
        fault = path_check_rcpt(&path, &terms);
    if (!dialogue->mail)
        set(command, "503 5.5.1 MAIL first");
    else if (dialogue->content != NULL)
        set(command, "503 5.5.1 The message has begun");
    else if (is_beyond(dialogue, "RCPTMAX", (long)dialogue->to.n, FAKE_SERVER_MAX_RECIPIENTS))
        limit(connection, command, "recipients", "452 4.5.3 Too many recipients");
    else if (fault == NULL && is_domain_too_many(dialogue, path.address))
        limit(connection, command, "domains", "452 4.5.3 Too many domains of recipients");
    else
        set(command, fault == NULL ? "250 2.1.5 Recipient ok" : fault);
    path_release(&path);
}

static void proceed_rcpt(struct connection *connection, struct command *command)
{
    struct dialogue *dialogue = &connection->dialogue;
    struct path path = { 0 };

    if (is_ok(command) && dialogue->mail && path_parse(&path, command->arguments, "TO:") == NULL) {
        list_add(&dialogue->to, path.address);
        if (!knows_domain(dialogue, domain_of(path.address)) &&
            dialogue->domains.n < FAKE_SERVER_MAX_RECIPIENTS)
            list_add(&dialogue->domains, domain_of(path.address));
    }
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
    else if (connection->dialogue.content != NULL || connection->dialogue.binary)
        set(command, "503 5.5.1 This message comes by BDAT"); /* RFC 3030 sections 2 and 3 */
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

/* "BDAT 1000 LAST". Returns false when it is none. Source: RFC 3030 section 2. */
static bool parse_chunk(const char *text, unsigned long long *size, bool *last)
{
    char *end;

    if (!isdigit((unsigned char)*text) || strspn(text, "0123456789") > 18)
        return false;
    *size = strtoull(text, &end, 10);
    end += strspn(end, " ");
    *last = strcasecmp(end, "LAST") == 0;
    return *last || *end == '\0';
}

static const char *refuse_chunk(const struct dialogue *dialogue)
{
    if (!keywords_have(&dialogue->keywords, "CHUNKING"))
        return "502 5.5.1 Not offered";
    if (!dialogue->mail)
        return "503 5.5.1 MAIL first";
    return dialogue->to.n == 0 ? "503 5.5.1 RCPT first" : NULL;
}

/* The bytes of a chunk follow its command in any case, and are read before the answer. */
static void check_bdat(struct connection *connection, struct command *command)
{
    const char *refusal = refuse_chunk(&connection->dialogue);
    unsigned long long size;
    bool last;

    if (!parse_chunk(command->arguments, &size, &last)) {
        set(command, "501 5.5.4 This is no size of a chunk");
    } else if (size / 4 > connection->settings->given.max_message_bytes) {
        smtp_limit(connection, "message size", "421 4.3.4 Nobody takes such a chunk");
    } else if (refusal != NULL) {
        body_skip_chunk(connection, (size_t)size);
        set(command, refusal);
    } else {
        body_receive_chunk(connection, command, (size_t)size, last);
    }
}

static void proceed_bdat(struct connection *connection, struct command *command)
{
    unsigned long long size;
    bool last;

    if (keywords_have(&connection->dialogue.keywords, "CHUNKING") &&
        parse_chunk(command->arguments, &size, &last) && (last || !is_ok(command)))
        smtp_clear_mail(connection);
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
    { "RCPT",     RCPT_LINE_SIZE, false, check_rcpt,     proceed_rcpt },
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
    { "BDAT",     LINE_MAX_SIZE,  false, check_bdat,     proceed_bdat },
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
