#include "harness/base/tests/children.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(process, .timeout = 20);

/* --- ends --- */

static const struct {
    const char *line;
    int want;
} end_cases[] = {
    { "exit 0", 0 },
    { "exit 7", 7 },
    { "exit 255", 255 },
    { "kill -KILL $$", -SIGKILL },
    { "kill -TERM $$", -SIGTERM },
    { "kill -SEGV $$", -SIGSEGV },
    { "exit 137", 137 },
};

Test(process, status_is_the_exit_code_or_the_signal)
{
    for (size_t i = 0; i < sizeof(end_cases) / sizeof(end_cases[0]); i++) {
        struct process *process =
            child_shell(end_cases[i].line, (struct process_options){ .with_errors = true });
        int got = child_end(process);

        cr_expect_eq(got, end_cases[i].want, "%s: %d", end_cases[i].line, got);
        cr_expect(process_ended(process), "still");
        cr_expect_eq(process_wait(process), end_cases[i].want);
        process_free(process);
    }
}

static int return_it(void *context)
{
    const int *code = context;

    return *code;
}

Test(process, a_body_ends_with_its_value)
{
    int code = 5;
    struct process *process = child_body(return_it, &code);

    cr_expect_eq(child_end(process), 5);
    process_free(process);
}

Test(process, one_that_runs_has_not_ended_until_it_is_killed)
{
    struct thread thread = thread_spin();
    struct process *process = child_body(thread_pause, &thread);

    thread_await(&thread, 1);
    cr_expect(!process_ended(process));
    cr_expect(!child_readable(process_end_fd(process), 0));
    process_kill(process);
    cr_expect_eq(process_wait(process), -SIGKILL);
    cr_expect(thread_is_cut(&thread));
    process_free(process);
    process_free(NULL);
}

/* --- what cannot be started --- */

static const struct {
    const char *program, *directory, *want;
} exec_cases[] = {
    { "/none/program", NULL, "cannot run /none/program: No such file or directory" },
    { "no-such-program-in-the-path", NULL,
      "cannot run no-such-program-in-the-path: No such file or directory" },
    { "/tmp", NULL, "cannot run /tmp: Permission denied" },
    { "/etc/passwd/x", NULL, "cannot run /etc/passwd/x: Not a directory" },
    { "true", "/none", "cannot run it in /none: No such file or directory" },
};

Test(process, what_cannot_be_executed_fails_at_once_and_says_why)
{
    for (size_t i = 0; i < sizeof(exec_cases) / sizeof(exec_cases[0]); i++) {
        char *argv[] = { (char *)(uintptr_t)exec_cases[i].program, NULL };
        const struct process_options options = {
            .name = "it", .argv = argv, .directory = exec_cases[i].directory, .with_output = true
        };
        struct error err = { 0 };

        cr_expect_null(process_start(&options, &err), "%s", exec_cases[i].program);
        cr_expect_eq(err.kind, ERROR_SYSTEM);
        cr_expect_str_eq(err.text, exec_cases[i].want, "%s", err.text);
        cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1, "%s left a child", exec_cases[i].program);
    }
}

Test(process, a_body_that_cannot_enter_its_directory_fails_too)
{
    int code = 0;
    const struct process_options options = {
        .name = "it", .body = return_it, .context = &code, .directory = "/none"
    };
    struct error err = { 0 };

    cr_expect_null(process_start(&options, &err));
    cr_expect_str_eq(err.text, "cannot run it in /none: No such file or directory");
}

Test(process, without_descriptors_nothing_starts_and_none_leaks)
{
    struct rlimit before, few;
    struct error err = { 0 };
    char *argv[] = { (char *)(uintptr_t) "true", NULL };
    const struct process_options options = {
        .name = "it", .argv = argv, .with_input = true, .with_output = true, .with_errors = true
    };
    int next = dup(0), got;

    close(next);
    getrlimit(RLIMIT_NOFILE, &before);
    few = (struct rlimit){ (rlim_t)next + 3, before.rlim_max };
    setrlimit(RLIMIT_NOFILE, &few);
    cr_expect_null(process_start(&options, &err));
    setrlimit(RLIMIT_NOFILE, &before);
    cr_expect_not_null(strstr(err.text, "Too many open files"), "%s", err.text);
    got = dup(0);
    cr_expect_eq(got, next, "descriptor %d has leaked, now %d", next, got);
}

/* --- streams --- */

Test(process, streams_are_captured_apart)
{
    struct process *process =
        child_shell("echo out; echo err >&2",
                    (struct process_options){ .with_output = true, .with_errors = true });
    char errors[100];

    cr_expect_str_eq(child_output(process), "out\n");
    cr_expect(child_read(process_errors(process), errors, sizeof(errors)));
    cr_expect_str_eq(errors, "err\n");
    cr_expect_eq(process_input(process), -1);
    process_free(process);
}

Test(process, more_output_than_a_pipe_holds_is_read_by_poll)
{
    struct process *process =
        child_shell("head -c 1000000 /dev/zero", (struct process_options){ .with_output = true });
    static char bytes[1000002];
    size_t used = 0;
    ssize_t n = 1;

    while (n > 0 && child_readable(process_output(process), CHILD_WAIT_MS)) {
        n = read(process_output(process), bytes + used, sizeof(bytes) - used);
        used += n > 0 ? (size_t)n : 0;
    }
    cr_expect_eq(used, 1000000, "%zu", used);
    cr_expect_eq(child_end(process), 0);
    process_free(process);
}

Test(process, our_ends_do_not_block)
{
    struct process *process =
        child_shell("cat", (struct process_options){ .with_input = true, .with_output = true });
    char byte;

    cr_expect_eq(read(process_output(process), &byte, 1), -1);
    cr_expect_eq(errno, EAGAIN);
    process_free(process);
}

Test(process, the_child_reads_the_end_when_its_input_is_closed)
{
    struct process *process =
        child_shell("cat", (struct process_options){ .with_input = true, .with_output = true });

    cr_assert_eq(write(process_input(process), "hello", 5), 5);
    process_close_input(process);
    cr_expect_eq(process_input(process), -1);
    process_close_input(process);
    cr_expect_str_eq(child_output(process), "hello");
    process_close_output(process);
    cr_expect_eq(process_output(process), -1);
    cr_expect_eq(child_end(process), 0);
    process_free(process);
}

Test(process, a_fork_started_later_does_not_hold_the_input_open)
{
    struct thread thread = thread_spin();
    struct process *reader =
        child_shell("cat", (struct process_options){ .with_input = true, .with_output = true });
    struct process *other = child_body(thread_pause, &thread);

    thread_await(&thread, 1);
    process_close_input(reader);
    cr_expect_eq(child_end(reader), 0);
    process_free(reader);
    process_free(other);
}

Test(process, input_that_was_not_asked_for_is_empty)
{
    struct process *process =
        child_shell("cat; echo end", (struct process_options){ .with_output = true });

    cr_expect_str_eq(child_output(process), "end\n");
    process_free(process);
}

static int start_without_streams(void *context)
{
    struct error err = { 0 };
    char *argv[] = { (char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
                     (char *)(uintptr_t) "cat; echo err >&2", NULL };
    const struct process_options options = {
        .name = "it", .argv = argv, .with_input = true, .with_output = true, .with_errors = true
    };
    struct process *process;
    char output[20] = "", errors[20] = "";

    (void)context;
    close(0);
    close(1);
    close(2);
    process = process_start(&options, &err);
    if (process == NULL || write(process_input(process), "out", 3) != 3)
        return 1;
    process_close_input(process);
    if (!child_read(process_output(process), output, sizeof(output)) ||
        !child_read(process_errors(process), errors, sizeof(errors)))
        return 2;
    return strcmp(output, "out") == 0 && strcmp(errors, "err\n") == 0 ? 0 : 3;
}

Test(process, streams_work_where_the_parent_has_none_itself)
{
    struct process *process = child_body(start_without_streams, NULL);

    cr_expect_eq(process_wait(process), 0, "%d", process_status(process));
    process_free(process);
}

/* --- surroundings --- */

Test(process, directory_and_variables_are_the_childs_only)
{
    static const char *const variables[] = { "ONE=1", "HOME=/elsewhere", NULL };
    struct process *process = child_shell(
        "echo $ONE $HOME $PWD; pwd",
        (struct process_options){ .directory = "/", .variables = variables, .with_output = true });

    cr_expect_str_eq(child_output(process), "1 /elsewhere /\n/\n");
    cr_expect_null(getenv("ONE"));
    process_free(process);
}

Test(process, a_program_starts_with_signals_as_a_shell_gives_them)
{
    struct process *process;
    sigset_t all;

    (void)signal(SIGPIPE, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    process = child_shell("kill -PIPE $$; echo survived; kill -TERM $$; exit 3",
                          (struct process_options){ .with_output = true });
    cr_expect_str_eq(child_output(process), "");
    cr_expect_eq(child_end(process), -SIGPIPE);
    process_free(process);
}

static int tell_group(void *context)
{
    (void)context;
    return getpgid(0) == getpid() ? 0 : 1;
}

Test(process, each_leads_a_group_of_its_own)
{
    struct process *process = child_body(tell_group, NULL);

    cr_expect_eq(child_end(process), 0);
    process_free(process);
}

/* --- the clock --- */

Test(process, the_clock_does_not_go_back)
{
    int64_t us = process_now_us(), ms = process_now_ms();

    cr_expect_geq(ms, us / 1000);
    cr_expect_geq(process_now_us(), us);
    cr_expect_leq(ms, process_now_us() / 1000);
}
