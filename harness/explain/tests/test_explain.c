#include "harness/explain/explain.h"

#include "harness/observe/tests/fixture.h"
#include "harness/scenario/alerts.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#define SCENARIO(ask, certificates)                                                                \
    "title: t\nserver: {tls: \"1.3\", client_certificate: {" ask "}}\n"                            \
    "client: {certificates: [" certificates "]}\nsteps:\n  - send: {}\n"
#define HELLO                                                                                      \
    "\"versions\":[\"1.3\"],\"legacy_version\":\"1.2\",\"offered\":\"none\",\"sni\":\"localhost\""
#define REQUEST(members) "\"names\":[\"CN=alpha,O=counterseal\"]" members

static struct fixture f;

static void release(void)
{
    fixture_release(&f);
}

TestSuite(explain, .fini = release, .timeout = 20);

/* Whether some cause says that. */
static bool says(const char *words, bool known)
{
    struct explain_causes causes = explain(f.context, fixture_observe(&f), known);

    for (size_t i = 0; i < causes.n; i++)
        if (strstr(causes.items[i].text, words) != NULL)
            return true;
    for (size_t i = 0; i < causes.n; i++)
        (void)fprintf(stderr, "it says: %s\n", causes.items[i].text);
    return false;
}

static void begin(const char *yaml)
{
    fixture_init(&f, yaml);
    fixture_event(&f, "connection.open", 1, 1, "");
    fixture_event(&f, "tls.client_hello", 1, 1, HELLO);
}

static void alert(const char *direction, const char *name)
{
    char members[200];

    (void)snprintf(members, sizeof(members),
                   "\"direction\":\"%s\",\"level\":\"fatal\",\"name\":\"%s\"", direction, name);
    fixture_event(&f, "tls.alert", 1, 1, members);
    fixture_answer(&f, 1, "tls-failed");
}

static void fail_with(const char *reason)
{
    char members[200];

    (void)snprintf(members, sizeof(members), "\"reason\":\"%s\"", reason);
    fixture_event(&f, "tls.handshake_failed", 1, 1, members);
}

/* The client's Certificate message with one of the cast, or none. */
static void present(const char *name)
{
    char members[400];
    bool someone = name[0] != '\0';

    fixture_event(&f, "tls.server_hello", 1, 1, "\"version\":\"1.3\"");
    fixture_event(&f, "tls.certificate_request", 1, 1, REQUEST(""));
    (void)snprintf(members, sizeof(members),
                   "\"entries\":%d,\"fingerprints\":[%s%s%s],\"subjects\":[\"CN=x\"],\"issuers\":["
                   "\"CN=y,O=counterseal\"]",
                   someone, someone ? "\"|" : "", name, someone ? "|\"" : "");
    fixture_event(&f, "tls.certificate", 1, 1, members);
}

static void judge(const char *accepted, const char *reason)
{
    char members[200];

    (void)snprintf(members, sizeof(members), "\"accepted\":%s,\"reason\":\"%s\"", accepted, reason);
    fixture_event(&f, "tls.judged", 1, 1, members);
}

/* --- every alert of the table --- */

/* Some are told by what was not in common. */
static const char *words_of(const char *name)
{
    static const char *const special[][2] = {
        { "no_application_protocol", "no application protocol in common" },
        { "unrecognized_name", "the server knows no host of the name localhost" },
    };

    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
        if (strcmp(special[i][0], name) == 0)
            return special[i][1];
    return alert_meaning(name);
}

Test(explain, every_alert_of_the_server_has_its_words)
{
    fixture_init(&f, SCENARIO("ask: request", "alice"));
    for (size_t i = 0; alert_names[i] != NULL; i++) {
        if (strcmp(alert_names[i], "close_notify") == 0)
            continue;
        fixture_release(&f);
        begin(SCENARIO("ask: request", "alice"));
        alert("sent", alert_names[i]);
        cr_expect(says(words_of(alert_names[i]), true), "%s is not explained", alert_names[i]);
    }
}

Test(explain, every_alert_of_the_client_has_its_words)
{
    fixture_init(&f, SCENARIO("ask: request", "alice"));
    for (size_t i = 0; alert_names[i] != NULL; i++) {
        char words[200];

        if (strcmp(alert_names[i], "close_notify") == 0)
            continue;
        fixture_release(&f);
        begin(SCENARIO("ask: request", "alice"));
        alert("received", alert_names[i]);
        (void)snprintf(words, sizeof(words), "the client ended the handshake with %s: %s",
                       alert_names[i], alert_meaning(alert_names[i]));
        cr_expect(says(words, true), "%s is not explained", alert_names[i]);
    }
}

Test(explain, every_alert_about_a_certificate_says_when_it_came)
{
    fixture_init(&f, SCENARIO("ask: require", "alice"));
    for (size_t i = 0; alert_names[i] != NULL; i++) {
        char words[200];

        if (strcmp(alert_names[i], "close_notify") == 0)
            continue;
        fixture_release(&f);
        begin(SCENARIO("ask: require", "alice"));
        present("alice");
        alert("sent", alert_names[i]);
        (void)snprintf(words, sizeof(words),
                       "refused with %s 1 round trip after the client believed the handshake done",
                       alert_names[i]);
        cr_expect(says(words, true), "%s is not explained", alert_names[i]);
    }
}

Test(explain, an_alert_without_a_judgement_says_that_more_is_not_known)
{
    begin(SCENARIO("ask: require", "alice"));
    present("alice");
    alert("sent", "certificate_unknown");

    cr_assert(says("more is not known", true));
}

/* --- selection, R21 to R30: what was sent, by the names of the cast --- */

static const struct selection_case {
    const char *rule, *ask, *certificates, *request, *sent, *words;
} selection_cases[] = {
    { "R22", "ask: request", "", REQUEST(""), "", "the client has no certificate to send" },
    { "R23", "ask: request", "alice, bob", "\"names\":[]", "alice",
      "the server named no issuer, so the first was sent that has a private key: alice" },
    { "R24", "ask: request", "bob, alice", REQUEST(""), "alice",
      "alice was sent: the server named 1 issuer (CN=alpha); bob's issuer CN=beta is not that "
      "one" },
    { "R25", "ask: request", "alice", "\"names\":[\"CN=ALPHA,O=counterseal\"]", "",
      "they differ in capitals only" },
    { "R26", "ask: request", "carol-bare", REQUEST(""), "",
      "the intermediate alpha-sub was not given with carol-bare" },
    { "R26, with its chain", "ask: request", "carol", REQUEST(""), "",
      "why carol was not sent is not known" },
    { "R29", "ask: request", "bob", REQUEST(""), "",
      "the server named 1 issuer (CN=alpha); bob's issuer CN=beta is not that one" },
    { "R30", "ask: request", "alice-keyless", REQUEST(""), "", "alice-keyless has no private key" },
    { "R33", "ask: request", "bob, alice", REQUEST(""), "bob", "bob was sent all the same" },
    { "algorithm", "ask: request", "erin",
      REQUEST(",\"signature_algorithms\":[\"rsa_pss_rsae_sha256\"]"), "",
      "erin's key is Ed25519 and the server lists only RSA algorithms" },
    { "type", "ask: request", "alice", REQUEST(",\"types\":[\"rsa_sign\"]"), "",
      "alice's key is ECDSA and the server takes only rsa_sign" },
    { "stranger", "ask: request", "bob", REQUEST(""), "alice",
      "alice was sent, and the client was given bob" },
};

Test(explain, what_was_sent_is_explained_by_the_rules_of_selection)
{
    fixture_init(&f, SCENARIO("ask: request", ""));
    for (size_t i = 0; i < sizeof(selection_cases) / sizeof(selection_cases[0]); i++) {
        const struct selection_case *row = &selection_cases[i];
        char yaml[400], members[400];
        bool someone = row->sent[0] != '\0';

        fixture_release(&f);
        (void)snprintf(yaml, sizeof(yaml),
                       "title: t\nserver: {client_certificate: {%s}}\nclient: {certificates: [%s]}"
                       "\nsteps:\n  - send: {}\n",
                       row->ask, row->certificates);
        begin(yaml);
        fixture_event(&f, "tls.certificate_request", 1, 1, row->request);
        (void)snprintf(members, sizeof(members),
                       "\"entries\":%d,\"fingerprints\":[%s%s%s],\"subjects\":[\"CN=x\"]", someone,
                       someone ? "\"|" : "", row->sent, someone ? "|\"" : "");
        fixture_event(&f, "tls.certificate", 1, 1, members);
        fixture_answer(&f, 1, "delivered");
        cr_expect(says(row->words, true), "%s: not explained", row->rule);
    }
}

Test(explain, r21_a_server_that_does_not_ask)
{
    begin(SCENARIO("ask: no", "alice, bob"));
    fixture_event(&f, "tls.handshake", 1, 1, "\"version\":\"1.3\",\"resumed\":\"no\"");
    fixture_answer(&f, 1, "delivered");

    cr_assert(says("the server asked for no certificate, so alice and bob were not sent", true));
}

/* R27, R28: faults of the certificate do not keep it from being sent; the server judges them. */
static const struct judgement_case {
    const char *name, *reason, *words;
} judgement_cases[] = {
    { "expired", "certificate has expired", "expired has expired: it was valid until" },
    { "future", "certificate is not yet valid", "future is not valid yet: it is from" },
    { "server-only", "unsuitable certificate purpose",
      "server-only is not for use by a client: its extended key usage is serverAuth" },
    { "alice", "certificate revoked", "alice is on the revocation list of its issuer CN=y" },
    { "bob", "unable to get local issuer certificate",
      "the server does not trust bob's issuer CN=y: it trusts only alpha" },
    { "carol-bare", "unable to verify the first certificate",
      "the intermediate alpha-sub was not sent" },
    { "alice", "its fingerprint is none of those pinned", "none of the certificates" },
    { "alice", "it leads to no account", "alice leads to none of the server's accounts" },
    { "alice", "certificate signature failure",
      "the server did not take alice: certificate signature failure" },
};

Test(explain, what_the_server_did_not_take_is_explained_by_its_judgement)
{
    fixture_init(&f, SCENARIO("ask: require", ""));
    for (size_t i = 0; i < sizeof(judgement_cases) / sizeof(judgement_cases[0]); i++) {
        const struct judgement_case *row = &judgement_cases[i];
        char yaml[300];

        fixture_release(&f);
        (void)snprintf(yaml, sizeof(yaml), SCENARIO("ask: require", "%s"), row->name);
        begin(yaml);
        present(row->name);
        judge("false", row->reason);
        alert("sent", "bad_certificate");
        cr_expect(says(row->words, true), "%s: not explained", row->reason);
    }
}

Test(explain, a_key_that_is_not_proven)
{
    begin(SCENARIO("ask: require", "alice"));
    present("alice");
    judge("true", "ok");
    fail_with("unexpected message");
    alert("sent", "unexpected_message");

    cr_assert(says("did not prove that it has the private key of alice", true));
}

Test(explain, a_proof_that_is_wrong)
{
    begin(SCENARIO("ask: require", "alice"));
    present("alice");
    judge("true", "ok");
    fixture_event(&f, "tls.certificate_verify", 1, 1, "\"signature\":\"x\"");
    fail_with("bad signature");
    alert("sent", "decrypt_error");

    cr_assert(says("the proof of the private key is wrong: alice was sent", true));
}

/* As a real server does whose judgement nobody sees. */
Test(explain, a_refusal_in_smtp_alone_is_explained_by_what_can_be_seen)
{
    static const char *const rows[][2] = {
        { "expired", "what can be seen: it has expired" },
        { "future", "what can be seen: it is not valid yet" },
        { "server-only", "what can be seen: it is for serverAuth" },
        { "bob", "what can be seen: its issuer CN=y is none of those trusted (alpha)" },
        { "carol-bare", "what can be seen: its intermediate was not sent" },
    };

    fixture_init(&f, SCENARIO("ask: require", ""));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char yaml[300];

        fixture_release(&f);
        (void)snprintf(yaml, sizeof(yaml), SCENARIO("ask: require", "%s"), rows[i][0]);
        begin(yaml);
        present(rows[i][0]);
        fixture_event(&f, "tls.handshake", 1, 1, "\"version\":\"1.3\",\"resumed\":\"no\"");
        fixture_event(&f, "smtp.reply", 1, 1,
                      "\"code\":421,\"lines\":[\"421 not trusted\"],\"tls\":true");
        fixture_answer(&f, 1, "refused-by-smtp");
        cr_expect(says(rows[i][1], true), "%s: not explained", rows[i][0]);
        cr_expect(says("421 not trusted", true), "%s: its words are missing", rows[i][0]);
    }
}

Test(explain, nothing_in_common)
{
    static const char *const rows[][2] = {
        { "no shared cipher", "no cipher suite in common" },
        { "no suitable key share", "no group of the key exchange in common" },
        { "no suitable signature algorithm",
          "no signature algorithm in common: the server's key is "
          "ECDSA" },
    };

    fixture_init(&f, SCENARIO("ask: no", ""));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fixture_release(&f);
        begin(SCENARIO("ask: no", ""));
        fail_with(rows[i][0]);
        alert("sent", "handshake_failure");
        cr_expect(says(rows[i][1], true), "%s: not explained", rows[i][0]);
    }
}

/* --- what is not known --- */

Test(explain, without_settings_nothing_is_said_of_them)
{
    begin(SCENARIO("ask: require, trust: [beta]", "alice"));
    present("bob");
    judge("false", "unable to get local issuer certificate");
    alert("sent", "unknown_ca");

    cr_assert(says("whom it trusts is not known", false));
    cr_assert_not(says("it trusts only", false));
    cr_assert_not(says("the client was given", false));
}

Test(explain, an_ordinary_mail_has_nothing_to_explain)
{
    fixture_init(&f, SCENARIO("ask: request", "alice"));
    fixture_mail(&f, 1, 1, "alice", "no");

    cr_assert_eq(explain(f.context, fixture_observe(&f), true).n, 0);
}
