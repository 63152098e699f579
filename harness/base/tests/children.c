#include "harness/base/tests/children.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct process *child_start(const struct process_options *options)
{
    struct error err = { 0 };
    struct process *process = process_start(options, &err);

    cr_assert_not_null(process, "%s", err.text);
    return process;
}

struct process *child_shell(const char *line, struct process_options options)
{
    char *argv[] = { (char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c", NULL, NULL };
    char text[500];

    (void)snprintf(text, sizeof(text), "%s", line);
    argv[2] = text;
    options.name = "a shell";
    options.argv = argv;
    return child_start(&options);
}

struct process *child_body(int (*body)(void *context), void *context)
{
    const struct process_options options = {
        .name = "a body", .body = body, .context = context, .with_output = true
    };

    return child_start(&options);
}

bool child_readable(int fd, int timeout_ms)
{
    struct pollfd poll_fd = { fd, POLLIN, 0 };

    return poll(&poll_fd, 1, timeout_ms) == 1;
}

bool child_read(int fd, char *text, size_t size)
{
    size_t used = 0;
    ssize_t n = 1;

    while (n > 0 && used + 1 < size && child_readable(fd, CHILD_WAIT_MS)) {
        n = read(fd, text + used, size - 1 - used);
        used += n > 0 ? (size_t)n : 0;
    }
    text[used] = '\0';
    return n == 0;
}

const char *child_output(struct process *process)
{
    static char text[1000];

    cr_expect(child_read(process_output(process), text, sizeof(text)), "no end of output");
    return text;
}

int child_end(struct process *process)
{
    cr_assert(child_readable(process_end_fd(process), CHILD_WAIT_MS), "it does not end");
    cr_assert(process_ended(process));
    return process_status(process);
}

struct thread thread_spin(void)
{
    int fds[2];

    cr_assert_eq(pipe(fds), 0);
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    return (struct thread){ fds[0], fds[1] };
}

void thread_await(struct thread *thread, int n)
{
    char byte;

    if (thread->write_end >= 0)
        close(thread->write_end);
    thread->write_end = -1;
    for (int i = 0; i < n; i++) {
        cr_assert(child_readable(thread->read_end, CHILD_WAIT_MS), "only %d are ready", i);
        cr_assert_eq(read(thread->read_end, &byte, 1), 1, "only %d are ready", i);
    }
}

bool thread_is_cut(const struct thread *thread)
{
    char byte;

    return child_readable(thread->read_end, CHILD_WAIT_MS) && read(thread->read_end, &byte, 1) == 0;
}

void thread_ready(const struct thread *thread)
{
    if (write(thread->write_end, "r", 1) != 1)
        _exit(99);
}

int thread_pause(void *context)
{
    thread_ready(context);
    for (;;)
        pause();
    return 0;
}
