/*
 * The way of a message over libcurl: one easy handle, one connection, one message.
 *
 * libcurl is used for SMTP and for moving bytes. Its own caches of sessions and connections are
 * kept out: they do not see the certificates that the TLS callbacks choose, and would resume or
 * reuse as somebody else (semantics, section 3). Only the fault reuse-connection keeps its handle.
 */
#ifndef HARNESS_SMTP_CLIENT_TRANSPORT_H
#define HARNESS_SMTP_CLIENT_TRANSPORT_H

#include "harness/smtp_client/exchange.h"
#include "harness/smtp_client/tls.h"

struct transport {
    CURL *handle;
    struct exchange *exchange; /* under way, borrowed */
    struct curl_slist *to;
    struct curl_slist *resolve;
};

/* Sends; `exchange` and `tls` tell how it went. Opens the handle when there is none. */
void transport_send(struct transport *transport, struct exchange *exchange, struct tls_client *tls);

/* Closes the connection, with QUIT where it is still open. NULL handle and twice are no errors. */
void transport_close(struct transport *transport);

#endif
