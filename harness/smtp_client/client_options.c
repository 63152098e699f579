#include "harness/smtp_client/client_options.h"

#include "harness/smtp_client/driver_step.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the values of options: each returns -1 when it cannot be one --- */

struct row;
typedef int set_option(struct client_options *options, const struct row *row, const char *value);

enum column { NO_VALUE = no_argument, VALUE = required_argument };

struct row {
    const char *name;
    const char *value; /* NULL: takes none */
    const char *meaning;
    set_option *set;
    size_t offset; /* of what is set, in struct client_options; 0: `set` knows */
};

static void *member(struct client_options *options, const struct row *row)
{
    return (char *)options + row->offset;
}

static int parse_number(const char *text, long least, long most, long *value)
{
    char *end;

    errno = 0;
    *value = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *value >= least && *value <= most ? 0 : -1;
}

static int set_text(struct client_options *options, const struct row *row, const char *value)
{
    *(const char **)member(options, row) = value;
    return 0;
}

static int set_flag(struct client_options *options, const struct row *row, const char *value)
{
    (void)value;
    *(bool *)member(options, row) = true;
    return 0;
}

static int add_text(struct client_options *options, const struct row *row, const char *value)
{
    const char **list = member(options, row);
    size_t n = 0;

    while (list[n] != NULL)
        n++;
    if (n == OPTIONS_MAX)
        return -1;
    list[n] = value;
    return 0;
}

static int set_port(struct client_options *options, const struct row *row, const char *value)
{
    long port;
    int parsed = parse_number(value, 1, 65535, &port);

    (void)row;
    options->settings.port = (int)port;
    return parsed;
}

static int set_timeout(struct client_options *options, const struct row *row, const char *value)
{
    long timeout_ms;
    int parsed = parse_number(value, 1, 86400000, &timeout_ms);

    (void)row;
    options->settings.timeout_ms = (int)timeout_ms;
    return parsed;
}

static int set_count(struct client_options *options, const struct row *row, const char *value)
{
    return parse_number(value, 1, 1000000, member(options, row));
}

static int set_mode(struct client_options *options, const struct row *row, const char *value)
{
    (void)row;
    return driver_find_mode(value, &options->settings.mode);
}

static int set_security(struct client_options *options, const struct row *row, const char *value)
{
    (void)row;
    options->security_given = true;
    return driver_find_security(value, &options->settings.security);
}

static int set_enable_ssl(struct client_options *options, const struct row *row, const char *value)
{
    (void)value;
    options->settings.mode = SMTP_CLIENT_STARTTLS;
    return set_security(options, row, "required");
}

static int set_policy(struct client_options *options, const struct row *row, const char *value)
{
    (void)row;
    return smtp_client_policy_find(value, &options->settings.policy);
}

static int set_versions(struct client_options *options, const struct row *row, const char *value)
{
    (void)row;
    return value[0] == '\0' ? -1
                            : driver_find_versions(value, &options->settings.tls_min,
                                                   &options->settings.tls_max);
}

static int set_misbehave(struct client_options *options, const struct row *row, const char *value)
{
    (void)row;
    options->settings.fault = smtp_client_fault_find(value);
    return options->settings.fault == SMTP_CLIENT_FAULT_NONE ? -1 : 0;
}

static int add_certificate(struct client_options *options, const struct row *row, const char *value)
{
    (void)row;
    if (options->n_certificates == OPTIONS_MAX)
        return -1;
    options->certificates[options->n_certificates++].file = value;
    return 0;
}

static struct smtp_certificate_source *last_certificate(struct client_options *options)
{
    return options->n_certificates == 0 ? NULL
                                        : &options->certificates[options->n_certificates - 1];
}

static int add_key(struct client_options *options, const struct row *row, const char *value)
{
    struct smtp_certificate_source *last = last_certificate(options);

    (void)row;
    if (last == NULL || last->key_file != NULL)
        return -1;
    last->key_file = value;
    return 0;
}

static int add_password(struct client_options *options, const struct row *row, const char *value)
{
    struct smtp_certificate_source *last = last_certificate(options);

    (void)row;
    if (last == NULL || last->password != NULL)
        return -1;
    last->password = value;
    return 0;
}

static int set_user(struct client_options *options, const struct row *row, const char *value)
{
    options->settings.credentials.kind = SMTP_CLIENT_CREDENTIALS_GIVEN;
    return set_text(options, row, value);
}

static int set_auth(struct client_options *options, const struct row *row, const char *value)
{
    (void)row;
    options->settings.credentials.kind = SMTP_CLIENT_CREDENTIALS_GIVEN;
    return smtp_client_mechanism_find(value, &options->settings.credentials.mechanism);
}

static int set_default(struct client_options *options, const struct row *row, const char *value)
{
    (void)row, (void)value;
    options->settings.credentials =
        (struct smtp_client_credentials){ .kind = SMTP_CLIENT_CREDENTIALS_DEFAULT };
    return 0;
}

static int set_pickup(struct client_options *options, const struct row *row, const char *value)
{
    options->settings.delivery = SMTP_CLIENT_PICKUP_DIRECTORY;
    return set_text(options, row, value);
}

static int add_attachment(struct client_options *options, const struct row *row, const char *value)
{
    (void)row;
    if (options->mail.n_attachments == OPTIONS_MAX)
        return -1;
    options->attachments[options->mail.n_attachments++].file = value;
    return 0;
}

static int set_type(struct client_options *options, const struct row *row, const char *value)
{
    size_t n = options->mail.n_attachments;

    (void)row;
    if (n == 0 || options->attachments[n - 1].type != NULL)
        return -1;
    options->attachments[n - 1].type = value;
    return 0;
}

/* --- the table --- */

/* It is taken before all others, which say more than the file. */
static int is_taken_before(struct client_options *options, const struct row *row, const char *value)
{
    (void)options, (void)row, (void)value;
    return 0;
}

#define AT(place) offsetof(struct client_options, place)

/* clang-format off */
static const struct row rows[] = {
    { "config",      "FILE",    "the mail settings of an app.config or web.config; what stands here beside it goes before it", is_taken_before, 0 },
    { "policy",      "POLICY",  "one of the policies below; default doc",                              set_policy, 0 },
    { "host",        "NAME",    "the server; default localhost",                                       set_text, AT(settings.host) },
    { "port",        "N",       "its port; default 25, with --mode implicit 465",                      set_port, 0 },
    { "loopback",    NULL,      "take 127.0.0.1 for the address of the server",                        set_flag, AT(settings.loopback) },
    { "mode",        "MODE",    "starttls (default) or implicit",                                      set_mode, 0 },
    { "security",    "LEVEL",   "TLS is required (default), optional or none",                         set_security, 0 },
    { "enable-ssl",  NULL,      "as .NET says it: STARTTLS, required",                                 set_enable_ssl, 0 },
    { "versions",    "RANGE",   "of TLS, such as 1.2..1.3 (default) or 1.2",                           set_versions, 0 },
    { "trust",       "FILE",    "authorities (PEM) that the server is verified against; default: the system's", set_text, AT(settings.trust_file) },
    { "cert",        "FILE",    "adds a certificate to the collection: PEM (its chain and its key may follow), DER, PKCS#12", add_certificate, 0 },
    { "key",         "FILE",    "private key (PEM, DER) of the certificate before it",                 add_key, 0 },
    { "password",    "TEXT",    "of the PKCS#12 or of the key of the certificate before it",           add_password, 0 },
    { "user",        "NAME",    "for AUTH",                                                            set_user, AT(settings.credentials.user) },
    { "user-password", "TEXT",  "for AUTH; with --auth XOAUTH2 the token",                             set_text, AT(settings.credentials.password) },
    { "auth",        "MECHANISM", "any (default), PLAIN, LOGIN, CRAM-MD5, XOAUTH2 or EXTERNAL, which needs no --user", set_auth, 0 },
    { "use-default-credentials", NULL, "those of the logon, if there were any: goes on without AUTH",  set_default, 0 },
    { "domain",      "NAME",    "argument of EHLO; default: the name of this host",                    set_text, AT(settings.domain) },
    { "target-name", "NAME",    "of the service, for integrated AUTH, which is not done here; default SMTPSVC/ and the host",  set_text, AT(settings.target_name) },
    { "timeout",     "MS",      "for one message; default 10000",                                      set_timeout, 0 },
    { "pickup-directory", "DIR", "write the message there and send nothing; absolute path",            set_pickup, AT(settings.pickup_directory) },
    { "from",        "MAILBOX", "sender, such as \"Ben <ben@contoso.com>\"; default sender@example.test", set_text, AT(mail.from) },
    { "to",          "MAILBOX", "adds a recipient; default postmaster@example.test",                   add_text, AT(to) },
    { "cc",          "MAILBOX", "adds one that all can see",                                           add_text, AT(cc) },
    { "bcc",         "MAILBOX", "adds one that nobody can see",                                        add_text, AT(bcc) },
    { "subject",     "TEXT",    "default counterseal",                                                 set_text, AT(mail.subject) },
    { "body",        "TEXT",    "the text; default a short one",                                       set_text, AT(mail.text) },
    { "html",        "TEXT",    "the same in HTML, or instead of it",                                  set_text, AT(mail.html) },
    { "attach",      "FILE",    "adds an attachment",                                                  add_attachment, 0 },
    { "type",        "MIME",    "type of the attachment before it; default by its name",               set_type, 0 },
    { "header",      "LINE",    "adds \"Name: value\" to the header",                                  add_text, AT(headers) },
    { "international", NULL,    "UTF-8 in the header as it is, for servers with SMTPUTF8",             set_flag, AT(mail.international) },
    { "message",     "FILE",    "the whole message instead, CR LF at line ends; - is standard input",  set_text, AT(message) },
    { "repeat",      "N",       "send it N times, each over a connection of its own",                  set_count, AT(repeat) },
    { "parallel",    "N",       "so many clients do so at the same time",                              set_count, AT(parallel) },
    { "misbehave",   "FAULT",   "do one of the things below",                                          set_misbehave, 0 },
    { "driver",      NULL,      "obey JSON lines on standard input: cases/clients/README.md",          set_flag, AT(driver) },
    { "help",        NULL,      "print this",                                                          set_flag, AT(help) },
};
/* clang-format on */

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]), COLUMN = 26 };

static void fill_table(struct option *table)
{
    for (size_t i = 0; i < N_ROWS; i++)
        table[i] = (struct option){ .name = rows[i].name,
                                    .has_arg = rows[i].value != NULL ? VALUE : NO_VALUE };
    table[N_ROWS] = (struct option){ .name = NULL };
}

static int take(struct client_options *options, const struct row *row, const char *value)
{
    if (row->set(options, row, value) == 0)
        return 0;
    fprintf(stderr, "smtp_client: --%s %s: it must be: %s\n", row->name, value, row->meaning);
    return -1;
}

/* Goes through the command line; `only` NULL: all rows. */
static int go_through(struct client_options *options, int argc, char **argv,
                      int (*each)(struct client_options *options, const struct row *row,
                                  const char *value))
{
    struct option table[N_ROWS + 1];
    int index = 0, found;

    fill_table(table);
    optind = 0; /* GNU's word for: from the beginning */
    for (;;) {
        found = getopt_long(argc, argv, "+", table, &index);
        if (found != 0)
            break;
        if (each(options, &rows[index], optarg) != 0)
            return -1;
    }
    if (found == -1 && optind == argc)
        return 0;
    if (found == -1)
        fprintf(stderr, "smtp_client: %s is no option; --help lists them\n", argv[optind]);
    return -1;
}

/* --- what the file says, and what nobody says --- */

/* The policy decides how the file is read. */
static int take_policy(struct client_options *options, const struct row *row, const char *value)
{
    return row->set == set_policy ? take(options, row, value) : 0;
}

static int take_config(struct client_options *options, const struct row *row, const char *value)
{
    char why[512];

    if (row->set != is_taken_before)
        return 0;
    smtp_config_free(options->config);
    options->config = smtp_config_load(value, options->settings.policy, why, sizeof(why));
    if (options->config != NULL)
        return 0;
    fprintf(stderr, "smtp_client: %s\n", why);
    return -1;
}

static void apply_config(struct client_options *options)
{
    if (options->config == NULL)
        return;
    smtp_config_apply(options->config, &options->settings);
    options->mail.from = smtp_config_from(options->config);
    options->mail.international = smtp_config_international(options->config);
    options->security_given = true;
}

static const char system_trust[] = "/etc/ssl/certs/ca-certificates.crt";

static void set_rest(struct client_options *options)
{
    struct smtp_client_settings *settings = &options->settings;
    struct smtp_mail *mail = &options->mail;

    if (settings->host == NULL)
        settings->host = "localhost";
    if (settings->port == 0)
        settings->port = settings->mode == SMTP_CLIENT_IMPLICIT ? 465 : 25;
    if (settings->trust_file == NULL)
        settings->trust_file = system_trust;
    if (settings->delivery == SMTP_CLIENT_PICKUP_DIRECTORY && !options->security_given)
        settings->security = SMTP_CLIENT_TLS_NONE;
    if (mail->from == NULL)
        mail->from = "sender@example.test";
    if (options->to[0] == NULL && options->cc[0] == NULL && options->bcc[0] == NULL)
        options->to[0] = "postmaster@example.test";
    if (mail->subject == NULL)
        mail->subject = "counterseal";
    if (mail->text == NULL && mail->html == NULL)
        mail->text = "Sealed.";
    mail->to = options->to;
    mail->cc = options->cc;
    mail->bcc = options->bcc;
    mail->headers = options->headers;
    mail->attachments = options->attachments;
}

int client_options_parse(struct client_options *options, int argc, char **argv)
{
    *options = (struct client_options){ .repeat = 1, .parallel = 1 };
    if (go_through(options, argc, argv, take_policy) != 0)
        return -1;
    /* Mistakes have been told. */
    opterr = 0;
    if (go_through(options, argc, argv, take_config) != 0)
        return -1;
    apply_config(options);
    if (go_through(options, argc, argv, take) != 0)
        return -1;
    set_rest(options);
    return 0;
}

void client_options_release(struct client_options *options)
{
    smtp_config_free(options->config);
    *options = (struct client_options){ 0 };
}

/* --- help --- */

static void print_row(const char *name, const char *value, const char *meaning)
{
    printf("  %s%s%-*s %s\n", name, value[0] != '\0' ? " " : "",
           COLUMN - (int)strlen(name) - (value[0] != '\0' ? 1 : 0), value, meaning);
}

#define PRINT_POLICY(id, name, meaning) print_row(name, "", meaning);

int client_options_print_help(void)
{
    char name[32];

    printf("usage: smtp_client [OPTION]...\n\nSends a mail over TLS with a collection of client "
           "certificates; says what happened.\nExit: 0 delivered, 1 not delivered, 2 a mistake, "
           "and nothing was sent.\n\n");
    for (size_t i = 0; i < N_ROWS; i++) {
        snprintf(name, sizeof(name), "--%s", rows[i].name);
        print_row(name, rows[i].value != NULL ? rows[i].value : "", rows[i].meaning);
    }
    printf("\npolicies:\n");
    SMTP_CLIENT_POLICIES(PRINT_POLICY)
    printf("\nfaults:\n");
    for (int i = 1; i < SMTP_CLIENT_FAULT_COUNT; i++)
        print_row(smtp_client_fault_name((enum smtp_client_fault)i), "",
                  smtp_client_fault_meaning((enum smtp_client_fault)i));
    return 0;
}
