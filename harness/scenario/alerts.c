#include "harness/scenario/alerts.h"

#include <stddef.h>
#include <string.h>

#define AS_NAME(name, meaning) name,
const char *const alert_names[] = { ALERTS(AS_NAME) NULL };

#define AS_MEANING(name, meaning) meaning,
static const char *const meanings[] = { ALERTS(AS_MEANING) };

/* The place of a name in the table, or of its end. */
static size_t find(const char *name)
{
    size_t i = 0;

    while (alert_names[i] != NULL && strcmp(alert_names[i], name) != 0)
        i++;
    return i;
}

bool alert_exists(const char *name)
{
    return alert_names[find(name)] != NULL;
}

const char *alert_meaning(const char *name)
{
    return alert_exists(name) ? meanings[find(name)] : "it has no name";
}
