#include "harness/cli/commands.h"

#include "harness/base/files.h"
#include "harness/base/trace.h"
#include "harness/cli/select.h"
#include "harness/run/run.h"

#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <talloc.h>
#include <time.h>

static json_t *certificates(const struct scenario_step *step, const char *directory)
{
    json_t *all = json_object();

    for (size_t i = 0; i < step->client->n_certificates; i++) {
        const char *file = step->client->certificates[i].file;

        json_object_set_new(all, file,
                            json_pack("{s:o, s:o, s:o}", "cert",
                                      json_sprintf("%s/%s.pem", directory, file), "key",
                                      json_sprintf("%s/%s.key", directory, file), "pfx",
                                      json_sprintf("%s/%s.pfx", directory, file)));
    }
    return all;
}

/* The one line that says: ready. */
static void print_ready(const struct scenario *scenario, int port, const char *directory)
{
    const struct scenario_step *step = &scenario->steps[0];
    json_t *ready = json_pack("{s:s, s:s, s:s, s:i, s:s, s:o, s:o, s:s}", "event", "ready", "case",
                              scenario->id, "host", "127.0.0.1", "port", port, "mode",
                              step->server->mode == SCENARIO_IMPLICIT ? "implicit" : "starttls",
                              "trust", json_sprintf("%s/trust.pem", directory), "certificates",
                              certificates(step, directory), "directory", directory);

    (void)json_dumpf(ready, stdout, JSON_COMPACT);
    (void)fputc('\n', stdout);
    (void)fflush(stdout);
    json_decref(ready);
}

static int write_files(const struct scenario *scenario, const struct pki *pki,
                       const char *directory, struct error *err)
{
    const struct scenario_client *client = scenario->steps[0].client;
    char *trust = talloc_asprintf(NULL, "%s/trust.pem", directory);
    int rv = pki_write_trust(pki, &client->trust, trust, err);

    for (size_t i = 0; i < client->n_certificates && rv == 0; i++)
        rv = pki_write(pki, client->certificates[i].identity, client->certificates[i].file,
                       directory, true, err);
    talloc_free(trust);
    return rv;
}

static int serve(const struct scenario *scenario, struct pki *pki, const struct options *options,
                 struct error *err)
{
    struct fake_server *server;
    char directory[PATH_MAX];
    sigset_t ends;
    int got;

    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    if (files_make_directory(options->artifacts, 0777, err) != 0)
        return -1;
    if (realpath(options->artifacts, directory) == NULL)
        return error_set_errno(err, "cannot find %s", options->artifacts);
    if (pki_mint_cast(pki, err) != 0 || pki_mint_scenario(pki, scenario, err) != 0 ||
        write_files(scenario, pki, directory, err) != 0)
        return -1;
    server = run_serve(scenario, pki, directory, options->port, err);
    if (server == NULL)
        return -1;
    print_ready(scenario, fake_server_port(server), directory);
    while (sigwait(&ends, &got) != 0)
        continue;
    fake_server_close(server);
    return 0;
}

int command_serve(void *context, const struct options *options)
{
    struct scenario_list list = { 0 };
    struct scenario_errors errors = { NULL, 0 };
    struct error err = { 0 };
    struct pki *pki;

    if (options->trace != NULL && trace_set(options->trace, &err) != 0)
        return commands_fail(&err);
    if (options->paths == NULL || options->paths[1] != NULL) {
        error_set(&err, ERROR_USAGE, WHERE_NONE, "serve wants one scenario file");
        return commands_fail(&err);
    }
    if (select_cases(context, options, &list, &errors, &err) != 0)
        return commands_fail(&err);
    scenario_errors_print(stderr, &errors);
    if (errors.n > 0)
        return EXIT_USAGE;
    if (list.n == 0)
        return EXIT_NOTHING;
    if (list.n > 1)
        (void)fprintf(stderr,
                      "counterseal: serving %s, the first of %zu variants; choose with --set\n",
                      list.items[0]->id, list.n);
    pki = pki_open(time(NULL), NULL);
    (void)serve(list.items[0], pki, options, &err);
    pki_close(pki);
    return err.kind == ERROR_NONE ? EXIT_AS_EXPECTED : commands_fail(&err);
}
