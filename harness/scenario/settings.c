#include "harness/scenario/settings.h"
#include "harness/scenario/arrays.h"
#include "harness/scenario/cast.h"
#include "harness/scenario/types.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Source: RFC 5280 appendix A: no common name or organization is longer. */
enum { OLDEST_VERSION = 0x0301, DEFAULT_TICKETS = 2, ATTRIBUTE_MAX = 64 };

static const struct scenario_name alpha[] = { { "alpha", { NULL, 0, 0, 0 } } };

void settings_init_server(struct scenario_server *server)
{
    *server = (struct scenario_server){
        .tls_min = 0x0303,
        .tls_max = 0x0304,
        .certificate = { "mail", WHERE_NONE },
        .trust = { alpha, 1 },
        .sessions = { .ids = true, .tickets = DEFAULT_TICKETS },
    };
}

void settings_init_client(struct client_state *state)
{
    *state = (struct client_state){
        .client = { .trust = { alpha, 1 }, .host = "localhost" },
    };
}

static const struct scenario_host *publish_hosts(void *context, const struct scenario_host *hosts,
                                                 size_t n)
{
    struct scenario_host *copy = ARRAY_NEW(context, struct scenario_host, n);

    for (size_t i = 0; i < n; i++) {
        copy[i].name = hosts[i].name;
        copy[i].server = settings_publish_server(context, hosts[i].server);
    }
    return copy;
}

const struct scenario_server *settings_publish_server(void *context,
                                                      const struct scenario_server *server)
{
    struct scenario_server *copy = talloc_memdup(context, server, sizeof(*server));

    /* An empty list that was given has items: a place to stand on. */
    if (copy->names.items == NULL)
        copy->names = copy->trust;
    copy->hosts = publish_hosts(copy, server->hosts, server->n_hosts);
    copy->ports = publish_hosts(copy, server->ports, server->n_ports);
    return copy;
}

static const char *holder(const struct client_state *state, const char *file)
{
    const char *identity = file;

    for (size_t i = 0; i < state->n_replaced; i++) {
        if (strcmp(state->replaced[i].file, file) == 0)
            identity = state->replaced[i].identity;
    }
    return identity;
}

const struct scenario_client *settings_publish_client(void *context,
                                                      const struct client_state *state)
{
    struct scenario_client *copy = talloc_memdup(context, &state->client, sizeof(state->client));
    struct scenario_certificate *certificates =
        ARRAY_NEW(copy, struct scenario_certificate, copy->n_certificates);

    for (size_t i = 0; i < copy->n_certificates; i++) {
        certificates[i] = copy->certificates[i];
        certificates[i].identity = holder(state, certificates[i].file);
    }
    copy->certificates = certificates;
    return copy;
}

/* --- types --- */

static void read_versions(const struct slot *slot)
{
    static const char *const words[] = { "1.0", "1.1", "1.2", "1.3", NULL };
    const char *text = slot_text(slot);
    const char *dots = text == NULL ? NULL : strstr(text, "..");
    const char *ends[2] = { text, dots == NULL ? text : dots + 2 };
    size_t lengths[2];
    int versions[2] = { 0, 0 };

    if (text == NULL)
        return;
    lengths[0] = dots == NULL ? strlen(text) : (size_t)(dots - text);
    lengths[1] = strlen(ends[1]);
    for (int end = 0; end < 2; end++) {
        for (int i = 0; words[i] != NULL; i++) {
            if (lengths[end] == strlen(words[i]) && strncmp(ends[end], words[i], lengths[end]) == 0)
                versions[end] = OLDEST_VERSION + i;
        }
    }
    if (versions[0] == 0 || versions[1] == 0)
        faults_add_unknown(slot->reader->faults, slot->path, slot->value->where, text, words, NULL);
    else if (versions[0] > versions[1])
        slot_fault(slot, "\"%s\" is empty: the older version comes first", text);
    else
        memcpy(slot->member, versions, sizeof(versions));
}

const struct schema_type type_versions = { "version, or a range such as `1.0..1.3`",
                                           read_versions };

_Static_assert(offsetof(struct scenario_server, tls_max) ==
                   offsetof(struct scenario_server, tls_min) + sizeof(int),
               "both ends of a range are written at once");
_Static_assert(offsetof(struct scenario_client, tls_max) ==
                   offsetof(struct scenario_client, tls_min) + sizeof(int),
               "both ends of a range are written at once");

static void read_sessions(const struct slot *slot)
{
    struct scenario_server *server = slot->reader->targets[TARGET_SERVER];
    struct scenario_sessions *sessions = &server->sessions;

    if (slot->value->kind == NODE_SCALAR) {
        if (slot_word(slot, "none") == 0)
            *sessions = (struct scenario_sessions){ .ids = false };
        return;
    }
    /* Keys that are missing behind `none` mean what they mean at the top. */
    if (!sessions->ids && sessions->tickets == 0)
        *sessions = (struct scenario_sessions){ .ids = true, .tickets = DEFAULT_TICKETS };
    schema_read(slot->reader, SECTION_SESSIONS, slot->value, slot->path);
}

const struct schema_type type_sessions = { "`none` or keys", read_sessions };

/* A host or a port is a copy of the server as far as it has been read; their rows are behind the
 * others. */
static void read_host(const struct slot *slot, size_t index, struct scenario_host *host)
{
    struct reader *reader = slot->reader;
    struct path path = { slot->path, slot->value->keys[index]->text, 0 };
    struct scenario_server *server = reader->targets[TARGET_SERVER];
    struct scenario_server *copy = talloc_memdup(reader->context, server, sizeof(*server));

    copy->hosts = copy->ports = NULL;
    copy->n_hosts = copy->n_ports = 0;
    reader->targets[TARGET_SERVER] = copy;
    schema_read(reader, (enum section)slot->row->min, slot->value->items[index], &path);
    reader->targets[TARGET_SERVER] = server;
    *host = (struct scenario_host){ slot->value->keys[index]->text, copy };
}

static void read_hosts(const struct slot *slot)
{
    struct scenario_host *hosts;

    if (slot->value->kind != NODE_MAP) {
        slot_fault(slot, "names with what they are are expected here");
        return;
    }
    if (slot->row->max > 0 && slot->value->n > (size_t)slot->row->max) {
        slot_fault(slot, "there are at most %ld of them", slot->row->max);
        return;
    }
    hosts = ARRAY_NEW(slot->reader->context, struct scenario_host, slot->value->n);
    for (size_t i = 0; i < slot->value->n; i++)
        read_host(slot, i, &hosts[i]);
    slot_set_array(slot, hosts, slot->value->n);
}

const struct schema_type type_hosts = { "names with keys", read_hosts };

/* --- the port that a client goes to: it may be declared further down, or in a step --- */

static const char first_port[] = "first", second_port[] = "second";

static void read_port(const struct slot *slot)
{
    const char *text = slot_text(slot);
    struct scenario_name name = { text, slot->value->where };

    if (text == NULL)
        return;
    if (strcmp(text, first_port) == 0)
        name.text = NULL;
    memcpy(slot->member, &name, sizeof(name));
}

const struct schema_type type_port = { "first, second, or the name of a port", read_port };

enum scenario_mode scenario_mode_of(const struct scenario_step *step)
{
    const char *name = step->client->port.text;

    for (size_t i = 0; name != NULL && i < step->server->n_ports; i++)
        if (strcasecmp(step->server->ports[i].name, name) == 0)
            return step->server->ports[i].server->mode;
    return step->server->mode;
}

void settings_check_port(struct reader *reader, const struct scenario_step *step,
                         const struct path *path)
{
    const struct scenario_server *server = step->server;
    const struct scenario_name *port = &step->client->port;
    const char **names = ARRAY_NEW(reader->context, const char *, server->n_ports + 3);
    struct path of_client = { path, "client", 0 }, of_port = { &of_client, "port", 0 };

    names[0] = first_port;
    names[1] = second_port;
    for (size_t i = 0; i < server->n_ports; i++)
        names[2 + i] = server->ports[i].name;
    for (size_t i = 0; names[i] != NULL; i++)
        if (port->text == NULL || strcasecmp(names[i], port->text) == 0)
            return;
    faults_add_unknown(reader->faults, &of_port, port->where, port->text, names, NULL);
}

static void read_name(const struct slot *slot)
{
    struct scenario_name name = { slot->value->text, slot->value->where };

    if (identity_check(slot))
        memcpy(slot->member, &name, sizeof(name));
}

const struct schema_type type_name = { "identity", read_name };

/* Another certificate comes with the chain that belongs to it. */
static void read_own(const struct slot *slot)
{
    struct scenario_server *server = slot->reader->targets[TARGET_SERVER];

    read_name(slot);
    server->chain = (struct scenario_names){ NULL, 0 };
}

const struct schema_type type_own = { "identity", read_own };

static void read_account(const struct slot *slot, size_t index, struct scenario_account *account)
{
    const struct node *map = slot->value->items[index];
    struct path path = { slot->path, slot->value->keys[index]->text, 0 };

    account->name = slot->value->keys[index]->text;
    slot->reader->targets[TARGET_ACCOUNT] = account;
    schema_read(slot->reader, SECTION_ACCOUNT, map, &path);
    if (account->certificate.text == NULL && account->subject == NULL &&
        account->alternative == NULL)
        faults_add(slot->reader->faults, &path, slot->value->keys[index]->where,
                   "nobody has it; say whose it is: certificate, subject or alternative");
}

static void read_accounts(const struct slot *slot)
{
    struct scenario_account *accounts;

    if (slot->value->kind != NODE_MAP && slot->value->kind != NODE_EMPTY) {
        slot_fault(slot, "names of accounts with what they are are expected here");
        return;
    }
    accounts = ARRAY_NEW(slot->reader->context, struct scenario_account, slot->value->n);
    for (size_t i = 0; i < slot->value->n; i++)
        read_account(slot, i, &accounts[i]);
    slot_set_array(slot, accounts, slot->value->n);
}

const struct schema_type type_accounts = { "names with keys", read_accounts };

static void read_list(const struct slot *slot, void (*check)(const struct slot *item))
{
    size_t n;
    const struct node *const *items = slot_items(slot, &n);
    struct scenario_name *names = ARRAY_NEW(slot->reader->context, struct scenario_name, n + 1);
    struct scenario_names list = { names, n };

    for (size_t i = 0; i < n; i++) {
        struct path path = { slot->path, NULL, i + 1 };
        struct slot item = { slot->reader, slot->row, items[i], &path, NULL };

        check(&item);
        names[i] = (struct scenario_name){ items[i]->text, items[i]->where };
    }
    memcpy(slot->member, &list, sizeof(list));
}

static void check_identity(const struct slot *item)
{
    (void)identity_check(item);
}

static void read_names(const struct slot *slot)
{
    read_list(slot, check_identity);
}

const struct schema_type type_names = { "identities", read_names };

/* OpenSSL is not of this room: the shape is checked here, the types of attributes by name. */
static bool is_distinguished_name(const char *text)
{
    static const char *const types[] = { "CN", "O", "OU", "C", "ST", "L", "DC", NULL };

    while (*text != '\0') {
        size_t size = strcspn(text, ","), type = strcspn(text, "=");
        size_t i = 0;

        while (types[i] != NULL && (strlen(types[i]) != type || strncmp(types[i], text, type) != 0))
            i++;
        if (types[i] == NULL || size <= type + 1 || size - type - 1 > ATTRIBUTE_MAX)
            return false;
        text += size + (text[size] == ',' && text[size + 1] != '\0');
    }
    return true;
}

static void check_dn(const struct slot *item)
{
    const char *text = item->value->text;

    if (strchr(text, '=') == NULL)
        (void)identity_check(item);
    else if (!is_distinguished_name(text))
        slot_fault(item, "\"%.60s\" is no name such as \"CN=Some CA,O=x\"", text);
}

static void read_dns(const struct slot *slot)
{
    read_list(slot, check_dn);
}

const struct schema_type type_dns = { "identities or distinguished names", read_dns };

static void read_certificates(const struct slot *slot)
{
    size_t n;
    const struct node *const *items = slot_items(slot, &n);
    struct scenario_certificate *certificates =
        ARRAY_NEW(slot->reader->context, struct scenario_certificate, n + 1);

    for (size_t i = 0; i < n; i++) {
        struct path path = { slot->path, NULL, i + 1 };
        struct slot item = { slot->reader, slot->row, items[i], &path, NULL };

        identity_check(&item);
        certificates[i] =
            (struct scenario_certificate){ items[i]->text, items[i]->text, items[i]->where };
    }
    slot_set_array(slot, certificates, n);
}

const struct schema_type type_certificates = { "identities", read_certificates };

static void replace(const struct slot *slot, struct client_state *state, size_t index)
{
    const struct node *key = slot->value->keys[index], *value = slot->value->items[index];
    struct path path = { slot->path, key->text, 0 };
    struct slot of_key = { slot->reader, slot->row, key, slot->path, NULL };
    struct slot of_value = { slot->reader, slot->row, value, &path, NULL };

    if (!identity_check(&of_key) || !identity_check(&of_value))
        return;
    state->replaced = ARRAY_RESIZE(slot->reader->context, state->replaced,
                                   struct client_replacement, state->n_replaced + 1);
    state->replaced[state->n_replaced++] = (struct client_replacement){ key->text, value->text };
}

static void read_replace(const struct slot *slot)
{
    struct client_state *state = slot->reader->targets[TARGET_CLIENT];

    if (slot->value->kind != NODE_MAP) {
        slot_fault(slot, "pairs such as {alice: alice-2} are expected here");
        return;
    }
    for (size_t i = 0; i < slot->value->n; i++)
        replace(slot, state, i);
}

const struct schema_type type_replace = { "pairs of identities", read_replace };
