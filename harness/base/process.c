#include "harness/base/process.h"

#include "harness/base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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
};

/* The two ends of each stream while the child is being started. */
struct pipes {
    int ends[3][2]; /* [stream][OURS, THEIRS] */
    int report[2];  /* carries errno when exec fails */
};

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

static int open_stream(int ends[2], bool child_reads)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) != 0)
        return -1;
    ends[OURS] = child_reads ? fds[1] : fds[0];
    ends[THEIRS] = child_reads ? fds[0] : fds[1];
    return fcntl(ends[OURS], F_SETFL, O_NONBLOCK);
}

static int open_pipes(struct pipes *pipes, const struct process_options *options)
{
    const bool wanted[3] = { options->with_input, options->with_output, options->with_errors };

    *pipes = (struct pipes){ { { -1, -1 }, { -1, -1 }, { -1, -1 } }, { -1, -1 } };
    for (int i = 0; i < 3; i++)
        if (wanted[i] && open_stream(pipes->ends[i], i == STDIN_FILENO) != 0)
            return -1;
    if (!wanted[STDIN_FILENO])
        pipes->ends[STDIN_FILENO][THEIRS] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return options->argv != NULL ? pipe2(pipes->report, O_CLOEXEC) : 0;
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

static void run_child(const struct process_options *options, struct pipes *pipes, pid_t parent)
{
    process_die_with(parent);
    setpgid(0, 0);
    for (int i = 0; i < 3; i++)
        if (pipes->ends[i][THEIRS] >= 0)
            dup2(pipes->ends[i][THEIRS], i);
    if (options->directory != NULL && chdir(options->directory) != 0)
        _exit(127);
    if (options->argv == NULL) {
        close_pipes(pipes);
        _exit(options->body(options->context));
    }
    for (size_t i = 0; options->variables != NULL && options->variables[i] != NULL; i++)
        putenv((char *)(uintptr_t)options->variables[i]);
    reset_signals();
    execvp(options->argv[0], options->argv);
    if (write(pipes->report[1], &(int){ errno }, sizeof(int)) < 0)
        _exit(126);
    _exit(127);
}

/* Waits until the child has executed its program (the pipe closes) or failed to. */
static int await_exec(int report)
{
    int cause = 0;
    ssize_t n;

    do
        n = read(report, &cause, sizeof(cause));
    while (n < 0 && errno == EINTR);
    errno = cause;
    return n == 0 ? 0 : -1;
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
    setpgid(process->pid, process->pid);
    if (options->argv != NULL) {
        close_fd(&pipes.report[1]);
        if (await_exec(pipes.report[0]) != 0) {
            error_set_errno(err, "cannot run %s", options->argv[0]);
            waitpid(process->pid, NULL, 0);
            goto fail;
        }
    }
    (void)snprintf(process->name, sizeof(process->name), "%s", options->name);
    process->end_fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
    for (int i = 0; i < 3; i++) {
        process->streams[i] = pipes.ends[i][OURS];
        pipes.ends[i][OURS] = -1;
    }
    close_pipes(&pipes);
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
        process->status = 0;
    else
        process->status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    trace_write(TRACE_PROCESS, "process: %s ended with %d", process->name, process->status);
    return true;
}

bool process_ended(struct process *process)
{
    return process->reaped || reap(process, WNOHANG);
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
    if (process == NULL)
        return;
    kill(-process->pid, SIGKILL); /* the group may outlive its leader */
    if (!process->reaped)
        reap(process, 0);
    for (int i = 0; i < 3; i++)
        close_fd(&process->streams[i]);
    close_fd(&process->end_fd);
    free(process);
}

void process_adopt_orphans(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* Kills the children that the kernel lists for this thread; those that it orphans come to us. */
static void kill_children(void)
{
    char path[64];
    long pid;
    FILE *list;

    (void)snprintf(path, sizeof(path), "/proc/self/task/%ld/children", (long)getpid());
    list = fopen(path, "re");
    if (list == NULL)
        return;
    while (fscanf(list, "%ld", &pid) == 1)
        kill((pid_t)pid, SIGKILL);
    (void)fclose(list);
}

int process_kill_all(void)
{
    int n = 0;

    for (;;) {
        pid_t pid;

        kill_children();
        pid = waitpid(-1, NULL, 0);
        if (pid > 0)
            n++;
        else if (errno != EINTR)
            return n;
    }
}

void process_die_with(int parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != (pid_t)parent)
        _exit(127);
}
