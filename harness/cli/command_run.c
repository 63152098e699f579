#include "harness/cli/commands.h"

#include "harness/base/files.h"
#include "harness/base/heap.h"
#include "harness/base/process.h"
#include "harness/base/text.h"
#include "harness/base/trace.h"
#include "harness/cli/generated.h"
#include "harness/cli/play.h"
#include "harness/cli/select.h"
#include "harness/run/run.h"
#include "harness/smtp_client/smtp_client.h"
#include "reports/report.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

/* One --report. */
struct target {
    const struct reporter *reporter;
    const char *path; /* NULL: standard output */
};

struct session {
    void *context;
    const struct options *options;
    struct target *targets;
    size_t n_targets;
    bool console; /* standard output is the console's, not some other report's */
    FILE *live;   /* where cases are told while they end */
    bool progress;
    size_t n_failed;
    struct clients clients;
    struct scenario_list list;
    struct pki *pki;
    int64_t begun_us;
    time_t started;
};

/* --- the command line --- */

static const char *report_names(void *context)
{
    char *names = talloc_strdup(context, reporters[0]->name);

    for (size_t i = 1; reporters[i] != NULL; i++)
        names = talloc_asprintf_append_buffer(names, ", %s", reporters[i]->name);
    return names;
}

static int add_target(struct session *session, const char *word, struct error *err)
{
    size_t length = strcspn(word, ":");
    char *name = talloc_strndup(session->context, word, length);
    const struct reporter *reporter = reporter_find(name);
    const char *path = word[length] == ':' ? word + length + 1 : NULL;

    if (reporter == NULL)
        return error_set(err, ERROR_USAGE, WHERE_NONE, "--report: \"%s\" is not one of %s", name,
                         report_names(session->context));
    if (path != NULL && strcmp(path, "-") == 0)
        path = NULL;
    if (path != NULL && *path == '\0')
        return error_set(err, ERROR_USAGE, WHERE_NONE,
                         "--report %s: there is no path behind the colon", word);
    session->targets = talloc_realloc(session->context, session->targets, struct target,
                                      (unsigned)session->n_targets + 1);
    session->targets[session->n_targets++] = (struct target){ reporter, path };
    return 0;
}

static int choose_reports(struct session *session, struct error *err)
{
    const char **words = session->options->reports;
    size_t n_stdout = 0;

    for (size_t i = 0; words != NULL && words[i] != NULL; i++)
        if (add_target(session, words[i], err) != 0)
            return -1;
    session->console = true;
    for (size_t i = 0; i < session->n_targets; i++) {
        const struct target *target = &session->targets[i];

        n_stdout += target->path == NULL;
        if (target->path == NULL && target->reporter != &reporter_console)
            session->console = false;
    }
    if (n_stdout > 1)
        return error_set(err, ERROR_USAGE, WHERE_NONE,
                         "--report: only one report can go to standard output");
    session->live = session->console ? stdout : stderr;
    return 0;
}

static int check_misbehave(const struct session *session, struct error *err)
{
    const char *fault = session->options->misbehave;
    const char *names[SMTP_CLIENT_FAULT_COUNT + 1] = { NULL };
    const char *nearest;

    if (fault == NULL || smtp_client_fault_find(fault) != SMTP_CLIENT_FAULT_NONE)
        return 0;
    for (int i = SMTP_CLIENT_FAULT_NONE + 1; i < SMTP_CLIENT_FAULT_COUNT; i++)
        names[i - 1] = smtp_client_fault_name((enum smtp_client_fault)i);
    nearest = text_nearest(fault, names);
    return error_set(err, ERROR_USAGE, WHERE_NONE,
                     "--misbehave: \"%s\" is no fault%s%s%s; `counterseal help faults` lists them",
                     fault, nearest != NULL ? " (did you mean \"" : "",
                     nearest != NULL ? nearest : "", nearest != NULL ? "\"?)" : "");
}

static int prepare(struct session *session, struct error *err)
{
    const struct options *options = session->options;
    static const char *const reference[] = { "reference", NULL };
    const char *const *clients =
        options->clients != NULL ? (const char *const *)options->clients : reference;

    if ((options->trace != NULL && trace_set(options->trace, err) != 0) ||
        choose_reports(session, err) != 0 || check_misbehave(session, err) != 0 ||
        generated_check(options, err) != 0)
        return -1;
    if (options->servers == NULL)
        return clients_load(session->context, clients, &session->clients, err);
    if (options->clients != NULL || options->model || options->misbehave != NULL)
        return error_set(
            err, ERROR_USAGE, WHERE_NONE,
            "--server is for the reference client as it is: one of the two ends must be "
            "ours; leave out --client, --model and --misbehave");
    return clients_load_servers(session->context, (const char *const *)options->servers,
                                options->remote, &session->clients, err);
}

/* --- the terminal --- */

static bool is_set(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0';
}

static bool wants_colour(const struct session *session)
{
    const char *term = getenv("TERM");

    if (session->options->colour != COLOUR_AUTO)
        return session->options->colour == COLOUR_ALWAYS;
    if (is_set("NO_COLOR"))
        return false;
    if (is_set("CLICOLOR_FORCE") || is_set("FORCE_COLOR"))
        return true;
    return isatty(fileno(session->live)) && term != NULL && strcmp(term, "dumb") != 0;
}

static bool speaks_utf8(void)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && value[0] != '\0')
            return strstr(value, "UTF-8") != NULL || strstr(value, "utf8") != NULL;
    }
    return false;
}

static void set_terminal(struct session *session)
{
    struct winsize size = { 0 };
    const char *said = getenv("COLUMNS");
    int columns = said != NULL ? (int)strtol(said, NULL, 10) : 0;

    if (columns <= 0 && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
        columns = size.ws_col;
    console_set(wants_colour(session) ? CONSOLE_COLOUR : CONSOLE_PLAIN, speaks_utf8(),
                isatty(fileno(session->live)) ? columns : 0);
    session->progress = isatty(STDERR_FILENO) && !is_set("CI") && !session->options->no_progress;
}

/* Below a progress line only cases that need a reader are told; without one, all are. */
static void tell(void *data, const struct result_case *result, size_t n_done, size_t n_all)
{
    struct session *session = data;
    bool passed = result->outcome == OUTCOME_PASS || result->outcome == OUTCOME_SKIP;

    session->n_failed += outcome_counted(result->outcome) == COUNTED_FAILED;
    if (session->progress)
        console_clear_progress(stderr);
    if (!passed || !(session->progress || session->options->quiet))
        console_case(session->live, result);
    (void)fflush(session->live);
    if (session->progress)
        console_progress(stderr, n_done, n_all, session->n_failed, result->id);
}

/* --- reports --- */

static int write_target(const struct target *target, const struct result_run *run,
                        struct error *err)
{
    FILE *stream;

    if (target->path == NULL) {
        if (target->reporter->write(stdout, run) != 0)
            return error_set_errno(err, "cannot write the %s report", target->reporter->name);
        return 0;
    }
    stream = files_open_whole(target->path, err);
    if (stream == NULL)
        return -1;
    if (target->reporter->write(stream, run) != 0) {
        error_set_errno(err, "cannot write %s", target->path);
        files_abandon(stream, target->path);
        return -1;
    }
    return files_commit(stream, target->path, err);
}

/* Where a report will lie, as links in it begin there. */
static const char *directory_of(void *context, const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;

    return slash != NULL ? talloc_strndup(context, path, (size_t)(slash - path)) : "";
}

/* Writes every report that can be written; what cannot is told. */
static int write_reports(const struct session *session, const struct result_run *run)
{
    int code = EXIT_AS_EXPECTED;

    for (size_t i = 0; i < session->n_targets; i++) {
        const struct target *target = &session->targets[i];
        struct result_run placed = *run;
        struct error err = { 0 };

        if (target->path == NULL && target->reporter == &reporter_console)
            continue; /* told while the run went on */
        placed.directory = directory_of(session->context, target->path);
        if (write_target(target, &placed, &err) != 0)
            code = commands_fail(&err);
    }
    return code;
}

static const char *command_line(const struct session *session)
{
    const struct options *options = session->options;
    char *line =
        talloc_asprintf(session->context, "%s %s", options->program, options->command->name);

    for (size_t i = 0; options->paths != NULL && options->paths[i] != NULL; i++)
        line = talloc_asprintf_append_buffer(line, " %s",
                                             text_quote(session->context, options->paths[i]));
    for (size_t i = 0; options->clients != NULL && options->clients[i] != NULL; i++)
        line = talloc_asprintf_append_buffer(line, " --client %s",
                                             text_quote(session->context, options->clients[i]));
    for (size_t i = 0; options->servers != NULL && options->servers[i] != NULL; i++)
        line = talloc_asprintf_append_buffer(line, " --server %s",
                                             text_quote(session->context, options->servers[i]));
    if (options->model)
        line = talloc_asprintf_append_buffer(line, " --model");
    if (options->misbehave != NULL)
        line = talloc_asprintf_append_buffer(line, " --misbehave %s", options->misbehave);
    if (options->no_known)
        line = talloc_strdup_append_buffer(line, " --no-known");
    return line;
}

/* A case that failed speaks of the client; where none did, one that could not be judged speaks of
 * the harness. */
static int code_of(const struct result_run *run)
{
    struct result_counts counts = result_count(run);

    if (counts.failed == 0)
        return EXIT_AS_EXPECTED;
    return counts.failed > counts.by_outcome[OUTCOME_ERROR] ? EXIT_CASE_FAILED : EXIT_TROUBLE;
}

/* "2026-11-24T18:00:00" and its end. */
enum { STARTED_BYTES = 20 };

/* `run` has the cases, and nothing else yet. */
static int report(const struct session *session, struct result_run *run)
{
    char *started = talloc_zero_size(session->context, STARTED_BYTES);
    struct tm utc;
    int code;

    run->command = command_line(session);
    run->version = COUNTERSEAL_VERSION;
    run->libraries = commands_libraries(session->context);
    run->started = started;
    run->started_epoch = (double)session->started;
    run->seconds = (double)(process_now_us() - session->begun_us) / 1e6;
    run->clients = clients_results(session->context, &session->clients);
    run->n_clients = session->clients.n;
    if (gmtime_r(&session->started, &utc) != NULL)
        (void)strftime(started, STARTED_BYTES, "%Y-%m-%dT%H:%M:%S", &utc);
    if (session->progress)
        console_clear_progress(stderr);
    code = write_reports(session, run);
    console_summary(session->live, run);
    if (fflush(session->live) != 0 || ferror(session->live))
        code = EXIT_TROUBLE;
    if (code != EXIT_AS_EXPECTED)
        return code;
    if (run->interrupted)
        return EXIT_INTERRUPTED;
    return code_of(run);
}

static int play_all(struct session *session, struct error *err)
{
    struct play play = {
        .context = session->context,
        .options = session->options,
        .list = &session->list,
        .clients = &session->clients,
        .pki = session->pki,
        .done = tell,
        .done_context = session,
    };
    struct result_run run = { 0 };

    if (pki_mint_list(session->pki, &session->list, err) != 0)
        return -1;
    clients_probe(session->context, &session->clients, session->options->no_known);
    run_warm_up(session->pki, &session->list);
    set_terminal(session);
    heap_settle();
    if (play_cases(&play, err) != 0)
        return -1;
    run.interrupted = play.signal > 0;
    run.cases = play.results;
    run.n_cases = play.n_results;
    return report(session, &run);
}

static bool wants_all_results(const struct session *session)
{
    for (size_t i = 0; i < session->n_targets; i++)
        if (session->targets[i].reporter != &reporter_console || session->targets[i].path != NULL)
            return true;
    return false;
}

static int play_model(struct session *session, struct error *err)
{
    struct generated generated = {
        .context = session->context,
        .options = session->options,
        .clients = &session->clients,
        .pki = session->pki,
        .live = session->live,
        .keeps_all = wants_all_results(session),
        .done = tell,
        .done_context = session,
    };
    struct result_run run = { 0 };

    clients_probe(session->context, &session->clients, session->options->no_known);
    set_terminal(session);
    if (generated_play(&generated, err) != 0)
        return -1;
    run.interrupted = generated.signal > 0;
    run.cases = generated.results;
    run.n_cases = generated.n_results;
    run.n_forgotten = generated.n_forgotten;
    return report(session, &run);
}

/* Loads the cases; those of a model are made later. Returns an exit code. */
static int find_cases(struct session *session, struct error *err)
{
    struct scenario_errors errors = { NULL, 0 };

    if (session->options->model)
        return EXIT_AS_EXPECTED;
    if (select_cases(session->context, session->options, &session->list, &errors, err) != 0)
        return commands_fail(err);
    scenario_errors_print(stderr, &errors);
    if (errors.n > 0)
        return EXIT_USAGE;
    if (session->list.n > 0)
        return EXIT_AS_EXPECTED;
    (void)fprintf(stderr, "counterseal: nothing was selected\n");
    return EXIT_NOTHING;
}

int command_run(void *context, const struct options *options)
{
    struct session session = {
        .context = context, .options = options, .begun_us = process_now_us(), .started = time(NULL)
    };
    struct error err = { 0 };
    int code;

    (void)signal(SIGPIPE, SIG_IGN);
    if (prepare(&session, &err) != 0)
        return commands_fail(&err);
    code = find_cases(&session, &err);
    if (code != EXIT_AS_EXPECTED)
        return code;
    curl_global_init(CURL_GLOBAL_ALL);
    session.pki = pki_open(session.started, NULL);
    if (options->keys != NULL)
        pki_take(session.pki, options->keys, false);
    code = options->model ? play_model(&session, &err) : play_all(&session, &err);
    pki_close(session.pki);
    return code >= 0 ? code : commands_fail(&err);
}
