#include "harness/cli/commands.h"

#include "harness/base/files.h"
#include "harness/base/trace.h"
#include "harness/cli/control.h"
#include "harness/cli/evidence_files.h"
#include "harness/cli/select.h"
#include "harness/run/run.h"

#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

static json_t *certificates(const struct scenario *scenario, const char *directory)
{
    json_t *all = json_object();

    for (size_t s = 0; s < scenario->n_steps; s++) {
        const struct scenario_client *client = scenario->steps[s].client;

        for (size_t i = 0; i < client->n_certificates; i++) {
            const char *file = client->certificates[i].file;

            json_object_set_new(all, file,
                                json_pack("{s:o, s:o, s:o}", "cert",
                                          json_sprintf("%s/%s.pem", directory, file), "key",
                                          json_sprintf("%s/%s.key", directory, file), "pfx",
                                          json_sprintf("%s/%s.pfx", directory, file)));
        }
    }
    return all;
}

/* The numbers of all ports by name. */
static json_t *numbers(const struct ports *ports)
{
    json_t *all = json_object();

    for (size_t i = 0; i < ports->n; i++) {
        const struct port *port = &ports->items[i];

        json_object_set_new(all, port->name != NULL ? port->name : "first",
                            json_integer(strtol(port->number, NULL, 10)));
    }
    return all;
}

/* The one line that says: ready. The caller frees it. */
static char *ready_line(const struct run_serving *serving, const char *cert_dir)
{
    const struct scenario *scenario = serving->scenario;
    bool implicit = scenario->steps[0].server->mode == SCENARIO_IMPLICIT;
    json_t *ready = json_pack(
        "{s:s, s:s, s:s, s:i, s:o, s:s, s:o, s:o, s:s, s:i, s:i}", "event", "ready", "case",
        scenario->id, "host", "127.0.0.1", "port", fake_server_port(serving->server), "ports",
        numbers(&serving->ports), "mode", implicit ? "implicit" : "starttls", "trust",
        json_sprintf("%s/trust.pem", cert_dir), "certificates", certificates(scenario, cert_dir),
        "directory", serving->directory, "steps", (int)scenario->n_steps, "pid", (int)getpid());
    char *line = json_dumps(ready, JSON_COMPACT);

    json_decref(ready);
    return line;
}

/* The file is there when the server is, and whole. */
static int tell_ready(const struct run_serving *serving, const struct options *options,
                      const char *cert_dir, struct error *err)
{
    char *line = ready_line(serving, cert_dir);
    char *text = talloc_asprintf(NULL, "%s\n", line);
    int rv = 0;

    if (options->ready_file != NULL)
        rv = files_write(options->ready_file, text, strlen(text), 0644, err);
    (void)fputs(text, stdout);
    (void)fflush(stdout);
    talloc_free(text);
    free(line);
    return rv;
}

/* The client's files come last: where the server's side has one of the same name they count. */
static int write_files(const struct scenario *scenario, const struct pki *pki,
                       const char *directory, struct error *err)
{
    char *trust = talloc_asprintf(NULL, "%s/trust.pem", directory);
    int rv = evidence_write_pki(directory, scenario, pki, err);

    if (rv == 0)
        rv = pki_write_trust(pki, &scenario->steps[0].client->trust, trust, err);
    talloc_free(trust);
    for (size_t s = 0; s < scenario->n_steps; s++) {
        const struct scenario_client *client = scenario->steps[s].client;

        for (size_t i = 0; i < client->n_certificates && rv == 0; i++)
            rv = pki_write(pki, client->certificates[i].identity, client->certificates[i].file,
                           directory, true, err);
    }
    return rv;
}

static int make_directory(const char *path, char absolute[PATH_MAX], struct error *err)
{
    if (files_make_directory(path, 0777, err) != 0)
        return -1;
    return realpath(path, absolute) != NULL ? 0 : error_set_errno(err, "cannot find %s", path);
}

static int serve(const struct scenario *scenario, struct pki *pki, const struct options *options,
                 struct error *err)
{
    char directory[PATH_MAX], cert_dir[PATH_MAX];
    struct run_serving serving = { .scenario = scenario,
                                   .pki = pki,
                                   .directory = directory,
                                   .port = options->port,
                                   .seed = options->seed };
    struct error late = { 0 };
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    if (make_directory(options->artifacts, directory, err) != 0 ||
        make_directory(options->cert_dir != NULL ? options->cert_dir : directory, cert_dir, err) !=
            0 ||
        pki_mint_cast(pki, err) != 0 || pki_mint_scenario(pki, scenario, err) != 0 ||
        write_files(scenario, pki, cert_dir, err) != 0 || run_serve_open(&serving, err) != 0)
        return -1;
    if (tell_ready(&serving, options, cert_dir, err) == 0)
        (void)control_run(&serving, &ends, err);
    if (run_serve_close(&serving, &late) != 0 && err->kind == ERROR_NONE)
        *err = late;
    return err->kind == ERROR_NONE ? 0 : -1;
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
