#include "harness/base/workers.h"

#include "harness/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <talloc.h>
#include <unistd.h>

/* After this long a worker that was asked to give up is killed. */
#define GIVE_UP_MS 400
/* How often one that leaves is looked after where the kernel does not tell that it has ended. */
#define LOOK_AGAIN_MS 20
/* A text longer than this is cut; the job's result is unusable then. */
#define TEXT_MAX_BYTES ((size_t)64 * 1024 * 1024)

struct worker {
    struct process *process; /* NULL: free */
    struct lane *lane;       /* NULL: it has handed back its text, and tidies up */
    size_t job;
    size_t processor;
    int64_t deadline_ms;
    char *text;
    size_t size;
};

/* Jobs that are started in order, so many at a time. */
struct lane {
    size_t next, end;
    int most, at_work;
};

struct crew {
    const struct workers *plan;
    struct lane lanes[2]; /* of the jobs that wait, of those that work */
    struct worker *workers;
    int n;              /* of them: as many as the lanes hold, and as many that leave */
    struct pollfd *fds; /* one for each worker, then the signals */
    int n_busy;
    cpu_set_t processors; /* that we may use */
    int life[2];          /* closed at [1]: everybody gives up */
    int signals;
    int signal; /* the one that ended the run, 0: none */
    bool stopped;
};

/* What a fork needs to know. */
struct assignment {
    const struct crew *crew;
    size_t job, processor;
};

/* That on which the fewest of a lane are at work; CPU_SETSIZE where the system does not tell. */
static size_t least_used(const struct crew *crew, const struct lane *lane)
{
    int used[CPU_SETSIZE + 1] = { 0 };
    size_t least = CPU_SETSIZE;

    for (int i = 0; i < crew->n; i++)
        if (crew->workers[i].process != NULL && crew->workers[i].lane == lane)
            used[crew->workers[i].processor]++;
    for (size_t i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &crew->processors) && (least == CPU_SETSIZE || used[i] < used[least]))
            least = i;
    return least;
}

/* Where that cannot be had, any will do. */
static void keep_to(size_t processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    (void)sched_setaffinity(0, sizeof(set), &set);
}

static int work(void *data)
{
    const struct assignment *assignment = data;
    const struct crew *crew = assignment->crew;
    sigset_t none;

    close(crew->life[1]);
    close(crew->signals);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* Should it hang where it does not look at life_fd, it still ends. */
    alarm((unsigned)crew->plan->deadline_ms(crew->plan->context, assignment->job) / 1000 + 10);
    process_adopt_orphans();
    if (crew->plan->on_one_processor && assignment->processor < CPU_SETSIZE)
        keep_to(assignment->processor);
    crew->plan->work(crew->plan->context, assignment->job, STDOUT_FILENO, crew->life[0]);
    (void)process_kill_all();
    return 0;
}

static int start(struct crew *crew, struct lane *lane, struct worker *worker, struct error *err)
{
    struct assignment assignment = { crew, lane->next, least_used(crew, lane) };
    const struct process_options options = {
        .name = "a worker",
        .body = work,
        .context = &assignment,
        .with_output = true,
        .outlives = true,
    };

    worker->process = process_start(&options, err);
    if (worker->process == NULL)
        return -1;
    worker->lane = lane;
    worker->job = lane->next++;
    worker->processor = assignment.processor;
    worker->deadline_ms =
        process_now_ms() + crew->plan->deadline_ms(crew->plan->context, worker->job);
    worker->text = talloc_strdup(crew->workers, "");
    worker->size = 0;
    lane->at_work++;
    crew->n_busy++;
    return 0;
}

static void tell(struct crew *crew, struct worker *worker, int status, bool late)
{
    const struct workers *plan = crew->plan;

    if (crew->signal == 0 || worker->size > 0)
        crew->stopped |=
            !plan->done(plan->context, worker->job, worker->text, worker->size, status, late);
    TALLOC_FREE(worker->text);
}

/* Waits until it has ended. */
static void finish(struct crew *crew, struct worker *worker, bool late)
{
    int status;

    if (late)
        process_kill(worker->process);
    status = process_wait(worker->process);
    process_free(worker->process);
    worker->process = NULL;
    crew->n_busy--;
    if (worker->lane == NULL)
        return;
    worker->lane->at_work--;
    tell(crew, worker, status, late);
}

/* At the end of its text. When that is whole, its place at work is free for the next one. */
static void leave(struct crew *crew, struct worker *worker)
{
    if (worker->size == 0 || worker->text[worker->size - 1] != '\n') {
        finish(crew, worker, false);
        return;
    }
    process_close_output(worker->process);
    worker->lane->at_work--;
    worker->lane = NULL;
    tell(crew, worker, 0, false);
}

/* Reads what a worker wrote. Returns false at the end. */
static bool collect(struct crew *crew, struct worker *worker)
{
    char chunk[65536];

    for (;;) {
        ssize_t n = read(process_output(worker->process), chunk, sizeof(chunk));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        if (n == 0)
            return false;
        if (worker->size + (size_t)n > TEXT_MAX_BYTES)
            continue;
        worker->text =
            talloc_realloc(crew->workers, worker->text, char, (unsigned)(worker->size + (size_t)n));
        memcpy(worker->text + worker->size, chunk, (size_t)n);
        worker->size += (size_t)n;
    }
}

/* What tells of a worker: its text, then its end; -1 where nothing does. */
static int news_of(const struct worker *worker)
{
    if (worker->process == NULL)
        return -1;
    return worker->lane == NULL ? process_end_fd(worker->process) : process_output(worker->process);
}

static int time_left(const struct crew *crew)
{
    int64_t now = process_now_ms(), least = 1000;

    for (int i = 0; i < crew->n; i++) {
        const struct worker *worker = &crew->workers[i];

        if (worker->process != NULL && worker->deadline_ms - now < least)
            least = worker->deadline_ms - now;
        if (worker->process != NULL && news_of(worker) < 0 && least > LOOK_AGAIN_MS)
            least = LOOK_AGAIN_MS;
    }
    return least > 0 ? (int)least : 0;
}

static void take_signal(struct crew *crew)
{
    struct signalfd_siginfo info;

    if (read(crew->signals, &info, sizeof(info)) != (ssize_t)sizeof(info) || crew->signal != 0)
        return;
    crew->signal = (int)info.ssi_signo;
    crew->stopped = true;
    close(crew->life[1]);
    crew->life[1] = -1;
    for (int i = 0; i < crew->n; i++)
        if (crew->workers[i].process != NULL)
            crew->workers[i].deadline_ms = process_now_ms() + GIVE_UP_MS;
}

/* Takes what a worker has to say, which is nothing or more; ends it when it is late. */
static void attend(struct crew *crew, struct worker *worker, bool news)
{
    if (worker->lane == NULL && process_ended(worker->process))
        finish(crew, worker, false);
    else if (worker->lane != NULL && news && !collect(crew, worker))
        leave(crew, worker);
    else if (process_now_ms() >= worker->deadline_ms)
        finish(crew, worker, true);
}

static int turn(struct crew *crew, struct error *err)
{
    for (int i = 0; i < crew->n; i++)
        crew->fds[i] = (struct pollfd){ news_of(&crew->workers[i]), POLLIN, 0 };
    crew->fds[crew->n] = (struct pollfd){ crew->signals, POLLIN, 0 };
    if (poll(crew->fds, (nfds_t)crew->n + 1, time_left(crew)) < 0 && errno != EINTR)
        return error_set_errno(err, "cannot wait for the workers");
    if (crew->fds[crew->n].revents != 0)
        take_signal(crew);
    for (int i = 0; i < crew->n; i++)
        if (crew->workers[i].process != NULL)
            attend(crew, &crew->workers[i], crew->fds[i].revents != 0);
    return 0;
}

static int fill(struct crew *crew, struct lane *lane, struct error *err)
{
    for (int i = 0; i < crew->n && lane->at_work < lane->most; i++)
        if (crew->workers[i].process == NULL && lane->next < lane->end && !crew->stopped &&
            start(crew, lane, &crew->workers[i], err) != 0)
            return -1;
    return 0;
}

static int open_crew(struct crew *crew, const struct workers *plan, sigset_t *before,
                     struct error *err)
{
    sigset_t watched;

    sigemptyset(&watched);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGHUP);
    sigprocmask(SIG_BLOCK, &watched, before);
    *crew = (struct crew){
        .plan = plan,
        .lanes = { { 0, plan->n_waiting, 2 * plan->n_workers, 0 },
                   { plan->n_waiting, plan->n_jobs, plan->n_workers, 0 } },
        .n = 2 * (2 * plan->n_workers + plan->n_workers),
        .life = { -1, -1 },
    };
    if (sched_getaffinity(0, sizeof(crew->processors), &crew->processors) != 0)
        CPU_ZERO(&crew->processors);
    crew->workers = talloc_zero_array(NULL, struct worker, (unsigned)crew->n);
    crew->fds = talloc_zero_array(crew->workers, struct pollfd, (unsigned)crew->n + 1);
    crew->signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (crew->signals < 0 || pipe2(crew->life, O_CLOEXEC) != 0)
        return error_set_errno(err, "cannot prepare the workers");
    return 0;
}

static void close_crew(struct crew *crew, const sigset_t *before)
{
    for (int i = 0; i < crew->n; i++)
        process_free(crew->workers[i].process);
    close(crew->life[0]);
    close(crew->life[1]);
    close(crew->signals);
    sigprocmask(SIG_SETMASK, before, NULL);
    talloc_free(crew->workers);
}

int workers_run(const struct workers *workers, struct error *err)
{
    struct crew crew;
    sigset_t before;
    int rv = open_crew(&crew, workers, &before, err);

    while (rv == 0) {
        rv = fill(&crew, &crew.lanes[0], err) != 0 ? -1 : fill(&crew, &crew.lanes[1], err);
        if (rv != 0 || crew.n_busy == 0)
            break;
        rv = turn(&crew, err);
    }
    if (rv == 0)
        rv = crew.signal;
    close_crew(&crew, &before);
    return rv;
}
