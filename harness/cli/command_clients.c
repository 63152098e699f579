#include "harness/cli/commands.h"

#include "harness/base/text.h"
#include "harness/cli/clients.h"

#include <string.h>
#include <talloc.h>

/* --- clients --- */

/* The names of the flags that are set. */
static const char *words(void *context, const bool *flags, const char *const *names)
{
    const char *set[8] = { NULL };
    size_t n = 0;

    for (size_t i = 0; names[i] != NULL; i++)
        if (flags[i])
            set[n++] = names[i];
    return text_join(context, set, ", ");
}

static void print_abilities(void *context, const struct profile *profile)
{
    static const char *const modes[] = { "STARTTLS", "implicit TLS", NULL };
    static const char *const securities[] = { "required", "optional", "none", NULL };
    bool several = profile->driver || profile->next != NULL;

    (void)printf("    %s; TLS %s; ", words(context, profile->modes, modes),
                 words(context, profile->security, securities));
    if (profile->max_certificates == 1)
        (void)printf("one certificate; ");
    else
        (void)printf("a collection of %d; ", profile->max_certificates);
    (void)printf("%s from one process%s%s", several ? "several mails" : "one mail",
                 profile->any_host ? "; any host" : "",
                 profile->adds_headers ? "; makes headers of its own" : "");
    if (profile->n_known > 0)
        (void)printf("; %zu known deviation%s", profile->n_known, profile->n_known > 1 ? "s" : "");
    (void)printf("\n");
}

static void print_client(void *context, const struct profile *profile, const struct probe *probe)
{
    (void)printf("%-16s %s%s%s%s%s\n", profile->name, profile->title != NULL ? profile->title : "",
                 probe->version[0] != '\0' ? ", version " : "", probe->version,
                 probe->library[0] != '\0' ? ", with " : "", probe->library);
    print_abilities(context, profile);
    if (probe->missing != NULL)
        (void)printf("    %s\n", probe->missing);
}

int command_clients(void *context, const struct options *options)
{
    struct error err = { 0 };
    struct clients clients;
    const char *const *names =
        options->paths != NULL ? (const char *const *)options->paths : clients_all(context, &err);
    size_t n_here = 0;

    if (names == NULL || clients_load(context, names, &clients, &err) != 0)
        return commands_fail(&err);
    clients_probe(context, &clients, false);
    for (size_t i = 0; i < clients.n; i++) {
        if (clients.profiles[i] == NULL)
            continue;
        print_client(context, clients.profiles[i], &clients.probes[i]);
        n_here += clients.probes[i].missing == NULL;
    }
    (void)printf("%zu clients, %zu of them here\n", clients.n, n_here);
    return clients.n > 0 ? EXIT_AS_EXPECTED : EXIT_NOTHING;
}

/* --- matrix --- */

static const char **with_reference(void *context, const char *const *names)
{
    const char **all;
    size_t n = 0;

    while (names[n] != NULL)
        n++;
    all = talloc_array(context, const char *, (unsigned)n + 2);
    all[0] = "reference";
    memcpy(all + 1, names, (n + 1) * sizeof(*names));
    return all;
}

int command_matrix(void *context, const struct options *options)
{
    static const char *const reports[] = { "markdown:build/report/matrix.md",
                                           "html:build/report/matrix.html",
                                           "json:build/report/matrix.json", NULL };
    struct options all = *options;
    struct error err = { 0 };
    const char *const *names;

    if (options->clients == NULL) {
        names = clients_all(context, &err);
        if (names == NULL)
            return commands_fail(&err);
        all.clients = with_reference(context, names);
    }
    if (options->reports == NULL)
        all.reports = talloc_memdup(context, reports, sizeof(reports));
    all.quiet = true;
    return command_run(context, &all);
}
