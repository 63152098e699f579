#include "harness/cli/select.h"

#include "harness/base/text.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#define DEFAULT_CASES "cases"

struct search {
    void *context;
    const struct options *options;
    struct scenario_list *list;
    struct scenario_errors *errors;
    struct scenario_list known; /* all cases of cases/, for patterns */
    bool knows;                 /* ... once they were loaded */
    const char **seen;          /* real paths of the files loaded so far */
    size_t n_seen;
    size_t n_loaded;
};

/* Where the id begins in a path: behind the last folder called cases, else behind `root`. */
static const char *id_part(const char *path, const char *root)
{
    const char *part = NULL;
    size_t length = strlen(root);

    for (const char *at = path; (at = strstr(at, "cases/")) != NULL; at += 6)
        if (at == path || at[-1] == '/')
            part = at + 6;
    if (part != NULL)
        return part;
    if (strncmp(path, root, length) == 0 && path[length] == '/')
        return path + length + strspn(path + length, "/");
    part = strrchr(path, '/');
    return part != NULL ? part + 1 : path;
}

/* Tells whether a file was loaded before, under whatever path, and remembers it. */
static bool was_seen(struct search *search, const char *path)
{
    char real[PATH_MAX];
    const char *name = realpath(path, real) != NULL ? real : path;

    for (size_t i = 0; i < search->n_seen; i++)
        if (strcmp(search->seen[i], name) == 0)
            return true;
    search->seen =
        talloc_realloc(search->context, search->seen, const char *, (unsigned)search->n_seen + 1);
    search->seen[search->n_seen++] = talloc_strdup(search->context, name);
    return false;
}

static void load(struct search *search, const char *path, const char *root)
{
    const char *part = id_part(path, root);
    const char *id;
    size_t length = strlen(part);

    if (was_seen(search, path))
        return;
    search->n_loaded++;
    if (length > 5 && strcmp(part + length - 5, ".yaml") == 0)
        length -= 5;
    id = talloc_strndup(search->context, part, length);
    (void)scenario_load(search->context, path, id, search->options->overrides, search->list,
                        search->errors);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool is_directory(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool is_passed_over(const char *name)
{
    return name[0] == '.' || strcmp(name, "clients") == 0 || strcmp(name, "servers") == 0 ||
           strcmp(name, COVERAGE_FILE) == 0;
}

static int load_tree(struct search *search, const char *path, const char *root, struct error *err)
{
    struct dirent **entries;
    int n = scandir(path, &entries, NULL, by_name);
    int rv = 0;

    if (n < 0)
        return error_set_errno(err, "cannot read directory %s", path);
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        size_t length = strlen(name);
        const char *child = talloc_asprintf(search->context, "%s/%s", path, name);

        if (rv == 0 && !is_passed_over(name)) {
            if (is_directory(child))
                rv = load_tree(search, child, root, err);
            else if (length > 5 && strcmp(name + length - 5, ".yaml") == 0)
                load(search, child, root);
        }
        free(entries[i]);
    }
    free(entries);
    return rv;
}

static const char *without_slash(void *context, const char *path)
{
    size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/')
        length--;
    return talloc_strndup(context, path, length);
}

static bool has_word(const char *const *words, const char *word)
{
    while (*words != NULL && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

static bool has_rule(const struct scenario *scenario, const char *const *rules)
{
    for (size_t i = 0; rules[i] != NULL; i++)
        if (has_word(scenario->spec, rules[i]))
            return true;
    return false;
}

static bool has_tag(const struct scenario *scenario, const char **tags)
{
    for (size_t i = 0; tags[i] != NULL; i++)
        if (has_word(scenario->tags, tags[i]))
            return true;
    return false;
}

/* An id, an id without its brackets, the folder it is in, or a pattern of one. */
static bool fits(const char *pattern, const char *id)
{
    size_t length = strlen(pattern);
    bool begins = strncmp(pattern, id, length) == 0;

    return text_matches(pattern, id) || (begins && (id[length] == '[' || id[length] == '/'));
}

static bool fits_filter(const char *const *filters, const char *id)
{
    for (size_t i = 0; filters[i] != NULL; i++)
        if (fits(filters[i], id) || strstr(id, filters[i]) != NULL)
            return true;
    return false;
}

static bool is_wanted(const struct options *options, const struct scenario *scenario)
{
    return (options->tags == NULL || has_tag(scenario, options->tags)) &&
           (options->rules == NULL || has_rule(scenario, options->rules)) &&
           (options->skip_tags == NULL || !has_tag(scenario, options->skip_tags)) &&
           (options->filters == NULL || fits_filter(options->filters, scenario->id));
}

/* Loads cases/ for the patterns to choose from, once. */
static int load_known(struct search *search, struct error *err)
{
    struct search all = *search;
    int rv;

    if (search->knows)
        return 0;
    all.list = &search->known;
    all.seen = NULL;
    all.n_seen = 0;
    rv = load_tree(&all, DEFAULT_CASES, DEFAULT_CASES, err);
    search->knows = rv == 0;
    search->n_loaded = all.n_loaded;
    search->list->used_overrides |= search->known.used_overrides;
    return rv;
}

/* Takes those of cases/ that a pattern names. */
static int load_pattern(struct search *search, const char *pattern, struct error *err)
{
    struct scenario_list *list = search->list;
    bool found = false;

    if (load_known(search, err) != 0)
        return error_wrap(err, "\"%s\" is no file, so it is looked for in " DEFAULT_CASES, pattern);
    for (size_t i = 0; i < search->known.n; i++) {
        if (!fits(pattern, search->known.items[i]->id))
            continue;
        list->items = talloc_realloc(search->context, list->items, const struct scenario *,
                                     (unsigned)list->n + 1);
        list->items[list->n++] = search->known.items[i];
        found = true;
    }
    if (!found && search->errors->n == 0)
        return error_set(err, ERROR_USAGE, WHERE_NONE, "no file and no case is called \"%s\"",
                         pattern);
    return 0;
}

/* A word of --set that no file has a use for is a mistake. */
static int check_overrides(const struct search *search, struct error *err)
{
    const char **overrides = search->options->overrides;

    for (size_t i = 0; overrides != NULL && overrides[i] != NULL && search->n_loaded > 0; i++)
        if ((search->list->used_overrides >> i & 1) == 0)
            return error_set(
                err, ERROR_USAGE, WHERE_NONE,
                "--set %s: no file has such a variant or key; a key below the top has dots, "
                "such as server.tls",
                overrides[i]);
    return 0;
}

static int by_id(const void *a, const void *b)
{
    return strcmp((*(const struct scenario *const *)a)->id,
                  (*(const struct scenario *const *)b)->id);
}

/* Tells whether two paths are the same file. */
static bool is_same_file(const char *a, const char *b)
{
    struct stat info_a, info_b;

    return strcmp(a, b) == 0 || (stat(a, &info_a) == 0 && stat(b, &info_b) == 0 &&
                                 info_a.st_dev == info_b.st_dev && info_a.st_ino == info_b.st_ino);
}

/* What was named in two ways is played once; two files whose cases have the same id would share
 * their evidence. The list is ordered. */
static int drop_twins(struct scenario_list *list, struct error *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->n; i++) {
        const struct scenario *last = kept > 0 ? list->items[kept - 1] : NULL;

        if (last == NULL || strcmp(last->id, list->items[i]->id) != 0)
            list->items[kept++] = list->items[i];
        else if (!is_same_file(last->file, list->items[i]->file))
            return error_set(err, ERROR_USAGE, WHERE_NONE, "%s and %s both have the case \"%s\"",
                             last->file, list->items[i]->file, last->id);
    }
    list->n = kept;
    return 0;
}

int select_cases(void *context, const struct options *options, struct scenario_list *list,
                 struct scenario_errors *errors, struct error *err)
{
    static const char *const everything[] = { DEFAULT_CASES, NULL };
    const char *const *paths = options->paths != NULL ? options->paths : everything;
    struct search search = {
        .context = context, .options = options, .list = list, .errors = errors
    };
    size_t kept = 0;

    for (size_t i = 0; paths[i] != NULL; i++) {
        const char *path = without_slash(context, paths[i]);
        int rv = 0;

        if (is_directory(path))
            rv = load_tree(&search, path, path, err);
        else if (access(path, F_OK) == 0 || strstr(path, ".yaml") != NULL)
            load(&search, path, path);
        else
            rv = load_pattern(&search, path, err);
        if (rv != 0)
            return -1;
    }
    if (check_overrides(&search, err) != 0)
        return -1;
    for (size_t i = 0; i < list->n; i++)
        if (is_wanted(options, list->items[i]))
            list->items[kept++] = list->items[i];
    list->n = kept;
    if (list->n > 0)
        qsort(list->items, list->n, sizeof(list->items[0]), by_id);
    return drop_twins(list, err);
}
