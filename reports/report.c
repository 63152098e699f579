#include "reports/report.h"

#include <errno.h>
#include <string.h>

const struct reporter *const reporters[] = { &reporter_console,  &reporter_tap,
                                             &reporter_junit,    &reporter_json,
                                             &reporter_markdown, &reporter_html,
                                             &reporter_summary,  NULL };

const struct reporter *reporter_find(const char *name)
{
    for (const struct reporter *const *r = reporters; *r != NULL; r++) {
        if (strcmp((*r)->name, name) == 0)
            return *r;
    }
    return NULL;
}

int report_finish(FILE *stream)
{
    if (fflush(stream) != 0)
        return -1;
    if (ferror(stream) == 0)
        return 0;
    /* The write that failed is long ago, and its errno gone. */
    errno = EIO;
    return -1;
}
