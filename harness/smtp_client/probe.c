#include "harness/smtp_client/probe_state.h"

#include "harness/smtp_client/alerts.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* After QUIT the server has this long to close. */
enum { CLOSE_MS = 2000, LINE_ROOM = 2048 };

/* --- bytes --- */

static int write_all(struct probe *probe, const char *bytes, size_t size)
{
    if (probe->ssl == NULL)
        return probe_wire_write(&probe->wire, bytes, size);
    ERR_clear_error();
    return SSL_write(probe->ssl, bytes, (int)size) == (int)size ? 0 : -1;
}

/* Reads more into the buffer. Returns -1 at the end of what the server says. */
static int fill(struct probe *probe)
{
    char *place = probe->buffer + probe->used;
    size_t room = PROBE_BUFFER - probe->used;
    long n;

    if (room == 0)
        return -1;
    ERR_clear_error();
    n = probe->ssl != NULL ? SSL_read(probe->ssl, place, (int)room)
                           : probe_wire_read(&probe->wire, place, room);
    if (n <= 0)
        return -1;
    probe->used += (size_t)n;
    return 0;
}

/* --- what is told --- */

void probe_tell(const struct probe *probe, struct smtp_client_sight *sight)
{
    const struct smtp_client_settings *settings = probe->order->settings;
    struct timespec now;

    if (settings->saw == NULL)
        return;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    sight->time_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    settings->saw(settings->saw_context, sight);
}

static void tell_line(const struct probe *probe, bool sent, const char *line, size_t size)
{
    struct smtp_client_sight sight = {
        .kind = SMTP_CLIENT_SAW_LINE, .sent = sent, .under_tls = probe->handshake, .bytes = line
    };

    while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r'))
        size--;
    sight.size = size;
    probe_tell(probe, &sight);
}

static void tell_close(const struct probe *probe, bool by_client, const char *how, bool notified)
{
    struct smtp_client_sight sight = {
        .kind = SMTP_CLIENT_SAW_CLOSE, .sent = by_client, .under_tls = notified, .how = how
    };

    probe_tell(probe, &sight);
}

/* --- replies --- */

/* Takes one line out of the buffer. Returns -1 when there is none, or it is no reply. */
static int take_line(struct probe *probe)
{
    const char *end = memchr(probe->buffer, '\n', probe->used);
    size_t size;
    int rv;

    while (end == NULL) {
        if (fill(probe) != 0)
            return -1;
        end = memchr(probe->buffer, '\n', probe->used);
    }
    size = (size_t)(end - probe->buffer) + 1;
    tell_line(probe, false, probe->buffer, size);
    rv = replies_add(&probe->replies, probe->buffer, size);
    if (size >= 4 + 8 && strncasecmp(probe->buffer + 4, "STARTTLS", 8) == 0)
        probe->starttls = true;
    probe->used -= size;
    memmove(probe->buffer, probe->buffer + size, probe->used);
    return rv;
}

void probe_answer(const struct probe *probe, const char *command, const char *reply)
{
    json_t *text = json_sprintf("%s -> %s", command, reply);

    json_array_append_new(probe->report->answers, text != NULL ? text : json_string("(not UTF-8)"));
}

/* Reads a reply to `command`; "" is the connection itself, NULL nothing that was said. Returns its
 * code; 0: there is none, and the connection is over. */
static int read_reply(struct probe *probe, const char *command)
{
    int code = 0, rv;

    do {
        rv = take_line(probe);
    } while (rv == 0 && probe->replies.pending != 0);
    if (rv == 0)
        code = probe->replies.code;
    else
        probe->over = true;
    probe->unanswered = probe->unanswered || (command != NULL && code == 0);
    if (command != NULL && command[0] != '\0')
        probe_answer(probe, command, code != 0 ? probe->replies.text : "");
    if (command == NULL && code != 0)
        json_array_append_new(probe->report->unasked, json_string(probe->replies.text));
    return code;
}

/* --- commands --- */

static void tell_command(const struct probe *probe, const char *line)
{
    tell_line(probe, true, line, strlen(line));
}

/* A text that grows; owned by the caller. */
struct text {
    char *bytes;
    size_t size;
};

static void append(struct text *text, const char *bytes, size_t size)
{
    text->bytes = realloc(text->bytes, text->size + size + 1);
    if (text->bytes == NULL)
        abort();
    if (size > 0)
        memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

static bool is_quit(const char *line)
{
    return strcasecmp(line, "QUIT") == 0;
}

int probe_say(struct probe *probe, const char *line)
{
    struct text text = { NULL, 0 };

    probe->quit = probe->quit || is_quit(line);

    append(&text, line, strlen(line));
    append(&text, "\r\n", 2);
    tell_command(probe, line);
    /* What came before a failure to write tells more than the failure. */
    (void)write_all(probe, text.bytes, text.size);
    free(text.bytes);
    return read_reply(probe, line);
}

void probe_end(struct probe *probe, enum probe_close how)
{
    static const char *const words[] = { "", "clean", "truncated", "reset" };

    if (how == PROBE_CLOSE_NO || probe->wire.fd < 0)
        return;
    if (how == PROBE_CLOSE_CLEAN && probe->handshake)
        (void)SSL_shutdown(probe->ssl);
    tell_close(probe, true, words[how], probe->handshake && how == PROBE_CLOSE_CLEAN);
    probe_wire_close(&probe->wire, how == PROBE_CLOSE_RESET);
    probe->over = true;
}

void probe_visit(struct probe *probe, const char *site)
{
    struct probe_turn turn = { .site = site, .line = "" };

    probe_act(probe, &turn);
    if (turn.close != PROBE_CLOSE_NO) {
        probe->done = true;
        probe_end(probe, turn.close);
    }
}

static void add_body(struct text *text, const struct smtp_client_message *message)
{
    const char *bytes = message->bytes;

    for (size_t at = 0; at < message->size;) {
        const char *end = memchr(bytes + at, '\n', message->size - at);
        size_t length = end == NULL ? message->size - at : (size_t)(end - bytes) + 1 - at;

        if (bytes[at] == '.')
            append(text, ".", 1);
        append(text, bytes + at, length);
        at += length;
    }
    append(text, ".\r\n", 3);
}

/* One site of the dialogue. Returns the code of the reply; -1: nothing was said; 0: there is no
 * reply, the connection is over. */
static int take_turn(struct probe *probe, const char *site, const char *line)
{
    struct probe_turn turn = { .site = site, .line = line };
    struct text text = { NULL, 0 };
    int code = -1;

    if (probe->over || probe->quit)
        return 0;
    probe_act(probe, &turn);
    if (!probe->over && !probe->quit && !turn.skip) {
        probe->quit = turn.bytes == NULL && is_quit(turn.line);
        if (turn.bytes != NULL)
            append(&text, turn.bytes, turn.bytes_size);
        else if (strcmp(site, "body") == 0)
            add_body(&text, probe->order->message);
        else {
            append(&text, turn.line, strlen(turn.line));
            append(&text, "\r\n", 2);
        }
        append(&text, turn.inject, turn.inject_size);
        tell_command(probe, strcmp(site, "body") == 0 ? "." : turn.line);
        (void)write_all(probe, text.bytes, text.size);
        code = read_reply(probe, strcmp(site, "body") == 0 ? "." : turn.line);
        probe->refused = probe->refused || code >= 400;
    }
    if (turn.close != PROBE_CLOSE_NO) {
        probe->done = true;
        probe_end(probe, turn.close);
    }
    free(text.bytes);
    free(turn.bytes);
    free(turn.inject);
    return code;
}

/* --- the dialogue --- */

static int greet(struct probe *probe)
{
    const char *domain = probe->order->settings->domain;
    char line[512];

    snprintf(line, sizeof(line), "EHLO %.300s", domain != NULL ? domain : "client.example.test");
    probe->starttls = false;
    return take_turn(probe, "EHLO", line);
}

static bool has_row(const struct probe *probe, const char *site)
{
    for (size_t i = 0; i < probe->order->n_rows; i++)
        if (strcmp(probe->order->rows[i].on, site) == 0)
            return true;
    return false;
}

/* A row about STARTTLS is for servers that do not offer it, too. */
static bool wants_starttls(const struct probe *probe)
{
    return probe->order->settings->security != SMTP_CLIENT_TLS_NONE &&
           (probe->starttls || has_row(probe, "STARTTLS"));
}

/* From the connection up to where mail can be sent. Returns false when it cannot. */
static bool begin(struct probe *probe)
{
    const struct smtp_client_settings *settings = probe->order->settings;
    bool implicit = settings->mode == SMTP_CLIENT_IMPLICIT;
    int code;

    probe_visit(probe, "connect");
    if (probe->over || (implicit && probe_tls_start(probe) != 0) || probe->over ||
        read_reply(probe, "") != 220)
        return false;
    code = greet(probe);
    if (!implicit && !probe->over && wants_starttls(probe)) {
        code = take_turn(probe, "STARTTLS", "STARTTLS");
        if (code == 220 && !probe->over) {
            probe->used = 0;
            if (probe_tls_start(probe) != 0 || probe->over)
                return false;
            code = greet(probe);
        }
    }
    if (settings->security == SMTP_CLIENT_TLS_REQUIRED && probe->ssl == NULL)
        return false;
    return !probe->over && (code == -1 || code / 100 == 2);
}

static bool say_path(struct probe *probe, const char *site, const char *verb, const char *address)
{
    char line[LINE_ROOM];
    int code;

    snprintf(line, sizeof(line), "%s:<%.1900s>", verb, address);
    code = take_turn(probe, site, line);
    return code == -1 || code / 100 == 2;
}

static void send_mail(struct probe *probe)
{
    const struct smtp_client_message *message = probe->order->message;
    int code;

    if (!say_path(probe, "MAIL", "MAIL FROM", message->from))
        return;
    for (const char *const *to = message->to; *to != NULL; to++)
        if (!say_path(probe, "RCPT", "RCPT TO", *to))
            return;
    code = take_turn(probe, "DATA", "DATA");
    if (code / 100 == 2) {
        probe->violated = true;
        probe_end(probe, PROBE_CLOSE_TRUNCATED);
    }
    if (code != -1 && code / 100 != 3)
        return;
    code = take_turn(probe, "body", "");
    probe->delivered = code / 100 == 2;
}

/* Who has said QUIT waits for the server to close, and hears what it still says. */
static void await_end(struct probe *probe)
{
    static const char *const words[] = { "", "truncated", "reset", "timeout", "" };
    int64_t limit_ms = probe_wire_now_ms() + CLOSE_MS;
    bool clean;

    if (probe->wire.fd < 0)
        return;
    if (limit_ms < probe->wire.deadline_ms)
        probe->wire.deadline_ms = limit_ms;
    while (!probe->over)
        (void)read_reply(probe, NULL);
    clean = probe->ssl != NULL ? (SSL_get_shutdown(probe->ssl) & SSL_RECEIVED_SHUTDOWN) != 0 &&
                                     probe->alert_received < 0
                               : probe->wire.status == PROBE_WIRE_EOF;
    if (!clean &&
        (probe->wire.status == PROBE_WIRE_TIMEOUT || probe->wire.status == PROBE_WIRE_OPEN)) {
        probe_end(probe, PROBE_CLOSE_CLEAN);
        return;
    }
    if (clean && probe->handshake)
        (void)SSL_shutdown(probe->ssl);
    tell_close(probe, false, clean ? "clean" : words[probe->wire.status],
               clean && probe->handshake);
    probe_wire_close(&probe->wire, false);
}

static void play_dialogue(struct probe *probe)
{
    bool may_send = begin(probe);

    if (may_send)
        send_mail(probe);
    /* In the clear where TLS is required and was refused, too: it leaves as it should. */
    (void)take_turn(probe, "QUIT", "QUIT");
    await_end(probe);
}

/* --- how it ended --- */

static bool was_refused_in_tls(const struct probe *probe)
{
    return probe->requested && probe->alert_received >= 0 && alert_refuses(probe->alert_received);
}

static bool broke_in_tls(const struct probe *probe)
{
    return probe->alert_received >= 0 || probe->alert_sent >= 0 || probe->failed;
}

static bool timed_out(const struct probe *probe)
{
    return probe_wire_now_ms() >= probe->wire.deadline_ms &&
           probe->wire.status == PROBE_WIRE_TIMEOUT && !probe->delivered;
}

static bool is_delivered(const struct probe *probe)
{
    return probe->delivered;
}

static bool stays_clear(const struct probe *probe)
{
    return probe->order->settings->security == SMTP_CLIENT_TLS_REQUIRED && probe->ssl == NULL &&
           !probe->done && probe->replies.code != 0;
}

static bool is_refused(const struct probe *probe)
{
    return probe->refused;
}

static bool is_out_of_step(const struct probe *probe)
{
    return probe->violated;
}

static bool is_done(const struct probe *probe)
{
    return probe->done || (!probe->unanswered && probe->replies.code / 100 == 2);
}

static bool anything(const struct probe *probe)
{
    (void)probe;
    return true;
}

/* The first row that holds. */
static const struct {
    bool (*holds)(const struct probe *probe);
    enum smtp_client_outcome outcome;
    const char *sentence;
} endings[] = {
    { is_delivered, SMTP_CLIENT_DELIVERED, "" },
    { was_refused_in_tls, SMTP_CLIENT_TLS_REFUSED, "the server refused the client with an alert" },
    { broke_in_tls, SMTP_CLIENT_TLS_FAILED, "TLS failed" },
    { timed_out, SMTP_CLIENT_TIMEOUT, "the server said nothing in time" },
    { is_refused, SMTP_CLIENT_REFUSED_BY_SMTP, "the server refused" },
    { stays_clear, SMTP_CLIENT_NO_STARTTLS, "there is no STARTTLS" },
    { is_out_of_step, SMTP_CLIENT_PROTOCOL_VIOLATION, "a reply came to something else" },
    { is_done, SMTP_CLIENT_ENDED, "the probe ended without a message, as it was told" },
    { anything, SMTP_CLIENT_PROTOCOL_VIOLATION, "the server closed without a reply" },
};

static void write_alert(int code, char *name, size_t size)
{
    name[0] = '\0';
    if (code >= 0)
        alert_write_name(code, name, size);
}

static void write_report(const struct probe *probe, struct smtp_client_report *report)
{
    static const char *const no_names[] = { NULL };
    size_t row = 0;

    while (!endings[row].holds(probe))
        row++;
    report->outcome = endings[row].outcome;
    write_alert(probe->alert_received, report->alert_received, sizeof(report->alert_received));
    write_alert(probe->alert_sent, report->alert_sent, sizeof(report->alert_sent));
    snprintf(report->error, sizeof(report->error), "%s%s%s%s%.150s", endings[row].sentence,
             probe->alert_received >= 0 ? ": " : "", report->alert_received,
             report->outcome == SMTP_CLIENT_REFUSED_BY_SMTP ? ": " : "",
             report->outcome == SMTP_CLIENT_REFUSED_BY_SMTP ? probe->replies.text : "");
    report->reply_code = probe->replies.code;
    report->handshake = probe->handshake;
    report->requested = probe->requested;
    report->choice = "as the probe was told";
    report->offered = "none";
    report->resumed = "no";
    report->names = no_names;
}

static void play(struct probe *probe, struct smtp_client_report *report)
{
    const struct smtp_client_settings *settings = probe->order->settings;
    int timeout_ms = settings->timeout_ms > 0 ? settings->timeout_ms : 10000;

    if (probe_wire_open(&probe->wire, settings->loopback ? "127.0.0.1" : settings->host,
                        settings->port, probe_wire_now_ms() + timeout_ms) != 0) {
        write_report(probe, report);
        report->outcome = SMTP_CLIENT_CONNECT_FAILED;
        snprintf(report->error, sizeof(report->error), "there is no connection");
        return;
    }
    play_dialogue(probe);
    write_report(probe, report);
    if (probe->ssl == NULL)
        return;
    report->offered = probe_tls_offered(probe);
    report->resumed = probe_tls_resumed(probe);
    memcpy(report->tls, probe->version, sizeof(report->tls));
}

void probe_play(const struct probe_order *order, struct smtp_client_report *report,
                struct probe_report *more)
{
    struct probe *probe = calloc(1, sizeof(*probe));

    if (probe == NULL)
        abort();
    *report = (struct smtp_client_report){ 0 };
    *more = (struct probe_report){ .answers = json_array(), .unasked = json_array() };
    *probe = (struct probe){ .order = order,
                             .report = more,
                             .buffer = malloc(PROBE_BUFFER),
                             .alert_received = -1,
                             .alert_sent = -1 };
    if (probe->buffer == NULL)
        abort();
    play(probe, report);
    snprintf(more->presented, sizeof(more->presented), "%s",
             !probe->certificate_sent      ? "nothing"
             : probe->presented[0] == '\0' ? "empty"
                                           : probe->presented);
    probe_tls_release(probe);
    probe_wire_close(&probe->wire, false);
    free(probe->buffer);
    free(probe);
}
