#include "harness/run/stage.h"

#include "fake_server/fake_server.h"
#include "harness/base/trace.h"

#include <string.h>
#include <talloc.h>
#include <unistd.h>

/* What the worker says to the server's process over its standard input. */
struct order {
    enum { ORDER_STEP, ORDER_SYNC } kind;
    int number;
};

/* --- in the server's process --- */

static STACK_OF(X509) * certificates_of(const struct pki *pki, const struct scenario_names *names)
{
    STACK_OF(X509) *stack = sk_X509_new_null();

    for (size_t i = 0; i < names->n; i++)
        sk_X509_push(stack, pki_find(pki, names->items[i].text)->certificate);
    return stack;
}

/* "CN=Some CA,O=x": the text begins with what is last. Source: RFC 4514 section 2.1. */
static X509_NAME *name_of(const char *text)
{
    X509_NAME *name = X509_NAME_new();

    while (*text != '\0') {
        size_t size = strcspn(text, ","), type = strcspn(text, "=");
        char field[8];

        (void)snprintf(field, sizeof(field), "%.*s", (int)type, text);
        X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                   (const unsigned char *)text + type + 1, (int)(size - type - 1),
                                   0, 0);
        text += size + (text[size] == ',');
    }
    return name;
}

static STACK_OF(X509_NAME) *
    subjects_of(const struct pki *pki, const struct scenario_server *server)
{
    STACK_OF(X509_NAME) *stack = sk_X509_NAME_new_null();

    for (int i = 0; i < server->more_names; i++) {
        char text[256];

        (void)snprintf(text, sizeof(text),
                       "CN=An authority that nobody here has ever heard of: number %06d,"
                       "O=An authority of a public trust store whose name is rather long,C=ZZ",
                       i + 1);
        sk_X509_NAME_push(stack, name_of(text));
    }
    for (size_t i = 0; i < server->names.n; i++) {
        const struct pki_identity *identity = pki_find(pki, server->names.items[i].text);

        sk_X509_NAME_push(stack, identity != NULL
                                     ? X509_NAME_dup(X509_get_subject_name(identity->certificate))
                                     : name_of(server->names.items[i].text));
    }
    return stack;
}

static const struct {
    const char *on;
    enum fake_server_site site;
} sites[] = {
    { "connect", SITE_CONNECT },
    { "client_hello", SITE_CLIENT_HELLO },
    { "certificate", SITE_CERTIFICATE },
    { "finished", SITE_FINISHED },
    { "ticket", SITE_TICKET },
    { "body", SITE_BODY },
    { "close", SITE_CLOSE },
};

static void set_site(struct fake_server_delta *delta, const char *on)
{
    delta->site = SITE_VERB;
    delta->verb = on;
    for (size_t i = 0; i < sizeof(sites) / sizeof(sites[0]); i++)
        if (strcmp(on, sites[i].on) == 0)
            delta->site = sites[i].site;
}

static struct fake_server_delta *script_of(void *context, const struct scenario_server *server)
{
    struct fake_server_delta *script =
        talloc_zero_array(context, struct fake_server_delta, (unsigned)server->n_script + 1);

    for (size_t i = 0; i < server->n_script; i++) {
        const struct scenario_delta *from = &server->script[i];

        script[i] = (struct fake_server_delta){
            .times = from->times,
            .connection = from->connection,
            .after_lines = from->after_lines,
            .segment = from->segment,
            .record = from->record,
            .throttle = from->throttle,
            .cut = from->cut,
            .corrupt = from->corrupt,
            .delay_ms = from->delay_ms,
            .stall = from->stall,
            .ask_certificate = from->ask_certificate,
            .tickets = from->tickets,
            .garbage = from->garbage,
            .raw = from->raw,
            .raw_size = from->raw_size,
            .alert = from->alert,
            .reply = from->reply,
            .inject = from->inject,
            .inject_size = from->inject_size,
            .bytes = from->bytes,
            .bytes_size = from->bytes_size,
            .fragment = from->fragment,
            .lines = from->lines,
            .fill = from->fill,
            .answer = (enum fake_server_answer)from->answer,
            .believe = from->believe,
            .drop_capability = from->drop_capability,
            .close = (enum fake_server_close_how)from->close,
        };
        set_site(&script[i], from->on);
    }
    return script;
}

static struct fake_server_sessions sessions_of(const struct scenario_sessions *sessions)
{
    return (struct fake_server_sessions){ .ids = sessions->ids,
                                          .tickets = sessions->tickets,
                                          .lifetime_s = sessions->lifetime_s,
                                          .age_skew_s = sessions->age_skew_s,
                                          .context = sessions->context,
                                          .secret = sessions->secret,
                                          .psk_ke = sessions->psk_ke,
                                          .fault = (enum fake_server_sessions_fault)sessions->fault,
                                          .early_data = sessions->early_data,
                                          .not_renewed = sessions->not_renewed,
                                          .own_keys = sessions->own_keys };
}

static struct fake_server_request request_of(const struct scenario_server *server)
{
    const struct scenario_request *request = &server->request;

    return (struct fake_server_request){
        .from_connection = request->from_connection,
        .unknown_extensions = request->unknown_extensions,
        .signature_algorithms_cert = request->signature_algorithms_cert,
        .certificate_types = request->certificate_types,
        .oid_filters = request->oid_filters,
    };
}

static const struct fake_server_account *accounts_of(void *context, const struct pki *pki,
                                                     const struct scenario_judgement *judgement)
{
    struct fake_server_account *accounts =
        talloc_zero_array(context, struct fake_server_account, (unsigned)judgement->n_accounts + 1);

    for (size_t i = 0; i < judgement->n_accounts; i++) {
        const struct scenario_account *from = &judgement->accounts[i];

        accounts[i] = (struct fake_server_account){
            .name = from->name,
            .fingerprint = from->certificate.text != NULL
                               ? pki_find(pki, from->certificate.text)->fingerprint
                               : NULL,
            .subject = from->subject,
            .alternative = from->alternative,
            .no_relay = from->no_relay,
            .no_external = from->no_external,
            .act_as = from->act_as,
            .quota = from->quota,
        };
    }
    return accounts;
}

static const char *const *pins_of(void *context, const struct pki *pki,
                                  const struct scenario_names *names)
{
    const char **pins;

    if (names->items == NULL)
        return NULL;
    pins = talloc_zero_array(context, const char *, (unsigned)names->n + 1);
    for (size_t i = 0; i < names->n; i++)
        pins[i] = pki_find(pki, names->items[i].text)->fingerprint;
    return pins;
}

static struct fake_server_judgement judgement_of(void *context, const struct pki *pki,
                                                 const struct scenario_server *server)
{
    const struct scenario_judgement *judgement = &server->judgement;

    return (struct fake_server_judgement){
        .crls = pki_revoke(pki, &judgement->revoked),
        .pins = pins_of(context, pki, &judgement->pins),
        .accounts = accounts_of(context, pki, judgement),
        .n_accounts = judgement->n_accounts,
        .alert = judgement->alert,
    };
}

static STACK_OF(X509) * chain_of(const struct pki *pki, const struct scenario_server *server)
{
    if (server->chain.items != NULL)
        return certificates_of(pki, &server->chain);
    return sk_X509_dup(pki_find(pki, server->certificate.text)->chain);
}

static const struct fake_server_host *hosts_of(void *context, const struct pki *pki,
                                               const struct scenario_host *given, size_t n)
{
    struct fake_server_host *hosts =
        talloc_zero_array(context, struct fake_server_host, (unsigned)n + 1);

    for (size_t i = 0; i < n; i++) {
        const struct scenario_server *from = given[i].server;
        const struct pki_identity *identity = pki_find(pki, from->certificate.text);

        hosts[i] = (struct fake_server_host){
            .name = given[i].name,
            .mode = (enum fake_server_mode)from->mode,
            .key = identity->key,
            .certificate = identity->certificate,
            .chain = chain_of(pki, from),
            .ask = (enum fake_server_ask)from->ask,
            .untrusted = (enum fake_server_untrusted)from->untrusted,
            .without_identity = (enum fake_server_without_identity)from->without_identity,
            .trust = certificates_of(pki, &from->trust),
            .names = subjects_of(pki, from),
            .request = request_of(from),
            .judgement = judgement_of(context, pki, from),
            .sessions = sessions_of(&from->sessions),
        };
    }
    return hosts;
}

void stage_fill_settings(struct fake_server_settings *settings, void *context,
                         const struct scenario *scenario, const struct pki *pki,
                         const struct scenario_step *step, const char *directory)
{
    const struct scenario_server *server = step->server;
    const struct pki_identity *identity = pki_find(pki, server->certificate.text);

    *settings = (struct fake_server_settings){
        .mode = (enum fake_server_mode)server->mode,
        .tls_min = server->tls_min,
        .tls_max = server->tls_max,
        .ciphers = server->ciphers,
        .ciphersuites = server->ciphersuites,
        .groups = server->groups,
        .signature_algorithms = server->signature_algorithms,
        .key = identity->key,
        .certificate = identity->certificate,
        .chain = chain_of(pki, server),
        .alpn = server->alpn,
        .unknown_protocol = (enum fake_server_unknown_protocol)server->unknown_protocol,
        .ask = (enum fake_server_ask)server->ask,
        .untrusted = (enum fake_server_untrusted)server->untrusted,
        .without_identity = (enum fake_server_without_identity)server->without_identity,
        .trust = certificates_of(pki, &server->trust),
        .names = subjects_of(pki, server),
        .request = request_of(server),
        .judgement = judgement_of(context, pki, server),
        .sessions = sessions_of(&server->sessions),
        .hosts = hosts_of(context, pki, server->hosts, server->n_hosts),
        .n_hosts = server->n_hosts,
        .unknown_host = (enum fake_server_unknown_host)server->unknown_host,
        .ports = hosts_of(context, pki, server->ports, server->n_ports),
        .n_ports = server->n_ports,
        .require_tls = server->require_tls,
        .renegotiate = server->renegotiate,
        .no_master_secret = server->no_master_secret,
        .ehlo = server->ehlo,
        .ehlo_tls = server->ehlo_tls,
        .close_after =
            server->close_after_message ? FAKE_SERVER_CLOSE_MESSAGE : FAKE_SERVER_CLOSE_NONE,
        .script = script_of(context, server),
        .n_script = server->n_script,
        .message_directory = directory,
        .clock_offset_s = step->clock_s,
        .deadline_ms = scenario->deadline_ms,
    };
}

/* What a real server relays comes here in the clear. */
static const struct fake_server_delta no_starttls = { .site = SITE_VERB,
                                                      .verb = "EHLO",
                                                      .drop_capability = "STARTTLS" };

static void fill_sink(struct fake_server_settings *settings, const struct stage *stage)
{
    const struct pki_identity *identity =
        pki_find(stage->pki, stage->scenario->steps[0].server->certificate.text);

    *settings = (struct fake_server_settings){
        .mode = FAKE_SERVER_STARTTLS,
        .tls_min = TLS1_2_VERSION,
        .tls_max = TLS1_3_VERSION,
        .key = identity->key,
        .certificate = identity->certificate,
        .script = &no_starttls,
        .n_script = 1,
        .message_directory = stage->options->directory,
        .deadline_ms = stage->scenario->deadline_ms + RUN_SERVER_START_MS,
    };
}

static void fill_step(struct fake_server_settings *settings, void *context,
                      const struct stage *stage, const struct scenario_step *step)
{
    if (stage->subject != NULL) {
        fill_sink(settings, stage);
        return;
    }
    stage_fill_settings(settings, context, stage->scenario, stage->pki, step,
                        stage->options->directory);
    settings->capture = stage->capture;
    settings->deadline_ms += stage->start_ms; /* or it would lose patience with a slow starter */
    settings->seed = (uint64_t)stage->options->seed;
}

static void free_hosts(const struct fake_server_host *hosts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sk_X509_free(hosts[i].chain);
        sk_X509_free(hosts[i].trust);
        sk_X509_NAME_pop_free(hosts[i].names, X509_NAME_free);
        sk_X509_CRL_pop_free(hosts[i].judgement.crls, X509_CRL_free);
    }
}

void stage_free_settings(struct fake_server_settings *settings)
{
    sk_X509_free(settings->chain);
    sk_X509_free(settings->trust);
    sk_X509_NAME_pop_free(settings->names, X509_NAME_free);
    sk_X509_CRL_pop_free(settings->judgement.crls, X509_CRL_free);
    free_hosts(settings->hosts, settings->n_hosts);
    free_hosts(settings->ports, settings->n_ports);
}

/* The worker reads at the end of a step; a stream that is buffered by lines is for those who watch.
 */
static void write_event(void *context, const struct event *event)
{
    FILE *stream = context;

    (void)event_write(stream, event);
    if (event->id == EVENT_STEP || event->id == EVENT_SYNC)
        (void)fflush(stream);
}

static int begin_step(const struct stage *stage, struct fake_server *server, int number)
{
    const struct scenario_step *step = &stage->scenario->steps[number - 1];
    struct fake_server_settings settings;
    void *context = talloc_new(NULL);
    char why[256] = "";

    if (step->rotate_ticket_keys)
        fake_server_rotate_ticket_keys(server);
    if (step->drop_session_cache)
        fake_server_drop_sessions(server);
    if (step->server_changed || step->clock_s != step[-1].clock_s) {
        fill_step(&settings, context, stage, step);
        if (fake_server_set(server, &settings, why, sizeof(why)) != 0)
            (void)fprintf(stderr, "fake server: %s\n", why);
        stage_free_settings(&settings);
    }
    talloc_free(context);
    if (why[0] != '\0')
        return -1;
    fake_server_step(server, number);
    return 0;
}

static bool waits_for_events(const struct scenario *scenario)
{
    bool waits = false;

    for (size_t i = 0; i < scenario->n_steps; i++)
        waits |= scenario->steps[i].wait != NULL;
    return waits;
}

static int serve(void *data)
{
    struct stage *stage = data;
    struct fake_server_settings settings;
    struct fake_server *server;
    struct order order;
    void *context = talloc_new(NULL);
    char why[256];

    if (trace_get() != 0 || stage->subject != NULL || stage->options->profile != NULL ||
        waits_for_events(stage->scenario))
        (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (stage->options->capture && stage->subject == NULL)
        stage->capture = fake_server_capture_new(0);
    fill_step(&settings, context, stage, &stage->scenario->steps[0]);
    server = fake_server_open(&settings, stage->ports.items[0].listener, write_event, stdout, why,
                              sizeof(why));
    stage_free_settings(&settings);
    talloc_free(context);
    if (server == NULL) {
        (void)fprintf(stderr, "fake server: %s\n", why);
        return 3;
    }
    ports_serve(&stage->ports, server);
    while (read(STDIN_FILENO, &order, sizeof(order)) == (ssize_t)sizeof(order)) {
        if (order.kind == ORDER_SYNC)
            fake_server_sync(server, order.number);
        else if (order.number == 1)
            fake_server_step(server, 1);
        else if (begin_step(stage, server, order.number) != 0)
            break;
    }
    fake_server_close(server);
    (void)fflush(stdout);
    stage_write_capture(stage);
    fake_server_capture_free(stage->capture);
    return 0;
}

/* --- in the worker --- */

const char *stage_port(const struct stage *stage, const struct scenario_step *step)
{
    if (stage->subject == NULL)
        return ports_find(&stage->ports, step);
    return step->client->port.text != NULL ? stage->second_port : stage->port;
}

int stage_start_server(struct stage *stage, struct error *err)
{
    const struct process_options options = {
        .name = "the fake server",
        .body = serve,
        .context = stage,
        .with_input = true,
        .with_output = true,
    };

    /* Behind a real server it is where that one relays to. */
    if (ports_open(&stage->ports, stage->subject == NULL ? stage->scenario : NULL, 0, err) != 0)
        return -1;
    if (stage->options->capture)
        stage_open_capture(stage);
    stage->server = process_start(&options, err);
    ports_close(&stage->ports);
    return stage->server != NULL ? 0 : -1;
}

static int give_order(struct stage *stage, struct order order, struct error *err)
{
    if (write(process_input(stage->server), &order, sizeof(order)) != (ssize_t)sizeof(order))
        return error_set_errno(err, "cannot talk to the fake server");
    return 0;
}

static bool step_is_in_force(const struct stage *stage)
{
    return stage->seen_step == stage->step;
}

int stage_server_step(struct stage *stage, const struct scenario_step *step, struct error *err)
{
    return give_order(stage, (struct order){ ORDER_STEP, step->number }, err);
}

int stage_server_await_step(struct stage *stage, struct error *err)
{
    return stage_wait(stage, step_is_in_force, "the fake server to begin the step", err);
}

static bool all_is_recorded(const struct stage *stage)
{
    return stage->seen_token == stage->token;
}

int stage_server_sync(struct stage *stage, struct error *err)
{
    if (give_order(stage, (struct order){ ORDER_SYNC, ++stage->token }, err) != 0)
        return -1;
    return stage_wait(stage, all_is_recorded, "the fake server to finish its record", err);
}

static bool server_is_gone(const struct stage *stage)
{
    return process_ended(stage->server);
}

/* Ends it in order, so that the events of the last closes are recorded. */
void stage_stop_server(struct stage *stage)
{
    struct error ignored = { 0 };

    if (stage->server == NULL)
        return;
    process_close_input(stage->server);
    (void)stage_wait(stage, server_is_gone, "the fake server to end", &ignored);
    process_free(stage->server);
    stage->server = NULL;
    stage_close_capture(stage);
}
