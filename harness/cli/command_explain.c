#include "harness/cli/commands.h"

#include "harness/cli/evidence_files.h"
#include "harness/cli/evidence_read.h"
#include "harness/explain/explain.h"
#include "harness/observe/observe.h"

static void print_head(const struct evidence_folder *folder)
{
    (void)printf("%s", folder->id);
    if (folder->client[0] != '\0')
        (void)printf("  %s", folder->client);
    if (folder->outcome[0] != '\0')
        (void)printf("  %s", folder->outcome);
    (void)printf("\n");
    if (folder->reason[0] != '\0')
        (void)printf("%s\n", folder->reason);
    if (!folder->settings_known)
        (void)printf("what both ends were given is not known: there is no case.json or no "
                     "scenario.yaml\n");
    (void)printf("\n");
}

static void print_causes(void *context, const struct evidence_folder *folder)
{
    const struct observation *all =
        observe(context, folder->scenario, folder->pki, folder->evidence, false);
    struct explain_causes causes = explain(context, all, folder->settings_known);

    for (size_t i = 0; i < causes.n; i++)
        (void)printf(EVIDENCE_CAUSE "\n", causes.items[i].step, causes.items[i].connection,
                     causes.items[i].text);
    if (causes.n == 0)
        (void)printf("nothing kept a certificate from being sent and taken\n");
}

int command_explain(void *context, const struct options *options)
{
    struct evidence_folder folder;
    struct error err = { 0 };
    const char *path =
        options->paths != NULL ? options->paths[0] : evidence_newest(context, options->artifacts);

    if (options->paths != NULL && options->paths[1] != NULL) {
        error_set(&err, ERROR_USAGE, WHERE_NONE, "explain wants one folder of evidence");
        return commands_fail(&err);
    }
    if (path == NULL) {
        (void)fprintf(stderr,
                      "counterseal: no case that failed has left evidence in %s; name a folder, or "
                      "play cases with --keep always\n",
                      options->artifacts);
        return EXIT_NOTHING;
    }
    if (evidence_read(context, path, &folder, &err) == 0) {
        print_head(&folder);
        print_causes(context, &folder);
    }
    pki_close(folder.pki);
    return err.kind == ERROR_NONE ? EXIT_AS_EXPECTED : commands_fail(&err);
}
