/*
 * What the program smtp_client does with its command line: makes the message and the collection,
 * sends, and prints what happened.
 */
#ifndef HARNESS_SMTP_CLIENT_SENDER_H
#define HARNESS_SMTP_CLIENT_SENDER_H

#include "harness/smtp_client/client_options.h"

/* Sends so often, and from so many clients at a time, as is said. Returns the exit code: 0
 * delivered, 1 not delivered, 2 something given cannot be used, and nothing was sent. */
int sender_run(const struct client_options *options);

#endif
