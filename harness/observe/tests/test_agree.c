#include "harness/observe/tests/fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static struct fixture f;

static const struct agree_case {
    const char *name, *report;
    const char *want; /* NULL: they agree */
} agree_cases[] = {
    { "the same in all",
      "{\"handshake\":true,\"requested\":true,\"presented\":\"|alice|\",\"offered\":\"none\","
      "\"resumed\":\"no\",\"tls\":\"1.3\"}",
      NULL },
    { "another certificate", "{\"handshake\":true,\"presented\":\"|bob|\"}",
      "step 1: the ends disagree on presented: the client says bob, the server saw alice" },
    { "no certificate", "{\"handshake\":true,\"presented\":\"empty\"}",
      "disagree on presented: the client says empty, the server saw alice" },
    { "not asked", "{\"handshake\":true,\"requested\":false}",
      "disagree on requested: the client says no, the server saw yes" },
    { "another offer", "{\"handshake\":true,\"offered\":\"psk\"}", "disagree on offered" },
    { "resumed", "{\"handshake\":true,\"resumed\":\"psk\"}", "disagree on resumed" },
    { "resumed by whatever", "{\"handshake\":true,\"resumed\":\"yes\"}", "disagree on resumed" },
    { "another version", "{\"handshake\":true,\"tls\":\"1.2\"}", "disagree on tls" },
    { "a version that is not said", "{\"handshake\":true,\"tls\":\"\"}", NULL },
    { "nothing is said", "{\"handshake\":true}", NULL },
    { "not finished at the client's end", "{\"handshake\":false,\"resumed\":\"psk\"}", NULL },
};

static void init(void)
{
    fixture_init(&f, "title: t\nserver: {tls: \"1.3\"}\nclient: {certificates: [alice]}\n"
                     "steps:\n  - send: {}\n  - send: {}\n");
    fixture_mail(&f, 1, 1, "alice", "no");
}

static void release(void)
{
    fixture_release(&f);
}

TestSuite(agree, .init = init, .fini = release, .timeout = 20);

Test(agree, what_both_ends_know_must_be_the_same)
{
    for (size_t i = 0; i < sizeof(agree_cases) / sizeof(agree_cases[0]); i++) {
        const struct agree_case *row = &agree_cases[i];
        const char *got;

        fixture_report(&f, 1, row->report);
        got = fixture_observe(&f)->disagreement;
        if (row->want == NULL)
            cr_expect_null(got, "%s: got %s", row->name, got);
        else
            cr_expect(got != NULL && strstr(got, row->want) != NULL, "%s: got %s", row->name,
                      got != NULL ? got : "nothing");
    }
}

Test(agree, a_handshake_of_an_earlier_step_is_not_compared)
{
    fixture_event(&f, "smtp.command", 1, 2, "\"verb\":\"MAIL\",\"line\":\"MAIL\",\"tls\":true");
    fixture_answer(&f, 2, "delivered");
    fixture_report(&f, 2, "{\"handshake\":true,\"requested\":false,\"presented\":\"nothing\"}");

    cr_assert_null(fixture_observe(&f)->disagreement);
}

Test(agree, a_handshake_that_the_server_never_finished_is_not_compared)
{
    fixture_event(&f, "connection.open", 2, 2, "");
    fixture_event(&f, "tls.client_hello", 2, 2, "\"offered\":\"none\"");
    fixture_answer(&f, 2, "tls-refused");
    fixture_report(&f, 2, "{\"handshake\":true,\"offered\":\"psk\"}");

    cr_assert_null(fixture_observe(&f)->disagreement);
}

Test(agree, resumed_by_whatever_is_resumed)
{
    fixture_mail(&f, 2, 2, "alice", "psk");
    fixture_answer(&f, 2, "delivered");
    fixture_report(&f, 2, "{\"handshake\":true,\"resumed\":\"yes\"}");

    cr_assert_null(fixture_observe(&f)->disagreement);
}
