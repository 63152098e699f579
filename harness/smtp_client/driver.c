#include "harness/smtp_client/client.h"
#include "harness/smtp_client/driver_step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- the answer --- */

static json_t *names_json(const char *const *names)
{
    json_t *list = json_array();

    for (; *names != NULL; names++)
        json_array_append_new(list, json_string(*names));
    return list;
}

static json_t *report_json(const char *presented, const struct smtp_client_report *report)
{
    return json_pack(
        "{s:s, s:s, s:i, s:b, s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}",         /* */
        "outcome", smtp_client_outcome_name(report->outcome), "error", report->error,     /* */
        "reply_code", report->reply_code, "handshake", report->handshake,                 /* */
        "requested", report->requested, "presented", presented,                           /* */
        "choice", report->choice, "offered", report->offered, "resumed", report->resumed, /* */
        "session_identity", report->session_identity, "tls", report->tls,                 /* */
        "alert_received", report->alert_received, "alert_sent", report->alert_sent,       /* */
        "names", names_json(report->names));
}

static int write_answer(int out, json_t *answer)
{
    char *line = answer == NULL ? NULL : json_dumps(answer, JSON_COMPACT);
    size_t size = line == NULL ? 0 : strlen(line);
    size_t done = 0;

    if (line == NULL)
        return -1;
    line[size++] = '\n'; /* over the NUL: from here on the size counts */
    while (done < size) {
        ssize_t n = write(out, line + done, size - done);

        if (n <= 0)
            break;
        done += (size_t)n;
    }
    free(line);
    return done == size ? 0 : -1;
}

/* --- one step --- */

static json_t *failure_json(const char *why)
{
    json_t *text = json_string(why);

    return json_pack("{s:o}", "failure", text != NULL ? text : json_string("(not UTF-8)"));
}

/* A connection that belongs to the whole process (a fault) outlives its client. */
static bool wants_new(const struct driver_step *step)
{
    return step->new_client && step->settings.fault != SMTP_CLIENT_FAULT_REUSE_CONNECTION;
}

/* Makes the client, a new one where that is asked for. */
static int make_client(struct smtp_client **client, bool anew, char *why, size_t why_size)
{
    if (anew) {
        smtp_client_free(*client);
        *client = NULL;
    }
    if (*client == NULL)
        *client = smtp_client_new(why, why_size);
    return *client == NULL ? -1 : 0;
}

/* --- what was seen, for a worker that has no evidence of the other end --- */

static json_t *bytes_json(const unsigned char *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    char *hex = malloc(2 * size + 1);
    json_t *text;

    if (hex == NULL)
        abort();
    for (size_t i = 0; i < size; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    text = json_stringn(hex, 2 * size);
    free(hex);
    return text;
}

static void note(void *context, const struct smtp_client_sight *sight)
{
    json_t *row = json_pack("{s:I, s:b, s:b}", "t", (json_int_t)sight->time_us, "sent", sight->sent,
                            "tls", sight->under_tls);

    if (sight->kind == SMTP_CLIENT_SAW_HANDSHAKE)
        json_object_update_new(row, json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "version", sight->tls,
                                              "cipher", sight->cipher, "resumed", sight->resumed,
                                              "group", sight->group, "alpn", sight->alpn));
    else if (sight->kind == SMTP_CLIENT_SAW_CLOSE)
        json_object_set_new(row, "close", json_string(sight->how));
    else
        json_object_set_new(row, "bytes", bytes_json(sight->bytes, sight->size));
    if (sight->kind == SMTP_CLIENT_SAW_TLS)
        json_object_update_new(row,
                               json_pack("{s:i, s:i, s:b}", "content", sight->content, "version",
                                         sight->version, "by_id", sight->offers_by_id));
    json_array_append_new(context, row);
}

static json_t *send_step(struct smtp_client *client, const struct driver_step *step)
{
    struct smtp_client_report report;

    smtp_client_set_clock(client, step->clock_s);
    smtp_client_send(client, &step->settings, &step->message, &report);
    if (report.outcome == SMTP_CLIENT_INVALID)
        return failure_json(report.error);
    return report_json(smtp_client_presented(client), &report);
}

static json_t *probe_step(struct smtp_client *client, struct driver_step *step)
{
    struct smtp_client_report report;
    struct probe_report more;
    json_t *answer;

    step->probe.settings = &step->settings;
    step->probe.message = &step->message;
    step->probe.certificates = smtp_client_certificates(client);
    probe_play(&step->probe, &report, &more);
    answer = report_json(more.presented, &report);
    if (more.forged)
        json_object_del(answer, "offered"); /* the server is right to see none */
    json_object_set_new(answer, "answers", more.answers);
    json_object_set_new(answer, "unasked", more.unasked);
    return answer;
}

static json_t *play(struct smtp_client **client, const json_t *asked)
{
    struct driver_step step;
    char why[512] = "";
    json_t *answer;

    json_t *seen = json_is_true(json_object_get(asked, "witness")) ? json_array() : NULL;

    if (driver_step_parse(&step, asked, why, sizeof(why)) == 0 &&
        make_client(client, wants_new(&step), why, sizeof(why)) == 0 &&
        driver_step_certificates(&step, smtp_client_certificates(*client), why, sizeof(why)) == 0) {
        step.settings.saw = seen != NULL ? note : NULL;
        step.settings.saw_context = seen;
        answer = step.is_probe ? probe_step(*client, &step) : send_step(*client, &step);
    } else {
        answer = failure_json(why);
    }
    if (seen != NULL)
        json_object_set_new(answer, "seen", seen);
    driver_step_release(&step);
    return answer;
}

static json_t *answer_line(struct smtp_client **client, const char *line, size_t size)
{
    json_error_t error;
    json_t *asked = json_loadb(line, size, JSON_REJECT_DUPLICATES, &error);
    json_int_t number = json_integer_value(json_object_get(asked, "step"));
    json_t *answer;

    if (json_is_object(asked))
        answer = play(client, asked);
    else
        answer = failure_json(asked == NULL ? error.text : "the line is no JSON object");
    json_object_set_new(answer, "step", json_integer(number));
    json_decref(asked);
    return answer;
}

int smtp_client_drive(int in, int out)
{
    int copy = dup(in);
    FILE *stream = copy < 0 ? NULL : fdopen(copy, "r");
    struct smtp_client *client = NULL;
    char *line = NULL;
    size_t room = 0;
    int code = stream == NULL ? 3 : 0;

    while (code == 0) {
        ssize_t size = getline(&line, &room, stream);
        json_t *answer = size < 0 ? NULL : answer_line(&client, line, (size_t)size);

        if (size < 0)
            break;
        if (write_answer(out, answer) != 0)
            code = 3;
        json_decref(answer);
    }
    free(line);
    smtp_client_free(client);
    probe_forget_sessions();
    if (stream != NULL)
        fclose(stream);
    return code;
}
