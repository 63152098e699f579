#include "harness/smtp_client/mime.h"
#include "harness/smtp_client/text.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

/* Source: RFC 5322 section 2.1.1. */
enum { LINE_MAX_BYTES = 998 };

/* A message in the making; all is owned. */
struct making {
    const struct smtp_mail *mail;
    struct smtp_composed *composed;
    struct curl_slist *headers;
    size_t n_to;
    char *why;
    size_t why_size;
};

static int refuse(const struct making *making, const char *what, const char *text,
                  const char *wrong)
{
    snprintf(making->why, making->why_size, "%s \"%.80s\": %s", what, text, wrong);
    /* The text may be what an attacker wants to see on a terminal. */
    for (char *at = making->why; *at != '\0'; at++)
        if ((unsigned char)*at < ' ')
            *at = '?';
    return -1;
}

/* --- header lines --- */

static FILE *open_line(char **line, size_t *size)
{
    FILE *stream = open_memstream(line, size);

    if (stream == NULL)
        abort();
    return stream;
}

static void close_line(struct making *making, FILE *stream, char **line)
{
    if (fclose(stream) != 0)
        abort();
    making->headers = curl_slist_append(making->headers, *line);
    free(*line);
}

static bool needs_quotes(const char *name)
{
    return text_is_ascii(name) && strpbrk(name, "()<>[]:;@\\,.\"") != NULL;
}

static void write_name(const struct making *making, FILE *stream, const char *name)
{
    bool quotes = needs_quotes(name);

    if (!quotes) {
        text_write_encoded(stream, name, making->mail->international);
        return;
    }
    fputc('"', stream);
    for (; *name != '\0'; name++) {
        if (*name == '"' || *name == '\\')
            fputc('\\', stream);
        fputc(*name, stream);
    }
    fputc('"', stream);
}

/* Writes one mailbox into a header, and the address into the envelope. */
static int take_mailbox(struct making *making, FILE *stream, const char *text, bool recipient)
{
    struct smtp_composed *composed = making->composed;
    char *name, *address;
    const char *wrong = text_split_mailbox(text, &name, &address);

    if (wrong == NULL && name[0] != '\0' && stream != NULL) {
        write_name(making, stream, name);
        fprintf(stream, " <%s>", address);
    } else if (wrong == NULL && stream != NULL) {
        fputs(address, stream);
    }
    free(name);
    if (wrong != NULL) {
        free(address);
        return refuse(making, recipient ? "recipient" : "sender", text, wrong);
    }
    if (recipient)
        composed->to[making->n_to++] = address;
    else
        composed->from = address;
    return 0;
}

static int add_mailboxes(struct making *making, const char *header, const char *const *list)
{
    char *line = NULL;
    size_t size;
    FILE *stream;
    int rv = 0;

    if (list == NULL || list[0] == NULL)
        return 0;
    stream = open_line(&line, &size);
    fprintf(stream, "%s: ", header);
    for (size_t i = 0; list[i] != NULL && rv == 0; i++) {
        if (i > 0)
            fputs(",\r\n ", stream);
        rv = take_mailbox(making, stream, list[i], true);
    }
    close_line(making, stream, &line);
    return rv;
}

static int add_sender(struct making *making)
{
    char *line = NULL;
    size_t size;
    FILE *stream;
    int rv;

    if (making->mail->from == NULL)
        return refuse(making, "sender", "", "there is none");
    stream = open_line(&line, &size);
    fputs("From: ", stream);
    rv = take_mailbox(making, stream, making->mail->from, false);
    close_line(making, stream, &line);
    return rv;
}

static int add_hidden(struct making *making)
{
    const char *const *list = making->mail->bcc;

    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        if (take_mailbox(making, NULL, list[i], true) != 0)
            return -1;
    if (making->n_to > 0)
        return 0;
    return refuse(making, "recipient", "", "there is none");
}

static int add_subject(struct making *making)
{
    const char *subject = making->mail->subject;
    char *line = NULL;
    size_t size;
    FILE *stream;

    if (subject == NULL)
        return 0;
    if (text_has_control(subject) || !text_is_utf8(subject))
        return refuse(making, "subject", subject, "it is one line of UTF-8");
    stream = open_line(&line, &size);
    fputs("Subject: ", stream);
    text_write_encoded(stream, subject, making->mail->international);
    close_line(making, stream, &line);
    return 0;
}

static bool is_header(const char *line, const char *name)
{
    size_t length = strlen(name);

    return strncasecmp(line, name, length) == 0 && line[length] == ':';
}

static bool has_header(const struct smtp_mail *mail, const char *name)
{
    for (size_t i = 0; mail->headers != NULL && mail->headers[i] != NULL; i++)
        if (is_header(mail->headers[i], name))
            return true;
    return false;
}

/* What the message says elsewhere cannot be said again. */
static bool is_taken(const char *line)
{
    static const char *const names[] = { "From",    "To",           "Cc",           "Bcc",
                                         "Subject", "MIME-Version", "Content-Type", NULL };
    size_t i = 0;

    while (names[i] != NULL && !is_header(line, names[i]))
        i++;
    return names[i] != NULL || strncasecmp(line, "Content-", strlen("Content-")) == 0;
}

static int add_others(struct making *making)
{
    const char *const *headers = making->mail->headers;

    for (size_t i = 0; headers != NULL && headers[i] != NULL; i++) {
        size_t name = strcspn(headers[i], ": ");

        if (text_has_control(headers[i]) || !text_is_utf8(headers[i]))
            return refuse(making, "header", headers[i], "it is one line of UTF-8");
        if (name == 0 || headers[i][name] != ':' || strlen(headers[i]) > LINE_MAX_BYTES)
            return refuse(making, "header", headers[i], "it looks like \"Name: value\"");
        if (!making->mail->international && !text_is_ascii(headers[i]))
            return refuse(making, "header", headers[i], "only ASCII may stand there");
        if (is_taken(headers[i]))
            return refuse(making, "header", headers[i], "the message has its own");
        making->headers = curl_slist_append(making->headers, headers[i]);
    }
    return 0;
}

/* Source: RFC 5322 section 3.3; nobody sets another locale than "C". */
static void add_date(struct making *making)
{
    char line[64];
    time_t now = time(NULL);
    struct tm tm;

    if (has_header(making->mail, "Date"))
        return;
    strftime(line, sizeof(line), "Date: %a, %d %b %Y %H:%M:%S +0000", gmtime_r(&now, &tm));
    making->headers = curl_slist_append(making->headers, line);
}

static void add_message_id(struct making *making)
{
    unsigned char random[16];
    char *line = NULL;
    size_t size;
    FILE *stream;

    if (has_header(making->mail, "Message-ID") || RAND_bytes(random, sizeof(random)) != 1)
        return;
    stream = open_line(&line, &size);
    fputs("Message-ID: <", stream);
    for (size_t i = 0; i < sizeof(random); i++)
        fprintf(stream, "%02x", random[i]);
    fprintf(stream, "%s>", strrchr(making->composed->from, '@'));
    close_line(making, stream, &line);
}

/* --- the body --- */

static int check_attachments(const struct making *making)
{
    for (size_t i = 0; i < making->mail->n_attachments; i++) {
        const struct smtp_attachment *attachment = &making->mail->attachments[i];
        struct stat info;

        if (stat(attachment->file, &info) != 0 || !S_ISREG(info.st_mode))
            return refuse(making, "attachment", attachment->file, "there is no such file");
        if ((attachment->name != NULL && text_has_control(attachment->name)) ||
            (attachment->type != NULL && text_has_control(attachment->type)))
            return refuse(making, "attachment", attachment->file,
                          "its name and its type are one line each");
    }
    return 0;
}

static bool is_plain(const struct smtp_mail *mail)
{
    const char *line = mail->text != NULL ? mail->text : "";

    if (mail->html != NULL || mail->n_attachments > 0 || !text_is_ascii(line))
        return false;
    while (*line != '\0') {
        size_t length = strcspn(line, "\n");

        if (length > LINE_MAX_BYTES)
            return false;
        line += length;
        line += *line == '\n';
    }
    return true;
}

static void write_plain(const struct making *making)
{
    struct smtp_composed *composed = making->composed;
    char *lines = text_with_crlf(making->mail->text != NULL ? making->mail->text : "");
    FILE *stream = open_memstream(&composed->bytes, &composed->message.size);

    if (stream == NULL)
        abort();
    for (const struct curl_slist *header = making->headers; header != NULL; header = header->next)
        fprintf(stream, "%s\r\n", header->data);
    fprintf(stream, "\r\n%s", lines);
    if (fclose(stream) != 0)
        abort();
    free(lines);
}

static int write_body(const struct making *making)
{
    struct smtp_composed *composed = making->composed;

    if (check_attachments(making) != 0)
        return -1;
    if (is_plain(making->mail))
        write_plain(making);
    else
        composed->bytes = mime_render(making->mail, making->headers, &composed->message.size,
                                      making->why, making->why_size);
    return composed->bytes != NULL ? 0 : -1;
}

/* --- the whole --- */

static size_t count(const char *const *list)
{
    size_t n = 0;

    while (list != NULL && list[n] != NULL)
        n++;
    return n;
}

int smtp_mail_compose(const struct smtp_mail *mail, struct smtp_composed *composed, char *why,
                      size_t why_size)
{
    struct making making = { mail, composed, NULL, 0, why, why_size };
    int rv = -1;

    *composed = (struct smtp_composed){ 0 };
    composed->to = calloc(count(mail->to) + count(mail->cc) + count(mail->bcc) + 1, sizeof(char *));
    if (composed->to == NULL)
        abort();
    if (add_sender(&making) == 0 && add_mailboxes(&making, "To", mail->to) == 0 &&
        add_mailboxes(&making, "Cc", mail->cc) == 0 && add_hidden(&making) == 0 &&
        add_subject(&making) == 0 && add_others(&making) == 0) {
        add_date(&making);
        add_message_id(&making);
        rv = write_body(&making);
    }
    curl_slist_free_all(making.headers);
    composed->message.from = composed->from;
    composed->message.to = (const char *const *)composed->to;
    composed->message.bytes = composed->bytes;
    if (rv != 0)
        smtp_composed_release(composed);
    return rv;
}

void smtp_composed_release(struct smtp_composed *composed)
{
    for (char **to = composed->to; to != NULL && *to != NULL; to++)
        free(*to);
    free(composed->to);
    free(composed->from);
    free(composed->bytes);
    *composed = (struct smtp_composed){ 0 };
}
