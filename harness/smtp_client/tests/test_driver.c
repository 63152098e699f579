#include "harness/smtp_client/tests/stage.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs the driver over the lines; the answers are in an array. */
static json_t *drive(const char *lines)
{
    json_t *answers = json_array();
    FILE *in = tmpfile();
    FILE *out = tmpfile();
    char *line = NULL;
    size_t room = 0;

    fputs(lines, in);
    rewind(in);
    cr_expect_eq(smtp_client_drive(fileno(in), fileno(out)), 0);
    rewind(out);
    while (getline(&line, &room, out) > 0)
        json_array_append_new(answers, json_loads(line, 0, NULL));
    free(line);
    fclose(in);
    fclose(out);
    return answers;
}

static const char *text_of(const json_t *answers, size_t n, const char *key)
{
    const char *text = json_string_value(json_object_get(json_array_get(answers, n), key));

    return text != NULL ? text : "(none)";
}

static void write_message(const struct stage *stage)
{
    FILE *stream = fopen(cast_file(&stage->cast, "message"), "w");

    fputs("Subject: x\r\n\r\nx\r\n", stream);
    fclose(stream);
}

/* One line of the driver; `more` goes into the object. */
static char *add_line(const struct stage *stage, char *place, int step, const char *more)
{
    return place +
           snprintf(place, 2048,
                    "{\"step\":%d,\"host\":\"mail.example.test\",\"port\":%d,\"mode\":\"starttls\","
                    "\"trust\":\"%s\",\"from\":\"a@example.test\",\"to\":[\"b@example.test\"],"
                    "\"message\":\"%s\",\"timeout_ms\":4000%s}\n",
                    step, peer_port(stage->peer), stage->trust, cast_file(&stage->cast, "message"),
                    more);
}

Test(driver, answers_every_step, .timeout = 10)
{
    const struct peer_settings settings = { .ask = SSL_VERIFY_PEER };
    struct stage stage;
    char lines[8192];
    char more[1024];
    char *place = lines;
    json_t *answers;

    stage_open(&stage, &settings);
    write_message(&stage);
    snprintf(more, sizeof(more),
             ",\"certificates\":[{\"cert\":\"%s\",\"key\":\"%s\",\"name\":\"alice\"}]",
             cast_certificate(&stage.cast, ALICE), cast_key(&stage.cast, ALICE));
    place = add_line(&stage, place, 1, more);
    place = add_line(&stage, place, 2, more);
    add_line(&stage, place, 3, ",\"certificates\":[],\"new_client\":true");
    answers = drive(lines);
    cr_expect_eq(json_array_size(answers), 3);
    cr_expect_str_eq(text_of(answers, 0, "outcome"), "delivered", "got %s",
                     text_of(answers, 0, "error"));
    cr_expect_str_eq(text_of(answers, 0, "presented"), cast_fingerprint(&stage.cast, ALICE));
    cr_expect_str_eq(text_of(answers, 1, "resumed"), "psk");
    cr_expect_str_eq(text_of(answers, 1, "presented"), "nothing");
    cr_expect_str_eq(text_of(answers, 2, "resumed"), "no");
    cr_expect_str_eq(text_of(answers, 2, "presented"), "empty");
    cr_expect_eq(json_integer_value(json_object_get(json_array_get(answers, 2), "step")), 3);
    json_decref(answers);
    stage_close(&stage);
}

Test(driver, reads_the_files_at_every_step, .timeout = 10)
{
    const struct peer_settings settings = { .ask = SSL_VERIFY_PEER };
    struct stage stage;
    char line[4096];
    char more[1024];
    json_t *answers;

    stage_open(&stage, &settings);
    write_message(&stage);
    snprintf(more, sizeof(more), ",\"certificates\":[{\"cert\":\"%s\",\"key\":\"%s\"}]",
             cast_certificate(&stage.cast, ALICE), cast_key(&stage.cast, ALICE));
    add_line(&stage, line, 1, more);
    json_decref(drive(line));
    cast_write(&stage.cast, ALICE_2, ALICE);
    answers = drive(line);
    cr_expect_str_eq(text_of(answers, 0, "presented"), cast_fingerprint(&stage.cast, ALICE_2));
    cr_expect_str_eq(text_of(answers, 0, "offered"), "none");
    json_decref(answers);
    stage_close(&stage);
}

Test(driver, answers_what_it_cannot_do_with_a_failure, .timeout = 10)
{
    static const char *const rows[] = {
        "",
        "{",
        "[]",
        "{}",
        "nonsense",
        "{\"step\":1,\"step\":2}",
        "{\"step\":1,\"host\":\"localhost\",\"port\":\"25\"}",
        "{\"step\":1,\"host\":\"localhost\",\"port\":25,\"from\":\"a\",\"to\":[]}",
        "{\"step\":1,\"host\":\"localhost\",\"port\":25,\"from\":\"a\",\"to\":[1]}",
        "{\"step\":1,\"host\":\"localhost\",\"port\":25,\"from\":\"a\",\"to\":\"b\",\"message\":\"/"
        "nowhere\"}",
        "{\"step\":1,\"host\":\"localhost\",\"port\":25,\"from\":\"a\",\"to\":\"b\",\"mode\":"
        "\"x\"}",
        "{\"step\":1,\"host\":\"localhost\",\"port\":25,\"from\":\"a\",\"to\":\"b\",\"misbehave\":"
        "\"x\"}",
        "{\"step\":1,\"host\":\"localhost\",\"port\":25,\"from\":\"a\",\"to\":\"b\",\"policy\":"
        "\"x\"}",
        "{\"step\":1,\"host\":\"localhost\",\"port\":25,\"from\":\"a\",\"to\":\"b\",\"trust\":\"/"
        "nowhere\"}",
        "{\"step\":1,\"host\":\"localhost\",\"port\":25,\"from\":\"a\",\"to\":\"b\",\"message\":\"/"
        "dev/null\","
        "\"certificates\":[{\"cert\":\"/nowhere\"}]}",
        "{\"step\":1,\"host\":\"localhost\",\"port\":25,\"from\":\"a\",\"to\":\"b\",\"message\":\"/"
        "dev/null\","
        "\"certificates\":[1]}",
        "{\"step\":1,\"host\":\"localhost\",\"port\":25,\"from\":\"a\",\"to\":\"b\",\"message\":\"/"
        "dev/null\","
        "\"certificates\":{}}",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[512];
        json_t *answers;

        snprintf(line, sizeof(line), "%s\n", rows[i]);
        answers = drive(line);
        cr_expect_eq(json_array_size(answers), 1, "%s", rows[i]);
        cr_expect_str_neq(text_of(answers, 0, "failure"), "(none)", "%s", rows[i]);
        json_decref(answers);
    }
}

/* What the coordinator does: warm libraries, then a child that never executes another program. */
Test(driver, works_in_a_child_of_a_warm_parent, .timeout = 10)
{
    const struct peer_settings settings = { .ask = SSL_VERIFY_PEER };
    struct stage stage;
    char line[4096];
    pid_t child;
    int status;

    stage_open(&stage, &settings);
    write_message(&stage);
    stage_send(&stage);
    add_line(&stage, line, 1, "");
    (void)peer_seen(stage.peer, 1); /* its thread holds no lock when the child is forked */
    child = fork();
    if (child == 0) {
        json_t *answers = drive(line);

        _exit(strcmp(text_of(answers, 0, "outcome"), "delivered") == 0 ? 0 : 1);
    }
    waitpid(child, &status, 0);
    cr_expect_eq(status, 0);
    stage_close(&stage);
}
