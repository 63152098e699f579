#include "harness/cli/clients.h"

#include "harness/base/text.h"
#include "harness/cli/options.h"
#include "harness/smtp_client/smtp_client.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

static const char suffix[] = ".yaml";
static const char of_policy[] = "reference:";

/* What kind of profile, and where those are. */
struct kind {
    const char *option, *directory;
    const struct profile *(*load)(void *context, const char *path, struct scenario_errors *errors);
};
static const struct kind of_clients = { "--client", CLIENTS_DIRECTORY, profile_load };
static const struct kind of_servers = { "--server", SERVERS_DIRECTORY, profile_load_server };

static const struct profile *load(void *context, const struct kind *kind, const char *name,
                                  const char *path, struct error *err)
{
    struct scenario_errors errors = { NULL, 0 };
    const struct profile *profile = kind->load(context, path, &errors);

    scenario_errors_print(stderr, &errors);
    if (profile == NULL)
        error_set(err, ERROR_SCENARIO, WHERE_NONE, "the profile of %s is not usable", name);
    return profile;
}

/* The same client or server, another program. */
static const struct profile *load_with_program(void *context, const struct kind *kind,
                                               const char *word, const char *name, const char *path,
                                               struct error *err)
{
    const struct profile *profile = load(context, kind, name, path, err);
    struct profile *copy;

    if (profile == NULL)
        return NULL;
    if (profile->program == NULL) {
        error_set(err, ERROR_USAGE, WHERE_NONE,
                  "%s: the profile %s does not say which word is its program (\"program\")",
                  kind->option, path);
        return NULL;
    }
    copy = talloc_memdup(context, profile, sizeof(*profile));
    copy->name = word;
    copy->program = strchr(word, '=') + 1;
    copy->another_program = true;
    return copy;
}

static const struct profile *find(void *context, const char *word, struct error *err)
{
    size_t length = strcspn(word, "= /{");
    char *name = talloc_strndup(context, word, length);
    const char *file = talloc_strndup(context, word, strcspn(word, "="));
    const char *own = talloc_asprintf(context, "%s/%s%s", CLIENTS_DIRECTORY, name, suffix);

    if (word[length] == '=' && word[length + 1] != '\0' && access(own, F_OK) == 0)
        return load_with_program(context, &of_clients, word, name, own, err);
    if (strchr(word, '=') != NULL && access(file, F_OK) == 0 && strstr(file, suffix) != NULL)
        return load_with_program(context, &of_clients, word, name, file, err);
    if (strchr(word, ' ') != NULL)
        return profile_from_command(context, word, err);
    if (word[length] == '\0' && access(own, F_OK) == 0)
        return load(context, &of_clients, word, own, err);
    if (strstr(word, suffix) != NULL && access(word, F_OK) == 0)
        return load(context, &of_clients, word, word, err);
    error_set(err, ERROR_USAGE, WHERE_NONE,
              "--client: there is no profile %s, and \"%s\" is no command with placeholders", own,
              word);
    return NULL;
}

static const struct profile *find_policy(void *context, const char *name, struct error *err)
{
    const char *names[SMTP_CLIENT_POLICY_COUNT + 1] = { NULL };
    enum smtp_client_policy policy;

    if (smtp_client_policy_find(name, &policy) == 0)
        return profile_of_policy(context, name, smtp_client_policy_newest(policy));
    for (int i = 0; i < SMTP_CLIENT_POLICY_COUNT; i++)
        names[i] = smtp_client_policy_name((enum smtp_client_policy)i);
    error_set(err, ERROR_USAGE, WHERE_NONE, "--client: the policy \"%s\" is not one of %s", name,
              text_join(context, names, ", "));
    return NULL;
}

/* --- servers --- */

static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0;
}

/* HOST:PORT, HOST:PORT/implicit. */
static const struct profile *find_address(void *context, const char *word, bool remote,
                                          struct error *err)
{
    static const struct profile_text all[] = { { "starttls", "" }, { "no", "" },
                                               { "1.2", "" },      { "1.3", "" },
                                               { "1.2..1.3", "" }, { "implicit", "" } };
    const char *colon = strrchr(word, ':');
    size_t digits = colon != NULL ? strspn(colon + 1, "0123456789") : 0;
    const char *mode = digits > 0 ? colon + 1 + digits : "";
    struct profile *profile = talloc_zero(context, struct profile);
    struct profile_server *server = talloc_zero(profile, struct profile_server);

    if (colon == word || digits == 0 || (mode[0] != '\0' && strcmp(mode, "/implicit") != 0)) {
        error_set(err, ERROR_USAGE, WHERE_NONE,
                  "--server: there is no profile %s/%s.yaml, and \"%s\" is no HOST:PORT or "
                  "HOST:PORT/implicit",
                  SERVERS_DIRECTORY, word, word);
        return NULL;
    }
    *server = (struct profile_server){
        .modes = mode[0] != '\0' ? &all[5] : &all[0],
        .n_modes = 1,
        .ask = &all[1],
        .n_ask = 1,
        .versions = &all[2],
        .n_versions = 3,
        .address = talloc_strndup(profile, word, (size_t)(colon - word)),
        .port = talloc_strndup(profile, colon + 1, digits),
    };
    *profile = (struct profile){
        .name = word, .title = word, .server = server, .adds_headers = true, .command = ""
    };
    if (remote || is_loopback(server->address))
        return profile;
    error_set(
        err, ERROR_USAGE, WHERE_NONE,
        "--server: %s is not on this machine; with --remote it may be talked to, if it is yours "
        "(`counterseal help run` says what it is sent)",
        server->address);
    return NULL;
}

static const struct profile *find_server(void *context, const char *word, bool remote,
                                         struct error *err)
{
    size_t length = strcspn(word, "=/:");
    char *name = talloc_strndup(context, word, length);
    const char *own = talloc_asprintf(context, "%s/%s%s", SERVERS_DIRECTORY, name, suffix);

    if (word[length] == '=' && word[length + 1] != '\0' && access(own, F_OK) == 0)
        return load_with_program(context, &of_servers, word, name, own, err);
    if (word[length] == '\0' && access(own, F_OK) == 0)
        return load(context, &of_servers, word, own, err);
    if (strstr(word, suffix) != NULL && access(word, F_OK) == 0)
        return load(context, &of_servers, word, word, err);
    return find_address(context, word, remote, err);
}

static struct clients new_clients(void *context, size_t n)
{
    return (struct clients){
        .profiles = talloc_zero_array(context, const struct profile *, (unsigned)n + 1),
        .words = talloc_zero_array(context, const char *, (unsigned)n + 1),
        .probes = talloc_zero_array(context, struct probe, (unsigned)n + 1),
        .n = n,
    };
}

int clients_load_servers(void *context, const char *const *words, bool remote,
                         struct clients *clients, struct error *err)
{
    size_t n = 0;

    while (words[n] != NULL)
        n++;
    *clients = new_clients(context, n);
    for (size_t i = 0; i < n; i++) {
        clients->words[i] = words[i];
        clients->profiles[i] = find_server(context, words[i], remote, err);
        if (clients->profiles[i] == NULL)
            return -1;
    }
    return 0;
}

int clients_load(void *context, const char *const *words, struct clients *clients,
                 struct error *err)
{
    size_t n = 0;

    while (words[n] != NULL)
        n++;
    *clients = new_clients(context, n);
    for (size_t i = 0; i < n; i++) {
        clients->words[i] = words[i];
        if (strcmp(words[i], "reference") == 0)
            continue;
        if (strncmp(words[i], of_policy, sizeof(of_policy) - 1) == 0)
            clients->profiles[i] = find_policy(context, words[i] + sizeof(of_policy) - 1, err);
        else
            clients->profiles[i] = find(context, words[i], err);
        if (clients->profiles[i] == NULL)
            return -1;
    }
    return 0;
}

static int is_profile(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > sizeof(suffix) - 1 && entry->d_name[0] != '.' &&
           strcmp(entry->d_name + length - (sizeof(suffix) - 1), suffix) == 0;
}

static const char *const *profiles_in(void *context, const char *directory, struct error *err)
{
    struct dirent **entries = NULL;
    int n = scandir(directory, &entries, is_profile, alphasort);
    const char **names;

    if (n < 0) {
        error_set_errno(err, "cannot read %s", directory);
        return NULL;
    }
    names = talloc_zero_array(context, const char *, (unsigned)n + 1);
    for (int i = 0; i < n; i++) {
        names[i] = talloc_strndup(context, entries[i]->d_name,
                                  strlen(entries[i]->d_name) - (sizeof(suffix) - 1));
        free(entries[i]);
    }
    free(entries);
    return names;
}

const char *const *clients_all(void *context, struct error *err)
{
    return profiles_in(context, CLIENTS_DIRECTORY, err);
}

const char *const *clients_all_servers(void *context, struct error *err)
{
    return profiles_in(context, SERVERS_DIRECTORY, err);
}

static const struct profile *with_known(void *context, const struct profile *profile,
                                        const char *version, bool no_known)
{
    struct profile *copy = talloc_memdup(context, profile, sizeof(*profile));
    struct profile_known *rows =
        talloc_array(context, struct profile_known, (unsigned)profile->n_known + 1);

    copy->n_known = 0;
    for (size_t i = 0; i < profile->n_known && !no_known; i++)
        if (probe_binds(&profile->known[i], version))
            rows[copy->n_known++] = profile->known[i];
    copy->known = rows;
    return copy;
}

void clients_probe(void *context, struct clients *clients, bool no_known)
{
    probe_clients(context, clients->profiles, clients->n, clients->probes);
    for (size_t i = 0; i < clients->n; i++)
        if (clients->profiles[i] != NULL)
            clients->profiles[i] =
                with_known(context, clients->profiles[i], clients->probes[i].version, no_known);
}

const struct result_client *clients_results(void *context, const struct clients *clients)
{
    struct result_client *results =
        talloc_array(context, struct result_client, (unsigned)clients->n + 1);

    for (size_t i = 0; i < clients->n; i++) {
        const struct profile *profile = clients->profiles[i];
        const struct probe *probe = &clients->probes[i];

        results[i] = (struct result_client){
            .name = profile != NULL ? profile->name : "reference",
            .title = profile == NULL          ? "the reference client"
                     : profile->title != NULL ? profile->title
                                              : "",
            .version = profile != NULL ? probe->version : COUNTERSEAL_VERSION,
            .library = probe->library,
            .missing = probe->missing,
        };
    }
    return results;
}
