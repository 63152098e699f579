/* Facts of what went over the wire that are told by more than one event, or by a part of one. */
#include "harness/observe/view.h"

#include "harness/base/text.h"

#include <string.h>
#include <talloc.h>

bool view_is_about(const struct view *view, const struct evidence_event *event)
{
    if (view->step == 0)
        return event->connection > 0;
    return view->connection != NULL &&
           (event->connection == view->connection->number || MUTANT(every_connection_is_meant));
}

/* What an event adds to a list. */
typedef void collector(struct fact_list *list, const struct evidence_event *event);

static struct fact_list collect(const struct view *view, enum event_id id, collector *add)
{
    const struct evidence *evidence = view->all->evidence;
    struct fact_list list = { view->context, NULL, 0 };

    for (size_t i = 0; i < evidence->n_events; i++)
        if (evidence->events[i].id == id && view_is_about(view, &evidence->events[i]))
            add(&list, &evidence->events[i]);
    return list;
}

static bool is_sent(const struct evidence_event *event)
{
    return strcmp(evidence_text(event->fields, "direction"), "sent") == 0;
}

/* --- alerts and the end --- */

static void add_alert(struct fact_list *list, const struct evidence_event *event)
{
    if (strcmp(evidence_text(event->fields, "name"), "close_notify") != 0)
        fact_list_add(list, talloc_asprintf(list->context, "%s %s %s",
                                            evidence_text(event->fields, "direction"),
                                            evidence_text(event->fields, "level"),
                                            evidence_text(event->fields, "name")));
}

struct fact_value get_alerts(const struct view *view)
{
    struct fact_list list = collect(view, EVENT_ALERT, add_alert);

    return fact_list_value(&list, true);
}

static void add_close(struct fact_list *list, const struct evidence_event *event)
{
    fact_list_add(list, talloc_asprintf(list->context, "%s %s", evidence_text(event->fields, "by"),
                                        evidence_text(event->fields, "how")));
}

struct fact_value get_closed(const struct view *view)
{
    struct fact_list list = collect(view, EVENT_CLOSE, add_close);

    return list.n > 0 ? fact_list_value(&list, false) : (struct fact_value){ NULL, false };
}

/* Of a connection whose end was told before the client had said all. */
struct fact_value get_close_notify(const struct view *view)
{
    const struct evidence *evidence = view->all->evidence;
    struct fact_list list = { view->context, NULL, 0 };

    for (size_t i = 0; i < evidence->n_events; i++) {
        const struct evidence_event *event = &evidence->events[i];

        if (!view_is_about(view, event))
            continue;
        if (event->id == EVENT_CLOSE)
            fact_list_add(&list, evidence_flag(event->fields, "tls") ? "yes" : "no");
        if (event->id == EVENT_CLOSE_NOTIFY && list.n > 0)
            list.items[list.n - 1] = "yes";
    }
    return list.n > 0 ? fact_list_value(&list, false) : (struct fact_value){ NULL, false };
}

/* --- handshake messages --- */

static void add_message(struct fact_list *list, const struct evidence_event *event)
{
    fact_list_add(list, talloc_asprintf(list->context, "%c:%s", is_sent(event) ? 'S' : 'C',
                                        evidence_text(event->fields, "name")));
}

struct fact_value get_handshake(const struct view *view)
{
    struct fact_list messages = collect(view, EVENT_HANDSHAKE_MESSAGE, add_message);
    struct fact_list text = { view->context, NULL, 0 };

    if (messages.n == 0)
        return (struct fact_value){ NULL, false };
    fact_list_add(&text, text_join(view->context, messages.items, " "));
    return fact_list_value(&text, false);
}

static void add_extensions(struct fact_list *list, const struct evidence_event *event)
{
    const char *const *name = evidence_list(list->context, event->fields, "extensions");

    for (; *name != NULL; name++)
        fact_list_add(list, *name);
}

static bool has_name(const struct evidence_event *event, const char *const *names)
{
    const char *name = evidence_text(event->fields, "name");

    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

static void add_server_extensions(struct fact_list *list, const struct evidence_event *event)
{
    static const char *const names[] = { "server_hello", "encrypted_extensions", "certificate",
                                         NULL };

    if (is_sent(event) && has_name(event, names))
        add_extensions(list, event);
}

struct fact_value get_server_extensions(const struct view *view)
{
    struct fact_list list = collect(view, EVENT_HANDSHAKE_MESSAGE, add_server_extensions);

    return fact_list_value(&list, true);
}

static void add_certificate_extensions(struct fact_list *list, const struct evidence_event *event)
{
    static const char *const names[] = { "certificate", NULL };

    if (!is_sent(event) && has_name(event, names))
        add_extensions(list, event);
}

struct fact_value get_certificate_extensions(const struct view *view)
{
    struct fact_list list = collect(view, EVENT_HANDSHAKE_MESSAGE, add_certificate_extensions);

    return fact_list_value(&list, true);
}

static void add_request_extensions(struct fact_list *list, const struct evidence_event *event)
{
    static const char *const names[] = { "certificate_request", NULL };

    if (has_name(event, names))
        add_extensions(list, event);
}

struct fact_value get_request_extensions(const struct view *view)
{
    struct fact_list list = collect(view, EVENT_HANDSHAKE_MESSAGE, add_request_extensions);

    return fact_list_value(&list, true);
}

/* --- sessions --- */

static void add_id(struct fact_list *list, const struct evidence_event *event)
{
    fact_list_add(list, evidence_text(event->fields, "session_id"));
}

struct fact_value get_server_session_id(const struct view *view)
{
    struct fact_list asked = collect(view, EVENT_CLIENT_HELLO, add_id);
    struct fact_list answered = collect(view, EVENT_SERVER_HELLO, add_id);
    struct fact_list word = { view->context, NULL, 0 };

    if (asked.n == 0 || answered.n == 0)
        return (struct fact_value){ NULL, false };
    if (answered.items[0][0] == '\0')
        fact_list_add(&word, "none");
    else
        fact_list_add(&word, strcmp(asked.items[0], answered.items[0]) == 0 ? "echoed" : "own");
    return fact_list_value(&word, false);
}

static void add_ticket(struct fact_list *list, const struct evidence_event *event)
{
    if (strcmp(evidence_text(event->fields, "kind"), "id") != 0)
        fact_list_add(list, "a ticket");
}

struct fact_value get_tickets(const struct view *view)
{
    struct fact_list tickets = collect(view, EVENT_SESSION_ISSUED, add_ticket);
    struct fact_list number = { view->context, NULL, 0 };

    fact_list_add(&number, talloc_asprintf(view->context, "%u", tickets.n));
    return fact_list_value(&number, false);
}

/* --- the EHLO reply --- */

static bool is_greeted(const struct evidence_event *event)
{
    return event->id == EVENT_COMMAND && strcmp(evidence_text(event->fields, "verb"), "EHLO") == 0;
}

/* What a reply was said in. */
enum { IN_CLEAR = 1, ANONYMOUS = 2, CERTIFIED = 4, RESUMED = 8 };

static unsigned state_of(const struct view *view, const struct evidence_event *event)
{
    const struct observed_connection *connection = &view->all->connections[event->connection - 1];

    if (!evidence_flag(event->fields, "tls"))
        return IN_CLEAR;
    if (strcmp(connection->resumed, "no") != 0)
        return RESUMED;
    return strcmp(connection->presented, "nothing") == 0 ||
                   strcmp(connection->presented, "empty") == 0
               ? ANONYMOUS
               : CERTIFIED;
}

/* The keywords of the last reply to EHLO: its lines but the first, without the code. */
static struct fact_value capabilities(const struct view *view, unsigned states)
{
    const struct evidence *evidence = view->all->evidence;
    struct fact_list list = { view->context, NULL, 0 };
    bool greeted = false, came = false;

    for (size_t i = 0; i < evidence->n_events; i++) {
        const struct evidence_event *event = &evidence->events[i];
        const char *const *lines;

        if (!view_is_about(view, event) || (event->id != EVENT_COMMAND && event->id != EVENT_REPLY))
            continue;
        if (event->id == EVENT_REPLY && greeted && (state_of(view, event) & states) != 0) {
            came = true;
            list = (struct fact_list){ view->context, NULL, 0 };
            lines = evidence_list(view->context, event->fields, "lines");
            for (size_t j = 1; lines[0] != NULL && lines[j] != NULL; j++)
                fact_list_add(&list, strlen(lines[j]) > 4 ? lines[j] + 4 : "");
        }
        greeted = is_greeted(event);
    }
    return came ? fact_list_value(&list, true) : (struct fact_value){ NULL, false };
}

struct fact_value get_capabilities(const struct view *view)
{
    return capabilities(view, IN_CLEAR);
}

struct fact_value get_capabilities_tls(const struct view *view)
{
    return capabilities(view, ANONYMOUS | CERTIFIED | RESUMED);
}

struct fact_value get_capabilities_anonymous(const struct view *view)
{
    return capabilities(view, ANONYMOUS);
}

struct fact_value get_capabilities_certified(const struct view *view)
{
    return capabilities(view, CERTIFIED);
}

struct fact_value get_capabilities_resumed(const struct view *view)
{
    return capabilities(view, RESUMED);
}
