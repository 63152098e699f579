#include "harness/scenario/tests/loaded.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

static void print(struct loaded *loaded, const char *path)
{
    char *text = NULL, *at;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    scenario_errors_print(stream, &loaded->errors);
    fclose(stream);
    loaded->printed = talloc_strdup(loaded->context, "");
    for (char *from = text; (at = strstr(from, path)) != NULL || *from != '\0';) {
        size_t n = at == NULL ? strlen(from) : (size_t)(at - from);

        loaded->printed = talloc_strndup_append_buffer(loaded->printed, from, n);
        if (at != NULL)
            loaded->printed = talloc_strdup_append_buffer(loaded->printed, "FILE");
        from += n + (at == NULL ? 0 : strlen(path));
    }
    free(text);
}

static void write_file(char *path, const char *text, size_t size)
{
    int fd = mkstemps(path, 5);

    cr_assert(fd >= 0);
    cr_assert_eq(write(fd, text, size), (ssize_t)size);
    close(fd);
}

struct loaded loaded_bytes(const char *text, size_t size, const char *const *overrides)
{
    struct loaded loaded = { .context = talloc_new(NULL) };
    char path[] = "/tmp/scenario_XXXXXX.yaml";

    write_file(path, text, size);
    (void)scenario_load(loaded.context, path, "topic/name", overrides, &loaded.list,
                        &loaded.errors);
    unlink(path);
    print(&loaded, path);
    return loaded;
}

struct loaded loaded_scenario(const char *text)
{
    return loaded_bytes(text, strlen(text), NULL);
}

struct loaded loaded_profile(const char *text)
{
    struct loaded loaded = { .context = talloc_new(NULL) };
    char path[] = "/tmp/profile_XXXXXX.yaml";

    write_file(path, text, strlen(text));
    loaded.profile = profile_load(loaded.context, path, &loaded.errors);
    unlink(path);
    print(&loaded, path);
    return loaded;
}

void loaded_free(struct loaded *loaded)
{
    talloc_free(loaded->context);
    loaded->context = NULL;
}

struct loaded loaded_good(const char *lines)
{
    char *text = talloc_asprintf(NULL, "title: t\n%s\n%s", lines,
                                 strstr(lines, "steps:") == NULL ? "steps: [{send: {}}]\n" : "");
    struct loaded loaded = loaded_scenario(text);

    talloc_free(text);
    cr_assert_str_empty(loaded.printed, "%s", loaded.printed);
    cr_assert_gt(loaded.list.n, 0);
    return loaded;
}

void loaded_expect_fault(const char *name, const char *text, const char *want)
{
    struct loaded loaded = loaded_scenario(text);

    cr_expect_not_null(strstr(loaded.printed, want), "%s: got %s, not %s", name, loaded.printed,
                       want);
    cr_expect_eq(loaded.list.n, 0, "%s: cases were added", name);
    loaded_free(&loaded);
}
