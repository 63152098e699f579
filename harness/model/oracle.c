#include "harness/model/oracle.h"

#include <string.h>

/* What the policies do differently (2.6). */
enum rule {
    FIRST_FITTING =
        1, /* R23, R24: the first that fits and has a key; else the first of all (R33) */
    KEYS_COME_LATE = 2,        /* R30: that it has none is found when it is too late */
    WITH_OWN_CHAIN = 4,        /* issuers of what comes with a certificate count; not so in R26 */
    WITH_SESSIONS = 8,         /* not so in R55 */
    KEYLESS_IS_ANONYMOUS = 16, /* R45; the page is silent, and 2.8 makes it offer nothing */
    NO_TLS13 = 32              /* R19 */
};

static const unsigned rules[] = {
    [MODEL_DOC] = FIRST_FITTING | WITH_OWN_CHAIN | WITH_SESSIONS,
    [MODEL_FRAMEWORK] = FIRST_FITTING | WITH_SESSIONS | KEYLESS_IS_ANONYMOUS,
    [MODEL_DOTNET_LINUX] = WITH_SESSIONS | KEYLESS_IS_ANONYMOUS,
    [MODEL_MONO] = FIRST_FITTING | KEYS_COME_LATE | NO_TLS13,
    [MODEL_OPENSSL] = WITH_SESSIONS,
};

static bool has_rule(const struct model_situation *situation, enum rule rule)
{
    return (rules[situation->policy] & rule) != 0;
}

/* --- identities, as the cast describes them --- */

static const struct scenario_identity *find(const char *name)
{
    return scenario_find_identity(NULL, name);
}

/* A key that does not fit is none. */
static bool has_key(const char *name)
{
    return find(name)->fault == SCENARIO_KEY_GOOD;
}

static bool holds(const struct model_authorities *authorities, const char *name)
{
    for (size_t i = 0; name != NULL && i < authorities->n; i++)
        if (strcmp(authorities->names[i], name) == 0)
            return true;
    return false;
}

/* Some element of its chain was issued by one of these; without a chain, itself. */
static bool is_issued_by(const char *name, const struct model_authorities *authorities,
                         bool with_chain)
{
    const struct scenario_identity *element = find(name);

    if (!with_chain)
        return holds(authorities, element->issuer);
    for (; element->issuer != NULL; element = find(element->issuer))
        if (holds(authorities, element->issuer))
            return true;
    return false;
}

/* --- selection --- */

static bool fits(const struct model_situation *situation, const char *name)
{
    bool with_chain = has_rule(situation, WITH_OWN_CHAIN) && !find(name)->bare;

    return situation->names.n == 0 || is_issued_by(name, &situation->names, with_chain);
}

/* R23, R24, R29, R30, R33. Returns NULL when there is none. */
static const char *select_one(const struct model_situation *situation,
                              const struct model_collection *collection)
{
    if (!has_rule(situation, FIRST_FITTING))
        return collection->n > 0 && has_key(collection->identities[0]) ? collection->identities[0]
                                                                       : NULL;
    for (size_t i = 0; i < collection->n; i++) {
        const char *name = collection->identities[i];

        if (fits(situation, name) && (has_key(name) || has_rule(situation, KEYS_COME_LATE)))
            return name;
    }
    return NULL;
}

/* --- the server's judgement --- */

/* What is wrong with a certificate, by the alert that says so. Source: RFC 8446 section 6.2; a
 * certificate that is not valid yet is called certificate_expired there and bad_certificate by
 * OpenSSL. */
static void find_faults(const char *name, const struct model_situation *situation,
                        struct model_facts *expected)
{
    const struct scenario_identity *identity = find(name);

    if (!is_issued_by(name, &situation->trust, !identity->bare))
        expected->alerts[expected->n_alerts++] = "unknown_ca";
    if (identity->not_after_s < 0 || identity->not_before_s > 0)
        expected->alerts[expected->n_alerts++] = "certificate_expired";
    if (identity->not_before_s > 0)
        expected->alerts[expected->n_alerts++] = "bad_certificate";
    if (identity->usage == SCENARIO_USAGE_SERVER)
        expected->alerts[expected->n_alerts++] = "unsupported_certificate";
}

static bool is_tls13(const struct model_situation *situation)
{
    return strcmp(situation->tls, "1.2") != 0 && !has_rule(situation, NO_TLS13);
}

/* A server that requests goes on without an identity, one that requires refuses. */
static void judge(const struct model_situation *situation, const char *presented,
                  struct model_facts *expected)
{
    if (presented != NULL)
        find_faults(presented, situation, expected);
    else
        expected->alerts[expected->n_alerts++] =
            is_tls13(situation) ? "certificate_required" : "handshake_failure";
    expected->identity = expected->n_alerts == 0 ? presented : "none";
    if (situation->ask != SCENARIO_ASK_REQUIRE)
        expected->n_alerts = 0;
    if (expected->n_alerts == 0)
        return;
    expected->outcome = "tls-refused";
    expected->identity = NULL;
}

/* --- a handshake --- */

/* What a client keeps: under which certificate, and whom the server takes that to be. */
struct kept {
    const char *kind; /* id, ticket, psk; NULL: nothing */
    const char *key;  /* the certificate that was really sent; NULL: none was, it is anonymous */
    const char *identity;
};

static const char *rule_of(const struct model_situation *situation,
                           const struct model_collection *collection, const char *chosen)
{
    if (collection->n == 0)
        return "SEED-R22";
    if (!has_rule(situation, FIRST_FITTING))
        return "SEED-R33";
    if (chosen == NULL)
        return "SEED-R29";
    return situation->names.n > 0 ? "SEED-R24" : "SEED-R23";
}

static void shake_hands(const struct model_situation *situation,
                        const struct model_collection *collection, struct model_facts *expected,
                        struct kept *kept)
{
    const char *chosen;

    kept->key = NULL;
    expected->rule = "SEED-R21";
    if (situation->ask == SCENARIO_ASK_NO)
        return;
    chosen = select_one(situation, collection);
    expected->rule = rule_of(situation, collection, chosen);
    expected->requested = "yes";
    if (chosen != NULL && !has_key(chosen)) {
        expected->outcome = "tls-failed";
        expected->identity = NULL;
        return;
    }
    expected->presented = chosen != NULL ? chosen : "empty";
    judge(situation, chosen, expected);
    kept->key = chosen; /* R43 */
}

/* The session that the server lets the client have. Sessions of TLS 1.3 come as tickets only; in
 * TLS 1.2 a ticket stands in for an ID. Source: RFC 8446 section 4.6.1, RFC 5077 section 3.4. */
static const char *session_kind(const struct model_situation *situation)
{
    if (!has_rule(situation, WITH_SESSIONS))
        return NULL;
    switch (situation->sessions) {
    case MODEL_BOTH:
    case MODEL_TICKETS:
        return is_tls13(situation) ? "psk" : "ticket";
    case MODEL_IDS:
        return is_tls13(situation) ? NULL : "id";
    case MODEL_NO_SESSIONS:
        break;
    }
    return NULL;
}

/* --- resumption --- */

/* S4, S5, R42, R46: the first element decides. A session does not outlive its certificate (R40). */
static bool is_found(const struct model_situation *situation, const struct kept *kept,
                     const struct model_collection *collection)
{
    const char *first = collection->n > 0 ? collection->identities[0] : NULL;

    if (kept->kind == NULL)
        return false;
    if (first != NULL && !has_key(first)) {
        if (!has_rule(situation, KEYLESS_IS_ANONYMOUS))
            return false;
        first = NULL;
    }
    if (first == NULL || kept->key == NULL)
        return first == kept->key;
    return strcmp(first, kept->key) == 0 && find(first)->not_after_s > 0;
}

/* R44: nothing is asked and nothing shown; the server keeps whom it knew. */
static void resume(const struct kept *kept, struct model_facts *expected)
{
    expected->rule = "SEED-R44";
    expected->offered = kept->kind;
    expected->resumed = kept->kind;
    expected->identity = kept->identity;
}

void model_expect(const struct model_situation *situation,
                  struct model_facts expected[MODEL_MAILS_MAX])
{
    struct kept kept = { NULL, NULL, NULL };

    for (size_t i = 0; i < situation->n_mails; i++) {
        expected[i] = (struct model_facts){
            .outcome = "delivered",
            .requested = "no",
            .presented = "nothing",
            .identity = "none",
            .offered = "none",
            .resumed = "no",
            .tls = is_tls13(situation) ? "1.3" : "1.2",
        };
        if (i > 0 && situation->change == MODEL_RESTARTED)
            kept.kind = NULL; /* R48: a cache is a process's own */
        if (is_found(situation, &kept, &situation->mails[i])) {
            resume(&kept, &expected[i]);
            continue;
        }
        shake_hands(situation, &situation->mails[i], &expected[i], &kept);
        kept.kind = expected[i].identity != NULL ? session_kind(situation) : NULL;
        kept.identity = expected[i].identity;
    }
}
