/*
 * The client object, and what the driver of the same room may know of it.
 */
#ifndef HARNESS_SMTP_CLIENT_CLIENT_H
#define HARNESS_SMTP_CLIENT_CLIENT_H

#include "harness/smtp_client/certificates.h"
#include "harness/smtp_client/exchange.h"
#include "harness/smtp_client/tls.h"
#include "harness/smtp_client/transport.h"

#include <pthread.h>
#include <stdatomic.h>

struct smtp_client {
    struct smtp_certificates *certificates; /* owned */
    struct smtp_certificates sent_with;     /* what it held when the send began */
    struct transport transport; /* open between messages only with the fault reuse-connection */
    struct exchange exchange;   /* of the last message */
    struct tls_client tls;
    long clock_s;
    /* a send in a thread of its own; the mutex is for all below */
    pthread_mutex_t lock;
    pthread_cond_t idle;
    bool busy;
    bool started; /* `thread` is to be joined */
    pthread_t thread;
    atomic_bool cancel;
    struct sending {
        const struct smtp_client_settings *settings;
        const struct smtp_client_message *message;
        smtp_client_done *done;
        void *context;
    } sending;
};

/* Moves the client's idea of now: for sessions, and for every certificate's validity. */
void smtp_client_set_clock(struct smtp_client *client, long clock_s);

/* What the last send presented: a fingerprint, "empty", or "nothing" when no Certificate message
 * left. */
const char *smtp_client_presented(const struct smtp_client *client);

#endif
