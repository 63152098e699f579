/* What every reference client would do again after its fork: decoding the keys and certificates of
 * the cast. */
#include "harness/run/run.h"

#include "harness/base/files.h"
#include "harness/smtp_client/smtp_client.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

struct oven {
    void *context;
    const struct pki *pki;
    const char *directory;
    struct smtp_certificates *certificates;
    const char **done; /* names of the files written so far */
    unsigned n_done;
};

static bool is_done(struct oven *oven, const char *name)
{
    for (unsigned i = 0; i < oven->n_done; i++)
        if (strcmp(oven->done[i], name) == 0)
            return true;
    oven->done = talloc_realloc(oven->context, oven->done, const char *, oven->n_done + 1);
    oven->done[oven->n_done++] = name;
    return false;
}

static void warm_identity(struct oven *oven, const char *name)
{
    struct error ignored = { 0 };
    char why[256];
    const char *base = talloc_asprintf(oven->context, "%s/%s", oven->directory, name);

    if (is_done(oven, name) || pki_find(oven->pki, name) == NULL ||
        pki_write(oven->pki, name, name, oven->directory, false, &ignored) != 0)
        return;
    (void)smtp_certificates_add_files(
        oven->certificates, talloc_asprintf(oven->context, "%s.pem", base),
        talloc_asprintf(oven->context, "%s.key", base), why, sizeof(why));
}

static void warm_trust(struct oven *oven, const struct scenario_names *trust)
{
    struct error ignored = { 0 };
    char *name = talloc_strdup(oven->context, "trust");
    const char *path;

    for (size_t i = 0; i < trust->n; i++) {
        name = talloc_asprintf_append_buffer(name, "-%s", trust->items[i].text);
        if (pki_find(oven->pki, trust->items[i].text) == NULL)
            return;
    }
    path = talloc_asprintf(oven->context, "%s/%s.pem", oven->directory, name);
    if (!is_done(oven, name) && pki_write_trust(oven->pki, trust, path, &ignored) == 0)
        smtp_client_remember_trust(path);
}

void run_warm_up(const struct pki *pki, const struct scenario_list *list)
{
    char directory[] = "/tmp/counterseal-XXXXXX";
    char why[256];
    struct error ignored = { 0 };
    struct smtp_client *client = smtp_client_new(why, sizeof(why));
    struct oven oven = { talloc_new(NULL), pki, mkdtemp(directory), NULL, NULL, 0 };

    if (client != NULL && oven.directory != NULL) {
        oven.certificates = smtp_client_certificates(client);
        for (size_t i = 0; i < list->n; i++)
            for (size_t j = 0; j < list->items[i]->n_steps; j++) {
                const struct scenario_client *asked = list->items[i]->steps[j].client;

                for (size_t k = 0; k < asked->n_certificates; k++)
                    warm_identity(&oven, asked->certificates[k].identity);
                warm_trust(&oven, &asked->trust);
            }
        (void)files_remove(oven.directory, &ignored);
    }
    smtp_client_free(client);
    talloc_free(oven.context);
}
