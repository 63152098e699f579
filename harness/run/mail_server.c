/* A real server under test: its process, its log, and what it says of a client. */
#include "harness/run/stage.h"

#include "harness/base/files.h"
#include "harness/base/trace.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <talloc.h>
#include <unistd.h>

enum {
    LOG_MAX = 1024 * 1024,
    LOG_LINES = 3,      /* of its end, in a message */
    LOG_BYTES = 320,    /* ... and no more than that */
    LOOK_AGAIN_MS = 20, /* nothing tells that a port of another process is there */
    GOODBYE_MS = 1000,  /* for the answer to QUIT */
    LOG_LATE_MS = 3000, /* what it says of a connection that is over */
    TRIES = 5,          /* a port that was free may be taken by the time it is used */
    /* Below those that the kernel gives to clients. */
    PORT_FIRST = 20000,
    PORT_LAST = 32000,
    GREETING_MAX = 1024
};

struct mail_server {
    struct process *process; /* NULL: it does not run */
    char *log;               /* talloc, ends with a NUL */
    size_t log_size;
    size_t log_mark; /* where the step's mail begins */
    char greeting[GREETING_MAX];
};

/* --- its log --- */

/* The last lines, in one. */
static const char *end_of_log(const struct stage *stage, const char *log)
{
    size_t size = strlen(log), begin;
    int lines = 0;
    char *text;

    while (size > 0 && log[size - 1] == '\n')
        size--;
    for (begin = size; begin > 0 && lines < LOG_LINES; begin--)
        lines += log[begin - 1] == '\n' && begin < size;
    begin += lines == LOG_LINES ? 1 : 0;
    if (size - begin > LOG_BYTES)
        begin = size - LOG_BYTES;
    text = talloc_strndup(stage->evidence, log + begin, size - begin);
    for (char *at = text; *at != '\0'; at++)
        if (*at == '\n')
            *at = '|';
    return text;
}

/* What it wrote to its output, and to its file. */
static const char *whole_log(const struct stage *stage)
{
    const struct profile_server *own = stage->subject->server;
    struct error ignored = { 0 };
    const char *text = stage->mail_server->log;
    size_t size;
    char *file;

    if (own->log == NULL)
        return text;
    file = files_read(
        stage->evidence,
        talloc_asprintf(stage->evidence, "%s/%s", mail_server_directory(stage), own->log), LOG_MAX,
        &size, &ignored);
    return file != NULL ? talloc_asprintf(stage->evidence, "%s%s", text, file) : text;
}

static int fail(struct stage *stage, struct error *err, const char *what)
{
    const char *log = end_of_log(stage, whole_log(stage));

    return error_set(err, ERROR_SYSTEM, WHERE_NONE, "%s: %s%s%s", stage->subject->name, what,
                     log[0] != '\0' ? "; its log ends: " : "; its log is empty", log);
}

static void keep(struct stage *stage, const char *bytes, size_t size)
{
    struct mail_server *server = stage->mail_server;

    trace_write(TRACE_PROCESS, "server: %.*s", (int)size, bytes);
    if (server->log_size + size > LOG_MAX) { /* its end counts */
        server->log_size = 0;
        server->log_mark = 0;
    }
    server->log =
        talloc_realloc(stage->evidence, server->log, char, (unsigned)(server->log_size + size + 1));
    for (size_t i = 0; i < size; i++)
        server->log[server->log_size++] = bytes[i] != '\0' ? bytes[i] : '?';
    server->log[server->log_size] = '\0';
}

/* Returns false at the end. */
static bool take(struct stage *stage, int fd)
{
    char chunk[16384];
    ssize_t n = read(fd, chunk, sizeof(chunk));

    if (n > 0)
        keep(stage, chunk, (size_t)n);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

void mail_server_fds(const struct stage *stage, int fds[MAIL_SERVER_FDS])
{
    struct process *process = stage->mail_server != NULL ? stage->mail_server->process : NULL;

    fds[0] = process != NULL ? process_output(process) : -1;
    fds[1] = process != NULL ? process_errors(process) : -1;
    fds[2] = process != NULL ? process_end_fd(process) : -1;
}

int mail_server_read(struct stage *stage, struct error *err)
{
    struct mail_server *server = stage->mail_server;
    char what[64];

    if (server == NULL || server->process == NULL)
        return 0;
    if (process_output(server->process) >= 0 && !take(stage, process_output(server->process)))
        process_close_output(server->process);
    if (process_errors(server->process) >= 0 && !take(stage, process_errors(server->process)))
        process_close_errors(server->process);
    if (!process_ended(server->process))
        return 0;
    for (int i = 0; i < 2; i++) { /* what it wrote last */
        int fd = i == 0 ? process_output(server->process) : process_errors(server->process);

        errno = 0;
        while (fd >= 0 && take(stage, fd) && errno != EAGAIN)
            continue;
    }
    (void)snprintf(what, sizeof(what), "the server ended with %d", process_status(server->process));
    return fail(stage, err, what);
}

/* --- its ports --- */

static bool is_free(int port)
{
    struct error ignored = { 0 };
    int fd = ports_listen(port, &ignored);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Workers look at different places first. */
static int find_port(char port[8], struct error *err)
{
    static unsigned turn;
    unsigned range = PORT_LAST - PORT_FIRST;
    unsigned start = (unsigned)getpid() * 2654435761U + (unsigned)process_now_us();

    for (unsigned i = 0; i < range; i++) {
        int number = PORT_FIRST + (int)((start + 7U * (i + turn)) % range);

        if (!is_free(number))
            continue;
        turn += i + 1;
        (void)snprintf(port, 8, "%d", number);
        return 0;
    }
    return error_set(err, ERROR_SYSTEM, WHERE_NONE, "no port of 127.0.0.1 is free");
}

/* --- whether it is ready --- */

enum readiness { NOT_YET, READY, BROKEN };

static int dial(const struct stage *stage)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)strtol(stage->port, NULL, 10)),
                                   .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Waits for the log, for its end, for the socket: whatever comes first, and not for long. */
static int await(struct stage *stage, int fd, int timeout_ms, struct error *err)
{
    struct pollfd fds[MAIL_SERVER_FDS + 2];
    int numbers[MAIL_SERVER_FDS];

    mail_server_fds(stage, numbers);
    for (int i = 0; i < MAIL_SERVER_FDS; i++)
        fds[i] = (struct pollfd){ numbers[i], POLLIN, 0 };
    fds[MAIL_SERVER_FDS] = (struct pollfd){ fd, POLLIN, 0 };
    fds[MAIL_SERVER_FDS + 1] = (struct pollfd){ stage->options->life_fd, POLLIN, 0 };
    if (poll(fds, MAIL_SERVER_FDS + 2, timeout_ms) < 0 && errno != EINTR)
        return error_set_errno(err, "cannot wait for the server");
    if (fds[MAIL_SERVER_FDS + 1].revents != 0)
        return error_set(err, ERROR_SYSTEM, WHERE_NONE, "the run was ended");
    return mail_server_read(stage, err);
}

/* Reads a reply, of whose first line as much is kept as fits. */
static enum readiness read_reply(struct stage *stage, int fd, char reply[GREETING_MAX],
                                 int64_t deadline_ms, struct error *err)
{
    size_t size = 0;

    while (size < GREETING_MAX - 1) {
        struct pollfd ready = { fd, POLLIN, 0 };
        ssize_t n;

        if (poll(&ready, 1, 0) == 0) {
            if (process_now_ms() >= deadline_ms)
                return NOT_YET;
            if (await(stage, fd, LOOK_AGAIN_MS * 10, err) != 0)
                return BROKEN;
            continue;
        }
        n = read(fd, reply + size, GREETING_MAX - 1 - size);
        if (n <= 0)
            return NOT_YET;
        size += (size_t)n;
        reply[size] = '\0';
        if (strchr(reply, '\n') != NULL)
            break;
    }
    reply[strcspn(reply, "\r\n")] = '\0';
    return READY;
}

/* 220 says that it is ready; who says QUIT hears the answer before it closes, as a server may take
 * a reset for more than it is. Sources: RFC 5321 sections 4.3.1 and 4.1.1.10. */
static enum readiness visit(struct stage *stage, int fd, int64_t deadline_ms, struct error *err)
{
    char *greeting = stage->mail_server->greeting;
    char answer[GREETING_MAX];
    enum readiness ready = read_reply(stage, fd, greeting, deadline_ms, err);

    if (ready != READY)
        return ready;
    if (strncmp(greeting, "220", 3) != 0)
        return NOT_YET;
    if (send(fd, "QUIT\r\n", 6, MSG_NOSIGNAL) == 6 &&
        read_reply(stage, fd, answer, process_now_ms() + GOODBYE_MS, err) == BROKEN)
        return BROKEN;
    return READY;
}

static enum readiness look(struct stage *stage, bool greets, int64_t deadline_ms, struct error *err)
{
    int fd = dial(stage);
    enum readiness ready = fd < 0 ? NOT_YET : READY;

    if (fd >= 0 && greets)
        ready = visit(stage, fd, deadline_ms, err);
    if (fd >= 0)
        close(fd);
    return ready;
}

/* With TLS from the start there is no greeting to be had without a handshake. */
static int await_ready(struct stage *stage, const struct scenario_step *step, struct error *err)
{
    bool greets = step->server->mode == SCENARIO_STARTTLS;
    int64_t deadline_ms = process_now_ms() + RUN_SERVER_START_MS;
    const char *heard = stage->mail_server->greeting;

    stage->mail_server->greeting[0] = '\0';
    while (process_now_ms() < deadline_ms) {
        enum readiness ready = look(stage, greets, deadline_ms, err);

        if (ready == READY)
            return 0;
        if (ready == BROKEN || await(stage, -1, LOOK_AGAIN_MS, err) != 0)
            return -1;
    }
    return fail(stage, err,
                heard[0] == '\0'
                    ? "the server was not ready in time"
                    : talloc_asprintf(stage->evidence,
                                      "the server was not ready in time, it greets with \"%.80s\"",
                                      heard));
}

/* --- its life --- */

static int launch(struct stage *stage, const struct scenario_step *step, struct error *err)
{
    const struct profile *profile = stage->subject;
    const char *directory = mail_server_directory(stage);
    struct process_options options = { .name = "the server",
                                       .directory = directory,
                                       .only_those = true,
                                       .with_output = true,
                                       .with_errors = true };
    struct profile_values values;

    if (mail_server_values(stage, step, &values, err) != 0 ||
        run_write_files(profile, directory, &values, err) != 0)
        return -1;
    options.argv = profile_expand(stage->evidence, NULL, profile->command, &values);
    options.variables = run_environment(stage->evidence, profile, directory, &values);
    stage->mail_server->process = process_start(&options, err);
    if (stage->mail_server->process == NULL)
        return -1;
    return await_ready(stage, step, err);
}

static bool needs_second_port(const struct scenario *scenario)
{
    bool needs = false;

    for (size_t i = 0; i < scenario->n_steps; i++)
        needs |= scenario->steps[i].client->port.text != NULL;
    return needs;
}

/* One that ends before it was ever ready may have lost its port to somebody else. */
static int start(struct stage *stage, const struct scenario_step *step, struct error *err)
{
    struct mail_server *server = talloc_zero(stage->evidence, struct mail_server);
    int rv = -1;

    stage->mail_server = server;
    server->log = talloc_strdup(stage->evidence, "");
    if (mail_server_make_directory(stage, err) != 0)
        return -1;
    for (int i = 0; i < TRIES && rv != 0; i++) {
        *err = (struct error){ 0 };
        if (find_port(stage->port, err) != 0 ||
            (needs_second_port(stage->scenario) && find_port(stage->second_port, err) != 0))
            return -1;
        rv = launch(stage, step, err);
        if (rv != 0 && (server->process == NULL || strstr(whole_log(stage), "in use") == NULL))
            break;
        if (rv != 0) {
            process_free(server->process);
            server->process = NULL;
        }
    }
    return rv;
}

int mail_server_step(struct stage *stage, const struct scenario_step *step, struct error *err)
{
    struct mail_server *server = stage->mail_server;
    int rv = 0;

    if (stage->subject->server->address != NULL) {
        (void)snprintf(stage->port, sizeof(stage->port), "%s", stage->subject->server->port);
        return 0;
    }
    if (server == NULL) {
        rv = start(stage, step, err);
    } else if (step->server_changed || step->rotate_ticket_keys || step->drop_session_cache) {
        process_free(server->process);
        server->process = NULL;
        rv = launch(stage, step, err);
    }
    stage->mail_server->log_mark = stage->mail_server->log_size;
    if (step->number == 1)
        stage->deadline_ms = process_now_ms() + stage->scenario->deadline_ms;
    return rv;
}

void mail_server_stop(struct stage *stage)
{
    struct mail_server *server = stage->mail_server;
    struct error ignored = { 0 };

    if (server == NULL)
        return;
    if (server->process != NULL) {
        (void)mail_server_read(stage, &ignored);
        process_kill(server->process);
    }
    process_free(server->process);
    server->process = NULL;
    stage->evidence->server_log = whole_log(stage);
    mail_server_forget_directory(stage);
}

/* --- what it says of the client --- */

/* The first group of a regular expression, NULL: no match. */
static const char *find(void *context, const char *pattern, const char *text)
{
    regmatch_t groups[2] = { { -1, -1 }, { -1, -1 } };
    const char *found = NULL;
    regex_t regex;

    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE) != 0)
        return NULL;
    if (regexec(&regex, text, 2, groups, 0) == 0)
        found = groups[1].rm_so < 0 ? ""
                                    : talloc_strndup(context, text + groups[1].rm_so,
                                                     (size_t)(groups[1].rm_eo - groups[1].rm_so));
    regfree(&regex);
    return found;
}

/* The message of the step as it came out again; NULL: none yet. */
static struct evidence_event *passed_on(const struct stage *stage)
{
    struct evidence *evidence = stage->evidence;

    for (size_t i = 0; i < evidence->n_events; i++)
        if (evidence->events[i].id == EVENT_MESSAGE && evidence->events[i].step == stage->step)
            return &evidence->events[i];
    return NULL;
}

static bool is_passed_on(const struct stage *stage)
{
    return passed_on(stage) != NULL;
}

static const char *log_since(const struct stage *stage)
{
    return stage->mail_server->log + stage->mail_server->log_mark;
}

static bool log_tells(const struct stage *stage)
{
    return find(stage->evidence, stage->subject->server->identity_in_log, log_since(stage)) != NULL;
}

/* The header of the message that was passed on. */
static const char *header_of(const struct stage *stage)
{
    const struct evidence_event *message = passed_on(stage);
    struct error ignored = { 0 };
    size_t size = 0;
    char *text = message != NULL
                     ? files_read(stage->evidence, evidence_text(message->fields, "file"),
                                  (size_t)64 * 1024 * 1024, &size, &ignored)
                     : NULL;
    char *end = text != NULL ? strstr(text, "\r\n\r\n") : NULL;

    if (end != NULL)
        *end = '\0';
    return text;
}

int mail_server_take_record(struct stage *stage, struct error *err)
{
    const struct profile_server *own = stage->subject->server;
    struct evidence_answer *answer = stage_answer(stage);
    bool delivered = answer->outcome != NULL && strcmp(answer->outcome, "delivered") == 0;
    const char *header;
    struct error late = { 0 };

    if (delivered && stage->evidence->relayed &&
        stage_wait(stage, is_passed_on, "the message to be passed on", err) != 0)
        return fail(stage, err, "the server took the message and did not pass it on");
    for (size_t i = 0; i < stage->evidence->n_events; i++)
        if (stage->evidence->events[i].id == EVENT_MESSAGE &&
            stage->evidence->events[i].step == stage->step)
            stage->evidence->events[i].connection = stage->n_heard;
    if (own->identity_in_message != NULL && delivered) {
        header = header_of(stage);
        answer->known_as =
            header != NULL ? find(stage->evidence, own->identity_in_message, header) : NULL;
        if (header != NULL && answer->known_as == NULL)
            answer->known_as = "";
    }
    if (own->identity_in_log != NULL && delivered) {
        int64_t deadline_ms = stage->deadline_ms, patience_ms = process_now_ms() + LOG_LATE_MS;

        if (patience_ms < deadline_ms)
            stage->deadline_ms = patience_ms;
        if (stage_wait(stage, log_tells, "the server's log", &late) == 0)
            answer->known_as = find(stage->evidence, own->identity_in_log, log_since(stage));
        stage->deadline_ms = deadline_ms;
    }
    return 0;
}
