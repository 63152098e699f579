/*
 * Plays the cases that a model generates, and makes the first that fails as small as it can be.
 *
 * Cases are made, played and forgotten a few hundred at a time, so that their number costs no
 * memory. The first that fails ends the run: its combination is shrunk, written to a file as a
 * scenario, and that file is played and told as the case that failed.
 */
#ifndef HARNESS_CLI_GENERATED_H
#define HARNESS_CLI_GENERATED_H

#include "harness/cli/clients.h"
#include "harness/cli/options.h"
#include "harness/pki/pki.h"
#include "reports/result.h"

#include <stdio.h>

struct generated {
    void *context;
    const struct options *options;
    const struct clients *clients; /* the reference client alone */
    struct pki *pki;
    FILE *live;     /* where it is told what is played, and what was found */
    bool keeps_all; /* a report wants all results, whatever memory that costs */
    /* As in struct play. */
    void (*done)(void *context, const struct result_case *result, size_t n_done, size_t n_all);
    void *done_context;
    const struct result_case **results; /* filled, with the failed one last */
    size_t n_results;
    size_t n_forgotten; /* played, passed, and not among the results */
    int signal;         /* that ended the run; 0: none */
};

/* Tells whether the options that go with --model make sense together, and without it. Errors:
 * ERROR_USAGE. */
int generated_check(const struct options *options, struct error *err);

/* Errors: ERROR_USAGE, ERROR_SYSTEM, ERROR_TLS. */
int generated_play(struct generated *generated, struct error *err);

#endif
