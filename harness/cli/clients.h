/*
 * The clients that a run is with: words of the command line -> profiles, and what of them is here.
 */
#ifndef HARNESS_CLI_CLIENTS_H
#define HARNESS_CLI_CLIENTS_H

#include "harness/run/probe.h"
#include "reports/result.h"

/* Where profiles are, one file a client, one file a server. */
#define CLIENTS_DIRECTORY "cases/clients"
#define SERVERS_DIRECTORY "cases/servers"

struct clients {
    const struct profile **profiles; /* NULL as an element: the reference client */
    const char **words;              /* what names each on the command line */
    struct probe *probes;            /* filled by clients_probe() */
    size_t n;
};

/* Loads the profile of each word (which end with NULL): the name of a profile, a file, either with
 * =PROGRAM for a profile that is to run another program, a command, or `reference`. Mistakes in
 * profiles are printed. All of it is owned by `context`. Errors: ERROR_USAGE, ERROR_SCENARIO. */
int clients_load(void *context, const char *const *words, struct clients *clients,
                 struct error *err);

/* The same for real servers, which the reference client plays with: the name of a profile, a file,
 * NAME=PROGRAM, or HOST:PORT of one that is there already, which must be on loopback unless
 * `remote`. Errors: ERROR_USAGE, ERROR_SCENARIO. */
int clients_load_servers(void *context, const char *const *words, bool remote,
                         struct clients *clients, struct error *err);
const char *const *clients_all_servers(void *context, struct error *err);

/* The names of all profiles, in order, ends with NULL. Errors: ERROR_SYSTEM. */
const char *const *clients_all(void *context, struct error *err);

/* Asks all for their versions, and takes the known deviations out of the profiles that are not ones
 * of that version; all of them with `no_known`. */
void clients_probe(void *context, struct clients *clients, bool no_known);

/* What reports say of them; one for each, owned by `context`. */
const struct result_client *clients_results(void *context, const struct clients *clients);

#endif
