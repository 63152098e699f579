/*
 * Plays one case: a fake server, a client, the steps in order; gives back the evidence of both
 * ends.
 *
 * It is called in a process of its own (a worker), which it leaves without children and which
 * ignores SIGPIPE. The fake server runs in a fork, told over a pipe which step begins; the
 * reference client likewise, through the contract that every client obeys
 * (cases/clients/README.md); real clients are executed. The one place that waits is stage_wait(),
 * and all it waits for are events, within the case's deadline.
 */
#ifndef HARNESS_RUN_RUN_H
#define HARNESS_RUN_RUN_H

#include "fake_server/fake_server.h"
#include "harness/pki/pki.h"
#include "harness/run/evidence.h"
#include "harness/run/ports.h"
#include "harness/scenario/profile.h"

/* The time of a case counts from the moment when its client first connects: a program that is
 * executed gets this long to start, as an interpreter on a busy machine needs. */
#define RUN_START_MS        3000
#define RUN_DRIVER_START_MS 10000 /* a virtual machine, or a mail server, takes longer */

/* A real server that is started gets this long until it greets, on a busy machine. */
#define RUN_SERVER_START_MS 20000

struct run_options {
    const struct profile *profile; /* NULL: the reference client; of a server: the reference client
                                      plays with that, not with the fake one */
    const char *fault;     /* makes the reference client misbehave, whatever the case says; NULL */
    const char *directory; /* an existing directory of this case alone, absolute path */
    int seed;              /* of what is random in the server */
    bool capture;          /* the evidence is to hold what was on the wire */
    int life_fd;           /* readable or at its end: give up at once; -1 */
    /* Called when a step is over and all about it is recorded; false ends the case there. */
    bool (*go_on)(void *context, const struct evidence *evidence, int step);
    void *go_on_context;
};

/* Does once, before workers are forked, what the reference client would otherwise do in each of
 * them: decodes the certificates and keys that the cases give it. Only time is lost where this
 * fails. */
void run_warm_up(const struct pki *pki, const struct scenario_list *list);

/* The directory where `make setup-clients` puts what is unpacked and not installed, owned by
 * `context`; NULL where there is no home. */
const char *run_cache(void *context);

/* What {program} stands for, owned by `context`; NULL: it stands nowhere. */
const char *run_program(void *context, const struct profile *profile);

/* The environment that a client is executed with: NAME=VALUE, ends with NULL, owned by `context`.
 */
const char *const *run_environment(void *context, const struct profile *profile, const char *home,
                                   const struct profile_values *values);

/* The reason why a client cannot play a case, in words owned by `context`; NULL when it can. */
const char *run_skip_reason(void *context, const struct profile *profile,
                            const struct scenario *scenario);

/* How long a case may take in all, in milliseconds. */
int run_deadline_ms(const struct profile *profile, const struct scenario *scenario);

/* Plays the case. What the subject does wrong is evidence; `evidence->trouble` says what the
 * harness could not do. The evidence is owned by `context`. Never NULL. */
const struct evidence *run_case(void *context, const struct scenario *scenario,
                                const struct pki *pki, const struct run_options *options);

/* A fake server that serves alone, in this process. All but the last two members are the caller's
 * to set. */
struct run_serving {
    const struct scenario *scenario;
    const struct pki *pki;
    const char *directory; /* for messages, and for the capture */
    int port;              /* the first; 0: a free one, as the others are */
    struct ports ports;
    int seed; /* of what is random */
    struct fake_server_capture *capture;
    struct fake_server *server;
    int step; /* in force, from 1 */
};

/* Serves the first step of a scenario on 127.0.0.1; events go to standard output as JSON lines,
 * whole under its lock. Errors: ERROR_SYSTEM, ERROR_TLS. */
int run_serve_open(struct run_serving *serving, struct error *err);

/* Goes to a step: from the next connection on its settings are in force. Errors: ERROR_USAGE when
 * there is no such step, ERROR_TLS. */
int run_serve_step(struct run_serving *serving, int number, struct error *err);

/* Forgets what clients did (sessions, keys, turns of the script) and goes to the first step.
 * Errors: ERROR_TLS. */
int run_serve_reset(struct run_serving *serving, struct error *err);

/* Ends the server and writes capture.pcapng and keys.log. May be called twice, and after a failure.
 * Errors: ERROR_SYSTEM. */
int run_serve_close(struct run_serving *serving, struct error *err);

#endif
