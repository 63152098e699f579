/* Clients that are a command line: one process a mail, or all mails through one process. */
#include "harness/run/stage.h"

#include <fcntl.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

/* The steps that send through the process that the step `first` starts: up to the next restart. */
static size_t count_mails(const struct stage *stage, const struct scenario_step *first)
{
    const struct scenario *scenario = stage->scenario;
    size_t n = 0;

    for (size_t i = (size_t)first->number - 1; i < scenario->n_steps; i++) {
        if (&scenario->steps[i] != first && scenario->steps[i].restart)
            break;
        n += scenario->steps[i].send != NULL;
    }
    return n;
}

/* The command line that sends the mails of this process, in order. */
static char **arguments(const struct stage *stage, const struct scenario_step *first, size_t mails)
{
    const struct profile *profile = stage->options->profile;
    struct profile_values values = stage_values(stage, first);
    char **words = profile_expand(stage->evidence, NULL, profile->command, &values);

    for (const struct scenario_step *step = first; mails > 0; step++) {
        if (step->send == NULL)
            continue;
        values = stage_values(stage, step);
        if (step != first)
            words = profile_expand(stage->evidence, words, profile->next, &values);
        if (profile->send != NULL)
            words = profile_expand(stage->evidence, words, profile->send, &values);
        mails--;
    }
    return words;
}

static int make_fifos(const struct stage *stage, const struct scenario_step *first, size_t mails,
                      struct error *err)
{
    for (const struct scenario_step *step = first; mails > 0; step++) {
        const char *path;

        if (step->send == NULL)
            continue;
        path = stage_path(stage, talloc_asprintf(stage->evidence, "message-%d.eml", step->number));
        if (mkfifo(path, 0600) != 0 || mkfifo(stage_ready_path(stage, step), 0600) != 0)
            return error_set_errno(err, "cannot make the fifo %s", path);
        mails--;
    }
    return 0;
}

/* Opening a fifo waits for its reader: so the client is heard to come to a mail, whatever it says.
 */
static int usher(void *data)
{
    const struct stage *stage = data;
    unsigned char mail = 1;

    for (size_t i = (size_t)stage->step; i < stage->scenario->n_steps; i++) {
        const struct scenario_step *step = &stage->scenario->steps[i];
        int fd;

        if (step->send == NULL)
            continue;
        fd = open(stage_ready_path(stage, step), O_WRONLY | O_CLOEXEC);
        mail++;
        if (fd < 0 || write(STDOUT_FILENO, &mail, 1) != 1)
            return 1;
        close(fd);
    }
    return 0;
}

static int start_several(struct stage *stage, const struct scenario_step *step, size_t mails,
                         struct error *err)
{
    const struct process_options options = {
        .name = "the usher", .body = usher, .context = stage, .with_output = true
    };

    if (make_fifos(stage, step, mails, err) != 0 || stage_write_ahead(stage, err) != 0)
        return -1;
    process_free(stage->usher);
    stage->usher = process_start(&options, err);
    return stage->usher != NULL ? 0 : -1;
}

static int begin(struct stage *stage, const struct scenario_step *step, struct error *err)
{
    struct process_options options = { .name = "the client" };
    struct profile_values values;
    size_t mails = count_mails(stage, step);

    stage->more = mails > 1;
    stage->said_code = 0;
    stage->said = "";
    if (stage->process != NULL) {
        stage->mails++;
        return stage_write_message(stage, step, true, err) != NULL ? 0 : -1;
    }
    if (mails > 1 && start_several(stage, step, mails, err) != 0)
        return -1;
    if (stage_write_message(stage, step, mails > 1, err) == NULL)
        return -1;
    options.argv = arguments(stage, step, mails);
    values = stage_values(stage, step);
    if (stage->options->profile->reads_input)
        options.input = values.message;
    if (run_write_files(stage->options->profile, stage->options->directory, &values, err) != 0 ||
        stage_start_client(stage, &options, &values, err) != 0)
        return -1;
    stage->mails = stage->reached = 1;
    return 0;
}

static bool matches(const char *pattern, const char *text, regmatch_t *groups, size_t n_groups)
{
    regex_t regex;
    bool found;

    if (regcomp(&regex, pattern, REG_EXTENDED | REG_ICASE | REG_NEWLINE) != 0)
        return false;
    found = regexec(&regex, text, n_groups, groups, 0) == 0;
    regfree(&regex);
    return found;
}

/* What an exit code and a message mean by the client's profile. NULL: it says nothing of it. */
static const char *outcome_of(const struct profile *profile, int exit, const char *said)
{
    for (size_t i = 0; i < profile->n_outcomes; i++) {
        const struct profile_outcome *row = &profile->outcomes[i];

        if ((row->exit == PROFILE_ANY_EXIT || row->exit == exit) &&
            (row->matches == NULL || matches(row->matches, said, NULL, 0)))
            return row->outcome;
    }
    return exit == 0 ? "delivered" : NULL;
}

/* Between two mails it opens a fifo: what it says before that is about the mail before. */
static bool rings(const struct profile *profile)
{
    return profile->next != NULL && strstr(profile->next, "{ready}") != NULL;
}

/* A process that sends several mails may say with a line that one is over, and how. Of one that
 * rings the line tells only how, as it may say so more than once; but nobody rings after the last.
 */
static void line(struct stage *stage, int stream, const char *text)
{
    const struct profile *profile = stage->options->profile;
    struct evidence_answer *answer = stage_answer(stage);
    regmatch_t groups[2] = { { -1, -1 }, { -1, -1 } };

    (void)stream;
    if (profile->answer == NULL || !answer->sent || answer->ended ||
        !matches(profile->answer, text, groups, 2))
        return;
    stage->said_code = groups[1].rm_so >= 0 ? (int)strtol(text + groups[1].rm_so, NULL, 10) : 0;
    stage->said = talloc_strdup(stage->evidence, text);
    if (!rings(profile) || !stage->more)
        stage_answered(stage, outcome_of(profile, stage->said_code, stage->said),
                       stage->said_code == 0 ? "" : stage->said);
}

static void reached(struct stage *stage, int mail)
{
    const struct evidence_answer *answer = stage_answer(stage);

    stage->reached = mail;
    if (answer->sent && !answer->ended && stage->mails == mail - 1)
        stage_answered(stage, outcome_of(stage->options->profile, stage->said_code, stage->said),
                       stage->said_code == 0 ? "" : stage->said);
}

static void ended(struct stage *stage)
{
    const struct profile *profile = stage->options->profile;
    struct evidence_answer *answer = stage_answer(stage);
    const char *said =
        talloc_asprintf(stage->evidence, "%s%s", stage->kept[0].bytes, stage->kept[1].bytes);

    if (!answer->sent || answer->ended)
        return;
    if (stage->mails > 1 && !(rings(profile) && stage->reached >= stage->mails))
        stage_answered(stage, "crashed", STAGE_ENDED_TOO_EARLY);
    else
        stage_answered(stage, outcome_of(profile, answer->status, said),
                       answer->status == 0 ? "" : said);
}

const struct client client_command = { "command", begin, line, reached, ended };
