/* The tables of semantics 2.6 and its rules R21 to R48, and what a server makes of a certificate,
 * by the cast: alpha signs alice, beta signs bob, alpha-sub (of alpha) signs carol. */
#include "harness/model/oracle.h"

#include <criterion/criterion.h>
#include <string.h>

#define NONE                                                                                       \
    {                                                                                              \
        { NULL }, 0                                                                                \
    }
#define ONE(name)                                                                                  \
    {                                                                                              \
        { name }, 1                                                                                \
    }
#define TWO(name, other)                                                                           \
    {                                                                                              \
        { name, other }, 2                                                                         \
    }

static const char *words_of(const struct model_facts *expected, char *text, size_t size)
{
    (void)snprintf(text, size, "%s requested=%s presented=%s identity=%s offered=%s resumed=%s",
                   expected->outcome, expected->requested, expected->presented,
                   expected->identity != NULL ? expected->identity : "-", expected->offered,
                   expected->resumed);
    return text;
}

/* One mail, to a server that trusts both authorities. */
static const struct selection_case {
    const char *name;
    enum scenario_ask ask;
    struct model_authorities names;
    struct model_collection collection;
    const char *presented;
} selections[] = {
    { "R21: not asked", SCENARIO_ASK_NO, ONE("alpha"), ONE("alice"), "nothing" },
    { "R22: nothing to show", SCENARIO_ASK_REQUEST, NONE, NONE, "empty" },
    { "R23: no names", SCENARIO_ASK_REQUEST, NONE, TWO("alice", "bob"), "alice" },
    { "R23: the other order", SCENARIO_ASK_REQUEST, NONE, TWO("bob", "alice"), "bob" },
    { "R23: without a key", SCENARIO_ASK_REQUEST, NONE, TWO("alice-keyless", "bob"), "bob" },
    { "R23: with a wrong key", SCENARIO_ASK_REQUEST, NONE, TWO("alice-wrong-key", "bob"), "bob" },
    { "R24: the second is named", SCENARIO_ASK_REQUEST, ONE("beta"), TWO("alice", "bob"), "bob" },
    { "R24: both are", SCENARIO_ASK_REQUEST, TWO("alpha", "beta"), TWO("bob", "alice"), "bob" },
    { "R24: named through its intermediate", SCENARIO_ASK_REQUEST, ONE("alpha"),
      TWO("bob", "carol"), "carol" },
    { "R24: its direct issuer", SCENARIO_ASK_REQUEST, ONE("alpha-sub"), TWO("alice", "carol"),
      "carol" },
    { "R26: no chain, no root", SCENARIO_ASK_REQUEST, ONE("alpha"), ONE("carol-bare"), "empty" },
    { "R26: no chain, direct issuer", SCENARIO_ASK_REQUEST, ONE("alpha-sub"), ONE("carol-bare"),
      "carol-bare" },
    { "R24, R30: named but without a key", SCENARIO_ASK_REQUEST, ONE("alpha"),
      TWO("alice-keyless", "dave"), "dave" },
    { "R27: expired", SCENARIO_ASK_REQUEST, ONE("alpha"), TWO("expired", "alice"), "expired" },
    { "R27: not valid yet", SCENARIO_ASK_REQUEST, NONE, ONE("future"), "future" },
    { "R28: for servers", SCENARIO_ASK_REQUEST, ONE("alpha"), ONE("server-only"), "server-only" },
    { "R29: none is named", SCENARIO_ASK_REQUEST, ONE("beta"), ONE("alice"), "empty" },
    { "R29: self-signed", SCENARIO_ASK_REQUEST, ONE("alpha"), ONE("mallory"), "empty" },
    { "R23: self-signed, no names", SCENARIO_ASK_REQUEST, NONE, ONE("mallory"), "mallory" },
    { "R30: none has a key", SCENARIO_ASK_REQUEST, NONE, ONE("alice-keyless"), "empty" },
};

Test(oracle, selects_as_the_rules_say)
{
    for (size_t i = 0; i < sizeof(selections) / sizeof(selections[0]); i++) {
        const struct selection_case *row = &selections[i];
        const struct model_situation situation = {
            .tls = "1.2",
            .ask = row->ask,
            .trust = TWO("alpha", "beta"),
            .names = row->names,
            .mails = { row->collection },
            .n_mails = 1,
        };
        struct model_facts expected[MODEL_MAILS_MAX];

        model_expect(&situation, expected);

        cr_expect_str_eq(expected[0].presented, row->presented, "%s: got %s", row->name,
                         expected[0].presented);
        cr_expect_str_eq(expected[0].requested, row->ask == SCENARIO_ASK_NO ? "no" : "yes", "%s",
                         row->name);
        cr_expect_str_eq(expected[0].outcome, "delivered", "%s", row->name);
    }
}

/* One certificate, or none, shown to a server that names nobody. */
static const struct judgement_case {
    const char *name;
    const char *tls;
    enum scenario_ask ask;
    struct model_authorities trust;
    struct model_collection collection;
    const char *outcome;
    const char *identity; /* NULL: refused */
    const char *alerts;
} judgements[] = {
    { "trusted", "1.3", SCENARIO_ASK_REQUIRE, ONE("alpha"), ONE("alice"), "delivered", "alice",
      "" },
    { "trusted through an intermediate", "1.2", SCENARIO_ASK_REQUIRE, ONE("alpha"), ONE("carol"),
      "delivered", "carol", "" },
    { "RSA", "1.2", SCENARIO_ASK_REQUIRE, ONE("alpha"), ONE("dave"), "delivered", "dave", "" },
    { "Ed25519", "1.3", SCENARIO_ASK_REQUIRE, ONE("alpha"), ONE("erin"), "delivered", "erin", "" },
    { "no intermediate", "1.3", SCENARIO_ASK_REQUIRE, ONE("alpha"), ONE("carol-bare"),
      "tls-refused", NULL, "unknown_ca" },
    { "unknown", "1.2", SCENARIO_ASK_REQUIRE, ONE("beta"), ONE("alice"), "tls-refused", NULL,
      "unknown_ca" },
    { "unknown, and optional", "1.2", SCENARIO_ASK_REQUEST, ONE("beta"), ONE("alice"), "delivered",
      "none", "" },
    { "expired", "1.3", SCENARIO_ASK_REQUIRE, ONE("alpha"), ONE("expired"), "tls-refused", NULL,
      "certificate_expired" },
    { "expired, and optional", "1.3", SCENARIO_ASK_REQUEST, ONE("alpha"), ONE("expired"),
      "delivered", "none", "" },
    { "not valid yet", "1.2", SCENARIO_ASK_REQUIRE, ONE("alpha"), ONE("future"), "tls-refused",
      NULL, "certificate_expired bad_certificate" },
    { "for servers", "1.2", SCENARIO_ASK_REQUIRE, ONE("alpha"), ONE("server-only"), "tls-refused",
      NULL, "unsupported_certificate" },
    { "self-signed", "1.3", SCENARIO_ASK_REQUIRE, ONE("alpha"), ONE("mallory"), "tls-refused", NULL,
      "unknown_ca" },
    { "none, required, 1.2", "1.2", SCENARIO_ASK_REQUIRE, ONE("alpha"), NONE, "tls-refused", NULL,
      "handshake_failure" },
    { "none, required, 1.3", "1.3", SCENARIO_ASK_REQUIRE, ONE("alpha"), NONE, "tls-refused", NULL,
      "certificate_required" },
    { "none, required, a range", "1.2..1.3", SCENARIO_ASK_REQUIRE, ONE("alpha"), NONE,
      "tls-refused", NULL, "certificate_required" },
    { "none, optional", "1.3", SCENARIO_ASK_REQUEST, ONE("alpha"), NONE, "delivered", "none", "" },
};

Test(oracle, judges_as_a_server_does)
{
    for (size_t i = 0; i < sizeof(judgements) / sizeof(judgements[0]); i++) {
        const struct judgement_case *row = &judgements[i];
        const struct model_situation situation = {
            .tls = row->tls,
            .ask = row->ask,
            .trust = row->trust,
            .mails = { row->collection },
            .n_mails = 1,
        };
        struct model_facts expected[MODEL_MAILS_MAX];
        char alerts[128] = "";

        model_expect(&situation, expected);
        for (size_t a = 0; a < expected[0].n_alerts; a++)
            (void)snprintf(alerts + strlen(alerts), sizeof(alerts) - strlen(alerts), "%s%s",
                           a > 0 ? " " : "", expected[0].alerts[a]);

        cr_expect_str_eq(expected[0].outcome, row->outcome, "%s: got %s", row->name,
                         expected[0].outcome);
        cr_expect_str_eq(expected[0].identity != NULL ? expected[0].identity : "(refused)",
                         row->identity != NULL ? row->identity : "(refused)", "%s", row->name);
        cr_expect_str_eq(alerts, row->alerts, "%s: got %s", row->name, alerts);
    }
}

/* Two mails to a server that trusts both authorities; what happens at the second. */
static const struct resumption_case {
    const char *name;
    const char *tls;
    enum model_sessions sessions;
    enum scenario_ask ask;
    struct model_authorities names;
    struct model_collection first, second;
    bool restarted;
    const char *want;
} resumptions[] = {
#define FULL(ask, presented, identity)                                                             \
    "delivered requested=" ask " presented=" presented " identity=" identity                       \
    " offered=none resumed=no"
#define RESUMED(kind, identity)                                                                    \
    "delivered requested=no presented=nothing identity=" identity " offered=" kind " resumed"      \
    "=" kind
    { "2.6: the same", "1.2", MODEL_BOTH, SCENARIO_ASK_REQUEST, NONE, ONE("alice"), ONE("alice"),
      false, RESUMED("ticket", "alice") },
    { "the same, by ID", "1.2", MODEL_IDS, SCENARIO_ASK_REQUIRE, NONE, ONE("alice"), ONE("alice"),
      false, RESUMED("id", "alice") },
    { "the same, by PSK", "1.3", MODEL_TICKETS, SCENARIO_ASK_REQUIRE, NONE, ONE("alice"),
      ONE("alice"), false, RESUMED("psk", "alice") },
    { "no IDs in 1.3", "1.3", MODEL_IDS, SCENARIO_ASK_REQUEST, NONE, ONE("alice"), ONE("alice"),
      false, FULL("yes", "alice", "alice") },
    { "no sessions", "1.2", MODEL_NO_SESSIONS, SCENARIO_ASK_REQUEST, NONE, ONE("alice"),
      ONE("alice"), false, FULL("yes", "alice", "alice") },
    { "2.6: [] after [A]", "1.3", MODEL_BOTH, SCENARIO_ASK_REQUEST, NONE, ONE("alice"), NONE, false,
      FULL("yes", "empty", "none") },
    { "2.6, S5, R41: [] after []", "1.3", MODEL_BOTH, SCENARIO_ASK_REQUEST, NONE, NONE, NONE, false,
      RESUMED("psk", "none") },
    { "2.6, R42: [A] after []", "1.2", MODEL_BOTH, SCENARIO_ASK_REQUEST, NONE, NONE, ONE("alice"),
      false, FULL("yes", "alice", "alice") },
    { "2.6, R43: names=beta, [A, B] twice", "1.3", MODEL_BOTH, SCENARIO_ASK_REQUEST, ONE("beta"),
      TWO("alice", "bob"), TWO("alice", "bob"), false, FULL("yes", "bob", "bob") },
    { "R43: [B] after [A, B] with names=beta", "1.3", MODEL_BOTH, SCENARIO_ASK_REQUEST, ONE("beta"),
      TWO("alice", "bob"), ONE("bob"), false, RESUMED("psk", "bob") },
    { "R43: [A] after [A, B] with names=beta", "1.2", MODEL_BOTH, SCENARIO_ASK_REQUEST, ONE("beta"),
      TWO("alice", "bob"), ONE("alice"), false, FULL("yes", "empty", "none") },
    { "S4: the first decides", "1.3", MODEL_BOTH, SCENARIO_ASK_REQUEST, NONE, TWO("alice", "bob"),
      ONE("alice"), false, RESUMED("psk", "alice") },
    { "S4: another certificate", "1.3", MODEL_BOTH, SCENARIO_ASK_REQUEST, NONE, ONE("alice"),
      ONE("bob"), false, FULL("yes", "bob", "bob") },
    { "R38: renewed, the same subject", "1.3", MODEL_BOTH, SCENARIO_ASK_REQUEST, NONE, ONE("alice"),
      ONE("alice-2"), false, FULL("yes", "alice-2", "alice-2") },
    { "R46: another order", "1.3", MODEL_BOTH, SCENARIO_ASK_REQUEST, NONE, TWO("alice", "bob"),
      TWO("bob", "alice"), false, FULL("yes", "bob", "bob") },
    { "R45, 2.8: the first has no key", "1.3", MODEL_BOTH, SCENARIO_ASK_REQUEST, NONE, NONE,
      TWO("alice-keyless", "bob"), false, FULL("yes", "bob", "bob") },
    { "2.8: the first has no key, twice", "1.2", MODEL_BOTH, SCENARIO_ASK_REQUEST, NONE,
      ONE("alice-keyless"), ONE("alice-keyless"), false, FULL("yes", "empty", "none") },
    { "nobody asked: anonymous", "1.3", MODEL_BOTH, SCENARIO_ASK_NO, NONE, ONE("alice"), NONE,
      false, RESUMED("psk", "none") },
    { "R42: nobody asked, and a certificate", "1.3", MODEL_BOTH, SCENARIO_ASK_NO, NONE,
      ONE("alice"), ONE("alice"), false, FULL("no", "nothing", "none") },
    { "R44: whom the server did not know it does not know", "1.3", MODEL_BOTH, SCENARIO_ASK_REQUEST,
      NONE, ONE("mallory"), ONE("mallory"), false, RESUMED("psk", "none") },
    { "R40: a session dies with its certificate", "1.3", MODEL_BOTH, SCENARIO_ASK_REQUEST, NONE,
      ONE("expired"), ONE("expired"), false, FULL("yes", "expired", "none") },
    { "R48: another process", "1.3", MODEL_BOTH, SCENARIO_ASK_REQUEST, NONE, ONE("alice"),
      ONE("alice"), true, FULL("yes", "alice", "alice") },
    { "nothing is kept of a refusal", "1.2", MODEL_BOTH, SCENARIO_ASK_REQUIRE, NONE, NONE,
      ONE("bob"), false, FULL("yes", "bob", "bob") },
};

Test(oracle, resumes_as_the_rules_say)
{
    for (size_t i = 0; i < sizeof(resumptions) / sizeof(resumptions[0]); i++) {
        const struct resumption_case *row = &resumptions[i];
        const struct model_situation situation = {
            .tls = row->tls,
            .ask = row->ask,
            .trust = TWO("alpha", "beta"),
            .names = row->names,
            .sessions = row->sessions,
            .change = row->restarted ? MODEL_RESTARTED : MODEL_SAME,
            .mails = { row->first, row->second },
            .n_mails = 2,
        };
        struct model_facts expected[MODEL_MAILS_MAX];
        char got[256];

        model_expect(&situation, expected);

        cr_expect_str_eq(words_of(&expected[1], got, sizeof(got)), row->want, "%s: got %s",
                         row->name, got);
        cr_expect_str_eq(expected[0].offered, "none", "%s", row->name);
    }
}

/* The matrix of 2.6, with the policies of 2.8 in the order of the table of parameters. What the
 * last mail shows, whom the server takes the client to be, and whether a session was resumed. */
static const struct matrix_case {
    const char *name;
    enum scenario_ask ask;
    struct model_authorities names;
    struct model_collection first, last;
    size_t n_mails;
    const char *want[5];
} matrix[] = {
    { "no request, [A]",
      SCENARIO_ASK_NO,
      NONE,
      ONE("alice"),
      NONE,
      1,
      { "nothing none no", "nothing none no", "nothing none no", "nothing none no",
        "nothing none no" } },
    { "request, no names, []",
      SCENARIO_ASK_REQUEST,
      NONE,
      NONE,
      NONE,
      1,
      { "empty none no", "empty none no", "empty none no", "empty none no", "empty none no" } },
    { "request, no names, [A, B]",
      SCENARIO_ASK_REQUEST,
      NONE,
      TWO("alice", "bob"),
      NONE,
      1,
      { "alice alice no", "alice alice no", "alice alice no", "alice alice no",
        "alice alice no" } },
    { "request, names=beta, [A, B]",
      SCENARIO_ASK_REQUEST,
      ONE("beta"),
      TWO("alice", "bob"),
      NONE,
      1,
      { "bob bob no", "bob bob no", "alice alice no", "bob bob no", "alice alice no" } },
    { "request, names=beta, [A]",
      SCENARIO_ASK_REQUEST,
      ONE("beta"),
      ONE("alice"),
      NONE,
      1,
      { "empty none no", "empty none no", "alice alice no", "empty none no", "alice alice no" } },
    { "request, no names, [A without a key, B]",
      SCENARIO_ASK_REQUEST,
      NONE,
      TWO("alice-keyless", "bob"),
      NONE,
      1,
      { "bob bob no", "bob bob no", "empty none no", "nothing (tls-failed) no", "empty none no" } },
    { "require, []",
      SCENARIO_ASK_REQUIRE,
      NONE,
      NONE,
      NONE,
      1,
      { "empty (tls-refused) no", "empty (tls-refused) no", "empty (tls-refused) no",
        "empty (tls-refused) no", "empty (tls-refused) no" } },
    { "[A], [A]",
      SCENARIO_ASK_REQUEST,
      NONE,
      ONE("alice"),
      ONE("alice"),
      2,
      { "nothing alice ticket", "nothing alice ticket", "nothing alice ticket", "alice alice no",
        "nothing alice ticket" } },
    { "[A], []",
      SCENARIO_ASK_REQUEST,
      NONE,
      ONE("alice"),
      NONE,
      2,
      { "empty none no", "empty none no", "empty none no", "empty none no", "empty none no" } },
    { "[], []",
      SCENARIO_ASK_REQUEST,
      NONE,
      NONE,
      NONE,
      2,
      { "nothing none ticket", "nothing none ticket", "nothing none ticket", "empty none no",
        "nothing none ticket" } },
    { "[], [A]",
      SCENARIO_ASK_REQUEST,
      NONE,
      NONE,
      ONE("alice"),
      2,
      { "alice alice no", "alice alice no", "alice alice no", "alice alice no",
        "alice alice no" } },
    { "names=beta, [A, B] twice",
      SCENARIO_ASK_REQUEST,
      ONE("beta"),
      TWO("alice", "bob"),
      TWO("alice", "bob"),
      2,
      { "bob bob no", "bob bob no", "nothing alice ticket", "bob bob no",
        "nothing alice ticket" } },
    { "R45: [], [A without a key, B]",
      SCENARIO_ASK_REQUEST,
      NONE,
      NONE,
      TWO("alice-keyless", "bob"),
      2,
      { "bob bob no", "nothing none ticket", "nothing none ticket", "nothing (tls-failed) no",
        "empty none no" } },
    { "R26: names=alpha, [carol of alpha-sub]",
      SCENARIO_ASK_REQUEST,
      ONE("alpha"),
      ONE("carol"),
      NONE,
      1,
      { "carol carol no", "empty none no", "carol carol no", "empty none no", "carol carol no" } },
};

Test(oracle, knows_the_matrix_of_policies)
{
    for (size_t i = 0; i < sizeof(matrix) / sizeof(matrix[0]); i++)
        for (int policy = MODEL_DOC; policy <= MODEL_OPENSSL; policy++) {
            const struct matrix_case *row = &matrix[i];
            const struct model_situation situation = {
                .policy = (enum model_policy)policy,
                .tls = "1.2",
                .ask = row->ask,
                .trust = TWO("alpha", "beta"),
                .names = row->names,
                .change = MODEL_SAME,
                .mails = { row->first, row->last },
                .n_mails = row->n_mails,
            };
            struct model_facts expected[MODEL_MAILS_MAX];
            const struct model_facts *last = &expected[row->n_mails - 1];
            char got[128];

            model_expect(&situation, expected);
            (void)snprintf(got, sizeof(got), "%s %s%s%s %s", last->presented,
                           last->identity != NULL ? last->identity : "(",
                           last->identity != NULL ? "" : last->outcome,
                           last->identity != NULL ? "" : ")", last->resumed);

            cr_expect_str_eq(got, row->want[policy], "%s, policy %s: got %s", row->name,
                             model_parameters[MODEL_POLICY].values[policy], got);
        }
}

/* R19 */
Test(oracle, mono_speaks_no_tls_1_3)
{
    const struct model_situation situation = {
        .policy = MODEL_MONO, .tls = "1.2..1.3", .ask = SCENARIO_ASK_REQUIRE, .n_mails = 1
    };
    struct model_facts expected[MODEL_MAILS_MAX];

    model_expect(&situation, expected);

    cr_expect_str_eq(expected[0].tls, "1.2");
    cr_expect_str_eq(expected[0].alerts[0], "handshake_failure");
}
