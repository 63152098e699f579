/* Clients that take a JSON line a step; see cases/clients/README.md. */
#include "harness/run/stage.h"
#include "harness/scenario/errors.h"

#include "harness/smtp_client/smtp_client.h"

#include <string.h>
#include <talloc.h>
#include <unistd.h>

static int drive(void *data)
{
    (void)data;
    return smtp_client_drive(STDIN_FILENO, STDOUT_FILENO);
}

static int start(struct stage *stage, const struct scenario_step *step, struct error *err)
{
    const struct profile *profile = stage->options->profile;
    struct process_options options = { .name = "the client", .with_input = true };
    struct profile_values values = { 0 };

    if (profile == NULL || profile->policy != NULL) {
        options.body = drive;
    } else {
        values = stage_values(stage, step);
        options.argv = profile_expand(stage->evidence, NULL, profile->command, &values);
        if (run_write_files(profile, stage->options->directory, &values, err) != 0)
            return -1;
    }
    return stage_start_client(stage, &options, &values, err);
}

static json_t *certificates(const struct stage *stage, const struct scenario_client *client)
{
    json_t *list = json_array();

    for (size_t i = 0; i < client->n_certificates; i++) {
        const char *file = client->certificates[i].file;
        const char *base = stage_path(stage, file);
        json_t *item = json_pack("{s:s, s:s, s:s, s:s}", "name", file, "cert",
                                 talloc_asprintf(stage->evidence, "%s.pem", base), "key",
                                 talloc_asprintf(stage->evidence, "%s.key", base), "pfx",
                                 talloc_asprintf(stage->evidence, "%s.pfx", base));

        json_array_append_new(list, item);
    }
    return list;
}

static json_t *texts(const char *const *items)
{
    json_t *list = json_array();

    for (; *items != NULL; items++)
        json_array_append_new(list, json_string(*items));
    return list;
}

static const char *versions(const struct stage *stage, const struct scenario_client *client)
{
    /* 0x0301 is TLS 1.0. */
    return talloc_asprintf(stage->evidence, "1.%d..1.%d", client->tls_min - 0x0301,
                           client->tls_max - 0x0301);
}

/* ["inject", "0d0a"]; identities as the files that hold them. */
static json_t *act_json(const struct stage *stage, const struct scenario_act *act)
{
    json_t *list = json_pack("[s]", act->name);

    for (const char *const *value = act->values; *value != NULL; value++)
        json_array_append_new(list, act->identities && pki_find(stage->pki, *value) != NULL
                                        ? json_string(stage_probe_path(stage, *value))
                                        : json_string(*value));
    return list;
}

static json_t *probe_json(const struct stage *stage, const struct scenario_step *step)
{
    static const int when[] = { 0, -1, 1 };
    json_t *rows = json_array();

    for (size_t i = 0; i < step->n_probe; i++) {
        const struct scenario_probe *probe = &step->probe[i];
        json_t *acts = json_array();

        for (size_t j = 0; j < probe->n_acts; j++)
            json_array_append_new(acts, act_json(stage, &probe->acts[j]));
        json_array_append_new(rows, json_pack("{s:s, s:i, s:o}", "on", probe->on, "tls",
                                              when[probe->when], "acts", acts));
    }
    return rows;
}

static json_t *request(const struct stage *stage, const struct scenario_step *step,
                       const char *message)
{
    static const char *const modes[] = { "starttls", "implicit" };
    static const char *const securities[] = { "required", "optional", "none" };
    const struct scenario_client *client = step->client;
    const struct profile *profile = stage->options->profile;
    const char *own = profile != NULL && profile->policy != NULL ? profile->policy : "doc";
    const char *fault = stage->options->fault != NULL ? stage->options->fault : client->misbehave;
    /* Who gives up needs the rest to say so before the case is over. */
    int64_t left = stage_time_left(stage) * 3 / 4;
    json_t *asked = json_pack(
        "{s:i, s:s, s:i, s:s, s:s, s:s, s:o, s:s, s:o, s:s, s:b, s:I, s:s, s:I}", "step",
        step->number, "host", client->host, "port", (int)strtol(stage_port(stage, step), NULL, 10),
        "mode", modes[scenario_mode_of(step)], "security", securities[client->tls], "trust",
        stage_trust_path(stage, client), "certificates", certificates(stage, client), "from",
        step->send->from, "to", texts(step->send->to), "message", message, "new_client",
        step->new_client, "timeout_ms", (json_int_t)left, "policy",
        client->policy != NULL ? client->policy : own, "clock_s", (json_int_t)step->clock_s);

    json_object_set_new(asked, "address", json_string("127.0.0.1"));
    json_object_set_new(asked, "own_connection", json_boolean(step->server->close_after_message));
    if (client->domain != NULL)
        json_object_set_new(asked, "domain", json_string(client->domain));
    if (client->alpn != NULL)
        json_object_set_new(asked, "alpn", texts(client->alpn));
    if (client->tls_min != 0)
        json_object_set_new(asked, "versions", json_string(versions(stage, client)));
    if (stage->subject != NULL)
        json_object_set_new(asked, "witness", json_true());
    if (stage->subject != NULL && stage->subject->server->address != NULL) {
        json_object_set_new(asked, "host", json_string(stage->subject->server->address));
        json_object_set_new(asked, "resolve", json_true());
    }
    if (step->is_probe)
        json_object_set_new(asked, "probe", probe_json(stage, step));
    if (fault != NULL)
        json_object_set_new(asked, "misbehave", json_string(fault));
    return asked;
}

static int begin(struct stage *stage, const struct scenario_step *step, struct error *err)
{
    const char *message = stage_write_message(stage, step, false, err);
    json_t *asked;
    char *line;
    size_t size;

    if (message == NULL || (stage->process == NULL && start(stage, step, err) != 0))
        return -1;
    stage->mails++;
    stage->more = true;
    asked = request(stage, step, message);
    line = json_dumps(asked, JSON_COMPACT);
    json_decref(asked);
    size = strlen(line);
    line[size] = '\n'; /* in the place of the NUL: the length is known */
    stage_write_client(stage, line, size + 1);
    free(line);
    return 0;
}

/* What a driver does that no driver does: the case cannot be judged by it. */
static void break_off(struct stage *stage, const char *trouble)
{
    if (stage->evidence->trouble == NULL)
        stage->evidence->trouble =
            talloc_asprintf(stage->evidence, "the client's driver: %s", trouble);
    if (!stage_answer(stage)->ended)
        stage_answered(stage, NULL, trouble);
}

static bool is_outcome(void *context, const char *outcome)
{
    for (const char *const *word = words_split(context, facts[FACT_OUTCOME].words); *word != NULL;
         word++)
        if (strcmp(*word, outcome) == 0)
            return true;
    return false;
}

/* Tells what is wrong with an answer; NULL: nothing. */
static const char *fault_of(struct stage *stage, const json_t *report, const char *text)
{
    void *context = stage->evidence;
    const char *failure = evidence_text(report, "failure");
    const char *outcome = evidence_text(report, "outcome");

    if (report == NULL)
        return talloc_asprintf(context, "it answered with no JSON object: %.200s", text);
    if (evidence_number(report, "step") != stage->step)
        return talloc_asprintf(context, "it answered for step %lld, not for step %d: %.200s",
                               evidence_number(report, "step"), stage->step, text);
    if (stage_answer(stage)->ended)
        return talloc_asprintf(context, "it answered twice for step %d: %.200s", stage->step, text);
    if (failure[0] != '\0')
        return failure;
    if (outcome[0] != '\0' && !is_outcome(context, outcome))
        return talloc_asprintf(context, "\"%.60s\" is no outcome; they are %s", outcome,
                               facts[FACT_OUTCOME].words);
    return NULL;
}

static void line(struct stage *stage, int stream, const char *text)
{
    json_t *report;
    const char *fault, *outcome;

    if (stream != 0 || text[0] == '\0')
        return;
    report = evidence_parse(stage->evidence, text, strlen(text));
    fault = fault_of(stage, report, text);
    if (fault != NULL) {
        break_off(stage, fault);
        return;
    }
    outcome = evidence_text(report, "outcome");
    if (stage->subject != NULL)
        heard_take(stage, report);
    stage_answer(stage)->report = report;
    /* Where it does not say, the server's evidence does. */
    stage_answered(stage, outcome[0] != '\0' ? outcome : NULL, evidence_text(report, "error"));
}

static void reached(struct stage *stage, int mail)
{
    (void)stage;
    (void)mail;
}

static void ended(struct stage *stage)
{
    struct evidence_answer *answer = stage_answer(stage);

    if (!answer->sent || answer->ended)
        return;
    if (stage->mails == 1) /* it may never have come to run */
        stage->evidence->trouble = talloc_asprintf(
            stage->evidence, "the client's driver ended with %d and without an answer",
            answer->status);
    stage_answered(stage, "crashed", STAGE_ENDED_TOO_EARLY);
}

const struct client client_driver = { "driver", begin, line, reached, ended };
