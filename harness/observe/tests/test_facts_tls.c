#include "harness/observe/tests/fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static struct fixture f;

static void init(void)
{
    fixture_init(&f, "title: t\nserver: {tls: \"1.3\"}\nsteps:\n  - send: {}\n  - send: {}\n");
}

static void release(void)
{
    fixture_release(&f);
}

TestSuite(facts_tls, .init = init, .fini = release, .timeout = 20);

#define MESSAGE(direction, name, extensions)                                                       \
    "tls.handshake_message", 1, 1,                                                                 \
        "\"direction\":\"" direction "\",\"name\":\"" name "\",\"extensions\":[" extensions "]"

/* What each fact says when one event has come on the one connection. */
/* clang-format off */
static const struct {
    enum fact_id fact;
    const char *event;
    const char *members;
    const char *want;
} rows[] = {
    { FACT_HELLO_EXTENSIONS, "tls.client_hello", "\"extensions\":[\"a\",\"b\"]", "a, b" },
    { FACT_HELLO_VERSIONS, "tls.client_hello", "\"versions\":[\"1.3\",\"1.2\"]", "1.3, 1.2" },
    { FACT_HELLO_CIPHERS, "tls.client_hello", "\"ciphers\":[\"x\"]", "x" },
    { FACT_HELLO_SIGNATURES, "tls.client_hello", "\"signature_algorithms\":[\"ed25519\"]", "ed25519" },
    { FACT_HELLO_PSK_MODES, "tls.client_hello", "\"psk_modes\":[\"psk_dhe_ke\"]", "psk_dhe_ke" },
    { FACT_HELLO_NAMES, "tls.client_hello", "\"names\":2", "2" },
    { FACT_HELLO_SESSION, "tls.client_hello", "\"session\":\"aa\"", "aa" },
    { FACT_HELLO_SESSION, "tls.client_hello", "\"session\":\"\"", "(an empty list)" },
    { FACT_HELLO_RENEGOTIATION, "tls.client_hello", "\"renegotiation_info\":true", "yes" },
    { FACT_HELLO_RENEGOTIATION, "tls.client_hello", "\"renegotiation_info\":false", "no" },
    { FACT_REQUEST_NAMES, "tls.certificate_request", "\"names\":[\"CN=a\"]", "CN=a" },
    { FACT_REQUEST_SIGNATURES, "tls.certificate_request", "\"signature_algorithms\":[\"ed25519\"]", "ed25519" },
    { FACT_REQUEST_TYPES, "tls.certificate_request", "\"types\":[\"rsa_sign\"]", "rsa_sign" },
    { FACT_REQUEST_OIDS, "tls.certificate_request", "\"oid_filters\":[\"551d25\"]", "551d25" },
    { FACT_REQUEST_CONTEXTS, "tls.certificate_request", "\"context\":\"0badcafe\"", "0badcafe" },
    { FACT_REQUEST_CONTEXTS, "tls.certificate_request", "\"context\":\"\"", "(an empty list)" },
    { FACT_REQUEST_EXTENSIONS, "tls.handshake_message", "\"direction\":\"sent\",\"name\":\"certificate_request\",\"extensions\":[\"a\",\"a\"]", "a, a" },
    { FACT_CERTIFICATE_VERSIONS, "tls.certificate", "\"fingerprints\":[],\"subjects\":[],\"versions\":[\"3\",\"1\"]", "3, 1" },
    { FACT_CERTIFICATE_KEYS, "tls.certificate", "\"fingerprints\":[],\"subjects\":[],\"keys\":[\"ED25519\"]", "ED25519" },
    { FACT_CERTIFICATE_SIGNATURES, "tls.certificate", "\"fingerprints\":[],\"subjects\":[],\"signatures\":[\"ED25519\"]", "ED25519" },
    { FACT_CERTIFICATE_EXTENSIONS, "tls.handshake_message", "\"direction\":\"received\",\"name\":\"certificate\",\"extensions\":[\"status_request\"]", "status_request" },
    { FACT_CERTIFICATE_EXTENSIONS, "tls.handshake_message", "\"direction\":\"sent\",\"name\":\"certificate\",\"extensions\":[\"status_request\"]", "(an empty list)" },
    { FACT_SERVER_EXTENSIONS, "tls.handshake_message", "\"direction\":\"sent\",\"name\":\"encrypted_extensions\",\"extensions\":[\"server_name\"]", "server_name" },
    { FACT_SERVER_EXTENSIONS, "tls.handshake_message", "\"direction\":\"sent\",\"name\":\"new_session_ticket\",\"extensions\":[\"early_data\"]", "(an empty list)" },
    { FACT_TICKETS, "tls.session_issued", "\"kind\":\"psk\"", "1" },
    { FACT_TICKETS, "tls.session_issued", "\"kind\":\"id\"", "0" },
    { FACT_TICKET_LIFETIMES, "tls.session_issued", "\"kind\":\"psk\",\"lifetime\":7200", "7200" },
    { FACT_TICKET_NONCES, "tls.session_issued", "\"kind\":\"psk\",\"nonce\":\"00\"", "00" },
    { FACT_TICKET_AGES, "tls.session_issued", "\"kind\":\"psk\",\"age_add\":5", "5" },
    { FACT_ALERTS, "tls.alert", "\"direction\":\"sent\",\"level\":\"warning\",\"name\":\"unrecognized_name\"", "sent warning unrecognized_name" },
    { FACT_ALERTS, "tls.alert", "\"direction\":\"sent\",\"level\":\"warning\",\"name\":\"close_notify\"", "(an empty list)" },
    { FACT_CLOSED, "connection.close", "\"by\":\"client\",\"how\":\"clean\",\"tls\":true", "client clean" },
    { FACT_CLOSE_NOTIFY, "connection.close", "\"by\":\"client\",\"how\":\"clean\",\"tls\":true", "yes" },
    { FACT_CLOSE_NOTIFY, "connection.close", "\"by\":\"client\",\"how\":\"truncated\",\"tls\":false", "no" },
};
/* clang-format on */

static const char *of_step(const struct observation *all, enum fact_id fact)
{
    return observe_words(f.context, &all->steps[0].facts[fact]);
}

Test(facts_tls, say_what_the_events_say)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *got;

        fixture_event(&f, "connection.open", 1, 1, "");
        fixture_event(&f, rows[i].event, 1, 1, rows[i].members);
        fixture_answer(&f, 1, "delivered");
        got = of_step(fixture_observe(&f), rows[i].fact);

        cr_expect_str_eq(got, rows[i].want, "row %zu, %s: %s", i, facts[rows[i].fact].name, got);
        release();
        init();
    }
}

Test(facts_tls, nothing_is_known_of_what_did_not_come)
{
    const struct observation *all;

    fixture_event(&f, "connection.open", 1, 1, "");
    fixture_answer(&f, 1, "delivered");
    all = fixture_observe(&f);

    cr_expect_null(all->steps[0].facts[FACT_HELLO_EXTENSIONS].values);
    cr_expect_null(all->steps[0].facts[FACT_HANDSHAKE].values);
    cr_expect_null(all->steps[0].facts[FACT_CLOSED].values);
    cr_expect_null(all->steps[0].facts[FACT_CAPABILITIES].values);
}

Test(facts_tls, a_close_notify_behind_the_end_counts)
{
    fixture_event(&f, "connection.open", 1, 1, "");
    fixture_event(&f, "connection.close", 1, 1,
                  "\"by\":\"server\",\"how\":\"clean\",\"tls\":false");
    fixture_answer(&f, 1, "delivered");
    cr_expect_str_eq(of_step(fixture_observe(&f), FACT_CLOSE_NOTIFY), "no");

    fixture_event(&f, "connection.close_notify", 1, 1, "");

    cr_expect_str_eq(of_step(fixture_observe(&f), FACT_CLOSE_NOTIFY), "yes");
}

Test(facts_tls, the_handshake_is_told_in_order_and_by_who_said_it)
{
    fixture_event(&f, "connection.open", 1, 1, "");
    fixture_event(&f, MESSAGE("received", "client_hello", ""));
    fixture_event(&f, MESSAGE("sent", "server_hello", ""));
    fixture_event(&f, MESSAGE("received", "finished", ""));
    fixture_answer(&f, 1, "delivered");

    cr_expect_str_eq(of_step(fixture_observe(&f), FACT_HANDSHAKE),
                     "C:client_hello S:server_hello C:finished");
}

Test(facts_tls, the_session_id_of_the_server_is_told_apart)
{
    static const struct {
        const char *asked, *answered, *want;
    } ids[] = { { "aa", "", "none" }, { "aa", "aa", "echoed" }, { "aa", "bb", "own" } };

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        char members[64];

        fixture_event(&f, "connection.open", 1, 1, "");
        (void)snprintf(members, sizeof(members), "\"session_id\":\"%s\"", ids[i].asked);
        fixture_event(&f, "tls.client_hello", 1, 1, members);
        (void)snprintf(members, sizeof(members), "\"session_id\":\"%s\"", ids[i].answered);
        fixture_event(&f, "tls.server_hello", 1, 1, members);
        fixture_answer(&f, 1, "delivered");

        cr_expect_str_eq(of_step(fixture_observe(&f), FACT_SERVER_SESSION_ID), ids[i].want);
        release();
        init();
    }
}

static void greet(const char *tls, const char *lines)
{
    char members[256];

    (void)snprintf(members, sizeof(members), "\"verb\":\"EHLO\",\"line\":\"EHLO x\",\"tls\":%s",
                   tls);
    fixture_event(&f, "smtp.command", 1, 1, members);
    (void)snprintf(members, sizeof(members), "\"code\":250,\"tls\":%s,\"lines\":[%s]", tls, lines);
    fixture_event(&f, "smtp.reply", 1, 1, members);
}

Test(facts_tls, capabilities_before_and_after_tls_are_kept_apart)
{
    const struct observation *all;

    fixture_event(&f, "connection.open", 1, 1, "");
    greet("false", "\"250-mail\",\"250-SIZE 10\",\"250 STARTTLS\"");
    greet("true", "\"250-mail\",\"250 AUTH PLAIN\"");
    fixture_event(&f, "smtp.command", 1, 1, "\"verb\":\"MAIL\",\"line\":\"MAIL\",\"tls\":true");
    fixture_event(&f, "smtp.reply", 1, 1, "\"code\":250,\"tls\":true,\"lines\":[\"250 ok\"]");
    fixture_answer(&f, 1, "delivered");
    all = fixture_observe(&f);

    cr_expect_str_eq(of_step(all, FACT_CAPABILITIES), "SIZE 10, STARTTLS");
    cr_expect_str_eq(of_step(all, FACT_CAPABILITIES_TLS), "AUTH PLAIN");
}

Test(facts_tls, of_the_whole_the_sessions_of_all_connections_are_told)
{
    for (int i = 1; i <= 2; i++) {
        fixture_event(&f, "connection.open", i, i, "");
        fixture_event(&f, "tls.client_hello", i, i, "\"session\":\"aa\"");
        fixture_answer(&f, i, "delivered");
    }

    cr_expect_str_eq(
        observe_words(f.context, &fixture_observe(&f)->whole.facts[FACT_HELLO_SESSION]), "aa, aa");
}
