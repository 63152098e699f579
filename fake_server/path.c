#include "fake_server/path.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Source: RFC 5321 section 4.5.3.1.3, brackets included. */
enum { PATH_MAX_SIZE = 256 };

static const char bad_syntax[] = "501 5.5.4 This is no path";

/* Where the path ends: behind ">", but not inside of quotes. */
static const char *find_end(const char *text)
{
    bool quoted = false;

    for (; *text != '\0'; text++) {
        if (*text == '\\' && text[1] != '\0')
            text++;
        else if (*text == '"')
            quoted = !quoted;
        else if (*text == '>' && !quoted)
            return text;
    }
    return NULL;
}

/* Routes are accepted and ignored. Source: RFC 5321 section 4.1.1.3. */
static const char *skip_route(const char *start, const char *end)
{
    const char *colon;

    if (*start != '@')
        return start;
    colon = memchr(start, ':', (size_t)(end - start));
    return colon == NULL ? start : colon + 1;
}

static void split_parameters(struct list *list, const char *text)
{
    while (*text != '\0') {
        size_t length;

        text += strspn(text, " ");
        length = strcspn(text, " ");
        if (length > 0)
            list_take(list, memory_copy(text, length));
        text += length;
    }
}

static bool is_mailbox(const char *address)
{
    const char *at = strrchr(address, '@');

    if (strpbrk(address, "<\r\n\t") != NULL || (*address != '"' && strchr(address, ' ') != NULL))
        return false;
    return at != NULL && at > address && at[1] != '\0';
}

const char *path_parse(struct path *path, const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    const char *end;

    if (strncasecmp(text, prefix, length) != 0)
        return bad_syntax;
    text += length;
    text += strspn(text, " "); /* tolerated by everybody */
    end = *text == '<' ? find_end(text + 1) : NULL;
    if (end == NULL || (end[1] != '\0' && end[1] != ' '))
        return bad_syntax;
    if (end - text + 1 > PATH_MAX_SIZE)
        return "501 5.1.7 This path is too long";
    text = skip_route(text + 1, end);
    path->address = memory_copy(text, (size_t)(end - text));
    split_parameters(&path->parameters, end + 1);
    return NULL;
}

static bool is_utf8(const char *address)
{
    for (; *address != '\0'; address++)
        if ((unsigned char)*address >= 0x80)
            return true;
    return false;
}

static const char *check_size(const char *value, size_t max_bytes)
{
    char *end;
    unsigned long long size;

    if (*value < '0' || *value > '9' || strlen(value) > 20)
        return "501 5.5.4 SIZE is no number";
    size = strtoull(value, &end, 10);
    if (*end != '\0')
        return "501 5.5.4 SIZE is no number";
    return size > max_bytes ? "552 5.3.4 This message is too big" : NULL;
}

static const char *check_body(const char *value, size_t max_bytes)
{
    (void)max_bytes;
    if (strcasecmp(value, "7BIT") == 0 || strcasecmp(value, "8BITMIME") == 0)
        return NULL;
    return "501 5.5.4 BODY is neither 7BIT nor 8BITMIME";
}

static const char *check_auth(const char *value, size_t max_bytes)
{
    (void)max_bytes;
    return *value == '\0' ? "501 5.5.4 AUTH has no value" : NULL;
}

static const char *check_smtputf8(const char *value, size_t max_bytes)
{
    (void)max_bytes;
    return *value != '\0' ? "501 5.5.4 SMTPUTF8 takes no value" : NULL;
}

static const struct {
    const char *name;
    const char *(*check)(const char *value, size_t max_bytes);
} parameters[] = {
    { "SIZE", check_size },
    { "BODY", check_body },
    { "AUTH", check_auth },
    { "SMTPUTF8", check_smtputf8 },
};

static const char *check_parameter(const char *text, size_t max_bytes)
{
    size_t length = strcspn(text, "=");
    const char *value = text[length] == '=' ? text + length + 1 : text + length;

    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        if (strlen(parameters[i].name) == length &&
            strncasecmp(parameters[i].name, text, length) == 0)
            return parameters[i].check(value, max_bytes);
    return "555 5.5.4 Unknown parameter";
}

bool path_has_parameter(const struct path *path, const char *name)
{
    for (size_t i = 0; i < path->parameters.n; i++)
        if (strcasecmp(path->parameters.items[i], name) == 0)
            return true;
    return false;
}

const char *path_check_mail(const struct path *path, size_t max_bytes, bool extended)
{
    const char *fault = NULL;

    if (path->parameters.n > 0 && !extended)
        return "555 5.5.4 Parameters need EHLO";
    for (size_t i = 0; i < path->parameters.n && fault == NULL; i++)
        fault = check_parameter(path->parameters.items[i], max_bytes);
    if (fault != NULL)
        return fault;
    if (*path->address != '\0' && !is_mailbox(path->address))
        return "501 5.1.7 This is no address";
    if (is_utf8(path->address) && !path_has_parameter(path, "SMTPUTF8"))
        return "553 5.6.7 This address needs SMTPUTF8";
    return NULL;
}

const char *path_check_rcpt(const struct path *path, bool smtputf8)
{
    if (path->parameters.n > 0)
        return "555 5.5.4 Unknown parameter";
    /* Source: RFC 5321 section 4.5.1: every server has a postmaster. */
    if (strcasecmp(path->address, "postmaster") != 0 && !is_mailbox(path->address))
        return "501 5.1.3 This is no address";
    if (is_utf8(path->address) && !smtputf8)
        return "553 5.6.7 This address needs SMTPUTF8";
    return NULL;
}

void path_release(struct path *path)
{
    free(path->address);
    path->address = NULL;
    list_release(&path->parameters);
}
