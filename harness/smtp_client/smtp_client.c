#include "harness/smtp_client/smtp_client.h"

#include "harness/smtp_client/alerts.h"
#include "harness/smtp_client/client.h"
#include "harness/smtp_client/fault_dialogue.h"
#include "harness/smtp_client/outcome.h"
#include "harness/smtp_client/pickup.h"

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
    pthread_mutex_init(&client->lock, NULL);
    pthread_cond_init(&client->idle, NULL);
    return client;
}

void smtp_client_free(struct smtp_client *client)
{
    if (client == NULL)
        return;
    smtp_client_wait(client);
    transport_close(&client->transport);
    tls_client_release(&client->tls);
    smtp_certificates_clear(&client->sent_with);
    certificates_free(client->certificates);
    pthread_cond_destroy(&client->idle);
    pthread_mutex_destroy(&client->lock);
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
    tls->certificates = &client->sent_with;
    client->exchange.cancel = &client->cancel;
    tls->fault = settings->fault;
    tls->policy = policy_get(settings->policy);
    tls->replies = &client->exchange.replies;
    tls->alpn = settings->alpn;
    tls->saw = settings->saw;
    tls->saw_context = settings->saw_context;
    tls->now = time(NULL) + client->clock_s;
    tls->clock_moved = client->clock_s != 0;
    tls->peer = (struct session_peer){ .host = settings->host, .port = settings->port };
    set_versions(tls, settings);
    report->outcome = SMTP_CLIENT_INVALID;
    if (smtp_client_check(settings, message, report->error, sizeof(report->error)) != 0 ||
        trust_load(&tls->trust, settings->trust_file, report->error, sizeof(report->error)) != 0)
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
    return fault_dialogue_has(settings->fault) && settings->mode == SMTP_CLIENT_STARTTLS &&
           settings->security == SMTP_CLIENT_TLS_REQUIRED;
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

static void misreport(enum smtp_client_fault fault, struct smtp_client_report *report)
{
    if (fault == SMTP_CLIENT_FAULT_REPORT_DELIVERED_ALWAYS) {
        report->outcome = SMTP_CLIENT_DELIVERED;
        report->error[0] = '\0';
    }
    if (fault == SMTP_CLIENT_FAULT_REPORT_REFUSED_ALWAYS)
        report->outcome = SMTP_CLIENT_REFUSED_BY_SMTP;
    if (fault == SMTP_CLIENT_FAULT_LATE_REFUSAL_MISREAD && report->handshake &&
        report->outcome == SMTP_CLIENT_TLS_REFUSED)
        report->outcome = SMTP_CLIENT_PROTOCOL_VIOLATION;
}

static void send_over_network(struct smtp_client *client,
                              const struct smtp_client_settings *settings,
                              struct smtp_client_report *report)
{
    const struct tls_evidence *seen = &client->tls.evidence;

    carry(client, settings);
    report->outcome = outcome_get(&client->exchange, seen, report->error, sizeof(report->error));
    report->reply_code = client->exchange.replies.code;
    if (settings->fault != SMTP_CLIENT_FAULT_REUSE_CONNECTION)
        transport_close(&client->transport);
    tls_client_finish(&client->tls, is_sound(seen, report->outcome));
}

static void put_into_directory(const struct smtp_client_settings *settings,
                               const struct smtp_client_message *message,
                               struct smtp_client_report *report)
{
    report->outcome = SMTP_CLIENT_DELIVERED;
    if (pickup_write(settings->pickup_directory, message, report->error, sizeof(report->error)) !=
        0)
        report->outcome = SMTP_CLIENT_CONNECT_FAILED;
}

static void send_one(struct smtp_client *client, const struct smtp_client_settings *settings,
                     const struct smtp_client_message *message, struct smtp_client_report *report)
{
    *report = (struct smtp_client_report){ 0 };
    if (prepare(client, settings, message, report) == 0) {
        if (settings->delivery == SMTP_CLIENT_NETWORK)
            send_over_network(client, settings, report);
        else
            put_into_directory(settings, message, report);
    }
    write_tls(&client->tls, report);
    misreport(settings->fault, report);
}

/* --- one at a time: here, or in a thread of its own --- */

/* The last thread has ended but for its last steps. */
static void join(struct smtp_client *client)
{
    if (client->started)
        pthread_join(client->thread, NULL);
    client->started = false;
}

/* Takes the client for a send; returns -1 when it is taken. The collection is looked at now, in the
 * thread of whoever changes it (R3, R4). */
static int begin(struct smtp_client *client)
{
    int rv;

    pthread_mutex_lock(&client->lock);
    rv = client->busy ? -1 : 0;
    client->busy = true;
    pthread_mutex_unlock(&client->lock);
    if (rv != 0)
        return -1;
    join(client);
    atomic_store(&client->cancel, false);
    tls_client_release(&client->tls);
    smtp_certificates_clear(&client->sent_with);
    smtp_certificates_add_range(&client->sent_with, client->certificates);
    return 0;
}

static void end(struct smtp_client *client)
{
    pthread_mutex_lock(&client->lock);
    client->busy = false;
    pthread_cond_broadcast(&client->idle);
    pthread_mutex_unlock(&client->lock);
}

void smtp_client_send(struct smtp_client *client, const struct smtp_client_settings *settings,
                      const struct smtp_client_message *message, struct smtp_client_report *report)
{
    if (begin(client) == 0) {
        send_one(client, settings, message, report);
        end(client);
        return;
    }
    *report = (struct smtp_client_report){ .outcome = SMTP_CLIENT_INVALID,
                                           .choice = "",
                                           .offered = "none",
                                           .resumed = "no",
                                           .names = no_names };
    snprintf(report->error, sizeof(report->error), "another message is under way");
}

static void *send_apart(void *argument)
{
    struct smtp_client *client = argument;
    struct sending sending = client->sending;
    struct smtp_client_report report;

    send_one(client, sending.settings, sending.message, &report);
    if (sending.done != NULL)
        sending.done(sending.context, &report);
    end(client);
    return NULL;
}

int smtp_client_send_async(struct smtp_client *client, const struct smtp_client_settings *settings,
                           const struct smtp_client_message *message, smtp_client_done *done,
                           void *context)
{
    int failed;

    if (begin(client) != 0)
        return -1;
    client->sending = (struct sending){ settings, message, done, context };
    failed = pthread_create(&client->thread, NULL, send_apart, client);
    client->started = failed == 0;
    if (failed != 0)
        end(client);
    return failed == 0 ? 0 : -1;
}

void smtp_client_cancel(struct smtp_client *client)
{
    atomic_store(&client->cancel, true);
}

void smtp_client_wait(struct smtp_client *client)
{
    pthread_mutex_lock(&client->lock);
    while (client->busy)
        pthread_cond_wait(&client->idle, &client->lock);
    pthread_mutex_unlock(&client->lock);
    join(client);
}
