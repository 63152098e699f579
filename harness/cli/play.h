/*
 * Plays cases in worker processes and gives back their results.
 */
#ifndef HARNESS_CLI_PLAY_H
#define HARNESS_CLI_PLAY_H

#include "harness/cli/clients.h"
#include "harness/cli/options.h"
#include "harness/pki/pki.h"
#include "reports/result.h"

struct play {
    void *context;
    const struct options *options;
    const struct scenario_list *list;
    const struct clients *clients;
    struct pki *pki;
    /* Called for each case when it is over, in the order in which they end. */
    void (*done)(void *context, const struct result_case *result, size_t n_done, size_t n_all);
    void *done_context;
    const struct result_case **results; /* filled by play_cases(), ordered by client and id; those
                                           that did not run are left out */
    size_t n_results;
    int signal; /* that ended the run; 0: none */
};

/* Plays every case with every client. Returns 0, or -1. Errors: ERROR_SYSTEM. */
int play_cases(struct play *play, struct error *err);

#endif
