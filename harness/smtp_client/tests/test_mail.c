#include "harness/smtp_client/tests/stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void compose(const struct smtp_mail *mail, struct smtp_composed *composed)
{
    char why[256] = "";

    cr_assert_eq(smtp_mail_compose(mail, composed, why, sizeof(why)), 0, "%s", why);
}

static void expect_part(const struct smtp_composed *composed, const char *part)
{
    cr_expect_not_null(memmem(composed->bytes, composed->message.size, part, strlen(part)),
                       "no \"%s\" in: %.*s", part, (int)composed->message.size, composed->bytes);
}

Test(mail, is_made_of_its_parts)
{
    const struct smtp_mail mail = { .from = "Ben, B <ben@contoso.com>",
                                    .to = LIST("jane@contoso.com", "Zo\xc3\xab <zoe@x.test>"),
                                    .cc = LIST("c@x.test"),
                                    .bcc = LIST("hidden@x.test"),
                                    .subject = "Using the new SMTP client.",
                                    .text = "One\n.two\r\nthree",
                                    .headers = LIST("X-A: b") };
    struct smtp_composed composed;

    compose(&mail, &composed);
    cr_expect_str_eq(composed.message.from, "ben@contoso.com");
    cr_expect_str_eq(composed.message.to[0], "jane@contoso.com");
    cr_expect_str_eq(composed.message.to[1], "zoe@x.test");
    cr_expect_str_eq(composed.message.to[3], "hidden@x.test");
    cr_expect_null(composed.message.to[4]);
    expect_part(&composed, "From: \"Ben, B\" <ben@contoso.com>\r\n");
    expect_part(&composed, "To: jane@contoso.com,\r\n =?UTF-8?B?Wm/Dqw==?= <zoe@x.test>\r\n");
    expect_part(&composed, "\r\nX-A: b\r\n");
    expect_part(&composed, "\r\n\r\nOne\r\n.two\r\nthree\r\n");
    cr_expect_null(memmem(composed.bytes, composed.message.size, "hidden", 6));
    smtp_composed_release(&composed);
}

Test(mail, has_several_parts_by_mime, .timeout = 10)
{
    const struct smtp_attachment attachment = { "/etc/hostname", "name.txt", "text/x-name" };
    const struct smtp_mail mail = { .from = "a@x.test",
                                    .to = LIST("b@x.test"),
                                    .subject = "\xc3\x9c",
                                    .text = "\xc3\xa4\n.\n..\n",
                                    .html = "<b>x</b>",
                                    .attachments = &attachment,
                                    .n_attachments = 1 };
    struct smtp_composed composed;

    compose(&mail, &composed);
    expect_part(&composed, "Subject: =?UTF-8?B?w5w=?=\r\n");
    expect_part(&composed, "Content-Type: multipart/mixed; boundary=");
    expect_part(&composed, "Content-Type: multipart/alternative; boundary=");
    expect_part(&composed, "\r\n\r\n=C3=A4\r\n.\r\n..\r\n");
    expect_part(&composed, "filename=\"name.txt\"\r\nContent-Type: text/x-name\r\n");
    cr_expect_eq(memcmp(composed.bytes + composed.message.size - 4, "--\r\n", 4), 0);
    smtp_composed_release(&composed);
}

/* Nothing that is given can add a header or a command. */
Test(mail, refuses_what_would_say_more_than_it_may)
{
    static const struct {
        const char *name, *from, *to, *subject, *header, *file;
    } rows[] = {
        { "sender with a line break", "a@x\r\nX: y", "b@x", "s", "A: b", NULL },
        { "sender name with one", "a\nBcc: c@x <a@x>", "b@x", "s", "A: b", NULL },
        { "recipient with one", "a@x", "b@x>\r\nRCPT TO:<c@x", "s", "A: b", NULL },
        { "recipient with a parameter", "a@x", "b@x> NOTIFY=NEVER <", "s", "A: b", NULL },
        { "two recipients in one", "a@x", "b@x,c@x", "s", "A: b", NULL },
        { "no domain", "a@x", "b", "s", "A: b", NULL },
        { "bracket that is open", "a@x", "B <b@x", "s", "A: b", NULL },
        { "no UTF-8", "a@x", "\xff@x", "s", "A: b", NULL },
        { "subject with a line break", "a@x", "b@x", "s\nBcc: c@x", "A: b", NULL },
        { "header with one", "a@x", "b@x", "s", "A: b\r\n\r\nbody", NULL },
        { "header without a name", "a@x", "b@x", "s", ": b", NULL },
        { "header with a blank in its name", "a@x", "b@x", "s", "A b: c", NULL },
        { "header that is taken", "a@x", "b@x", "s", "bcc: c@x", NULL },
        { "content that is taken", "a@x", "b@x", "s", "Content-Language: de", NULL },
        { "attachment that is none", "a@x", "b@x", "s", "A: b", "/" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct smtp_attachment attachment = { .file = rows[i].file };
        const struct smtp_mail mail = { .from = rows[i].from,
                                        .to = LIST(rows[i].to),
                                        .subject = rows[i].subject,
                                        .headers = LIST(rows[i].header),
                                        .attachments = &attachment,
                                        .n_attachments = rows[i].file != NULL };
        struct smtp_composed composed;
        char why[256] = "";

        cr_expect_eq(smtp_mail_compose(&mail, &composed, why, sizeof(why)), -1, "%s", rows[i].name);
        cr_expect(why[0] != '\0' && strpbrk(why, "\r\n") == NULL, "%s: got %s", rows[i].name, why);
    }
}

/* The same is true of a message that is given whole. */
Test(mail, settings_that_cannot_be_used_are_told)
{
    static const struct {
        const char *want;
        struct smtp_client_settings settings;
        const char *from, *to;
    } rows[] = {
        { "there is no host", { .port = 25 }, "a@x", "b@x" },
        { "no name and no address", { .host = "a/b", .port = 25 }, "a@x", "b@x" },
        { "no name and no address", { .host = "a\r\n", .port = 25 }, "a@x", "b@x" },
        { "from 1 to 65535", { .host = "a", .port = 70000 }, "a@x", "b@x" },
        { "from 1 to 65535", { .host = "a", .port = 0 }, "a@x", "b@x" },
        { "domain is one word", { .host = "a", .port = 25, .domain = "a\nb" }, "a@x", "b@x" },
        { "line break", { .host = "a", .port = 25 }, "a@x\nX", "b@x" },
        { "bracket", { .host = "a", .port = 25 }, "a@x", "b@x> SIZE=1 <c@x" },
        { "there is no address", { .host = "a", .port = 25 }, "", "" },
        { "have a user",
          { .host = "a", .port = 25, .credentials = { .kind = SMTP_CLIENT_CREDENTIALS_GIVEN } },
          "a@x",
          "b@x" },
        { "TLS required, or none",
          { .host = "a",
            .port = 25,
            .security = SMTP_CLIENT_TLS_OPTIONAL,
            .credentials = { .kind = SMTP_CLIENT_CREDENTIALS_GIVEN, .user = "u" } },
          "a@x",
          "b@x" },
        { "Mono has no default",
          { .host = "a",
            .port = 25,
            .policy = SMTP_CLIENT_POLICY_MONO,
            .credentials = { .kind = SMTP_CLIENT_CREDENTIALS_DEFAULT } },
          "a@x",
          "b@x" },
        { "no place in a pickup", { .delivery = SMTP_CLIENT_PICKUP_DIRECTORY }, "a@x", "b@x" },
        { "absolute path",
          { .delivery = SMTP_CLIENT_PICKUP_DIRECTORY,
            .security = SMTP_CLIENT_TLS_NONE,
            .pickup_directory = "x" },
          "a@x",
          "b@x" },
        { "no IIS", { .delivery = SMTP_CLIENT_PICKUP_FROM_IIS }, "a@x", "b@x" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const to[] = { rows[i].to, NULL };
        const struct smtp_client_message message = { rows[i].from, to, "x\r\n", 3 };
        char why[256] = "";

        cr_expect_eq(smtp_client_check(&rows[i].settings, &message, why, sizeof(why)), -1, "%s",
                     rows[i].want);
        cr_expect(strstr(why, rows[i].want) != NULL, "%s: got %s", rows[i].want, why);
    }
}
