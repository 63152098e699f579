#include "harness/smtp_client/sender.h"

#include "harness/smtp_client/driver_step.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int complain(const char *why)
{
    fprintf(stderr, "smtp_client: %s\n", why);
    return -1;
}

/* --- the report --- */

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

/* --- what is sent --- */

/* A message that is given whole is sent to the addresses alone. */
static int read_message(const struct client_options *options, struct smtp_composed *composed)
{
    const char *path = strcmp(options->message, "-") == 0 ? "/dev/stdin" : options->message;
    char *bytes;
    size_t size;
    char why[512];

    bytes = driver_read_file(path, &size);
    if (bytes == NULL) {
        snprintf(why, sizeof(why), "%s: %s", path, strerror(errno));
        return complain(why);
    }
    free(composed->bytes);
    composed->bytes = bytes;
    composed->message.bytes = bytes;
    composed->message.size = size;
    return 0;
}

static int make_message(const struct client_options *options, struct smtp_composed *composed)
{
    char why[512];

    if (smtp_mail_compose(&options->mail, composed, why, sizeof(why)) != 0)
        return complain(why);
    if (options->message != NULL && read_message(options, composed) != 0)
        return -1;
    if (smtp_client_check(&options->settings, &composed->message, why, sizeof(why)) != 0)
        return complain(why);
    return 0;
}

static int fill(const struct client_options *options, struct smtp_certificates *certificates)
{
    char why[512];

    if (options->config != NULL)
        smtp_certificates_add_range(certificates, smtp_config_certificates(options->config));
    for (size_t i = 0; i < options->n_certificates; i++) {
        struct smtp_certificate *certificate =
            smtp_certificate_load(&options->certificates[i], why, sizeof(why));

        if (certificate == NULL)
            return complain(why);
        smtp_certificates_add(certificates, certificate);
        smtp_certificate_free(certificate);
    }
    return 0;
}

/* --- sending --- */

/* The worst of both: what cannot be used goes before what was not delivered. */
static void note(int *code, const struct smtp_client_report *report)
{
    int own = report->outcome == SMTP_CLIENT_DELIVERED ? 0
              : report->outcome == SMTP_CLIENT_INVALID ? 2
                                                       : 1;

    if (own > *code)
        *code = own;
}

static void print_and_note(void *code, const struct smtp_client_report *report)
{
    flockfile(stdout);
    if (report->outcome == SMTP_CLIENT_INVALID)
        complain(report->error);
    else
        print_report(report);
    note(code, report);
    funlockfile(stdout);
}

/* Each round begins when the one before it is over, so that a client has one message under way. */
static int send_all(const struct client_options *options, struct smtp_client **clients,
                    const struct smtp_client_message *message)
{
    int code = 0;

    for (long i = 0; i < options->repeat; i++) {
        for (long j = 0; j < options->parallel; j++)
            if (smtp_client_send_async(clients[j], &options->settings, message, print_and_note,
                                       &code) != 0)
                return 2;
        for (long j = 0; j < options->parallel; j++)
            smtp_client_wait(clients[j]);
    }
    return code;
}

static int make_clients(const struct client_options *options, struct smtp_client **clients)
{
    char why[256];

    for (long i = 0; i < options->parallel; i++) {
        clients[i] = smtp_client_new(why, sizeof(why));
        if (clients[i] == NULL)
            return complain(why);
        if (fill(options, smtp_client_certificates(clients[i])) != 0)
            return -1;
    }
    return 0;
}

int sender_run(const struct client_options *options)
{
    struct smtp_client **clients = calloc((size_t)options->parallel, sizeof(*clients));
    struct smtp_composed composed = { 0 };
    int code = 2;

    if (clients == NULL)
        abort();
    if (make_message(options, &composed) == 0 && make_clients(options, clients) == 0)
        code = send_all(options, clients, &composed.message);
    for (long i = 0; i < options->parallel; i++)
        smtp_client_free(clients[i]);
    smtp_composed_release(&composed);
    free(clients);
    return code;
}
