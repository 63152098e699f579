#include "harness/run/evidence.h"

#include <string.h>
#include <talloc.h>

/* A JSON value that a talloc context holds a reference of. */
struct held {
    json_t *value;
};

static int let_go(struct held *held)
{
    json_decref(held->value);
    return 0;
}

json_t *evidence_parse(void *context, const char *text, size_t size)
{
    json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    struct held *held;

    if (!json_is_object(value)) {
        json_decref(value);
        return NULL;
    }
    held = talloc(context, struct held);
    held->value = value;
    talloc_set_destructor(held, let_go);
    return value;
}

enum event_id evidence_find_event(const char *name)
{
    enum event_id id = 0;

    while (id < EVENT_COUNT && strcmp(name, event_name(id)) != 0)
        id++;
    return id;
}

const struct evidence_event *evidence_add(struct evidence *evidence, const char *line, size_t size)
{
    json_t *fields = evidence_parse(evidence, line, size);
    enum event_id id =
        fields != NULL ? evidence_find_event(evidence_text(fields, "event")) : EVENT_COUNT;
    struct evidence_event *event;

    if (id == EVENT_COUNT)
        return NULL;
    if (evidence->n_events % 64 == 0)
        evidence->events = talloc_realloc(evidence, evidence->events, struct evidence_event,
                                          (unsigned)evidence->n_events + 64);
    event = &evidence->events[evidence->n_events++];
    *event = (struct evidence_event){
        .id = id,
        .time_us = evidence_number(fields, "t"),
        .connection = (int)evidence_number(fields, "connection"),
        .step = (int)evidence_number(fields, "step"),
        .fields = fields,
        .line = talloc_strndup(evidence, line, size),
    };
    return event;
}

const char *evidence_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

long long evidence_number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

bool evidence_flag(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

const char *const *evidence_list(void *context, const json_t *object, const char *name)
{
    const json_t *array = json_object_get(object, name);
    size_t n = json_array_size(array), used = 0;
    const char **list = talloc_array(context, const char *, (unsigned)n + 1);

    for (size_t i = 0; i < n; i++) {
        const char *text = json_string_value(json_array_get(array, i));

        if (text != NULL)
            list[used++] = text;
    }
    list[used] = NULL;
    return list;
}
