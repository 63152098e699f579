/*
 * The names of TLS alerts, as scenarios spell them.
 */
#ifndef HARNESS_SCENARIO_ALERTS_H
#define HARNESS_SCENARIO_ALERTS_H

#include <stdbool.h>

/* All names, ends with NULL. Source: RFC 8446 section 6, RFC 5246 section 7.2. */
extern const char *const alert_names[];

/* Tells whether there is an alert of that name. */
bool alert_exists(const char *name);

#endif
