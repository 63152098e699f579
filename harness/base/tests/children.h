/*
 * What the tests of processes share: children to start, and a thread that tells which of them live.
 */
#ifndef HARNESS_BASE_TESTS_CHILDREN_H
#define HARNESS_BASE_TESTS_CHILDREN_H

#include "harness/base/process.h"

#include <stddef.h>

/* A test that waits longer than this has failed. */
#define CHILD_WAIT_MS 5000

/* Starts a child, which must succeed. */
struct process *child_start(const struct process_options *options);

/* Runs a line of shell; the options may say more. */
struct process *child_shell(const char *line, struct process_options options);

/* Runs a body with a pipe from its standard output. */
struct process *child_body(int (*body)(void *context), void *context);

bool child_readable(int fd, int timeout_ms);

/* Reads to the end, or until nothing comes any more. Returns whether the end was seen. */
bool child_read(int fd, char *text, size_t size);

/* All of its output; valid until the next call. */
const char *child_output(struct process *process);

/* Waits for the end. Returns how it ended. */
int child_end(struct process *process);

/* A pipe whose writing end only our children have: it ends when the last of them is gone. */
struct thread {
    int read_end, write_end;
};

struct thread thread_spin(void);

/* Waits for `n` bytes, each written by a descendant that is ready. */
void thread_await(struct thread *thread, int n);

/* Waits for the end of the last who holds it. Returns whether it came. */
bool thread_is_cut(const struct thread *thread);

/* In a descendant: tells that it is ready. */
void thread_ready(const struct thread *thread);

/* A body that is ready and then waits to be killed; `context` is the thread. */
int thread_pause(void *context);

#endif
