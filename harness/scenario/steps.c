#include "harness/scenario/arrays.h"
#include "harness/scenario/settings.h"
#include "harness/scenario/types.h"

#include <string.h>

static const char *const default_to[] = { "postmaster@example.test", NULL };

static struct scenario_message *make_message(const struct reader *reader)
{
    struct scenario_message *message = talloc_zero(reader->context, struct scenario_message);

    *message = (struct scenario_message){
        .from = "sender@example.test",
        .to = default_to,
        .subject = reader->scenario->title,
        .body = "This is a message of counterseal.\n",
    };
    return message;
}

static void read_send(const struct slot *slot)
{
    struct reader *reader = slot->reader;
    struct scenario_message *message = make_message(reader);

    reader->targets[TARGET_MESSAGE] = message;
    schema_read(reader, SECTION_SEND, slot->value, slot->path);
    if (message->to[0] == NULL)
        slot_fault(slot, "a message needs a recipient");
    slot_set_pointer(slot, message);
}

const struct schema_type type_send = { "keys", read_send };

/* Tells whether the server's settings change, not only what it remembers. */
static bool changes_settings(const struct node *server)
{
    for (size_t i = 0; server != NULL && server->kind == NODE_MAP && i < server->n; i++) {
        const struct schema_row *row = schema_find(SECTION_SERVER, server->keys[i]->text);

        if (row != NULL && row->target != TARGET_STEP)
            return true;
    }
    return false;
}

static void publish(struct reader *reader, struct scenario_step *step, const struct node *map)
{
    const struct scenario_step *before = step->number > 1 ? step - 1 : NULL;

    step->server_changed = changes_settings(node_find(map, "server"));
    if (before != NULL && !step->server_changed)
        step->server = before->server;
    else
        step->server = settings_publish_server(reader->context, reader->targets[TARGET_SERVER]);
    if (before != NULL && node_find(map, "client") == NULL)
        step->client = before->client;
    else
        step->client = settings_publish_client(reader->context, reader->targets[TARGET_CLIENT]);
    if (before != NULL)
        step->clock_s += before->clock_s;
}

static bool is_idle(const struct node *map)
{
    for (size_t i = 0; map->kind == NODE_MAP && i < map->n; i++) {
        const struct node *value = map->items[i];

        if (value->kind != NODE_MAP || value->n > 0 || strcmp(map->keys[i]->text, "send") == 0)
            return false; /* a probe is a list */
    }
    return true;
}

/* Nothing happens on a wire before something is sent, but that the server gets ready. */
static void check_order(struct reader *reader, const struct scenario_step *step,
                        const struct node *map, const struct path *path)
{
    const struct node *wait = node_find(map, "wait");
    struct path of_wait = { path, "wait", 0 };

    if (map->kind == NODE_SCALAR || map->kind == NODE_LIST)
        return;
    if (is_idle(map)) {
        faults_add(reader->faults, path, map->where,
                   "the step does nothing; send, probe, wait, clock, server, client or restart");
        return;
    }
    reader->has_sent = reader->has_sent || step->send != NULL;
    if (reader->has_sent)
        return;
    if (step->wait != NULL && strncmp(step->wait, "server.", 7) != 0)
        faults_add(reader->faults, &of_wait, wait->where,
                   "the event never comes: nothing has been sent by then");
    if (step->n_expectations > 0)
        faults_add(reader->faults, path, step->expectations[0].where,
                   "there is nothing to expect: nothing has been sent by then");
}

static void read_step(struct reader *reader, const struct node *map, struct scenario_step *step,
                      const struct path *path)
{
    step->where = map->where;
    reader->targets[TARGET_STEP] = step;
    schema_read(reader, SECTION_STEP, map, path);
    step->is_probe = node_find(map, "probe") != NULL;
    if (step->is_probe && step->send == NULL)
        step->send = make_message(reader);
    check_order(reader, step, map, path);
    publish(reader, step, map);
    settings_check_port(reader, step, path);
}

static void read_steps(const struct slot *slot)
{
    struct reader *reader = slot->reader;
    const struct node *list = slot->value;
    struct scenario_step *steps;

    if (list->kind != NODE_LIST || list->n == 0) {
        slot_fault(slot, "a list of steps is expected, at least one: - send: {}");
        return;
    }
    steps = ARRAY_NEW(reader->context, struct scenario_step, list->n);
    reader->in_step = true;
    for (size_t i = 0; i < list->n; i++) {
        struct path path = { slot->path, NULL, i + 1 };

        steps[i].number = (int)i + 1;
        read_step(reader, list->items[i], &steps[i], &path);
    }
    reader->in_step = false;
    reader->scenario->steps = steps;
    reader->scenario->n_steps = list->n;
}

const struct schema_type type_steps = { "a list", read_steps };
