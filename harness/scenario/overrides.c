#include "harness/scenario/overrides.h"
#include "harness/scenario/schema.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>

void overrides_pick(const char *const *overrides, struct variants *variants)
{
    for (; overrides != NULL && *overrides != NULL; overrides++) {
        const char *equals = strchr(*overrides, '=');
        char *name;

        if (equals == NULL)
            continue;
        name = talloc_strndup(NULL, *overrides, (size_t)(equals - *overrides));
        (void)variants_pick(variants, name, equals + 1);
        talloc_free(name);
    }
}

static struct node *copy_of(void *context, const struct node *node)
{
    struct node *copy = node_new(context, node->kind, node->where);

    for (size_t i = 0; i < node->n; i++)
        node_add(copy, node->keys == NULL ? NULL : node->keys[i], node->items[i]);
    return copy;
}

/* Length of the key that `path` begins with: one that is there (its name may have dots), else up to
 * the dot. */
static size_t key_length(const struct node *node, const char *path)
{
    size_t longest = 0;

    for (size_t i = 0; node->kind == NODE_MAP && i < node->n; i++) {
        size_t length = strlen(node->keys[i]->text);

        if (strncmp(path, node->keys[i]->text, length) == 0 && length > longest &&
            (path[length] == '.' || path[length] == '\0'))
            longest = length;
    }
    return longest > 0 ? longest : strcspn(path, ".");
}

static const struct node *words_of(void *context, const char *text, struct where where)
{
    size_t length = strlen(text);
    struct node *list;

    if (text[0] != '[' || text[length - 1] != ']')
        return node_scalar(context, text, length, where);
    list = node_new(context, NODE_LIST, where);
    for (text += 1 + strspn(text + 1, ", "); text[0] != ']' && text[0] != '\0';
         text += strspn(text, ", ")) {
        size_t word = strcspn(text, ", ]");

        node_add(list, NULL, node_scalar(context, text, word, where));
        text += word;
    }
    return list;
}

static const struct node *set(void *context, const struct node *node, const char *path,
                              const char *value);

static struct node *set_item(void *context, const struct node *node, const char *path,
                             const char *value)
{
    char *rest;
    unsigned long index = strtoul(path, &rest, 10);
    struct node *copy = copy_of(context, node);
    const struct node *item;

    if (rest == path || index == 0 || index > node->n || (*rest != '.' && *rest != '\0'))
        return NULL;
    item = set(context, node->items[index - 1], *rest == '.' ? rest + 1 : rest, value);
    copy->items[index - 1] = item;
    return item == NULL ? NULL : copy;
}

static struct node *set_member(void *context, const struct node *node, const char *path,
                               const char *value)
{
    struct where where = { node->where.file, 0, 0, 0 };
    size_t length = key_length(node, path);
    const char *rest = path + length + (path[length] == '.' ? 1 : 0);
    struct node *copy = copy_of(context, node);
    struct node *key = node_scalar(copy, path, length, where);
    const struct node *old = node_find(node, key->text), *item;

    if (length == 0)
        return NULL;
    copy->kind = NODE_MAP;
    item = set(context, old == NULL ? node_new(context, NODE_EMPTY, where) : old, rest, value);
    if (item == NULL)
        return NULL;
    for (size_t i = 0; i < copy->n; i++) {
        if (strcmp(copy->keys[i]->text, key->text) == 0)
            copy->items[i] = item;
    }
    if (old == NULL)
        node_add(copy, key, item);
    return copy;
}

static const struct node *set(void *context, const struct node *node, const char *path,
                              const char *value)
{
    struct where where = { node->where.file, 0, 0, 0 };

    if (path[0] == '\0')
        return words_of(context, value, where);
    if (node->kind == NODE_LIST)
        return set_item(context, node, path, value);
    return node->kind == NODE_SCALAR ? NULL : set_member(context, node, path, value);
}

static bool is_variant(const struct variants *variants, const char *name)
{
    for (size_t i = 0; i < variants->n; i++) {
        if (strcmp(variants->items[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Tells whether the file has what `key` speaks of. */
static bool concerns(const struct variants *variants, const char *key)
{
    return is_variant(variants, key) || strchr(key, '.') != NULL ||
           schema_find(SECTION_TOP, key) != NULL;
}

unsigned long overrides_used(const char *const *overrides, const struct variants *variants)
{
    unsigned long used = 0;

    for (size_t i = 0; overrides != NULL && overrides[i] != NULL && i < sizeof(used) * 8; i++) {
        char *key = talloc_strndup(NULL, overrides[i], strcspn(overrides[i], "="));

        used |= concerns(variants, key) ? 1UL << i : 0;
        talloc_free(key);
    }
    return used;
}

static const struct node *apply(void *context, const char *word, const struct variants *variants,
                                const struct node *root, struct faults *faults)
{
    const char *equals = strchr(word, '=');
    struct where where = { root->where.file, 0, 0, 0 };
    const struct node *changed;
    char *key;

    if (equals == NULL || equals == word) {
        faults_add(faults, NULL, where, "\"%.60s\" is not KEY=VALUE", word);
        return root;
    }
    key = talloc_strndup(context, word, (size_t)(equals - word));
    if (is_variant(variants, key) || !concerns(variants, key))
        return root;
    changed = set(context, root, key, equals + 1);
    if (changed == NULL)
        faults_add(faults, NULL, where, "\"%.60s\" cannot be set: there is no such place", key);
    return changed == NULL ? root : changed;
}

const struct node *overrides_apply(void *context, const char *const *overrides,
                                   const struct variants *variants, const struct node *root,
                                   struct faults *faults)
{
    for (; overrides != NULL && *overrides != NULL; overrides++)
        root = apply(context, *overrides, variants, root, faults);
    return root;
}
