/* What a real server cannot do, or does not tell, is known before it is started. */
#include "harness/run/skip.h"

#include <string.h>
#include <talloc.h>

/* Facts that only the fake server tells; a real one may tell `identity` by its profile. */
static const enum fact_id untold[] = {
    FACT_IDENTITY,     FACT_ACCOUNT,      FACT_AUTHORIZED,     FACT_CLOSED,
    FACT_CLOSE_NOTIFY, FACT_EARLY,        FACT_MESSAGES,       FACT_MESSAGE_FROM,
    FACT_MESSAGE_TO,   FACT_MESSAGE_SIZE, FACT_MESSAGE_INTACT,
};

static bool is_told(const struct profile *profile, enum fact_id fact)
{
    const struct profile_server *own = profile->server;

    if (fact == FACT_IDENTITY)
        return own->identity_in_message != NULL || own->identity_in_log != NULL;
    if (fact == FACT_MESSAGES || fact == FACT_MESSAGE_INTACT || fact == FACT_MESSAGE_FROM ||
        fact == FACT_MESSAGE_TO)
        return profile_uses(profile, "sink");
    for (size_t i = 0; i < sizeof(untold) / sizeof(untold[0]); i++)
        if (untold[i] == fact)
            return false;
    return true;
}

static const char *facts_reason(void *context, const struct profile *profile,
                                const struct scenario_expectation *wanted, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_told(profile, wanted[i].fact))
            return talloc_asprintf(context, "it does not tell the fact %s",
                                   facts[wanted[i].fact].name);
    return NULL;
}

/* --- what is asked of a server beyond what profiles can write --- */

static bool has_request(const struct scenario_request *request)
{
    return request->from_connection > 0 || request->unknown_extensions ||
           request->signature_algorithms_cert != NULL || request->certificate_types != NULL ||
           request->oid_filters != NULL;
}

static bool has_judgement(const struct scenario_judgement *judgement)
{
    return judgement->pins.items != NULL || judgement->n_accounts > 0 || judgement->alert != NULL;
}

static bool has_sessions(const struct scenario_sessions *sessions)
{
    return sessions->lifetime_s != 0 || sessions->age_skew_s != 0 || sessions->context != NULL ||
           sessions->secret != NULL || sessions->psk_ke ||
           sessions->fault != SCENARIO_SESSIONS_FINE || sessions->early_data ||
           sessions->not_renewed || sessions->own_keys;
}

static bool same_names(const struct scenario_names *a, const struct scenario_names *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->items[i].text, b->items[i].text) != 0)
            return false;
    return true;
}

/* One word of the scenario for which the profile needs a row. */
static const char *row_reason(void *context, const struct profile_text *rows, size_t n,
                              const char *name, const char *what)
{
    return profile_text_find(rows, n, name) != NULL
               ? NULL
               : talloc_asprintf(context, "it cannot be told to %s %s", what, name);
}

static const char *rows_reason(void *context, const struct profile_server *own,
                               const struct scenario_server *server)
{
    static const char *const modes[] = { "starttls", "implicit" };
    static const char *const asks[] = { "no", "request", "require" };
    const char *reason =
        row_reason(context, own->modes, own->n_modes, modes[server->mode], "begin TLS as");

    if (reason == NULL)
        reason =
            row_reason(context, own->ask, own->n_ask, asks[server->ask], "ask for certificates:");
    if (reason == NULL)
        reason = row_reason(context, own->versions, own->n_versions,
                            run_versions_word(context, server), "speak TLS");
    if (reason == NULL && (own->n_sessions > 0 || strcmp(run_sessions_word(server), "both") != 0))
        reason = row_reason(context, own->sessions, own->n_sessions, run_sessions_word(server),
                            "keep sessions:");
    return reason;
}

static const char *what_it_lacks(const struct profile *profile,
                                 const struct scenario_server *server)
{
    if (server->n_script > 0)
        return "only the fake server follows a script";
    if (server->ehlo != NULL || server->ehlo_tls != NULL)
        return "what it offers cannot be chosen";
    if (server->ciphers != NULL || server->ciphersuites != NULL || server->groups != NULL ||
        server->signature_algorithms != NULL || server->alpn != NULL || server->chain.items != NULL)
        return "its algorithms, its chain and its protocols cannot be chosen";
    if (server->n_ports > 0)
        return "its ports cannot be told apart";
    if (server->require_tls || server->renegotiate || server->no_master_secret)
        return "what it requires of TLS, and lets clients do in it, cannot be chosen";
    if (has_request(&server->request) || has_judgement(&server->judgement) ||
        server->more_names > 0 || server->without_identity != SCENARIO_WITHOUT_TAKE ||
        server->untrusted != SCENARIO_UNTRUSTED_DEFAULT)
        return "its request and its judgement of certificates cannot be chosen so finely";
    if (has_sessions(&server->sessions))
        return "its sessions cannot be chosen so finely";
    if (!same_names(&server->names, &server->trust) &&
        (!profile_uses(profile, "names") || !profile_uses(profile, "trust")))
        return "it names whom it trusts, and nobody else";
    if (server->judgement.revoked.n > 0 && !profile_uses(profile, "crl"))
        return "it takes no revocation lists";
    if (server->n_hosts > 0 && !profile_uses(profile, "host_name"))
        return "it has no virtual servers";
    return NULL;
}

static const char *host_reason(void *context, const struct profile *profile,
                               const struct scenario_server *server)
{
    static const char *const asks[] = { "no", "request", "require" };

    for (size_t i = 0; i < server->n_hosts; i++) {
        const struct scenario_server *host = server->hosts[i].server;
        const char *reason = row_reason(context, profile->server->ask, profile->server->n_ask,
                                        asks[host->ask], "ask for certificates:");

        if (reason != NULL)
            return reason;
        if (has_request(&host->request) || has_judgement(&host->judgement) ||
            has_sessions(&host->sessions) || !same_names(&host->names, &host->trust))
            return "its virtual servers cannot be set up so finely";
    }
    return NULL;
}

/* One that is there already is as it is. */
static const char *address_reason(const struct scenario_step *step)
{
    const struct scenario_server *server = step->server;

    if (step->server_changed || step->rotate_ticket_keys || step->drop_session_cache)
        return "a server that is there already cannot be changed";
    if (server->n_script > 0 || server->n_hosts > 0 || server->ehlo != NULL ||
        server->ehlo_tls != NULL || has_sessions(&server->sessions) ||
        server->ask != SCENARIO_ASK_NO)
        return "a server that is there already cannot be set up";
    if (step->client->n_certificates > 0)
        return "a server that is there already knows nobody of the cast";
    if (step->clock_s != 0 || step->wait != NULL || step->client->port.text != NULL)
        return "a server that is there already has one port, and a clock of its own";
    return NULL;
}

static const char *step_reason(void *context, const struct profile *profile,
                               const struct scenario_step *step)
{
    const struct scenario_server *server = step->server;
    const char *reason;

    if (profile->server->address != NULL)
        reason = address_reason(step);
    else
        reason = what_it_lacks(profile, server);
    if (reason == NULL)
        reason = rows_reason(context, profile->server, server);
    if (reason == NULL)
        reason = host_reason(context, profile, server);
    if (reason == NULL && step->clock_s != 0)
        reason = "its clock cannot be moved";
    if (reason == NULL && step->wait != NULL)
        reason = "it tells no events that one could wait for";
    if (reason == NULL && step->client->port.text != NULL && !profile_uses(profile, "second_port"))
        reason = "it has no second port";
    return reason;
}

const char *run_skip_reason_of_server(void *context, const struct profile *profile,
                                      const struct scenario *scenario)
{
    const char *reason = NULL;

    if (scenario->caught != NULL)
        return "a self-test is about the tester";
    if (!scenario->about_server)
        return "the case is about clients";
    for (size_t i = 0; i < scenario->n_steps && reason == NULL; i++) {
        const struct scenario_step *step = &scenario->steps[i];

        reason = step_reason(context, profile, step);
        if (reason == NULL)
            reason = facts_reason(context, profile, step->expectations, step->n_expectations);
    }
    return reason != NULL
               ? reason
               : facts_reason(context, profile, scenario->expectations, scenario->n_expectations);
}
