#include "harness/cli/select.h"

#include "harness/base/files.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#define PATHS_MAX 4

/* Two variants, one tag; a file beside it; one that is no scenario; profiles; another tree. */
static const struct file_text {
    const char *path, *text;
} files_made[] = {
    { "cases/topic/one.yaml", "title: one\ntags: [red]\nvariants: {tls: [\"1.2\", \"1.3\"]}\n"
                              "server: {tls: $tls}\nsteps:\n  - send: {}\n" },
    { "cases/topic/one-more.yaml", "title: more\ntags: [red, blue]\nsteps:\n  - send: {}\n" },
    { "cases/other/two.yaml", "title: two\nsteps:\n  - send: {}\n" },
    { "cases/other/notes.txt", "no scenario" },
    { "cases/other/.hidden.yaml", "no scenario" },
    { "cases/clients/curl.yaml", "no scenario" },
    { "cases/servers/relay.yaml", "no scenario" },
    { "mine/deep/three.yaml", "title: three\nsteps:\n  - send: {}\n" },
    { "copy/cases/other/two.yaml", "title: two\nsteps:\n  - send: {}\n" },
    { "broken.yaml", "titel: x\n" },
};

static void *context;
static char directory[] = "/tmp/counterseal-select-XXXXXX";

static void init(void)
{
    struct error err = { 0 };

    context = talloc_new(NULL);
    cr_assert(mkdtemp(directory) != NULL && chdir(directory) == 0);
    for (size_t i = 0; i < sizeof(files_made) / sizeof(files_made[0]); i++) {
        FILE *stream = files_open_whole(files_made[i].path, &err);

        cr_assert_not_null(stream, "%s", err.text);
        (void)fputs(files_made[i].text, stream);
        cr_assert_eq(files_commit(stream, files_made[i].path, &err), 0, "%s", err.text);
    }
}

static void release(void)
{
    struct error err = { 0 };

    cr_expect_eq(files_remove(directory, &err), 0, "%s", err.text);
    talloc_free(context);
}

TestSuite(select, .init = init, .fini = release, .timeout = 10);

/* The ids that are selected, or what is wrong. */
static const char *selected(const struct options *options)
{
    struct scenario_list list = { 0 };
    struct scenario_errors errors = { NULL, 0 };
    struct error err = { 0 };
    char *ids = talloc_strdup(context, "");

    if (select_cases(context, options, &list, &errors, &err) != 0)
        return talloc_strdup(context, err.text);
    if (errors.n > 0)
        return talloc_strdup(context, errors.items[0].error.text);
    for (size_t i = 0; i < list.n; i++)
        ids = talloc_asprintf_append_buffer(ids, "%s%s", i > 0 ? " " : "", list.items[i]->id);
    return ids;
}

#define ONE  "topic/one[tls=1.2] topic/one[tls=1.3]"
#define MORE "topic/one-more"
#define TWO  "other/two"

/* clang-format off */
static const struct path_case {
    const char *paths[PATHS_MAX];
    const char *want;
} path_cases[] = {
    { { "cases" }, TWO " " MORE " " ONE },
    { { "cases///" }, TWO " " MORE " " ONE },
    { { "cases/topic" }, MORE " " ONE },
    { { "./cases/topic/one.yaml" }, ONE },
    { { "topic" }, MORE " " ONE },
    { { "topic/one" }, ONE },
    { { "topic/one[tls=1.3]" }, "topic/one[tls=1.3]" },
    { { "*[tls=1.2]" }, "topic/one[tls=1.2]" },
    { { "topic/one*" }, MORE " " ONE },
    { { "*o*" }, TWO " " MORE " " ONE },
    { { "mine" }, "deep/three" },
    { { "mine/deep/three.yaml" }, "three" },
    { { "copy" }, TWO },
    { { "cases/other", "mine" }, "deep/three " TWO },
    /* named in two ways, played once */
    { { "cases", "cases/topic/one.yaml" }, TWO " " MORE " " ONE },
    { { "cases/other/two.yaml", "./cases/../cases/other" }, TWO },
    { { "topic/one", "topic/*", "cases/topic" }, MORE " " ONE },
    /* of no use */
    { { "topic/on" }, "no file and no case is called \"topic/on\"" },
    { { "topic", "one" }, "no file and no case is called \"one\"" },
    { { "none.yaml" }, "cannot read none.yaml: No such file or directory" },
    { { "cases/other", "copy" }, "cases/other/two.yaml and copy/cases/other/two.yaml both have the case \"other/two\"" },
};
/* clang-format on */

Test(select, a_path_or_a_pattern_names_cases)
{
    for (size_t i = 0; i < sizeof(path_cases) / sizeof(path_cases[0]); i++) {
        const struct path_case *row = &path_cases[i];
        const char *paths[PATHS_MAX + 1] = { NULL };
        const struct options options = { .paths = paths };
        const char *got;

        memcpy(paths, row->paths, sizeof(row->paths));
        got = selected(&options);
        cr_expect_str_eq(got, row->want, "%s%s: got %s", paths[0], paths[1] != NULL ? " ..." : "",
                         got);
    }
}

static const struct filter_case {
    const char *name;
    const char *tags[3], *skip_tags[3], *filters[3];
    const char *want;
} filter_cases[] = {
    { "everything", { NULL }, { NULL }, { NULL }, TWO " " MORE " " ONE },
    { "a tag", { "red" }, { NULL }, { NULL }, MORE " " ONE },
    { "any of the tags", { "blue", "red" }, { NULL }, { NULL }, MORE " " ONE },
    { "a tag of nobody", { "re" }, { NULL }, { NULL }, "" },
    { "not a tag", { NULL }, { "blue" }, { NULL }, TWO " " ONE },
    { "a tag and not another", { "red" }, { "blue" }, { NULL }, ONE },
    { "a part of the id", { NULL }, { NULL }, { "w" }, TWO },
    { "a pattern of the id", { NULL }, { NULL }, { "topic/*[tls=1.2]" }, "topic/one[tls=1.2]" },
    { "any of the filters", { NULL }, { NULL }, { "tls=1.3", "two" }, TWO " topic/one[tls=1.3]" },
    { "a filter and a tag", { "blue" }, { NULL }, { "tls" }, "" },
};

Test(select, tags_and_filters_choose_among_them)
{
    for (size_t i = 0; i < sizeof(filter_cases) / sizeof(filter_cases[0]); i++) {
        struct filter_case row = filter_cases[i];
        const struct options options = {
            .tags = row.tags[0] != NULL ? row.tags : NULL,
            .skip_tags = row.skip_tags[0] != NULL ? row.skip_tags : NULL,
            .filters = row.filters[0] != NULL ? row.filters : NULL,
        };
        const char *got = selected(&options);

        cr_expect_str_eq(got, row.want, "%s: got %s", row.name, got);
    }
}

Test(select, a_broken_file_is_told)
{
    const char *paths[] = { "broken.yaml", NULL };
    const struct options options = { .paths = paths };

    cr_assert_str_eq(selected(&options), "the key \"title\" is missing");
}

Test(select, overrides_choose_variants)
{
    const char *paths[] = { "topic/one", NULL };
    const char *overrides[] = { "tls=1.3", NULL };
    const struct options options = { .paths = paths, .overrides = overrides };

    cr_assert_str_eq(selected(&options), "topic/one[tls=1.3]");
}
