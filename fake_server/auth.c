#include "fake_server/auth.h"
#include "fake_server/accounts.h"
#include "fake_server/certificate.h"
#include "fake_server/connection.h"
#include "fake_server/input.h"
#include "fake_server/keywords.h"
#include "fake_server/smtp.h"
#include "fake_server/tls.h"
#include "fake_server/verbs.h"

#include <openssl/evp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char bad_base64[] = "501 5.5.2 This is no base64";
static const char failed[] = "535 5.7.8 Authentication failed";
static const char succeeded[] = "235 2.7.0 Authenticated";

/* An answer of the client; `text` is decoded, and owned by whoever asked. */
struct answer {
    char *text;
    size_t size;
};

/* Returns NULL, or the reply that says what is wrong. Source: RFC 4954 section 4. */
static const char *decode(struct answer *answer, const char *text)
{
    size_t length = strlen(text);
    size_t padding =
        length > 1 && text[length - 2] == '=' ? 2 : length > 0 && text[length - 1] == '=';
    unsigned char *bytes;
    int n;

    if (strcmp(text, "*") == 0)
        return "501 5.7.0 Authentication is cancelled";
    if (strcmp(text, "=") == 0)
        length = 0;
    if (length % 4 != 0 || strpbrk(text, " \t") != NULL)
        return bad_base64;
    bytes = memory_new(length + 1);
    n = length == 0 ? 0 : EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length);
    if (n < 0) {
        free(bytes);
        return bad_base64;
    }
    answer->text = (char *)bytes;
    answer->size = length == 0 ? 0 : (size_t)n - padding;
    answer->text[answer->size] = '\0';
    return NULL;
}

/* Sends a challenge and reads the answer to it. */
static const char *ask(struct connection *connection, const char *challenge, struct answer *answer)
{
    struct input_line line;
    const char *fault;
    char *text;
    bool early;

    if (reply_send_text(connection, challenge) < 0 || input_get_line(connection, &line) < 0)
        return failed;
    early = line.early;
    while (!line.whole)
        if (input_get_line(connection, &line) < 0 || line.whole)
            return "500 5.5.6 This answer is too long";
    text = memory_copy(line.bytes, line.size);
    text[strcspn(text, "\r\n")] = '\0';
    smtp_report_command(connection, "AUTH", strcmp(text, "*") == 0 ? "*" : "****", early);
    fault = decode(answer, text);
    free(text);
    return fault;
}

/* The initial response when there is one, else the answer to `challenge`. */
static const char *get_first(struct connection *connection, const char *initial,
                             const char *challenge, struct answer *answer)
{
    return *initial == '\0' ? ask(connection, challenge, answer) : decode(answer, initial);
}

/* Source: RFC 4616 section 2: whom to act as, NUL, who one is, NUL, password. */
static const char *run_plain(struct connection *connection, const char *initial, char **authorized)
{
    struct answer answer = { 0 };
    const char *fault = get_first(connection, initial, "334 ", &answer);

    if (fault == NULL) {
        const char *user = memchr(answer.text, '\0', answer.size);
        size_t left = user == NULL ? 0 : answer.size - (size_t)(user - answer.text) - 1;
        const char *password = user == NULL ? NULL : memchr(user + 1, '\0', left);

        fault = password == NULL || user[1] == '\0' ? failed : succeeded;
        if (fault == succeeded)
            *authorized = memory_text(*answer.text == '\0' ? user + 1 : answer.text);
    }
    free(answer.text);
    return fault;
}

static const char *run_login(struct connection *connection, const char *initial, char **authorized)
{
    struct answer user = { 0 };
    struct answer password = { 0 };
    const char *fault = get_first(connection, initial, "334 VXNlcm5hbWU6", &user);

    if (fault == NULL)
        fault = ask(connection, "334 UGFzc3dvcmQ6", &password);
    if (fault == NULL)
        fault = user.size == 0 ? failed : succeeded;
    if (fault == succeeded)
        *authorized = memory_text(user.text);
    free(user.text);
    free(password.text);
    return fault;
}

/* Who one is, a space, 32 hexadecimal digits. No password is known here, and any digest is
 * believed. Source: RFC 2195 section 2. */
static const char *run_cram_md5(struct connection *connection, const char *initial,
                                char **authorized)
{
    /* "<1896.697170952@mail.example.test>" */
    static const char challenge[] = "334 PDE4OTYuNjk3MTcwOTUyQG1haWwuZXhhbXBsZS50ZXN0Pg==";
    struct answer answer = { 0 };
    const char *fault = *initial == '\0' ? ask(connection, challenge, &answer)
                                         : "501 5.5.4 This mechanism has no initial response";

    if (fault == NULL) {
        size_t user = strcspn(answer.text, " ");
        const char *digest = answer.text + user + (answer.text[user] == ' ');

        fault = user > 0 && strlen(digest) == 32 && strspn(digest, "0123456789abcdef") == 32
                    ? succeeded
                    : failed;
        if (fault == succeeded)
            *authorized = memory_copy(answer.text, user);
    }
    free(answer.text);
    return fault;
}

/* "user=" who one is, ^A, "auth=Bearer " a token, ^A^A. Source: Google, "OAuth 2.0 Mechanism". */
static const char *run_xoauth2(struct connection *connection, const char *initial,
                               char **authorized)
{
    static const char first[] = "user=", second[] = "\1auth=Bearer ";
    struct answer answer = { 0 };
    const char *fault = get_first(connection, initial, "334 ", &answer);

    if (fault == NULL) {
        const char *token = strstr(answer.text, second);
        size_t length = token == NULL ? 0 : strcspn(token + sizeof second - 1, "\1");
        bool fine = strncmp(answer.text, first, sizeof first - 1) == 0 && length > 0 &&
                    strcmp(token + sizeof second - 1 + length, "\1\1") == 0 &&
                    token > answer.text + sizeof first - 1;

        fault = fine ? succeeded : failed;
        if (fine)
            *authorized = memory_copy(answer.text + sizeof first - 1,
                                      (size_t)(token - answer.text) - (sizeof first - 1));
    }
    free(answer.text);
    return fault;
}

/* Whom the client wants to act as, "" as itself; the account of its certificate decides. Where
 * there are no accounts anybody may act as anybody. Source: RFC 4422 appendix A. */
static const char *judge_external(const struct connection *connection, X509 *certificate,
                                  const char *wanted, char **authorized)
{
    const struct fake_server_judgement *judgement = &connection->host->given.judgement;
    const struct fake_server_account *account = accounts_find(judgement, certificate);

    if (judgement->n_accounts == 0) {
        *authorized = *wanted == '\0' ? certificate_name(X509_get_subject_name(certificate))
                                      : memory_text(wanted);
        return succeeded;
    }
    if (account == NULL || account->no_external)
        return failed;
    if (*wanted == '\0')
        wanted = account->name;
    if (!accounts_may_act(account, wanted))
        return failed;
    *authorized = memory_text(wanted);
    return succeeded;
}

/* Who one is has been proved below. */
static const char *run_external(struct connection *connection, const char *initial,
                                char **authorized)
{
    struct answer answer = { 0 };
    X509 *certificate = tls_certificate(connection);
    const char *fault = get_first(connection, initial, "334 ", &answer);

    if (fault == NULL && (certificate == NULL || strlen(answer.text) != answer.size))
        fault = failed;
    if (fault == NULL)
        fault = judge_external(connection, certificate, answer.text, authorized);
    free(answer.text);
    return fault;
}

static const struct mechanism {
    const char *name;
    /* Returns the reply; with `succeeded` the authorization identity, which is the caller's. */
    const char *(*run)(struct connection *connection, const char *initial, char **authorized);
} mechanisms[] = {
    { "PLAIN", run_plain },       { "LOGIN", run_login },     { "EXTERNAL", run_external },
    { "CRAM-MD5", run_cram_md5 }, { "XOAUTH2", run_xoauth2 },
};

static const struct mechanism *find_mechanism(const char *arguments, size_t length)
{
    for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++)
        if (strlen(mechanisms[i].name) == length &&
            strncasecmp(mechanisms[i].name, arguments, length) == 0)
            return &mechanisms[i];
    return NULL;
}

static const char *run(struct connection *connection, const char *arguments)
{
    size_t length = strcspn(arguments, " ");
    const char *initial = arguments + length + strspn(arguments + length, " ");
    const struct mechanism *mechanism = find_mechanism(arguments, length);
    struct dialogue *dialogue = &connection->dialogue;
    const char *reply;

    if (mechanism == NULL)
        return "504 5.5.4 Unknown mechanism";
    free(dialogue->authorized);
    dialogue->authorized = NULL;
    reply = mechanism->run(connection, initial, &dialogue->authorized);
    CONNECTION_EMIT(
        connection, EVENT_AUTH, EVENT_STRING("mechanism", mechanism->name),
        EVENT_BOOL("accepted", reply == succeeded),
        EVENT_STRING("authorized", dialogue->authorized == NULL ? "" : dialogue->authorized));
    return reply;
}

void auth_check(struct connection *connection, struct command *command)
{
    const struct dialogue *dialogue = &connection->dialogue;

    if (dialogue->client_name == NULL || !dialogue->extended)
        reply_set(&command->reply, "503 5.5.1 EHLO first");
    else if (dialogue->authenticated)
        reply_set(&command->reply, "503 5.5.1 You are authenticated already");
    else if (dialogue->mail)
        reply_set(&command->reply, "503 5.5.1 Not in a transaction");
    else if (!keywords_have(&dialogue->keywords, "AUTH") && connection->ssl == NULL)
        reply_set(&command->reply, "538 5.7.11 Not without TLS");
    else if (*command->arguments == '\0')
        reply_set(&command->reply, "501 5.5.4 Which mechanism?");
    else
        reply_set(&command->reply, run(connection, command->arguments));
}

void auth_proceed(struct connection *connection, struct command *command)
{
    /* A script may answer 235 to whom nothing makes somebody. */
    if (command->reply.code != 235)
        return;
    connection->dialogue.authenticated = true;
    if (connection->dialogue.authorized == NULL)
        connection->dialogue.authorized = memory_text("");
}
