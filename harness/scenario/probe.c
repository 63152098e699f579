/* A step's `probe:`: the sites of a client's dialogue, and which acts are possible at which. */
#include "harness/scenario/arrays.h"
#include "harness/scenario/cast.h"
#include "harness/scenario/script.h"
#include "harness/scenario/types.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Sites as sets. */
enum site {
    AT_CONNECT = 1 << 0,
    AT_CLIENT_HELLO = 1 << 1,
    AT_CERTIFICATE = 1 << 2,
    AT_FINISHED = 1 << 3,
    AT_BODY = 1 << 4,
    AT_VERB = 1 << 5,
    AT_STARTTLS = 1 << 6,
    AT_ANY_VERB = AT_VERB | AT_STARTTLS,
    AT_SAID = AT_ANY_VERB | AT_BODY,
    EVERYWHERE = AT_CONNECT | AT_CLIENT_HELLO | AT_CERTIFICATE | AT_FINISHED | AT_SAID
};

static const struct site_row {
    const char *name;
    unsigned site;
    const char *meaning;
} sites[] = {
    { "connect", AT_CONNECT, "the connection is there; before the greeting, or the handshake" },
    { "client_hello", AT_CLIENT_HELLO, "the handshake is about to begin" },
    { "certificate", AT_CERTIFICATE, "the server has asked for a certificate" },
    { "finished", AT_FINISHED, "the handshake is complete, as far as the client knows" },
    { "EHLO", AT_VERB, "the verb, in the clear and again under TLS" },
    { "STARTTLS", AT_STARTTLS, "the verb" },
    { "MAIL", AT_VERB, "the verb" },
    { "RCPT", AT_VERB, "the verb" },
    { "DATA", AT_VERB, "the verb" },
    { "body", AT_BODY, "the message, when DATA was answered 354" },
    { "QUIT", AT_VERB, "the verb" },
};

enum { N_SITES = sizeof(sites) / sizeof(sites[0]) };

/* An act, where it is possible, and what helps who wrote it elsewhere. They are done in this
 * order. */
static const struct act_row {
    const char *key;
    unsigned sites;
    const char *cure;
} acts[] = {
    { "segment", EVERYWHERE, "" },
    { "cut", EVERYWHERE, "" },
    { "corrupt", EVERYWHERE, "" },
    { "raw", EVERYWHERE & ~(unsigned)AT_CERTIFICATE, "write it on client_hello or finished" },
    { "session", AT_CLIENT_HELLO, "write it on client_hello" },
    { "ticket", AT_CLIENT_HELLO, "write it on client_hello, with `session`" },
    { "session_id", AT_CLIENT_HELLO, "write it on client_hello, with `session`" },
    { "secret", AT_CLIENT_HELLO, "write it on client_hello, with `session`" },
    { "name", AT_CLIENT_HELLO, "write it on client_hello" },
    { "ciphers", AT_CLIENT_HELLO, "write it on client_hello" },
    { "ciphersuites", AT_CLIENT_HELLO, "write it on client_hello" },
    { "signature_algorithms", AT_CLIENT_HELLO, "write it on client_hello" },
    { "extended_master_secret", AT_CLIENT_HELLO, "write it on client_hello" },
    { "tickets", AT_CLIENT_HELLO, "write it on client_hello" },
    { "certificate", AT_CERTIFICATE, "write it on certificate" },
    { "chain", AT_CERTIFICATE, "write it on certificate" },
    { "key", AT_CERTIFICATE, "write it on certificate" },
    { "renegotiate", AT_FINISHED | AT_VERB, "write it on finished, or on a verb under TLS" },
    { "update_keys", AT_FINISHED | AT_VERB, "write it on finished, or on a verb under TLS" },
    { "say", AT_ANY_VERB, "write it on a verb, such as MAIL" },
    { "command", AT_ANY_VERB, "there is no command; write it on a verb" },
    { "inject", AT_SAID, "it follows a command; write it on a verb or body" },
    { "bytes", AT_SAID, "they stand for a command; write them on a verb or body" },
    { "skip", AT_SAID, "there is no command; write it on a verb or body" },
    { "close", EVERYWHERE & ~(unsigned)AT_CERTIFICATE,
      "OpenSSL is in the middle of its flight; write it on client_hello or finished" },
};

enum { N_ACTS = sizeof(acts) / sizeof(acts[0]) };

static const struct site_row *find_site(const char *name)
{
    for (size_t i = 0; i < N_SITES; i++)
        if (strcmp(sites[i].name, name) == 0 ||
            (isupper((unsigned char)sites[i].name[0]) && strcasecmp(sites[i].name, name) == 0))
            return &sites[i];
    return NULL;
}

static void read_site(const struct slot *slot)
{
    const char *text = slot_text(slot);
    const struct site_row *site = text == NULL ? NULL : find_site(text);
    const char *names[N_SITES + 1] = { NULL };

    if (text == NULL)
        return;
    if (site != NULL) {
        slot_set_pointer(slot, site->name);
        return;
    }
    for (size_t i = 0; i < N_SITES; i++)
        names[i] = sites[i].name;
    faults_add_unknown(slot->reader->faults, slot->path, slot->value->where, text, names, NULL);
}

const struct schema_type type_probe_site = { "site", read_site };

/* --- values --- */

static void add(const struct slot *slot, const char *const *values, bool identities)
{
    struct scenario_probe *probe = slot->reader->targets[TARGET_PROBE];
    struct scenario_act *all =
        ARRAY_NEW(slot->reader->context, struct scenario_act, probe->n_acts + 1);

    if (probe->n_acts > 0)
        memcpy(all, probe->acts, probe->n_acts * sizeof(*all));
    all[probe->n_acts++] =
        (struct scenario_act){ slot->row->key, values, identities, slot->value->where };
    probe->acts = all;
}

static void add_one(const struct slot *slot, const char *value, bool identities)
{
    const char **values = ARRAY_NEW(slot->reader->context, const char *, 2);

    values[0] = value;
    add(slot, values, identities);
}

/* Reads the value as a type that fills `member`; a mistake has been told where it fills nothing. */
static void read_as(const struct slot *slot, const struct schema_type *type, void *member)
{
    struct slot inner = *slot;

    inner.member = member;
    type->read(&inner);
}

static void read_act_text(const struct slot *slot)
{
    const char *text = NULL;

    read_as(slot, &type_text, &text);
    if (text != NULL)
        add_one(slot, text, false);
}

const struct schema_type type_act_text = { "text", read_act_text };

static void read_act_texts(const struct slot *slot)
{
    const char *const *texts = NULL;

    read_as(slot, &type_texts, &texts);
    if (texts != NULL)
        add(slot, texts, false);
}

const struct schema_type type_act_texts = { "texts", read_act_texts };

static void read_act_bytes(const struct slot *slot)
{
    struct {
        const unsigned char *bytes;
        size_t n;
    } read = { NULL, 0 };
    char *text;

    read_as(slot, &type_bytes, &read);
    if (read.bytes == NULL)
        return;
    text = talloc_zero_size(slot->reader->context, 2 * read.n + 1);
    for (size_t i = 0; i < read.n; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", read.bytes[i]);
    add_one(slot, text, false);
}

const struct schema_type type_act_bytes = { "bytes", read_act_bytes };

static void read_act_yes(const struct slot *slot)
{
    bool yes = false;

    read_as(slot, &type_yes, &yes);
    if (yes)
        add_one(slot, "yes", false);
}

const struct schema_type type_act_yes = { "yes or no", read_act_yes };

static void read_as_number(const struct slot *slot, const struct schema_type *type)
{
    int number = INT32_MIN;

    read_as(slot, type, &number);
    if (number != INT32_MIN)
        add_one(slot, talloc_asprintf(slot->reader->context, "%d", number), false);
}

static void read_act_int(const struct slot *slot)
{
    read_as_number(slot, &type_int);
}

const struct schema_type type_act_int = { "number", read_act_int };

/* The number of a step, or a word. */
static void read_act_step(const struct slot *slot)
{
    if (slot->value->kind == NODE_SCALAR && strcmp(slot->value->text, slot->row->words) == 0)
        add_one(slot, slot->value->text, false);
    else
        read_as_number(slot, &type_int);
}

const struct schema_type type_act_step = { "number of a step, or `random`", read_act_step };

static void read_act_word(const struct slot *slot)
{
    if (slot_word(slot, slot->row->words) >= 0)
        add_one(slot, slot->value->text, false);
}

const struct schema_type type_act_word = { "word", read_act_word };

/* An identity, or one of the words of the row. */
static bool is_good_name(const struct slot *slot)
{
    const char *text = slot_text(slot);
    void *context = talloc_new(NULL);
    const char *const *names = identity_names(
        context, slot->reader->scenario, slot->row->words != NULL ? slot->row->words : "", false);
    bool good = false;

    for (size_t i = 0; text != NULL && names[i] != NULL; i++)
        good = good || strcmp(names[i], text) == 0;
    if (text != NULL && !good)
        faults_add_unknown(slot->reader->faults, slot->path, slot->value->where, text, names,
                           "identity");
    talloc_free(context);
    return good;
}

static void read_act_name(const struct slot *slot)
{
    if (is_good_name(slot))
        add_one(slot, slot->value->text, true);
}

const struct schema_type type_act_name = { "identity", read_act_name };

static void read_act_names(const struct slot *slot)
{
    size_t n;
    const struct node *const *items = slot_items(slot, &n);
    const char **names = ARRAY_NEW(slot->reader->context, const char *, n + 1);
    bool good = true;

    for (size_t i = 0; i < n; i++) {
        struct path path = { slot->path, NULL, i + 1 };
        struct slot item = { slot->reader, slot->row, items[i], &path, NULL };

        good = is_good_name(&item) && good;
        names[i] = items[i]->text;
    }
    if (good)
        add(slot, names, true);
}

const struct schema_type type_act_names = { "identities", read_act_names };

/* --- rows --- */

static void fault_at(struct reader *reader, const struct path *up, const struct node *map,
                     const char *key, const char *text)
{
    struct path path = { up, key, 0 };

    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->keys[i]->text, key) == 0)
            faults_add(reader->faults, &path, map->keys[i]->where, "%s", text);
}

static void fault_without_act(struct reader *reader, const struct path *path,
                              const struct node *map)
{
    char list[512] = "";

    for (size_t i = 0; i < N_ACTS; i++) {
        const char *before = i == 0 ? "" : i + 1 == N_ACTS ? " or " : ", ";
        size_t length = strlen(list);

        (void)snprintf(list + length, sizeof(list) - length, "%s%s", before, acts[i].key);
    }
    faults_add(reader->faults, path, map->where, "nothing is done; say what: %s", list);
}

static const char *const forgeries[] = { "ticket", "session_id", "secret" };

/* A session is one that a probe was given before. */
static void check_session(struct reader *reader, const struct path *path, const struct node *map)
{
    const struct node *value = node_find(map, "session");
    const struct scenario_step *step = reader->targets[TARGET_STEP];
    long number = value != NULL && value->kind == NODE_SCALAR ? strtol(value->text, NULL, 10) : 0;

    if (number <= 0)
        return;
    if (number >= step->number)
        fault_at(reader, path, map, "session", "is of a step before this one");
    else if (!step[number - step->number].is_probe)
        fault_at(reader, path, map, "session",
                 "no probe was there in that step; write `probe: []` in the place of `send:`");
}

static void check_row(struct reader *reader, const struct path *path, const struct node *map,
                      const struct scenario_probe *probe)
{
    const struct site_row *site = find_site(probe->on);
    int n = 0;

    for (size_t i = 0; i < N_ACTS; i++) {
        char text[200];

        if (node_find(map, acts[i].key) == NULL)
            continue;
        n++;
        if ((acts[i].sites & site->site) != 0)
            continue;
        (void)snprintf(text, sizeof(text), "cannot be done on %s: %s", site->name, acts[i].cure);
        fault_at(reader, path, map, acts[i].key, text);
    }
    if (n == 0)
        fault_without_act(reader, path, map);
    for (size_t i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++)
        if (node_find(map, "session") == NULL)
            fault_at(reader, path, map, forgeries[i],
                     "is about a session; say which in the same row, such as session: 1");
    check_session(reader, path, map);
    if (probe->when != SCENARIO_PROBE_ALWAYS && (site->site & AT_SAID) == 0)
        fault_at(reader, path, map, "tls", "tells verbs apart; leave it out here");
}

static void read_row(struct reader *reader, const struct node *map, struct scenario_probe *probe,
                     const struct path *path)
{
    probe->where = map->where;
    reader->targets[TARGET_PROBE] = probe;
    schema_read(reader, SECTION_PROBE, map, path);
    if (probe->on != NULL && map->kind == NODE_MAP)
        check_row(reader, path, map, probe);
}

static void read_probe(const struct slot *slot)
{
    const struct node *list = slot->value;
    struct scenario_probe *rows;

    if (list->kind != NODE_LIST && list->kind != NODE_EMPTY) {
        slot_fault(slot, "a list is expected, such as [{on: STARTTLS, inject: \"RSET\\r\\n\"}]");
        return;
    }
    rows = ARRAY_NEW(slot->reader->context, struct scenario_probe, list->n + 1);
    for (size_t i = 0; i < list->n; i++) {
        struct path path = { slot->path, NULL, i + 1 };

        read_row(slot->reader, list->items[i], &rows[i], &path);
    }
    slot_set_array(slot, rows, list->n);
}

const struct schema_type type_probe = { "rows with keys", read_probe };

void probe_print_reference(FILE *stream)
{
    fprintf(stream, "\n| site | when |\n|---|---|\n");
    for (size_t i = 0; i < N_SITES; i++)
        fprintf(stream, "| `%s` | %s |\n", sites[i].name, sites[i].meaning);
    fprintf(stream,
            "\nWhat a row does is done in this order.\n\n| act | possible on |\n|---|---|\n");
    for (size_t i = 0; i < N_ACTS; i++) {
        const char *before = "";

        fprintf(stream, "| `%s` | ", acts[i].key);
        for (size_t j = 0; j < N_SITES; j++) {
            if ((sites[j].site & acts[i].sites) == 0)
                continue;
            fprintf(stream, "%s%s", before, sites[j].name);
            before = ", ";
        }
        fprintf(stream, " |\n");
    }
}
