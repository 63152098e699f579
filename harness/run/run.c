#include "harness/run/stage.h"

#include <string.h>
#include <talloc.h>
#include <unistd.h>

/* After the deadline of a case the fake server still gets this long to say what it saw. */
#define RECORD_GRACE_MS 2000

static bool client_has_answered(const struct stage *stage)
{
    return stage->evidence->answers[stage->step - 1].ended;
}

static int last_mail(const struct stage *stage)
{
    int step = stage->step;

    while (step > 0 && !stage->evidence->answers[step - 1].sent)
        step--;
    return step;
}

/* It may have come while the mail was under way: what counts is that it came since. */
static bool awaited_event_came(const struct stage *stage)
{
    const struct evidence *evidence = stage->evidence;
    int since = last_mail(stage);

    for (size_t i = evidence->n_events; i > 0 && evidence->events[i - 1].step >= since; i--)
        if ((int)evidence->events[i - 1].id == stage->awaited)
            return true;
    return false;
}

/* Sends the mail of a step. A client that does not answer in time is ended; that is evidence, not
 * trouble. */
static int play_send(struct stage *stage, const struct scenario_step *step, struct error *err)
{
    struct evidence_answer *answer = stage_answer(stage);
    struct error late = { 0 };

    answer->sent = true;
    answer->begun_us = process_now_us();
    if (stage->process == NULL && stage->more) {
        stage_answered(stage, "crashed", STAGE_ENDED_TOO_EARLY);
        return 0;
    }
    if (stage->client->begin(stage, step, err) != 0)
        return -1;
    if (stage_wait(stage, client_has_answered, "the client", &late) == 0)
        return 0;
    if (process_now_ms() < stage->deadline_ms) {
        *err = late;
        return -1;
    }
    answer->timed_out = true;
    stage_note_hanging(stage);
    answer->ended_us = process_now_us();
    stage_stop_client(stage, false);
    stage->deadline_ms = process_now_ms() + RECORD_GRACE_MS;
    return 0;
}

/* The client has answered in time; that the server is slow to say what it saw is not its fault. */
static int take_record(struct stage *stage, struct error *err)
{
    int64_t deadline_ms = stage->deadline_ms, grace_ms = process_now_ms() + RECORD_GRACE_MS;
    int rv;

    stage->deadline_ms = deadline_ms > grace_ms ? deadline_ms : grace_ms;
    rv = stage->subject != NULL && stage_answer(stage)->ended ? mail_server_take_record(stage, err)
                                                              : 0;
    if (rv == 0)
        rv = stage_server_sync(stage, err);
    stage->deadline_ms = deadline_ms;
    return rv;
}

static int play_step(struct stage *stage, const struct scenario_step *step, struct error *err)
{
    /* The files are written while the server makes itself ready. */
    if (stage_server_step(stage, step, err) != 0 ||
        (step->send != NULL && stage_write_identities(stage, step, err) != 0) ||
        stage_server_await_step(stage, err) != 0 ||
        (stage->subject != NULL && mail_server_step(stage, step, err) != 0))
        return -1;
    stage->awaited = step->wait != NULL ? (int)evidence_find_event(step->wait) : -1;
    if (step->send != NULL && play_send(stage, step, err) != 0)
        return -1;
    if (step->wait != NULL && !stage_answer(stage)->timed_out &&
        stage_wait(stage, awaited_event_came, step->wait, err) != 0)
        return -1;
    return take_record(stage, err);
}

static int play_steps(struct stage *stage, struct error *err)
{
    const struct run_options *options = stage->options;

    for (size_t i = 0; i < stage->scenario->n_steps; i++) {
        const struct scenario_step *step = &stage->scenario->steps[i];

        if (step->restart)
            stage_stop_client(stage, true); /* how it ends belongs to the step before */
        stage->step = step->number;
        stage->evidence->steps_played = step->number;
        if (play_step(stage, step, err) != 0)
            return error_wrap(err, "step %d", step->number);
        if (stage->evidence->trouble != NULL || stage_answer(stage)->timed_out)
            return 0;
        if (options->go_on != NULL &&
            !options->go_on(options->go_on_context, stage->evidence, step->number))
            return 0;
    }
    stage->over = true;
    return 0;
}

static void init_stage(struct stage *stage, const struct scenario *scenario, const struct pki *pki,
                       const struct run_options *options, struct evidence *evidence)
{
    const struct profile *profile = options->profile;
    int start_ms = profile == NULL ? 0 : profile->driver ? RUN_DRIVER_START_MS : RUN_START_MS;

    evidence->begun_us = process_now_us();
    evidence->commands = "";
    evidence->n_answers = scenario->n_steps;
    evidence->answers =
        talloc_zero_array(evidence, struct evidence_answer, (unsigned)scenario->n_steps);
    for (size_t i = 0; i < evidence->n_answers; i++)
        evidence->answers[i].error = "";
    *stage = (struct stage){
        .scenario = scenario,
        .pki = pki,
        .options = options,
        .evidence = evidence,
        .deadline_ms = process_now_ms() + scenario->deadline_ms + start_ms,
        .start_ms = start_ms,
        .captured = { -1, -1 },
        .awaited = -1,
        .step = 1,
        .client = profile == NULL || profile->driver ? &client_driver : &client_command,
    };
    for (int i = 0; i < 2; i++) {
        stage->kept[i].bytes = talloc_array(evidence, char, CLIENT_OUTPUT_MAX + 1);
        stage->kept[i].bytes[0] = '\0';
    }
}

/* The reference client is the instrumented end. */
static void set_subject(struct stage *stage, const struct profile *profile)
{
    stage->subject = profile;
    stage->deadline_ms += RUN_SERVER_START_MS;
    stage->evidence->from_client = true;
    stage->evidence->relayed = profile_uses(profile, "sink");
    stage->evidence->server_log = "";
}

int run_deadline_ms(const struct profile *profile, const struct scenario *scenario)
{
    int starts = profile != NULL && profile->server != NULL ? (int)scenario->n_steps : 0;

    return scenario->deadline_ms + RUN_DRIVER_START_MS + starts * RUN_SERVER_START_MS;
}

const struct evidence *run_case(void *context, const struct scenario *scenario,
                                const struct pki *pki, const struct run_options *options)
{
    struct evidence *evidence = talloc_zero(context, struct evidence);
    struct error err = { 0 }, ignored = { 0 };
    struct run_options own = *options;
    struct stage stage;

    if (own.profile != NULL && own.profile->server != NULL)
        own.profile = NULL;
    init_stage(&stage, scenario, pki, &own, evidence);
    if (own.profile != options->profile)
        set_subject(&stage, options->profile);
    if (stage_start_server(&stage, &err) == 0)
        (void)play_steps(&stage, &err);
    if (err.kind != ERROR_NONE && evidence->trouble == NULL)
        evidence->trouble = talloc_strdup(evidence, err.text);
    /* A case that ended early has a client that waits for more. */
    stage_stop_client(&stage, stage.over);
    if (stage.over)
        (void)stage_server_sync(&stage, &ignored);
    stage_stop_server(&stage);
    mail_server_stop(&stage);
    (void)process_kill_all();
    evidence->client_output = stage.kept[0].bytes;
    evidence->client_errors = stage.kept[1].bytes;
    return evidence;
}
