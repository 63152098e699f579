#include "harness/model/parameters.h"

#include "harness/model/covering.h"

#include <string.h>

/* No identity at this place of the collection. */
#define NOBODY "nobody"

/* clang-format off */
static const char *const policies[] = { "doc", "framework", "dotnet-linux", "mono", "openssl" };
static const char *const versions[] = { "1.3", "1.2", "1.2..1.3" };
static const char *const modes[] = { "starttls", "implicit" };
static const char *const asks[] = { "no", "request", "require" };
static const char *const trusts[] = { "alpha", "beta", "alpha+beta" };
static const char *const names[] = { "as-trust", "none", "beta", "alpha-sub", "alpha", "alpha+beta" };
static const char *const firsts[] = {
    NOBODY, "alice", "bob", "carol", "alice-keyless", "expired", "alice-wrong-key", "dave", "erin",
    "alice-2", "carol-bare", "future", "server-only", "mallory",
};
static const char *const seconds[] = {
    NOBODY, "bob", "alice", "alice-keyless", "carol", "dave", "erin", "expired", "mallory",
};
static const char *const thirds[] = { NOBODY, "bob", "carol", "alice-wrong-key" };
static const char *const changes[] = {
    "once", "same", "emptied", "to-bob", "reversed", "renewed", "to-alice", "new-client", "restarted",
};
static const char *const sessions[] = { "both", "ids", "tickets", "none" };

#define VALUES(list) list, sizeof(list) / sizeof((list)[0])
const struct model_row model_parameters[MODEL_PARAMETER_COUNT] = {
    [MODEL_POLICY] = { "policy", "of the reference client", VALUES(policies), 5 },
    [MODEL_TLS] = { "tls", "the versions that the server speaks", VALUES(versions), 2 },
    [MODEL_MODE] = { "mode", "how TLS begins", VALUES(modes), 2 },
    [MODEL_ASK] = { "ask", "whether the server asks for a certificate", VALUES(asks), 3 },
    [MODEL_TRUST] = { "trust", "the authorities whose clients it accepts", VALUES(trusts), 2 },
    [MODEL_NAMES] = { "names", "the authorities that it names where it asks", VALUES(names), 4 },
    [MODEL_FIRST] = { "first", "the first certificate of the client's collection", VALUES(firsts), 6 },
    [MODEL_SECOND] = { "second", "the second", VALUES(seconds), 4 },
    [MODEL_THIRD] = { "third", "the third", VALUES(thirds), 2 },
    [MODEL_CHANGE] = { "change", "what becomes of the client between two mails; once: there is one mail", VALUES(changes), 6 },
    [MODEL_SESSIONS] = { "sessions", "what the server lets clients resume", VALUES(sessions), 4 },
};

static const struct {
    const char *word;
    struct model_authorities authorities;
} authorities[] = {
    { "none", { { NULL }, 0 } },
    { "alpha", { { "alpha" }, 1 } },
    { "beta", { { "beta" }, 1 } },
    { "alpha-sub", { { "alpha-sub" }, 1 } },
    { "alpha+beta", { { "alpha", "beta" }, 2 } },
};
/* clang-format on */

static const char *word(const int *row, enum model_parameter parameter)
{
    return model_parameters[parameter].values[row[parameter]];
}

const char *model_word(const struct model_combination *combination, enum model_parameter parameter)
{
    return word(combination->values, parameter);
}

/* --- what makes sense --- */

static bool is_open(const int *row, enum model_parameter parameter)
{
    return row[parameter] == COVERING_OPEN;
}

static bool is(const int *row, enum model_parameter parameter, const char *value)
{
    return !is_open(row, parameter) && strcmp(word(row, parameter), value) == 0;
}

static bool may_be(const int *row, enum model_parameter parameter, const char *value)
{
    return is_open(row, parameter) || is(row, parameter, value);
}

static bool may_differ(const int *row, enum model_parameter parameter, const char *value)
{
    return is_open(row, parameter) || !is(row, parameter, value);
}

static bool are_alike(const int *row, enum model_parameter a, enum model_parameter b)
{
    return !is_open(row, a) && !is_open(row, b) && strcmp(word(row, a), word(row, b)) == 0;
}

static bool may_hold(const int *row, const char *identity)
{
    return may_be(row, MODEL_FIRST, identity) || may_be(row, MODEL_SECOND, identity) ||
           may_be(row, MODEL_THIRD, identity);
}

static bool holds(const int *row, const char *identity)
{
    return is(row, MODEL_FIRST, identity) || is(row, MODEL_SECOND, identity) ||
           is(row, MODEL_THIRD, identity);
}

/* Mono knows no TLS 1.3 (R19). */
static bool policy_makes_sense(const int *row)
{
    return !is(row, MODEL_POLICY, "mono") || may_differ(row, MODEL_TLS, "1.3");
}

/* What a server that does not ask trusts and names is no part of its dialogue, and names that say
 * what is trusted are said by as-trust. */
static bool server_makes_sense(const int *row)
{
    if (is(row, MODEL_ASK, "no") &&
        (!may_be(row, MODEL_TRUST, "alpha") || !may_be(row, MODEL_NAMES, "as-trust")))
        return false;
    return !are_alike(row, MODEL_TRUST, MODEL_NAMES);
}

/* A collection has no gaps, and nothing twice. */
static bool collection_makes_sense(const int *row)
{
    if (is(row, MODEL_FIRST, NOBODY) && !may_be(row, MODEL_SECOND, NOBODY))
        return false;
    if (is(row, MODEL_SECOND, NOBODY) && !may_be(row, MODEL_THIRD, NOBODY))
        return false;
    return !(are_alike(row, MODEL_FIRST, MODEL_SECOND) && !is(row, MODEL_FIRST, NOBODY)) &&
           !(are_alike(row, MODEL_SECOND, MODEL_THIRD) && !is(row, MODEL_SECOND, NOBODY)) &&
           !(are_alike(row, MODEL_FIRST, MODEL_THIRD) && !is(row, MODEL_FIRST, NOBODY));
}

/* There must be something to change, and a second mail for sessions to matter. */
static bool change_makes_sense(const int *row)
{
    if (is(row, MODEL_CHANGE, "once") && !may_be(row, MODEL_SESSIONS, "both"))
        return false;
    if (is(row, MODEL_CHANGE, "emptied") && !may_differ(row, MODEL_FIRST, NOBODY))
        return false;
    if (is(row, MODEL_CHANGE, "reversed") && !may_differ(row, MODEL_SECOND, NOBODY))
        return false;
    if (is(row, MODEL_CHANGE, "renewed"))
        return may_hold(row, "alice") && !holds(row, "alice-2");
    return true;
}

bool model_allows(const int *values)
{
    return policy_makes_sense(values) && server_makes_sense(values) &&
           collection_makes_sense(values) && change_makes_sense(values);
}

/* --- a combination taken apart --- */

static struct model_authorities authorities_of(const char *text)
{
    size_t i = 0;

    while (strcmp(authorities[i].word, text) != 0)
        i++;
    return authorities[i].authorities;
}

static struct model_collection collection_of(const int *row)
{
    struct model_collection collection = { { NULL }, 0 };

    for (enum model_parameter slot = MODEL_FIRST; slot <= MODEL_THIRD; slot++)
        if (!is(row, slot, NOBODY))
            collection.identities[collection.n++] = word(row, slot);
    return collection;
}

static struct model_collection reverse(const struct model_collection *collection)
{
    struct model_collection reversed = { { NULL }, collection->n };

    for (size_t i = 0; i < collection->n; i++)
        reversed.identities[i] = collection->identities[collection->n - 1 - i];
    return reversed;
}

static struct model_collection renew(const struct model_collection *collection)
{
    struct model_collection renewed = *collection;

    for (size_t i = 0; i < renewed.n; i++)
        if (strcmp(renewed.identities[i], "alice") == 0)
            renewed.identities[i] = "alice-2";
    return renewed;
}

static struct model_collection changed(const struct model_collection *collection,
                                       enum model_change change)
{
    switch (change) {
    case MODEL_EMPTIED:
        return (struct model_collection){ { NULL }, 0 };
    case MODEL_TO_ALICE:
        return (struct model_collection){ { "alice" }, 1 };
    case MODEL_TO_BOB:
        return (struct model_collection){ { "bob" }, 1 };
    case MODEL_REVERSED:
        return reverse(collection);
    case MODEL_RENEWED:
        return renew(collection);
    case MODEL_ONCE:
    case MODEL_SAME:
    case MODEL_NEW_CLIENT:
    case MODEL_RESTARTED:
        break;
    }
    return *collection;
}

struct model_situation model_situation_get(const struct model_combination *combination)
{
    const int *row = combination->values;
    struct model_situation situation = {
        .policy = (enum model_policy)row[MODEL_POLICY],
        .tls = word(row, MODEL_TLS),
        .mode = (enum scenario_mode)row[MODEL_MODE],
        .ask = (enum scenario_ask)row[MODEL_ASK],
        .trust = authorities_of(word(row, MODEL_TRUST)),
        .names_as_trust = is(row, MODEL_NAMES, "as-trust"),
        .sessions = (enum model_sessions)row[MODEL_SESSIONS],
        .change = (enum model_change)row[MODEL_CHANGE],
        .n_mails = row[MODEL_CHANGE] == MODEL_ONCE ? 1 : 2,
    };

    situation.names =
        situation.names_as_trust ? situation.trust : authorities_of(word(row, MODEL_NAMES));
    situation.mails[0] = collection_of(row);
    situation.mails[1] = changed(&situation.mails[0], situation.change);
    return situation;
}
