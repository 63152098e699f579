/* What a client is told: the values of placeholders, its environment, its configuration files. */
#include "harness/run/stage.h"

#include "harness/base/files.h"
#include "harness/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

extern char **environ;

const char *run_cache(void *context)
{
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");

    if (cache != NULL && cache[0] == '/')
        return talloc_asprintf(context, "%s/counterseal/clients", cache);
    if (home != NULL && home[0] == '/')
        return talloc_asprintf(context, "%s/.cache/counterseal/clients", home);
    return NULL;
}

static const char *const *paths(const struct stage *stage, const struct scenario_client *client,
                                const char *suffix)
{
    const char **list =
        talloc_array(stage->evidence, const char *, (unsigned)client->n_certificates + 1);

    for (size_t i = 0; i < client->n_certificates; i++)
        list[i] = talloc_asprintf(stage->evidence, "%s%s",
                                  stage_path(stage, client->certificates[i].file), suffix);
    list[client->n_certificates] = NULL;
    return list;
}

const char *stage_ready_path(const struct stage *stage, const struct scenario_step *step)
{
    return stage_path(stage, talloc_asprintf(stage->evidence, "ready-%d", step->number));
}

const char *run_program(void *context, const struct profile *profile)
{
    const struct profile_values values = { .here = profile->here, .cache = run_cache(context) };
    char *text;

    if (profile->program == NULL)
        return NULL;
    text = profile_expand_text(context, profile->program, &values);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

/* Of all mails of all steps: 000 to 999. */
static const char *apart(const struct stage *stage, const struct scenario_step *step)
{
    if (!step->server->close_after_message)
        return NULL;
    return talloc_asprintf(stage->evidence, "%03d", step->number % 1000);
}

struct profile_values stage_values(const struct stage *stage, const struct scenario_step *step)
{
    const struct profile *profile = stage->options->profile;
    enum scenario_mode mode = scenario_mode_of(step);

    return (struct profile_values){
        .host = step->client->host,
        .name = text_is_address(step->client->host) ? NULL : step->client->host,
        .ip = text_is_address(step->client->host) ? step->client->host : NULL,
        .port = stage_port(stage, step),
        .address = "127.0.0.1",
        .scheme = mode == SCENARIO_IMPLICIT ? "smtps" : "smtp",
        .mode = profile->mode_words[mode],
        .trust = stage_trust_path(stage, step->client),
        .from = step->send->from,
        .to = step->send->to,
        .message =
            stage_path(stage, talloc_asprintf(stage->evidence, "message-%d.eml", step->number)),
        .ready = stage_ready_path(stage, step),
        .domain = step->client->domain != NULL ? step->client->domain : "client.example.test",
        .directory = stage->options->directory,
        .tls = profile->tls_words[step->client->tls],
        .program = run_program(stage->evidence, profile),
        .here = profile->here,
        .cache = run_cache(stage->evidence),
        .apart = apart(stage, step),
        .cert = paths(stage, step->client, ".pem"),
        .key = paths(stage, step->client, ".key"),
        .pfx = paths(stage, step->client, ".pfx"),
    };
}

/* --- the environment --- */

/* What a client is run with from ours: where programs and their libraries are, and what is meant
 * for it. Its user, his settings and his language stay outside. */
static bool is_kept(const char *variable)
{
    static const char *const names[] = { "PATH=", "LD_LIBRARY_PATH=", "LD_PRELOAD=",
                                         "COUNTERSEAL_" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* A list of variables that grows. */
struct variables {
    void *context;
    const char **items;
    size_t n;
};

static void add(struct variables *list, const char *variable)
{
    list->items = talloc_realloc(list->context, list->items, const char *, (unsigned)list->n + 2);
    list->items[list->n++] = variable;
    list->items[list->n] = NULL;
}

const char *const *run_environment(void *context, const struct profile *profile, const char *home,
                                   const struct profile_values *values)
{
    struct variables list = { context, NULL, 0 };

    for (char **at = environ; *at != NULL; at++)
        if (is_kept(*at))
            add(&list, *at);
    add(&list, talloc_asprintf(context, "HOME=%s", home));
    add(&list, "LC_ALL=C.UTF-8");
    /* Of two that have the same name the last counts. */
    for (size_t i = 0; i < profile->n_variables; i++) {
        char *text = profile_expand_text(context, profile->variables[i].text, values);
        size_t length = strlen(text);

        if (length == 0)
            continue;
        text[length - 1] = '\0';
        add(&list, talloc_asprintf(context, "%s=%s", profile->variables[i].name, text));
    }
    return list.items;
}

/* --- files --- */

const char *stage_home(const struct stage *stage, struct error *err)
{
    const char *home = stage_path(stage, "home");

    return files_make_directory(home, 0700, err) == 0 ? home : NULL;
}

int run_write_files(const struct profile *profile, const char *directory,
                    const struct profile_values *values, struct error *err)
{
    void *scratch = talloc_new(NULL);
    int rv = 0;

    for (size_t i = 0; i < profile->n_files && rv == 0; i++) {
        const char *path = talloc_asprintf(scratch, "%s/%s", directory, profile->files[i].name);
        char *folder = talloc_strndup(scratch, path, (size_t)(strrchr(path, '/') - path));
        char *text = profile_expand_text(scratch, profile->files[i].text, values);

        rv = files_make_directory(folder, 0777, err);
        if (rv == 0)
            rv = files_write(path, text, strlen(text), 0600, err);
    }
    talloc_free(scratch);
    return rv;
}
