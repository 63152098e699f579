/* Whole cases with clients that are a few lines of shell. */
#include "harness/run/run.h"

#include "harness/base/files.h"
#include "harness/base/process.h"
#include "harness/observe/tests/fixture.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#define SERVER "title: t\nserver: {tls: \"1.3\"}\n"

static struct fixture f;
static char directory[] = "/tmp/counterseal-run-XXXXXX";

static void init(void)
{
    /* As command_run() has it. */
    (void)signal(SIGPIPE, SIG_IGN);
    cr_assert_not_null(mkdtemp(directory));
}

static void release(void)
{
    struct error err = { 0 };

    fixture_release(&f);
    cr_expect_eq(files_remove(directory, &err), 0, "%s", err.text);
}

TestSuite(run, .init = init, .fini = release, .timeout = 60);

/* Plays a scenario with a client that is a script. */
static const struct evidence *play(const char *yaml, const struct profile *likeness,
                                   const char *script)
{
    struct profile profile = *likeness;
    const struct run_options options = { .profile = &profile,
                                         .directory = directory,
                                         .life_fd = -1 };
    const char *path;
    char *text;
    struct error err = { 0 };

    fixture_init(&f, yaml);
    path = talloc_asprintf(f.context, "%s/client", directory);
    text = talloc_asprintf(f.context, "#!/bin/sh\n%s\n", script);
    cr_assert_eq(files_write(path, text, strlen(text), 0700, &err), 0, "%s", err.text);
    profile.command = talloc_asprintf(f.context, "%s {port}", path);
    if (profile.driver)
        profile.command = path;
    return run_case(f.context, f.scenario, f.pki, &options);
}

static const struct profile_outcome outcomes[] = {
    { .exit = 0, .outcome = "delivered" },
    { .exit = PROFILE_ANY_EXIT, .matches = "alert (bad|unknown)", .outcome = "tls-refused" },
    { .exit = 7, .outcome = "connect-failed" },
};
static const struct profile one_shot = { .name = "one shot",
                                         .outcomes = outcomes,
                                         .n_outcomes = 3 };
static const struct profile several = {
    .name = "several", .send = "{message}", .next = "--next", .answer = "^answer ([0-9]+)"
};
static const struct profile driver = { .name = "driver", .driver = true };

static const struct end_case {
    const char *name, *script;
    const char *outcome; /* NULL: it says nothing */
    int status;
} end_cases[] = {
    { "exit 0", "exit 0", "delivered", 0 },
    { "an exit code of the profile", "exit 7", "connect-failed", 7 },
    { "an exit code that means nothing", "exit 3", NULL, 3 },
    { "words on its errors", "echo 'ALERT Unknown ca' >&2; exit 3", "tls-refused", 3 },
    { "words without a line end", "printf 'alert bad'; exit 7", "tls-refused", 7 },
    { "killed", "kill -9 $$", "crashed", -9 },
    { "it closes what it has", "exec <&- >&- 2>&-; exit 7", "connect-failed", 7 },
};

Test(run, how_a_process_ends_is_its_answer)
{
    for (size_t i = 0; i < sizeof(end_cases) / sizeof(end_cases[0]); i++) {
        const struct end_case *row = &end_cases[i];
        const struct evidence *evidence =
            play(SERVER "steps:\n  - send: {}\n", &one_shot, row->script);
        const struct evidence_answer *answer = &evidence->answers[0];

        cr_expect_null(evidence->trouble, "%s: %s", row->name, evidence->trouble);
        cr_expect(answer->ended && answer->exited, "%s: it has not ended", row->name);
        cr_expect_eq(answer->status, row->status, "%s: got %d", row->name, answer->status);
        cr_expect_str_eq(answer->outcome != NULL ? answer->outcome : "(nothing)",
                         row->outcome != NULL ? row->outcome : "(nothing)", "%s: got %s", row->name,
                         answer->outcome);
        if (i + 1 < sizeof(end_cases) / sizeof(end_cases[0]))
            fixture_release(&f);
    }
}

Test(run, a_client_that_does_not_answer_is_ended_at_the_deadline)
{
    const struct evidence *evidence = play(SERVER "deadline: 1\nsteps:\n  - send: {}\n", &one_shot,
                                           "echo begun; exec tail -f /dev/null");

    cr_expect_null(evidence->trouble, "got %s", evidence->trouble);
    cr_expect(evidence->answers[0].timed_out);
    cr_expect_not(evidence->answers[0].exited);
    cr_expect_str_eq(evidence->client_output, "begun\n");
}

Test(run, a_flood_is_cut_and_ends_at_the_deadline)
{
    int64_t begun = process_now_ms();
    const struct evidence *evidence =
        play(SERVER "deadline: 1\nsteps:\n  - send: {}\n", &one_shot, "yes & exec yes >&2");

    cr_expect_null(evidence->trouble, "got %s", evidence->trouble);
    cr_expect(evidence->answers[0].timed_out);
    cr_expect_leq(strlen(evidence->client_output), CLIENT_OUTPUT_MAX);
    cr_expect_geq(strlen(evidence->client_output), CLIENT_OUTPUT_MAX / 2);
    cr_expect_leq(strlen(evidence->client_errors), CLIENT_OUTPUT_MAX);
    /* The deadline and the grace of the server's record, not the one of the worker. */
    cr_expect_leq(process_now_ms() - begun, 5000);
}

Test(run, what_a_client_writes_is_kept_as_a_text)
{
    const struct evidence *evidence =
        play(SERVER "steps:\n  - send: {}\n", &one_shot,
             "printf 'a\\000b\\nlast'; head -c 3000000 /dev/zero | tr '\\000' x >&2");

    cr_expect_null(evidence->trouble, "got %s", evidence->trouble);
    cr_expect_str_eq(evidence->client_output, "a?b\nlast\n");
    cr_expect_eq(strlen(evidence->client_errors), CLIENT_OUTPUT_MAX, "got %zu",
                 strlen(evidence->client_errors));
}

/* --- several mails --- */

#define TWO_MAILS SERVER "steps:\n  - send: {}\n  - send: {}\n"

Test(run, a_process_that_sends_several_mails_answers_each)
{
    const struct evidence *evidence = play(
        TWO_MAILS, &several, "cat $2 >/dev/null; echo answer 0; cat $4 >/dev/null; echo answer 5");

    cr_expect_null(evidence->trouble, "got %s", evidence->trouble);
    cr_expect_eq(evidence->steps_played, 2);
    cr_expect_str_eq(evidence->answers[0].outcome, "delivered");
    cr_expect_null(evidence->answers[1].outcome);
    cr_expect_str_eq(evidence->answers[1].error, "answer 5");
}

Test(run, a_process_that_ends_before_its_next_mail_has_crashed)
{
    const struct evidence *evidence =
        play(TWO_MAILS, &several, "cat $2 >/dev/null; echo answer 0; exit 0");

    cr_expect_null(evidence->trouble, "got %s", evidence->trouble);
    cr_expect_str_eq(evidence->answers[0].outcome, "delivered");
    cr_expect_str_eq(evidence->answers[1].outcome, "crashed");
    cr_expect_not(evidence->answers[1].timed_out);
}

/* --- drivers --- */

/* Answers every line with its step. */
#define ANSWERING                                                                                  \
    "n=0; while read -r line; do n=$((n + 1)); "                                                   \
    "echo '{\"step\":'$n',\"outcome\":\"delivered\",\"error\":\"'${#line}'\"}'; done"

Test(run, a_driver_answers_a_line_with_a_line)
{
    const struct evidence *evidence = play(TWO_MAILS, &driver, "echo hello >&2; " ANSWERING);

    cr_expect_null(evidence->trouble, "got %s", evidence->trouble);
    cr_expect_str_eq(evidence->answers[0].outcome, "delivered");
    cr_expect_str_eq(evidence->answers[1].outcome, "delivered");
    cr_expect_not_null(evidence->answers[1].report);
}

Test(run, a_request_larger_than_a_pipe_comes_whole)
{
    void *context = talloc_new(NULL);
    char *yaml = talloc_strdup(context, SERVER "steps:\n  - send:\n      to: [r0@example.test");
    const struct evidence *evidence;

    for (int i = 1; i < 8000; i++)
        yaml = talloc_asprintf_append_buffer(yaml, ", r%d@example.test", i);
    yaml = talloc_strdup_append_buffer(yaml, "]\n");
    evidence =
        play(yaml, &driver,
             "line=$(head -n 1); case $line in *r7999@example.test*'}') ;; *) exit 9 ;; esac\n"
             "echo '{\"step\":1,\"outcome\":\"delivered\"}'; cat");
    cr_expect_null(evidence->trouble, "got %s", evidence->trouble);
    cr_expect_str_eq(evidence->answers[0].outcome, "delivered");
    talloc_free(context);
}

static const struct driver_case {
    const char *name, *script;
    const char *outcomes[2]; /* NULL: it is not played, or has none */
    const char *trouble;
} driver_cases[] = {
    { "it closes its input and answers",
      "exec <&-; echo '{\"step\":1,\"outcome\":\"delivered\"}'; exec tail -f /dev/null",
      { "delivered", "timeout" },
      NULL },
    { "it dies by a signal", "kill -9 $$", { "crashed", NULL }, NULL },
    { "it ends without an answer",
      "exit 4",
      { "crashed", NULL },
      "the client's driver ended with 4 and without an answer" },
    { "it says that it cannot go on",
      "read -r line; echo '{\"step\":1,\"failure\":\"no room\"}'; cat",
      { NULL, NULL },
      "the client's driver: no room" },
    { "it ends after its first answer",
      "read -r line; echo '{\"step\":1,\"outcome\":\"delivered\"}'",
      { "delivered", "crashed" },
      NULL },
    { "it dies after its first answer",
      "read -r line; echo '{\"step\":1,\"outcome\":\"delivered\"}'; kill -9 $$",
      { NULL, "crashed" },
      NULL },
    { "it answers another step",
      "read -r line; echo '{\"step\":2,\"outcome\":\"delivered\"}'; exit 4",
      { NULL, NULL },
      "the client's driver: it answered for step 2, not for step 1: "
      "{\"step\":2,\"outcome\":\"delivered\"}" },
    { "it answers rubbish",
      "read -r line; echo hello; cat",
      { NULL, NULL },
      "the client's driver: it answered with no JSON object: hello" },
};

Test(run, a_driver_that_breaks_its_contract_is_told)
{
    for (size_t i = 0; i < sizeof(driver_cases) / sizeof(driver_cases[0]); i++) {
        const struct driver_case *row = &driver_cases[i];
        const struct evidence *evidence =
            play(SERVER "deadline: 2\nsteps:\n  - send: {}\n  - send: {}\n", &driver, row->script);

        cr_expect_str_eq(evidence->trouble != NULL ? evidence->trouble : "",
                         row->trouble != NULL ? row->trouble : "", "%s: got %s", row->name,
                         evidence->trouble);
        for (int j = 0; j < 2; j++) {
            const struct evidence_answer *answer = &evidence->answers[j];
            const char *got = answer->timed_out ? "timeout" : answer->outcome;

            if (row->outcomes[j] != NULL)
                cr_expect_str_eq(got != NULL ? got : "(nothing)", row->outcomes[j],
                                 "%s: got %s in step %d", row->name, got, j + 1);
        }
        if (i + 1 < sizeof(driver_cases) / sizeof(driver_cases[0]))
            fixture_release(&f);
    }
}

Test(run, nothing_that_was_started_is_left)
{
    (void)play(SERVER "steps:\n  - send: {}\n", &one_shot, "setsid tail -f /dev/null & exit 0");

    cr_expect_eq(process_kill_all(), 0);
}
