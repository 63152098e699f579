/* Sessions, what came after the handshake, and steps as a whole. */
#include "harness/explain/scene.h"

#include <string.h>
#include <talloc.h>

/* --- sessions --- */

/* The connection whose full handshake made somebody who they are. */
static int made_in(const struct scene *scene, const char *identity)
{
    for (int i = scene->connection->number - 1; i > 0; i--) {
        const struct observed_connection *earlier = &scene->all->connections[i - 1];

        if (earlier->handshake && strcmp(earlier->resumed, "no") == 0 &&
            strcmp(earlier->identity, identity) == 0)
            return i;
    }
    return 0;
}

const char *cause_session_of_another(const struct scene *scene)
{
    const struct observed_connection *connection = scene->connection;
    const char *const *items = scene_collection(scene);
    const char *given = items[0] != NULL ? scene_words(scene, items) : "no certificate";
    int from;

    if (!scene->known || !connection->handshake || strcmp(connection->resumed, "no") == 0 ||
        !scene_is_someone(connection->identity) || scene_has(items, connection->identity))
        return NULL;
    from = made_in(scene, connection->identity);
    if (from == 0)
        return talloc_asprintf(scene->context,
                               "a session of %s was resumed, and the client was given %s",
                               connection->identity, given);
    return talloc_asprintf(scene->context,
                           "the session that %s made in connection %d was resumed, and the client "
                           "was given %s",
                           connection->identity, from, given);
}

const char *cause_session_declined(const struct scene *scene)
{
    const struct observed_connection *connection = scene->connection;
    const char *why = "it does not say why";

    if (!connection->handshake || connection->offered == NULL ||
        strcmp(connection->offered, "none") == 0 || strcmp(connection->resumed, "no") != 0)
        return NULL;
    if (scene->known && scene->asked->rotate_ticket_keys)
        why = "its ticket keys are new";
    else if (scene->known && scene->asked->drop_session_cache)
        why = "its session cache is empty";
    else if (scene->known && scene->server->sessions.fault != SCENARIO_SESSIONS_FINE)
        why = "its settings make it do so";
    return talloc_asprintf(scene->context, "the server did not resume the session offered (%s): %s",
                           connection->offered, why);
}

/* --- refusals of SMTP --- */

struct refusal {
    const char *verb;
    const char *line; /* the first of the reply */
};

static bool is_of_mail(const char *verb)
{
    static const char *const verbs[] = { "AUTH", "MAIL", "RCPT", "DATA", "BDAT", NULL };

    return scene_has(verbs, verb);
}

/* The command of the connection that was answered 4xx or 5xx: the first of those that send mail
 * (after it others are out of place), or else the last. */
static struct refusal refusal_of(const struct scene *scene)
{
    const struct evidence *evidence = scene->all->evidence;
    struct refusal refusal = { NULL, "" };
    const char *verb = "connecting";

    for (size_t i = 0; i < evidence->n_events; i++) {
        const struct evidence_event *event = &evidence->events[i];

        if (event->connection != scene->connection->number)
            continue;
        if (event->id == EVENT_COMMAND)
            verb = evidence_text(event->fields, "verb");
        if (event->id != EVENT_REPLY || evidence_number(event->fields, "code") < 400)
            continue;
        refusal.verb = verb;
        refusal.line = scene_list(scene, event, "lines")[0];
        if (is_of_mail(verb))
            break;
    }
    if (refusal.line == NULL)
        refusal.line = "";
    return refusal;
}

const char *cause_nobody_refused(const struct scene *scene)
{
    struct refusal refusal = refusal_of(scene);

    if (!scene->known || refusal.verb == NULL || !scene->connection->handshake ||
        scene_is_someone(scene->connection->identity) ||
        scene->server->without_identity == SCENARIO_WITHOUT_TAKE)
        return NULL;
    return talloc_asprintf(scene->context,
                           "the server takes the client to be nobody, and takes no mail of nobody: "
                           "it answered %s with \"%s\"",
                           refusal.verb, refusal.line);
}

static const struct scenario_account *account_of(const struct scene *scene)
{
    const struct scenario_judgement *judgement = &scene->server->judgement;
    const char *name = scene->connection->account;

    for (size_t i = 0; scene->known && name != NULL && i < judgement->n_accounts; i++)
        if (strcmp(judgement->accounts[i].name, name) == 0)
            return &judgement->accounts[i];
    return NULL;
}

const char *cause_account_refused(const struct scene *scene)
{
    struct refusal refusal = refusal_of(scene);
    const struct scenario_account *account = account_of(scene);
    const char *what = NULL;

    if (account == NULL || refusal.verb == NULL)
        return NULL;
    if (account->no_relay && strcmp(refusal.verb, "RCPT") == 0)
        what = "may not relay";
    else if (account->no_external && strcmp(refusal.verb, "AUTH") == 0)
        what = "may not use AUTH EXTERNAL";
    else if (account->quota > 0 && strcmp(refusal.verb, "MAIL") == 0)
        what = "has sent all that it may";
    if (what == NULL)
        return NULL;
    return talloc_asprintf(scene->context, "the account %s of %s %s: %s was answered with \"%s\"",
                           account->name, scene->connection->identity, what, refusal.verb,
                           refusal.line);
}

const char *cause_reply_refused(const struct scene *scene)
{
    struct refusal refusal = refusal_of(scene);
    const struct scenario_delta *delta = scene_script(scene);

    if (refusal.verb == NULL || strcmp(refusal.verb, "STARTTLS") == 0)
        return NULL;
    return talloc_asprintf(
        scene->context, "%s was answered with \"%s\"%s", refusal.verb, refusal.line,
        delta != NULL && delta->reply != NULL ? ", as the server's script says" : "");
}

/* What a delta does to the connection itself; NULL: nothing. */
static const char *harm(const struct scenario_delta *delta)
{
    static const char *const ways[] = {
        [SCENARIO_CLOSE_NO] = NULL,
        [SCENARIO_CLOSE_CLEAN] = "closes the connection",
        [SCENARIO_CLOSE_TRUNCATED] = "closes the connection without close_notify",
        [SCENARIO_CLOSE_RESET] = "resets the connection",
        [SCENARIO_CLOSE_HALF] = "says no more and closes its half of the connection",
    };

    if (delta->stall)
        return "falls silent";
    if (delta->cut > 0)
        return "cuts the connection";
    if (delta->corrupt || delta->raw != NULL || delta->garbage > 0)
        return "garbles the bytes below TLS";
    if (delta->bytes != NULL)
        return "sends other bytes than a reply";
    if (delta->answer != SCENARIO_ANSWER_ONCE)
        return "answers out of order";
    return ways[delta->close];
}

const char *cause_script_cut(const struct scene *scene)
{
    const struct scenario_delta *delta = scene_script(scene);
    const char *what = delta != NULL && scene->connection->cut ? harm(delta) : NULL;

    return what == NULL ? NULL
                        : talloc_asprintf(scene->context, "the server's script %s (on: %s)", what,
                                          delta->on);
}

/* --- steps --- */

/* Of what the client says. */
static const char *first_line(const struct scene *scene)
{
    const char *text = scene->answer->error;

    return talloc_strndup(scene->context, text, strcspn(text, "\r\n"));
}

static bool has_mail(const struct scene *scene)
{
    return scene->asked->send != NULL && scene->answer->sent;
}

const char *cause_reused(const struct scene *scene)
{
    const struct observed_connection *old = scene->step->connection;
    const char *const *items = scene_collection(scene);

    if (!has_mail(scene) || scene->step->n_opened > 0 || old == NULL)
        return NULL;
    if (!scene->known)
        return talloc_asprintf(scene->context,
                               "no new connection was opened: the mail went over connection %d",
                               old->number);
    return talloc_asprintf(scene->context,
                           "no new connection was opened: the mail went over connection %d, made "
                           "in step %d, whose identity is %s; the client was now given %s",
                           old->number, old->opened_in,
                           scene_is_someone(old->identity) ? old->identity : "nobody",
                           items[0] != NULL ? scene_words(scene, items) : "no certificate");
}

const char *cause_never_came(const struct scene *scene)
{
    const char *says = first_line(scene);

    if (!has_mail(scene) || scene->step->n_opened > 0 || scene->step->connection != NULL)
        return NULL;
    return talloc_asprintf(scene->context, "no connection came to the server%s%s%s",
                           scene_key_faults(scene),
                           says[0] != '\0' ? "; the client says: "
                                           : ", and the client says "
                                             "nothing",
                           says);
}

const char *cause_died(const struct scene *scene)
{
    const struct evidence_answer *answer = scene->answer;

    if (!has_mail(scene) || !answer->exited || answer->status >= 0 || answer->timed_out)
        return NULL;
    return talloc_asprintf(scene->context, "the client's process died of signal %d (%s)",
                           -answer->status, strsignal(-answer->status));
}

const char *cause_silent(const struct scene *scene)
{
    return has_mail(scene) && scene->answer->timed_out
               ? "the client neither answered nor ended within the deadline"
               : NULL;
}

const char *cause_client_says(const struct scene *scene)
{
    const struct fact_value *outcome = &scene->step->facts[FACT_OUTCOME];
    const struct evidence_answer *answer = scene->answer;

    if (!has_mail(scene) || outcome->values == NULL || strcmp(outcome->values[0], "delivered") == 0)
        return NULL;
    if (answer->error[0] != '\0')
        return talloc_asprintf(scene->context,
                               "nothing that was seen explains it; the client says: %s",
                               first_line(scene));
    if (answer->exited)
        return talloc_asprintf(scene->context,
                               "nothing that was seen explains it; the client says no more than "
                               "its exit code %d",
                               answer->status);
    return "nothing that was seen explains it, and the client says nothing";
}
