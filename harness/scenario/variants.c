#include "harness/scenario/variants.h"
#include "harness/scenario/arrays.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    VALUE_MAX = 64,                 /* ids are names of files, too */
    EXPANDED_MAX = 16 * 1024 * 1024 /* bytes of a file times its cases */
};

/* One `$name` in a text. */
struct reference {
    const char *start; /* the dollar */
    const char *name;
    size_t length;
    const char *end; /* behind it */
};

static bool is_name_start(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static size_t name_length(const char *text)
{
    size_t n = 0;

    while (isalnum((unsigned char)text[n]) || text[n] == '_')
        n++;
    return n;
}

/* Finds the next `$name`, `${name}` or `$$` (of no length) from `at` on. */
static bool next_reference(const char *at, const char *end, struct reference *reference)
{
    for (; at < end; at++) {
        size_t brace;

        if (*at != '$')
            continue;
        *reference = (struct reference){ at, at, 0, at + 2 };
        if (at[1] == '$')
            return true;
        brace = at[1] == '{' ? 1 : 0;
        if (!is_name_start(at[1 + brace]))
            continue;
        reference->name = at + 1 + brace;
        reference->length = name_length(reference->name);
        reference->end = reference->name + reference->length + brace;
        if (brace == 0 || reference->name[reference->length] == '}')
            return true;
    }
    return false;
}

static struct variant *find(struct variants *variants, const char *name, size_t length)
{
    for (size_t i = 0; i < variants->n; i++) {
        if (strlen(variants->items[i].name) == length &&
            memcmp(variants->items[i].name, name, length) == 0)
            return &variants->items[i];
    }
    return NULL;
}

/* --- finding --- */

static bool is_value(const char *text)
{
    size_t length = strlen(text);

    return length > 0 && length <= VALUE_MAX &&
           text[strspn(text,
                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+:@-")] ==
               '\0';
}

static void add_value(struct variant *variant, const struct node *value, struct faults *faults,
                      const struct path *path)
{
    if (value->kind != NODE_SCALAR || !is_value(value->text) ||
        strlen(value->text) != value->size) {
        faults_add(faults, path, value->where,
                   "a value is part of the case's id: letters, digits and ._+:@- only, and at "
                   "most %d of them",
                   VALUE_MAX);
        return;
    }
    for (size_t i = 0; i < variant->n_values; i++) {
        if (strcmp(variant->values[i], value->text) == 0) {
            faults_add(faults, path, value->where, "\"%s\" is given twice", value->text);
            return;
        }
    }
    variant->values[variant->n_values++] = value->text;
}

static void add_variant(void *context, struct variants *variants, const struct node *key,
                        const struct node *list, struct faults *faults)
{
    struct path top = { NULL, "variants", 0 };
    struct path path = { &top, key->text, 0 };
    struct variant *variant = &variants->items[variants->n];

    if (!is_name_start(key->text[0]) || key->text[name_length(key->text)] != '\0') {
        faults_add(faults, &path, key->where, "a name has letters, digits and _ only");
        return;
    }
    if (list->kind != NODE_LIST || list->n == 0 || list->n > SCENARIO_VARIANTS_MAX) {
        faults_add(faults, &path, list->where, "a list of values is expected");
        return;
    }
    *variant = (struct variant){ .name = key->text, .key = key };
    variant->values = ARRAY_NEW(context, const char *, list->n);
    for (size_t i = 0; i < list->n; i++)
        add_value(variant, list->items[i], faults, &path);
    variants->n++;
}

static void use(struct variants *variants, const struct node *node, struct faults *faults)
{
    const char *end = node->text + node->size;
    const char *names[VARIANTS_NAMES_MAX + 1] = { NULL };
    struct reference reference = { .end = node->text };

    for (size_t i = 0; i < variants->n; i++)
        names[i] = variants->items[i].name;
    while (next_reference(reference.end, end, &reference)) {
        struct variant *variant = find(variants, reference.name, reference.length);
        char name[VALUE_MAX] = "";

        if (variant != NULL)
            variant->used = true;
        if (variant != NULL || reference.length == 0)
            continue;
        (void)snprintf(name, sizeof(name), "%.*s", (int)reference.length, reference.name);
        faults_add_unknown(faults, NULL, node->where, name, names, "declared variant");
    }
}

static void use_all(struct variants *variants, const struct node *node, struct faults *faults,
                    size_t depth)
{
    if (!node->has_dollar)
        return;
    if (node->kind == NODE_SCALAR)
        use(variants, node, faults);
    for (size_t i = 0; i < node->n; i++) {
        if (depth == 0 && node->keys != NULL && strcmp(node->keys[i]->text, "variants") == 0)
            continue;
        use_all(variants, node->items[i], faults, depth + 1);
    }
}

static void check_number(const struct document *document, const struct node *map,
                         struct variants *variants, struct faults *faults)
{
    struct path path = { NULL, "variants", 0 };

    for (size_t i = 0; i < variants->n; i++) {
        variants->n_combinations *= variants->items[i].n_values;
        if (variants->n_combinations > SCENARIO_VARIANTS_MAX) {
            faults_add(faults, &path, map->where, "these are more than %d cases",
                       SCENARIO_VARIANTS_MAX);
            return;
        }
    }
    if (variants->n_combinations > 1 && document->size * variants->n_combinations > EXPANDED_MAX)
        faults_add(faults, &path, map->where, "too many cases for a file of this size");
}

static int by_name(const void *a, const void *b)
{
    const struct variant *left = a, *right = b;

    return strcmp(left->name, right->name);
}

void variants_find(void *context, const struct document *document, struct faults *faults,
                   struct variants *variants)
{
    const struct node *map = node_find(document->root, "variants");
    struct path top = { NULL, "variants", 0 };

    *variants = (struct variants){ .n_combinations = 1 };
    if (map != NULL && map->kind != NODE_MAP)
        faults_add(faults, &top, map->where, "names with lists of values are expected here");
    else if (map != NULL && map->n > VARIANTS_NAMES_MAX)
        faults_add(faults, &top, map->where, "more than %d names", VARIANTS_NAMES_MAX);
    else
        for (size_t i = 0; map != NULL && i < map->n; i++)
            add_variant(context, variants, map->keys[i], map->items[i], faults);
    qsort(variants->items, variants->n, sizeof(variants->items[0]), by_name);
    use_all(variants, document->root, faults, 0);
    for (size_t i = 0; i < variants->n; i++) {
        struct path path = { &top, variants->items[i].name, 0 };

        if (!variants->items[i].used)
            faults_add(faults, &path, variants->items[i].key->where,
                       "nothing uses it; write $%s where it belongs", variants->items[i].name);
    }
    if (map != NULL)
        check_number(document, map, variants, faults);
}

/* --- applying --- */

bool variants_pick(struct variants *variants, const char *name, const char *value)
{
    struct variant *variant = find(variants, name, strlen(name));
    size_t n = 0;

    if (variant == NULL)
        return false;
    for (size_t i = 0; i < variant->n_values; i++) {
        if (strcmp(variant->values[i], value) == 0)
            variant->values[n++] = variant->values[i];
    }
    variant->n_values = n;
    variants->n_combinations = 1;
    for (size_t i = 0; i < variants->n; i++)
        variants->n_combinations *= variants->items[i].n_values;
    return true;
}

static const char *value_of(const struct variants *variants, size_t combination, size_t index)
{
    for (size_t i = variants->n - 1; i > index; i--)
        combination /= variants->items[i].n_values;
    return variants->items[index].values[combination % variants->items[index].n_values];
}

char *variants_id(void *context, const struct variants *variants, size_t combination,
                  const char *id)
{
    char *text = talloc_strdup(context, id);

    for (size_t i = 0; i < variants->n; i++)
        text = talloc_asprintf_append_buffer(text, "%c%s=%s", i == 0 ? '[' : ',',
                                             variants->items[i].name,
                                             value_of(variants, combination, i));
    return variants->n == 0 ? text : talloc_strdup_append_buffer(text, "]");
}

/* A text that grows and may hold any bytes. */
struct buffer {
    char *bytes;
    size_t size;
    size_t room;
};

static void append(struct buffer *buffer, const char *bytes, size_t size)
{
    if (buffer->size + size >= buffer->room) {
        buffer->room = 2 * (buffer->size + size) + 64;
        buffer->bytes = ARRAY_RESIZE(NULL, buffer->bytes, char, buffer->room);
    }
    memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
}

/* Appends what a reference stands for; what nobody declared stands for itself. */
static bool append_reference(struct buffer *buffer, const struct variants *variants,
                             size_t combination, const struct reference *reference)
{
    if (reference->length == 0) {
        append(buffer, "$", 1);
        return true;
    }
    for (size_t i = 0; i < variants->n; i++) {
        const char *value = value_of(variants, combination, i);

        if (strlen(variants->items[i].name) == reference->length &&
            memcmp(variants->items[i].name, reference->name, reference->length) == 0) {
            append(buffer, value, strlen(value));
            return true;
        }
    }
    append(buffer, reference->start, (size_t)(reference->end - reference->start));
    return false;
}

static const struct node *apply_text(void *context, const struct variants *variants,
                                     size_t combination, const struct node *node)
{
    const char *at = node->text, *end = node->text + node->size;
    struct buffer buffer = { NULL, 0, 0 };
    struct reference reference;
    struct node *copy;
    bool good = true;

    while (next_reference(at, end, &reference)) {
        append(&buffer, at, (size_t)(reference.start - at));
        good = append_reference(&buffer, variants, combination, &reference) && good;
        at = reference.end;
    }
    append(&buffer, at, (size_t)(end - at));
    copy = node_scalar(context, buffer.bytes, buffer.size, node->where);
    copy->quoted = node->quoted;
    copy->is_broken = !good;
    talloc_free(buffer.bytes);
    return copy;
}

const struct node *variants_apply(void *context, const struct variants *variants,
                                  size_t combination, const struct node *node)
{
    struct node *copy;

    if (!node->has_dollar)
        return node;
    if (node->kind == NODE_SCALAR)
        return apply_text(context, variants, combination, node);
    copy = node_new(context, node->kind, node->where);
    for (size_t i = 0; i < node->n; i++)
        node_add(copy, node->keys == NULL ? NULL : node->keys[i],
                 variants_apply(context, variants, combination, node->items[i]));
    return copy;
}
