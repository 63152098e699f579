/* The events of all connections as lines a person reads. */
#include "harness/verdict/judge.h"

#include "harness/base/text.h"

#include <string.h>
#include <talloc.h>

struct writer {
    void *context;
    const struct observation *all;
    struct result_line *lines;
    size_t n;
};

typedef void narrate(struct writer *writer, const struct evidence_event *event);

static void add(struct writer *writer, const struct evidence_event *event, char direction, bool tls,
                const char *text)
{
    if (writer->n % 64 == 0)
        writer->lines = talloc_realloc(writer->context, writer->lines, struct result_line,
                                       (unsigned)writer->n + 64);
    writer->lines[writer->n++] = (struct result_line){
        .seconds = (double)(event->time_us - writer->all->evidence->begun_us) / 1e6,
        .step = event->step,
        .connection = event->connection,
        .direction = direction,
        .tls = tls,
        .text = text,
    };
}

#define SAY(writer, event, ...)                                                                    \
    add(writer, event, '*', false, talloc_asprintf((writer)->context, __VA_ARGS__))

static const char *name_of(const struct writer *writer, const char *fingerprint)
{
    const struct pki_identity *identity = pki_find_fingerprint(writer->all->pki, fingerprint);

    return identity != NULL ? identity->name : fingerprint[0] != '\0' ? "unknown" : "none";
}

static const char *names(struct writer *writer, const struct evidence_event *event,
                         const char *member)
{
    return text_join(writer->context, evidence_list(writer->context, event->fields, member), ", ");
}

static void on_step(struct writer *writer, const struct evidence_event *event)
{
    SAY(writer, event, "step %d", event->step);
}

static void on_security(struct writer *writer, const struct evidence_event *event)
{
    SAY(writer, event, "the server's security level is %lld: %s",
        evidence_number(event->fields, "level"), evidence_text(event->fields, "why"));
}

static void on_open(struct writer *writer, const struct evidence_event *event)
{
    SAY(writer, event, "connected");
}

static void on_close(struct writer *writer, const struct evidence_event *event)
{
    SAY(writer, event, "closed by the %s, %s", evidence_text(event->fields, "by"),
        evidence_text(event->fields, "how"));
}

static void on_command(struct writer *writer, const struct evidence_event *event)
{
    const char *line = evidence_text(event->fields, "line");

    add(writer, event, '>', evidence_flag(event->fields, "tls"),
        talloc_asprintf(writer->context, "%s\r\n", line));
    if (evidence_flag(event->fields, "early"))
        SAY(writer, event, "that came before the answer to the command before it");
}

static void on_reply(struct writer *writer, const struct evidence_event *event)
{
    const char *const *lines = evidence_list(writer->context, event->fields, "lines");

    for (; *lines != NULL; lines++)
        add(writer, event, '<', evidence_flag(event->fields, "tls"),
            talloc_asprintf(writer->context, "%s\r\n", *lines));
}

/* Raw bytes come with the escapes of C: \r, \n, \\, \xNN. Those that a text can hold are put back;
 * the report escapes what it must. */
static const char *unescape(void *context, const char *text)
{
    char *out = talloc_strdup(context, text), *to = out;

    for (const char *at = text; *at != '\0'; at++) {
        char next = at[0] == '\\' ? at[1] : '\0';

        if (next == 'r' || next == 'n' || next == '\\') {
            *to++ = next == 'r' ? '\r' : next == 'n' ? '\n' : '\\';
            at++;
        } else {
            *to++ = *at;
        }
    }
    *to = '\0';
    return out;
}

static void on_auth(struct writer *writer, const struct evidence_event *event)
{
    if (evidence_flag(event->fields, "accepted"))
        SAY(writer, event, "AUTH %s accepted, may act as %s",
            evidence_text(event->fields, "mechanism"), evidence_text(event->fields, "authorized"));
    else
        SAY(writer, event, "AUTH %s not accepted", evidence_text(event->fields, "mechanism"));
}

static void on_inject(struct writer *writer, const struct evidence_event *event)
{
    add(writer, event, '<', evidence_flag(event->fields, "tls"),
        unescape(writer->context, evidence_text(event->fields, "bytes")));
}

static void on_message(struct writer *writer, const struct evidence_event *event)
{
    SAY(writer, event, "message taken: %lld bytes", evidence_number(event->fields, "size"));
}

static void on_client_hello(struct writer *writer, const struct evidence_event *event)
{
    SAY(writer, event, "ClientHello: versions %s, session offered: %s",
        names(writer, event, "versions"), evidence_text(event->fields, "offered"));
}

static void on_request(struct writer *writer, const struct evidence_event *event)
{
    SAY(writer, event, "CertificateRequest: names [%s]", names(writer, event, "names"));
}

static void on_certificate(struct writer *writer, const struct evidence_event *event)
{
    const char *const *prints = evidence_list(writer->context, event->fields, "fingerprints");

    if (prints[0] == NULL && evidence_number(event->fields, "entries") == 0)
        SAY(writer, event, "Certificate: empty");
    else
        SAY(writer, event, "Certificate: %s (%lld in the chain)%s",
            prints[0] != NULL ? name_of(writer, prints[0]) : "unknown",
            evidence_number(event->fields, "entries"),
            evidence_flag(event->fields, "requested") ? "" : ", which nobody asked for");
}

static void on_judged(struct writer *writer, const struct evidence_event *event)
{
    SAY(writer, event, "certificate %s%s%s",
        evidence_flag(event->fields, "accepted") ? "accepted" : "not accepted",
        evidence_flag(event->fields, "accepted") ? "" : ": ",
        evidence_flag(event->fields, "accepted") ? "" : evidence_text(event->fields, "reason"));
}

static void on_handshake(struct writer *writer, const struct evidence_event *event)
{
    SAY(writer, event, "TLS %s %s, resumed: %s, identity: %s",
        evidence_text(event->fields, "version"), evidence_text(event->fields, "cipher"),
        evidence_text(event->fields, "resumed"),
        name_of(writer, evidence_text(event->fields, "identity")));
}

static void on_failed(struct writer *writer, const struct evidence_event *event)
{
    SAY(writer, event, "handshake failed: %s", evidence_text(event->fields, "reason"));
}

static void on_alert(struct writer *writer, const struct evidence_event *event)
{
    bool sent = strcmp(evidence_text(event->fields, "direction"), "sent") == 0;

    add(writer, event, sent ? '<' : '>', true,
        talloc_asprintf(writer->context, "alert %s (%lld)", evidence_text(event->fields, "name"),
                        evidence_number(event->fields, "code")));
}

static void on_script(struct writer *writer, const struct evidence_event *event)
{
    SAY(writer, event, "script: %s at %s", evidence_text(event->fields, "verb"),
        evidence_text(event->fields, "site"));
}

static void on_limit(struct writer *writer, const struct evidence_event *event)
{
    SAY(writer, event, "limit: %s", evidence_text(event->fields, "what"));
}

static void on_error(struct writer *writer, const struct evidence_event *event)
{
    SAY(writer, event, "fake server, %s: %s", evidence_text(event->fields, "where"),
        evidence_text(event->fields, "text"));
}

static narrate *const narrators[EVENT_COUNT] = {
    [EVENT_STEP] = on_step,
    [EVENT_SECURITY] = on_security,
    [EVENT_OPEN] = on_open,
    [EVENT_CLOSE] = on_close,
    [EVENT_COMMAND] = on_command,
    [EVENT_REPLY] = on_reply,
    [EVENT_AUTH] = on_auth,
    [EVENT_INJECT] = on_inject,
    [EVENT_MESSAGE] = on_message,
    [EVENT_CLIENT_HELLO] = on_client_hello,
    [EVENT_CERTIFICATE_REQUEST] = on_request,
    [EVENT_CERTIFICATE] = on_certificate,
    [EVENT_JUDGED] = on_judged,
    [EVENT_HANDSHAKE] = on_handshake,
    [EVENT_HANDSHAKE_FAILED] = on_failed,
    [EVENT_ALERT] = on_alert,
    [EVENT_SCRIPT] = on_script,
    [EVENT_LIMIT] = on_limit,
    [EVENT_ERROR] = on_error,
};

size_t transcript_of(void *context, const struct observation *all, const struct result_line **lines)
{
    struct writer writer = { context, all, NULL, 0 };

    for (size_t i = 0; i < all->evidence->n_events; i++)
        if (narrators[all->evidence->events[i].id] != NULL)
            narrators[all->evidence->events[i].id](&writer, &all->evidence->events[i]);
    *lines = writer.lines;
    return writer.n;
}
