#include "harness/cli/evidence_read.h"

#include "harness/base/files.h"
#include "reports/result.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <time.h>

/* A case says little; events of a load test may be many. */
#define CASE_MAX   ((size_t)4 * 1024 * 1024)
#define EVENTS_MAX ((size_t)256 * 1024 * 1024)

struct reading {
    void *context;
    const char *path;
    struct evidence_folder *folder;
    struct evidence *evidence;
    const json_t *about; /* case.json; NULL: there is none */
};

static char *read_file(const struct reading *reading, const char *name, size_t max, size_t *size,
                       struct error *err)
{
    return files_read(reading->context,
                      talloc_asprintf(reading->context, "%s/%s", reading->path, name), max, size,
                      err);
}

/* --- the settings --- */

/* As many steps as the events speak of. */
static const char *stand_in(const struct reading *reading)
{
    char *text = talloc_strdup(reading->context, "title: not known\nsteps:\n  - send: {}\n");
    int steps = 1;

    for (size_t i = 0; i < reading->evidence->n_events; i++)
        while (steps < reading->evidence->events[i].step) {
            text = talloc_strdup_append_buffer(text, "  - send: {}\n");
            steps++;
        }
    return text;
}

static int choose(const struct reading *reading, const struct scenario_list *list,
                  const struct scenario_errors *errors, struct error *err)
{
    const char *id = reading->folder->id;

    if (errors->n > 0)
        return error_set(err, ERROR_SCENARIO, errors->items[0].error.where, "%s",
                         errors->items[0].error.text);
    for (size_t i = 0; i < list->n; i++)
        if (!reading->folder->settings_known || strcmp(list->items[i]->id, id) == 0) {
            reading->folder->scenario = list->items[i];
            return 0;
        }
    return error_set(err, ERROR_USAGE, WHERE_NONE,
                     "%s/scenario.yaml: there is no case \"%s\" in it", reading->path, id);
}

static int read_scenario(const struct reading *reading, struct error *err)
{
    struct evidence_folder *folder = reading->folder;
    struct scenario_list list = { 0 };
    struct scenario_errors errors = { NULL, 0 };
    const char *path = talloc_asprintf(reading->context, "%s/scenario.yaml", reading->path);
    const char *base = talloc_strndup(reading->context, folder->id, strcspn(folder->id, "["));
    struct error missing = { 0 };
    size_t size;

    folder->settings_known =
        reading->about != NULL && read_file(reading, "scenario.yaml", CASE_MAX, &size, &missing);
    if (folder->settings_known)
        (void)scenario_load(reading->context, path, base, folder->overrides, &list, &errors);
    else
        (void)scenario_load_text(reading->context, path, base, stand_in(reading), &list, &errors);
    return choose(reading, &list, &errors, err);
}

/* --- the evidence --- */

static void take_line(const struct reading *reading, const char *line, size_t size)
{
    static const char answer[] = "{\"event\":\"client.answer\"";

    if (size >= sizeof(answer) - 1 && memcmp(line, answer, sizeof(answer) - 1) == 0)
        return; /* the facts of the wire are the server's */
    (void)evidence_add(reading->evidence, line, size);
}

static int read_events(const struct reading *reading, struct error *err)
{
    size_t size;
    const char *text = read_file(reading, "events.jsonl", EVENTS_MAX, &size, err), *end;

    if (text == NULL) {
        *err = (struct error){ 0 };
        return error_set(err, ERROR_USAGE, WHERE_NONE,
                         "%s is no evidence: there is no events.jsonl in it; evidence is a folder "
                         "that `counterseal run` or `serve` leaves",
                         reading->path);
    }
    for (; *text != '\0'; text = *end == '\0' ? end : end + 1) {
        end = strchrnul(text, '\n');
        take_line(reading, text, (size_t)(end - text));
    }
    return 0;
}

static void read_answers(const struct reading *reading)
{
    struct evidence *evidence = reading->evidence;
    const json_t *answers = json_object_get(reading->about, "answers");

    evidence->n_answers = reading->folder->scenario->n_steps;
    evidence->answers =
        talloc_zero_array(evidence, struct evidence_answer, (unsigned)evidence->n_answers);
    for (size_t i = 0; i < evidence->n_answers; i++) {
        const json_t *told = json_array_get(answers, i);
        const char *outcome = evidence_text(told, "outcome");

        evidence->answers[i] = (struct evidence_answer){
            .sent = told == NULL || evidence_flag(told, "sent"),
            .ended = evidence_flag(told, "ended"),
            .timed_out = evidence_flag(told, "timed_out"),
            .exited = evidence_flag(told, "exited"),
            .status = (int)evidence_number(told, "status"),
            .outcome = outcome[0] != '\0' ? outcome : NULL,
            .error = evidence_text(told, "error"),
        };
    }
    evidence->steps_played = reading->about != NULL
                                 ? (int)evidence_number(reading->about, "steps_played")
                                 : (int)evidence->n_answers;
    evidence->client_output = evidence->client_errors = evidence->commands = "";
}

static void read_about(struct reading *reading)
{
    struct evidence_folder *folder = reading->folder;
    struct error missing = { 0 };
    const char *text, *slash = strrchr(reading->path, '/');
    size_t size;

    text = read_file(reading, "case.json", CASE_MAX, &size, &missing);
    reading->about = text != NULL ? evidence_parse(reading->context, text, size) : NULL;
    folder->id = evidence_text(reading->about, "case");
    if (folder->id[0] == '\0')
        folder->id = slash != NULL && slash[1] != '\0' ? slash + 1 : reading->path;
    folder->client = evidence_text(reading->about, "client");
    folder->outcome = evidence_text(reading->about, "outcome");
    folder->reason = evidence_text(reading->about, "reason");
    folder->overrides = evidence_list(reading->context, reading->about, "set");
}

int evidence_read(void *context, const char *path, struct evidence_folder *folder,
                  struct error *err)
{
    struct reading reading = { .context = context, .path = path, .folder = folder };

    *folder = (struct evidence_folder){ 0 };
    reading.evidence = talloc_zero(context, struct evidence);
    folder->evidence = reading.evidence;
    read_about(&reading);
    if (read_events(&reading, err) != 0 || read_scenario(&reading, err) != 0)
        return -1;
    read_answers(&reading);
    folder->pki = pki_open(time(NULL), NULL);
    pki_take(folder->pki, talloc_asprintf(context, "%s/pki", path), true);
    if (pki_mint_cast(folder->pki, err) != 0)
        return -1;
    return pki_mint_scenario(folder->pki, folder->scenario, err);
}

/* --- the newest --- */

/* nftw() has no context to give; the walk begins and ends in one call. */
static struct {
    void *context;
    char *path;
    struct timespec when;
} newest;

static bool counts_as_failed(const char *path)
{
    struct error err = { 0 };
    size_t size;
    void *context = talloc_new(NULL);
    const char *text = files_read(context, path, CASE_MAX, &size, &err);
    const char *outcome =
        text != NULL ? evidence_text(evidence_parse(context, text, size), "outcome") : "";
    bool failed = false;

    for (enum outcome o = OUTCOME_PASS; o < OUTCOME_COUNT; o++)
        failed |= outcome_counted(o) == COUNTED_FAILED && strcmp(outcome_name(o), outcome) == 0;
    talloc_free(context);
    return failed;
}

static int look_at(const char *path, const struct stat *status, int type, struct FTW *place)
{
    bool newer = status->st_mtim.tv_sec > newest.when.tv_sec ||
                 (status->st_mtim.tv_sec == newest.when.tv_sec &&
                  status->st_mtim.tv_nsec > newest.when.tv_nsec);

    if (type != FTW_F || strcmp(path + place->base, "case.json") != 0 || !newer ||
        !counts_as_failed(path))
        return 0;
    newest.when = status->st_mtim;
    newest.path = talloc_strndup(newest.context, path, (size_t)place->base - 1);
    return 0;
}

const char *evidence_newest(void *context, const char *artifacts)
{
    newest.context = context;
    newest.path = NULL;
    newest.when = (struct timespec){ 0, 0 };
    (void)nftw(artifacts, look_at, 16, FTW_PHYS);
    return newest.path;
}
