#include "harness/cli/commands.h"

#include "harness/base/files.h"
#include "harness/cli/play.h"
#include "harness/cli/repro.h"
#include "harness/cli/select.h"
#include "harness/run/run.h"

#include <curl/curl.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

struct making {
    void *context;
    struct options options; /* of the run: the last path is the folder */
    const char *directory;
    struct scenario_list list;
    struct clients clients;
    struct pki *pki;
};

/* --- the command line --- */

static int take_paths(struct making *making, struct error *err)
{
    const char **paths = making->options.paths;
    size_t n = 0;

    while (paths != NULL && paths[n] != NULL)
        n++;
    if (n != 2)
        return error_set(err, ERROR_USAGE, WHERE_NONE,
                         "repro wants a case and a folder: counterseal repro CASE DIR");
    making->directory = paths[1];
    paths[1] = NULL;
    if (making->options.clients != NULL && making->options.clients[1] != NULL)
        return error_set(err, ERROR_USAGE, WHERE_NONE, "repro is of one client");
    return 0;
}

/* Nothing that is there is touched. */
static int make_directory(const struct making *making, struct error *err)
{
    DIR *directory;
    const struct dirent *entry;
    bool empty = true;

    if (files_make_directory(making->directory, 0777, err) != 0)
        return -1;
    directory = opendir(making->directory);
    if (directory == NULL)
        return error_set_errno(err, "cannot open %s", making->directory);
    while ((entry = readdir(directory)) != NULL)
        empty = empty && entry->d_name[strspn(entry->d_name, ".")] == '\0';
    (void)closedir(directory);
    return empty ? 0
                 : error_set(err, ERROR_USAGE, WHERE_NONE,
                             "%s is not empty: name a folder that is not there yet",
                             making->directory);
}

static int find_cases(struct making *making, struct error *err)
{
    struct scenario_errors errors = { NULL, 0 };

    if (select_cases(making->context, &making->options, &making->list, &errors, err) != 0)
        return -1;
    scenario_errors_print(stderr, &errors);
    if (errors.n > 0)
        return error_set(err, ERROR_SCENARIO, WHERE_NONE, "the scenario has mistakes");
    if (making->list.n == 0)
        return error_set(err, ERROR_USAGE, WHERE_NONE, "there is no case \"%s\"",
                         making->options.paths[0]);
    return 0;
}

/* --- the run --- */

/* The first that failed: in the order of the cases. */
static const struct result_case *first_failed(const struct play *play)
{
    for (size_t i = 0; i < play->n_results; i++)
        if (play->results[i]->outcome == OUTCOME_FAIL)
            return play->results[i];
    return NULL;
}

static const struct result_case *play_all(struct making *making, struct error *err)
{
    static const char *const reference[] = { "reference", NULL };
    struct play play = {
        .context = making->context,
        .options = &making->options,
        .list = &making->list,
        .clients = &making->clients,
        .pki = making->pki,
    };
    const struct result_case *failed;

    if (clients_load(making->context,
                     making->options.clients != NULL ? (const char *const *)making->options.clients
                                                     : reference,
                     &making->clients, err) != 0 ||
        pki_mint_list(making->pki, &making->list, err) != 0)
        return NULL;
    clients_probe(making->context, &making->clients, making->options.no_known);
    run_warm_up(making->pki, &making->list);
    if (play_cases(&play, err) != 0)
        return NULL;
    failed = first_failed(&play);
    for (size_t i = 0; i < play.n_results && failed == NULL; i++)
        (void)fprintf(stderr, "counterseal: %s: %s%s%s\n", play.results[i]->id,
                      outcome_name(play.results[i]->outcome),
                      play.results[i]->reason[0] != '\0' ? ": " : "", play.results[i]->reason);
    if (failed == NULL)
        error_set(err, ERROR_USAGE, WHERE_NONE, "nothing failed, so there is nothing to show%s",
                  making->options.no_known ? ""
                                           : " (--no-known: as if no profile knew of a "
                                             "deviation)");
    return failed;
}

static const struct scenario *scenario_of(const struct making *making, const char *id)
{
    for (size_t i = 0; i < making->list.n; i++)
        if (strcmp(making->list.items[i]->id, id) == 0)
            return making->list.items[i];
    return NULL;
}

/* Whoever copies the folder would wait for ever at a fifo, in which nobody writes any more. */
static void remove_fifos(const char *folder)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        char *path = talloc_asprintf(NULL, "%s/%s", folder, entries[i]->d_name);
        struct stat status;

        if (lstat(path, &status) == 0 && S_ISFIFO(status.st_mode))
            (void)unlink(path);
        talloc_free(path);
        free(entries[i]);
    }
    free(entries);
}

/* The evidence moves to where it stays; what plays the case in the repository is of no use there.
 */
static int keep(const struct making *making, const struct result_case *failed, struct error *err)
{
    const char *to = talloc_asprintf(making->context, "%s/evidence", making->directory);

    if (rename(failed->evidence, to) != 0)
        return error_set_errno(err, "cannot move %s to %s", failed->evidence, to);
    remove_fifos(to);
    if (files_remove(talloc_asprintf(making->context, "%s/rerun.sh", to), err) != 0)
        return -1;
    return files_remove(making->options.artifacts, err);
}

static int make(struct making *making, struct error *err)
{
    const struct result_case *failed = play_all(making, err);
    struct result_case told;
    struct repro repro = {
        .options = &making->options,
        .directory = making->directory,
        .profile = making->clients.profiles != NULL ? making->clients.profiles[0] : NULL,
        .word = making->clients.words != NULL ? making->clients.words[0] : NULL,
        .result = &told,
        .pki = making->pki,
    };

    if (failed == NULL)
        return -1;
    told = *failed;
    told.evidence = "evidence";
    told.rerun = "sh run.sh";
    repro.scenario = scenario_of(making, failed->id);
    repro.client = clients_results(making->context, &making->clients);
    /* A scenario that declares identities was given them in its worker. */
    if (pki_mint_scenario(making->pki, repro.scenario, err) != 0 ||
        keep(making, failed, err) != 0 || repro_write(&repro, err) != 0)
        return -1;
    (void)printf("%s  %s\n%s\n%s: show it again with sh %s/run.sh\n", failed->id, failed->client,
                 failed->reason, making->directory, making->directory);
    return 0;
}

int command_repro(void *context, const struct options *options)
{
    struct making making = { .context = context, .options = *options };
    struct error err = { 0 }, ignored = { 0 };

    (void)signal(SIGPIPE, SIG_IGN);
    if (take_paths(&making, &err) != 0 || find_cases(&making, &err) != 0 ||
        make_directory(&making, &err) != 0)
        return commands_fail(&err);
    making.options.keep = KEEP_FAILED;
    making.options.artifacts = talloc_asprintf(context, "%s/.played", making.directory);
    curl_global_init(CURL_GLOBAL_ALL);
    making.pki = pki_open(time(NULL), NULL);
    if (make(&making, &err) != 0) {
        (void)files_remove(making.options.artifacts, &ignored);
        (void)rmdir(making.directory);
    }
    pki_close(making.pki);
    return err.kind == ERROR_NONE ? EXIT_AS_EXPECTED : commands_fail(&err);
}
