#include "harness/smtp_client/client_options.h"

#include "harness/smtp_client/driver_step.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the values of options: each returns -1 when it cannot be one --- */

static int parse_number(const char *text, long least, long most, long *value)
{
    char *end;

    errno = 0;
    *value = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *value >= least && *value <= most ? 0 : -1;
}

static int set_host(struct client_options *options, const char *value)
{
    options->settings.host = value;
    return 0;
}

static int set_port(struct client_options *options, const char *value)
{
    long port;
    int parsed = parse_number(value, 1, 65535, &port);

    options->settings.port = (int)port;
    return parsed;
}

static int set_mode(struct client_options *options, const char *value)
{
    return driver_find_mode(value, &options->settings.mode);
}

static int set_security(struct client_options *options, const char *value)
{
    return driver_find_security(value, &options->settings.security);
}

static int add_certificate(struct client_options *options, const char *value)
{
    if (options->n_certificates == OPTIONS_MAX)
        return -1;
    options->certificates[options->n_certificates++] = value;
    return 0;
}

static int add_key(struct client_options *options, const char *value)
{
    if (options->n_certificates == 0 || options->keys[options->n_certificates - 1] != NULL)
        return -1;
    options->keys[options->n_certificates - 1] = value;
    return 0;
}

static int set_trust(struct client_options *options, const char *value)
{
    options->settings.trust_file = value;
    return 0;
}

static int set_from(struct client_options *options, const char *value)
{
    options->from = value;
    return 0;
}

static int add_to(struct client_options *options, const char *value)
{
    if (options->n_to == OPTIONS_MAX)
        return -1;
    options->to[options->n_to++] = value;
    return 0;
}

static int set_message(struct client_options *options, const char *value)
{
    options->message = strcmp(value, "-") == 0 ? "/dev/stdin" : value;
    return 0;
}

static int set_domain(struct client_options *options, const char *value)
{
    options->settings.domain = value;
    return 0;
}

static int set_timeout(struct client_options *options, const char *value)
{
    long timeout_ms;
    int parsed = parse_number(value, 1, 86400000, &timeout_ms);

    options->settings.timeout_ms = (int)timeout_ms;
    return parsed;
}

static int set_misbehave(struct client_options *options, const char *value)
{
    options->settings.fault = smtp_client_fault_find(value);
    return options->settings.fault == SMTP_CLIENT_FAULT_NONE ? -1 : 0;
}

static int set_repeat(struct client_options *options, const char *value)
{
    return parse_number(value, 1, 1000000, &options->repeat);
}

static int set_loopback(struct client_options *options, const char *value)
{
    (void)value;
    options->settings.loopback = true;
    return 0;
}

static int set_driver(struct client_options *options, const char *value)
{
    (void)value;
    options->driver = true;
    return 0;
}

static int set_help(struct client_options *options, const char *value)
{
    (void)value;
    options->help = true;
    return 0;
}

/* --- the table --- */

struct row {
    const char *name;
    const char *value; /* NULL: takes none */
    const char *meaning;
    int (*set)(struct client_options *options, const char *value);
};

/* clang-format off */
static const struct row rows[] = {
    { "--host",      "NAME",    "the server; default localhost",                                       set_host },
    { "--port",      "N",       "its port; default 25",                                                set_port },
    { "--loopback",  NULL,      "take 127.0.0.1 for the address of the server",                        set_loopback },
    { "--mode",      "MODE",    "starttls (default) or implicit",                                      set_mode },
    { "--security",  "LEVEL",   "TLS is required (default), optional or none",                         set_security },
    { "--cert",      "FILE",    "adds a certificate (PEM, its chain may follow) to the collection",    add_certificate },
    { "--key",       "FILE",    "private key (PEM) of the certificate before it",                      add_key },
    { "--trust",     "FILE",    "authorities (PEM) that the server is verified against",               set_trust },
    { "--from",      "ADDRESS", "sender; default sender@example.test",                                 set_from },
    { "--to",        "ADDRESS", "adds a recipient; default postmaster@example.test",                   add_to },
    { "--message",   "FILE",    "the message, CR LF at line ends; - is standard input; default a short one", set_message },
    { "--domain",    "NAME",    "argument of EHLO; default client.example.test",                       set_domain },
    { "--timeout",   "MS",      "for one message; default 10000",                                      set_timeout },
    { "--misbehave", "FAULT",   "do one of the things below",                                          set_misbehave },
    { "--repeat",    "N",       "send it N times, each over a connection of its own",                  set_repeat },
    { "--driver",    NULL,      "obey JSON lines on standard input: cases/clients/README.md",          set_driver },
    { "--help",      NULL,      "print this",                                                          set_help },
};
/* clang-format on */

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

static const struct row *find_row(const char *name)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    return NULL;
}

static int parse_one(struct client_options *options, int *place, int argc, char **argv)
{
    const struct row *row = find_row(argv[*place]);
    const char *value = NULL;

    if (row == NULL) {
        fprintf(stderr, "smtp_client: %s is no option; --help lists them\n", argv[*place]);
        return -1;
    }
    if (row->value != NULL && *place + 1 == argc) {
        fprintf(stderr, "smtp_client: %s wants a value: %s\n", row->name, row->value);
        return -1;
    }
    if (row->value != NULL)
        value = argv[++*place];
    if (row->set(options, value) == 0)
        return 0;
    fprintf(stderr, "smtp_client: %s %s: it must be: %s\n", row->name, value, row->meaning);
    return -1;
}

int client_options_parse(struct client_options *options, int argc, char **argv)
{
    *options = (struct client_options){ .settings = { .host = "localhost", .port = 25 },
                                        .from = "sender@example.test",
                                        .repeat = 1 };
    for (int i = 1; i < argc; i++) {
        if (parse_one(options, &i, argc, argv) != 0)
            return -1;
    }
    if (options->n_to == 0)
        options->to[options->n_to++] = "postmaster@example.test";
    return 0;
}

void client_options_release(struct client_options *options)
{
    *options = (struct client_options){ 0 };
}

int client_options_print_help(void)
{
    printf(
        "usage: smtp_client [OPTION VALUE]...\n\nSends a mail over TLS with a collection of client "
        "certificates; says what happened.\nExit: 0 delivered, 1 not delivered, 2 usage.\n\n");
    for (size_t i = 0; i < N_ROWS; i++)
        printf("  %-11s %-8s %s\n", rows[i].name, rows[i].value != NULL ? rows[i].value : "",
               rows[i].meaning);
    printf("\nfaults:\n");
    for (int i = 1; i < SMTP_CLIENT_FAULT_COUNT; i++)
        printf("  %-24s %s\n", smtp_client_fault_name((enum smtp_client_fault)i),
               smtp_client_fault_meaning((enum smtp_client_fault)i));
    return 0;
}

/* --- sending --- */

static const char default_message[] = "From: sender@example.test\r\nTo: postmaster@example.test\r\n"
                                      "Subject: counterseal\r\n\r\nSealed.\r\n";

static void print_report(const struct smtp_client_report *report)
{
    printf("%s%s%s\n", smtp_client_outcome_name(report->outcome),
           report->error[0] != '\0' ? ": " : "", report->error);
    printf("  tls        %s\n", report->tls[0] != '\0' ? report->tls : "none");
    printf("  requested  %s\n", report->requested ? "yes" : "no");
    printf("  presented  %s (%s)\n", report->presented[0] != '\0' ? report->presented : "none",
           report->choice);
    printf("  offered    %s %s\n", report->offered, report->session_identity);
    printf("  resumed    %s\n", report->resumed);
    for (const char *const *name = report->names; *name != NULL; name++)
        printf("  named      %s\n", *name);
}

static int add_certificates(const struct client_options *options,
                            struct smtp_certificates *certificates)
{
    char why[512];

    for (size_t i = 0; i < options->n_certificates; i++) {
        if (smtp_certificates_add_files(certificates, options->certificates[i], options->keys[i],
                                        why, sizeof(why)) != 0) {
            fprintf(stderr, "smtp_client: %s\n", why);
            return -1;
        }
    }
    return 0;
}

static int send_all(const struct client_options *options, struct smtp_client *client,
                    const struct smtp_client_message *message)
{
    int code = 0;

    for (long i = 0; i < options->repeat; i++) {
        struct smtp_client_report report;

        smtp_client_send(client, &options->settings, message, &report);
        print_report(&report);
        if (report.outcome != SMTP_CLIENT_DELIVERED)
            code = 1;
    }
    return code;
}

int client_options_send(const struct client_options *options)
{
    struct smtp_client_message message = { options->from, options->to, default_message,
                                           sizeof(default_message) - 1 };
    char *bytes =
        options->message == NULL ? NULL : driver_read_file(options->message, &message.size);
    char why[256] = "";
    struct smtp_client *client = smtp_client_new(why, sizeof(why));
    int code = 2;

    if (bytes != NULL)
        message.bytes = bytes;
    if (client == NULL)
        fprintf(stderr, "smtp_client: %s\n", why);
    else if (options->message != NULL && bytes == NULL)
        fprintf(stderr, "smtp_client: %s: %s\n", options->message, strerror(errno));
    else if (add_certificates(options, smtp_client_certificates(client)) == 0)
        code = send_all(options, client, &message);
    smtp_client_free(client);
    free(bytes);
    return code;
}
