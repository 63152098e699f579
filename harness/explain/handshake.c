/* Why there was no handshake: nothing in common, or one end did not take the other. */
#include "harness/explain/scene.h"

#include "harness/scenario/alerts.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <talloc.h>
#include <time.h>

static bool is_in_clear(const struct evidence_event *event)
{
    return !evidence_flag(event->fields, "tls");
}

/* The last reply to a verb, in the clear; NULL. */
static const struct evidence_event *reply_to(const struct scene *scene, const char *verb)
{
    const struct evidence *evidence = scene->all->evidence;
    const struct evidence_event *reply = NULL;
    bool asked = false;

    for (size_t i = 0; i < evidence->n_events; i++) {
        const struct evidence_event *event = &evidence->events[i];

        if (event->connection != scene->connection->number || !is_in_clear(event))
            continue;
        if (event->id == EVENT_REPLY && asked)
            reply = event;
        if (event->id == EVENT_COMMAND || event->id == EVENT_REPLY)
            asked = event->id == EVENT_COMMAND &&
                    strcmp(evidence_text(event->fields, "verb"), verb) == 0;
    }
    return reply;
}

static bool has_hello(const struct scene *scene)
{
    return scene_first(scene, EVENT_CLIENT_HELLO) != NULL;
}

static const char *failure(const struct scene *scene)
{
    const struct evidence_event *event = scene_last(scene, EVENT_HANDSHAKE_FAILED);

    return event != NULL ? evidence_text(event->fields, "reason") : "";
}

/* No handshake though it was begun, and the client's certificate is not what it is about. */
static bool is_broken_off(const struct scene *scene)
{
    return has_hello(scene) && !scene->connection->handshake &&
           scene_first(scene, EVENT_CERTIFICATE) == NULL;
}

static bool is_sent(const struct scene *scene, const char *alert)
{
    const char *sent = scene->connection->alert_sent;

    return sent != NULL && strcmp(sent, alert) == 0;
}

/* --- before TLS --- */

const char *cause_no_starttls(const struct scene *scene)
{
    const struct evidence_event *reply = reply_to(scene, "EHLO");
    const char *const *lines = scene_list(scene, reply, "lines");

    if (has_hello(scene) || reply == NULL || reply_to(scene, "STARTTLS") != NULL ||
        evidence_number(reply->fields, "code") != 250)
        return NULL;
    for (; *lines != NULL; lines++)
        if (strlen(*lines) == 12 && strcasecmp(*lines + 4, "STARTTLS") == 0)
            return "the server offers STARTTLS and the client did not use it: no certificate goes "
                   "without TLS";
    return "the server offers no STARTTLS: no certificate goes without TLS";
}

const char *cause_starttls_refused(const struct scene *scene)
{
    const struct evidence_event *reply = reply_to(scene, "STARTTLS");
    const char *line = scene_list(scene, reply, "lines")[0];

    if (has_hello(scene) || reply == NULL || evidence_number(reply->fields, "code") == 220)
        return NULL;
    return talloc_asprintf(scene->context, "the server answered STARTTLS with \"%s\"",
                           line != NULL ? line : "");
}

const char *cause_no_hello(const struct scene *scene)
{
    const struct evidence_event *close = scene_last(scene, EVENT_CLOSE);

    if (has_hello(scene) || close == NULL || scene->asked->client->tls != SCENARIO_TLS_REQUIRED)
        return NULL;
    return talloc_asprintf(scene->context, "the %s ended the connection before TLS began%s",
                           evidence_text(close->fields, "by"), scene_key_faults(scene));
}

/* --- nothing in common --- */

const char *cause_script_alert(const struct scene *scene)
{
    const struct scenario_delta *delta = scene_script(scene);

    if (delta == NULL || delta->alert == NULL)
        return NULL;
    return talloc_asprintf(scene->context, "the server's script sends %s (on: %s): %s",
                           delta->alert, delta->on, alert_meaning(delta->alert));
}

/* "1.2" -> 0x0303; 0: no version that is known. */
static int version_of(const char *text)
{
    static const char *const versions[] = { "1.0", "1.1", "1.2", "1.3" };

    for (int i = 0; i < 4; i++)
        if (strcmp(versions[i], text) == 0)
            return TLS1_VERSION + i;
    return 0;
}

static const char *range_words(const struct scene *scene, int low, int high)
{
    if (low == high)
        return talloc_asprintf(scene->context, "only 1.%d", low - TLS1_VERSION);
    return talloc_asprintf(scene->context, "1.%d to 1.%d", low - TLS1_VERSION, high - TLS1_VERSION);
}

const char *cause_version(const struct scene *scene)
{
    const struct evidence_event *hello = scene_first(scene, EVENT_CLIENT_HELLO);
    const char *const *versions = scene_list(scene, hello, "versions");
    const char *client;
    int low = scene->server->tls_min, high = scene->server->tls_max;

    if (!is_broken_off(scene))
        return NULL;
    client = versions[0] != NULL ? scene_words(scene, versions)
                                 : talloc_asprintf(scene->context, "up to %s",
                                                   evidence_text(hello->fields, "legacy_version"));
    if (!scene->known)
        return is_sent(scene, "protocol_version")
                   ? talloc_asprintf(scene->context, "no version in common: the client speaks %s",
                                     client)
                   : NULL;
    for (size_t i = 0; versions[i] != NULL; i++)
        if (version_of(versions[i]) >= low && version_of(versions[i]) <= high)
            return NULL;
    if (versions[0] == NULL && version_of(evidence_text(hello->fields, "legacy_version")) >= low &&
        !is_sent(scene, "protocol_version"))
        return NULL;
    return talloc_asprintf(scene->context,
                           "no version in common: the client speaks %s, the server %s", client,
                           range_words(scene, low, high));
}

static const char *offered(const struct scene *scene, const char *member)
{
    return scene_words(scene, scene_list(scene, scene_first(scene, EVENT_CLIENT_HELLO), member));
}

/* Those of TLS 1.3 are of no use to a server that does not speak it. */
static const char *suites(const struct scene *scene)
{
    const char *const *all = scene_list(scene, scene_first(scene, EVENT_CLIENT_HELLO), "ciphers");
    const char **items =
        talloc_zero_array(scene->context, const char *, (unsigned)scene_count(all) + 1);
    bool old = scene->known && scene->server->tls_max < TLS1_3_VERSION;
    size_t n = 0;

    for (; *all != NULL; all++)
        if (!old || strstr(*all, "_WITH_") != NULL)
            items[n++] = *all;
    return scene_words(scene, items);
}

static const char *or_unknown(const struct scene *scene, const char *setting)
{
    return scene->known && setting != NULL ? setting : "others";
}

const char *cause_suite(const struct scene *scene)
{
    const struct scenario_server *server = scene->server;
    bool new = scene_list(scene, scene_first(scene, EVENT_CLIENT_HELLO), "versions")[0] != NULL &&
               server->tls_max == TLS1_3_VERSION && server->ciphersuites != NULL;

    if (!is_broken_off(scene) || strstr(failure(scene), "shared cipher") == NULL)
        return NULL;
    return talloc_asprintf(
        scene->context, "no cipher suite in common: the client offers %s, the server takes %s",
        suites(scene), or_unknown(scene, new ? server->ciphersuites : server->ciphers));
}

const char *cause_group(const struct scene *scene)
{
    if (!is_broken_off(scene) ||
        (strstr(failure(scene), "key share") == NULL && strstr(failure(scene), "group") == NULL))
        return NULL;
    return talloc_asprintf(scene->context,
                           "no group of the key exchange in common: the client offers %s, the "
                           "server takes %s",
                           offered(scene, "groups"), or_unknown(scene, scene->server->groups));
}

static const struct pki_identity *own(const struct scene *scene)
{
    return scene->known ? pki_find(scene->all->pki, scene->server->certificate.text) : NULL;
}

const char *cause_server_algorithm(const struct scene *scene)
{
    const struct pki_identity *identity = own(scene);

    if (!is_broken_off(scene) || strstr(failure(scene), "signature algorithm") == NULL)
        return NULL;
    return talloc_asprintf(scene->context,
                           "no signature algorithm in common: the server's key is %s, the client "
                           "lists %s",
                           identity != NULL ? scene_key_kind(identity->certificate) : "not known",
                           offered(scene, "signature_algorithms"));
}

const char *cause_protocol(const struct scene *scene)
{
    const char *const *alpn = scene->known ? scene->server->alpn : NULL;

    if (!is_broken_off(scene) || !is_sent(scene, "no_application_protocol"))
        return NULL;
    return talloc_asprintf(scene->context,
                           "no application protocol in common: the client offers %s, the server "
                           "speaks %s",
                           offered(scene, "alpn"),
                           alpn != NULL ? scene_words(scene, alpn) : "others");
}

const char *cause_host(const struct scene *scene)
{
    if (!is_broken_off(scene) || !is_sent(scene, "unrecognized_name"))
        return NULL;
    return talloc_asprintf(scene->context, "the server knows no host of the name %s",
                           scene->connection->sni);
}

const char *cause_session_context(const struct scene *scene)
{
    if (scene->connection->handshake ||
        strstr(failure(scene), "session id context uninitialized") == NULL)
        return NULL;
    return "the server has no session id context, which OpenSSL wants of a server that asks for "
           "certificates before it resumes a session: every client that comes back is refused";
}

/* Where the client's certificate is the matter, judgement.c has the words. */
const char *cause_alert_sent(const struct scene *scene)
{
    const char *alert = scene->connection->alert_sent;

    if (!is_broken_off(scene) || alert == NULL)
        return NULL;
    return talloc_asprintf(scene->context, "the server ended the handshake with %s: %s%s%s%s",
                           alert, alert_meaning(alert), failure(scene)[0] != '\0' ? " (" : "",
                           failure(scene), failure(scene)[0] != '\0' ? ")" : "");
}

/* --- the server's certificate, as the client may see it --- */

/* The client came, saw the server's certificate, and left before it said a word under TLS. */
static bool has_left(const struct scene *scene)
{
    const struct evidence_event *close = scene_last(scene, EVENT_CLOSE);
    const struct evidence *evidence = scene->all->evidence;

    if (!has_hello(scene) || scene->connection->alert_sent != NULL || scene->connection->cut ||
        strcmp(scene->connection->resumed, "no") != 0)
        return false;
    for (size_t i = 0; i < evidence->n_events; i++)
        if (evidence->events[i].connection == scene->connection->number &&
            evidence->events[i].id == EVENT_COMMAND && !is_in_clear(&evidence->events[i]))
            return false;
    return scene->connection->alert_received != NULL ||
           (close != NULL && strcmp(evidence_text(close->fields, "by"), "client") == 0);
}

/* "; the client sent unknown_ca" */
static const char *how(const struct scene *scene)
{
    const char *alert = scene->connection->alert_received;

    return alert != NULL ? talloc_asprintf(scene->context, "; the client said %s", alert)
                         : "; the client left without an alert";
}

static const struct pki_identity *refused(const struct scene *scene)
{
    return has_left(scene) ? own(scene) : NULL;
}

static time_t now(const struct scene *scene)
{
    return time(NULL) + scene->asked->clock_s;
}

const char *cause_server_expired(const struct scene *scene)
{
    const struct pki_identity *identity = refused(scene);
    time_t when = now(scene);

    if (identity == NULL || X509_cmp_time(X509_get0_notAfter(identity->certificate), &when) != -1)
        return NULL;
    return talloc_asprintf(
        scene->context, "the server's certificate %s has expired: it was valid until %s%s",
        identity->name, scene_time(scene, X509_get0_notAfter(identity->certificate)), how(scene));
}

const char *cause_server_not_yet_valid(const struct scene *scene)
{
    const struct pki_identity *identity = refused(scene);
    time_t when = now(scene);

    if (identity == NULL || X509_cmp_time(X509_get0_notBefore(identity->certificate), &when) != 1)
        return NULL;
    return talloc_asprintf(
        scene->context, "the server's certificate %s is not valid yet: it is from %s%s",
        identity->name, scene_time(scene, X509_get0_notBefore(identity->certificate)), how(scene));
}

static bool is_in(const struct scenario_names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->items[i].text, name) == 0)
            return true;
    return false;
}

static bool is_chained(const struct scene *scene, const struct pki_identity *identity,
                       const char *issuer)
{
    const struct scenario_names *chain = &scene->server->chain;

    return chain->items != NULL ? is_in(chain, issuer) : !identity->bare;
}

/* Goes up from the server's certificate: whether somebody is trusted, and which intermediate on the
 * way was not sent. */
static bool is_trusted(const struct scene *scene, const struct pki_identity *identity,
                       const char **missing)
{
    const struct scenario *scenario = scene->all->scenario;
    const struct scenario_identity *row = scenario_find_identity(scenario, identity->name);
    const struct scenario_names *trust = &scene->asked->client->trust;

    *missing = NULL;
    for (int i = 0; row != NULL && i < SCENARIO_DEPTH_MAX; i++) {
        if (row->issuer == NULL || is_in(trust, row->issuer))
            return row->issuer != NULL || is_in(trust, row->name);
        if (*missing == NULL && !is_chained(scene, identity, row->issuer))
            *missing = row->issuer;
        row = scenario_find_identity(scenario, row->issuer);
    }
    return false;
}

const char *cause_server_chain(const struct scene *scene)
{
    const struct pki_identity *identity = refused(scene);
    const char *missing = NULL;

    if (identity == NULL || !is_trusted(scene, identity, &missing) || missing == NULL)
        return NULL;
    return talloc_asprintf(scene->context,
                           "the server did not send the intermediate %s of its certificate %s%s",
                           missing, identity->name, how(scene));
}

const char *cause_server_untrusted(const struct scene *scene)
{
    const struct pki_identity *identity = refused(scene);
    const struct scenario_names *trust = &scene->asked->client->trust;
    const char *missing;

    if (identity == NULL || is_trusted(scene, identity, &missing))
        return NULL;
    return talloc_asprintf(
        scene->context,
        "the client does not trust %s, the issuer of the server's certificate %s: it trusts %s%s",
        scene_short(scene, scene_dn(scene, X509_get_issuer_name(identity->certificate))),
        identity->name,
        trust->n > 0 ? talloc_asprintf(scene->context, "only %s", scene_names(scene, trust))
                     : "nobody",
        how(scene));
}

const char *cause_server_usage(const struct scene *scene)
{
    const struct pki_identity *identity = refused(scene);
    const char *usages = identity != NULL ? scene_usages(scene, identity->certificate) : "";

    if (usages[0] == '\0' || strstr(usages, "serverAuth") != NULL)
        return NULL;
    return talloc_asprintf(scene->context,
                           "the server's certificate %s is not for use by a server: its extended "
                           "key usage is %s%s",
                           identity->name, usages, how(scene));
}

static bool is_named(const X509 *certificate, const char *host)
{
    X509 *shared = (X509 *)(uintptr_t)certificate;

    return X509_check_host(shared, host, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1 ||
           X509_check_ip_asc(shared, host, 0) == 1;
}

const char *cause_server_name(const struct scene *scene)
{
    const struct pki_identity *identity = refused(scene);
    const char *host = scene->asked->client->host;
    const struct scenario_identity *row;

    if (identity == NULL || is_named(identity->certificate, host))
        return NULL;
    row = scenario_find_identity(scene->all->scenario, identity->name);
    return talloc_asprintf(
        scene->context, "the server's certificate %s is of %s, and the client wants %s%s",
        identity->name,
        row != NULL && row->names != NULL ? scene_words(scene, row->names) : "nobody by name", host,
        how(scene));
}

bool scene_server_refused(const struct scene *scene)
{
    return cause_server_expired(scene) != NULL || cause_server_not_yet_valid(scene) != NULL ||
           cause_server_chain(scene) != NULL || cause_server_untrusted(scene) != NULL ||
           cause_server_usage(scene) != NULL || cause_server_name(scene) != NULL ||
           scene->connection->alert_received != NULL;
}

const char *cause_server_refused(const struct scene *scene)
{
    const char *alert = scene->connection->alert_received;

    if (alert == NULL || (!is_broken_off(scene) && !has_left(scene)))
        return NULL;
    return talloc_asprintf(
        scene->context,
        "the client ended the handshake with %s%s: %s; what it objects to is not "
        "known",
        alert, scene->connection->requested ? " after it was asked for a certificate" : "",
        alert_meaning(alert));
}

const char *cause_left_handshake(const struct scene *scene)
{
    if (!has_left(scene) || scene->connection->handshake ||
        scene_first(scene, EVENT_CERTIFICATE) != NULL)
        return NULL;
    return "the client left within the handshake and did not say why";
}
