#include "harness/run/stage.h"

#include "harness/base/files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

const char *stage_path(const struct stage *stage, const char *name)
{
    return talloc_asprintf(stage->evidence, "%s/%s", stage->options->directory, name);
}

static bool same_trust(const struct scenario_client *a, const struct scenario_client *b)
{
    if (a->trust.n != b->trust.n)
        return false;
    for (size_t i = 0; i < a->trust.n; i++)
        if (strcmp(a->trust.items[i].text, b->trust.items[i].text) != 0)
            return false;
    return true;
}

const char *stage_trust_path(const struct stage *stage, const struct scenario_client *client)
{
    char *name = talloc_strdup(stage->evidence, "trust");

    if (!same_trust(client, stage->scenario->steps[0].client))
        for (size_t i = 0; i < client->trust.n; i++)
            name = talloc_asprintf_append_buffer(name, "-%s", client->trust.items[i].text);
    return stage_path(stage, talloc_asprintf(stage->evidence, "%s.pem", name));
}

static bool same_files(const struct scenario_client *a, const struct scenario_client *b)
{
    if (a->n_certificates != b->n_certificates)
        return false;
    for (size_t i = 0; i < a->n_certificates; i++)
        if (strcmp(a->certificates[i].file, b->certificates[i].file) != 0 ||
            strcmp(a->certificates[i].identity, b->certificates[i].identity) != 0)
            return false;
    return same_trust(a, b);
}

static int write_certificate(const struct stage *stage, const struct scenario_certificate *item,
                             struct error *err)
{
    return pki_write(stage->pki, item->identity, item->file, stage->options->directory,
                     stage->options->profile != NULL, err);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static int write_trust(const struct stage *stage, const struct scenario_client *client,
                       struct error *err)
{
    const char *path = stage_trust_path(stage, client);

    return is_there(path) ? 0 : pki_write_trust(stage->pki, &client->trust, path, err);
}

const char *stage_probe_path(const struct stage *stage, const char *identity)
{
    return stage_path(stage, talloc_asprintf(stage->evidence, "probe-%s", identity));
}

/* What a probe names besides the collection. */
static int write_probe(const struct stage *stage, const struct scenario_step *step,
                       struct error *err)
{
    for (size_t i = 0; i < step->n_probe; i++)
        for (size_t j = 0; j < step->probe[i].n_acts; j++) {
            const struct scenario_act *act = &step->probe[i].acts[j];

            for (const char *const *name = act->values; act->identities && *name != NULL; name++)
                if (pki_find(stage->pki, *name) != NULL &&
                    pki_write(stage->pki, *name,
                              talloc_asprintf(stage->evidence, "probe-%s", *name),
                              stage->options->directory, false, err) != 0)
                    return -1;
        }
    return 0;
}

int stage_write_identities(struct stage *stage, const struct scenario_step *step, struct error *err)
{
    const struct scenario_client *client = step->client;
    const struct scenario_client *before = stage->identities_of;

    if (write_probe(stage, step, err) != 0)
        return -1;
    stage->identities_of = client;
    if (before != NULL && same_files(before, client))
        return 0;
    for (size_t i = 0; i < client->n_certificates; i++)
        if (write_certificate(stage, &client->certificates[i], err) != 0)
            return -1;
    return write_trust(stage, client, err);
}

static int write_ahead(const struct stage *stage, const struct scenario_client *client,
                       struct error *err)
{
    for (size_t i = 0; i < client->n_certificates; i++) {
        const struct scenario_certificate *item = &client->certificates[i];

        if (!is_there(talloc_asprintf(stage->evidence, "%s.pem", stage_path(stage, item->file))) &&
            write_certificate(stage, item, err) != 0)
            return -1;
    }
    return write_trust(stage, client, err);
}

int stage_write_ahead(const struct stage *stage, struct error *err)
{
    for (size_t i = (size_t)stage->step; i < stage->scenario->n_steps; i++)
        if (write_ahead(stage, stage->scenario->steps[i].client, err) != 0)
            return -1;
    return 0;
}

/* The body with CR LF, filled up with lines of 76 letters to the size that the scenario wants. */
static char *body_of(void *context, const struct scenario_message *message)
{
    static const char filler[] =
        "0123456789abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcd\r\n";
    char *body = talloc_strdup(context, "");
    size_t used;

    for (const char *at = message->body; *at != '\0';) {
        size_t length = strcspn(at, "\n");

        body = talloc_asprintf_append_buffer(body, "%.*s\r\n", (int)length, at);
        at += length;
        at += *at == '\n';
    }
    used = strlen(body);
    if (used >= message->size)
        return body;
    body = talloc_realloc(context, body, char, (unsigned)(message->size + sizeof(filler)));
    for (; used < message->size; used += sizeof(filler) - 1)
        memcpy(body + used, filler, sizeof(filler));
    return body;
}

static char *message_of(void *context, const struct scenario_message *message, int step)
{
    return talloc_asprintf(context,
                           "From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\n"
                           "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
                           "Message-ID: <step-%d@counterseal.example.test>\r\n\r\n%s",
                           message->from, message->to[0], message->subject, step,
                           body_of(context, message));
}

/* Opening a fifo waits for its reader: that is how a mail of a process that sends several is held
 * back until its step begins. */
static int feed(void *data)
{
    const struct stage *stage = data;
    const struct evidence_answer *answer = &stage->evidence->answers[stage->step - 1];
    const char *path =
        stage_path(stage, talloc_asprintf(stage->evidence, "message-%d.eml", stage->step));
    FILE *stream = fopen(path, "we");

    if (stream == NULL)
        return 1;
    (void)fwrite(answer->message, 1, answer->message_size, stream);
    return fclose(stream) == 0 ? 0 : 1;
}

const char *stage_write_message(struct stage *stage, const struct scenario_step *step, bool fifo,
                                struct error *err)
{
    struct evidence_answer *answer = stage_answer(stage);
    const struct process_options feeder = { .name = "a message", .body = feed, .context = stage };
    const char *path =
        stage_path(stage, talloc_asprintf(stage->evidence, "message-%d.eml", step->number));
    const char *text = message_of(stage->evidence, step->send, step->number);

    answer->message = text;
    answer->message_size = strlen(text);
    if (!fifo)
        return files_write_private(path, text, answer->message_size, 0666, err) == 0 ? path : NULL;
    process_free(stage->feeder);
    stage->feeder = process_start(&feeder, err);
    return stage->feeder != NULL ? path : NULL;
}
