#include "harness/scenario/errors.h"
#include "harness/base/text.h"
#include "harness/scenario/arrays.h"
#include "harness/scenario/characters.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>
#include <talloc.h>

enum {
    SHOWN_MAX =
        100, /* columns of a source line that are shown: a terminal's width less the margin */
    SHOWN_BEFORE = 40,       /* columns kept in front of the place when a line is cut */
    WORDS_BESIDE_NEAR = 160, /* bytes of words that are shown although the nearest is, too */
    WORDS_SHOWN = 360        /* bytes of allowed words that fit into an error beside the rest */
};

void faults_init(struct faults *faults, void *context, struct scenario_errors *errors)
{
    *faults = (struct faults){ .context = context, .errors = errors, .before = errors->n };
}

size_t faults_count(const struct faults *faults)
{
    return faults->errors->n - faults->before;
}

static char *path_text(void *context, const struct path *path)
{
    char *text;

    if (path == NULL || (path->up == NULL && path->key == NULL))
        return talloc_strdup(context, "");
    text = path_text(context, path->up);
    if (text[0] != '\0')
        text = talloc_strdup_append_buffer(text, ".");
    if (path->key == NULL)
        return talloc_asprintf_append_buffer(text, "%zu", path->index);
    return talloc_asprintf_append_buffer(text, "%.60s", path->key);
}

static bool is_known(const struct faults *faults, const struct error *error)
{
    for (size_t i = faults->before; i < faults->errors->n; i++) {
        const struct error *other = &faults->errors->items[i].error;

        if (other->where.line == error->where.line && other->where.column == error->where.column &&
            strcmp(other->text, error->text) == 0)
            return true;
    }
    return false;
}

static void add(struct faults *faults, const struct error *error)
{
    struct scenario_errors *errors = faults->errors;
    size_t line = (size_t)error->where.line;
    struct scenario_fault *fault;

    if (faults_count(faults) >= FAULTS_MAX || is_known(faults, error))
        return;
    errors->items =
        ARRAY_RESIZE(faults->context, errors->items, struct scenario_fault, errors->n + 1);
    fault = &errors->items[errors->n++];
    fault->error = *error;
    fault->source = line > 0 && line <= faults->n_lines ? faults->lines[line - 1] : NULL;
}

void faults_add(struct faults *faults, const struct path *path, struct where where,
                const char *format, ...)
{
    struct error error = { 0 };
    char *prefix = path_text(NULL, path);
    va_list args;
    char *text;

    va_start(args, format);
    text = talloc_vasprintf(prefix, format, args);
    va_end(args);
    error_set(&error, ERROR_SCENARIO, where, "%s%s%s", prefix, prefix[0] == '\0' ? "" : ": ", text);
    /* What a file says must not reach a terminal as anything but letters. */
    memcpy(error.text, characters_tame(prefix, error.text, strlen(error.text)), strlen(error.text));
    add(faults, &error);
    talloc_free(prefix);
}

static const char *nearest(const char *word, const char *const *words)
{
    /* A number is not misspelt: "1.0" is no better guess for "1.4" than "1.3". */
    return isdigit((unsigned char)word[0]) ? NULL : text_nearest(word, words);
}

static const char *list_of(void *context, const char *const *words, const char *in_front)
{
    char *list = text_join(context, words, ", ");

    if (words[0] == NULL || strlen(list) > WORDS_SHOWN)
        return "";
    return talloc_asprintf(context, "%s%s", in_front, list);
}

static const char *hint(void *context, const char *near)
{
    return near == NULL ? "" : talloc_asprintf(context, " (did you mean \"%s\"?)", near);
}

void faults_add_unknown(struct faults *faults, const struct path *path, struct where where,
                        const char *word, const char *const *words, const char *what)
{
    const char *near = nearest(word, words);
    void *context = talloc_new(NULL);
    const char *list = list_of(context, words, "");

    if (what == NULL && (*list == '\0' || (near != NULL && strlen(list) > WORDS_BESIDE_NEAR)))
        faults_add(faults, path, where, "\"%.60s\" is not known%s", word, hint(context, near));
    else if (what == NULL)
        faults_add(faults, path, where, "\"%.60s\" is not one of %s%s", word, list,
                   hint(context, near));
    else
        faults_add(faults, path, where, "\"%.60s\" is no %s%s%s", word, what,
                   near == NULL ? list_of(context, words, "; known are ") : "",
                   hint(context, near));
    talloc_free(context);
}

void faults_add_unknown_key(struct faults *faults, const struct path *path, struct where where,
                            const char *key, const char *const *keys)
{
    const char *near = nearest(key, keys);
    void *context = talloc_new(NULL);

    faults_add(faults, path, where, "unknown key \"%.60s\"%s%s", key, hint(context, near),
               near == NULL ? list_of(context, keys, "; allowed are ") : "");
    talloc_free(context);
}

static bool is_after(const struct scenario_fault *a, const struct scenario_fault *b)
{
    const struct where *left = &a->error.where, *right = &b->error.where;

    if (left->line != right->line)
        return left->line > right->line;
    return left->column > right->column;
}

void faults_sort(struct faults *faults)
{
    struct scenario_fault *items = faults->errors->items + faults->before;
    size_t n = faults_count(faults);

    for (size_t i = 1; i < n; i++) {
        struct scenario_fault moved = items[i];
        size_t j = i;

        for (; j > 0 && is_after(&items[j - 1], &moved); j--)
            items[j] = items[j - 1];
        items[j] = moved;
    }
}

const char *const *words_split(void *context, const char *words)
{
    const char **list = ARRAY_NEW(context, const char *, 1);
    size_t n = 0;

    while (words != NULL && *words != '\0') {
        size_t length = strcspn(words, "|");

        list[n++] = talloc_strndup(list, words, length);
        list = ARRAY_RESIZE(context, list, const char *, n + 1);
        words += length + (words[length] == '|' ? 1 : 0);
    }
    list[n] = NULL;
    return list;
}

/* --- printing --- */

/* Returns where the character of that column (from 1) begins, or the end. */
static const char *at_column(const char *line, int column)
{
    for (; column > 1 && *line != '\0'; column--) {
        line++;
        while (characters_goes_on(*line))
            line++;
    }
    return line;
}

static int columns_of(const char *from, const char *to)
{
    int n = 0;

    for (; from < to; from++)
        n += characters_goes_on(*from) ? 0 : 1;
    return n;
}

static void print_source(FILE *stream, const struct where *where, const char *source)
{
    int columns = columns_of(source, source + strlen(source));
    bool is_long = columns > SHOWN_MAX;
    int first = is_long && where->column > SHOWN_BEFORE ? where->column - SHOWN_BEFORE : 1;
    const char *from = at_column(source, first);
    const char *to = is_long ? at_column(from, SHOWN_MAX + 1) : source + strlen(source);
    const char *place = at_column(source, where->column);
    int width = columns_of(place, to);

    if (where->width < width)
        width = where->width;
    fprintf(stream, "%5d | %s%.*s%s\n", where->line, first > 1 ? "..." : "", (int)(to - from), from,
            *to == '\0' ? "" : "...");
    fprintf(stream, "      | %s", first > 1 ? "   " : "");
    for (; from < place; from++) {
        if (!characters_goes_on(*from))
            fputc(*from == '\t' ? '\t' : ' ', stream);
    }
    fputc('^', stream);
    for (; width > 1; width--)
        fputc('~', stream);
    fputc('\n', stream);
}

void scenario_errors_print(FILE *stream, const struct scenario_errors *errors)
{
    for (size_t i = 0; i < errors->n; i++) {
        const struct scenario_fault *fault = &errors->items[i];
        char buffer[1024];

        fprintf(stream, "%s\n", error_text(&fault->error, buffer, sizeof(buffer)));
        if (fault->source != NULL)
            print_source(stream, &fault->error.where, fault->source);
    }
}
