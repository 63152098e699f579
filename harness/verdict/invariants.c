/* What binds every client in every step, whether a case says so or not (SAFE-1 to SAFE-6). */
#include "harness/verdict/judge.h"

#include <string.h>
#include <strings.h>
#include <talloc.h>

struct scene {
    struct checks *checks;
    const struct observation *all;
    const struct observed_step *step;
    const struct scenario_step *asked; /* what the step told the client */
    const struct evidence_answer *answer;
    const char *outcome; /* "" where nothing was sent */
};

static bool holds(const struct scenario_client *client, const char *identity)
{
    for (size_t i = 0; i < client->n_certificates; i++)
        if (strcmp(client->certificates[i].identity, identity) == 0)
            return true;
    return false;
}

static bool is_someone(const char *name)
{
    return name != NULL && strcmp(name, "none") != 0 && strcmp(name, "empty") != 0 &&
           strcmp(name, "nothing") != 0;
}

static const char *collection_words(const struct scene *scene)
{
    const struct scenario_client *client = scene->asked->client;
    char *words =
        talloc_strdup(scene->checks->context, client->n_certificates > 0 ? "one of [" : "none");

    for (size_t i = 0; i < client->n_certificates; i++)
        words = talloc_asprintf_append_buffer(words, "%s%s%s", i > 0 ? ", " : "",
                                              client->certificates[i].identity,
                                              i + 1 == client->n_certificates ? "] or none" : "");
    return words;
}

/* SAFE-1: whose connection carried this mail? */
static void check_connection(const struct scene *scene)
{
    const struct observed_connection *connection = scene->step->connection;
    const struct scenario_client *now = scene->asked->client, *then;

    if (MUTANT(safe_1_unchecked))
        return;
    if (connection == NULL || !connection->handshake || connection->opened_in == 0)
        return;
    if (is_someone(connection->identity) && !holds(now, connection->identity)) {
        if (connection->opened_in != scene->step->number)
            checks_add_broken(scene->checks, "SAFE-1", "identity", collection_words(scene),
                              connection->identity);
        return;
    }
    if (connection->opened_in == scene->step->number)
        return;
    if (is_someone(connection->presented) && !holds(now, connection->presented))
        checks_add_broken(scene->checks, "SAFE-1", "presented", collection_words(scene),
                          connection->presented);
    then = scene->all->scenario->steps[connection->opened_in - 1].client;
    if (connection->requested && then->n_certificates == 0 && now->n_certificates > 0)
        checks_add_broken(scene->checks, "SAFE-1", "connections",
                          "a connection of its own, as it has a certificate now",
                          "the anonymous one made before");
}

/* SAFE-2: whose session was resumed? */
static void check_session(const struct scene *scene)
{
    if (MUTANT(safe_2_unchecked))
        return;
    for (size_t i = 0; i < scene->all->n_connections; i++) {
        const struct observed_connection *connection = &scene->all->connections[i];

        if (connection->opened_in == scene->step->number && connection->handshake &&
            strcmp(connection->resumed, "no") != 0 && is_someone(connection->identity) &&
            !holds(scene->asked->client, connection->identity))
            checks_add_broken(scene->checks, "SAFE-2", "identity", collection_words(scene),
                              talloc_asprintf(scene->checks->context, "%s, by a resumed session",
                                              connection->identity));
    }
}

/* SAFE-3: mail and passwords do not go in the clear where TLS is needed. */
static void check_plaintext(const struct scene *scene)
{
    static const char *const secret[] = { "MAIL", "RCPT", "DATA", "BDAT", "AUTH", NULL };
    const struct fact_value *plaintext = &scene->step->facts[FACT_PLAINTEXT];

    if (MUTANT(safe_3_unchecked))
        return;
    if (scene->asked->client->tls != SCENARIO_TLS_REQUIRED)
        return;
    for (size_t i = 0; plaintext->values[i] != NULL; i++)
        for (size_t j = 0; secret[j] != NULL; j++)
            if (strncasecmp(plaintext->values[i], secret[j], 4) == 0) {
                checks_add_broken(scene->checks, "SAFE-3", "plaintext",
                                  "nothing but EHLO, STARTTLS, QUIT", plaintext->values[i]);
                return;
            }
}

/* A command under TLS came before the answer to the one before it. */
static bool is_early_under_tls(const struct scene *scene)
{
    const struct evidence *evidence = scene->all->evidence;

    for (size_t i = 0; i < evidence->n_events; i++) {
        const struct evidence_event *event = &evidence->events[i];

        if (event->id == EVENT_COMMAND && event->step == scene->step->number &&
            evidence_flag(event->fields, "tls") && evidence_flag(event->fields, "early"))
            return true;
    }
    return false;
}

/* SAFE-4: a client that takes an injected reply for a real one answers before it was asked. */
static void check_injection(const struct scene *scene)
{
    const struct observed_connection *connection = scene->step->connection;

    if (MUTANT(safe_4_unchecked))
        return;
    if (connection != NULL && connection->injected && connection->handshake &&
        is_early_under_tls(scene))
        checks_add_broken(scene->checks, "SAFE-4", "early", "no",
                          "yes: what was said before TLS was taken for an answer after it");
}

/* SAFE-5: delivered is reported if and only if the server took the message; once each, byte for
 * byte. */
static void check_delivery(const struct scene *scene)
{
    bool delivered = strcmp(scene->outcome, "delivered") == 0;
    const struct fact_value *intact = &scene->step->facts[FACT_MESSAGE_INTACT];
    int n = scene->step->n_messages;

    if (MUTANT(safe_5_unchecked) ||
        (scene->all->evidence->from_client && !scene->all->evidence->relayed))
        return;
    if (delivered && n == 0)
        checks_add_broken(scene->checks, "SAFE-5", "outcome",
                          "not delivered: the server took no message", "delivered");
    if (!delivered && n > 0 && !(scene->step->connection != NULL && scene->step->connection->cut) &&
        !scene->answer->timed_out)
        checks_add_broken(scene->checks, "SAFE-5", "outcome",
                          "delivered: the server took the message", scene->outcome);
    if (n > 1)
        checks_add_broken(scene->checks, "SAFE-5", "messages", "1",
                          talloc_asprintf(scene->checks->context, "%d", n));
    if (n > 0 && strcmp(intact->values[0], "no") == 0)
        checks_add_broken(scene->checks, "SAFE-5", "message.intact", "yes", "no");
}

static bool may_stall(const struct scenario_server *server)
{
    for (size_t i = 0; i < server->n_script; i++)
        if (server->script[i].stall)
            return true;
    return false;
}

/* SAFE-6: a refusal is told, within the deadline; a client that dies or hangs tells nothing. */
static void check_told(const struct scene *scene)
{
    bool hung = strcmp(scene->outcome, "timeout") == 0 && scene->answer->timed_out;
    const struct observed_connection *connection = scene->step->connection;

    if (MUTANT(safe_6_unchecked))
        return;
    if (strcmp(scene->outcome, "crashed") == 0)
        checks_add_broken(scene->checks, "SAFE-6", "outcome", "an answer", "crashed");
    /* A client that is slow to come to the place where the server stalls is not hanging. */
    if (hung && !(connection != NULL && connection->stalled) && !may_stall(scene->asked->server))
        checks_add_broken(scene->checks, "SAFE-6", "outcome", "an answer within the deadline",
                          "timeout");
}

static void (*const invariants[])(const struct scene *scene) = {
    check_connection, check_session, check_plaintext, check_injection, check_delivery, check_told,
};

void invariants_check(struct checks *checks, const struct observation *all,
                      const struct observed_step *step)
{
    const struct fact_value *outcome = &step->facts[FACT_OUTCOME];
    const struct scene scene = {
        .checks = checks,
        .all = all,
        .step = step,
        .asked = &all->scenario->steps[step->number - 1],
        .answer = &all->evidence->answers[step->number - 1],
        .outcome = outcome->values != NULL ? outcome->values[0] : "",
    };

    /* A probe is told to do what no client may. */
    if (scene.asked->send == NULL || scene.asked->is_probe)
        return;
    for (size_t i = 0; i < sizeof(invariants) / sizeof(invariants[0]); i++)
        invariants[i](&scene);
}
