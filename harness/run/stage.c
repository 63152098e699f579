#include "harness/run/stage.h"

#include "harness/base/trace.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

/* A line that is longer is cut there: no driver's answer and no event comes near it. */
#define LINE_MAX_BYTES    (1024 * 1024)
#define CHUNKS_AT_ONCE    16     /* more than a pipe holds */
#define SERVER_EVENTS_MAX 200000 /* a client that provokes more floods the server */

typedef void take_line(struct stage *stage, int stream, const char *line, size_t size);

struct evidence_answer *stage_answer(struct stage *stage)
{
    return &stage->evidence->answers[stage->step - 1];
}

void stage_answered(struct stage *stage, const char *outcome, const char *error)
{
    struct evidence_answer *answer = stage_answer(stage);

    answer->ended = true;
    answer->ended_us = process_now_us();
    answer->outcome = outcome;
    answer->error = error;
}

/* Hands whole lines on and keeps what is left of the last one. */
static void split(struct stage *stage, struct stage_lines *lines, int stream, take_line *take)
{
    size_t begin = 0;

    for (size_t i = 0; i < lines->size; i++) {
        if (lines->bytes[i] != '\n')
            continue;
        lines->bytes[i] = '\0';
        take(stage, stream, lines->bytes + begin, i - begin);
        begin = i + 1;
    }
    memmove(lines->bytes, lines->bytes + begin, lines->size - begin);
    lines->size -= begin;
    if (lines->size >= LINE_MAX_BYTES)
        lines->size = 0;
}

/* Reads what is there, but not for ever where a client floods. Returns false at the end of the stream. */
static bool read_lines(struct stage *stage, int fd, struct stage_lines *lines, int stream,
                       take_line *take)
{
    char chunk[16384];

    for (int i = 0; i < CHUNKS_AT_ONCE; i++) {
        ssize_t n = read(fd, chunk, sizeof(chunk));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        if (n == 0)
            return false;
        lines->bytes = talloc_realloc(stage->evidence, lines->bytes, char,
                                      (unsigned)(lines->size + (size_t)n + 1));
        memcpy(lines->bytes + lines->size, chunk, (size_t)n);
        lines->size += (size_t)n;
        split(stage, lines, stream, take);
    }
    return true;
}

static void take_server_line(struct stage *stage, int stream, const char *line, size_t size)
{
    const struct evidence_event *event = NULL;

    (void)stream;
    trace_write(TRACE_EVENTS, "%s", line);
    if (stage->evidence->n_events < SERVER_EVENTS_MAX)
        event = evidence_add(stage->evidence, line, size);
    if (event == NULL)
        return;
    if (event->id == EVENT_STEP)
        stage->seen_step = event->step;
    if (event->id == EVENT_SYNC)
        stage->seen_token = (int)evidence_number(event->fields, "token");
    if (event->id == EVENT_COMMAND)
        trace_write(TRACE_SMTP, "C: %s", evidence_text(event->fields, "line"));
    if (strncmp(event_name(event->id), "tls.", 4) == 0)
        trace_write(TRACE_TLS, "%s", line);
}

static void keep(struct stage *stage, int stream, const char *line, size_t size)
{
    size_t used = talloc_get_size(stage->kept[stream]);

    if (used + size + 1 > CLIENT_OUTPUT_MAX)
        return;
    stage->kept[stream] =
        talloc_realloc(stage->evidence, stage->kept[stream], char, (unsigned)(used + size + 1));
    memcpy(stage->kept[stream] + used - 1, line, size);
    memcpy(stage->kept[stream] + used + size - 1, "\n", 2);
}

static void take_client_line(struct stage *stage, int stream, const char *line, size_t size)
{
    trace_write(TRACE_PROCESS, "client %s: %s", stream == 0 ? "stdout" : "stderr", line);
    keep(stage, stream, line, size);
    stage->client->line(stage, stream, line);
}

/* What a client wrote without a line end before it ended counts as a line. */
static void flush_client(struct stage *stage)
{
    for (int i = 0; i < 2; i++) {
        struct stage_lines *lines = &stage->lines[i];

        if (lines->size == 0)
            continue;
        lines->bytes[lines->size] = '\0';
        take_client_line(stage, i, lines->bytes, lines->size);
        lines->size = 0;
    }
}

static void read_client(struct stage *stage)
{
    struct process *process = stage->process;

    if (process_output(process) >= 0 &&
        !read_lines(stage, process_output(process), &stage->lines[0], 0, take_client_line))
        process_close_output(process);
    if (process_errors(process) >= 0 &&
        !read_lines(stage, process_errors(process), &stage->lines[1], 1, take_client_line))
        process_close_errors(process);
}

static void note_client_end(struct stage *stage)
{
    struct evidence_answer *answer;

    if (!process_ended(stage->process))
        return;
    read_client(stage);
    flush_client(stage);
    answer = stage_answer(stage);
    answer->exited = true;
    answer->status = process_status(stage->process);
    stage->client->ended(stage);
    process_free(stage->process);
    stage->process = NULL;
}

enum { POLL_LIFE, POLL_SERVER, POLL_OUTPUT, POLL_ERRORS, POLL_END, POLL_COUNT };

static void fill_poll(const struct stage *stage, struct pollfd *fds)
{
    const struct process *client = stage->process;
    const int numbers[POLL_COUNT] = {
        [POLL_LIFE] = stage->options->life_fd,
        [POLL_SERVER] = stage->server != NULL ? process_output(stage->server) : -1,
        [POLL_OUTPUT] = client != NULL ? process_output(client) : -1,
        [POLL_ERRORS] = client != NULL ? process_errors(client) : -1,
        [POLL_END] = client != NULL ? process_end_fd(client) : -1,
    };

    for (int i = 0; i < POLL_COUNT; i++)
        fds[i] = (struct pollfd){ numbers[i], POLLIN, 0 };
}

int stage_wait(struct stage *stage, bool (*done)(const struct stage *stage), const char *what,
               struct error *err)
{
    struct pollfd fds[POLL_COUNT];

    while (!done(stage)) {
        int64_t left = stage->deadline_ms - process_now_ms();

        if (left <= 0)
            return error_set(err, ERROR_SYSTEM, WHERE_NONE,
                             "the deadline passed while waiting for %s", what);
        fill_poll(stage, fds);
        if (poll(fds, POLL_COUNT, (int)left) < 0 && errno != EINTR)
            return error_set_errno(err, "cannot wait for %s", what);
        if (fds[POLL_LIFE].revents != 0)
            return error_set(err, ERROR_SYSTEM, WHERE_NONE, "the run was ended");
        if (fds[POLL_SERVER].revents != 0 &&
            !read_lines(stage, fds[POLL_SERVER].fd, &stage->server_lines, 0, take_server_line))
            return error_set(err, ERROR_SYSTEM, WHERE_NONE,
                             "the fake server died while waiting for %s", what);
        if (stage->process != NULL && (fds[POLL_OUTPUT].revents | fds[POLL_ERRORS].revents) != 0)
            read_client(stage);
        if (fds[POLL_END].revents != 0)
            note_client_end(stage);
    }
    return 0;
}

int stage_start_client(struct stage *stage, const struct process_options *options,
                       struct error *err)
{
    struct process_options caught = *options;

    caught.directory = stage->options->directory;
    caught.with_output = true;
    caught.with_errors = true;
    stage->process = process_start(&caught, err);
    return stage->process != NULL ? 0 : -1;
}

static bool client_is_gone(const struct stage *stage)
{
    return stage->process == NULL;
}

void stage_stop_client(struct stage *stage, bool patient)
{
    struct error ignored = { 0 };

    if (stage->process != NULL)
        process_close_input(stage->process);
    if (patient)
        (void)stage_wait(stage, client_is_gone, "the client to end", &ignored);
    if (stage->process != NULL) {
        read_client(stage);
        flush_client(stage);
    }
    process_free(stage->process);
    stage->process = NULL;
    process_free(stage->feeder);
    stage->feeder = NULL;
}
