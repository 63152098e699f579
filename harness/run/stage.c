#include "harness/run/stage.h"

#include "harness/base/text.h"
#include "harness/base/trace.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

/* A line that is longer is cut there: no driver's answer and no event comes near it. */
#define LINE_MAX_BYTES (1024 * 1024)
/* A client that provokes more events floods the server: those that follow are not kept. */
#define SERVER_EVENTS_MAX 200000
/* So much of a stream is read before deadlines are looked at again: others may write faster than
 * we read. */
#define READ_AT_ONCE ((size_t)128 * 1024)
/* The most that a pipe holds without privileges: what a process that has ended may leave behind. */
#define PIPE_MAX ((size_t)1024 * 1024)
/* How often the client is looked after where the kernel does not tell that it has ended. */
#define LOOK_AGAIN_MS 20

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

/* Hands on what there is of a line. */
static void flush(struct stage *stage, struct stage_lines *lines, int stream, take_line *take)
{
    if (lines->size == 0)
        return;
    lines->bytes[lines->size] = '\0';
    take(stage, stream, lines->bytes, lines->size);
    lines->size = 0;
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
        flush(stage, lines, stream, take);
}

/* Reads what is there, about `most` bytes. Returns false at the end of the stream. */
static bool read_lines(struct stage *stage, int fd, struct stage_lines *lines, int stream,
                       size_t most, take_line *take)
{
    char chunk[16384];

    for (size_t total = 0; total < most;) {
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
        total += (size_t)n;
        split(stage, lines, stream, take);
    }
    return true;
}

/* Beside a real server the fake one only takes messages. */
static bool is_of_sink(const char *line)
{
    return strstr(line, "\"event\":\"server.step\"") != NULL ||
           strstr(line, "\"event\":\"server.sync\"") != NULL ||
           strstr(line, "\"event\":\"smtp.message\"") != NULL ||
           strstr(line, "\"event\":\"error\"") != NULL;
}

static void take_server_line(struct stage *stage, int stream, const char *line, size_t size)
{
    const struct evidence_event *event = NULL;

    (void)stream;
    trace_write(TRACE_EVENTS, "%s", line);
    if (stage->subject != NULL && !is_of_sink(line))
        return;
    /* What the server says of itself is what we wait for. */
    if (stage->evidence->n_events < SERVER_EVENTS_MAX || strstr(line, "\"server.") != NULL)
        event = evidence_add(stage->evidence, line, size);
    if (event == NULL)
        return;
    if (event->id == EVENT_OPEN && !stage->connected) {
        stage->connected = true;
        stage->deadline_ms = process_now_ms() + stage->scenario->deadline_ms;
    }
    if (event->id == EVENT_STEP)
        stage->seen_step = event->step;
    if (event->id == EVENT_SYNC)
        stage->seen_token = (int)evidence_number(event->fields, "token");
    if (event->id == EVENT_COMMAND)
        trace_write(TRACE_SMTP, "C: %s", evidence_text(event->fields, "line"));
    if (strncmp(event_name(event->id), "tls.", 4) == 0)
        trace_write(TRACE_TLS, "%s", line);
}

/* Keeps a line; of one that no longer fits, its beginning. NUL bytes become question marks, as the
 * whole is a text. */
static void keep(struct stage *stage, int stream, const char *line, size_t size)
{
    struct stage_lines *kept = &stage->kept[stream];
    size_t room = CLIENT_OUTPUT_MAX - kept->size;
    char *end = kept->bytes + kept->size;

    if (room == 0)
        return;
    if (size > room - 1)
        size = room - 1;
    memcpy(end, line, size);
    for (size_t i = 0; i < size; i++)
        if (end[i] == '\0')
            end[i] = '?';
    memcpy(end + size, "\n", 2);
    kept->size += size + 1;
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
    for (int i = 0; i < 2; i++)
        flush(stage, &stage->lines[i], i, take_client_line);
}

static void read_client(struct stage *stage, size_t most)
{
    struct process *process = stage->process;

    if (process_output(process) >= 0 &&
        !read_lines(stage, process_output(process), &stage->lines[0], 0, most, take_client_line))
        process_close_output(process);
    if (process_errors(process) >= 0 &&
        !read_lines(stage, process_errors(process), &stage->lines[1], 1, most, take_client_line))
        process_close_errors(process);
}

/* Writes what the client takes without waiting. */
static void write_input(struct stage *stage)
{
    struct stage_lines *input = &stage->input;
    ssize_t n;

    if (input->size == 0)
        return;
    n = write(process_input(stage->process), input->bytes, input->size);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0)
        n = (ssize_t)input->size; /* it reads no more */
    memmove(input->bytes, input->bytes + n, input->size - (size_t)n);
    input->size -= (size_t)n;
}

/* As a shell takes it. */
static void note_command(struct stage *stage, char *const *words)
{
    struct evidence *evidence = stage->evidence;

    if (words == NULL)
        evidence->commands =
            talloc_asprintf(evidence, "%s(the reference client)", evidence->commands);
    for (size_t i = 0; words != NULL && words[i] != NULL; i++)
        evidence->commands = talloc_asprintf(evidence, "%s%s%s", evidence->commands,
                                             i > 0 ? " " : "", text_quote(evidence, words[i]));
    evidence->commands = talloc_asprintf(evidence, "%s\n", evidence->commands);
}

void stage_write_client(struct stage *stage, const char *bytes, size_t size)
{
    struct stage_lines *input = &stage->input;

    stage->evidence->commands = talloc_asprintf(stage->evidence, "%s# on its standard input: %.*s",
                                                stage->evidence->commands, (int)size, bytes);
    input->bytes =
        talloc_realloc(stage->evidence, input->bytes, char, (unsigned)(input->size + size));
    memcpy(input->bytes + input->size, bytes, size);
    input->size += size;
    write_input(stage);
}

/* --- what a reader should know of a client that fails --- */

static void remark(struct stage *stage, const char *text)
{
    const char *before = stage->evidence->remark;

    stage->evidence->remark =
        before == NULL ? text : talloc_asprintf(stage->evidence, "%s; %s", before, text);
}

/* The last line in which it asked for a password; NULL. */
static const char *prompt_of(const struct stage *stage)
{
    static const char *const words[] = { "password", "passphrase", "pass phrase" };

    for (int i = 0; i < 2; i++)
        for (const char *at = stage->kept[i].bytes; *at != '\0'; at += strcspn(at, "\n") + 1) {
            size_t length = strcspn(at, "\n");
            const char *end = at + length;

            while (end > at && end[-1] == ' ')
                end--;
            for (size_t w = 0; w < 3 && end > at && end[-1] == ':'; w++)
                if (strcasestr(at, words[w]) != NULL && strcasestr(at, words[w]) < end)
                    return talloc_strndup(stage->evidence, at, length);
        }
    return NULL;
}

static void note_prompt(struct stage *stage)
{
    const char *prompt = prompt_of(stage);

    if (prompt != NULL)
        remark(stage, talloc_asprintf(stage->evidence,
                                      "it asked for a password, which nobody was there to type: %s",
                                      prompt));
}

void stage_note_hanging(struct stage *stage)
{
    if (stage->process == NULL)
        return;
    remark(stage, talloc_asprintf(stage->evidence, "when its time was up there still ran: %s",
                                  process_names(stage->evidence, stage->process)));
}

static void note_left_behind(struct stage *stage)
{
    const char *names = process_names(stage->evidence, stage->process);

    if (names[0] != '\0')
        remark(stage, talloc_asprintf(stage->evidence,
                                      "it went on in the background (%s), so that its exit code "
                                      "tells nothing",
                                      names));
}

static void forget_client(struct stage *stage)
{
    process_free(stage->process);
    stage->process = NULL;
    stage->input.size = 0;
}

static void note_client_end(struct stage *stage)
{
    struct evidence_answer *answer;

    if (!process_ended(stage->process))
        return;
    read_client(stage, PIPE_MAX);
    flush_client(stage);
    answer = stage_answer(stage);
    if (stage->client == &client_command)
        note_left_behind(stage);
    note_prompt(stage);
    answer->exited = true;
    answer->status = process_status(stage->process);
    if (answer->status < 0 && answer->sent)
        stage_answered(stage, "crashed", "the client's process was killed by a signal");
    else
        stage->client->ended(stage);
    forget_client(stage);
}

enum {
    POLL_LIFE,
    POLL_SERVER,
    POLL_INPUT,
    POLL_OUTPUT,
    POLL_ERRORS,
    POLL_USHER,
    POLL_END,
    POLL_MAIL_SERVER,
    POLL_COUNT = POLL_MAIL_SERVER + MAIL_SERVER_FDS
};

static void fill_poll(const struct stage *stage, struct pollfd *fds)
{
    const struct process *client = stage->process;
    int numbers[POLL_COUNT] = {
        [POLL_LIFE] = stage->options->life_fd,
        [POLL_SERVER] = stage->server != NULL ? process_output(stage->server) : -1,
        [POLL_INPUT] = client != NULL && stage->input.size > 0 ? process_input(client) : -1,
        [POLL_OUTPUT] = client != NULL ? process_output(client) : -1,
        [POLL_ERRORS] = client != NULL ? process_errors(client) : -1,
        [POLL_USHER] = stage->usher != NULL ? process_output(stage->usher) : -1,
        [POLL_END] = client != NULL ? process_end_fd(client) : -1,
    };

    mail_server_fds(stage, numbers + POLL_MAIL_SERVER);
    for (int i = 0; i < POLL_COUNT; i++)
        fds[i] = (struct pollfd){ numbers[i], i == POLL_INPUT ? POLLOUT : POLLIN, 0 };
}

/* A byte is the number of the mail that the client has come to. What it said of the one before is
 * read first. */
static void read_usher(struct stage *stage)
{
    unsigned char mail;
    ssize_t n = read(process_output(stage->usher), &mail, 1);

    if (n == 0)
        process_close_output(stage->usher);
    if (n != 1)
        return;
    if (stage->process != NULL)
        read_client(stage, PIPE_MAX);
    stage->client->reached(stage, mail);
}

/* Takes what the client wrote, gives it what it has room for, notices its end. */
static void serve_client(struct stage *stage, const struct pollfd *fds)
{
    if (fds[POLL_INPUT].revents != 0)
        write_input(stage);
    if ((fds[POLL_OUTPUT].revents | fds[POLL_ERRORS].revents) != 0)
        read_client(stage, READ_AT_ONCE);
    if (fds[POLL_END].revents != 0 || fds[POLL_END].fd < 0)
        note_client_end(stage);
}

int64_t stage_time_left(const struct stage *stage)
{
    return stage->connected ? stage->deadline_ms - process_now_ms() : stage->scenario->deadline_ms;
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
        if (stage->process != NULL && fds[POLL_END].fd < 0 && left > LOOK_AGAIN_MS)
            left = LOOK_AGAIN_MS;
        if (poll(fds, POLL_COUNT, (int)left) < 0 && errno != EINTR)
            return error_set_errno(err, "cannot wait for %s", what);
        if (fds[POLL_LIFE].revents != 0)
            return error_set(err, ERROR_SYSTEM, WHERE_NONE, "the run was ended");
        if (fds[POLL_SERVER].revents != 0 &&
            !read_lines(stage, fds[POLL_SERVER].fd, &stage->server_lines, 0, READ_AT_ONCE,
                        take_server_line))
            return error_set(err, ERROR_SYSTEM, WHERE_NONE,
                             "the fake server died while waiting for %s", what);
        if (mail_server_read(stage, err) != 0)
            return -1;
        if (fds[POLL_USHER].revents != 0)
            read_usher(stage);
        if (stage->process != NULL)
            serve_client(stage, fds);
    }
    return 0;
}

int stage_start_client(struct stage *stage, const struct process_options *options,
                       const struct profile_values *values, struct error *err)
{
    struct process_options caught = *options;
    const char *home = options->argv != NULL ? stage_home(stage, err) : "";

    if (home == NULL)
        return -1;
    if (options->argv != NULL) {
        caught.variables = run_environment(stage->evidence, stage->options->profile, home, values);
        caught.only_those = true;
    }
    caught.directory = stage->options->directory;
    caught.with_output = true;
    caught.with_errors = true;
    note_command(stage, options->argv);
    stage->process = process_start(&caught, err);
    stage->mails = 0;
    return stage->process != NULL ? 0 : -1;
}

static bool client_is_gone(const struct stage *stage)
{
    return stage->process == NULL;
}

void stage_stop_client(struct stage *stage, bool patient)
{
    struct error ignored = { 0 };

    stage->more = false;
    stage->input.size = 0;
    if (stage->process != NULL)
        process_close_input(stage->process);
    if (patient)
        (void)stage_wait(stage, client_is_gone, "the client to end", &ignored);
    if (stage->process != NULL) {
        process_kill(stage->process); /* before the last is read, or it would go on */
        read_client(stage, PIPE_MAX);
        flush_client(stage);
    }
    forget_client(stage);
    process_free(stage->feeder);
    stage->feeder = NULL;
    process_free(stage->usher);
    stage->usher = NULL;
}
