/* What the server made of the client's certificate, and when it said so. */
#include "harness/explain/scene.h"

#include "harness/scenario/alerts.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <talloc.h>
#include <time.h>

/* --- what the server said --- */

const char *scene_refusal(const struct scene *scene)
{
    return scene_first(scene, EVENT_CERTIFICATE) != NULL ? scene->connection->alert_sent : NULL;
}

/* The certificate was not taken. */
static bool is_untaken(const struct scene *scene)
{
    const struct evidence_event *judged = scene_last(scene, EVENT_JUDGED);

    if (scene_presented(scene) == NULL)
        return false;
    return judged != NULL ? !evidence_flag(judged->fields, "accepted")
                          : scene_refusal(scene) != NULL;
}

/* Tells whether it was not taken for that reason; a server that says no more than its alert is
 * believed. `error` is one of OpenSSL's X509_V_ERR. */
static bool is_judged(const struct scene *scene, int error, const char *alert)
{
    const struct evidence_event *judged = scene_last(scene, EVENT_JUDGED);

    if (!is_untaken(scene))
        return false;
    if (judged != NULL)
        return strcmp(evidence_text(judged->fields, "reason"),
                      X509_verify_cert_error_string(error)) == 0;
    return strcmp(scene_refusal(scene), alert) == 0;
}

/* Nobody whom the server trusts has issued it. */
static bool is_untrusted(const struct scene *scene)
{
    static const int errors[] = { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
                                  X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                                  X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
                                  X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
                                  X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT };

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (is_judged(scene, errors[i], "unknown_ca"))
            return true;
    return false;
}

/* --- the certificate --- */

static const X509 *presented(const struct scene *scene)
{
    const char *name = scene_presented(scene);
    const struct pki_identity *identity = name != NULL ? pki_find(scene->all->pki, name) : NULL;

    return identity != NULL ? identity->certificate : NULL;
}

/* As the client's Certificate message told it. */
static const char *told(const struct scene *scene, const char *member)
{
    const char *text = scene_list(scene, scene_last(scene, EVENT_CERTIFICATE), member)[0];

    return text != NULL ? scene_short(scene, text) : "(unknown)";
}

static bool is_in(const struct scenario_names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->items[i].text, name) == 0)
            return true;
    return false;
}

/* Its issuer, when that is an intermediate which was not sent and which leads to somebody whom the
 * server trusts. */
static const char *missing_intermediate(const struct scene *scene, const char **root)
{
    const struct scenario *scenario = scene->all->scenario;
    const struct scenario_identity *row =
        scenario_find_identity(scenario, scene->connection->presented);
    const char *missing = NULL;

    for (int i = 0; row != NULL && row->issuer != NULL && i < SCENARIO_DEPTH_MAX; i++) {
        *root = row->issuer;
        if (is_in(&scene->server->trust, row->issuer))
            return missing;
        if (missing == NULL && !scene_has(scene->connection->chain, row->issuer))
            missing = row->issuer;
        row = scenario_find_identity(scenario, row->issuer);
    }
    return NULL;
}

const char *cause_intermediate_missing(const struct scene *scene)
{
    const char *root = NULL, *missing = NULL;

    if (scene->known && is_untrusted(scene))
        missing = missing_intermediate(scene, &root);
    return missing == NULL ? NULL
                           : talloc_asprintf(scene->context,
                                             "the intermediate %s was not sent: without it no "
                                             "chain leads from %s to %s, which the server trusts",
                                             missing, scene->connection->presented, root);
}

static const char *trust_words(const struct scene *scene)
{
    if (!scene->known)
        return "; whom it trusts is not known";
    if (scene->server->trust.n == 0)
        return ": it trusts nobody";
    return talloc_asprintf(scene->context, ": it trusts only %s",
                           scene_names(scene, &scene->server->trust));
}

const char *cause_self_signed(const struct scene *scene)
{
    const char *issuer = told(scene, "issuers");

    if (!is_untrusted(scene) || strcmp(issuer, told(scene, "subjects")) != 0)
        return NULL;
    return talloc_asprintf(scene->context, "%s signs itself, and the server does not trust it%s",
                           scene->connection->presented, trust_words(scene));
}

const char *cause_issuer_unknown(const struct scene *scene)
{
    if (!is_untrusted(scene))
        return NULL;
    return talloc_asprintf(scene->context, "the server does not trust %s's issuer %s%s",
                           scene->connection->presented, told(scene, "issuers"),
                           trust_words(scene));
}

/* --- time, purpose, revocation --- */

/* Whose time is over, or has not come: the certificate's, or that of one above it. */
static const char *out_of_time(const struct scene *scene, bool expired)
{
    const char *const *name = scene->connection->chain;
    time_t now = time(NULL) + scene->asked->clock_s;

    for (; name != NULL && *name != NULL; name++) {
        const struct pki_identity *identity = pki_find(scene->all->pki, *name);
        const ASN1_TIME *end;

        if (identity == NULL)
            continue;
        end = expired ? X509_get0_notAfter(identity->certificate)
                      : X509_get0_notBefore(identity->certificate);
        if (X509_cmp_time(end, &now) == (expired ? -1 : 1))
            return talloc_asprintf(scene->context,
                                   expired ? "%s has expired: it was valid until %s"
                                           : "%s is not valid yet: it is from %s",
                                   *name, scene_time(scene, end));
    }
    return talloc_asprintf(scene->context,
                           expired ? "%s, or an authority above it, has expired"
                                   : "%s, or an authority above it, is not valid yet",
                           scene->connection->presented);
}

const char *cause_expired(const struct scene *scene)
{
    return is_judged(scene, X509_V_ERR_CERT_HAS_EXPIRED, "certificate_expired")
               ? out_of_time(scene, true)
               : NULL;
}

const char *cause_not_yet_valid(const struct scene *scene)
{
    return is_judged(scene, X509_V_ERR_CERT_NOT_YET_VALID, "bad_certificate")
               ? out_of_time(scene, false)
               : NULL;
}

const char *cause_usage(const struct scene *scene)
{
    const X509 *certificate = presented(scene);
    const char *usages = certificate != NULL ? scene_usages(scene, certificate) : "";

    if (!is_judged(scene, X509_V_ERR_INVALID_PURPOSE, "unsupported_certificate"))
        return NULL;
    if (usages[0] == '\0')
        return talloc_asprintf(scene->context, "%s is not for use by a client",
                               scene->connection->presented);
    return talloc_asprintf(scene->context,
                           "%s is not for use by a client: its extended key usage is %s",
                           scene->connection->presented, usages);
}

const char *cause_revoked(const struct scene *scene)
{
    const struct scenario_names *revoked = &scene->server->judgement.revoked;
    const char *name = scene->connection->presented;

    if (!is_judged(scene, X509_V_ERR_CERT_REVOKED, "certificate_revoked"))
        return NULL;
    if (scene->known && !is_in(revoked, name) && revoked->n > 0)
        return talloc_asprintf(scene->context, "an authority above %s is revoked: %s", name,
                               scene_names(scene, revoked));
    return talloc_asprintf(scene->context, "%s is on the revocation list of its issuer %s", name,
                           told(scene, "issuers"));
}

/* --- what the fake server judges beyond that --- */

static bool is_reason(const struct scene *scene, const char *reason)
{
    const struct evidence_event *judged = scene_last(scene, EVENT_JUDGED);

    return is_untaken(scene) && judged != NULL &&
           strcmp(evidence_text(judged->fields, "reason"), reason) == 0;
}

const char *cause_pins(const struct scene *scene)
{
    if (!is_reason(scene, "its fingerprint is none of those pinned"))
        return NULL;
    return talloc_asprintf(scene->context,
                           "%s is none of the certificates that the server has "
                           "pinned%s%s",
                           scene->connection->presented, scene->known ? ": " : "",
                           scene->known ? scene_names(scene, &scene->server->judgement.pins) : "");
}

const char *cause_no_account(const struct scene *scene)
{
    const struct scenario_judgement *judgement = &scene->server->judgement;
    const char **names =
        talloc_array(scene->context, const char *, (unsigned)judgement->n_accounts + 1);

    if (!is_reason(scene, "it leads to no account"))
        return NULL;
    for (size_t i = 0; i < judgement->n_accounts; i++)
        names[i] = judgement->accounts[i].name;
    names[judgement->n_accounts] = NULL;
    return talloc_asprintf(scene->context, "%s leads to none of the server's accounts%s%s",
                           scene->connection->presented, scene->known ? ": " : "",
                           scene->known ? scene_words(scene, names) : "");
}

/* --- the proof of the key --- */

static const char *failure(const struct scene *scene)
{
    const struct evidence_event *event = scene_last(scene, EVENT_HANDSHAKE_FAILED);

    return event != NULL ? evidence_text(event->fields, "reason") : "";
}

const char *cause_wrong_proof(const struct scene *scene)
{
    const char *alert = scene_refusal(scene);

    if (scene_presented(scene) == NULL || alert == NULL ||
        (strcmp(alert, "decrypt_error") != 0 && strstr(failure(scene), "signature") == NULL))
        return NULL;
    return talloc_asprintf(scene->context,
                           "the proof of the private key is wrong: %s was sent, and something was "
                           "signed with another key or signed wrongly",
                           scene->connection->presented);
}

const char *cause_no_proof(const struct scene *scene)
{
    const struct evidence_event *judged = scene_last(scene, EVENT_JUDGED);

    if (scene_presented(scene) == NULL || scene_refusal(scene) == NULL || judged == NULL ||
        !evidence_flag(judged->fields, "accepted") ||
        scene_first(scene, EVENT_CERTIFICATE_VERIFY) != NULL)
        return NULL;
    return talloc_asprintf(scene->context,
                           "the client did not prove that it has the private key of %s: no "
                           "CertificateVerify came",
                           scene->connection->presented);
}

/* --- a server that tells nothing in TLS --- */

static bool has_refused_in_smtp(const struct scene *scene)
{
    const struct evidence *evidence = scene->all->evidence;

    for (size_t i = 0; i < evidence->n_events; i++)
        if (evidence->events[i].connection == scene->connection->number &&
            evidence->events[i].id == EVENT_REPLY &&
            evidence_flag(evidence->events[i].fields, "tls") &&
            evidence_number(evidence->events[i].fields, "code") >= 400)
            return true;
    return false;
}

static bool is_trusted(const struct scene *scene, const char *name)
{
    const struct scenario *scenario = scene->all->scenario;
    const struct scenario_identity *row = scenario_find_identity(scenario, name);

    for (int i = 0; row != NULL && row->issuer != NULL && i < SCENARIO_DEPTH_MAX; i++) {
        if (is_in(&scene->server->trust, row->issuer))
            return true;
        row = scenario_find_identity(scenario, row->issuer);
    }
    return false;
}

/* What anybody can see to be wrong with a certificate; NULL: nothing. */
static const char *visible_fault(const struct scene *scene, const X509 *certificate)
{
    time_t now = time(NULL) + scene->asked->clock_s;
    const char *usages = scene_usages(scene, certificate), *root = NULL;

    if (X509_cmp_time(X509_get0_notAfter(certificate), &now) == -1)
        return "it has expired";
    if (X509_cmp_time(X509_get0_notBefore(certificate), &now) == 1)
        return "it is not valid yet";
    if (usages[0] != '\0' && strstr(usages, "clientAuth") == NULL)
        return talloc_asprintf(scene->context, "it is for %s", usages);
    if (!scene->known)
        return NULL;
    if (!is_trusted(scene, scene->connection->presented))
        return talloc_asprintf(scene->context, "its issuer %s is none of those trusted (%s)",
                               told(scene, "issuers"), scene_names(scene, &scene->server->trust));
    return missing_intermediate(scene, &root) != NULL ? "its intermediate was not sent" : NULL;
}

const char *cause_fault_seen(const struct scene *scene)
{
    const X509 *certificate = presented(scene);
    const char *fault;

    if (certificate == NULL || scene_last(scene, EVENT_JUDGED) != NULL ||
        scene_refusal(scene) != NULL || !has_refused_in_smtp(scene))
        return NULL;
    fault = visible_fault(scene, certificate);
    return fault == NULL ? NULL
                         : talloc_asprintf(scene->context,
                                           "the server does not tell what it makes of %s; what can "
                                           "be seen: %s",
                                           scene->connection->presented, fault);
}

/* --- nobody, and the rest --- */

const char *cause_empty_refused(const struct scene *scene)
{
    if (strcmp(scene->connection->presented, "empty") != 0 || scene_refusal(scene) == NULL ||
        scene->connection->handshake)
        return NULL;
    return "the server requires a certificate and the client's list was empty";
}

const char *cause_not_taken(const struct scene *scene)
{
    const struct evidence_event *judged = scene_last(scene, EVENT_JUDGED);

    if (!is_untaken(scene))
        return NULL;
    if (judged != NULL)
        return talloc_asprintf(scene->context, "the server did not take %s: %s",
                               scene->connection->presented,
                               evidence_text(judged->fields, "reason"));
    return talloc_asprintf(
        scene->context, "the server did not take %s: %s says that %s; more is not known",
        scene->connection->presented, scene_refusal(scene), alert_meaning(scene_refusal(scene)));
}

/* --- when --- */

static bool is_tls_1_3(const struct scene *scene)
{
    const struct evidence_event *hello = scene_last(scene, EVENT_SERVER_HELLO);

    return hello != NULL && strcmp(evidence_text(hello->fields, "version"), "1.3") == 0;
}

static const char *version(const struct scene *scene)
{
    const struct evidence_event *hello = scene_last(scene, EVENT_SERVER_HELLO);

    return hello != NULL ? evidence_text(hello->fields, "version") : "of unknown version";
}

const char *cause_refused_in_handshake(const struct scene *scene)
{
    if (scene_refusal(scene) == NULL || scene->connection->handshake || is_tls_1_3(scene))
        return NULL;
    return talloc_asprintf(scene->context, "refused with %s within the handshake; TLS %s",
                           scene_refusal(scene), version(scene));
}

/* The client's Certificate and Finished go in one flight. Source: RFC 8446 section 2. */
const char *cause_refused_after_handshake(const struct scene *scene)
{
    if (scene_refusal(scene) == NULL || scene->connection->handshake)
        return NULL;
    return talloc_asprintf(scene->context,
                           "refused with %s 1 round trip after the client believed the handshake "
                           "done; TLS 1.3",
                           scene_refusal(scene));
}

const char *cause_refused_late(const struct scene *scene)
{
    if (scene_refusal(scene) == NULL)
        return NULL;
    return talloc_asprintf(scene->context,
                           "refused with %s when mail was to be sent, after the handshake; TLS %s",
                           scene_refusal(scene), version(scene));
}

const char *cause_went_on(const struct scene *scene)
{
    if (!is_untaken(scene) || !scene->connection->handshake)
        return NULL;
    return "the server went on, and takes the client to be nobody";
}
