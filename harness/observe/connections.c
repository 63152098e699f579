/* Events in order -> connections and messages. */
#include "harness/observe/view.h"

#include "harness/base/files.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>
#include <talloc.h>

#define MESSAGE_MAX ((size_t)64 * 1024 * 1024)

/* Takes one event into its connection. */
typedef void fold(struct observation *all, struct observed_connection *connection,
                  const struct evidence_event *event);

/* The name of the identity with a fingerprint; what nobody declared is told by its subject. */
static const char *name_of(struct observation *all, const char *fingerprint, const char *subject)
{
    const struct pki_identity *identity = pki_find_fingerprint(all->pki, fingerprint);

    return identity != NULL ? identity->name : talloc_asprintf(all, "unknown (%s)", subject);
}

static const char *text_or_null(const json_t *fields, const char *name)
{
    const char *text = evidence_text(fields, name);

    return text[0] != '\0' ? text : NULL;
}

static void fold_open(struct observation *all, struct observed_connection *connection,
                      const struct evidence_event *event)
{
    (void)all;
    connection->opened_in = event->step;
}

static void fold_client_hello(struct observation *all, struct observed_connection *connection,
                              const struct evidence_event *event)
{
    (void)all;
    if (connection->asked_ever) /* a second one is a renegotiation or answers a HelloRetryRequest */
        return;
    connection->asked_ever = true;
    connection->offered = evidence_text(event->fields, "offered");
    connection->sni =
        text_or_null(event->fields, "sni") != NULL ? evidence_text(event->fields, "sni") : "none";
}

static void fold_request(struct observation *all, struct observed_connection *connection,
                         const struct evidence_event *event)
{
    (void)all;
    (void)event;
    connection->requested = !MUTANT(request_unnoticed);
}

static void fold_certificate(struct observation *all, struct observed_connection *connection,
                             const struct evidence_event *event)
{
    const char *const *prints = evidence_list(all, event->fields, "fingerprints");
    const char *const *subject = evidence_list(all, event->fields, "subjects");
    const char **chain;
    unsigned n = 0;

    while (prints[n] != NULL)
        n++;
    chain = talloc_array(all, const char *, n + 1);
    for (unsigned i = 0; i < n; i++)
        chain[i] = name_of(all, prints[i], *subject != NULL ? *subject++ : "");
    if (MUTANT(chain_of_one) && n > 1)
        n = 1;
    chain[n] = NULL;
    connection->chain = chain;
    if (n > 0)
        connection->presented = chain[0];
    else
        connection->presented = evidence_number(event->fields, "entries") > 0 ? "unknown"
                                : MUTANT(empty_is_nothing)                    ? "nothing"
                                                                              : "empty";
}

static void fold_verify(struct observation *all, struct observed_connection *connection,
                        const struct evidence_event *event)
{
    (void)all;
    connection->signature = text_or_null(event->fields, "signature");
}

static void fold_handshake(struct observation *all, struct observed_connection *connection,
                           const struct evidence_event *event)
{
    const char *identity = evidence_text(event->fields, "identity");

    connection->handshake = true;
    connection->tls = evidence_text(event->fields, "version");
    connection->cipher = text_or_null(event->fields, "cipher");
    connection->group = text_or_null(event->fields, "group");
    connection->alpn = text_or_null(event->fields, "alpn");
    connection->account = text_or_null(event->fields, "account");
    connection->resumed =
        MUTANT(offered_is_resumed) ? connection->offered : evidence_text(event->fields, "resumed");
    if (MUTANT(identity_is_presented)) {
        connection->identity = connection->presented;
        return;
    }
    if (all->evidence->from_client)
        return;
    connection->identity = identity[0] != '\0'
                               ? name_of(all, identity, evidence_text(event->fields, "subject"))
                               : "none";
}

static void fold_auth(struct observation *all, struct observed_connection *connection,
                      const struct evidence_event *event)
{
    (void)all;
    if (evidence_flag(event->fields, "accepted"))
        connection->authorized = evidence_text(event->fields, "authorized");
}

static void fold_alert(struct observation *all, struct observed_connection *connection,
                       const struct evidence_event *event)
{
    const char *name = evidence_text(event->fields, "name");

    (void)all;
    if (strcmp(evidence_text(event->fields, "level"), "fatal") != 0 ||
        strcmp(name, "close_notify") == 0)
        return;
    if (strcmp(evidence_text(event->fields, "direction"), "sent") == 0)
        connection->alert_sent = MUTANT(alerts_unnoticed) ? NULL : name;
    else
        connection->alert_received = name;
}

static void fold_inject(struct observation *all, struct observed_connection *connection,
                        const struct evidence_event *event)
{
    (void)all;
    connection->injected |= !MUTANT(injection_unnoticed) && !evidence_flag(event->fields, "tls");
}

/* A client may give up on a longer one. Source: RFC 5321 section 4.5.3.1.5. */
enum { REPLY_LINE_MAX = 512 };

/* The event tells which row of the script fired: of the server that the connection was accepted by.
 */
static void fold_script(struct observation *all, struct observed_connection *connection,
                        const struct evidence_event *event)
{
    size_t opened_in = (size_t)connection->opened_in;
    size_t index = (size_t)evidence_number(event->fields, "index");
    const struct scenario_server *server;
    const struct scenario_delta *delta;

    if (opened_in < 1 || opened_in > all->scenario->n_steps)
        return;
    server = all->scenario->steps[opened_in - 1].server;
    if (index >= server->n_script)
        return;
    delta = &server->script[index];
    connection->stalled |= delta->stall || delta->answer == SCENARIO_ANSWER_NEVER ||
                           delta->answer == SCENARIO_ANSWER_LATE;
    connection->cut |= MUTANT(always_cut) || delta->stall || delta->bytes != NULL ||
                       delta->alert != NULL || delta->cut > 0 || delta->corrupt ||
                       delta->raw != NULL || delta->garbage > 0 ||
                       delta->answer != SCENARIO_ANSWER_ONCE || delta->fill > REPLY_LINE_MAX ||
                       delta->close != SCENARIO_CLOSE_NO;
}

static fold *const folds[EVENT_COUNT] = {
    [EVENT_OPEN] = fold_open,
    [EVENT_CLIENT_HELLO] = fold_client_hello,
    [EVENT_CERTIFICATE_REQUEST] = fold_request,
    [EVENT_CERTIFICATE] = fold_certificate,
    [EVENT_CERTIFICATE_VERIFY] = fold_verify,
    [EVENT_HANDSHAKE] = fold_handshake,
    [EVENT_AUTH] = fold_auth,
    [EVENT_ALERT] = fold_alert,
    [EVENT_INJECT] = fold_inject,
    [EVENT_SCRIPT] = fold_script,
};

static struct observed_connection *connection_of(struct observation *all, int number)
{
    struct observed_connection *connection;

    if (number <= 0)
        return NULL;
    while (all->n_connections < (size_t)number) {
        if (all->n_connections % 16 == 0)
            all->connections = talloc_realloc(all, all->connections, struct observed_connection,
                                              (unsigned)all->n_connections + 16);
        connection = &all->connections[all->n_connections++];
        *connection = (struct observed_connection){ .number = (int)all->n_connections };
    }
    assert(all->connections != NULL);
    return &all->connections[number - 1];
}

/* --- messages --- */

static const char *body_of(const char *message, size_t size, size_t *body_size)
{
    const char *end = memmem(message, size, "\r\n\r\n", 4);
    const char *body = end != NULL ? end + 4 : message;

    *body_size = size - (size_t)(body - message);
    return body;
}

static bool has_hash(const void *bytes, size_t size, const char *hash)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    char text[2 * EVP_MAX_MD_SIZE + 1] = "";
    unsigned n = 0;

    EVP_Digest(bytes, size, digest, &n, EVP_sha256(), NULL);
    for (unsigned i = 0; i < n; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    return strcmp(text, hash) == 0;
}

/* The server tells size and hash of what it took; where only the body counts, it is read from its
 * file. */
static bool is_intact(const struct observation *all, const struct evidence_event *event,
                      bool body_only)
{
    const struct evidence_answer *answer;
    struct error ignored = { 0 };
    const char *sent_body, *taken_body;
    size_t sent_size, taken_size, size;
    char *taken;
    bool same;

    if (event->step < 1 || (size_t)event->step > all->evidence->n_answers)
        return false;
    answer = &all->evidence->answers[event->step - 1];
    if (answer->message == NULL)
        return false;
    if (!body_only)
        return has_hash(answer->message, answer->message_size,
                        evidence_text(event->fields, "sha256"));
    taken = files_read(NULL, evidence_text(event->fields, "file"), MESSAGE_MAX, &size, &ignored);
    if (taken == NULL)
        return false;
    sent_body = body_of(answer->message, answer->message_size, &sent_size);
    taken_body = body_of(taken, size, &taken_size);
    same = sent_size == taken_size && memcmp(sent_body, taken_body, sent_size) == 0;
    talloc_free(taken);
    return same;
}

static void add_message(struct observation *all, const struct evidence_event *event, bool body_only)
{
    all->messages =
        talloc_realloc(all, all->messages, struct observed_message, (unsigned)all->n_messages + 1);
    all->messages[all->n_messages++] = (struct observed_message){
        .connection = event->connection,
        .step = event->step,
        .fields = event->fields,
        .intact = MUTANT(always_intact) || is_intact(all, event, body_only),
    };
}

/* --- whom a real server took the client for --- */

static bool has_common_name(const struct pki_identity *identity, const char *name)
{
    char text[256] = "";

    return identity != NULL &&
           X509_NAME_get_text_by_NID(X509_get_subject_name(identity->certificate), NID_commonName,
                                     text, sizeof(text)) > 0 &&
           strcmp(text, name) == 0;
}

/* Two identities may have one name: whoever the client had the certificate of is meant. */
static const char *named(struct observation *all, const char *name)
{
    for (size_t i = 0; i < all->scenario->n_steps; i++) {
        const struct scenario_client *client = all->scenario->steps[i].client;

        for (size_t j = 0; j < client->n_certificates; j++)
            if (has_common_name(pki_find(all->pki, client->certificates[j].identity), name))
                return client->certificates[j].identity;
    }
    return talloc_asprintf(all, "unknown (CN=%s)", name);
}

/* It is told of the last connection of a step. */
static const char *known_as(struct observation *all, const struct observed_connection *connection)
{
    size_t step = (size_t)connection->opened_in;
    const char *name;

    if (step < 1 || step > all->evidence->n_answers)
        return NULL;
    for (size_t i = 0; i < all->n_connections; i++)
        if (all->connections[i].opened_in == connection->opened_in &&
            all->connections[i].number > connection->number)
            return NULL;
    name = all->evidence->answers[step - 1].known_as;
    if (name == NULL)
        return NULL;
    return name[0] == '\0' ? "none" : named(all, name);
}

void observe_connections(struct observation *all, bool body_only)
{
    const struct evidence *evidence = all->evidence;

    for (size_t i = 0; i < evidence->n_events; i++) {
        const struct evidence_event *event = &evidence->events[i];
        struct observed_connection *connection = connection_of(all, event->connection);

        if (connection != NULL && folds[event->id] != NULL)
            folds[event->id](all, connection, event);
        if (event->id == EVENT_MESSAGE)
            add_message(all, event, body_only);
    }
    for (size_t i = 0; i < all->n_connections; i++) {
        struct observed_connection *connection = &all->connections[i];

        if (connection->presented == NULL)
            connection->presented = "nothing";
        if (connection->identity == NULL)
            connection->identity = all->evidence->from_client ? known_as(all, connection) : "none";
        if (connection->resumed == NULL)
            connection->resumed = "no";
    }
}
