#include "harness/observe/tests/fixture.h"

#include "harness/base/files.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

static struct fixture f;
static char directory[] = "/tmp/counterseal-messages-XXXXXX";

static void init(void)
{
    cr_assert_not_null(mkdtemp(directory));
    fixture_init(&f, "title: t\nserver: {tls: \"1.3\"}\nclient: {certificates: [alice]}\n"
                     "steps:\n  - send: {}\n");
    fixture_mail(&f, 1, 1, "alice", "no");
}

static void release(void)
{
    struct error err = { 0 };

    fixture_release(&f);
    cr_expect_eq(files_remove(directory, &err), 0, "%s", err.text);
}

TestSuite(messages, .init = init, .fini = release, .timeout = 20);

static const char *intact(bool body_only)
{
    const struct observation *all = observe(f.context, f.scenario, f.pki, f.evidence, body_only);

    return observe_words(f.context, &all->steps[0].facts[FACT_MESSAGE_INTACT]);
}

Test(messages, that_came_byte_for_byte_are_intact)
{
    const char *sent = f.evidence->answers[0].message;

    cr_expect_str_eq(intact(false), "yes");
    f.evidence->answers[0].message_size--;
    cr_expect_str_eq(intact(false), "no", "one byte is missing");
    f.evidence->answers[0].message_size++;
    f.evidence->answers[0].message = talloc_asprintf(f.context, "s%s", sent + 1);
    cr_expect_str_eq(intact(false), "no", "one byte has changed");
    f.evidence->answers[0].message = NULL;
    cr_expect_str_eq(intact(false), "no", "nothing was to be sent");
}

/* What was sent is "Subject: x", an empty line, "body". */
static const struct body_case {
    const char *name, *taken, *want;
} body_cases[] = {
    { "as it is", "Subject: x\r\n\r\nbody\r\n", "yes" },
    { "with headers more", "Received: y\r\nSubject: x\r\n\r\nbody\r\n", "yes" },
    { "without a line end", "Subject: x\r\n\r\nbody", "no" },
    { "with a line more", "Subject: x\r\n\r\nbody\r\n\r\n", "no" },
    { "with another letter", "Subject: x\r\n\r\nbodY\r\n", "no" },
    { "without headers", "body\r\n", "yes" },
    { "nothing", "", "no" },
};

Test(messages, of_a_client_that_adds_headers_are_compared_by_their_body)
{
    const char *path = talloc_asprintf(f.context, "%s/1.eml", directory);
    char *members = talloc_asprintf(f.context, "\"sha256\":\"00\",\"file\":\"%s\"", path);
    struct error err = { 0 };

    fixture_event(&f, "smtp.message", 1, 1, members);
    cr_expect_str_eq(intact(true), "no", "there is no file");
    for (size_t i = 0; i < sizeof(body_cases) / sizeof(body_cases[0]); i++) {
        const struct body_case *row = &body_cases[i];

        cr_assert_eq(files_write(path, row->taken, strlen(row->taken), 0600, &err), 0);
        cr_expect_str_eq(intact(true), row->want, "%s", row->name);
    }
}

Test(messages, the_last_one_of_the_step_is_spoken_of)
{
    const struct observation *all;

    fixture_event(&f, "smtp.message", 1, 1,
                  "\"from\":\"e@f\",\"to\":[\"g@h\",\"i@j\"],\"size\":7,\"sha256\":\"00\"");
    all = fixture_observe(&f);

    cr_expect_str_eq(observe_words(f.context, &all->steps[0].facts[FACT_MESSAGES]), "2");
    cr_expect_str_eq(observe_words(f.context, &all->steps[0].facts[FACT_MESSAGE_FROM]), "e@f");
    cr_expect_str_eq(observe_words(f.context, &all->steps[0].facts[FACT_MESSAGE_TO]), "g@h, i@j");
    cr_expect_str_eq(observe_words(f.context, &all->steps[0].facts[FACT_MESSAGE_SIZE]), "7");
    cr_expect_str_eq(intact(false), "no");
}
