/* Whom a scenario names, in whatever place (private to pki/). */
#ifndef HARNESS_PKI_USES_H
#define HARNESS_PKI_USES_H

#include "harness/scenario/scenario.h"

/* What is done with a name; 0, or -1 with `err` to end the walk. Names come more than once, and
 * some are of nobody. */
struct uses_visitor {
    int (*visit)(void *context, const char *name, struct error *err);
    void *context;
};

/* Visits every name. Returns 0, or -1 when a visit did. */
int uses_visit(const struct scenario *scenario, const struct uses_visitor *visitor,
               struct error *err);

#endif
