#include "fake_server/path.h"
#include "fake_server/keywords.h"

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

static const char *check_size(const char *value, const struct path_terms *terms)
{
    char *end;
    unsigned long long size;

    if (*value < '0' || *value > '9' || strlen(value) > 20)
        return "501 5.5.4 SIZE is no number";
    size = strtoull(value, &end, 10);
    if (*end != '\0')
        return "501 5.5.4 SIZE is no number";
    return size > terms->max_bytes ? "552 5.3.4 This message is too big" : NULL;
}

/* Source: RFC 6152 section 2, RFC 3030 section 3. */
static const char *check_body(const char *value, const struct path_terms *terms)
{
    bool eight = keywords_have(terms->keywords, "8BITMIME");
    bool binary = keywords_have(terms->keywords, "BINARYMIME");

    if ((eight && (strcasecmp(value, "7BIT") == 0 || strcasecmp(value, "8BITMIME") == 0)) ||
        (binary && strcasecmp(value, "BINARYMIME") == 0))
        return NULL;
    return "501 5.5.4 BODY is none of those that are offered";
}

static const char *check_auth(const char *value, const struct path_terms *terms)
{
    (void)terms;
    return *value == '\0' ? "501 5.5.4 AUTH has no value" : NULL;
}

static const char *check_smtputf8(const char *value, const struct path_terms *terms)
{
    (void)terms;
    return *value != '\0' ? "501 5.5.4 SMTPUTF8 takes no value" : NULL;
}

/* Source: RFC 8689 section 2. */
static const char *check_requiretls(const char *value, const struct path_terms *terms)
{
    if (*value != '\0')
        return "501 5.5.4 REQUIRETLS takes no value";
    return terms->tls ? NULL : "530 5.7.10 REQUIRETLS needs TLS";
}

/* Source: RFC 3461 section 4. */
static bool is_xtext(const char *text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (; *text != '\0'; text++) {
        if (*text < '!' || *text > '~' || *text == '=')
            return false;
        if (*text == '+' && (text[1] == '\0' || strchr(hex, text[1]) == NULL || text[2] == '\0' ||
                             strchr(hex, text[2]) == NULL))
            return false;
    }
    return true;
}

/* Source: RFC 3461 section 4.3. */
static const char *check_ret(const char *value, const struct path_terms *terms)
{
    (void)terms;
    if (strcasecmp(value, "FULL") == 0 || strcasecmp(value, "HDRS") == 0)
        return NULL;
    return "501 5.5.4 RET is neither FULL nor HDRS";
}

/* Source: RFC 3461 section 4.4. */
static const char *check_envid(const char *value, const struct path_terms *terms)
{
    (void)terms;
    return *value != '\0' && strlen(value) <= 100 && is_xtext(value)
               ? NULL
               : "501 5.5.4 ENVID is no xtext of up to 100 characters";
}

/* Source: RFC 3461 section 4.1. */
static const char *check_notify(const char *value, const struct path_terms *terms)
{
    static const char *const words[] = { "SUCCESS", "FAILURE", "DELAY" };
    bool fine = *value != '\0';

    (void)terms;
    if (strcasecmp(value, "NEVER") == 0)
        return NULL;
    while (fine && *value != '\0') {
        size_t length = strcspn(value, ",");

        fine = false;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            fine |= strlen(words[i]) == length && strncasecmp(words[i], value, length) == 0;
        value += length;
        value += *value == ',' && value[1] != '\0';
    }
    return fine ? NULL : "501 5.5.4 NOTIFY is NEVER, or some of SUCCESS,FAILURE,DELAY";
}

/* Source: RFC 3461 section 4.2. */
static const char *check_orcpt(const char *value, const struct path_terms *terms)
{
    const char *address = strchr(value, ';');

    (void)terms;
    return address != NULL && address > value && address[1] != '\0' && strlen(value) <= 500 &&
                   is_xtext(address + 1)
               ? NULL
               : "501 5.5.4 ORCPT is no type;xtext";
}

struct parameter {
    const char *name;
    const char *keyword; /* that offers it */
    const char *(*check)(const char *value, const struct path_terms *terms);
};

static const struct parameter of_mail[] = {
    { "SIZE", "SIZE", check_size },
    { "BODY", "8BITMIME", check_body },
    { "BODY", "BINARYMIME", check_body },
    { "AUTH", "AUTH", check_auth },
    { "SMTPUTF8", "SMTPUTF8", check_smtputf8 },
    { "REQUIRETLS", "REQUIRETLS", check_requiretls },
    { "RET", "DSN", check_ret },
    { "ENVID", "DSN", check_envid },
    { NULL, NULL, NULL },
};

static const struct parameter of_rcpt[] = {
    { "NOTIFY", "DSN", check_notify },
    { "ORCPT", "DSN", check_orcpt },
    { NULL, NULL, NULL },
};

static const char *check_parameter(const char *text, const struct parameter *rows,
                                   const struct path_terms *terms)
{
    size_t length = strcspn(text, "=");
    const char *value = text[length] == '=' ? text + length + 1 : text + length;

    for (; rows->name != NULL; rows++)
        if (strlen(rows->name) == length && strncasecmp(rows->name, text, length) == 0 &&
            keywords_have(terms->keywords, rows->keyword))
            return rows->check(value, terms);
    return "555 5.5.4 This parameter is not offered";
}

static const char *check_parameters(const struct path *path, const struct parameter *rows,
                                    const struct path_terms *terms)
{
    const char *fault = NULL;

    if (path->parameters.n > 0 && !terms->extended)
        return "555 5.5.4 Parameters need EHLO";
    for (size_t i = 0; i < path->parameters.n && fault == NULL; i++)
        fault = check_parameter(path->parameters.items[i], rows, terms);
    return fault;
}

bool path_has_parameter(const struct path *path, const char *name)
{
    for (size_t i = 0; i < path->parameters.n; i++)
        if (strcasecmp(path->parameters.items[i], name) == 0)
            return true;
    return false;
}

const char *path_check_mail(const struct path *path, const struct path_terms *terms)
{
    const char *fault = check_parameters(path, of_mail, terms);

    if (fault != NULL)
        return fault;
    if (*path->address != '\0' && !is_mailbox(path->address))
        return "501 5.1.7 This is no address";
    if (is_utf8(path->address) && !path_has_parameter(path, "SMTPUTF8"))
        return "553 5.6.7 This address needs SMTPUTF8";
    return NULL;
}

const char *path_check_rcpt(const struct path *path, const struct path_terms *terms)
{
    const char *fault = check_parameters(path, of_rcpt, terms);

    if (fault != NULL)
        return fault;
    /* Source: RFC 5321 section 4.5.1: every server has a postmaster. */
    if (strcasecmp(path->address, "postmaster") != 0 && !is_mailbox(path->address))
        return "501 5.1.3 This is no address";
    if (is_utf8(path->address) && !terms->smtputf8)
        return "553 5.6.7 This address needs SMTPUTF8";
    return NULL;
}

void path_release(struct path *path)
{
    free(path->address);
    path->address = NULL;
    list_release(&path->parameters);
}
