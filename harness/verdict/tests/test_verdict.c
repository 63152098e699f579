#include "harness/verdict/tests/judged.h"

#include <criterion/criterion.h>
#include <string.h>

#define SERVER "server: {tls: \"1.3\", client_certificate: {ask: request, trust: [alpha, beta]}}\n"
#define TWO_MAILS(spec)                                                                            \
    "title: t\nspec: [" spec "]\n" SERVER "client: {certificates: [alice]}\nsteps:\n"              \
    "  - send: {}\n  - client: {certificates: [bob]}\n    send: {}\n"
#define ONE_MAIL(spec, expect)                                                                     \
    "title: t\nspec: [" spec "]\n" SERVER "client: {certificates: [alice]}\nsteps:\n"              \
    "  - send: {}\n    " expect "\n"

static struct fixture f;
static const struct profile curl = { .name = "curl" };

static void release(void)
{
    fixture_release(&f);
}

TestSuite(verdict, .fini = release, .timeout = 20);

Test(verdict, a_case_that_holds_passes)
{
    fixture_init(&f, TWO_MAILS("SAFE-1"));
    fixture_mail(&f, 1, 1, "alice", "no");
    fixture_mail(&f, 2, 2, "bob", "no");

    cr_assert_eq(fixture_judge(&f, &curl, false)->outcome, OUTCOME_PASS);
}

Test(verdict, mail_over_the_connection_of_another_breaks_safe_1)
{
    const struct result_case *result;

    fixture_init(&f, TWO_MAILS("SEED-S4"));
    fixture_mail(&f, 1, 1, "alice", "no");
    fixture_event(&f, "smtp.command", 1, 2,
                  "\"verb\":\"MAIL\",\"line\":\"MAIL FROM:<a@b>\",\"tls\":true");
    fixture_answer(&f, 2, "refused-by-smtp");
    result = fixture_judge(&f, &curl, false);

    cr_assert_eq(result->outcome, OUTCOME_FAIL, "got %s", outcome_name(result->outcome));
    cr_assert(fixture_breaks(result, "SAFE-1"));
}

Test(verdict, session_of_another_breaks_safe_2)
{
    const struct result_case *result;

    fixture_init(&f, TWO_MAILS("SEED-S4"));
    fixture_mail(&f, 1, 1, "alice", "no");
    fixture_mail(&f, 2, 2, "alice", "psk");
    result = fixture_judge(&f, &curl, false);

    cr_assert_eq(result->outcome, OUTCOME_FAIL);
    cr_assert(fixture_breaks(result, "SAFE-2"));
    cr_assert_not(fixture_breaks(result, "SAFE-1"));
}

Test(verdict, mail_in_the_clear_breaks_safe_3)
{
    fixture_init(&f, ONE_MAIL("SEED-S4", ""));
    fixture_event(&f, "connection.open", 1, 1, "");
    fixture_event(&f, "smtp.command", 1, 1,
                  "\"verb\":\"MAIL\",\"line\":\"MAIL FROM:<a@b>\",\"tls\":false");
    fixture_answer(&f, 1, "refused-by-smtp");

    cr_assert(fixture_breaks(fixture_judge(&f, &curl, false), "SAFE-3"));
}

Test(verdict, delivered_without_a_message_breaks_safe_5)
{
    fixture_init(&f, ONE_MAIL("SEED-S4", ""));
    fixture_event(&f, "connection.open", 1, 1, "");
    fixture_answer(&f, 1, "delivered");

    cr_assert(fixture_breaks(fixture_judge(&f, &curl, false), "SAFE-5"));
}

Test(verdict, a_message_taken_but_not_delivered_breaks_safe_5)
{
    fixture_init(&f, ONE_MAIL("SEED-S4", ""));
    fixture_mail(&f, 1, 1, "alice", "no");
    fixture_answer(&f, 1, "refused-by-smtp");

    cr_assert(fixture_breaks(fixture_judge(&f, &curl, false), "SAFE-5"));
}

Test(verdict, a_message_that_changed_breaks_safe_5)
{
    fixture_init(&f, ONE_MAIL("SEED-S4", ""));
    fixture_mail(&f, 1, 1, "alice", "no");
    f.evidence->answers[0].message_size--;

    cr_assert(fixture_breaks(fixture_judge(&f, &curl, false), "SAFE-5"));
}

Test(verdict, a_crash_breaks_safe_6)
{
    fixture_init(&f, ONE_MAIL("SEED-S4", ""));
    fixture_event(&f, "connection.open", 1, 1, "");
    fixture_answer(&f, 1, "crashed");

    cr_assert(fixture_breaks(fixture_judge(&f, &curl, false), "SAFE-6"));
}

/* --- invariants --- */

#define SAID(verb, tls) "\"verb\":\"" verb "\",\"line\":\"" verb "\",\"tls\":" tls

Test(verdict, an_anonymous_connection_is_none_for_a_client_with_a_certificate)
{
    static const struct {
        const char *name, *first, *second;
        bool asked, breaks;
    } rows[] = {
        { "it has a certificate now", "", "alice", true, true },
        { "it still has none", "", "", true, false },
        { "nobody would have asked for it", "", "alice", false, false },
        { "it had one, which the server did not get", "bob", "alice", true, false },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char yaml[512];

        if (i > 0)
            fixture_release(&f);
        (void)snprintf(yaml, sizeof(yaml),
                       "title: t\n" SERVER "client: {certificates: [%s]}\nsteps:\n"
                       "  - send: {}\n  - client: {certificates: [%s]}\n    send: {}\n",
                       rows[i].first, rows[i].second);
        fixture_init(&f, yaml);
        fixture_event(&f, "connection.open", 1, 1, "");
        if (rows[i].asked)
            fixture_event(&f, "tls.certificate_request", 1, 1, "\"names\":[]");
        fixture_event(&f, "tls.handshake", 1, 1, "\"version\":\"1.3\",\"resumed\":\"no\"");
        fixture_event(&f, "smtp.command", 1, 1, SAID("MAIL", "true"));
        fixture_answer(&f, 1, "refused-by-smtp");
        fixture_event(&f, "smtp.command", 1, 2, SAID("MAIL", "true"));
        fixture_answer(&f, 2, "refused-by-smtp");
        cr_expect_eq(fixture_breaks(fixture_judge(&f, &curl, false), "SAFE-1"), rows[i].breaks,
                     "%s", rows[i].name);
    }
}

Test(verdict, a_session_of_another_breaks_safe_2_on_every_connection_of_the_step)
{
    const struct result_case *result;

    fixture_init(&f, TWO_MAILS("SEED-S4"));
    fixture_mail(&f, 1, 1, "alice", "no");
    fixture_event(&f, "connection.open", 2, 2, "");
    fixture_event(&f, "tls.handshake", 2, 2,
                  "\"version\":\"1.3\",\"resumed\":\"psk\",\"identity\":\"|alice|\"");
    fixture_mail(&f, 3, 2, "bob", "no");
    result = fixture_judge(&f, &curl, false);

    cr_assert(fixture_breaks(result, "SAFE-2"), "the mail went over another connection");
    cr_assert_not(fixture_breaks(result, "SAFE-1"));
}

Test(verdict, what_counts_as_plaintext_depends_on_what_the_client_was_told)
{
    static const struct {
        const char *name, *tls, *verb, *under_tls;
        bool breaks;
    } rows[] = {
        { "mail", "required", "MAIL", "false", true },
        { "a password", "required", "auth", "false", true },
        { "no secret", "required", "EHLO", "false", false },
        { "behind TLS", "required", "MAIL", "true", false },
        { "where TLS is optional", "optional", "MAIL", "false", false },
        { "where there is none", "none", "MAIL", "false", false },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[512];

        if (i > 0)
            fixture_release(&f);
        (void)snprintf(text, sizeof(text),
                       "title: t\n" SERVER "client: {tls: %s}\nsteps:\n  - send: {}\n",
                       rows[i].tls);
        fixture_init(&f, text);
        fixture_event(&f, "connection.open", 1, 1, "");
        (void)snprintf(text, sizeof(text), "\"verb\":\"%s\",\"line\":\"%s x\",\"tls\":%s",
                       rows[i].verb, rows[i].verb, rows[i].under_tls);
        fixture_event(&f, "smtp.command", 1, 1, text);
        fixture_answer(&f, 1, "refused-by-smtp");
        cr_expect_eq(fixture_breaks(fixture_judge(&f, &curl, false), "SAFE-3"), rows[i].breaks,
                     "%s", rows[i].name);
    }
}

Test(verdict, who_answers_before_being_asked_after_an_injection_breaks_safe_4)
{
    static const struct {
        const char *name, *injected; /* NULL: nothing was */
        const char *early;
        bool breaks;
    } rows[] = {
        { "believed", "false", "true", true },
        { "not believed", "false", "false", false },
        { "injected under TLS", "true", "true", false },
        { "hasty without an injection", NULL, "true", false },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char members[256];

        if (i > 0)
            fixture_release(&f);
        fixture_init(&f, ONE_MAIL("SEED-S4", ""));
        fixture_event(&f, "connection.open", 1, 1, "");
        (void)snprintf(members, sizeof(members), "\"bytes\":\"250 x\",\"tls\":%s",
                       rows[i].injected != NULL ? rows[i].injected : "");
        if (rows[i].injected != NULL)
            fixture_event(&f, "smtp.inject", 1, 1, members);
        fixture_event(&f, "tls.handshake", 1, 1, "\"version\":\"1.3\",\"resumed\":\"no\"");
        (void)snprintf(members, sizeof(members), "%s,\"early\":%s", SAID("MAIL", "true"),
                       rows[i].early);
        fixture_event(&f, "smtp.command", 1, 1, members);
        fixture_answer(&f, 1, "refused-by-smtp");
        cr_expect_eq(fixture_breaks(fixture_judge(&f, &curl, false), "SAFE-4"), rows[i].breaks,
                     "%s", rows[i].name);
    }
}

Test(verdict, a_message_that_came_twice_breaks_safe_5)
{
    fixture_init(&f, ONE_MAIL("SEED-S4", ""));
    fixture_mail(&f, 1, 1, "alice", "no");
    fixture_mail(&f, 2, 1, "alice", "no");

    cr_assert(fixture_breaks(fixture_judge(&f, &curl, false), "SAFE-5"));
}

#define SCRIPTED(row)                                                                              \
    "title: t\nserver: {tls: \"1.3\", script: [" row "]}\n"                                        \
    "client: {certificates: [alice]}\nsteps:\n  - send: {}\n"

Test(verdict, what_the_script_did_explains_what_a_client_cannot_know)
{
    static const struct {
        const char *name, *yaml, *outcome, *rule;
        bool taken, timed_out, breaks;
    } rows[] = {
        { "a hang is no answer", SCRIPTED("{on: RCPT, reply: \"250 x\"}"), "", "SAFE-6", false,
          true, true },
        { "a server that is silent", SCRIPTED("{on: RCPT, stall: yes}"), "", "SAFE-6", false, true,
          false },
        { "a server that has gone is seen", SCRIPTED("{on: RCPT, close: reset}"), "", "SAFE-6",
          false, true, true },
        { "a client that tells of a time-out", SCRIPTED("{on: RCPT, reply: \"250 x\"}"), "timeout",
          "SAFE-6", false, false, false },
        { "taken, and the answer is lost", SCRIPTED("{on: body, close: reset}"),
          "protocol-violation", "SAFE-5", true, false, false },
        { "taken, and answered", SCRIPTED("{on: QUIT, reply: \"221 x\"}"), "protocol-violation",
          "SAFE-5", true, false, true },
        { "not taken, and the answer is lost", SCRIPTED("{on: body, close: reset}"), "delivered",
          "SAFE-5", false, false, true },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (i > 0)
            fixture_release(&f);
        fixture_init(&f, rows[i].yaml);
        fixture_event(&f, "connection.open", 1, 1, "");
        fixture_event(&f, "script", 1, 1, "\"site\":\"verb\",\"verb\":\"RCPT\",\"index\":0");
        if (rows[i].taken)
            fixture_event(&f, "smtp.message", 1, 1, "\"sha256\":\"" FIXTURE_MESSAGE_HASH "\"");
        fixture_answer(&f, 1, rows[i].outcome);
        f.evidence->answers[0].timed_out = rows[i].timed_out;
        cr_expect_eq(fixture_breaks(fixture_judge(&f, &curl, false), rows[i].rule), rows[i].breaks,
                     "%s", rows[i].name);
    }
}

Test(verdict, steps_that_send_nothing_break_nothing)
{
    const struct result_case *result;

    fixture_init(&f, "title: t\n" SERVER "client: {certificates: [alice]}\nsteps:\n"
                     "  - send: {}\n  - wait: connection.close\n");
    fixture_mail(&f, 1, 1, "alice", "no");
    fixture_event(&f, "server.step", 0, 2, "");
    result = fixture_judge(&f, &curl, false);

    cr_assert_eq(result->outcome, OUTCOME_PASS, "got %s", result->reason);
    cr_assert_eq(result->n_steps, 2);
}

/* --- levels --- */

Test(verdict, the_level_and_the_client_decide_what_a_miss_is)
{
    static const struct {
        const char *name, *yaml;
        bool reference, strict;
        enum outcome want;
    } rows[] = {
        { "a must is a fail", ONE_MAIL("SAFE-1", "expect: {presented: bob}"), false, false,
          OUTCOME_FAIL },
        { "a SHOULD is a warning", ONE_MAIL("CC-03", "expect: {presented: bob}"), false, false,
          OUTCOME_WARN },
        { "a SHOULD is a fail when strict", ONE_MAIL("CC-03", "expect: {presented: bob}"), false,
          true, OUTCOME_FAIL },
        { "a SHOULD binds the reference client", ONE_MAIL("CC-03", "expect: {presented: bob}"),
          true, false, OUTCOME_FAIL },
        { "should of a must case is a warning", ONE_MAIL("SAFE-1", "should: {presented: bob}"),
          false, false, OUTCOME_WARN },
        { "should binds the reference client", ONE_MAIL("SAFE-1", "should: {presented: bob}"), true,
          false, OUTCOME_FAIL },
        { "a MAY is never judged", ONE_MAIL("EM-04", "expect: {presented: bob}"), false, false,
          OUTCOME_PASS },
        { "without a spec it is the author's must", ONE_MAIL("", "expect: {presented: bob}"), false,
          false, OUTCOME_FAIL },
        { "what holds, passes", ONE_MAIL("SAFE-1", "expect: {presented: alice}"), true, true,
          OUTCOME_PASS },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct result_case *result;

        if (i > 0)
            fixture_release(&f);
        fixture_init(&f, rows[i].yaml);
        fixture_mail(&f, 1, 1, "alice", "no");
        result = fixture_judge(&f, rows[i].reference ? NULL : &curl, rows[i].strict);
        cr_expect_eq(result->outcome, rows[i].want, "%s: got %s", rows[i].name,
                     outcome_name(result->outcome));
    }
}

Test(verdict, all_expectations_of_a_step_are_judged)
{
    const struct result_case *result;
    size_t failed = 0;

    fixture_init(
        &f, ONE_MAIL("SAFE-1",
                     "expect: {presented: bob, identity: bob, outcome: delivered, messages: 2}"));
    fixture_mail(&f, 1, 1, "alice", "no");
    result = fixture_judge(&f, &curl, false);
    for (size_t i = 0; i < result->steps[0].n_checks; i++)
        failed += !result->steps[0].checks[i].passed;

    cr_assert_eq(failed, 3, "got %zu", failed);
    cr_assert_eq(result->steps[0].n_checks, 4);
    cr_assert_eq(result->steps[0].checks[0].line, 7);
    cr_assert(fixture_breaks(result, "SAFE-1"));
}

Test(verdict, ends_that_disagree_are_an_error_of_their_own)
{
    static const char report[] = "{\"handshake\":true,\"requested\":true,\"resumed\":\"psk\"}";
    const struct result_case *result;

    fixture_init(&f, ONE_MAIL("SAFE-1", "expect: {outcome: delivered}"));
    fixture_mail(&f, 1, 1, "alice", "no");
    f.evidence->answers[0].report = evidence_parse(f.context, report, strlen(report));
    result = fixture_judge(&f, NULL, false);

    cr_assert_eq(result->outcome, OUTCOME_ERROR, "got %s", outcome_name(result->outcome));
    cr_assert_not_null(strstr(result->reason, "disagree on resumed"), "got %s", result->reason);
}

Test(verdict, trouble_is_an_error)
{
    fixture_init(&f, ONE_MAIL("SAFE-1", ""));
    f.evidence->trouble = "no room";

    cr_assert_eq(fixture_judge(&f, NULL, false)->outcome, OUTCOME_ERROR);
}

Test(verdict, a_known_deviation_is_known_and_one_that_is_gone_is_fixed)
{
    static const char *const cases[] = { "other*", "fix*", NULL };
    const struct profile_known known = {
        .cases = cases, .rule = "SAFE-1", .reason = "r", .source = "s", .where = { "p", 1, 1, 1 }
    };
    const struct profile_known other = {
        .cases = cases, .rule = "SAFE-2", .reason = "r", .source = "s", .where = { "p", 1, 1, 1 }
    };
    const struct profile_known both[] = { other, known };
    const struct profile knows = { .name = "curl", .known = &known, .n_known = 1 };
    const struct profile another = {
        .name = "curl=x", .another_program = true, .known = &known, .n_known = 1
    };
    const struct profile knows_both = { .name = "curl", .known = both, .n_known = 2 };
    const struct profile knows_other = { .name = "curl", .known = &other, .n_known = 1 };

    fixture_init(&f, ONE_MAIL("SAFE-1", "expect: {presented: bob}"));
    fixture_mail(&f, 1, 1, "alice", "no");
    cr_expect_eq(fixture_judge(&f, &knows, false)->outcome, OUTCOME_KNOWN);
    cr_expect_eq(fixture_judge(&f, &knows_other, false)->outcome, OUTCOME_FAIL);
    cr_expect_eq(fixture_judge(&f, &knows_both, false)->outcome, OUTCOME_KNOWN, "the second row");
    f.evidence->answers[0].message_size--;
    cr_expect_eq(fixture_judge(&f, &knows_both, false)->outcome, OUTCOME_FAIL,
                 "SAFE-5 is broken too, which nobody knows");
    fixture_release(&f);
    fixture_init(&f, ONE_MAIL("SAFE-1", "expect: {presented: alice}"));
    fixture_mail(&f, 1, 1, "alice", "no");
    cr_expect_eq(fixture_judge(&f, &knows, false)->outcome, OUTCOME_FIXED);
    cr_expect_eq(fixture_judge(&f, &another, false)->outcome, OUTCOME_PASS);
}

Test(verdict, a_race_that_the_client_wins_is_not_fixed)
{
    static const char *const cases[] = { "fix*", NULL };
    const struct profile_known race = { .cases = cases,
                                        .rule = "SAFE-1",
                                        .sometimes = true,
                                        .reason = "r",
                                        .source = "s",
                                        .where = { "p", 1, 1, 1 } };
    const struct profile knows = { .name = "curl", .known = &race, .n_known = 1 };

    fixture_init(&f, ONE_MAIL("SAFE-1", "expect: {presented: bob}"));
    fixture_mail(&f, 1, 1, "alice", "no");
    cr_expect_eq(fixture_judge(&f, &knows, false)->outcome, OUTCOME_KNOWN);
    fixture_release(&f);
    fixture_init(&f, ONE_MAIL("SAFE-1", "expect: {presented: alice}"));
    fixture_mail(&f, 1, 1, "alice", "no");
    cr_expect_eq(fixture_judge(&f, &knows, false)->outcome, OUTCOME_PASS);
}

Test(verdict, a_self_test_passes_when_its_fault_is_caught_under_its_rule)
{
    static const struct {
        const char *name, *caught, *outcome;
        enum outcome want;
    } rows[] = {
        { "caught", "SAFE-5", "refused-by-smtp", OUTCOME_PASS },
        { "caught under another rule", "SAFE-2", "refused-by-smtp", OUTCOME_FAIL },
        { "nothing to catch", "SAFE-5", "delivered", OUTCOME_FAIL },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char yaml[512];

        if (i > 0)
            fixture_release(&f);
        (void)snprintf(yaml, sizeof(yaml), "caught: [%s]\n" ONE_MAIL("SAFE-5", ""), rows[i].caught);
        fixture_init(&f, yaml);
        fixture_mail(&f, 1, 1, "alice", "no");
        f.evidence->answers[0].outcome = rows[i].outcome;
        cr_expect_eq(fixture_judge(&f, NULL, false)->outcome, rows[i].want, "%s", rows[i].name);
    }
}
