/*
 * Jobs spread over processes: each job runs in a fork of its own and hands back one text.
 *
 * The coordinator stays single-threaded, so that forking is safe. A job that dies, hangs past its
 * deadline or writes nothing is told as such and is never the end of the others. SIGINT, SIGTERM
 * and SIGHUP end the whole within half a second. Jobs notice that the coordinator is gone by
 * `life_fd`.
 */
#ifndef HARNESS_BASE_WORKERS_H
#define HARNESS_BASE_WORKERS_H

#include "harness/base/error.h"

#include <stdbool.h>

struct workers {
    size_t n_jobs;
    size_t n_waiting; /* of them, the first: they wait more than they work, beside the others */
    int n_workers;    /* at work at a time; twice as many may wait */
    /* Each job keeps to one processor: good for one whose processes take turns, as they then hand
     * over without waking another. */
    bool on_one_processor;
    void *context;
    /* Runs in the fork. Writes the text to descriptor `out`. When that ends with a line feed and
     * `out` is closed, the job is over and the next one begins while this one tidies up. `life_fd`
     * is readable when it is time to give up. */
    void (*work)(void *context, size_t job, int out, int life_fd);
    /* After this time a job is killed. */
    int (*deadline_ms)(void *context, size_t job);
    /* A job is over; `text` (not ending with NUL) is what it handed back, `status` as
     * process_status(), 0 while it tidies up; `late`: it was killed at its deadline. Returns false
     * to start no more jobs.
     */
    bool (*done)(void *context, size_t job, const char *text, size_t size, int status, bool late);
};

/* Runs all jobs in order. Returns the signal that ended the run, or 0; -1 on failure.
 * Errors: ERROR_SYSTEM. */
int workers_run(const struct workers *workers, struct error *err);

#endif
