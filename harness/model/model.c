#include "harness/model/model.h"

#include "harness/base/text.h"

#include <string.h>
#include <talloc.h>

struct model {
    struct model_options options;
    int pinned[MODEL_PARAMETER_COUNT]; /* COVERING_OPEN: to no value */
    struct covering_space space;
    struct covering_array *array; /* NULL: exhaustive */
    size_t n;
    size_t next;
    int row[MODEL_PARAMETER_COUNT]; /* the last one given, when exhaustive */
};

static bool is_kind(const struct model *model, size_t parameter, int value)
{
    return !model->options.exhaustive || value == model->pinned[parameter] ||
           (size_t)value < model_parameters[parameter].n_kinds;
}

static bool allows(const void *context, const int *row)
{
    const struct model *model = context;

    for (size_t i = 0; i < MODEL_PARAMETER_COUNT; i++) {
        if (row[i] == COVERING_OPEN)
            continue;
        if (!is_kind(model, i, row[i]) ||
            (model->pinned[i] != COVERING_OPEN && model->pinned[i] != row[i]))
            return false;
    }
    return model_allows(row);
}

bool model_has(const struct model *model, const struct model_combination *combination)
{
    return allows(model, combination->values);
}

/* --- pins --- */

static int unknown(const char *what, const char *word, const char *const *words, struct error *err)
{
    const char *nearest = text_nearest(word, words);
    char *all = text_join(NULL, words, ", ");

    error_set(err, ERROR_USAGE, WHERE_NONE, "--set: %s \"%s\" is not one of %s%s%s%s", what, word,
              all, nearest != NULL ? " (did you mean \"" : "", nearest != NULL ? nearest : "",
              nearest != NULL ? "\"?)" : "");
    talloc_free(all);
    return -1;
}

/* Finds a value and pins its parameter to it. */
static int pin_value(struct model *model, size_t parameter, const char *value, struct error *err)
{
    const struct model_row *row = &model_parameters[parameter];
    const char **words = talloc_zero_array(model, const char *, (unsigned)row->n_values + 1);

    for (size_t i = 0; i < row->n_values; i++) {
        words[i] = row->values[i];
        if (strcmp(words[i], value) == 0)
            model->pinned[parameter] = (int)i;
    }
    return model->pinned[parameter] != COVERING_OPEN ? 0 : unknown(row->name, value, words, err);
}

static int pin(struct model *model, const char *text, struct error *err)
{
    const char *names[MODEL_PARAMETER_COUNT + 1] = { NULL };
    size_t length = strcspn(text, "=");

    for (size_t i = 0; i < MODEL_PARAMETER_COUNT; i++) {
        names[i] = model_parameters[i].name;
        if (strlen(names[i]) == length && strncmp(names[i], text, length) == 0)
            return pin_value(model, i, text + length + (text[length] == '='), err);
    }
    return unknown("the parameter", talloc_strndup(model, text, length), names, err);
}

/* --- the cases --- */

static size_t count_all(const struct model *model)
{
    int row[COVERING_PARAMETERS_MAX];
    size_t n = 0;

    covering_start(&model->space, row);
    while (covering_next(&model->space, row))
        n++;
    return n;
}

struct model *model_open(void *context, const struct model_options *options, struct error *err)
{
    struct model *model = talloc_zero(context, struct model);

    model->options = *options;
    model->space.n = MODEL_PARAMETER_COUNT;
    model->space.allows = allows;
    model->space.context = model;
    for (size_t i = 0; i < MODEL_PARAMETER_COUNT; i++) {
        model->space.n_values[i] = model_parameters[i].n_values;
        model->pinned[i] = COVERING_OPEN;
    }
    for (size_t i = 0; options->pins != NULL && options->pins[i] != NULL; i++)
        if (pin(model, options->pins[i], err) != 0)
            goto fail;
    covering_start(&model->space, model->row);
    if (!options->exhaustive)
        model->array = covering_new(model, &model->space, options->strength, options->seed);
    model->n = options->exhaustive ? count_all(model) : model->array->n_rows;
    if (model->n > 0)
        return model;
    (void)error_set(err, ERROR_USAGE, WHERE_NONE,
                    "--set: no combination of the model has these values together");
fail:
    talloc_free(model);
    return NULL;
}

size_t model_count(const struct model *model)
{
    return model->n;
}

bool model_next(struct model *model, struct model_combination *combination)
{
    if (model->options.exhaustive) {
        if (!covering_next(&model->space, model->row))
            return false;
        memcpy(combination->values, model->row, sizeof(combination->values));
        return true;
    }
    if (model->next == model->n)
        return false;
    memcpy(combination->values, model->array->rows + model->next++ * model->space.n,
           sizeof(combination->values));
    return true;
}

const char *model_words(void *context, const struct model *model)
{
    if (model->options.exhaustive)
        return talloc_asprintf(
            context, "%zu cases, all combinations of the values that differ in kind", model->n);
    return talloc_asprintf(context, "%zu cases in which all %zu %s of values meet (seed %u)",
                           model->n, model->array->n_tuples,
                           model->options.strength == 2   ? "pairs"
                           : model->options.strength == 3 ? "triples"
                                                          : "choices",
                           model->options.seed);
}

const char *model_id(void *context, const struct model_combination *combination)
{
    char *id = talloc_strdup(context, "model");
    char before = '[';

    for (enum model_parameter i = 0; i < MODEL_PARAMETER_COUNT; i++) {
        if (combination->values[i] == 0)
            continue;
        id = talloc_asprintf_append_buffer(id, "%c%s=%s", before, model_parameters[i].name,
                                           model_word(combination, i));
        before = ',';
    }
    return before == '[' ? id : talloc_strdup_append_buffer(id, "]");
}

void model_print_parameters(FILE *stream)
{
    (void)fputs(
        "parameters of the model, for `run --model --set NAME=VALUE`; --exhaustive takes the "
        "values before the bar:\n",
        stream);
    for (size_t i = 0; i < MODEL_PARAMETER_COUNT; i++) {
        const struct model_row *row = &model_parameters[i];

        (void)fprintf(stream, "  %-9s %s\n           ", row->name, row->meaning);
        for (size_t j = 0; j < row->n_values; j++)
            (void)fprintf(stream, " %s%s", j > 0 && j == row->n_kinds ? "| " : "", row->values[j]);
        (void)fputc('\n', stream);
    }
}
