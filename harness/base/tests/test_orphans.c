#include "harness/base/tests/children.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(orphans, .timeout = 20);

/* --- nobody gets away --- */

static int fork_ready(void *context)
{
    if (fork() == 0)
        thread_pause(context);
    return thread_pause(context);
}

Test(orphans, free_kills_the_whole_group)
{
    struct thread thread = thread_spin();
    struct process *process = child_body(fork_ready, &thread);

    thread_await(&thread, 2);
    process_free(process);
    cr_expect(thread_is_cut(&thread));
}

static int fork_and_leave(void *context)
{
    if (fork() == 0)
        thread_pause(context);
    return 0;
}

Test(orphans, free_kills_the_group_of_a_leader_that_has_ended)
{
    struct thread thread = thread_spin();
    struct process *process = child_body(fork_and_leave, &thread);

    thread_await(&thread, 1);
    cr_expect_eq(process_wait(process), 0);
    process_free(process);
    cr_expect(thread_is_cut(&thread));
}

Test(orphans, free_reaps_what_comes_to_us_of_the_group)
{
    struct thread thread;
    struct process *process;

    process_adopt_orphans();
    thread = thread_spin();
    process = child_body(fork_ready, &thread);
    thread_await(&thread, 2);
    process_free(process);
    cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1, "somebody is left");
    cr_expect_eq(errno, ECHILD);
}

static int join_the_parents_group(void *context)
{
    if (setpgid(0, getpgid(getppid())) != 0)
        return 1;
    return thread_pause(context);
}

Test(orphans, free_kills_one_that_left_for_another_group)
{
    struct thread thread = thread_spin();
    struct process *process = child_body(join_the_parents_group, &thread);

    thread_await(&thread, 1);
    process_free(process);
    cr_expect(thread_is_cut(&thread));
}

/* Three generations, each in a session of its own. */
static int fork_sessions(void *context)
{
    for (int i = 0; i < 3; i++) {
        pid_t pid = fork();

        if (pid != 0)
            return i == 0 ? 0 : thread_pause(context);
        setsid();
    }
    return thread_pause(context);
}

Test(orphans, kill_all_finds_orphans_that_left_group_and_session)
{
    struct thread thread = thread_spin();
    struct process *process;

    process_adopt_orphans();
    process = child_body(fork_sessions, &thread);
    thread_await(&thread, 3);
    process_free(process);
    cr_expect(!child_readable(thread.read_end, 0), "they should have got away so far");

    cr_expect_eq(process_kill_all(), 3);
    cr_expect(thread_is_cut(&thread));
}

static int fork_many(void *context)
{
    for (int i = 0; i < 20; i++)
        if (fork() == 0) {
            setsid();
            return thread_pause(context);
        }
    return 0;
}

Test(orphans, kill_all_finds_many)
{
    struct thread thread = thread_spin();
    struct process *process;

    process_adopt_orphans();
    process = child_body(fork_many, &thread);
    thread_await(&thread, 20);
    cr_expect_eq(process_wait(process), 0);

    cr_expect_eq(process_kill_all(), 20);
    cr_expect(thread_is_cut(&thread));
    process_free(process);
}

Test(orphans, kill_all_of_nobody_is_none)
{
    cr_expect_eq(process_kill_all(), 0);
}

Test(orphans, one_that_kill_all_took_was_killed)
{
    struct thread thread = thread_spin();
    struct process *process = child_body(thread_pause, &thread);

    thread_await(&thread, 1);
    cr_expect_eq(process_kill_all(), 1);
    cr_expect(process_ended(process));
    cr_expect_eq(process_status(process), -SIGKILL, "not delivered, at least");
    process_free(process);
}

/* --- parents that die --- */

/* Starts a child that holds the thread of life and tells its own number. */
static int be_parent(void *context)
{
    pid_t self = getpid();
    struct error err = { 0 };
    const struct process_options options = { .name = "the child",
                                             .body = thread_pause,
                                             .context = context };

    if (process_start(&options, &err) == NULL || write(STDOUT_FILENO, &self, sizeof(self)) < 0)
        return 1;
    return thread_pause(context);
}

Test(orphans, a_child_dies_with_its_parent)
{
    struct thread thread = thread_spin();
    struct process *parent = child_body(be_parent, &thread);
    pid_t pid;

    thread_await(&thread, 2);
    cr_assert_eq(read(process_output(parent), &pid, sizeof(pid)), (ssize_t)sizeof(pid));
    kill(pid, SIGKILL);
    cr_expect(thread_is_cut(&thread), "the child lives");
    process_free(parent);
}

struct survivor {
    struct thread thread;
    int life[2];
};

/* Ends by itself, and says so, when the other end of its life is closed. */
static int outlive(void *context)
{
    struct survivor *survivor = context;
    char byte;

    close(survivor->life[1]);
    thread_ready(&survivor->thread);
    if (read(survivor->life[0], &byte, 1) != 0)
        return 1;
    thread_ready(&survivor->thread);
    return 0;
}

static int be_parent_of_survivor(void *context)
{
    struct survivor *survivor = context;
    struct error err = { 0 };
    const struct process_options options = {
        .name = "the child", .body = outlive, .context = context, .outlives = true
    };

    if (pipe(survivor->life) != 0 || process_start(&options, &err) == NULL)
        return 1;
    return thread_pause(&survivor->thread);
}

Test(orphans, a_child_that_outlives_its_parent_may_clean_up)
{
    struct survivor survivor = { thread_spin(), { -1, -1 } };
    struct process *parent = child_body(be_parent_of_survivor, &survivor);

    thread_await(&survivor.thread, 2);
    process_free(parent);
    thread_await(&survivor.thread, 1);
    cr_expect(thread_is_cut(&survivor.thread));
}

static int die_with_nobody(void *context)
{
    (void)context;
    process_die_with(0x7ffffff);
    return 0;
}

Test(orphans, who_shall_die_with_one_that_is_dead_dies_at_once)
{
    struct process *process = child_body(die_with_nobody, NULL);

    cr_expect_eq(child_end(process), 127);
    process_free(process);
}
