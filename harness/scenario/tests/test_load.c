#include "harness/scenario/tests/loaded.h"

#include <criterion/criterion.h>
#include <string.h>

static const char full[] =
    "title: A session made with one certificate is never resumed for another\n"
    "about: Why\n"
    "spec: [SAFE-2, CVE-2016-5419, SEED-S4]\n"
    "tags: [resumption, identity]\n"
    "deadline: 20\n"
    "server:\n"
    "  mode: implicit\n"
    "  tls: \"1.0..1.2\"\n"
    "  close_after: message              # a comment\n"
    "  sessions: {ids: yes, tickets: 1, lifetime: 2h, context: mx1}\n"
    "  client_certificate: {ask: request, trust: [alpha, beta], names: []}\n"
    "  ehlo: [PIPELINING, AUTH PLAIN EXTERNAL]\n"
    "client:\n"
    "  certificates: [alice, bob]\n"
    "  tls: optional\n"
    "  host: mail.example.test\n"
    "  misbehave: resume-anyone\n"
    "steps:\n"
    "  - send: {to: [a@example.test, b@example.test], size: 5000}\n"
    "    expect: {presented: alice, resumed: no}\n"
    "    should: {identity: alice}\n"
    "  - wait: tls.session_issued\n"
    "expect:\n"
    "  messages: 1\n";

Test(load, fills_every_struct)
{
    struct loaded loaded = loaded_scenario(full);
    const struct scenario *scenario;
    const struct scenario_server *server;
    const struct scenario_client *client;
    const struct scenario_message *message;

    cr_assert_str_empty(loaded.printed, "%s", loaded.printed);
    cr_assert_eq(loaded.list.n, 1);
    scenario = loaded.list.items[0];
    cr_expect_str_eq(scenario->id, "topic/name");
    cr_expect_str_eq(scenario->about, "Why");
    cr_expect_str_eq(scenario->spec[1], "CVE-2016-5419");
    cr_expect_null(scenario->spec[3]);
    cr_expect_str_eq(scenario->tags[1], "identity");
    cr_expect_null(scenario->caught);
    cr_expect_eq(scenario->deadline_ms, 20000);
    cr_expect_eq(scenario->where.line, 1);
    cr_expect_eq(scenario->where.column, 8);
    cr_expect_str_eq(scenario->lines[1], "about: Why");
    cr_expect_eq(scenario->n_expectations, 1);
    cr_expect_eq(scenario->expectations[0].match.number, 1);
    cr_assert_eq(scenario->n_steps, 2);
    server = scenario->steps[0].server;
    cr_expect_eq(server->mode, SCENARIO_IMPLICIT);
    cr_expect_eq(server->tls_min, 0x0301);
    cr_expect_eq(server->tls_max, 0x0303);
    cr_expect(server->close_after_message);
    cr_expect_eq(server->sessions.tickets, 1);
    cr_expect_eq(server->sessions.lifetime_s, 7200);
    cr_expect_str_eq(server->sessions.context, "mx1");
    cr_expect_eq(server->ask, SCENARIO_ASK_REQUEST);
    cr_expect_eq(server->trust.n, 2);
    cr_expect_eq(server->names.n, 0);
    cr_expect_str_eq(server->certificate.text, "mail");
    cr_expect_str_eq(server->ehlo[1], "AUTH PLAIN EXTERNAL");
    cr_expect_null(server->ehlo_tls);
    client = scenario->steps[0].client;
    cr_expect_eq(client->n_certificates, 2);
    cr_expect_str_eq(client->certificates[1].identity, "bob");
    cr_expect_eq(client->certificates[1].where.line, 14);
    cr_expect_eq(client->tls, SCENARIO_TLS_OPTIONAL);
    cr_expect_str_eq(client->misbehave, "resume-anyone");
    cr_expect_null(client->policy);
    cr_expect_null(client->port.text);
    message = scenario->steps[0].send;
    cr_expect_str_eq(message->from, "sender@example.test");
    cr_expect_str_eq(message->to[1], "b@example.test");
    cr_expect_null(message->to[2]);
    cr_expect_str_eq(message->subject, scenario->title);
    cr_expect_eq(message->size, 5000);
    cr_expect_null(scenario->steps[1].send);
    cr_expect_str_eq(scenario->steps[1].wait, "tls.session_issued");
    loaded_free(&loaded);
}

Test(load, knows_what_holds_where_a_file_says_nothing)
{
    struct loaded loaded = loaded_good("");
    const struct scenario_step *step = &loaded.list.items[0]->steps[0];

    cr_expect_eq(step->server->mode, SCENARIO_STARTTLS);
    cr_expect_eq(step->server->tls_min, 0x0303);
    cr_expect_eq(step->server->tls_max, 0x0304);
    cr_expect_eq(step->server->ask, SCENARIO_ASK_NO);
    cr_expect_eq(step->server->sessions.tickets, 2);
    cr_expect(step->server->sessions.ids);
    cr_expect_str_eq(step->server->trust.items[0].text, "alpha");
    cr_expect_str_eq(step->server->names.items[0].text, "alpha");
    cr_expect_eq(step->client->n_certificates, 0);
    cr_expect_eq(step->client->tls, SCENARIO_TLS_REQUIRED);
    cr_expect_str_eq(step->client->host, "localhost");
    cr_expect_null(step->client->misbehave);
    cr_expect_str_eq(step->send->to[0], "postmaster@example.test");
    cr_expect_eq(loaded.list.items[0]->deadline_ms, 10000);
    cr_expect_null(loaded.list.items[0]->spec[0]);
    loaded_free(&loaded);
}

Test(load, sessions_have_defaults_for_what_a_mapping_leaves_out)
{
    static const struct sessions_case {
        const char *lines;
        bool ids;
        int tickets;
    } cases[] = {
        { "server: {sessions: none}", false, 0 },
        { "server: {sessions: {tickets: 5}}", true, 5 },
        { "server: {sessions: {ids: no}}", false, 2 },
        { "server: {sessions: {ids: true, tickets: 0}}", true, 0 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct loaded loaded = loaded_good(cases[i].lines);
        const struct scenario_sessions *got = &loaded.list.items[0]->steps[0].server->sessions;

        cr_expect_eq(got->ids, cases[i].ids, "%s", cases[i].lines);
        cr_expect_eq(got->tickets, cases[i].tickets, "%s", cases[i].lines);
        loaded_free(&loaded);
    }
}

static const char changing[] =
    "server:\n"
    "  client_certificate: {ask: request, trust: [alpha]}\n"
    "client: {certificates: [alice]}\n"
    "steps:\n"
    "  - send:\n"
    "  - server: {client_certificate: {ask: require}}\n"
    "    clock: 1h\n"
    "    send: {}\n"
    "  - client: {replace: {alice: alice-2}}\n"
    "    clock: 30\n"
    "    send: {}\n"
    "  - server: {client_certificate: {trust: [alpha, beta]}, rotate_ticket_keys: yes}\n"
    "    client: {certificates: [bob, alice], new: yes}\n"
    "    restart: yes\n"
    "    send: {}\n"
    "  - server: {drop_session_cache: yes, sessions: {lifetime: 5}}\n"
    "    send: {}\n";

Test(load, every_step_has_the_settings_in_force)
{
    struct loaded loaded = loaded_good(changing);
    const struct scenario_step *steps = loaded.list.items[0]->steps;

    cr_expect_not(steps[0].server_changed);
    cr_expect_eq(steps[0].server->ask, SCENARIO_ASK_REQUEST);
    cr_expect(steps[1].server_changed);
    cr_expect_eq(steps[1].server->ask, SCENARIO_ASK_REQUIRE);
    cr_expect_eq(steps[1].server->trust.n, 1);
    cr_expect_eq(steps[1].clock_s, 3600);
    cr_expect_eq(steps[2].server, steps[1].server);
    cr_expect_eq(steps[2].clock_s, 3630);
    cr_expect_str_eq(steps[2].client->certificates[0].file, "alice");
    cr_expect_str_eq(steps[2].client->certificates[0].identity, "alice-2");
    cr_expect_str_eq(steps[1].client->certificates[0].identity, "alice");
    cr_expect(steps[3].server_changed);
    cr_expect(steps[3].rotate_ticket_keys);
    cr_expect_eq(steps[3].server->names.n, 2, "names follow trust");
    cr_expect_eq(steps[3].client->n_certificates, 2);
    cr_expect_str_eq(steps[3].client->certificates[1].identity, "alice-2");
    cr_expect(steps[3].new_client);
    cr_expect(steps[3].restart);
    cr_expect_not(steps[4].new_client);
    cr_expect_not(steps[4].rotate_ticket_keys);
    cr_expect(steps[4].drop_session_cache);
    cr_expect_eq(steps[4].server->sessions.tickets, 2);
    cr_expect_eq(steps[4].server->sessions.lifetime_s, 5);
    cr_expect_eq(steps[4].client, steps[3].client);
    cr_expect_eq(steps[4].clock_s, 3630);
    loaded_free(&loaded);
}

Test(load, forgetting_sessions_does_not_change_the_settings)
{
    struct loaded loaded = loaded_good("steps:\n"
                                       "  - send: {}\n"
                                       "  - server: {rotate_ticket_keys: yes}\n");
    const struct scenario_step *steps = loaded.list.items[0]->steps;

    cr_expect_not(steps[1].server_changed);
    cr_expect_eq(steps[1].server, steps[0].server);
    loaded_free(&loaded);
}

Test(load, reads_the_script)
{
    struct loaded loaded = loaded_good(
        "server:\n"
        "  script:\n"
        "    - {on: STARTTLS, reply: \"220 ready\", inject: \"250 x\\r\\n\\0\\xff\\u00e9\"}\n"
        "    - {on: rcpt, times: 1, reply: \"451 4.7.1 try later\"}\n"
        "    - {on: MAIL, ask_certificate: now}\n"
        "    - {on: client_hello, connection: 2, alert: internal_error}\n"
        "    - {on: DATA, after: 3 lines, close: reset}\n"
        "    - {on: connect, limit: {times: 2, connection: 3}, delay: 1s, stall: yes}\n"
        "    - {on: EHLO, drop_capability: STARTTLS, fragment: 1}\n"
        "    - {on: body, bytes: \"\\x80\", close: truncated}\n");
    const struct scenario_server *server = loaded.list.items[0]->steps[0].server;
    const struct scenario_delta *script = server->script;

    cr_assert_eq(server->n_script, 8);
    cr_expect_str_eq(script[0].on, "STARTTLS");
    cr_expect_str_eq(script[0].reply, "220 ready");
    cr_expect_eq(script[0].inject_size, 10);
    cr_expect_eq(memcmp(script[0].inject, "250 x\r\n\0\xff\xe9", 10), 0);
    cr_expect_str_eq(script[1].on, "RCPT");
    cr_expect_eq(script[1].times, 1);
    cr_expect(script[2].ask_certificate);
    cr_expect_eq(script[3].connection, 2);
    cr_expect_str_eq(script[3].alert, "internal_error");
    cr_expect_str_eq(script[4].on, "body");
    cr_expect_eq(script[4].after_lines, 3);
    cr_expect_eq(script[4].close, SCENARIO_CLOSE_RESET);
    cr_expect_eq(script[5].times, 2);
    cr_expect_eq(script[5].connection, 3);
    cr_expect_eq(script[5].delay_ms, 1000);
    cr_expect(script[5].stall);
    cr_expect_str_eq(script[6].drop_capability, "STARTTLS");
    cr_expect_eq(script[6].fragment, 1);
    cr_expect_eq(script[7].bytes_size, 1);
    cr_expect_eq(script[7].where.line, 11);
    loaded_free(&loaded);
}

Test(load, a_step_replaces_the_script)
{
    struct loaded loaded = loaded_good("server: {script: [{on: MAIL, delay: 5}]}\n"
                                       "steps:\n"
                                       "  - send: {}\n"
                                       "  - server: {script: []}\n"
                                       "    send: {}\n");

    cr_expect_eq(loaded.list.items[0]->steps[0].server->n_script, 1);
    cr_expect_eq(loaded.list.items[0]->steps[1].server->n_script, 0);
    loaded_free(&loaded);
}

Test(load, identities_are_declared_in_any_order_and_redefined)
{
    struct loaded loaded =
        loaded_good("pki:\n"
                    "  zed: {issuer: gamma-sub, key: rsa, names: [zed@example.test], chain: no}\n"
                    "  gamma-sub: {issuer: gamma, usage: ca}\n"
                    "  gamma: {usage: ca}\n"
                    "  alice: {not_before: -2d, not_after: +1h, key_file: missing}\n"
                    "  yan: {issuer: self, usage: both, subject: Yan}\n"
                    "client: {certificates: [zed, alice, yan], trust: [gamma]}\n");
    const struct scenario *scenario = loaded.list.items[0];
    const struct scenario_identity *zed = scenario_find_identity(scenario, "zed");
    const struct scenario_identity *alice = scenario_find_identity(scenario, "alice");

    cr_assert_eq(scenario->n_identities, 5);
    cr_expect_str_eq(zed->issuer, "gamma-sub");
    cr_expect_eq(zed->key, SCENARIO_KEY_RSA);
    cr_expect_str_eq(zed->names[0], "zed@example.test");
    cr_expect(zed->bare);
    cr_expect_eq(zed->where.line, 3);
    cr_expect_null(scenario_find_identity(scenario, "gamma")->issuer);
    cr_expect_eq(scenario_find_identity(scenario, "gamma")->usage, SCENARIO_USAGE_CA);
    cr_expect_str_eq(alice->issuer, "alpha");
    cr_expect_eq(alice->not_before_s, -2 * 86400);
    cr_expect_eq(alice->not_after_s, 3600);
    cr_expect_eq(alice->fault, SCENARIO_KEY_MISSING);
    cr_expect_null(scenario_find_identity(scenario, "yan")->issuer);
    cr_expect_str_eq(scenario_find_identity(scenario, "yan")->subject, "Yan");
    cr_expect_str_eq(scenario_find_identity(scenario, "bob")->issuer, "beta");
    cr_expect_null(scenario_find_identity(scenario, "nobody"));
    loaded_free(&loaded);
}

Test(cast, has_the_names_of_the_language)
{
    static const char *const names[] = { "alpha",   "beta",    "alpha-sub",     "alice",
                                         "bob",     "carol",   "carol-bare",    "dave",
                                         "erin",    "alice-2", "alice-keyless", "alice-wrong-key",
                                         "expired", "future",  "server-only",   "mallory",
                                         "mail",    "mail-rsa" };
    size_t n = 0;

    while (scenario_cast[n].name != NULL)
        n++;
    cr_expect_eq(n, sizeof(names) / sizeof(names[0]));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_expect_not_null(scenario_find_identity(NULL, names[i]), "%s", names[i]);
    cr_expect_str_eq(scenario_find_identity(NULL, "alice-2")->subject, "alice");
    cr_expect(scenario_find_identity(NULL, "carol-bare")->bare);
    cr_expect_null(scenario_find_identity(NULL, "mallory")->issuer);
}

Test(load, keys_that_begin_with_x_are_ignored)
{
    struct loaded loaded = loaded_good("x-note: {anything: [goes, 1]}");

    loaded_free(&loaded);
}

Test(load, takes_the_letters_of_a_windows_editor)
{
    struct loaded loaded =
        loaded_scenario("\xef\xbb\xbftitle: t\r\nsteps:\r\n  - send: {}\r\n  - sned: {}\r\n");

    cr_expect_not_null(strstr(loaded.printed, "FILE:4:5: steps.2.sned: unknown key \"sned\" (did "
                                              "you mean \"send\"?)\n    4 |   - sned: {}\n"),
                       "got %s", loaded.printed);
    loaded_free(&loaded);
}

Test(load, names_of_authorities_are_identities_or_written_out)
{
    struct loaded loaded = loaded_good(
        "server: {client_certificate: {names: [beta, \"CN=Some CA,O=x\"], more_names: 7}}\n");
    const struct scenario_server *server = loaded.list.items[0]->steps[0].server;

    cr_assert_eq(server->names.n, 2);
    cr_expect_str_eq(server->names.items[1].text, "CN=Some CA,O=x");
    cr_expect_eq(server->more_names, 7);
    loaded_free(&loaded);
    loaded_expect_fault("a type nobody knows",
                        "title: t\nserver: {client_certificate: {names: [\"X=y\"]}}\n"
                        "steps:\n  - send: {}\n",
                        "is no name such as \"CN=Some CA,O=x\"");
    loaded_expect_fault("nothing behind the type",
                        "title: t\nserver: {client_certificate: {names: [\"CN=\"]}}\n"
                        "steps:\n  - send: {}\n",
                        "is no name such as \"CN=Some CA,O=x\"");
}

Test(load, a_host_is_as_the_server_in_what_it_does_not_say)
{
    struct loaded loaded = loaded_good("server:\n"
                                       "  hosts:\n"
                                       "    mx2: {client_certificate: {trust: [beta]}}\n"
                                       "    mx3: {certificate: mail-rsa, sessions: {keys: own}}\n"
                                       "  unknown_host: warn\n"
                                       "  client_certificate: {ask: require}\n");
    const struct scenario_server *server = loaded.list.items[0]->steps[0].server;

    cr_assert_eq(server->n_hosts, 2);
    cr_expect_eq(server->unknown_host, SCENARIO_UNKNOWN_HOST_WARN);
    cr_expect_not(server->sessions.own_keys);
    cr_expect_str_eq(server->hosts[0].name, "mx2");
    cr_expect_str_eq(server->hosts[0].server->certificate.text, "mail");
    cr_expect_eq(server->hosts[0].server->ask, SCENARIO_ASK_REQUIRE);
    cr_expect_str_eq(server->hosts[0].server->names.items[0].text, "beta");
    cr_expect_str_eq(server->hosts[1].server->certificate.text, "mail-rsa");
    cr_expect_str_eq(server->hosts[1].server->trust.items[0].text, "alpha");
    cr_expect(server->hosts[1].server->sessions.own_keys);
    loaded_free(&loaded);
}

Test(load, a_port_is_the_server_but_for_what_it_says)
{
    struct loaded loaded =
        loaded_scenario("title: t\n"
                        "server:\n"
                        "  client_certificate: {ask: request, trust: [beta]}\n"
                        "  ports:\n"
                        "    submission: {mode: implicit, sessions: {keys: own}}\n"
                        "client: {port: submission}\n"
                        "steps:\n"
                        "  - send: {}\n"
                        "  - client: {port: first}\n"
                        "    send: {}\n");
    const struct scenario_step *step;
    const struct scenario_server *port;

    cr_assert_eq(loaded.errors.n, 0, "%s", loaded.printed);
    step = loaded.list.items[0]->steps;
    cr_assert_eq(step->server->n_ports, 1);
    port = step->server->ports[0].server;
    cr_expect_eq(port->mode, SCENARIO_IMPLICIT);
    cr_expect_str_eq(port->trust.items[0].text, "beta");
    cr_expect(port->sessions.own_keys);
    cr_expect_eq(port->n_ports, 0);
    cr_expect_eq(scenario_mode_of(step), SCENARIO_IMPLICIT);
    cr_expect_eq(scenario_mode_of(step + 1), SCENARIO_STARTTLS);
    loaded_free(&loaded);
}
