/*
 * Child processes that cannot get away.
 *
 * Each is the leader of a process group of its own (one that is executed, of a session: it has no
 * terminal to ask), has the streams that process_start() was asked for, dies when its parent dies,
 * and is reaped by whoever started it. The caller reads the streams with poll(2); nothing here
 * waits without a deadline.
 *
 * A process that has called process_adopt_orphans() also becomes the parent of grandchildren that
 * left their group, so that process_kill_all() finds them.
 */
#ifndef HARNESS_BASE_PROCESS_H
#define HARNESS_BASE_PROCESS_H

#include "harness/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct process; /* owned by who started it: process_free() */

struct process_options {
    const char *name;           /* for messages */
    char *const *argv;          /* program and arguments, ends with NULL; NULL: run `body` */
    int (*body)(void *context); /* runs in the fork, without exec; its value is the exit code */
    void *context;              /* for `body` */
    const char *directory;      /* working directory, NULL: as it is */
    const char *const
        *variables;    /* "NAME=value" added to the environment, ends with NULL, or NULL */
    bool only_those;   /* the environment is `variables` and nothing else */
    bool with_input;   /* a pipe to its standard input; else `input`, or /dev/null */
    const char *input; /* a file; NULL */
    bool with_output;  /* a pipe from its standard output; else as it is */
    bool with_errors;  /* a pipe from its standard error; else as it is */
    bool outlives;     /* is not killed when its parent dies: it watches for that itself, to
                          clean up */
};

/* Starts a child. When the program cannot be executed this fails, and says why.
 * Returns NULL on failure. Errors: ERROR_SYSTEM. */
struct process *process_start(const struct process_options *options, struct error *err);

/* The parent's end of a stream, not blocking; -1 where there is none or it has been closed. */
int process_input(const struct process *process);
int process_output(const struct process *process);
int process_errors(const struct process *process);

/* Closes the parent's end of standard input: the child reads end of file. */
void process_close_input(struct process *process);

/* Closes the parent's end of a stream that has ended. */
void process_close_output(struct process *process);
void process_close_errors(struct process *process);

/* Tells, without waiting, whether the child has ended; if so it is reaped. */
bool process_ended(struct process *process);

/* Kills the whole group; waits until the child has ended, reaps it and returns how, as
 * process_status(). */
void process_kill(struct process *process);
int process_wait(struct process *process);

/* A descriptor that becomes readable when the child has ended. -1 on systems without pidfds. */
int process_end_fd(const struct process *process);

/* How it ended: the exit code, or -N for signal N. Valid after process_ended() said true. */
int process_status(const struct process *process);

/* Kills the whole group, reaps the child, closes the streams, frees it. NULL does nothing. What
 * comes to us of the group (process_adopt_orphans()) is reaped, too: its sockets are closed. */
void process_free(struct process *process);

/* The names of the programs that run as this process or came from it, joined with ", "; "" when
 * none does. What is left of a child that has ended is found as long as process_adopt_orphans() was
 * called. Owned by `context`. */
char *process_names(void *context, const struct process *process);

/* Makes this process the parent of orphaned descendants (Linux: PR_SET_CHILD_SUBREAPER). */
void process_adopt_orphans(void);

/* Kills and reaps every child and orphaned descendant that this process has left.
 * Returns how many there were. */
int process_kill_all(void);

/* Makes this process die by SIGKILL when `parent` dies, at once if it is dead already. */
void process_die_with(int parent);

/* Milliseconds and microseconds of the monotonic clock. */
int64_t process_now_ms(void);
int64_t process_now_us(void);

#endif
