#include "harness/cli/repro.h"

#include "harness/base/files.h"
#include "harness/base/text.h"
#include "harness/cli/commands.h"
#include "reports/report.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <talloc.h>
#include <unistd.h>

/* Drivers are small. */
#define DRIVER_MAX ((size_t)16 * 1024 * 1024)

struct writer {
    void *context;
    const struct repro *repro;
    const char *client; /* what run.sh gives to --client; NULL: nothing */
};

static const char *in_folder(const struct writer *writer, const char *name)
{
    return talloc_asprintf(writer->context, "%s/%s", writer->repro->directory, name);
}

/* The scenario lies at the path that gives it the id of its case. */
static const char *scenario_path(const struct writer *writer)
{
    const char *id = writer->repro->scenario->id;

    return talloc_asprintf(writer->context, "cases/%.*s.yaml", (int)strcspn(id, "["), id);
}

/* --- the client --- */

static int copy_file(const struct writer *writer, const char *from, const char *to,
                     struct error *err)
{
    struct stat status;
    size_t size;
    const char *bytes = files_read(writer->context, from, DRIVER_MAX, &size, err);

    if (bytes == NULL)
        return -1;
    if (stat(from, &status) != 0)
        return error_set_errno(err, "cannot look at %s", from);
    return files_write(to, bytes, size, status.st_mode & 0777, err);
}

/* What the profile calls {here}/NAME lies beside it. */
static int copy_companions(const struct writer *writer, const char *profile, struct error *err)
{
    static const char here[] = "{here}/";
    size_t size;
    const char *text = files_read(writer->context, profile, DRIVER_MAX, &size, err);

    if (text == NULL)
        return -1;
    while ((text = strstr(text, here)) != NULL) {
        size_t length;
        const char *name;

        text += sizeof(here) - 1;
        length = strcspn(text, " \"'\n]:");
        name = talloc_strndup(writer->context, text, length);
        if (strchr(name, '/') == NULL && name[0] != '\0' &&
            copy_file(writer,
                      talloc_asprintf(writer->context, "%s/%s", writer->repro->profile->here, name),
                      in_folder(writer, talloc_asprintf(writer->context, "client/%s", name)),
                      err) != 0)
            return -1;
    }
    return 0;
}

static int write_client(struct writer *writer, struct error *err)
{
    const struct profile *profile = writer->repro->profile;
    const char *word = writer->repro->word, *slash, *copy, *program;

    if (profile == NULL)
        return 0;
    writer->client = word;
    if (profile->file == NULL)
        return 0; /* a command, or a policy of the reference client */
    slash = strrchr(profile->file, '/');
    copy = talloc_asprintf(writer->context, "client/%s", slash != NULL ? slash + 1 : profile->file);
    program = strchr(word, '=');
    writer->client = talloc_asprintf(writer->context, "%s%s", copy, program != NULL ? program : "");
    if (files_make_directory(in_folder(writer, "client"), 0777, err) != 0 ||
        copy_file(writer, profile->file, in_folder(writer, copy), err) != 0)
        return -1;
    return copy_companions(writer, profile->file, err);
}

/* --- run.sh --- */

static const char *program(const struct writer *writer)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (n <= 0)
        return "counterseal";
    path[n] = '\0';
    return talloc_strdup(writer->context, path);
}

static const char *arguments(const struct writer *writer)
{
    const struct options *options = writer->repro->options;
    void *context = writer->context;
    char *line =
        talloc_asprintf(context, "run %s --filter %s --keys pki --keep always --artifacts again",
                        text_quote(context, scenario_path(writer)),
                        text_quote(context, writer->repro->scenario->id));

    if (writer->client != NULL)
        line = talloc_asprintf_append_buffer(line, " --client %s",
                                             text_quote(context, writer->client));
    if (options->misbehave != NULL)
        line = talloc_asprintf_append_buffer(line, " --misbehave %s", options->misbehave);
    if (options->seed != OPTIONS_SEED)
        line = talloc_asprintf_append_buffer(line, " --seed %d", options->seed);
    line = talloc_asprintf_append_buffer(line, "%s%s", options->strict ? " --strict" : "",
                                         options->no_known ? " --no-known" : "");
    for (size_t i = 0; options->overrides != NULL && options->overrides[i] != NULL; i++)
        line = talloc_asprintf_append_buffer(line, " --set %s",
                                             text_quote(context, options->overrides[i]));
    return line;
}

/* The same failure is the same check that is missed: its words stand in the reason of case.json. */
static void write_run(FILE *stream, const struct writer *writer)
{
    (void)fprintf(
        stream,
        "#!/bin/sh\n"
        "# Shows the failure again. Exit code: 0 it was shown again, 1 it was not, 3 it could not "
        "be tried.\n"
        "# The program is taken from $COUNTERSEAL, or from where it was, or from PATH.\n"
        "cd \"$(dirname \"$0\")\" || exit 3\n"
        "program=${COUNTERSEAL:-%s}\n"
        "[ -x \"$program\" ] || program=$(command -v counterseal) || {\n"
        "    echo \"run.sh: there is no counterseal program; name it in COUNTERSEAL\" >&2\n"
        "    exit 3\n"
        "}\n"
        "rm -rf again\n"
        "\"$program\" %s\n"
        "code=$?\n"
        "failure() { find \"$1\" -name case.json -exec sed -n 's/^ \"reason\": \"\\(.*\\), got "
        ".*/\\1/p' {} \\;; }\n"
        "was=$(failure evidence)\n"
        "is=$(failure again)\n"
        "if [ $code = 1 ] && [ \"$was\" = \"$is\" ]; then\n"
        "    echo \"run.sh: the failure was shown again: $was\"\n"
        "    exit 0\n"
        "elif [ $code = 0 ]; then\n"
        "    echo \"run.sh: the failure was not shown again: the case holds\"\n"
        "    exit 1\n"
        "elif [ $code = 1 ]; then\n"
        "    echo \"run.sh: the case fails, but otherwise: $is\"\n"
        "    exit 1\n"
        "fi\n"
        "echo \"run.sh: it could not be tried (exit code $code of counterseal)\" >&2\n"
        "exit 3\n",
        text_quote(writer->context, program(writer)), arguments(writer));
    (void)fchmod(fileno(stream), 0755);
}

/* --- texts --- */

static void write_scenario(FILE *stream, const struct writer *writer)
{
    for (const char *const *line = writer->repro->scenario->lines; *line != NULL; line++)
        (void)fprintf(stream, "%s\n", *line);
}

static void write_report(FILE *stream, const struct writer *writer)
{
    console_set(CONSOLE_PLAIN, true, 0);
    console_case(stream, writer->repro->result);
}

/* PRETTY_NAME="Debian GNU/Linux 12 (bookworm)" */
static const char *system_name(const struct writer *writer)
{
    struct error ignored = { 0 };
    size_t size;
    const char *text = files_read(writer->context, "/etc/os-release", DRIVER_MAX, &size, &ignored);
    const char *at = text != NULL ? strstr(text, "PRETTY_NAME=\"") : NULL;

    if (at == NULL)
        return "unknown";
    at += strlen("PRETTY_NAME=\"");
    return talloc_strndup(writer->context, at, strcspn(at, "\"\n"));
}

static const char *or_unknown(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : "unknown";
}

static void write_versions(FILE *stream, const struct writer *writer)
{
    const struct result_client *client = writer->repro->client;
    struct utsname name = { 0 };

    (void)uname(&name);
    (void)fprintf(stream,
                  "client: %s (%s), version %s\nTLS library of the client: %s\n"
                  "counterseal: %s (%s)\nsystem: %s, %s %s %s\n",
                  client->name, client->title, or_unknown(client->version),
                  writer->repro->profile == NULL ? commands_libraries(writer->context)
                                                 : or_unknown(client->library),
                  COUNTERSEAL_VERSION, commands_libraries(writer->context), system_name(writer),
                  name.sysname, name.release, name.machine);
}

static void write_failures(FILE *stream, const struct result_case *result)
{
    for (size_t i = 0; i < result->n_steps; i++)
        for (size_t j = 0; j < result->steps[i].n_checks; j++) {
            const struct result_check *check = &result->steps[i].checks[j];

            if (!check->passed)
                (void)fprintf(stream, "  step %d: %s: expected %s, got %s\n",
                              result->steps[i].number, check->fact, check->expected, check->got);
        }
}

static void write_readme(FILE *stream, const struct writer *writer)
{
    const struct result_case *result = writer->repro->result;

    (void)fprintf(stream, "%s\n%s, with %s %s\n\n%s\n", result->title, result->id,
                  writer->repro->client->name, writer->repro->client->version, result->reason);
    write_failures(stream, result);
    (void)fprintf(stream, "\nWhy:\n");
    for (size_t i = 0; i < result->n_causes; i++)
        (void)fprintf(stream, "  %s\n", result->causes[i].text);
    (void)fprintf(
        stream,
        "\nTo see it again: sh run.sh\n"
        "It ends with 0 when the failure was shown again, with 1 when it was not (the case holds, "
        "or fails otherwise), with 3\nwhen it could not be tried. It needs the program "
        "`counterseal` (named in COUNTERSEAL, or in PATH) and the client, and\nnothing else; what "
        "it sees is left in again/. Everything stays on 127.0.0.1.\n\n"
        "What is here:\n"
        "  report.txt      what was expected and what came, with the dialogue\n"
        "  %s\n"
        "                  the scenario: `counterseal manual` is its language\n"
        "  pki/            certificates and keys as made for the run; run.sh makes new "
        "certificates "
        "of the same keys\n"
        "  client/         how the client is run (none: the reference client, or a plain command)\n"
        "  versions.txt    of client, TLS library, counterseal, system\n"
        "  evidence/       of the run: commands.txt (the exact commands), capture.pcapng (opens "
        "decrypted in Wireshark),\n"
        "                  events.jsonl, transcript.txt, explanation.txt, keys.log, the files the "
        "client was given,\n"
        "                  what it wrote (client.out, client.err), case.json\n\n"
        "All keys and secrets are those of throw-away identities: they protect nothing.\n",
        scenario_path(writer));
}

static const struct {
    const char *name; /* NULL: the scenario's path */
    void (*write)(FILE *stream, const struct writer *writer);
} texts[] = {
    { "README.txt", write_readme },     { "run.sh", write_run },  { "report.txt", write_report },
    { "versions.txt", write_versions }, { NULL, write_scenario },
};

int repro_write(const struct repro *repro, struct error *err)
{
    struct writer writer = { .context = talloc_new(NULL), .repro = repro };
    int rv = write_client(&writer, err);

    if (rv == 0)
        rv = files_make_directory(in_folder(&writer, "pki"), 0777, err);
    if (rv == 0)
        rv = pki_write_uses(repro->pki, repro->scenario, in_folder(&writer, "pki"), err);
    for (size_t i = 0; rv == 0 && i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *path =
            in_folder(&writer, texts[i].name != NULL ? texts[i].name : scenario_path(&writer));
        FILE *stream = files_open_whole(path, err);

        if (stream == NULL) {
            rv = -1;
            break;
        }
        texts[i].write(stream, &writer);
        rv = files_commit(stream, path, err);
    }
    talloc_free(writer.context);
    return rv;
}
