#include "harness/scenario/coverage.h"

#include "harness/base/text.h"
#include "harness/scenario/arrays.h"
#include "harness/scenario/types.h"

#include <string.h>

static const char *const none[] = { NULL };

static void read_reasons(const struct slot *slot)
{
    const struct node *list = slot->value;
    struct coverage_reason *rows;

    if (list->kind != NODE_LIST) {
        slot_fault(slot, "a list of rows with keys is expected");
        return;
    }
    rows = ARRAY_NEW(slot->reader->context, struct coverage_reason, list->n);
    for (size_t i = 0; i < list->n; i++) {
        struct path path = { slot->path, NULL, i + 1 };

        rows[i] = (struct coverage_reason){ "", none, none, list->items[i]->where };
        slot->reader->targets[TARGET_REASON] = &rows[i];
        schema_read(slot->reader, SECTION_REASON, list->items[i], &path);
        if (rows[i].rules[0] == NULL && rows[i].cases[0] == NULL)
            faults_add(slot->reader->faults, &path, list->items[i]->where,
                       "a reason for nothing; say which rules, or which cases");
    }
    slot_set_array(slot, rows, list->n);
}

const struct schema_type type_reasons = { "rows with keys", read_reasons };

const struct coverage *coverage_load(void *context, const char *path,
                                     struct scenario_errors *errors)
{
    struct coverage *coverage = talloc_zero(context, struct coverage);
    struct faults faults;
    struct reader reader = { .context = coverage, .faults = &faults };
    const struct document *document;

    faults_init(&faults, context, errors);
    document = document_load(context, path, &faults);
    if (document->root == NULL)
        return NULL;
    reader.targets[TARGET_COVERAGE] = coverage;
    schema_read(&reader, SECTION_COVERAGE, document->root, NULL);
    faults_sort(&faults);
    return faults_count(&faults) > 0 ? NULL : coverage;
}

const struct coverage_reason *coverage_find_rule(const struct coverage *coverage, const char *rule)
{
    for (size_t i = 0; i < coverage->n_reasons; i++)
        for (const char *const *id = coverage->reasons[i].rules; *id != NULL; id++)
            if (strcmp(*id, rule) == 0)
                return &coverage->reasons[i];
    return NULL;
}

const struct coverage_reason *coverage_find_case(const struct coverage *coverage, const char *id)
{
    for (size_t i = 0; i < coverage->n_reasons; i++)
        for (const char *const *pattern = coverage->reasons[i].cases; *pattern != NULL; pattern++)
            if (text_matches(*pattern, id))
                return &coverage->reasons[i];
    return NULL;
}
