#include "harness/base/workers.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

TestSuite(workers, .timeout = 20);

enum { MAX_JOBS = 20 };

/* What came back of each job, and how the jobs are meant to behave. */
struct log {
    int deadline_ms;
    size_t stop_after; /* done() says false after so many; 0: never */
    int signal_after_first;
    size_t n_done;
    struct {
        char text[64];
        size_t size;
        int status;
        bool late, done;
    } jobs[MAX_JOBS];
};

static int deadline_of(void *context, size_t job)
{
    const struct log *log = context;

    (void)job;
    return log->deadline_ms;
}

static bool take(void *context, size_t job, const char *text, size_t size, int status, bool late)
{
    struct log *log = context;

    cr_expect(!log->jobs[job].done, "%zu twice", job);
    log->jobs[job].done = true;
    log->jobs[job].size = size;
    log->jobs[job].status = status;
    log->jobs[job].late = late;
    (void)snprintf(log->jobs[job].text, sizeof(log->jobs[job].text), "%.*s", (int)size, text);
    log->n_done++;
    if (log->signal_after_first != 0 && log->n_done == 1)
        kill(getpid(), log->signal_after_first);
    return log->stop_after == 0 || log->n_done < log->stop_after;
}

static void tell(void *context, size_t job, int out, int life_fd)
{
    (void)context;
    (void)life_fd;
    (void)dprintf(out, "job %zu", job);
}

/* Job 1 crashes, 2 hangs, 3 leaves an orphan that would hold the pipe open, 4 writes much. */
static void misbehave(void *context, size_t job, int out, int life_fd)
{
    static const char much[100000];

    if (job == 1)
        raise(SIGKILL);
    if (job == 2)
        for (;;)
            pause();
    if (job == 3 && fork() == 0) {
        setsid();
        for (;;)
            pause();
    }
    if (job == 4 && write(out, much, sizeof(much)) != (ssize_t)sizeof(much))
        return;
    tell(context, job, out, life_fd);
}

/* The first tells; the others wait until it is time to give up, and tell that. */
static void wait_for_the_end(void *context, size_t job, int out, int life_fd)
{
    struct pollfd life = { life_fd, POLLIN, 0 };

    (void)context;
    if (job > 0)
        (void)poll(&life, 1, 10000);
    (void)dprintf(out, job > 0 ? "gave up" : "first");
}

static int run(struct log *log, size_t n, int n_workers,
               void (*work)(void *context, size_t job, int out, int life_fd))
{
    const struct workers workers = { .n_jobs = n,
                                     .n_workers = n_workers,
                                     .context = log,
                                     .work = work,
                                     .deadline_ms = deadline_of,
                                     .done = take };
    struct error err = { 0 };
    int rv = workers_run(&workers, &err);

    cr_expect_neq(rv, -1, "%s", err.text);
    return rv;
}

Test(workers, every_job_hands_back_its_text)
{
    static const int counts[] = { 1, 3, 40 };

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct log log = { .deadline_ms = 5000 };

        cr_expect_eq(run(&log, MAX_JOBS, counts[i], tell), 0);
        cr_expect_eq(log.n_done, MAX_JOBS);
        for (size_t job = 0; job < MAX_JOBS; job++) {
            char want[20];

            (void)snprintf(want, sizeof(want), "job %zu", job);
            cr_expect_str_eq(log.jobs[job].text, want);
            cr_expect(log.jobs[job].status == 0 && !log.jobs[job].late);
        }
    }
}

Test(workers, no_jobs_are_no_work)
{
    struct log log = { .deadline_ms = 5000 };

    cr_expect_eq(run(&log, 0, 2, tell), 0);
    cr_expect_eq(log.n_done, 0);
}

Test(workers, one_that_misbehaves_is_told_and_harms_no_other)
{
    struct log log = { .deadline_ms = 1000 };

    cr_expect_eq(run(&log, 6, 6, misbehave), 0);
    cr_expect_eq(log.n_done, 6);
    cr_expect_eq(log.jobs[1].status, -SIGKILL);
    cr_expect(!log.jobs[1].late);
    cr_expect_eq(log.jobs[2].status, -SIGKILL);
    cr_expect(log.jobs[2].late);
    cr_expect_str_eq(log.jobs[3].text, "job 3");
    cr_expect(!log.jobs[3].late, "its orphan was left");
    cr_expect_eq(log.jobs[4].size, 100005, "%zu", log.jobs[4].size);
    cr_expect_str_eq(log.jobs[5].text, "job 5");
}

Test(workers, no_more_are_started_when_done_says_so)
{
    struct log log = { .deadline_ms = 5000, .stop_after = 3 };

    cr_expect_eq(run(&log, MAX_JOBS, 1, tell), 0);
    cr_expect_eq(log.n_done, 3);
}

static const struct {
    int signal;
} signals[] = { { SIGINT }, { SIGTERM }, { SIGHUP } };

Test(workers, a_signal_ends_the_whole_and_lets_those_at_work_give_up)
{
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct log log = { .deadline_ms = 15000, .signal_after_first = signals[i].signal };
        sigset_t mask;

        cr_expect_eq(run(&log, MAX_JOBS, 3, wait_for_the_end), signals[i].signal);
        cr_expect_leq(log.n_done, 4, "%zu", log.n_done);
        cr_expect_str_eq(log.jobs[1].text, "gave up");
        sigprocmask(SIG_BLOCK, NULL, &mask);
        cr_expect_eq(sigismember(&mask, signals[i].signal), 0, "it is still blocked");
    }
}

/* The first hands back its text and stays until the second has come, for which there is no place as
 * long as the first is at work. */
static void stay_for_the_next(void *context, size_t job, int out, int life_fd)
{
    const int *meeting = context;
    char byte = 0;

    (void)life_fd;
    (void)dprintf(out, "job %zu\n", job);
    close(out);
    if (job == 0 ? read(meeting[0], &byte, 1) != 1 : write(meeting[1], &byte, 1) != 1)
        _exit(1);
}

static int ten_seconds(void *context, size_t job)
{
    (void)context;
    (void)job;
    return 10000;
}

static bool expect_good(void *context, size_t job, const char *text, size_t size, int status,
                        bool late)
{
    (void)context;
    cr_expect_eq(size, strlen("job 0\n"), "got %.*s", (int)size, text);
    cr_expect_eq(status, 0, "%zu: got %d", job, status);
    cr_expect(!late);
    return true;
}

Test(workers, one_that_has_handed_back_its_text_makes_room)
{
    int meeting[2];
    struct error err = { 0 };
    struct workers workers = { .n_jobs = 2,
                               .n_workers = 1,
                               .context = meeting,
                               .work = stay_for_the_next,
                               .deadline_ms = ten_seconds,
                               .done = expect_good };

    cr_assert_eq(pipe(meeting), 0);

    cr_expect_eq(workers_run(&workers, &err), 0, "%s", err.text);
}

/* Jobs 0 to 3 wait for what 4 to 7 do. */
static void wait_for_the_others(void *context, size_t job, int out, int life_fd)
{
    const int *meeting = context;
    char byte = 'x';

    (void)life_fd;
    if (job < 4 ? read(meeting[0], &byte, 1) != 1 : write(meeting[1], &byte, 1) != 1)
        _exit(1);
    (void)dprintf(out, "job %zu\n", job);
}

Test(workers, those_that_wait_take_no_place_at_work)
{
    int meeting[2];
    struct error err = { 0 };
    struct workers workers = { .n_jobs = 8,
                               .n_waiting = 4,
                               .n_workers = 2,
                               .context = meeting,
                               .work = wait_for_the_others,
                               .deadline_ms = ten_seconds,
                               .done = expect_good };

    cr_assert_eq(pipe(meeting), 0);

    cr_expect_eq(workers_run(&workers, &err), 0, "%s", err.text);
}

/* Says in its text on how many processors it may run, and on which it does. */
static void say_where(void *context, size_t job, int out, int life_fd)
{
    cpu_set_t set;

    (void)context;
    (void)job;
    (void)life_fd;
    cr_assert_eq(sched_getaffinity(0, sizeof(set), &set), 0);
    (void)dprintf(out, "%d on %d", CPU_COUNT(&set), sched_getcpu());
}

Test(workers, each_keeps_to_one_processor_when_asked)
{
    cpu_set_t set;
    struct log log = { .deadline_ms = 5000 };
    struct error err = { 0 };
    struct workers workers = { .n_jobs = MAX_JOBS,
                               .on_one_processor = true,
                               .context = &log,
                               .work = say_where,
                               .deadline_ms = deadline_of,
                               .done = take };
    bool used[CPU_SETSIZE] = { false };
    int n = 0;

    cr_assert_eq(sched_getaffinity(0, sizeof(set), &set), 0);
    workers.n_workers = CPU_COUNT(&set) < MAX_JOBS ? CPU_COUNT(&set) : MAX_JOBS;

    cr_expect_eq(workers_run(&workers, &err), 0, "%s", err.text);

    for (size_t job = 0; job < MAX_JOBS; job++) {
        int many = 0, where = 0;

        cr_assert_eq(sscanf(log.jobs[job].text, "%d on %d", &many, &where), 2);
        cr_expect_eq(many, 1);
        n += !used[where];
        used[where] = true;
    }
    cr_expect_eq(n, workers.n_workers, "they share %d of %d", n, workers.n_workers);
}
