/*
 * The client object, and what the driver of the same room may know of it.
 */
#ifndef HARNESS_SMTP_CLIENT_CLIENT_H
#define HARNESS_SMTP_CLIENT_CLIENT_H

#include "harness/smtp_client/exchange.h"
#include "harness/smtp_client/tls.h"
#include "harness/smtp_client/transport.h"

struct smtp_client {
    struct smtp_certificates *certificates; /* owned */
    struct transport transport; /* open between messages only with the fault reuse-connection */
    struct exchange exchange;   /* of the last message */
    struct tls_client tls;
    long clock_s;
};

/* Moves the client's idea of now: for sessions, and for every certificate's validity. */
void smtp_client_set_clock(struct smtp_client *client, long clock_s);

/* What the last send presented: a fingerprint, "empty", or "nothing" when no Certificate message
 * left. */
const char *smtp_client_presented(const struct smtp_client *client);

#endif
