#include "harness/scenario/arrays.h"
#include "harness/scenario/overrides.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/settings.h"
#include "harness/scenario/variants.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_DEADLINE_MS = 10000 };

static const char *const none[] = { NULL };

static struct scenario *build(void *context, const struct document *document,
                              const struct node *root, const char *id, struct faults *faults)
{
    struct scenario *scenario = talloc_zero(context, struct scenario);
    struct scenario_server server;
    struct client_state client;
    struct reader reader = { .context = context, .faults = faults, .scenario = scenario };
    const struct node *title = node_find(root, "title");

    settings_init_server(&server);
    settings_init_client(&client);
    scenario->id = id;
    scenario->file = document->file;
    scenario->lines = document->lines;
    scenario->spec = none;
    scenario->tags = none;
    scenario->title = "";
    scenario->deadline_ms = DEFAULT_DEADLINE_MS;
    scenario->where = title == NULL ? root->where : title->where;
    reader.targets[TARGET_SCENARIO] = scenario;
    reader.targets[TARGET_SERVER] = &server;
    reader.targets[TARGET_CLIENT] = &client;
    schema_read(&reader, SECTION_TOP, root, NULL);
    return scenario;
}

static int by_id(const void *a, const void *b)
{
    const struct scenario *const *left = a, *const *right = b;

    return strcmp((*left)->id, (*right)->id);
}

static void append(void *context, struct scenario_list *list, const struct scenario **cases,
                   size_t n)
{
    if (n == 0)
        return;
    qsort(cases, n, sizeof(const struct scenario *), by_id);
    list->items = ARRAY_RESIZE(context, list->items, const struct scenario *, list->n + n);
    memcpy(list->items + list->n, cases, n * sizeof(const struct scenario *));
    list->n += n;
}

static void build_all(void *context, const struct document *document, const char *id,
                      const char *const *overrides, struct faults *faults,
                      struct scenario_list *list)
{
    struct variants variants;
    const struct scenario **cases;

    variants_find(context, document, faults, &variants);
    list->used_overrides |= overrides_used(overrides, &variants);
    /* With names or values that make no sense every combination would only repeat it. */
    if (faults_count(faults) > 0)
        variants.n_combinations = variants.n_combinations > 1 ? 1 : variants.n_combinations;
    else
        overrides_pick(overrides, &variants);
    cases = ARRAY_NEW(context, const struct scenario *, variants.n_combinations);
    for (size_t i = 0; i < variants.n_combinations; i++) {
        const struct node *root = variants_apply(context, &variants, i, document->root);

        root = overrides_apply(context, overrides, &variants, root, faults);
        cases[i] = build(context, document, root, variants_id(context, &variants, i, id), faults);
    }
    if (faults_count(faults) == 0)
        append(context, list, cases, variants.n_combinations);
}

static int load_document(void *context, const struct document *document, const char *id,
                         const char *const *overrides, struct faults *faults,
                         struct scenario_list *list)
{
    if (document->root != NULL)
        build_all(context, document, id, overrides, faults, list);
    faults_sort(faults);
    return faults_count(faults) > 0 ? -1 : 0;
}

int scenario_load(void *context, const char *path, const char *id, const char *const *overrides,
                  struct scenario_list *list, struct scenario_errors *errors)
{
    struct faults faults;
    const struct document *document;

    faults_init(&faults, context, errors);
    document = document_load(context, path, &faults);
    return load_document(context, document, id, overrides, &faults, list);
}

int scenario_load_text(void *context, const char *path, const char *id, const char *text,
                       struct scenario_list *list, struct scenario_errors *errors)
{
    struct faults faults;
    const struct document *document;

    faults_init(&faults, context, errors);
    document = document_parse(context, path, text, &faults);
    return load_document(context, document, id, NULL, &faults, list);
}
