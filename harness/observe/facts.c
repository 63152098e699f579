/* One getter for each row of the table of facts. */
#include "harness/observe/view.h"

#include <string.h>
#include <talloc.h>

static const struct fact_value unknown = { NULL, false };

static struct fact_value one(const struct view *view, const char *text)
{
    const char **values;

    if (text == NULL)
        return unknown;
    values = talloc_array(view->context, const char *, 2);
    values[0] = text;
    values[1] = NULL;
    return (struct fact_value){ values, false };
}

static struct fact_value number(const struct view *view, long long n)
{
    return one(view, talloc_asprintf(view->context, "%lld", n));
}

static struct fact_value yes_or_no(const struct view *view, bool flag)
{
    return one(view, flag ? "yes" : "no");
}

void fact_list_add(struct fact_list *list, const char *text)
{
    if (list->n % 16 == 0)
        list->items = talloc_realloc(list->context, list->items, const char *, list->n + 17);
    list->items[list->n++] = text;
    list->items[list->n] = NULL;
}

struct fact_value fact_list_value(struct fact_list *list, bool is_list)
{
    if (list->items == NULL)
        list->items = talloc_zero_array(list->context, const char *, 1);
    return (struct fact_value){ list->items, is_list };
}

/* --- facts of a connection --- */

typedef const char *member(const struct observed_connection *connection);

/* Of the leading connection, or, for the whole, of each that got as far as TLS. */
static struct fact_value of_connection(const struct view *view, member *get)
{
    struct fact_list list = { view->context, NULL, 0 };

    if (view->step > 0)
        return view->connection != NULL ? one(view, get(view->connection)) : unknown;
    for (size_t i = 0; i < view->all->n_connections; i++)
        if (get(&view->all->connections[i]) != NULL)
            fact_list_add(&list, get(&view->all->connections[i]));
    return list.n > 0 ? fact_list_value(&list, false) : unknown;
}

static const char *presented_of(const struct observed_connection *connection)
{
    return connection->presented;
}

static const char *identity_of(const struct observed_connection *connection)
{
    return connection->identity;
}

static const char *requested_of(const struct observed_connection *connection)
{
    return connection->requested ? "yes" : "no";
}

static const char *offered_of(const struct observed_connection *connection)
{
    return connection->offered;
}

static const char *resumed_of(const struct observed_connection *connection)
{
    return connection->resumed;
}

static const char *tls_of(const struct observed_connection *connection)
{
    return connection->handshake ? connection->tls : "none";
}

static const char *cipher_of(const struct observed_connection *connection)
{
    return connection->cipher;
}

static const char *group_of(const struct observed_connection *connection)
{
    return connection->group;
}

static const char *signature_of(const struct observed_connection *connection)
{
    return connection->signature;
}

static const char *sni_of(const struct observed_connection *connection)
{
    return connection->sni;
}

static const char *or_none(const char *text)
{
    return text != NULL ? text : "none";
}

static const char *alpn_of(const struct observed_connection *connection)
{
    return or_none(connection->alpn);
}

static const char *account_of(const struct observed_connection *connection)
{
    return or_none(connection->account);
}

static const char *authorized_of(const struct observed_connection *connection)
{
    return or_none(connection->authorized);
}

static const char *alert_sent_of(const struct observed_connection *connection)
{
    return or_none(connection->alert_sent);
}

static const char *alert_received_of(const struct observed_connection *connection)
{
    return or_none(connection->alert_received);
}

#define CONNECTION_GETTER(name)                                                                    \
    static struct fact_value get_##name(const struct view *view)                                   \
    {                                                                                              \
        return of_connection(view, name##_of);                                                     \
    }

CONNECTION_GETTER(presented)
CONNECTION_GETTER(identity)
CONNECTION_GETTER(requested)
CONNECTION_GETTER(offered)
CONNECTION_GETTER(resumed)
CONNECTION_GETTER(tls)
CONNECTION_GETTER(cipher)
CONNECTION_GETTER(group)
CONNECTION_GETTER(signature)
CONNECTION_GETTER(sni)
CONNECTION_GETTER(alpn)
CONNECTION_GETTER(account)
CONNECTION_GETTER(authorized)
CONNECTION_GETTER(alert_sent)
CONNECTION_GETTER(alert_received)

static struct fact_value get_chain(const struct view *view)
{
    struct fact_list none = { view->context, NULL, 0 };

    if (view->connection == NULL)
        return unknown;
    if (view->connection->chain == NULL)
        return fact_list_value(&none, true);
    return (struct fact_value){ view->connection->chain, true };
}

static struct fact_value get_connections(const struct view *view)
{
    long long n = 0;

    for (size_t i = 0; i < view->all->n_connections; i++)
        n += view->step == 0 || view->all->connections[i].opened_in == view->step ||
             MUTANT(connections_of_all_steps);
    return number(view, n);
}

/* --- facts of the dialogue --- */

static bool is_about(const struct view *view, const struct evidence_event *event)
{
    return view->step == 0 || event->step == view->step;
}

static struct fact_value command_lines(const struct view *view, bool plaintext_only)
{
    const struct evidence *evidence = view->all->evidence;
    struct fact_list list = { view->context, NULL, 0 };

    for (size_t i = 0; i < evidence->n_events; i++) {
        const struct evidence_event *event = &evidence->events[i];

        if (MUTANT(plaintext_unnoticed) && plaintext_only)
            break;
        if (event->id == EVENT_COMMAND && is_about(view, event) &&
            !(plaintext_only && evidence_flag(event->fields, "tls")))
            fact_list_add(&list, evidence_text(event->fields, "line"));
    }
    return fact_list_value(&list, true);
}

static struct fact_value get_commands(const struct view *view)
{
    return command_lines(view, false);
}

static struct fact_value get_plaintext(const struct view *view)
{
    return command_lines(view, true);
}

static struct fact_value any_flag(const struct view *view, enum event_id id, const char *flag)
{
    const struct evidence *evidence = view->all->evidence;

    for (size_t i = 0; i < evidence->n_events; i++) {
        const struct evidence_event *event = &evidence->events[i];

        if (event->id == id && is_about(view, event) && evidence_flag(event->fields, flag))
            return yes_or_no(view, true);
    }
    return yes_or_no(view, false);
}

static struct fact_value get_early(const struct view *view)
{
    return any_flag(view, EVENT_COMMAND, "early");
}

static struct fact_value get_early_data(const struct view *view)
{
    return any_flag(view, EVENT_CLIENT_HELLO, "early_data");
}

static struct fact_value get_replies(const struct view *view)
{
    const struct evidence *evidence = view->all->evidence;
    struct fact_list list = { view->context, NULL, 0 };

    for (size_t i = 0; i < evidence->n_events; i++) {
        const struct evidence_event *event = &evidence->events[i];
        const char *const *lines;

        if (event->id != EVENT_REPLY || !is_about(view, event))
            continue;
        for (lines = evidence_list(view->context, event->fields, "lines"); *lines != NULL; lines++)
            fact_list_add(&list, *lines);
    }
    return fact_list_value(&list, true);
}

/* --- facts of messages --- */

static struct fact_value get_messages(const struct view *view)
{
    long long n = 0;

    for (size_t i = 0; i < view->all->n_messages; i++)
        n += view->step == 0 || view->all->messages[i].step == view->step;
    return number(view, n);
}

/* The last message of the step, or of all. */
static const struct observed_message *last_message(const struct view *view)
{
    for (size_t i = view->all->n_messages; i > 0; i--)
        if (view->step == 0 || view->all->messages[i - 1].step == view->step)
            return &view->all->messages[i - 1];
    return NULL;
}

static struct fact_value get_message_from(const struct view *view)
{
    const struct observed_message *message = last_message(view);

    return message != NULL ? one(view, evidence_text(message->fields, "from")) : unknown;
}

static struct fact_value get_message_to(const struct view *view)
{
    const struct observed_message *message = last_message(view);

    if (message == NULL)
        return unknown;
    return (struct fact_value){ evidence_list(view->context, message->fields, "to"), true };
}

static struct fact_value get_message_size(const struct view *view)
{
    const struct observed_message *message = last_message(view);

    return message != NULL ? number(view, evidence_number(message->fields, "size")) : unknown;
}

static struct fact_value get_message_intact(const struct view *view)
{
    const struct observed_message *message = last_message(view);

    return message != NULL ? yes_or_no(view, message->intact) : unknown;
}

/* --- facts of the client --- */

/* The last reply but that to QUIT is a refusal. */
static bool was_refused(const struct view *view)
{
    const struct fact_value replies = get_replies(view);
    const char *last = "";

    for (size_t i = 0; replies.values[i] != NULL; i++)
        if (strncmp(replies.values[i], "221", 3) != 0)
            last = replies.values[i];
    return last[0] == '4' || last[0] == '5';
}

static bool said_starttls(const struct view *view)
{
    const struct fact_value plaintext = get_plaintext(view);

    for (size_t i = 0; plaintext.values[i] != NULL; i++)
        if (strncasecmp(plaintext.values[i], "STARTTLS", 8) == 0)
            return true;
    return false;
}

/* A client that only says "no" by its exit code: the server's evidence tells what it met. An alert
 * without a ClientHello is OpenSSL's answer to a client that has gone. */
static const char *deduce_outcome(const struct view *view)
{
    const struct observed_connection *connection = view->connection;

    if (connection == NULL)
        return "connect-failed";
    if (connection->stalled) /* it did not wait for ever */
        return "timeout";
    if (connection->asked_ever && connection->alert_sent != NULL && connection->requested)
        return "tls-refused";
    if (connection->asked_ever &&
        (connection->alert_sent != NULL || connection->alert_received != NULL))
        return "tls-failed";
    if (was_refused(view))
        return "refused-by-smtp";
    if (connection->asked_ever && !connection->handshake)
        return "tls-failed";
    return connection->handshake || said_starttls(view) ? "protocol-violation" : "no-starttls";
}

static const char *outcome_of(const struct view *view, const struct evidence_answer *answer)
{
    if (answer->timed_out)
        return "timeout";
    if (answer->outcome != NULL)
        return answer->outcome;
    return deduce_outcome(view);
}

static struct fact_value get_outcome(const struct view *view)
{
    const struct evidence *evidence = view->all->evidence;
    struct fact_list list = { view->context, NULL, 0 };

    if (view->step > 0)
        return view->answer->sent ? one(view, outcome_of(view, view->answer)) : unknown;
    for (size_t i = 0; i < view->all->n_steps; i++)
        if (evidence->answers[i].sent)
            fact_list_add(&list, view->all->steps[i].facts[FACT_OUTCOME].values[0]);
    return list.n > 0 ? fact_list_value(&list, false) : unknown;
}

/* What the probes tell in lists of their own. */
static struct fact_value told_by_probe(const struct view *view, const char *name)
{
    const struct evidence *evidence = view->all->evidence;
    struct fact_list list = { view->context, NULL, 0 };
    bool came = false;

    for (size_t i = 0; i < evidence->n_answers; i++) {
        const json_t *report = evidence->answers[i].report;
        const char *const *text;

        if ((view->step != 0 && view->step != (int)i + 1) || json_object_get(report, name) == NULL)
            continue;
        came = true;
        for (text = evidence_list(view->context, report, name); *text != NULL; text++)
            fact_list_add(&list, *text);
    }
    return came ? fact_list_value(&list, true) : unknown;
}

static struct fact_value get_answers(const struct view *view)
{
    return told_by_probe(view, "answers");
}

static struct fact_value get_unasked(const struct view *view)
{
    return told_by_probe(view, "unasked");
}

static const struct evidence_answer *last_answer(const struct view *view)
{
    const struct evidence *evidence = view->all->evidence;

    return view->answer != NULL ? view->answer : &evidence->answers[evidence->n_answers - 1];
}

static struct fact_value get_client_error(const struct view *view)
{
    return one(view, last_answer(view)->error);
}

static struct fact_value get_client_exit(const struct view *view)
{
    const struct evidence_answer *answer = last_answer(view);

    return answer->exited ? number(view, answer->status) : unknown;
}

static struct fact_value get_duration(const struct view *view)
{
    const struct evidence *evidence = view->all->evidence;
    int64_t us = 0;

    for (size_t i = 0; i < evidence->n_answers; i++)
        if ((view->step == 0 || view->step == (int)i + 1) && evidence->answers[i].sent)
            us += evidence->answers[i].ended_us - evidence->answers[i].begun_us;
    return number(view, us / 1000);
}

fact_getter *const fact_getters[FACT_COUNT] = {
    [FACT_OUTCOME] = get_outcome,
    [FACT_CONNECTIONS] = get_connections,
    [FACT_PRESENTED] = get_presented,
    [FACT_CHAIN] = get_chain,
    [FACT_IDENTITY] = get_identity,
    [FACT_REQUESTED] = get_requested,
    [FACT_OFFERED] = get_offered,
    [FACT_RESUMED] = get_resumed,
    [FACT_TLS] = get_tls,
    [FACT_CIPHER] = get_cipher,
    [FACT_GROUP] = get_group,
    [FACT_SIGNATURE] = get_signature,
    [FACT_SNI] = get_sni,
    [FACT_ALPN] = get_alpn,
    [FACT_ACCOUNT] = get_account,
    [FACT_AUTHORIZED] = get_authorized,
    [FACT_ALERT_SENT] = get_alert_sent,
    [FACT_ALERT_RECEIVED] = get_alert_received,
    [FACT_ALERTS] = get_alerts,
    [FACT_CLOSED] = get_closed,
    [FACT_CLOSE_NOTIFY] = get_close_notify,
    [FACT_HANDSHAKE] = get_handshake,
    [FACT_SERVER_EXTENSIONS] = get_server_extensions,
    [FACT_SERVER_SESSION_ID] = get_server_session_id,
    [FACT_REQUEST_EXTENSIONS] = get_request_extensions,
    [FACT_CERTIFICATE_EXTENSIONS] = get_certificate_extensions,
    [FACT_TICKETS] = get_tickets,
    [FACT_CAPABILITIES] = get_capabilities,
    [FACT_CAPABILITIES_TLS] = get_capabilities_tls,
    [FACT_CAPABILITIES_ANONYMOUS] = get_capabilities_anonymous,
    [FACT_CAPABILITIES_CERTIFIED] = get_capabilities_certified,
    [FACT_CAPABILITIES_RESUMED] = get_capabilities_resumed,
    [FACT_COMMANDS] = get_commands,
    [FACT_PLAINTEXT] = get_plaintext,
    [FACT_EARLY] = get_early,
    [FACT_EARLY_DATA] = get_early_data,
    [FACT_REPLIES] = get_replies,
    [FACT_ANSWERS] = get_answers,
    [FACT_UNASKED] = get_unasked,
    [FACT_MESSAGES] = get_messages,
    [FACT_MESSAGE_FROM] = get_message_from,
    [FACT_MESSAGE_TO] = get_message_to,
    [FACT_MESSAGE_SIZE] = get_message_size,
    [FACT_MESSAGE_INTACT] = get_message_intact,
    [FACT_CLIENT_ERROR] = get_client_error,
    [FACT_CLIENT_EXIT] = get_client_exit,
    [FACT_DURATION] = get_duration,
};
