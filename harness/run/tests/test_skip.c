#include "harness/observe/tests/fixture.h"
#include "harness/run/run.h"

#include <criterion/criterion.h>

#define ONE_MAIL  "steps:\n  - send: {}\n"
#define TWO_MAILS "steps:\n  - send: {}\n  - send: {}\n"

/* Clients that can do a little: the last can do all. */
enum { ONE_SHOT, BARE, NEEDY, SEVERAL, DRIVER, MONO };
static const struct profile clients[] = {
    [ONE_SHOT] = { .name = "one shot",
                   .max_certificates = 1,
                   .modes = { true, false },
                   .security = { true, false, false } },
    [BARE] = { .name = "bare",
               .max_certificates = 0,
               .modes = { true, true },
               .security = { true, true, true } },
    [NEEDY] = { .name = "needy",
                .max_certificates = 2,
                .needs_certificate = true,
                .modes = { false, true },
                .security = { true, true, true } },
    [SEVERAL] = { .name = "several",
                  .max_certificates = 1,
                  .next = "--next",
                  .modes = { true, true },
                  .security = { true, true, true } },
    [DRIVER] = { .name = "driver",
                 .max_certificates = 16,
                 .driver = true,
                 .any_host = true,
                 .modes = { true, true },
                 .security = { true, true, true } },
    [MONO] = { .name = "reference-mono",
               .policy = "mono",
               .newest = 0x0303,
               .max_certificates = 16,
               .driver = true,
               .modes = { true, true },
               .security = { true, true, true } },
};

/* clang-format off */
static const struct skip_case {
    const char *name;
    int client;
    const char *yaml;
    const char *want; /* NULL: it can play it */
} skip_cases[] = {
    { "what it can do", ONE_SHOT, "client: {certificates: [alice]}\n" ONE_MAIL, NULL },
    { "a larger collection", ONE_SHOT, "client: {certificates: [alice, bob]}\n" ONE_MAIL, "it holds at most 1 certificate, the case needs 2" },
    { "a collection at all", BARE, "client: {certificates: [alice]}\n" ONE_MAIL, "it holds at most 0 certificates, the case needs 1" },
    { "no certificate", NEEDY, "server: {mode: implicit}\n" ONE_MAIL, "it cannot run without a certificate" },
    { "implicit TLS", ONE_SHOT, "server: {mode: implicit}\n" ONE_MAIL, "it has no implicit TLS" },
    { "STARTTLS", NEEDY, "client: {certificates: [alice]}\n" ONE_MAIL, "it has no STARTTLS" },
    { "TLS where it is offered", ONE_SHOT, "client: {tls: optional}\n" ONE_MAIL, "it cannot use TLS only where it is offered" },
    { "a host that only the server knows", BARE, "client: {host: a.example.test}\n" ONE_MAIL, "it cannot be told where the host a.example.test is" },
    { "a host of a client that is told its address", DRIVER, "client: {host: a.example.test}\n" ONE_MAIL, NULL },
    { "an address", BARE, "client: {host: 127.0.0.1}\n" ONE_MAIL, NULL },
    { "no TLS", ONE_SHOT, "client: {tls: none}\n" ONE_MAIL, "it cannot do without TLS" },
    { "a fault on demand", DRIVER, "client: {misbehave: crash}\n" ONE_MAIL, "only the reference client misbehaves on demand" },
    { "a policy on demand", DRIVER, "client: {policy: doc}\n" ONE_MAIL, "only the reference client follows a policy on demand" },
    { "versions on demand", DRIVER, "client: {versions: \"1.2\"}\n" ONE_MAIL, "the versions it speaks cannot be chosen" },
    { "another policy", MONO, "client: {policy: doc}\n" ONE_MAIL, "the case is about the policy doc" },
    { "its own policy, versions and clock", MONO, "client: {policy: mono, versions: \"1.2\"}\nsteps:\n  - clock: +1d\n    send: {}\n", NULL },
    { "a version it does not speak", MONO, "server: {tls: \"1.3\"}\n" ONE_MAIL, "it speaks nothing newer than TLS 1.2" },
    { "a range it speaks a part of", MONO, "server: {tls: \"1.0..1.3\"}\n" ONE_MAIL, NULL },
    { "another clock", DRIVER, "steps:\n  - clock: +1d\n    send: {}\n", "its clock cannot be moved" },
    { "two mails from one process", ONE_SHOT, TWO_MAILS, "it sends one mail from one process, the case needs several" },
    { "two mails from two processes", ONE_SHOT, "steps:\n  - send: {}\n  - restart: yes\n    send: {}\n", NULL },
    { "two mails from one process that can", SEVERAL, TWO_MAILS, NULL },
    { "a step that does not send is none", ONE_SHOT, "steps:\n  - send: {}\n  - client: {certificates: [alice, bob]}\n", NULL },
    { "a later step", SEVERAL, "steps:\n  - send: {}\n  - client: {certificates: [alice, bob]}\n    send: {}\n", "it holds at most 1 certificate, the case needs 2" },
    { "a new client in the same process", SEVERAL, "steps:\n  - send: {}\n  - client: {new: yes}\n    send: {}\n", "it cannot make a new client object in one process" },
    { "a new client in a new process", SEVERAL, "steps:\n  - send: {}\n  - restart: yes\n    client: {new: yes}\n    send: {}\n", NULL },
    { "a new client of a driver", DRIVER, "steps:\n  - send: {}\n  - client: {new: yes}\n    send: {}\n", NULL },
};
/* clang-format on */

Test(skip, what_a_client_cannot_do_is_told_with_its_reason, .timeout = 30)
{
    for (size_t i = 0; i < sizeof(skip_cases) / sizeof(skip_cases[0]); i++) {
        const struct skip_case *row = &skip_cases[i];
        struct fixture f;
        char yaml[512];
        const char *got;

        (void)snprintf(yaml, sizeof(yaml), "title: t\n%s", row->yaml);
        fixture_init(&f, yaml);
        got = run_skip_reason(f.context, &clients[row->client], f.scenario);
        if (row->want == NULL)
            cr_expect_null(got, "%s: got %s", row->name, got);
        else
            cr_expect_str_eq(got != NULL ? got : "(none)", row->want, "%s: got %s", row->name,
                             got != NULL ? got : "none");
        cr_expect_null(run_skip_reason(f.context, NULL, f.scenario),
                       "%s: the reference client can do all", row->name);
        fixture_release(&f);
    }
}
