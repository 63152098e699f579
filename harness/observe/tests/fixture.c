#include "harness/observe/tests/fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#define MESSAGE "Subject: x\r\n\r\nbody\r\n"

void fixture_init(struct fixture *fixture, const char *yaml)
{
    char path[] = "/tmp/counterseal-fixture-XXXXXX";
    struct scenario_list list = { 0 };
    struct scenario_errors errors = { NULL, 0 };
    struct error err = { 0 };
    int fd = mkstemp(path);

    cr_assert(fd >= 0 && write(fd, yaml, strlen(yaml)) == (ssize_t)strlen(yaml));
    close(fd);
    *fixture = (struct fixture){ .context = talloc_new(NULL) };
    (void)scenario_load(fixture->context, path, "fixture", NULL, &list, &errors);
    unlink(path);
    if (errors.n > 0)
        scenario_errors_print(stderr, &errors);
    cr_assert_eq(errors.n, 0, "the fixture's scenario has %zu mistakes", errors.n);
    fixture->scenario = list.items[0];
    fixture->pki = pki_open(time(NULL), NULL);
    cr_assert_eq(pki_mint_cast(fixture->pki, &err), 0, "%s", err.text);
    fixture->evidence = talloc_zero(fixture->context, struct evidence);
    fixture->evidence->n_answers = fixture->scenario->n_steps;
    fixture->evidence->answers = talloc_zero_array(fixture->evidence, struct evidence_answer,
                                                   (unsigned)fixture->scenario->n_steps);
    for (size_t i = 0; i < fixture->evidence->n_answers; i++)
        fixture->evidence->answers[i].error = "";
}

void fixture_release(struct fixture *fixture)
{
    pki_close(fixture->pki);
    talloc_free(fixture->context);
}

/* Puts fingerprints in the place of |names|. */
static char *with_fingerprints(const struct fixture *fixture, const char *members)
{
    char *out = talloc_strdup(fixture->context, "");

    while (*members != '\0') {
        size_t length = strcspn(members, "|");
        char name[64];

        out = talloc_asprintf_append_buffer(out, "%.*s", (int)length, members);
        members += length;
        if (*members == '\0')
            break;
        length = strcspn(members + 1, "|");
        (void)snprintf(name, sizeof(name), "%.*s", (int)length, members + 1);
        out = talloc_asprintf_append_buffer(out, "%s", pki_find(fixture->pki, name)->fingerprint);
        members += length + 2;
    }
    return out;
}

void fixture_event(struct fixture *fixture, const char *name, int connection, int step,
                   const char *members)
{
    char *line = talloc_asprintf(
        fixture->context, "{\"t\":%zu,\"event\":\"%s\",\"connection\":%d,\"step\":%d%s%s}",
        fixture->evidence->n_events, name, connection, step, members[0] != '\0' ? "," : "",
        with_fingerprints(fixture, members));

    cr_assert_not_null(evidence_add(fixture->evidence, line, strlen(line)), "no event: %s", line);
    if (step > fixture->evidence->steps_played)
        fixture->evidence->steps_played = step;
}

void fixture_answer(struct fixture *fixture, int step, const char *outcome)
{
    struct evidence_answer *answer = &fixture->evidence->answers[step - 1];

    *answer = (struct evidence_answer){
        .sent = true,
        .ended = true,
        .exited = outcome[0] == '\0',
        .status = 1,
        .outcome = outcome[0] != '\0' ? outcome : NULL,
        .error = "",
        .message = MESSAGE,
        .message_size = strlen(MESSAGE),
    };
    if (step > fixture->evidence->steps_played)
        fixture->evidence->steps_played = step;
}

void fixture_report(struct fixture *fixture, int step, const char *report)
{
    const char *text = with_fingerprints(fixture, report);

    fixture->evidence->answers[step - 1].report =
        evidence_parse(fixture->context, text, strlen(text));
    cr_assert_not_null(fixture->evidence->answers[step - 1].report, "no report: %s", text);
}

void fixture_mail(struct fixture *fixture, int connection, int step, const char *identity,
                  const char *resumed)
{
    bool full = strcmp(resumed, "no") == 0;
    char members[512];

    fixture_event(fixture, "connection.open", connection, step, "");
    fixture_event(fixture, "tls.client_hello", connection, step,
                  full ? "\"offered\":\"none\"" : "\"offered\":\"psk\"");
    if (full) {
        fixture_event(fixture, "tls.certificate_request", connection, step, "\"names\":[]");
        (void)snprintf(
            members, sizeof(members),
            "\"entries\":%d,\"fingerprints\":[%s%s%s],\"subjects\":[\"CN=x\"],\"requested\":true",
            identity[0] != '\0', identity[0] != '\0' ? "\"|" : "", identity,
            identity[0] != '\0' ? "|\"" : "");
        fixture_event(fixture, "tls.certificate", connection, step, members);
    }
    (void)snprintf(members, sizeof(members),
                   "\"version\":\"1.3\",\"resumed\":\"%s\",\"identity\":\"%s%s%s\"", resumed,
                   identity[0] != '\0' ? "|" : "", identity, identity[0] != '\0' ? "|" : "");
    fixture_event(fixture, "tls.handshake", connection, step, members);
    fixture_event(fixture, "smtp.command", connection, step,
                  "\"verb\":\"MAIL\",\"line\":\"MAIL FROM:<a@b>\",\"tls\":true");
    fixture_event(fixture, "smtp.message", connection, step,
                  "\"from\":\"a@b\",\"to\":[\"c@d\"],\"size\":20,\"sha256\":\"" FIXTURE_MESSAGE_HASH
                  "\"");
    fixture_answer(fixture, step, "delivered");
}

const struct observation *fixture_observe(const struct fixture *fixture)
{
    return observe(fixture->context, fixture->scenario, fixture->pki, fixture->evidence, false);
}
