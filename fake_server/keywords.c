#include "fake_server/keywords.h"
#include "fake_server/reply.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void keywords_set(struct list *keywords, const struct reply *reply)
{
    list_release(keywords);
    for (size_t i = 1; i < reply->lines.n; i++)
        if (strlen(reply->lines.items[i]) > 4)
            list_add(keywords, reply->lines.items[i] + 4);
}

/* What stands behind a keyword and its blank; NULL when it is not there. */
static const char *find(const struct list *keywords, const char *keyword)
{
    size_t length = strlen(keyword);

    for (size_t i = 0; i < keywords->n; i++) {
        const char *line = keywords->items[i];

        if (strncasecmp(line, keyword, length) == 0 &&
            (line[length] == '\0' || line[length] == ' '))
            return line + length;
    }
    return NULL;
}

bool keywords_have(const struct list *keywords, const char *keyword)
{
    return find(keywords, keyword) != NULL;
}

long keywords_limit(const struct list *keywords, const char *name)
{
    const char *at = find(keywords, "LIMITS");
    size_t length = strlen(name);

    while (at != NULL && *at != '\0') {
        at += strspn(at, " ");
        if (strncasecmp(at, name, length) == 0 && at[length] == '=')
            return strtol(at + length + 1, NULL, 10);
        at += strcspn(at, " ");
    }
    return 0;
}
