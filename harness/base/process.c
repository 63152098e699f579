#include "harness/base/process.h"

#include "harness/base/trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

enum { OURS, THEIRS };

struct process {
    pid_t pid;
    char name[64];
    int streams[3]; /* our ends */
    int end_fd;
    bool reaped;
    int status; /* as process_status() says */
    struct process *next;
};

/* All that this process has started and not yet freed: a fork that does not execute a program must
 * close our ends of their streams, or they would never see the end of their input. */
static struct process *all;

/* The two ends of each stream while the child is being started. */
struct pipes {
    int ends[3][2]; /* [stream][OURS, THEIRS] */
    int report[2];  /* carries a struct failure, or nothing when all went well */
};

struct failure {
    int cause;     /* errno */
    bool entering; /* the directory, else executing the program */
};

/* After this long a process that was killed is given up: the kernel does not let go of it. */
#define KILL_ALL_MS 5000

int64_t process_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t process_now_ms(void)
{
    return process_now_us() / 1000;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Where we have no standard streams ourselves, new descriptors take their numbers: what is moved
 * there in the child would then fall upon them. */
static int move_up(int *fd)
{
    int moved;

    if (*fd < 0 || *fd > STDERR_FILENO)
        return *fd < 0 ? -1 : 0;
    moved = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close_fd(fd);
    *fd = moved;
    return moved < 0 ? -1 : 0;
}

static int open_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    return move_up(&ends[0]) == 0 && move_up(&ends[1]) == 0 ? 0 : -1;
}

static int open_stream(int ends[2], bool child_reads)
{
    int fds[2] = { -1, -1 };
    int opened = open_pipe(fds);

    ends[OURS] = child_reads ? fds[1] : fds[0];
    ends[THEIRS] = child_reads ? fds[0] : fds[1];
    return opened == 0 ? fcntl(ends[OURS], F_SETFL, O_NONBLOCK) : -1;
}

static int open_pipes(struct pipes *pipes, const struct process_options *options)
{
    const bool wanted[3] = { options->with_input, options->with_output, options->with_errors };

    *pipes = (struct pipes){ { { -1, -1 }, { -1, -1 }, { -1, -1 } }, { -1, -1 } };
    for (int i = 0; i < 3; i++)
        if (wanted[i] && open_stream(pipes->ends[i], i == STDIN_FILENO) != 0)
            return -1;
    if (!wanted[STDIN_FILENO]) {
        pipes->ends[STDIN_FILENO][THEIRS] =
            open(options->input != NULL ? options->input : "/dev/null", O_RDONLY | O_CLOEXEC);
        if (move_up(&pipes->ends[STDIN_FILENO][THEIRS]) != 0)
            return -1;
    }
    if (options->argv == NULL && options->directory == NULL)
        return 0;
    return open_pipe(pipes->report);
}

static void close_pipes(struct pipes *pipes)
{
    for (int i = 0; i < 3; i++) {
        close_fd(&pipes->ends[i][OURS]);
        close_fd(&pipes->ends[i][THEIRS]);
    }
    close_fd(&pipes->report[OURS]);
    close_fd(&pipes->report[THEIRS]);
}

/* A program under test starts with the signals as a shell would give them. */
static void reset_signals(void)
{
    static const int changed[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD };
    sigset_t none;

    for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++)
        (void)signal(changed[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void forget_others(void)
{
    for (; all != NULL; all = all->next) {
        for (int i = 0; i < 3; i++)
            close_fd(&all->streams[i]);
        close_fd(&all->end_fd);
    }
}

static void fail_child(const struct pipes *pipes, bool entering)
{
    const struct failure failure = { errno, entering };

    if (write(pipes->report[1], &failure, sizeof(failure)) < 0)
        _exit(126);
    _exit(127);
}

static void run_child(const struct process_options *options, struct pipes *pipes, pid_t parent)
{
    if (!options->outlives)
        process_die_with(parent);
    /* Without a terminal nobody waits for what a person would type. */
    if (options->argv != NULL)
        setsid();
    else
        setpgid(0, 0);
    for (int i = 0; i < 3; i++)
        if (pipes->ends[i][THEIRS] >= 0)
            dup2(pipes->ends[i][THEIRS], i);
    if (options->directory != NULL && chdir(options->directory) != 0)
        fail_child(pipes, true);
    if (options->argv == NULL) {
        close_pipes(pipes);
        forget_others();
        _exit(options->body(options->context));
    }
    if (options->only_those)
        clearenv();
    for (size_t i = 0; options->variables != NULL && options->variables[i] != NULL; i++)
        putenv((char *)(uintptr_t)options->variables[i]);
    reset_signals();
    execvp(options->argv[0], options->argv);
    fail_child(pipes, false);
}

/* Waits until the child has executed its program (the pipe closes) or failed to. */
static int await_exec(const struct process_options *options, struct pipes *pipes, struct error *err)
{
    struct failure failure = { 0 };
    ssize_t n;

    close_fd(&pipes->report[1]);
    if (pipes->report[0] < 0)
        return 0;
    do
        n = read(pipes->report[0], &failure, sizeof(failure));
    while (n < 0 && errno == EINTR);
    if (n == 0)
        return 0;
    if (n > 0)
        errno = failure.cause;
    if (failure.entering)
        return error_set_errno(err, "cannot run %s in %s", options->name, options->directory);
    return error_set_errno(err, "cannot run %s",
                           options->argv != NULL ? options->argv[0] : options->name);
}

struct process *process_start(const struct process_options *options, struct error *err)
{
    struct process *process = calloc(1, sizeof(*process));
    pid_t parent = getpid();
    struct pipes pipes;

    if (process == NULL)
        abort();
    if (open_pipes(&pipes, options) != 0) {
        error_set_errno(err, "cannot make a pipe for %s", options->name);
        goto fail;
    }
    process->pid = fork();
    if (process->pid == 0)
        run_child(options, &pipes, parent);
    if (process->pid < 0) {
        error_set_errno(err, "cannot fork for %s", options->name);
        goto fail;
    }
    if (options->argv == NULL)
        setpgid(process->pid, process->pid);
    if (await_exec(options, &pipes, err) != 0) {
        waitpid(process->pid, NULL, 0);
        goto fail;
    }
    (void)snprintf(process->name, sizeof(process->name), "%s", options->name);
    process->end_fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
    for (int i = 0; i < 3; i++) {
        process->streams[i] = pipes.ends[i][OURS];
        pipes.ends[i][OURS] = -1;
    }
    close_pipes(&pipes);
    process->next = all;
    all = process;
    trace_write(TRACE_PROCESS, "process: %s started as %ld", process->name, (long)process->pid);
    return process;
fail:
    close_pipes(&pipes);
    free(process);
    return NULL;
}

int process_input(const struct process *process)
{
    return process->streams[STDIN_FILENO];
}

int process_output(const struct process *process)
{
    return process->streams[STDOUT_FILENO];
}

int process_errors(const struct process *process)
{
    return process->streams[STDERR_FILENO];
}

void process_close_input(struct process *process)
{
    close_fd(&process->streams[STDIN_FILENO]);
}

void process_close_output(struct process *process)
{
    close_fd(&process->streams[STDOUT_FILENO]);
}

void process_close_errors(struct process *process)
{
    close_fd(&process->streams[STDERR_FILENO]);
}

static bool reap(struct process *process, int options)
{
    int status;
    pid_t pid;

    do
        pid = waitpid(process->pid, &status, options);
    while (pid < 0 && errno == EINTR);
    if (pid == 0)
        return false;
    process->reaped = true;
    if (pid < 0)
        process->status = -SIGKILL; /* process_kill_all() was here before */
    else
        process->status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    trace_write(TRACE_PROCESS, "process: %s ended with %d", process->name, process->status);
    return true;
}

bool process_ended(struct process *process)
{
    return process->reaped || reap(process, WNOHANG);
}

void process_kill(struct process *process)
{
    kill(-process->pid, SIGKILL);
    if (!process->reaped)
        kill(process->pid, SIGKILL); /* it may have joined another group */
}

int process_wait(struct process *process)
{
    if (!process->reaped)
        reap(process, 0);
    return process->status;
}

int process_end_fd(const struct process *process)
{
    return process->end_fd;
}

int process_status(const struct process *process)
{
    return process->status;
}

void process_free(struct process *process)
{
    struct process **at = &all;

    if (process == NULL)
        return;
    while (*at != NULL && *at != process)
        at = &(*at)->next;
    if (*at != NULL)
        *at = process->next;
    process_kill(process); /* the group may outlive its leader */
    (void)process_wait(process);
    while (waitpid(-process->pid, NULL, 0) > 0 || errno == EINTR)
        continue;
    for (int i = 0; i < 3; i++)
        close_fd(&process->streams[i]);
    close_fd(&process->end_fd);
    free(process);
}

static bool is_ours(pid_t pid)
{
    for (const struct process *process = all; process != NULL; process = process->next)
        if (process->pid == pid)
            return true;
    return false;
}

/* The name of a process that is of the family, or an orphan that came to us; NULL. */
static char *name_of_relative(void *context, const char *number, pid_t head)
{
    char path[64], name[64] = "", state = 'Z';
    int parent = 0, group = 0, session = 0, pid = 0;
    FILE *stream;
    bool known;

    (void)snprintf(path, sizeof(path), "/proc/%.20s/stat", number);
    stream = fopen(path, "re");
    if (stream == NULL)
        return NULL;
    known = fscanf(stream, "%d (%63[^)]) %c %d %d %d", &pid, name, &state, &parent, &group,
                   &session) == 6;
    (void)fclose(stream);
    if (!known || state == 'Z')
        return NULL;
    if (group != head && session != head && !(parent == getpid() && !is_ours(pid)))
        return NULL;
    return talloc_strdup(context, name);
}

/* Looks before all processes are looked through: mostly there is nobody. */
/* The pids that the kernel lists as children of this thread; NULL: it keeps no such list. */
static FILE *open_children(void)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/self/task/%ld/children", (long)getpid());
    return fopen(path, "re");
}

static bool has_relatives(pid_t head)
{
    bool found = kill(-head, 0) == 0;
    FILE *list = open_children();
    long pid;

    while (list != NULL && !found && fscanf(list, "%ld", &pid) == 1)
        found = !is_ours((pid_t)pid);
    if (list != NULL)
        (void)fclose(list);
    return found;
}

char *process_names(void *context, const struct process *process)
{
    char *names = talloc_strdup(context, "");
    DIR *directory = has_relatives(process->pid) ? opendir("/proc") : NULL;
    const struct dirent *entry;

    if (directory == NULL)
        return names;
    while ((entry = readdir(directory)) != NULL) {
        char *name = entry->d_name[0] >= '0' && entry->d_name[0] <= '9'
                         ? name_of_relative(names, entry->d_name, process->pid)
                         : NULL;

        if (name != NULL)
            names =
                talloc_asprintf_append_buffer(names, "%s%s", names[0] != '\0' ? ", " : "", name);
    }
    closedir(directory);
    return names;
}

void process_adopt_orphans(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* Kills them; those that this orphans come to us. Returns one of them, or -1. */
static pid_t kill_children(void)
{
    long pid, last = -1;
    FILE *list = open_children();

    if (list == NULL)
        return -1;
    while (fscanf(list, "%ld", &pid) == 1) {
        kill((pid_t)pid, SIGKILL);
        last = pid;
    }
    (void)fclose(list);
    return (pid_t)last;
}

/* Waits until it has ended, or long enough to look again. */
static void await_end(pid_t pid)
{
    int fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    struct pollfd end = { fd, POLLIN, 0 };

    (void)poll(&end, 1, fd >= 0 ? 100 : 1);
    close_fd(&fd);
}

/* The kernel's list may miss some while others end, and those that end leave orphans to us: it is
 * read again until nobody is left. */
/* Reaps those that have ended. Returns false when no child is left. */
static bool reap_ended(int *n)
{
    pid_t pid;

    do {
        pid = waitpid(-1, NULL, WNOHANG);
        *n += pid > 0;
    } while (pid > 0 || (pid < 0 && errno == EINTR));
    return pid == 0;
}

int process_kill_all(void)
{
    int64_t deadline_ms = process_now_ms() + KILL_ALL_MS;
    int n = 0;

    while (reap_ended(&n) && process_now_ms() < deadline_ms)
        await_end(kill_children());
    return n;
}

void process_die_with(int parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != (pid_t)parent)
        _exit(127);
}
