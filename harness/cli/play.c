#include "harness/cli/play.h"

#include "harness/base/files.h"
#include "harness/base/process.h"
#include "harness/base/text.h"
#include "harness/base/workers.h"
#include "harness/cli/evidence_files.h"
#include "harness/observe/observe.h"
#include "harness/run/run.h"
#include "harness/verdict/verdict.h"
#include "reports/report.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

/* What the coordinator allows a worker beyond the deadline of its case, to end it and to judge. */
#define WORKER_GRACE_MS 5000

/* One case with one client. */
struct job {
    const struct scenario *scenario;
    const struct profile *profile;
    const char *missing; /* why the client cannot be run; NULL: it can */
    const char *folder;
    struct verdict_options verdict;
    const struct result_case *result; /* NULL: not over */
};

struct round {
    struct play *play;
    struct job *jobs; /* all of them, ordered by client and id */
    size_t n_jobs;
    struct job **queue; /* those that a worker plays, first those that wait */
    size_t n_queue, n_waiting;
    size_t n_done;
    bool failed;
};

/* --- in a worker --- */

struct judge {
    const struct job *job;
    const struct pki *pki;
};

static const struct observation *observe_job(void *context, const struct judge *judge,
                                             const struct evidence *evidence)
{
    const struct profile *profile = judge->job->profile;

    return observe(context, judge->job->scenario, judge->pki, evidence,
                   profile != NULL && profile->adds_headers);
}

static bool go_on(void *data, const struct evidence *evidence, int step)
{
    const struct judge *judge = data;
    void *context = talloc_new(NULL);
    bool holds =
        verdict_step_holds(observe_job(context, judge, evidence), step, &judge->job->verdict);

    talloc_free(context);
    return holds;
}

/* What a client left there may be more than we can remove; its verdict stands all the same. */
static void remove_folder(const char *folder)
{
    struct error err = { 0 };

    if (files_remove(folder, &err) != 0)
        (void)fprintf(stderr, "counterseal: %s\n", err.text);
}

static int keep_evidence(const struct judge *judge, const char *const *overrides,
                         const char *folder, const struct evidence *evidence,
                         const struct result_case *result, struct error *err)
{
    char *pki = talloc_asprintf(NULL, "%s/pki", folder);
    const struct evidence_kept kept = { judge->job->scenario, evidence, result, overrides };
    int rv = evidence_write(folder, &kept, err);

    if (rv == 0)
        rv = evidence_write_pki(pki, judge->job->scenario, judge->pki, err);
    talloc_free(pki);
    return rv;
}

static struct result_case *play_job(void *context, const struct round *round, const struct job *job,
                                    int life_fd, struct error *err)
{
    const struct options *options = round->play->options;
    struct judge judge = { job, round->play->pki };
    char folder[PATH_MAX];
    const struct run_options run = {
        .profile = job->profile,
        .fault = options->misbehave,
        .directory = folder,
        .seed = options->seed,
        .capture = options->keep != KEEP_NEVER,
        .life_fd = life_fd,
        .go_on = go_on,
        .go_on_context = &judge,
    };
    const struct evidence *evidence;
    struct result_case *result;
    bool keep;

    if (files_remove(job->folder, err) != 0 || files_make_directory(job->folder, 0777, err) != 0)
        return NULL;
    if (realpath(job->folder, folder) == NULL) {
        error_set_errno(err, "cannot find %s", job->folder);
        return NULL;
    }
    if (job->scenario->n_identities > 0 &&
        pki_mint_scenario(round->play->pki, job->scenario, err) != 0)
        return NULL;
    evidence = run_case(context, job->scenario, round->play->pki, &run);
    result =
        verdict_case(context, job->scenario, observe_job(context, &judge, evidence), &job->verdict);
    result->seconds = (double)(process_now_us() - evidence->begun_us) / 1e6;
    keep = options->keep == KEEP_ALWAYS ||
           (options->keep == KEEP_FAILED && result->outcome != OUTCOME_PASS);
    if (keep)
        return keep_evidence(&judge, (const char *const *)options->overrides, folder, evidence,
                             result, err) == 0
                   ? result
                   : NULL;
    result->evidence = NULL;
    return result;
}

static void write_all(int fd, const char *text)
{
    size_t size = strlen(text);

    while (size > 0) {
        ssize_t n = write(fd, text, size);

        if (n < 0 && errno != EINTR)
            return; /* the coordinator has gone, and with it the reader of this result */
        if (n > 0) {
            text += n;
            size -= (size_t)n;
        }
    }
}

static void work(void *data, size_t number, int out, int life_fd)
{
    const struct round *round = data;
    const struct job *job = round->queue[number];
    void *context = talloc_new(NULL);
    struct error err = { 0 };
    struct result_case *result = play_job(context, round, job, life_fd, &err);
    char *text;

    if (result == NULL)
        result = verdict_unplayed(context, job->scenario, OUTCOME_ERROR, err.text, &job->verdict);
    text = json_case_text(result);
    if (text != NULL) {
        write_all(out, text);
        write_all(out, "\n");
    }
    close(out);
    if (result->evidence == NULL)
        remove_folder(job->folder);
    free(text);
    talloc_free(context);
}

/* --- in the coordinator --- */

static int deadline_ms(void *data, size_t number)
{
    const struct round *round = data;

    const struct job *job = round->queue[number];

    return run_deadline_ms(job->profile, job->scenario) + WORKER_GRACE_MS;
}

static void finish(struct round *round, struct job *job, const struct result_case *result)
{
    struct play *play = round->play;

    job->result = result;
    round->n_done++;
    round->failed |= outcome_counted(result->outcome) == COUNTED_FAILED;
    if (play->done != NULL)
        play->done(play->done_context, result, round->n_done, round->n_jobs);
}

static bool done(void *data, size_t number, const char *text, size_t size, int status, bool late)
{
    struct round *round = data;
    struct job *job = round->queue[number];
    void *context = round->play->context;
    const struct result_case *result = json_case_parse(context, text, size);
    const char *reason;

    if (result == NULL) {
        reason =
            late ? talloc_strdup(context, "the case's worker did not end in time and was killed")
                 : talloc_asprintf(context, "the case's worker died (%s %d)",
                                   status < 0 ? "signal" : "exit code",
                                   status < 0 ? -status : status);
        result = verdict_unplayed(context, job->scenario, OUTCOME_ERROR, reason, &job->verdict);
    }
    finish(round, job, result);
    return !(round->failed && round->play->options->fail_fast);
}

static const char *rerun_of(const struct play *play, const struct scenario *scenario,
                            const char *client, bool is_server)
{
    const struct options *options = play->options;
    void *context = play->context;
    char *line = talloc_asprintf(
        context, "%s run %s --filter %s --keep always", text_quote(context, options->program),
        text_quote(context, scenario->file), text_quote(context, scenario->id));

    if (strcmp(client, "reference") != 0)
        line = talloc_asprintf_append_buffer(line, " --%s %s", is_server ? "server" : "client",
                                             text_quote(context, client));
    if (options->misbehave != NULL)
        line = talloc_asprintf_append_buffer(line, " --misbehave %s", options->misbehave);
    if (options->seed != OPTIONS_SEED)
        line = talloc_asprintf_append_buffer(line, " --seed %d", options->seed);
    if (options->no_known)
        line = talloc_strdup_append_buffer(line, " --no-known");
    for (size_t i = 0; options->overrides != NULL && options->overrides[i] != NULL; i++)
        line = talloc_asprintf_append_buffer(line, " --set %s",
                                             text_quote(context, options->overrides[i]));
    return line;
}

static const char *client_name(const struct play *play, size_t client)
{
    const struct profile *profile = play->clients->profiles[client];

    return profile != NULL ? profile->name : "reference";
}

/* Two clients may have the same name, as two commands with the same program have. */
static const char *client_folder(const struct play *play, size_t client)
{
    const char *name = client_name(play, client);
    int namesakes = 0;

    for (size_t i = 0; i < client; i++)
        namesakes += strcmp(client_name(play, i), name) == 0;
    return namesakes == 0 ? name : talloc_asprintf(play->context, "%s-%d", name, namesakes + 1);
}

static void plan(struct round *round)
{
    struct play *play = round->play;
    const struct options *options = play->options;

    round->jobs =
        talloc_zero_array(play->context, struct job, (unsigned)(play->list->n * play->clients->n));
    round->queue =
        talloc_array(play->context, struct job *, (unsigned)(play->list->n * play->clients->n));
    for (size_t c = 0; c < play->clients->n; c++) {
        const char *client = client_folder(play, c);

        for (size_t i = 0; i < play->list->n; i++) {
            struct job *job = &round->jobs[round->n_jobs++];

            job->scenario = play->list->items[i];
            job->profile = play->clients->profiles[c];
            job->missing = play->clients->probes[c].missing;
            job->folder =
                evidence_folder(play->context, options->artifacts, client, job->scenario->id);
            job->verdict = (struct verdict_options){
                .profile = job->profile,
                .strict = options->strict,
                .evidence = job->folder,
                .rerun = rerun_of(play, job->scenario, play->clients->words[c],
                                  job->profile != NULL && job->profile->server != NULL),
                .transcript = options->keep == KEEP_ALWAYS,
            };
        }
    }
}

static const char *skip_reason(const struct round *round, const struct job *job)
{
    if (round->play->options->misbehave != NULL && job->scenario->caught != NULL)
        return "a self-test has a fault of its own";
    if (job->missing != NULL)
        return job->missing;
    return run_skip_reason(round->play->context, job->profile, job->scenario);
}

/* Whether it waits more than it works, as for a time-out. */
static bool is_slow(const struct job *job)
{
    const char *const *tag = job->scenario->tags;

    while (*tag != NULL && strcmp(*tag, "slow") != 0)
        tag++;
    return *tag != NULL;
}

static void enqueue(struct round *round, struct job *job)
{
    struct job **place = &round->queue[round->n_queue++];

    if (is_slow(job)) {
        *place = round->queue[round->n_waiting];
        place = &round->queue[round->n_waiting++];
    }
    *place = job;
}

/* What a client cannot do is told without a worker. */
static void sort_out(struct round *round)
{
    for (size_t i = 0; i < round->n_jobs; i++) {
        struct job *job = &round->jobs[i];
        const char *reason = skip_reason(round, job);
        struct verdict_options verdict = job->verdict;

        verdict.evidence = NULL;
        if (reason == NULL)
            enqueue(round, job);
        else
            finish(round, job,
                   verdict_unplayed(round->play->context, job->scenario, OUTCOME_SKIP, reason,
                                    &verdict));
    }
}

/* Client and server of a case take turns, but a program of others may have threads. */
static bool takes_turns(const struct play *play)
{
    size_t i = 0;

    while (i < play->clients->n && play->clients->profiles[i] == NULL)
        i++;
    return i == play->clients->n;
}

int play_cases(struct play *play, struct error *err)
{
    struct round round = { .play = play };
    /* Of the processes of a case about one runs at a time, and waits in between. */
    long at_once = 2 * sysconf(_SC_NPROCESSORS_ONLN);
    struct workers workers = {
        .n_workers = play->options->jobs > 0 ? play->options->jobs : (int)at_once,
        .on_one_processor = takes_turns(play),
        .context = &round,
        .work = work,
        .deadline_ms = deadline_ms,
        .done = done,
    };

    plan(&round);
    sort_out(&round);
    workers.n_jobs = round.n_queue;
    workers.n_waiting = workers.n_workers > 1 ? round.n_waiting : 0;
    play->signal = workers_run(&workers, err);
    play->results =
        talloc_array(play->context, const struct result_case *, (unsigned)round.n_jobs + 1);
    for (size_t i = 0; i < round.n_jobs; i++)
        if (round.jobs[i].result != NULL)
            play->results[play->n_results++] = round.jobs[i].result;
    return play->signal < 0 ? -1 : 0;
}
