#include "harness/cli/control.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* No order comes near it; a longer line is answered as one that is unknown. */
#define LINE_MAX_BYTES 256

struct control {
    struct run_serving *serving;
    char line[LINE_MAX_BYTES];
    size_t size;
    int token;
    bool stopped;
};

static int obey_step(struct control *control, const char *argument, struct error *err)
{
    char *end;
    long number = strtol(argument, &end, 10);

    if (*argument == '\0')
        return run_serve_step(control->serving, control->serving->step + 1, err);
    if (*end != '\0' || number < 1 || number > 100000)
        return error_set(err, ERROR_USAGE, WHERE_NONE, "\"%s\" is not the number of a step",
                         argument);
    return run_serve_step(control->serving, (int)number, err);
}

static int obey_reset(struct control *control, const char *argument, struct error *err)
{
    (void)argument;
    return run_serve_reset(control->serving, err);
}

static int obey_sync(struct control *control, const char *argument, struct error *err)
{
    (void)argument;
    (void)err;
    fake_server_sync(control->serving->server, ++control->token);
    return 0;
}

static int obey_stop(struct control *control, const char *argument, struct error *err)
{
    (void)argument;
    (void)err;
    control->stopped = true;
    return 0;
}

static const struct order {
    const char *name;
    bool argument; /* takes one */
    int (*obey)(struct control *control, const char *argument, struct error *err);
} orders[] = {
    { "step", true, obey_step },
    { "reset", false, obey_reset },
    { "sync", false, obey_sync },
    { "stop", false, obey_stop },
};

static int obey(struct control *control, const char *line, struct error *err)
{
    size_t length = strcspn(line, " ");
    const char *argument = line + length + strspn(line + length, " ");

    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
        if (strlen(orders[i].name) == length && strncmp(orders[i].name, line, length) == 0 &&
            (orders[i].argument || *argument == '\0'))
            return orders[i].obey(control, argument, err);
    return error_set(err, ERROR_USAGE, WHERE_NONE,
                     "\"%s\" is not one of step [N], reset, sync, stop", line);
}

static void answer(const struct control *control, const char *line, const struct error *err)
{
    json_t *object = json_pack("{s:s, s:s, s:b}", "event", "answer", "order", line, "ok",
                               err->kind == ERROR_NONE);

    if (object == NULL) /* the line is no UTF-8 */
        object = json_pack("{s:s, s:n, s:b}", "event", "answer", "order", "ok", 0);
    if (err->kind == ERROR_NONE)
        json_object_set_new(object, "step", json_integer(control->serving->step));
    else
        json_object_set_new(object, "error", json_string_nocheck(err->text));
    flockfile(stdout);
    (void)json_dumpf(object, stdout, JSON_COMPACT);
    (void)fputc('\n', stdout);
    (void)fflush(stdout);
    funlockfile(stdout);
    json_decref(object);
}

static void take_line(struct control *control)
{
    struct error err = { 0 };
    size_t size = control->size;

    while (size > 0 && strchr(" \t\r", control->line[size - 1]) != NULL)
        size--;
    control->line[size] = '\0';
    control->size = 0;
    if (size == 0)
        return;
    (void)obey(control, control->line, &err);
    answer(control, control->line, &err);
}

/* Returns false at the end of the input. */
static bool read_orders(struct control *control)
{
    char bytes[LINE_MAX_BYTES];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

    for (ssize_t i = 0; i < n && !control->stopped; i++) {
        if (bytes[i] == '\n')
            take_line(control);
        else if (bytes[i] != '\0' && control->size + 1 < sizeof(control->line))
            control->line[control->size++] = bytes[i];
    }
    return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

int control_run(struct run_serving *serving, const sigset_t *ends, struct error *err)
{
    struct control control = { .serving = serving };
    struct pollfd fds[] = { { signalfd(-1, ends, SFD_CLOEXEC), POLLIN, 0 },
                            { STDIN_FILENO, POLLIN, 0 } };

    if (fds[0].fd < 0)
        return error_set_errno(err, "cannot wait for signals");
    while (!control.stopped && fds[0].revents == 0) {
        if (poll(fds, 2, -1) < 0)
            continue;
        if (fds[1].revents != 0 && !read_orders(&control))
            fds[1].fd = -1;
    }
    close(fds[0].fd);
    return 0;
}
