/*
 * A YAML text as a tree of nodes that know their places.
 *
 * Only what configuration needs: mappings with scalar keys, lists, scalars. Anchors, aliases, tags
 * and several documents are refused, and so is what is too large, too deep or not UTF-8, each with
 * its place. A scalar is its text; what it means is up to the schema. Nodes live in a talloc
 * context and are const once built.
 */
#ifndef HARNESS_SCENARIO_DOCUMENT_H
#define HARNESS_SCENARIO_DOCUMENT_H

#include "harness/scenario/errors.h"

#include <stdbool.h>
#include <stddef.h>

/* More keys in one mapping are a mistake, and would make looking for duplicates slow. */
#define DOCUMENT_KEYS_MAX 512

enum node_kind { NODE_EMPTY, NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    struct where where; /* of a mapping or list: of its first character */
    bool quoted;        /* a scalar in quotes or a block: never a boolean, never empty */
    bool is_broken;     /* a mistake in it has been told: who reads it says nothing more */
    bool has_dollar;    /* a `$` stands in it or below it */
    const char *text;   /* NODE_SCALAR; ends with a NUL that `size` does not count */
    size_t size;
    const struct node **items; /* NODE_LIST; NODE_MAP: the values */
    const struct node **keys;  /* NODE_MAP: scalars */
    size_t n;
};

/* A file: its lines and its tree. */
struct document {
    const char *file;
    const char *const *lines; /* without line ends, ends with NULL */
    size_t n_lines;
    size_t size;
    const struct node *root; /* NULL when it could not be read */
};

/* Reads and parses the file at `path`. What is wrong is added to `faults`; the tree is there only
 * when nothing was. Never returns NULL; all of it is owned by `context`. */
const struct document *document_load(void *context, const char *path, struct faults *faults);

/* The same for a text in memory that is called `path`. */
const struct document *document_parse(void *context, const char *path, const char *text,
                                      struct faults *faults);

/* Returns the value of `key` in a mapping, or NULL. */
const struct node *node_find(const struct node *map, const char *key);

/* Makes a scalar that stands nowhere in the file. Owned by `context`. */
struct node *node_scalar(void *context, const char *text, size_t size, struct where where);

/* Makes an empty list or mapping. Owned by `context`. */
struct node *node_new(void *context, enum node_kind kind, struct where where);

/* Adds an item to a list, or a value with its key to a mapping. */
void node_add(struct node *parent, const struct node *key, const struct node *item);

#endif
