#include "harness/base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, enum error_kind kind, struct where where, const char *format, ...)
{
    va_list args;

    assert(err->kind == ERROR_NONE);
    err->kind = kind;
    err->where = where;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    return -1;
}

int error_set_errno(struct error *err, const char *format, ...)
{
    int saved = errno;
    size_t used;
    va_list args;

    assert(err->kind == ERROR_NONE);
    err->kind = ERROR_SYSTEM;
    err->where = WHERE_NONE;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(saved));
    return -1;
}

int error_wrap(struct error *err, const char *format, ...)
{
    char inner[sizeof(err->text)];
    size_t used;
    va_list args;

    assert(err->kind != ERROR_NONE);
    memcpy(inner, err->text, sizeof(inner));
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof(err->text) - used, ": %s", inner);
    return -1;
}

const char *error_text(const struct error *err, char *buffer, size_t size)
{
    const struct where *where = &err->where;

    if (where->file == NULL)
        (void)snprintf(buffer, size, "%s", err->text);
    else if (where->line == 0)
        (void)snprintf(buffer, size, "%s: %s", where->file, err->text);
    else
        (void)snprintf(buffer, size, "%s:%d:%d: %s", where->file, where->line, where->column,
                       err->text);
    return buffer;
}
