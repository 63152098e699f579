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

/* Folds events into connections and messages (connections.c). */
void observe_connections(struct observation *all, bool body_only);

/* Looks for facts that both ends know and do not agree on (agree.c). */
const char *observe_disagreement(void *context, const struct observation *all);

#endif
