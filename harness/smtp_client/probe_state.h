/*
 * A probe that runs, for the files of it: probe.c leads the dialogue, probe_tls.c the handshake,
 * probe_acts.c changes both.
 */
#ifndef HARNESS_SMTP_CLIENT_PROBE_STATE_H
#define HARNESS_SMTP_CLIENT_PROBE_STATE_H

#include "harness/smtp_client/certificates.h"
#include "harness/smtp_client/probe.h"
#include "harness/smtp_client/probe_wire.h"
#include "harness/smtp_client/replies.h"

#include <openssl/ssl.h>

enum { PROBE_BUFFER = 65536 };

enum probe_close { PROBE_CLOSE_NO, PROBE_CLOSE_CLEAN, PROBE_CLOSE_TRUNCATED, PROBE_CLOSE_RESET };

/* One site's turn: what the acts make of it. */
struct probe_turn {
    const char *site;
    const char *line;     /* the command, without its end */
    char *bytes, *inject; /* owned; NULL: none */
    size_t bytes_size, inject_size;
    bool skip;
    enum probe_close close;
};

struct probe {
    const struct probe_order *order;
    struct probe_wire wire;
    SSL_CTX *context;
    SSL *ssl; /* NULL in the clear */
    struct probe_report *report;
    struct replies replies;
    char *buffer; /* owned: what has come and is no line yet */
    size_t used;
    bool starttls;   /* offered by the last EHLO */
    bool requested;  /* a CertificateRequest has come */
    bool handshake;  /* completed, as far as this end knows */
    char version[8]; /* "1.3" */
    bool failed;     /* it was tried and was not */
    bool delivered, refused;
    bool violated;   /* a reply came that cannot stand there: the two are out of step */
    bool quit;       /* QUIT was said: nothing follows */
    bool unanswered; /* the server went without a reply to what was said */
    bool over;       /* nothing more can be said */
    bool done;       /* it left as it was told to */
    int alert_received, alert_sent; /* fatal; -1: none */
    /* of the certificate */
    bool certificate_sent;
    char presented[FINGERPRINT_TEXT];
    /* of the session */
    SSL_SESSION *offered; /* owned */
};

/* --- probe.c --- */

/* Tells whoever the settings name; fills the time. */
void probe_tell(const struct probe *probe, struct smtp_client_sight *sight);

/* Says a command, without line end, and reads its reply; returns the code, 0 when there is none. */
int probe_say(struct probe *probe, const char *line);

/* Adds a line to the answers of the report. */
void probe_answer(const struct probe *probe, const char *command, const char *reply);

/* Ends the connection so. */
void probe_end(struct probe *probe, enum probe_close how);

/* Does what the rows say of a site that says nothing. */
void probe_visit(struct probe *probe, const char *site);

/* --- probe_tls.c --- */

/* Shows this certificate with the chain that belongs to it; NULL: an empty list. */
void probe_tls_show(SSL *ssl, const struct smtp_certificate *element);

/* The handshake. Returns 0, or -1. */
int probe_tls_start(struct probe *probe);
void probe_tls_release(struct probe *probe);

/* The kind of the session offered: none, id, ticket, psk. */
const char *probe_tls_offered(const struct probe *probe);
const char *probe_tls_resumed(const struct probe *probe);

/* The session that the last connection of a step was given at last, borrowed; NULL: none. */
SSL_SESSION *probe_session_of(int step);

/* --- probe_acts.c --- */

typedef void probe_play_act(struct probe *probe, struct probe_turn *turn,
                            const char *const *values);

/* Those of sessions and certificates (probe_session.c, probe_certificate.c). */
probe_play_act probe_play_session, probe_play_ticket, probe_play_session_id, probe_play_secret;
probe_play_act probe_play_certificate, probe_play_chain, probe_play_key;

/* Does the acts of all rows that are about the site. */
void probe_act(struct probe *probe, struct probe_turn *turn);

#endif
