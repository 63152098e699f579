#include "harness/base/trace.h"

#include "harness/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The names stand alone as well, because text_nearest() wants a list of words. */
static const char *const words[] = { "smtp", "tls", "events", "process", "all", NULL };
static const unsigned bits[] = { TRACE_SMTP, TRACE_TLS, TRACE_EVENTS, TRACE_PROCESS,
                                 TRACE_SMTP | TRACE_TLS | TRACE_EVENTS | TRACE_PROCESS };

static unsigned words_on; /* set once by main(), before anything is forked */

static int set_word(const char *word, struct error *err)
{
    const char *nearest;

    for (size_t i = 0; words[i] != NULL; i++)
        if (strcmp(word, words[i]) == 0) {
            words_on |= bits[i];
            return 0;
        }
    nearest = text_nearest(word, words);
    return error_set(err, ERROR_USAGE, WHERE_NONE,
                     "--trace: \"%s\" is not one of smtp, tls, events, process, all%s%s%s", word,
                     nearest ? " (did you mean \"" : "", nearest ? nearest : "",
                     nearest ? "\"?)" : "");
}

int trace_set(const char *list, struct error *err)
{
    char word[32];

    while (*list != '\0') {
        size_t length = strcspn(list, ",");

        (void)snprintf(word, sizeof(word), "%.*s", (int)length, list);
        if (set_word(word, err) != 0)
            return -1;
        list += length;
        list += *list == ',';
    }
    return 0;
}

unsigned trace_get(void)
{
    return words_on;
}

void trace_write(enum trace word, const char *format, ...)
{
    char line[4096];
    size_t size;
    va_list args;

    if ((words_on & word) == 0)
        return;
    va_start(args, format);
    (void)vsnprintf(line, sizeof(line) - 1, format, args);
    va_end(args);
    /* In one piece: many processes share this stream. */
    size = strlen(line);
    line[size++] = '\n';
    (void)fwrite(line, 1, size, stderr);
}
