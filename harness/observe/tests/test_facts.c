#include "harness/observe/tests/fixture.h"

#include <criterion/criterion.h>

#define MAILS                                                                                      \
    "title: t\nserver: {tls: \"1.3\", client_certificate: {ask: request, trust: [alpha, beta]}}\n" \
    "client: {certificates: [alice]}\nsteps:\n"                                                    \
    "  - send: {}\n  - client: {certificates: [bob]}\n    send: {}\n"
#define MAIL_SAID "\"verb\":\"MAIL\",\"line\":\"MAIL FROM:<a@b>\",\"tls\":true"

static struct fixture f;

static void init(void)
{
    fixture_init(&f, MAILS);
}

static void release(void)
{
    fixture_release(&f);
}

TestSuite(facts, .init = init, .fini = release, .timeout = 20);

static const char *of_step(const struct observation *all, int step, enum fact_id fact)
{
    return observe_words(f.context, &all->steps[step - 1].facts[fact]);
}

static const char *of_whole(const struct observation *all, enum fact_id fact)
{
    return observe_words(f.context, &all->whole.facts[fact]);
}

/* A handshake that ends with its ClientHello answered by a request for a certificate. */
static void open_connection(int connection, int step)
{
    fixture_event(&f, "connection.open", connection, step, "");
    fixture_event(&f, "tls.client_hello", connection, step, "\"offered\":\"none\"");
    fixture_event(&f, "tls.certificate_request", connection, step, "\"names\":[]");
}

static void present(int connection, int step, const char *members)
{
    fixture_event(&f, "tls.certificate", connection, step, members);
}

Test(facts, the_connection_that_said_mail_leads_though_another_was_opened_later)
{
    const struct observation *all;

    fixture_mail(&f, 1, 1, "alice", "no");
    open_connection(2, 1);
    present(2, 1, "\"entries\":0,\"fingerprints\":[],\"subjects\":[]");
    all = fixture_observe(&f);

    cr_assert_eq(all->steps[0].connection->number, 1);
    cr_expect_str_eq(of_step(all, 1, FACT_PRESENTED), "alice");
    cr_expect_str_eq(of_step(all, 1, FACT_CONNECTIONS), "2");
}

Test(facts, without_mail_the_last_connection_that_was_opened_leads)
{
    const struct observation *all;

    open_connection(1, 1);
    open_connection(2, 1);
    present(1, 1, "\"entries\":1,\"fingerprints\":[\"|alice|\"],\"subjects\":[\"CN=alice\"]");
    all = fixture_observe(&f);

    cr_assert_eq(all->steps[0].connection->number, 2);
    cr_expect_str_eq(of_step(all, 1, FACT_PRESENTED), "nothing");
}

Test(facts, of_a_reused_connection_are_those_of_the_step_that_opened_it)
{
    const struct observation *all;

    fixture_mail(&f, 1, 1, "alice", "no");
    fixture_event(&f, "smtp.command", 1, 2, MAIL_SAID);
    fixture_answer(&f, 2, "delivered");
    all = fixture_observe(&f);

    cr_assert_eq(all->steps[1].connection->opened_in, 1);
    cr_expect_str_eq(of_step(all, 2, FACT_CONNECTIONS), "0");
    cr_expect_str_eq(of_step(all, 2, FACT_IDENTITY), "alice");
    cr_expect_str_eq(of_step(all, 2, FACT_PRESENTED), "alice");
    cr_expect_str_eq(of_step(all, 2, FACT_COMMANDS), "MAIL FROM:<a@b>");
    cr_expect_str_eq(of_step(all, 2, FACT_MESSAGES), "0");
}

Test(facts, a_certificate_refused_in_tls_1_3_was_presented_and_made_nobody_known)
{
    const struct observation *all;

    open_connection(1, 1);
    present(1, 1, "\"entries\":1,\"fingerprints\":[\"|mallory|\"],\"subjects\":[\"CN=mallory\"]");
    fixture_event(&f, "tls.alert", 1, 1,
                  "\"direction\":\"sent\",\"level\":\"fatal\",\"name\":\"unknown_ca\",\"code\":48");
    fixture_event(&f, "tls.handshake_failed", 1, 1, "\"reason\":\"x\",\"requested\":true");
    fixture_answer(&f, 1, "");
    all = fixture_observe(&f);

    cr_expect_str_eq(of_step(all, 1, FACT_PRESENTED), "mallory");
    cr_expect_str_eq(of_step(all, 1, FACT_REQUESTED), "yes");
    cr_expect_str_eq(of_step(all, 1, FACT_IDENTITY), "none");
    cr_expect_str_eq(of_step(all, 1, FACT_RESUMED), "no");
    cr_expect_str_eq(of_step(all, 1, FACT_TLS), "none");
    cr_expect_str_eq(of_step(all, 1, FACT_ALERT_SENT), "unknown_ca");
    cr_expect_str_eq(of_step(all, 1, FACT_ALERT_RECEIVED), "none");
    cr_expect_str_eq(of_step(all, 1, FACT_OUTCOME), "tls-refused");
}

Test(facts, a_resumed_session_has_an_identity_though_nothing_is_presented)
{
    const struct observation *all;

    fixture_mail(&f, 1, 1, "alice", "no");
    fixture_mail(&f, 2, 2, "alice", "psk");
    all = fixture_observe(&f);

    cr_expect_str_eq(of_step(all, 2, FACT_PRESENTED), "nothing");
    cr_expect_str_eq(of_step(all, 2, FACT_REQUESTED), "no");
    cr_expect_str_eq(of_step(all, 2, FACT_IDENTITY), "alice");
    cr_expect_str_eq(of_step(all, 2, FACT_OFFERED), "psk");
    cr_expect_str_eq(of_step(all, 2, FACT_RESUMED), "psk");
}

/* --- whom a Certificate message shows --- */

static const struct certificate_case {
    const char *name, *members, *presented, *chain;
} certificate_cases[] = {
    { "an empty list", "\"entries\":0,\"fingerprints\":[],\"subjects\":[]", "empty",
      "(an empty list)" },
    { "what nobody declared has its subject",
      "\"entries\":1,\"fingerprints\":[\"00ff\"],\"subjects\":[\"CN=eve\"]", "unknown (CN=eve)",
      "unknown (CN=eve)" },
    { "what cannot be read is not empty", "\"entries\":1,\"fingerprints\":[],\"subjects\":[]",
      "unknown", "(an empty list)" },
    { "a chain is in the order of the message",
      "\"entries\":2,\"fingerprints\":[\"|carol|\",\"|alpha-sub|\"],\"subjects\":[\"a\",\"b\"]",
      "carol", "carol, alpha-sub" },
    { "certificates without subjects",
      "\"entries\":3,\"fingerprints\":[\"00\",\"01\",\"02\"],\"subjects\":[\"CN=a\"]",
      "unknown (CN=a)", "unknown (CN=a), unknown (), unknown ()" },
    { "identities of one subject are told apart",
      "\"entries\":1,\"fingerprints\":[\"|alice-2|\"],\"subjects\":[\"CN=alice\"]", "alice-2",
      "alice-2" },
};

Test(facts, what_a_certificate_message_shows)
{
    for (size_t i = 0; i < sizeof(certificate_cases) / sizeof(certificate_cases[0]); i++) {
        const struct certificate_case *row = &certificate_cases[i];
        const struct observation *all;

        fixture_release(&f);
        fixture_init(&f, MAILS);
        open_connection(1, 1);
        present(1, 1, row->members);
        all = fixture_observe(&f);
        cr_expect_str_eq(of_step(all, 1, FACT_PRESENTED), row->presented, "%s: got %s", row->name,
                         of_step(all, 1, FACT_PRESENTED));
        cr_expect_str_eq(of_step(all, 1, FACT_CHAIN), row->chain, "%s: got %s", row->name,
                         of_step(all, 1, FACT_CHAIN));
    }
}

/* --- the whole, and what is not known --- */

Test(facts, of_the_whole_have_a_value_for_each_connection_and_step)
{
    const struct observation *all;

    fixture_mail(&f, 1, 1, "alice", "no");
    fixture_mail(&f, 2, 2, "bob", "no");
    all = fixture_observe(&f);

    cr_expect_str_eq(of_whole(all, FACT_IDENTITY), "alice, bob");
    cr_expect_str_eq(of_whole(all, FACT_CONNECTIONS), "2");
    cr_expect_str_eq(of_whole(all, FACT_MESSAGES), "2");
    cr_expect_str_eq(of_whole(all, FACT_OUTCOME), "delivered, delivered");
    cr_expect_str_eq(of_whole(all, FACT_COMMANDS), "MAIL FROM:<a@b>, MAIL FROM:<a@b>");
    cr_expect_not(all->whole.facts[FACT_IDENTITY].list);
    cr_expect(all->whole.facts[FACT_COMMANDS].list);
}

Test(facts, nobody_saw_are_unknown_and_not_empty)
{
    static const enum fact_id unknown[] = { FACT_PRESENTED,      FACT_IDENTITY,
                                            FACT_CHAIN,          FACT_TLS,
                                            FACT_CIPHER,         FACT_OUTCOME,
                                            FACT_MESSAGE_SIZE,   FACT_MESSAGE_FROM,
                                            FACT_MESSAGE_INTACT, FACT_CLIENT_EXIT };
    const struct observation *all;

    fixture_event(&f, "server.step", 0, 1, "");
    all = fixture_observe(&f);

    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        cr_expect_null(all->steps[0].facts[unknown[i]].values, "%s is known: %s",
                       facts[unknown[i]].name, of_step(all, 1, unknown[i]));
    cr_expect_str_eq(of_step(all, 1, FACT_MESSAGES), "0");
    cr_expect_str_eq(of_step(all, 1, FACT_COMMANDS), "(an empty list)");
}

Test(facts, only_steps_that_were_played_are_folded)
{
    fixture_mail(&f, 1, 1, "alice", "no");

    cr_assert_eq(fixture_observe(&f)->n_steps, 1);
}

Test(facts, of_the_dialogue_tell_before_from_after_tls_and_early_from_asked)
{
    const struct observation *all;

    fixture_event(&f, "connection.open", 1, 1, "");
    fixture_event(&f, "smtp.command", 1, 1, "\"verb\":\"EHLO\",\"line\":\"EHLO a\",\"tls\":false");
    fixture_event(&f, "smtp.command", 1, 1,
                  "\"verb\":\"EHLO\",\"line\":\"EHLO b\",\"tls\":true,\"early\":true");
    fixture_event(&f, "smtp.reply", 1, 1, "\"code\":250,\"lines\":[\"250-x\",\"250 y\"]");
    fixture_event(&f, "smtp.command", 1, 2, "\"verb\":\"QUIT\",\"line\":\"QUIT\",\"tls\":true");
    all = fixture_observe(&f);

    cr_expect_str_eq(of_step(all, 1, FACT_COMMANDS), "EHLO a, EHLO b");
    cr_expect_str_eq(of_step(all, 1, FACT_PLAINTEXT), "EHLO a");
    cr_expect_str_eq(of_step(all, 1, FACT_EARLY), "yes");
    cr_expect_str_eq(of_step(all, 2, FACT_EARLY), "no");
    cr_expect_str_eq(of_step(all, 1, FACT_REPLIES), "250-x, 250 y");
    cr_expect_str_eq(of_step(all, 2, FACT_COMMANDS), "QUIT");
}

Test(facts, a_warning_and_a_close_notify_are_no_fatal_alerts)
{
    const struct observation *all;

    fixture_event(&f, "connection.open", 1, 1, "");
    fixture_event(&f, "tls.alert", 1, 1,
                  "\"direction\":\"sent\",\"level\":\"warning\",\"name\":\"user_canceled\"");
    fixture_event(&f, "tls.alert", 1, 1,
                  "\"direction\":\"received\",\"level\":\"fatal\",\"name\":\"close_notify\"");
    all = fixture_observe(&f);

    cr_expect_str_eq(of_step(all, 1, FACT_ALERT_SENT), "none");
    cr_expect_str_eq(of_step(all, 1, FACT_ALERT_RECEIVED), "none");
}
