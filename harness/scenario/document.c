#include "harness/scenario/document.h"
#include "harness/base/files.h"
#include "harness/scenario/arrays.h"
#include "harness/scenario/characters.h"

#include <libfyaml.h>
#include <string.h>
#include <talloc.h>

enum { BLANK_LINES_MAX = 200 /* in a row */ };

/* What is being built. A container is added to its parent when it is complete. */
struct builder {
    struct document *document;
    struct faults *faults;
    const char *text; /* of the file, without a byte order mark */
    size_t size;
    size_t *starts; /* of the lines in `text` */
    struct where last;
    struct {
        size_t at;
        int column;
    } counted; /* so that a long line is counted once */
    struct {
        struct node *node;
        const struct node *key; /* a mapping's key that waits for its value */
    } stack[SCENARIO_DEPTH_MAX];
    size_t depth;
    size_t documents;
    bool stopped; /* what comes would only be noise */
};

/* --- nodes --- */

const struct node *node_find(const struct node *map, const char *key)
{
    for (size_t i = 0; map != NULL && map->kind == NODE_MAP && i < map->n; i++) {
        if (strcmp(map->keys[i]->text, key) == 0)
            return map->items[i];
    }
    return NULL;
}

struct node *node_new(void *context, enum node_kind kind, struct where where)
{
    struct node *node = talloc_zero(context, struct node);

    node->kind = kind;
    node->where = where;
    node->text = "";
    return node;
}

struct node *node_scalar(void *context, const char *text, size_t size, struct where where)
{
    struct node *node = node_new(context, NODE_SCALAR, where);

    if (size > 0) {
        char *copy = talloc_size(node, size + 1);

        memcpy(copy, text, size);
        copy[size] = '\0';
        node->text = copy;
    }
    node->size = size;
    node->has_dollar = memchr(node->text, '$', size) != NULL;
    return node;
}

static bool is_power_of_two(size_t n)
{
    return (n & (n - 1)) == 0;
}

void node_add(struct node *parent, const struct node *key, const struct node *item)
{
    size_t n = parent->n;

    if (n == 0 || is_power_of_two(n)) {
        size_t room = n == 0 ? 1 : 2 * n;

        parent->items = ARRAY_RESIZE(parent, parent->items, const struct node *, room);
        if (key != NULL)
            parent->keys = ARRAY_RESIZE(parent, parent->keys, const struct node *, room);
    }
    parent->items[n] = item;
    if (key != NULL)
        parent->keys[n] = key;
    parent->has_dollar |= item->has_dollar || (key != NULL && key->has_dollar);
    parent->n = n + 1;
}

/* --- places --- */

static size_t line_of(const struct builder *builder, size_t at)
{
    size_t low = 0, high = builder->document->n_lines;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (builder->starts[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static int column_of(struct builder *builder, size_t start, size_t at)
{
    bool goes_on = builder->counted.at >= start && builder->counted.at <= at;
    size_t i = goes_on ? builder->counted.at : start;
    int column = goes_on && builder->counted.column > 0 ? builder->counted.column : 1;

    for (; i < at && i < builder->size; i++)
        column += characters_goes_on(builder->text[i]) ? 0 : 1;
    builder->counted.at = at;
    builder->counted.column = column;
    return column;
}

/* The place of the bytes from `at` to `end`; the width ends with the line. */
static struct where place(struct builder *builder, size_t at, size_t end)
{
    size_t line = line_of(builder, at);
    struct where where = { builder->document->file, (int)line + 1, 1, 0 };

    where.column = column_of(builder, builder->starts[line], at);
    for (size_t i = at; i < end && i < builder->size && builder->text[i] != '\n'; i++)
        where.width += characters_goes_on(builder->text[i]) ? 0 : 1;
    return where;
}

static struct where place_of(struct builder *builder, struct fy_token *token, size_t around)
{
    const struct fy_mark *start = fy_token_start_mark(token);
    const struct fy_mark *end = fy_token_end_mark(token);

    if (start != NULL && end != NULL && start->input_pos >= around)
        builder->last = place(builder, start->input_pos - around, end->input_pos + around);
    return builder->last;
}

static void stop(struct builder *builder, struct where where, const char *why)
{
    faults_add(builder->faults, NULL, where, "%s", why);
    builder->stopped = true;
}

/* --- building --- */

static void check_key(struct builder *builder, const struct node *map, const struct node *key)
{
    if (key->kind != NODE_SCALAR || key->size == 0 || strlen(key->text) != key->size) {
        stop(builder, key->where, "a key must be a word");
        return;
    }
    if (map->n >= DOCUMENT_KEYS_MAX) {
        stop(builder, key->where, "too many keys in one mapping");
        return;
    }
    for (size_t i = 0; i < map->n; i++) {
        if (strcmp(map->keys[i]->text, key->text) == 0) {
            faults_add(builder->faults, NULL, key->where,
                       "the key \"%.60s\" is given twice, first in line %d", key->text,
                       map->keys[i]->where.line);
            return;
        }
    }
}

static void add_node(struct builder *builder, const struct node *node)
{
    size_t top = builder->depth - 1;

    if (builder->depth == 0) {
        builder->document->root = node;
    } else if (builder->stack[top].node->kind == NODE_LIST) {
        node_add(builder->stack[top].node, NULL, node);
    } else if (builder->stack[top].key == NULL) {
        check_key(builder, builder->stack[top].node, node);
        builder->stack[top].key = node;
    } else {
        node_add(builder->stack[top].node, builder->stack[top].key, node);
        builder->stack[top].key = NULL;
    }
}

static void refuse_decoration(struct builder *builder, struct fy_token *anchor,
                              struct fy_token *tag)
{
    if (anchor != NULL)
        faults_add(builder->faults, NULL, place_of(builder, anchor, 0),
                   "anchors are not allowed; write the value where it is needed");
    if (tag != NULL)
        faults_add(builder->faults, NULL, place_of(builder, tag, 0),
                   "tags are not allowed; a value is what its key says");
}

static void take_document(struct builder *builder, struct fy_event *event)
{
    if (builder->documents++ > 0)
        stop(builder, place_of(builder, event->document_start.document_start, 0),
             "a second document begins here; a file is one");
}

static void take_scalar(struct builder *builder, struct fy_event *event)
{
    struct fy_token *value = event->scalar.value;
    enum fy_scalar_style style = fy_token_scalar_style(value);
    bool in_quotes = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
    struct where where = place_of(builder, value, in_quotes ? 1 : 0);
    size_t size = 0;
    const char *text = fy_token_get_text(value, &size);
    struct node *node = node_scalar(builder->document, text, text == NULL ? 0 : size, where);

    refuse_decoration(builder, event->scalar.anchor, event->scalar.tag);
    node->quoted = style != FYSS_PLAIN && style != FYSS_ANY;
    if (!node->quoted && (size == 0 || strcmp(node->text, "~") == 0))
        node->kind = NODE_EMPTY;
    add_node(builder, node);
}

static void take_alias(struct builder *builder, struct fy_event *event)
{
    struct where where = place_of(builder, event->alias.anchor, 0);

    faults_add(builder->faults, NULL, where,
               "aliases are not allowed; write the value where it is needed");
    add_node(builder, node_new(builder->document, NODE_EMPTY, where));
}

static void push(struct builder *builder, enum node_kind kind, struct where where)
{
    if (builder->depth == SCENARIO_DEPTH_MAX) {
        stop(builder, where, "nested too deep");
        return;
    }
    builder->stack[builder->depth].node = node_new(builder->document, kind, where);
    builder->stack[builder->depth].key = NULL;
    builder->depth++;
}

static void pop(struct builder *builder, struct fy_event *event)
{
    struct node *node = builder->stack[--builder->depth].node;

    (void)event;
    /* A block has no mark of its own. */
    if (node->where.width == 0 && node->n > 0)
        node->where = node->kind == NODE_MAP ? node->keys[0]->where : node->items[0]->where;
    add_node(builder, node);
}

static void take_list(struct builder *builder, struct fy_event *event)
{
    struct where where = place_of(builder, event->sequence_start.sequence_start, 0);

    refuse_decoration(builder, event->sequence_start.anchor, event->sequence_start.tag);
    push(builder, NODE_LIST, where);
}

static void take_map(struct builder *builder, struct fy_event *event)
{
    struct where where = place_of(builder, event->mapping_start.mapping_start, 0);

    refuse_decoration(builder, event->mapping_start.anchor, event->mapping_start.tag);
    push(builder, NODE_MAP, where);
}

static void (*const takers[])(struct builder *, struct fy_event *) = {
    [FYET_DOCUMENT_START] = take_document,
    [FYET_SCALAR] = take_scalar,
    [FYET_ALIAS] = take_alias,
    [FYET_SEQUENCE_START] = take_list,
    [FYET_SEQUENCE_END] = pop,
    [FYET_MAPPING_START] = take_map,
    [FYET_MAPPING_END] = pop,
};

/* --- parsing --- */

/* The library's own complaint; it counts lines and columns from 1, and past the end of the file. */
static void add_syntax_error(struct builder *builder, struct fy_diag *diag)
{
    void *iterator = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(diag, &iterator);
    struct where where = { builder->document->file, 0, 0, 0 };

    if (error == NULL) {
        faults_add(builder->faults, NULL, where, "this is not YAML");
        return;
    }
    where.line = error->line < 1 ? 1 : error->line;
    where.column = error->column < 1 ? 1 : error->column;
    if ((size_t)where.line > builder->document->n_lines)
        where = place(builder, builder->size > 0 ? builder->size - 1 : 0, 0);
    faults_add(builder->faults, NULL, where, "%s", error->msg);
}

static void parse_events(struct builder *builder, struct fy_parser *parser)
{
    struct fy_event *event = NULL;

    while (!builder->stopped) {
        event = fy_parser_parse(parser);
        if (event == NULL)
            return;
        if ((size_t)event->type < sizeof(takers) / sizeof(takers[0]) && takers[event->type] != NULL)
            takers[event->type](builder, event);
        fy_parser_event_free(parser, event);
    }
}

static void parse(struct builder *builder)
{
    struct fy_diag_cfg diag_options;
    struct fy_parse_cfg options = { .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE |
                                             FYPCF_DEFAULT_VERSION_1_2 };
    struct fy_parser *parser;

    fy_diag_cfg_default(&diag_options);
    options.diag = fy_diag_create(&diag_options);
    fy_diag_set_collect_errors(options.diag, true);
    parser = fy_parser_create(&options);
    if (parser != NULL && fy_parser_set_string(parser, builder->text, builder->size) == 0)
        parse_events(builder, parser);
    if (!builder->stopped && (parser == NULL || fy_parser_get_stream_error(parser)))
        add_syntax_error(builder, options.diag);
    fy_parser_destroy(parser);
    fy_diag_destroy(options.diag);
}

/* --- the text --- */

/* The library takes time that grows with the square of these. */
static void check_lines(struct builder *builder)
{
    int n_blank = 0;

    for (size_t i = 0; i < builder->document->n_lines && !builder->stopped; i++) {
        const char *line = builder->document->lines[i];
        size_t at = builder->starts[i];

        n_blank = line[strspn(line, " \t")] == '\0' ? n_blank + 1 : 0;
        if (line[0] == '%')
            stop(builder, place(builder, at, at + 1), "directives are not allowed");
        else if (n_blank > BLANK_LINES_MAX)
            stop(builder, place(builder, at, at), "too many blank lines");
    }
}

static void check_characters(struct builder *builder)
{
    for (size_t at = 0; at < builder->size;) {
        size_t left = builder->size - at;
        size_t n = characters_length(builder->text + at, left);

        if (n == 0) {
            stop(builder, place(builder, at, at + 1), "the file is not UTF-8");
            return;
        }
        if (characters_is_control(builder->text + at, left)) {
            stop(builder, place(builder, at, at + 1),
                 "a control character stands here; write it as an escape in double quotes");
            return;
        }
        at += n;
    }
}

static void split_lines(struct builder *builder)
{
    struct document *document = builder->document;
    const char **lines;
    size_t n = 1;

    for (size_t i = 0; i < builder->size; i++)
        n += builder->text[i] == '\n' && i + 1 < builder->size ? 1 : 0;
    lines = ARRAY_NEW(document, const char *, n + 1);
    builder->starts = ARRAY_NEW(document, size_t, n);
    document->n_lines = n;
    for (size_t line = 0, at = 0; line < n; line++) {
        const char *start = builder->text + at;
        const char *end = memchr(start, '\n', builder->size - at);
        size_t length = end == NULL ? builder->size - at : (size_t)(end - start);

        builder->starts[line] = at;
        at += length + 1;
        if (length > 0 && start[length - 1] == '\r')
            length--;
        lines[line] = characters_tame(lines, start, length);
    }
    lines[n] = NULL;
    document->lines = lines;
    builder->faults->lines = lines;
    builder->faults->n_lines = n;
}

static void build(struct builder *builder)
{
    struct document *document = builder->document;
    struct where nowhere = { document->file, 0, 0, 0 };

    if (builder->size >= 3 && memcmp(builder->text, "\xef\xbb\xbf", 3) == 0) {
        builder->text += 3;
        builder->size -= 3;
    }
    split_lines(builder);
    builder->last = place(builder, 0, 0);
    check_characters(builder);
    if (!builder->stopped)
        check_lines(builder);
    if (!builder->stopped)
        parse(builder);
    if (faults_count(builder->faults) > 0)
        document->root = NULL;
    else if (document->root == NULL)
        faults_add(builder->faults, NULL, nowhere, "the file is empty");
}

const struct document *document_load(void *context, const char *path, struct faults *faults)
{
    struct document *document = talloc_zero(context, struct document);
    struct builder builder = { .document = document, .faults = faults };
    struct error error = { 0 };

    document->file = talloc_strdup(document, path);
    builder.text = files_read(document, path, (size_t)SCENARIO_FILE_MAX, &builder.size, &error);
    if (builder.text == NULL) {
        faults_add(faults, NULL, (struct where){ document->file, 0, 0, 0 }, "%s", error.text);
        return document;
    }
    document->size = builder.size;
    build(&builder);
    return document;
}

const struct document *document_parse(void *context, const char *path, const char *text,
                                      struct faults *faults)
{
    struct document *document = talloc_zero(context, struct document);
    struct builder builder = {
        .document = document, .faults = faults, .text = text, .size = strlen(text)
    };

    document->file = talloc_strdup(document, path);
    document->size = builder.size;
    build(&builder);
    return document;
}
