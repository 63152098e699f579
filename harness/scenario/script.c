#include "harness/scenario/script.h"
#include "harness/scenario/arrays.h"
#include "harness/scenario/types.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Nobody reads a longer one, and it is made in memory. */
enum { REPLY_MAX = 16 * 1024 * 1024 };

/* Sites as sets: an action works at some of them. */
enum site {
    AT_CONNECT = 1 << 0,
    AT_CLIENT_HELLO = 1 << 1,
    AT_CERTIFICATE = 1 << 2,
    AT_FINISHED = 1 << 3,
    AT_TICKET = 1 << 4,
    AT_BODY = 1 << 5,
    AT_CLOSE = 1 << 6,
    AT_VERB = 1 << 7,
    AT_EHLO = 1 << 8,
    AT_STARTTLS = 1 << 9,
    AT_ANY_VERB = AT_VERB | AT_EHLO | AT_STARTTLS,
    AT_REPLY = AT_CONNECT | AT_BODY | AT_ANY_VERB,
    AT_TLS = AT_CLIENT_HELLO | AT_CERTIFICATE | AT_FINISHED | AT_TICKET,
    EVERYWHERE = AT_REPLY | AT_TLS | AT_CLOSE
};

struct site_row {
    const char *name;
    unsigned site;
    const char *meaning;
};

static const struct site_row sites[] = {
    { "connect", AT_CONNECT, "before the greeting, or before the handshake with implicit TLS" },
    { "client_hello", AT_CLIENT_HELLO, "a ClientHello has been read" },
    { "certificate", AT_CERTIFICATE, "the client's Certificate message has been read" },
    { "finished", AT_FINISHED, "the handshake is complete" },
    { "ticket", AT_TICKET, "session tickets are about to be sent" },
    { "body", AT_BODY, "the lines of a message, after DATA was answered 354" },
    { "close", AT_CLOSE, "the server is about to close" },
    { "EHLO", AT_EHLO, "the verb" },
    { "HELO", AT_VERB, "the verb" },
    { "STARTTLS", AT_STARTTLS, "the verb" },
    { "MAIL", AT_VERB, "the verb" },
    { "RCPT", AT_VERB, "the verb" },
    { "DATA", AT_VERB, "the verb; with `after: 3 lines` the body" },
    { "BDAT", AT_VERB, "the verb" },
    { "RSET", AT_VERB, "the verb" },
    { "NOOP", AT_VERB, "the verb" },
    { "VRFY", AT_VERB, "the verb" },
    { "QUIT", AT_VERB, "the verb" },
    { "AUTH", AT_VERB, "the verb" },
    { NULL, 0, NULL },
};

/* An action, where it works, and what helps who wrote it elsewhere. */
struct action_row {
    const char *key;
    unsigned sites;
    const char *cure;
};

static const struct action_row actions[] = {
    { "segment", EVERYWHERE, "" },
    { "record", EVERYWHERE, "" },
    { "throttle", EVERYWHERE, "" },
    { "cut", EVERYWHERE, "" },
    { "corrupt", EVERYWHERE, "" },
    { "delay", EVERYWHERE, "" },
    { "stall", EVERYWHERE, "" },
    { "ask_certificate", AT_VERB | AT_EHLO | AT_BODY,
      "write it on a verb under TLS, such as MAIL" },
    { "issue_tickets", AT_VERB | AT_EHLO | AT_BODY, "write it on a verb under TLS, such as MAIL" },
    { "raw", EVERYWHERE, "" },
    { "garbage", EVERYWHERE, "" },
    { "alert", EVERYWHERE & ~(unsigned)(AT_CONNECT | AT_STARTTLS),
      "TLS has not begun; write it on client_hello" },
    { "reply", AT_REPLY, "there is nothing to reply to; write it on a verb, connect or body" },
    { "inject", AT_REPLY, "it follows a reply; write it on a verb, connect or body" },
    { "bytes", AT_REPLY, "they stand for a reply; write them on a verb, connect or body" },
    { "fragment", AT_REPLY, "it cuts a reply; write it on a verb, connect or body" },
    { "lines", AT_REPLY, "it shapes a reply; write it on a verb, connect or body" },
    { "fill", AT_REPLY, "it shapes a reply; write it on a verb, connect or body" },
    { "answer", AT_REPLY, "it is about a reply; write it on a verb, connect or body" },
    { "believe", AT_STARTTLS, "write it on STARTTLS" },
    { "drop_capability", AT_EHLO, "write it on EHLO" },
    { "close", EVERYWHERE, "" },
    { NULL, 0, NULL },
};

static const struct site_row *find_site(const char *name)
{
    for (const struct site_row *row = sites; row->name != NULL; row++) {
        /* Verbs are commands and may be written as mail programs write them. */
        if (strcmp(row->name, name) == 0 ||
            (isupper((unsigned char)row->name[0]) && strcasecmp(row->name, name) == 0))
            return row;
    }
    return NULL;
}

static void read_site(const struct slot *slot)
{
    const char *text = slot_text(slot);
    const struct site_row *site = text == NULL ? NULL : find_site(text);
    const char *names[sizeof(sites) / sizeof(sites[0])];

    if (text == NULL)
        return;
    if (site != NULL) {
        slot_set_pointer(slot, site->name);
        return;
    }
    for (size_t i = 0; i < sizeof(sites) / sizeof(sites[0]); i++)
        names[i] = sites[i].name;
    faults_add_unknown(slot->reader->faults, slot->path, slot->value->where, text, names, NULL);
}

const struct schema_type type_site = { "site", read_site };

static void read_lines(const struct slot *slot)
{
    const char *text = slot_text(slot);
    char *end;
    long number;
    int value;

    if (text == NULL)
        return;
    number = strtol(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || number < 1 || number > 100000 ||
        (*end != '\0' && strcmp(end, " lines") != 0 && strcmp(end, " line") != 0)) {
        slot_fault(slot, "\"%.60s\" is not a number of lines such as \"3 lines\"", text);
        return;
    }
    value = (int)number;
    memcpy(slot->member, &value, sizeof(value));
}

const struct schema_type type_lines = { "number of lines", read_lines };

static void fault_at(struct reader *reader, const struct path *up, const struct node *map,
                     const char *key, const char *text)
{
    struct path path = { up, key, 0 };

    for (size_t i = 0; i < map->n; i++) {
        if (strcmp(map->keys[i]->text, key) == 0)
            faults_add(reader->faults, &path, map->keys[i]->where, "%s", text);
    }
}

static void fault_without_action(struct reader *reader, const struct path *path,
                                 const struct node *map)
{
    char list[512] = "";

    for (const struct action_row *action = actions; action->key != NULL; action++) {
        const char *before = action == actions ? "" : action[1].key == NULL ? " or " : ", ";
        size_t length = strlen(list);

        (void)snprintf(list + length, sizeof(list) - length, "%s%s", before, action->key);
    }
    faults_add(reader->faults, path, map->where, "nothing is done; say what: %s", list);
}

static void check_actions(struct reader *reader, const struct path *path, const struct node *map,
                          const struct scenario_delta *delta)
{
    const struct site_row *site = find_site(delta->on);
    int n = 0;

    for (const struct action_row *action = actions; action->key != NULL; action++) {
        char text[160];

        if (node_find(map, action->key) == NULL)
            continue;
        n++;
        if ((action->sites & site->site) != 0)
            continue;
        (void)snprintf(text, sizeof(text), "cannot work on %s: %s", site->name, action->cure);
        fault_at(reader, path, map, action->key, text);
    }
    if (n == 0)
        fault_without_action(reader, path, map);
    if ((long)delta->lines * delta->fill > REPLY_MAX)
        fault_at(reader, path, map, "fill", "times `lines` is more than 16 MiB");
    if (delta->reply != NULL && delta->bytes != NULL)
        fault_at(reader, path, map, "bytes", "stands for the reply; write one of both");
    if (node_find(node_find(map, "limit"), "times") != NULL && node_find(map, "times") != NULL)
        fault_at(reader, path, map, "times", "is given in limit, too");
    if (node_find(node_find(map, "limit"), "connection") != NULL &&
        node_find(map, "connection") != NULL)
        fault_at(reader, path, map, "connection", "is given in limit, too");
}

/* `DATA` after some lines speaks of the lines, not of the command. */
static void move_to_body(struct reader *reader, const struct path *path, const struct node *map,
                         struct scenario_delta *delta)
{
    if (delta->after_lines == 0)
        return;
    if (strcmp(delta->on, "DATA") == 0)
        delta->on = "body";
    else if (strcmp(delta->on, "body") != 0)
        fault_at(reader, path, map, "after", "counts the lines of a message; write it on DATA");
}

static void read_delta(struct reader *reader, const struct node *map, struct scenario_delta *delta,
                       const struct path *path)
{
    delta->where = map->where;
    reader->targets[TARGET_DELTA] = delta;
    schema_read(reader, SECTION_DELTA, map, path);
    if (delta->on == NULL || map->kind != NODE_MAP)
        return;
    move_to_body(reader, path, map, delta);
    check_actions(reader, path, map, delta);
}

static void read_script(const struct slot *slot)
{
    const struct node *list = slot->value;
    struct scenario_delta *script;

    if (list->kind != NODE_LIST && list->kind != NODE_EMPTY) {
        slot_fault(slot, "a list is expected, such as [{on: RCPT, reply: \"451 later\"}]");
        return;
    }
    script = ARRAY_NEW(slot->reader->context, struct scenario_delta, list->n);
    for (size_t i = 0; i < list->n; i++) {
        struct path path = { slot->path, NULL, i + 1 };

        read_delta(slot->reader, list->items[i], &script[i], &path);
    }
    slot_set_array(slot, script, list->n);
}

const struct schema_type type_script = { "rows with keys", read_script };

void script_print_reference(FILE *stream)
{
    fprintf(stream, "\n| site | when |\n|---|---|\n");
    for (const struct site_row *row = sites; row->name != NULL; row++)
        fprintf(stream, "| `%s` | %s |\n", row->name, row->meaning);
    fprintf(stream, "\n| action | works on |\n|---|---|\n");
    for (const struct action_row *action = actions; action->key != NULL; action++) {
        const char *before = "";

        fprintf(stream, "| `%s` | ", action->key);
        for (const struct site_row *row = sites; row->name != NULL; row++) {
            if ((row->site & action->sites) == 0)
                continue;
            fprintf(stream, "%s%s", before, row->name);
            before = ", ";
        }
        fprintf(stream, " |\n");
    }
}
