/*
 * One line of the driver, taken apart: cases/clients/README.md.
 *
 * All strings are borrowed from the JSON value; only the message and the list of recipients are
 * owned.
 */
#ifndef HARNESS_SMTP_CLIENT_DRIVER_STEP_H
#define HARNESS_SMTP_CLIENT_DRIVER_STEP_H

#include "harness/smtp_client/probe.h"

#include <jansson.h>

struct driver_step {
    struct smtp_client_settings settings;
    struct smtp_client_message message;
    const json_t *certificates; /* borrowed, may be NULL */
    bool new_client;
    bool is_probe;
    struct probe_order probe; /* rows owned */
    long clock_s;
    const char **to;   /* owned */
    const char **alpn; /* owned, may be NULL */
    char *bytes;       /* owned */
};

/* Takes a line apart and reads the message. Returns -1 and writes one sentence into `why`; release
 * in any case. */
int driver_step_parse(struct driver_step *step, const json_t *asked, char *why, size_t why_size);

/* Fills the collection anew from the files: what counts is their content now. */
int driver_step_certificates(const struct driver_step *step, struct smtp_certificates *certificates,
                             char *why, size_t why_size);
void driver_step_release(struct driver_step *step);

/* Reads a whole file. The caller frees it. NULL with errno on
 * failure. */
char *driver_read_file(const char *path, size_t *size);

/* Writes the value of that name of one of the lists below; returns -1 when there is none. */
int driver_find_mode(const char *name, enum smtp_client_mode *mode);
int driver_find_security(const char *name, enum smtp_client_security *security);

/* Takes a range such as "1.2..1.3" or one version apart, in OpenSSL's numbers; "" is 0 and 0. */
int driver_find_versions(const char *text, int *oldest, int *newest);

#endif
