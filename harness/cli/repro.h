/*
 * A failure as a folder that stands alone, fit to attach to a bug report.
 *
 * README.txt says what is in it. run.sh shows the failure again: it needs the `counterseal` program
 * and the client, and no file of a repository.
 */
#ifndef HARNESS_CLI_REPRO_H
#define HARNESS_CLI_REPRO_H

#include "harness/cli/clients.h"
#include "harness/cli/options.h"
#include "harness/pki/pki.h"

struct repro {
    const struct options *options;
    const char *directory; /* exists; evidence/ is in it, as evidence_write() left it */
    const struct scenario *scenario;
    const struct result_case *result;
    const struct profile *profile; /* NULL: the reference client */
    const char *word;              /* that named the client on the command line */
    const struct result_client *client;
    const struct pki *pki;
};

/* Writes the rest of the folder. Errors: ERROR_SYSTEM, ERROR_TLS. */
int repro_write(const struct repro *repro, struct error *err);

#endif
