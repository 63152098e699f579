/*
 * The probe: a client of our own that can say what no library would, to see what a server does.
 *
 * It is a good client plus rows, the mirror of the fake server's script: it connects, greets,
 * starts TLS, sends a message and says QUIT; a row changes what it does at a site (a verb, a part
 * of the handshake). Which acts there are is told by a table (probe_acts.c). It shows the first
 * certificate of its collection whatever the server names, believes any server, and offers a
 * session only when a row says which.
 */
#ifndef HARNESS_SMTP_CLIENT_PROBE_H
#define HARNESS_SMTP_CLIENT_PROBE_H

#include "harness/smtp_client/fingerprint.h"
#include "harness/smtp_client/smtp_client.h"

#include <jansson.h>

struct probe_act {
    const char *name;
    const char **values; /* owned, its name in front, ends with NULL; the texts are borrowed */
};

struct probe_row {
    const char *on;
    int when;               /* of a verb: -1 in the clear, 1 under TLS, 0 both */
    struct probe_act *acts; /* owned */
    size_t n_acts;
};

/* What it is to do. */
struct probe_order {
    int step; /* sessions are kept under it */
    const struct smtp_client_settings *settings;
    const struct smtp_client_message *message;
    const struct smtp_certificates *certificates;
    struct probe_row *rows; /* owned */
    size_t n_rows;
};

/* Whether there is an act of that name. */
bool probe_knows(const char *act);

/* What it tells besides the report. */
struct probe_report {
    char presented[FINGERPRINT_TEXT]; /* a fingerprint, "empty" or "nothing" */
    bool forged;                      /* the session offered is none that the server could know */
    json_t *answers; /* owned: strings "COMMAND -> REPLY", by its last line; "" where none came */
    json_t *unasked; /* owned: last lines of replies to nothing that was said */
};

/* Plays it; whoever the settings name is told what goes over the wire. */
void probe_play(const struct probe_order *order, struct smtp_client_report *report,
                struct probe_report *more);

/* Forgets the sessions that probes were given. */
void probe_forget_sessions(void);

#endif
