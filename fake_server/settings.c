#include "fake_server/settings.h"
#include "fake_server/context.h"
#include "fake_server/extensions.h"
#include "fake_server/judgement.h"
#include "fake_server/memory.h"
#include "fake_server/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MESSAGE_BYTES = 10 * 1024 * 1024, DEADLINE_MS = 10000 };

static void free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

static X509_NAME *copy_name(const X509_NAME *name)
{
    return X509_NAME_dup(name);
}

static void copy_delta(struct fake_server_delta *copy, const struct fake_server_delta *delta)
{
    *copy = *delta;
    copy->verb = memory_text(delta->verb);
    copy->alert = memory_text(delta->alert);
    copy->reply = memory_text(delta->reply);
    copy->drop_capability = memory_text(delta->drop_capability);
    copy->inject = delta->inject == NULL ? NULL : memory_copy(delta->inject, delta->inject_size);
    copy->bytes = delta->bytes == NULL ? NULL : memory_copy(delta->bytes, delta->bytes_size);
    copy->raw = delta->raw == NULL ? NULL : memory_copy(delta->raw, delta->raw_size);
}

static void release_delta(const struct fake_server_delta *delta)
{
    free_text(delta->verb);
    free_text(delta->alert);
    free_text(delta->reply);
    free_text(delta->drop_capability);
    free_text(delta->inject);
    free_text(delta->bytes);
    free_text(delta->raw);
}

static const struct fake_server_delta *copy_script(const struct fake_server_delta *script, size_t n)
{
    struct fake_server_delta *copy = memory_new(n * sizeof *copy);

    for (size_t i = 0; i < n; i++)
        copy_delta(&copy[i], &script[i]);
    return copy;
}

static void copy_crypto(struct fake_server_settings *copy, const struct fake_server_settings *given)
{
    if (given->key != NULL)
        EVP_PKEY_up_ref(given->key);
    if (given->certificate != NULL)
        X509_up_ref(given->certificate);
    copy->chain = given->chain == NULL ? NULL : X509_chain_up_ref(given->chain);
    copy->trust = given->trust == NULL ? NULL : X509_chain_up_ref(given->trust);
    copy->names = given->names == NULL
                      ? NULL
                      : sk_X509_NAME_deep_copy(given->names, copy_name, X509_NAME_free);
}

static void copy_given(struct fake_server_settings *copy, const struct fake_server_settings *given)
{
    *copy = *given;
    copy_crypto(copy, given);
    copy->ciphers = memory_text(given->ciphers);
    copy->ciphersuites = memory_text(given->ciphersuites);
    copy->groups = memory_text(given->groups);
    copy->signature_algorithms = memory_text(given->signature_algorithms);
    copy->sessions.context = memory_text(given->sessions.context);
    copy->sessions.secret = memory_text(given->sessions.secret);
    copy->hostname = memory_text(given->hostname == NULL ? "mail.example.test" : given->hostname);
    copy->alpn = memory_texts(given->alpn);
    copy->request = extensions_copy_request(&given->request);
    copy->judgement = judgement_copy(&given->judgement);
    copy->ehlo = memory_texts(given->ehlo);
    copy->ehlo_tls = memory_texts(given->ehlo_tls);
    copy->script = copy_script(given->script, given->n_script);
    copy->hosts = NULL; /* snapshots of their own */
    copy->ports = NULL;
    copy->n_hosts = copy->n_ports = 0;
    copy->message_directory = memory_text(given->message_directory);
    if (copy->max_message_bytes == 0)
        copy->max_message_bytes = MESSAGE_BYTES;
    if (copy->deadline_ms <= 0)
        copy->deadline_ms = DEADLINE_MS;
}

static void release_given(struct fake_server_settings *given)
{
    EVP_PKEY_free(given->key);
    X509_free(given->certificate);
    sk_X509_pop_free(given->chain, X509_free);
    sk_X509_pop_free(given->trust, X509_free);
    sk_X509_NAME_pop_free(given->names, X509_NAME_free);
    free_text(given->ciphers);
    free_text(given->ciphersuites);
    free_text(given->groups);
    free_text(given->signature_algorithms);
    free_text(given->sessions.context);
    free_text(given->sessions.secret);
    free_text(given->hostname);
    memory_free_texts(given->alpn);
    extensions_release_request(&given->request);
    judgement_release(&given->judgement);
    memory_free_texts(given->ehlo);
    memory_free_texts(given->ehlo_tls);
    for (size_t i = 0; i < given->n_script; i++)
        release_delta(&given->script[i]);
    free((void *)(uintptr_t)given->script);
    free_text(given->message_directory);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_delta(const struct fake_server_delta *a, const struct fake_server_delta *b)
{
    return a->site == b->site && a->times == b->times && a->connection == b->connection &&
           a->after_lines == b->after_lines && a->close == b->close && a->stall == b->stall &&
           a->delay_ms == b->delay_ms && a->answer == b->answer && a->cut == b->cut &&
           a->garbage == b->garbage && a->tickets == b->tickets && a->fill == b->fill &&
           a->lines == b->lines && a->corrupt == b->corrupt && same_text(a->verb, b->verb) &&
           same_text(a->reply, b->reply) && same_text(a->alert, b->alert);
}

/* A step that changes something else must not make a delta fire again that has had its turn. */
static void copy_counts(struct settings *settings, const struct settings *before)
{
    for (size_t i = 0; i < settings->given.n_script; i++) {
        bool same = before != NULL && i < before->given.n_script &&
                    same_delta(&settings->given.script[i], &before->given.script[i]);

        atomic_init(&settings->fired[i], same ? atomic_load(&before->fired[i]) : 0);
    }
}

static struct settings *make(const struct fake_server_settings *given,
                             const struct settings *before, const char *name, char *why,
                             size_t why_size);

/* The server as a client sees it that names one of its hosts, or comes to one of its ports. */
static struct settings *new_host(const struct fake_server_settings *given,
                                 const struct fake_server_host *host, char *why, size_t why_size)
{
    struct fake_server_settings as_host = *given;

    as_host.key = host->key;
    as_host.certificate = host->certificate;
    as_host.chain = host->chain;
    as_host.ask = host->ask;
    as_host.untrusted = host->untrusted;
    as_host.without_identity = host->without_identity;
    as_host.trust = host->trust;
    as_host.names = host->names;
    as_host.request = host->request;
    as_host.judgement = host->judgement;
    as_host.sessions = host->sessions;
    as_host.hosts = as_host.ports = NULL;
    as_host.n_hosts = as_host.n_ports = as_host.n_script = 0;
    return make(&as_host, NULL, host->name, why, why_size);
}

static int add_hosts(struct settings *settings, const struct fake_server_settings *given, char *why,
                     size_t why_size)
{
    settings->hosts = memory_new(given->n_hosts * sizeof *settings->hosts);
    for (size_t i = 0; i < given->n_hosts; i++) {
        struct settings *host = new_host(given, &given->hosts[i], why, why_size);

        if (host == NULL)
            return -1;
        settings->hosts[settings->n_hosts++] = host;
    }
    return 0;
}

static int add_ports(struct settings *settings, const struct fake_server_settings *given, char *why,
                     size_t why_size)
{
    settings->ports = memory_new(given->n_ports * sizeof *settings->ports);
    for (size_t i = 0; i < given->n_ports; i++) {
        struct fake_server_settings as_port = *given;
        struct settings *port;

        as_port.mode = given->ports[i].mode;
        port = new_host(&as_port, &given->ports[i], why, why_size);
        if (port == NULL)
            return -1;
        settings->ports[settings->n_ports++] = port;
    }
    return 0;
}

/* What holds for the connections before the first one that is asked: the same, but for the request.
 */
static int add_unasked(struct settings *settings, const struct fake_server_settings *given,
                       char *why, size_t why_size)
{
    struct fake_server_settings unasked = *given;

    if (given->request.from_connection < 2 || given->ask == FAKE_SERVER_ASK_NO)
        return 0;
    unasked.ask = FAKE_SERVER_ASK_NO;
    unasked.n_hosts = unasked.n_ports = unasked.n_script = 0;
    settings->unasked = make(&unasked, NULL, settings->name, why, why_size);
    return settings->unasked == NULL ? -1 : 0;
}

const struct settings *settings_find_host(const struct settings *settings, const char *name,
                                          int connection)
{
    const struct settings *host = settings;

    for (size_t i = 0; name != NULL && i < settings->n_hosts; i++)
        if (strcasecmp(settings->hosts[i]->name, name) == 0 && !MUTANT(only_one_host))
            host = settings->hosts[i];
    if (host->unasked != NULL && connection < host->given.request.from_connection &&
        !MUTANT(asks_from_the_start))
        return host->unasked;
    return host;
}

const struct settings *settings_find_port(const struct settings *settings, const char *name)
{
    for (size_t i = 0; name != NULL && i < settings->n_ports; i++)
        if (strcasecmp(settings->ports[i]->name, name) == 0 && !MUTANT(one_policy_for_all_ports))
            return settings->ports[i];
    return settings;
}

static const char *find_fault(const struct fake_server_settings *given)
{
    bool some = given->key != NULL || given->certificate != NULL;

    if (some && (given->key == NULL || given->certificate == NULL))
        return "key and certificate must be given together";
    if (!some && given->mode == FAKE_SERVER_IMPLICIT)
        return "implicit TLS needs a key and a certificate";
    if (given->tls_min > 0 && given->tls_max > 0 && given->tls_min > given->tls_max)
        return "tls_min is above tls_max";
    if (given->n_script > 0 && given->script == NULL)
        return "n_script is given, but no script";
    if (given->judgement.n_accounts > 0 && given->judgement.accounts == NULL)
        return "judgement.n_accounts is given, but no accounts";
    if (given->judgement.alert != NULL && names_find(NAMES_ALERT, given->judgement.alert) < 0)
        return "judgement.alert is the name of no alert";
    if (given->n_hosts > 0 && (!some || given->hosts == NULL))
        return "hosts need a server with a key and a certificate, and n_hosts is their number";
    if (given->n_ports > 0 && given->ports == NULL)
        return "n_ports is given, but no ports";
    return NULL;
}

static struct settings *make(const struct fake_server_settings *given,
                             const struct settings *before, const char *name, char *why,
                             size_t why_size)
{
    struct settings *settings;
    const char *fault = find_fault(given);

    if (fault != NULL) {
        snprintf(why, why_size, "%s", fault);
        return NULL;
    }
    settings = memory_new(sizeof *settings);
    copy_given(&settings->given, given);
    settings->name = memory_text(name);
    settings->refuse = given->untrusted == FAKE_SERVER_UNTRUSTED_REFUSE ||
                       (given->untrusted == FAKE_SERVER_UNTRUSTED_DEFAULT &&
                        given->ask == FAKE_SERVER_ASK_REQUIRE);
    settings->fired = memory_new(given->n_script * sizeof *settings->fired);
    copy_counts(settings, before);
    atomic_init(&settings->users, 1);
    if ((given->key == NULL || (extensions_init(settings, why, why_size) == 0 &&
                                context_init(settings, why, why_size) == 0)) &&
        add_unasked(settings, given, why, why_size) == 0 &&
        add_hosts(settings, given, why, why_size) == 0 &&
        add_ports(settings, given, why, why_size) == 0)
        return settings;
    settings_free(settings);
    return NULL;
}

struct settings *settings_new(const struct fake_server_settings *given,
                              const struct settings *before, char *why, size_t why_size)
{
    return make(given, before, NULL, why, why_size);
}

struct settings *settings_get(struct settings *settings)
{
    atomic_fetch_add(&settings->users, 1);
    return settings;
}

void settings_free(struct settings *settings)
{
    if (settings == NULL || atomic_fetch_sub(&settings->users, 1) > 1)
        return;
    for (size_t i = 0; i < settings->n_hosts; i++)
        settings_free(settings->hosts[i]);
    free(settings->hosts);
    for (size_t i = 0; i < settings->n_ports; i++)
        settings_free(settings->ports[i]);
    free(settings->ports);
    settings_free(settings->unasked);
    free(settings->name);
    SSL_CTX_free(settings->tls);
    extensions_release(settings);
    release_given(&settings->given);
    free(settings->fired);
    free(settings);
}
