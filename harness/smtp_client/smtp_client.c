#include "harness/smtp_client/smtp_client.h"

#include "harness/smtp_client/alerts.h"
#include "harness/smtp_client/client.h"
#include "harness/smtp_client/fault_dialogue.h"
#include "harness/smtp_client/outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AS_NAME(id, name) name,
static const char *const outcome_names[] = { SMTP_CLIENT_OUTCOMES(AS_NAME) };

const char *smtp_client_outcome_name(enum smtp_client_outcome outcome)
{
    return outcome_names[outcome];
}

struct smtp_client *smtp_client_new(char *why, size_t why_size)
{
    struct smtp_client *client;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        snprintf(why, why_size, "libcurl cannot be initialised");
        return NULL;
    }
    client = calloc(1, sizeof(*client));
    if (client == NULL)
        abort();
    client->certificates = certificates_new();
    if (client->certificates == NULL)
        abort();
    return client;
}

void smtp_client_free(struct smtp_client *client)
{
    if (client == NULL)
        return;
    transport_close(&client->transport);
    tls_client_release(&client->tls);
    certificates_free(client->certificates);
    free(client);
    curl_global_cleanup();
}

struct smtp_certificates *smtp_client_certificates(struct smtp_client *client)
{
    return client->certificates;
}

void smtp_client_set_clock(struct smtp_client *client, long clock_s)
{
    client->clock_s = clock_s;
}

const char *smtp_client_presented(const struct smtp_client *client)
{
    const struct tls_evidence *seen = &client->tls.evidence;

    if (!seen->certificate_sent)
        return "nothing";
    return seen->presented[0] != '\0' ? seen->presented : "empty";
}

/* --- one message --- */

static bool has_line_break(const char *text)
{
    return text != NULL && strpbrk(text, "\r\n") != NULL;
}

/* libcurl passes addresses on as they are. Whoever puts a line break into one wants to send
 * commands. */
static bool is_sendable(const struct smtp_client_message *message)
{
    bool broken = has_line_break(message->from);

    for (const char *const *to = message->to; to != NULL && *to != NULL; to++)
        broken = broken || has_line_break(*to);
    return !broken;
}

/* A policy that knows nothing newer limits a range, but does not empty it. */
static void set_versions(struct tls_client *tls, const struct smtp_client_settings *settings)
{
    int newest = settings->tls_max != 0 ? settings->tls_max : TLS1_3_VERSION;

    tls->peer.tls_min = settings->tls_min != 0 ? settings->tls_min : TLS1_2_VERSION;
    if (newest > tls->policy->newest && tls->peer.tls_min <= tls->policy->newest)
        newest = tls->policy->newest;
    tls->peer.tls_max = newest;
}

/* Returns -1 with the outcome in the report when the message cannot even be tried. */
static int prepare(struct smtp_client *client, const struct smtp_client_settings *settings,
                   const struct smtp_client_message *message, struct smtp_client_report *report)
{
    struct tls_client *tls = &client->tls;

    tls_client_release(tls);
    client->exchange = (struct exchange){ .settings = settings, .message = message };
    tls->certificates = client->certificates;
    tls->fault = settings->fault;
    tls->policy = policy_get(settings->policy);
    tls->replies = &client->exchange.replies;
    tls->alpn = settings->alpn;
    tls->now = time(NULL) + client->clock_s;
    tls->clock_moved = client->clock_s != 0;
    tls->peer = (struct session_peer){ .host = settings->host, .port = settings->port };
    set_versions(tls, settings);
    if (!is_sendable(message)) {
        report->outcome = SMTP_CLIENT_PROTOCOL_VIOLATION;
        snprintf(report->error, sizeof(report->error), "an address holds a line break");
        return -1;
    }
    report->outcome = SMTP_CLIENT_TLS_FAILED;
    if (trust_load(&tls->trust, settings->trust_file, report->error, sizeof(report->error)) != 0)
        return -1;
    memcpy(tls->peer.trust, tls->trust.content, sizeof(tls->peer.trust));
    return 0;
}

static void write_alert(int code, char *name, size_t size)
{
    name[0] = '\0';
    if (code >= 0)
        alert_write_name(code, name, size);
}

static const char *const no_names[] = { NULL };

static void write_tls(const struct tls_client *tls, struct smtp_client_report *report)
{
    const struct tls_evidence *seen = &tls->evidence;

    report->handshake = seen->handshake;
    report->requested = seen->requested;
    memcpy(report->presented, seen->presented, sizeof(report->presented));
    report->choice = selection_phrase(seen->reason);
    report->offered = tls_client_offered(tls);
    report->resumed = seen->resumed ? report->offered : "no";
    memcpy(report->session_identity, tls->offered_identity.fingerprint,
           sizeof(report->session_identity));
    memcpy(report->tls, seen->version, sizeof(report->tls));
    write_alert(seen->alert_received, report->alert_received, sizeof(report->alert_received));
    write_alert(seen->alert_sent, report->alert_sent, sizeof(report->alert_sent));
    report->names = tls->names != NULL ? (const char *const *)tls->names : no_names;
}

static bool needs_own_dialogue(const struct smtp_client_settings *settings)
{
    return settings->fault == SMTP_CLIENT_FAULT_BELIEVE_PLAINTEXT &&
           settings->mode == SMTP_CLIENT_STARTTLS && settings->security != SMTP_CLIENT_TLS_NONE;
}

static void carry(struct smtp_client *client, const struct smtp_client_settings *settings)
{
    bool keeps = settings->fault == SMTP_CLIENT_FAULT_REUSE_CONNECTION;

    if (!keeps)
        transport_close(&client->transport);
    if (needs_own_dialogue(settings))
        fault_dialogue_send(&client->exchange, &client->tls);
    else
        transport_send(&client->transport, &client->exchange, &client->tls);
}

/* RS-05, RS-06: nothing of a connection that TLS broke is used again. */
static bool is_sound(const struct tls_evidence *seen, enum smtp_client_outcome outcome)
{
    return seen->handshake && seen->alert_received < 0 && seen->alert_sent < 0 &&
           outcome != SMTP_CLIENT_TLS_REFUSED && outcome != SMTP_CLIENT_TLS_FAILED;
}

void smtp_client_send(struct smtp_client *client, const struct smtp_client_settings *settings,
                      const struct smtp_client_message *message, struct smtp_client_report *report)
{
    struct tls_evidence *seen = &client->tls.evidence;

    *report = (struct smtp_client_report){ 0 };
    if (prepare(client, settings, message, report) == 0) {
        carry(client, settings);
        report->outcome =
            outcome_get(&client->exchange, seen, report->error, sizeof(report->error));
        report->reply_code = client->exchange.replies.code;
        if (settings->fault != SMTP_CLIENT_FAULT_REUSE_CONNECTION)
            transport_close(&client->transport);
        tls_client_finish(&client->tls, is_sound(seen, report->outcome));
    }
    write_tls(&client->tls, report);
    if (settings->fault == SMTP_CLIENT_FAULT_REPORT_DELIVERED_ALWAYS) {
        report->outcome = SMTP_CLIENT_DELIVERED;
        report->error[0] = '\0';
    }
}
