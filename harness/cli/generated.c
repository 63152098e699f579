#include "harness/cli/generated.h"

#include "harness/base/files.h"
#include "harness/base/heap.h"
#include "harness/cli/play.h"
#include "harness/model/model.h"
#include "harness/model/shrink.h"
#include "harness/run/run.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <talloc.h>

/* So many cases are made at a time: enough to keep all workers busy, few enough to be no load. */
enum { BATCH = 256 };
/* So many smaller combinations are tried at a time: the first that fails is taken. */
enum { TRIES = 8 };

/* Room for what a batch takes. */
enum { POOL_BYTES = 16 * 1024 * 1024 };

enum { DEFAULT_STRENGTH = 2 };

struct round {
    struct generated *generated;
    struct model *model;
    size_t n_all;
    size_t n_done;                    /* in the batches before this one */
    const struct result_case *failed; /* the first that did; NULL: none */
    struct model_combination smallest;
    struct error *err;
};

/* --- options --- */

int generated_check(const struct options *options, struct error *err)
{
    const char *with = options->paths != NULL       ? "a path"
                       : options->clients != NULL   ? "--client"
                       : options->tags != NULL      ? "--tag"
                       : options->skip_tags != NULL ? "--skip-tag"
                       : options->filters != NULL   ? "--filter"
                                                    : NULL;
    const char *alone = options->strength > 0 ? "--strength"
                        : options->exhaustive ? "--exhaustive"
                                              : NULL;

    if (!options->model && alone != NULL)
        return error_set(err, ERROR_USAGE, WHERE_NONE, "%s goes with --model only", alone);
    if (!options->model)
        return 0;
    if (with != NULL)
        return error_set(err, ERROR_USAGE, WHERE_NONE,
                         "%s does not go with --model, which makes cases for the reference client "
                         "by itself; --set NAME=VALUE narrows them down (see `help model`)",
                         with);
    if (options->strength > COVERING_STRENGTH_MAX)
        return error_set(err, ERROR_USAGE, WHERE_NONE,
                         "--strength: %d is not a number from 1 to %d", options->strength,
                         COVERING_STRENGTH_MAX);
    if (options->strength > 0 && options->exhaustive)
        return error_set(err, ERROR_USAGE, WHERE_NONE,
                         "--strength and --exhaustive do not go together");
    return 0;
}

static struct model *open_model(const struct generated *generated, int strength, bool exhaustive,
                                struct error *err)
{
    const struct options *options = generated->options;
    const struct model_options wanted = {
        .strength = strength,
        .exhaustive = exhaustive,
        .seed = (unsigned)options->seed,
        .pins = options->overrides,
    };

    return model_open(generated->context, &wanted, err);
}

/* --- playing --- */

/* What the model writes is never wrong. */
static void add_case(void *context, const struct model_combination *combination,
                     struct scenario_list *list)
{
    struct scenario_errors errors = { NULL, 0 };
    const char *id = model_id(context, combination);

    if (scenario_load_text(context, id, id, model_text(context, combination), list, &errors) != 0)
        scenario_errors_print(stderr, &errors);
    assert(errors.n == 0);
}

static int play_list(const struct generated *generated, struct play *play,
                     const struct scenario_list *list, const struct options *options,
                     struct error *err)
{
    play->options = options;
    play->list = list;
    play->clients = generated->clients;
    play->pki = generated->pki;
    return play_cases(play, err);
}

/* Generated cases leave nothing behind: what fails is played again when it is small. */
static struct options quick_options(const struct generated *generated)
{
    struct options options = *generated->options;

    options.keep = KEEP_NEVER;
    options.overrides = NULL;
    options.fail_fast = true;
    return options;
}

static bool has_failed(const struct result_case *result)
{
    return outcome_counted(result->outcome) == COUNTED_FAILED;
}

/* --- shrinking --- */

/* The fact in which a case fails first: what fails in another one is another fault. */
static const char *failing_fact(const struct result_case *result)
{
    for (size_t i = 0; i < result->n_steps; i++)
        for (size_t j = 0; j < result->steps[i].n_checks; j++)
            if (!result->steps[i].checks[j].passed)
                return result->steps[i].checks[j].fact;
    return "";
}

static bool fails_alike(const struct round *round, const struct result_case *result)
{
    return result->outcome == round->failed->outcome &&
           strcmp(failing_fact(result), failing_fact(round->failed)) == 0;
}

static const struct result_case *find_result(const struct play *play, const char *id)
{
    for (size_t i = 0; i < play->n_results; i++)
        if (strcmp(play->results[i]->id, id) == 0)
            return play->results[i];
    return NULL;
}

/* Results are ordered by id, candidates by size. */
static size_t find_first(const struct round *round, const struct play *play,
                         const struct model_combination *candidates, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct result_case *result =
            find_result(play, model_id(play->context, &candidates[i]));

        if (result != NULL && fails_alike(round, result))
            return i;
    }
    return n;
}

static long try_some(struct round *round, const struct model_combination *candidates, size_t n)
{
    struct scenario_list list = { 0 };
    struct options options = quick_options(round->generated);
    struct play play = { .context = heap_pool(POOL_BYTES) };
    long first = -1;

    options.fail_fast = false;
    for (size_t i = 0; i < n; i++)
        add_case(play.context, &candidates[i], &list);
    if (play_list(round->generated, &play, &list, &options, round->err) == 0)
        first = (long)find_first(round, &play, candidates, n);
    if (play.signal > 0) {
        round->generated->signal = play.signal;
        first = -1;
    }
    talloc_free(play.context);
    return first;
}

static long try_all(void *context, const struct model_combination *candidates, size_t n)
{
    struct round *round = context;

    for (size_t at = 0; at < n; at += TRIES) {
        size_t some = n - at < TRIES ? n - at : TRIES;
        long first = try_some(round, candidates + at, some);

        if (first < (long)some)
            return first < 0 ? first : (long)at + first;
    }
    return (long)n;
}

/* --- what was found --- */

static const char *write_scenario(const struct generated *generated, const char *text,
                                  struct error *err)
{
    const char *path =
        talloc_asprintf(generated->context, "%s/model.yaml", generated->options->artifacts);
    FILE *stream;

    if (files_make_directory(generated->options->artifacts, 0777, err) != 0)
        return NULL;
    stream = files_open_whole(path, err);
    if (stream == NULL)
        return NULL;
    (void)fputs(text, stream);
    return files_commit(stream, path, err) == 0 ? path : NULL;
}

/* Plays the file as anybody would who was handed it. */
static const struct result_case *play_file(const struct generated *generated, const char *path,
                                           struct error *err)
{
    struct scenario_list list = { 0 };
    struct scenario_errors errors = { NULL, 0 };
    struct options options = *generated->options;
    struct play play = { .context = generated->context };

    options.overrides = NULL;
    (void)scenario_load(generated->context, path, "model", NULL, &list, &errors);
    assert(errors.n == 0);
    if (play_list(generated, &play, &list, &options, err) != 0)
        return NULL;
    return play.n_results > 0 ? play.results[0] : NULL;
}

static void add_result(struct generated *generated, const struct result_case *result)
{
    generated->results =
        talloc_realloc(generated->context, generated->results, const struct result_case *,
                       (unsigned)generated->n_results + 1);
    generated->results[generated->n_results++] = result;
}

static int tell_smallest(struct round *round, struct error *err)
{
    struct generated *generated = round->generated;
    const char *text = model_text(generated->context, &round->smallest);
    const char *path = write_scenario(generated, text, err);
    const struct result_case *result = path != NULL ? play_file(generated, path, err) : NULL;

    if (path == NULL || err->kind != ERROR_NONE)
        return -1;
    if (result == NULL || !has_failed(result)) {
        (void)fprintf(stderr, "counterseal: %s failed, but did not do so again\n",
                      round->failed->id);
        result = round->failed;
    }
    add_result(generated, result);
    generated->done(generated->done_context, result, round->n_done, round->n_all);
    (void)fprintf(generated->live,
                  "\nfound by %s; the smallest scenario that fails alike is %s:\n\n%s\n",
                  round->failed->id, path, text);
    return 0;
}

/* --- the run --- */

static void tell(void *context, const struct result_case *result, size_t n_done, size_t n_all)
{
    const struct round *round = context;
    const struct generated *generated = round->generated;

    (void)n_all;
    if (!has_failed(result))
        generated->done(generated->done_context, result, round->n_done + n_done, round->n_all);
}

/* Sorts the results of a batch; the first that failed is the first by the order of the model. The
 * reference client skips nothing. */
static void take_results(struct round *round, const struct play *play,
                         const struct model_combination *combinations, size_t n)
{
    struct generated *generated = round->generated;

    for (size_t i = 0; i < play->n_results; i++)
        if (!has_failed(play->results[i])) {
            assert(play->results[i]->outcome == OUTCOME_PASS);
            generated->n_forgotten += !generated->keeps_all;
            if (generated->keeps_all)
                add_result(generated, play->results[i]);
        }
    for (size_t i = 0; i < n && round->failed == NULL; i++) {
        const struct result_case *result =
            find_result(play, model_id(play->context, &combinations[i]));

        if (result == NULL || !has_failed(result))
            continue;
        round->failed = result;
        round->smallest = combinations[i];
    }
}

/* Makes, plays and forgets some cases. Returns how many; 0: there are no more. */
static long play_batch(struct round *round, void *context, struct error *err)
{
    struct model_combination combinations[BATCH];
    struct scenario_list list = { 0 };
    struct options options = quick_options(round->generated);
    struct play play = { .context = context, .done = tell, .done_context = round };
    size_t n = 0;

    while (n < BATCH && model_next(round->model, &combinations[n]))
        add_case(context, &combinations[n++], &list);
    if (n == 0)
        return 0;
    if (play_list(round->generated, &play, &list, &options, err) != 0)
        return -1;
    round->generated->signal = play.signal;
    take_results(round, &play, combinations, n);
    round->n_done += n;
    return (long)n;
}

/* Each value once is all that the reference client will ever meet. */
static int warm_up(const struct generated *generated, struct error *err)
{
    void *context = heap_pool(POOL_BYTES);
    struct model *model = open_model(generated, 1, false, err);
    struct model_combination combination;
    struct scenario_list list = { 0 };
    int rv = model != NULL && pki_mint_cast(generated->pki, err) == 0 ? 0 : -1;

    while (rv == 0 && model_next(model, &combination))
        add_case(context, &combination, &list);
    if (rv == 0)
        run_warm_up(generated->pki, &list);
    talloc_free(model);
    talloc_free(context);
    return rv;
}

static int play_model(struct round *round, struct error *err)
{
    struct generated *generated = round->generated;
    void *context = NULL;
    long n = 1;
    int rv = 0;

    while (n > 0 && round->failed == NULL && generated->signal == 0) {
        if (!generated->keeps_all)
            talloc_free(context);
        context = talloc_steal(generated->context, heap_pool(POOL_BYTES));
        n = play_batch(round, context, err);
    }
    if (n >= 0 && round->failed != NULL && generated->signal == 0) {
        rv = model_shrink(round->model, &round->smallest, try_all, round);
        if (rv == 0)
            rv = tell_smallest(round, err);
    }
    return n < 0 || (rv != 0 && generated->signal == 0) ? -1 : 0;
}

int generated_play(struct generated *generated, struct error *err)
{
    int strength =
        generated->options->strength > 0 ? generated->options->strength : DEFAULT_STRENGTH;
    sigset_t ends, before;
    int rv;
    struct round round = {
        .generated = generated,
        .model = open_model(generated, strength, generated->options->exhaustive, err),
        .err = err,
    };

    if (round.model == NULL || warm_up(generated, err) != 0)
        return -1;
    round.n_all = model_count(round.model);
    (void)fprintf(generated->live, "model: %s\n", model_words(generated->context, round.model));
    (void)fflush(generated->live);
    /* A signal that comes between two batches waits for the next one, which it ends. */
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, &before);
    rv = play_model(&round, err);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return rv;
}
