/* What the getters of facts see (private to observe/). */
#ifndef HARNESS_OBSERVE_VIEW_H
#define HARNESS_OBSERVE_VIEW_H

#include "harness/observe/observe.h"

struct view {
    void *context;
    const struct observation *all;
    int step;                                     /* from 1; 0: the whole */
    const struct observed_connection *connection; /* the leading one */
    const struct evidence_answer *answer;         /* NULL for the whole */
};

/* One getter for each row of the table of facts. */
typedef struct fact_value fact_getter(const struct view *view);
extern fact_getter *const fact_getters[FACT_COUNT];

/* Those that read more than one field of an event (facts_tls.c). */
fact_getter get_alerts, get_handshake, get_server_extensions, get_server_session_id,
    get_request_extensions;
fact_getter get_certificate_extensions, get_tickets, get_capabilities, get_capabilities_tls,
    get_capabilities_anonymous, get_capabilities_certified, get_capabilities_resumed, get_closed,
    get_close_notify;

/* A list that grows; its texts are borrowed. */
struct fact_list {
    void *context;
    const char **items;
    unsigned n;
};

void fact_list_add(struct fact_list *list, const char *text);
struct fact_value fact_list_value(struct fact_list *list, bool is_list);

/* Whether an event is one of what the view is of: of the leading connection in a step, of any for
 * the whole. */
bool view_is_about(const struct view *view, const struct evidence_event *event);

/* Facts that are a field of an event and nothing else (told.c): all values of all such events, in
 * order. NULL-valued where no such event came. */
struct fact_value told_get(const struct view *view, enum fact_id fact);

/* Folds events into connections and messages (connections.c). */
void observe_connections(struct observation *all, bool body_only);

/* Looks for facts that both ends know and do not agree on (agree.c). */
const char *observe_disagreement(void *context, const struct observation *all);

#endif
