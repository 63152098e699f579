#include "harness/scenario/schema.h"
#include "harness/scenario/arrays.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct schema_row *schema_find(enum section section, const char *key)
{
    for (const struct schema_row *row = schema_rows; row->key != NULL; row++) {
        if (row->section == section && strcmp(row->key, key) == 0)
            return row;
    }
    return NULL;
}

static bool is_allowed(const struct reader *reader, const struct schema_row *row)
{
    return (row->flags & (reader->in_step ? SCHEMA_ONLY_TOP : SCHEMA_ONLY_STEP)) == 0;
}

static void read_row(struct reader *reader, const struct schema_row *row, const struct node *value,
                     const struct path *up)
{
    struct path path = { up, row->key, 0 };
    char *target = reader->targets[row->target];
    struct slot slot = { reader, row, value, &path, target };

    if (target != NULL)
        slot.member = target + row->offset;
    row->type->read(&slot);
}

static void add_unknown_key(struct reader *reader, enum section section, const struct node *key,
                            const struct path *up)
{
    struct path path = { up, key->text, 0 };
    const struct schema_row *row = schema_find(section, key->text);
    const char *keys[64];
    size_t n = 0;

    if (row != NULL) {
        faults_add(reader->faults, &path, key->where,
                   reader->in_step ? "the key \"%s\" cannot change in a step"
                                   : "the key \"%s\" has a meaning in a step only",
                   key->text);
        return;
    }
    for (row = schema_rows; row->key != NULL && n + 1 < sizeof(keys) / sizeof(keys[0]); row++) {
        if (row->section == section && is_allowed(reader, row))
            keys[n++] = row->key;
    }
    keys[n] = NULL;
    faults_add_unknown_key(reader->faults, &path, key->where, key->text, keys);
}

static bool is_extension(enum section section, const char *key)
{
    return section == SECTION_TOP && strncmp(key, "x-", 2) == 0;
}

static void check_keys(struct reader *reader, enum section section, const struct node *map,
                       const struct path *path)
{
    for (size_t i = 0; i < map->n; i++) {
        const char *key = map->keys[i]->text;
        const struct schema_row *row = schema_find(section, key);

        if ((row == NULL || !is_allowed(reader, row)) && !is_extension(section, key))
            add_unknown_key(reader, section, map->keys[i], path);
    }
}

void schema_read(struct reader *reader, enum section section, const struct node *map,
                 const struct path *path)
{
    if (map->is_broken)
        return;
    if (map->kind != NODE_MAP && map->kind != NODE_EMPTY) {
        faults_add(reader->faults, path, map->where, "keys with values are expected here");
        return;
    }
    for (const struct schema_row *row = schema_rows; row->key != NULL; row++) {
        const struct node *value;

        if (row->section != section || !is_allowed(reader, row))
            continue;
        value = node_find(map, row->key);
        if (value != NULL)
            read_row(reader, row, value, path);
        else if ((row->flags & SCHEMA_REQUIRED) != 0)
            faults_add(reader->faults, path, map->where, "the key \"%s\" is missing", row->key);
    }
    check_keys(reader, section, map, path);
}

void slot_fault(const struct slot *slot, const char *format, ...)
{
    char *text;
    va_list args;

    va_start(args, format);
    text = talloc_vasprintf(NULL, format, args);
    va_end(args);
    faults_add(slot->reader->faults, slot->path, slot->value->where, "%s", text);
    talloc_free(text);
}

const char *slot_text(const struct slot *slot)
{
    const struct node *value = slot->value;

    if (value->is_broken)
        return NULL;
    if (value->kind == NODE_EMPTY) {
        slot_fault(slot, "a value is missing");
        return NULL;
    }
    if (value->kind != NODE_SCALAR) {
        slot_fault(slot, "one value is expected, not a %s",
                   value->kind == NODE_LIST ? "list" : "mapping");
        return NULL;
    }
    if (strlen(value->text) != value->size) {
        slot_fault(slot, "the text contains a NUL");
        return NULL;
    }
    return value->text;
}

int slot_word(const struct slot *slot, const char *words)
{
    const char *text = slot_text(slot);
    const char *const *list;
    void *context;
    int index = 0;

    if (text == NULL)
        return -1;
    context = talloc_new(NULL);
    list = words_split(context, words);
    while (list[index] != NULL && strcmp(list[index], text) != 0)
        index++;
    if (list[index] == NULL) {
        faults_add_unknown(slot->reader->faults, slot->path, slot->value->where, text, list, NULL);
        index = -1;
    }
    talloc_free(context);
    return index;
}

static bool is_text(const struct slot *slot, const struct node *item, size_t index)
{
    struct path path = { slot->path, NULL, index };
    struct slot of_item = { slot->reader, slot->row, item, &path, NULL };

    return slot_text(&of_item) != NULL;
}

const struct node *const *slot_items(const struct slot *slot, size_t *n)
{
    const struct node *value = slot->value;
    const struct node **items;
    bool good = true;

    *n = 0;
    if (value->kind != NODE_LIST) {
        if (value->kind == NODE_EMPTY || slot_text(slot) == NULL)
            return NULL;
        items = ARRAY_NEW(slot->reader->context, const struct node *, 1);
        items[0] = value;
        *n = 1;
        return items;
    }
    for (size_t i = 0; i < value->n; i++)
        good = is_text(slot, value->items[i], i + 1) && good;
    *n = good ? value->n : 0;
    return value->items;
}

void slot_set_pointer(const struct slot *slot, const void *pointer)
{
    memcpy(slot->member, &pointer, sizeof(pointer));
}

void slot_set_array(const struct slot *slot, const void *items, size_t n)
{
    slot_set_pointer(slot, items);
    memcpy(slot->member + sizeof(items), &n, sizeof(n));
}

const void *slot_get_array(const struct slot *slot, size_t *n)
{
    const void *items;

    memcpy(&items, slot->member, sizeof(items));
    memcpy(n, slot->member + sizeof(items), sizeof(*n));
    return items;
}

bool duration_parse(const char *text, long long unit_ms, long long *ms)
{
    static const struct unit {
        const char *name;
        long long ms;
    } units[] = {
        { "ms", 1 },        { "s", 1000 },       { "m", 60000 },       { "min", 60000 },
        { "h", 3600000LL }, { "d", 86400000LL }, { "w", 604800000LL },
    };
    const char *digits = text + strspn(text, "+-");
    char *end;
    long long number;

    if (digits - text > 1 || *digits < '0' || *digits > '9')
        return false;
    errno = 0;
    number = strtoll(text, &end, 10);
    /* Enough for every duration, and no product of it overflows. */
    if (errno != 0 || number > 1000000000000LL / 1000 || number < -1000000000000LL / 1000)
        return false;
    *ms = number * unit_ms;
    if (*end == '\0')
        return true;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        *ms = number * units[i].ms;
        if (strcmp(end, units[i].name) == 0)
            return true;
    }
    return false;
}
