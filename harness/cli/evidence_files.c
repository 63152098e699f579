#include "harness/cli/evidence_files.h"

#include "harness/base/files.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

/* Names that are longer are cut: paths of sockets and files below the folder still fit. */
#define NAME_MAX_LENGTH 200

/* A number that two texts hardly share (FNV-1a). */
static unsigned hash_of(const char *text)
{
    unsigned hash = 2166136261U;

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619U;
    return hash;
}

/* "." and ".." lead elsewhere. */
static bool is_dots(const char *segment)
{
    size_t dots = strspn(segment, ".");

    return dots > 0 && (segment[dots] == '/' || segment[dots] == '\0');
}

static bool is_plain(char letter, const char *also)
{
    return isalnum((unsigned char)letter) || strchr("-._", letter) != NULL ||
           strchr(also, letter) != NULL;
}

/* What a shell and a file system take as it is: letters, digits, "-._" and `also`. Where something
 * else had to be replaced or the name to be cut, a hash keeps apart what now looks alike. */
static char *folder_name(void *context, const char *text, const char *also)
{
    char *name = talloc_strdup(context, text);
    size_t length = strlen(name);
    char *values = strchr(name, '['); /* of the variants: from here on commas are ours */
    bool changed = false;

    if (values != NULL && name[length - 1] == ']') {
        name[length - 1] = '\0';
        *values = ',';
    }
    for (char *at = name; *at != '\0'; at++) {
        bool starts = at == name || at[-1] == '/';

        if ((is_plain(*at, also) || (*at == ',' && values != NULL && at >= values)) &&
            !(starts && is_dots(at)))
            continue;
        *at = '_';
        changed = true;
    }
    changed |= strlen(name) > NAME_MAX_LENGTH;
    if (!changed)
        return name;
    return talloc_asprintf(context, "%.*s-%08x", NAME_MAX_LENGTH, name, hash_of(text));
}

const char *evidence_folder(void *context, const char *artifacts, const char *client,
                            const char *id)
{
    return talloc_asprintf(context, "%s/%s/%s", artifacts, folder_name(context, client, ""),
                           folder_name(context, id, "/="));
}

static void write_events(FILE *stream, const struct evidence_kept *kept)
{
    const struct evidence *evidence = kept->evidence;

    for (size_t i = 0; i < evidence->n_events; i++)
        (void)fprintf(stream, "%s\n", evidence->events[i].line);
    for (size_t i = 0; i < evidence->n_answers; i++) {
        char *line = evidence->answers[i].report != NULL
                         ? json_dumps(evidence->answers[i].report, JSON_COMPACT)
                         : NULL;

        if (line != NULL)
            (void)fprintf(stream, "{\"event\":\"client.answer\",\"report\":%s}\n", line);
        free(line);
    }
}

/* The whole of it, unlike in a report; CR LF and other control bytes are shown as escapes. */
static void write_transcript(FILE *stream, const struct evidence_kept *kept)
{
    const struct result_case *result = kept->result;

    for (size_t i = 0; i < result->n_transcript; i++) {
        const struct result_line *line = &result->transcript[i];

        (void)fprintf(stream, "%9.3f ms  connection %d  %s %c ", line->seconds * 1000,
                      line->connection, line->tls ? "TLS" : "   ", line->direction);
        for (const char *at = line->text; *at != '\0'; at++)
            if (*at == '\r' || *at == '\n')
                (void)fputs(*at == '\r' ? "\\r" : "\\n", stream);
            else if (iscntrl((unsigned char)*at))
                (void)fprintf(stream, "\\x%02x", (unsigned char)*at);
            else
                (void)fputc(*at, stream);
        (void)fputc('\n', stream);
    }
}

static void write_output(FILE *stream, const struct evidence_kept *kept)
{
    (void)fputs(kept->evidence->client_output, stream);
}

static void write_errors(FILE *stream, const struct evidence_kept *kept)
{
    (void)fputs(kept->evidence->client_errors, stream);
}

static void write_log(FILE *stream, const struct evidence_kept *kept)
{
    const char *log = kept->evidence->server_log;

    (void)fputs(log != NULL ? log : "", stream);
}

static void write_bytes(FILE *stream, const struct evidence_bytes *all)
{
    if (all->size > 0)
        (void)fwrite(all->bytes, 1, all->size, stream);
}

static void write_capture(FILE *stream, const struct evidence_kept *kept)
{
    write_bytes(stream, &kept->evidence->capture);
}

static void write_secrets(FILE *stream, const struct evidence_kept *kept)
{
    write_bytes(stream, &kept->evidence->secrets);
}

static void write_rerun(FILE *stream, const struct evidence_kept *kept)
{
    char *here = getcwd(NULL, 0);

    (void)fprintf(stream, "#!/bin/sh\n");
    if (here != NULL) {
        (void)fprintf(stream, "cd '");
        for (const char *at = here; *at != '\0'; at++)
            (void)fputs(*at == '\'' ? "'\\''" : (const char[]){ *at, '\0' }, stream);
        (void)fprintf(stream, "' || exit 3\n");
    }
    (void)fprintf(stream, "exec %s \"$@\"\n", kept->result->rerun);
    (void)fchmod(fileno(stream), 0755);
    free(here);
}

/* The file as it was loaded: it may have been changed since, or be made by a model. */
static void write_scenario(FILE *stream, const struct evidence_kept *kept)
{
    for (const char *const *line = kept->scenario->lines; *line != NULL; line++)
        (void)fprintf(stream, "%s\n", *line);
}

static json_t *words(const char *const *list)
{
    json_t *all = json_array();

    for (; list != NULL && *list != NULL; list++)
        json_array_append_new(all, json_string(*list));
    return all;
}

static json_t *answer_of(const struct evidence_answer *answer)
{
    return json_pack("{s:b, s:b, s:b, s:b, s:i, s:s?, s:s?}", "sent", answer->sent, "ended",
                     answer->ended, "timed_out", answer->timed_out, "exited", answer->exited,
                     "status", answer->status, "outcome", answer->outcome, "error", answer->error);
}

/* What a reader needs besides the events: see evidence_read.h. */
static void write_case(FILE *stream, const struct evidence_kept *kept)
{
    const struct result_case *result = kept->result;
    const struct evidence *evidence = kept->evidence;
    json_t *answers = json_array(), *root;

    for (size_t i = 0; i < evidence->n_answers; i++)
        json_array_append_new(answers, answer_of(&evidence->answers[i]));
    root = json_pack("{s:s, s:s?, s:s?, s:s?, s:s, s:s?, s:s?, s:o, s:i, s:o}", "case", result->id,
                     "file", result->file, "client", result->client, "server", result->server,
                     "outcome", outcome_name(result->outcome), "reason", result->reason, "rerun",
                     result->rerun, "set", words(kept->overrides), "steps_played",
                     evidence->steps_played, "answers", answers);
    if (root != NULL)
        (void)json_dumpf(root, stream, JSON_INDENT(1));
    (void)fputc('\n', stream);
    json_decref(root);
}

static void write_commands(FILE *stream, const struct evidence_kept *kept)
{
    (void)fputs(kept->evidence->commands, stream);
}

static void write_causes(FILE *stream, const struct evidence_kept *kept)
{
    const struct result_case *result = kept->result;

    for (size_t i = 0; i < result->n_causes; i++)
        (void)fprintf(stream, EVIDENCE_CAUSE "\n", result->causes[i].step,
                      result->causes[i].connection, result->causes[i].text);
}

static const struct {
    const char *name;
    void (*write)(FILE *stream, const struct evidence_kept *kept);
} files[] = {
    { "events.jsonl", write_events },   { "transcript.txt", write_transcript },
    { "client.out", write_output },     { "client.err", write_errors },
    { "rerun.sh", write_rerun },        { "capture.pcapng", write_capture },
    { "keys.log", write_secrets },      { "scenario.yaml", write_scenario },
    { "case.json", write_case },        { "explanation.txt", write_causes },
    { "commands.txt", write_commands }, { "server.log", write_log },
};

int evidence_write(const char *folder, const struct evidence_kept *kept, struct error *err)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char *path = talloc_asprintf(NULL, "%s/%s", folder, files[i].name);
        FILE *stream = files_open_whole(path, err);
        int rv = -1;

        if (stream != NULL) {
            files[i].write(stream, kept);
            rv = files_commit(stream, path, err);
        }
        talloc_free(path);
        if (rv != 0)
            return -1;
    }
    return 0;
}

int evidence_write_pki(const char *folder, const struct scenario *scenario, const struct pki *pki,
                       struct error *err)
{
    if (files_make_directory(folder, 0777, err) != 0)
        return -1;
    return pki_write_uses(pki, scenario, folder, err);
}
