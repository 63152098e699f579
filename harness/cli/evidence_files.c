#include "harness/cli/evidence_files.h"

#include "harness/base/files.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

const char *evidence_folder(void *context, const char *artifacts, const char *client,
                            const char *id)
{
    char *name = talloc_strdup(context, client);
    char *case_name = talloc_strdup(context, id);

    for (char *at = name; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at) && *at != '-' && *at != '.')
            *at = '_';
    name[strnlen(name, 64)] = '\0';
    for (char *at = case_name; *at != '\0'; at++)
        if (*at == '[')
            *at = ',';
        else if (strchr("]'\" \t", *at) != NULL)
            *at = at[1] == '\0' ? '\0' : '_';
    return talloc_asprintf(context, "%s/%s/%s", artifacts, name, case_name);
}

static void write_events(FILE *stream, const struct evidence *evidence,
                         const struct result_case *result)
{
    (void)result;
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
static void write_transcript(FILE *stream, const struct evidence *evidence,
                             const struct result_case *result)
{
    (void)evidence;
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

static void write_output(FILE *stream, const struct evidence *evidence,
                         const struct result_case *result)
{
    (void)result;
    (void)fputs(evidence->client_output, stream);
}

static void write_errors(FILE *stream, const struct evidence *evidence,
                         const struct result_case *result)
{
    (void)result;
    (void)fputs(evidence->client_errors, stream);
}

static void write_capture(FILE *stream, const struct evidence *evidence,
                          const struct result_case *result)
{
    (void)result;
    (void)fwrite(evidence->capture.bytes, 1, evidence->capture.size, stream);
}

static void write_secrets(FILE *stream, const struct evidence *evidence,
                          const struct result_case *result)
{
    (void)result;
    (void)fwrite(evidence->secrets.bytes, 1, evidence->secrets.size, stream);
}

static void write_rerun(FILE *stream, const struct evidence *evidence,
                        const struct result_case *result)
{
    (void)evidence;
    (void)fprintf(stream, "#!/bin/sh\nexec %s \"$@\"\n", result->rerun);
}

static const struct {
    const char *name;
    void (*write)(FILE *stream, const struct evidence *evidence, const struct result_case *result);
} files[] = {
    { "events.jsonl", write_events }, { "transcript.txt", write_transcript },
    { "client.out", write_output },   { "client.err", write_errors },
    { "rerun.sh", write_rerun },      { "capture.pcapng", write_capture },
    { "keys.log", write_secrets },
};

int evidence_write(const char *folder, const struct evidence *evidence,
                   const struct result_case *result, struct error *err)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char *path = talloc_asprintf(NULL, "%s/%s", folder, files[i].name);
        FILE *stream = files_open_whole(path, err);
        int rv = -1;

        if (stream != NULL) {
            files[i].write(stream, evidence, result);
            rv = files_commit(stream, path, err);
        }
        talloc_free(path);
        if (rv != 0)
            return -1;
    }
    return 0;
}
