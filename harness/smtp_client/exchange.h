/*
 * One message on its way: what is to be sent, and what was seen of the SMTP side.
 */
#ifndef HARNESS_SMTP_CLIENT_EXCHANGE_H
#define HARNESS_SMTP_CLIENT_EXCHANGE_H

#include "harness/smtp_client/replies.h"
#include "harness/smtp_client/smtp_client.h"

#include <curl/curl.h>
#include <stdatomic.h>

/* Holds a domain with its NUL. */
enum { EXCHANGE_DOMAIN = 256 };

struct exchange {
    /* given, borrowed */
    const struct smtp_client_settings *settings;
    const struct smtp_client_message *message;
    /* seen */
    struct replies replies;
    CURLcode code;
    char text[CURL_ERROR_SIZE]; /* libcurl's words; not empty as soon as it has failed */
    size_t given;               /* bytes of the message handed over */
    bool body_given;            /* all of them */
    bool answered;              /* the reply to the message has come: what follows answers QUIT */
    bool utf8;                  /* the EHLO in force offers SMTPUTF8 */
    bool utf8_missing;          /* an address needed it, and it was not offered */
    bool cancelled;
    const atomic_bool *cancel; /* borrowed; set by another thread; NULL: none can */
};

/* The domain (R10) and the time limit with their defaults. */
void exchange_write_domain(const struct exchange *exchange, char *domain, size_t size);
long exchange_timeout_ms(const struct exchange *exchange);

/* Takes a line of the server, unless the message is over. Returns -1 when it is malformed. */
int exchange_take_line(struct exchange *exchange, const char *line, size_t size);

/* Hands over up to `size` bytes of the message; this is where the faults crash and hang strike. */
size_t exchange_give(struct exchange *exchange, char *bytes, size_t size);

#endif
