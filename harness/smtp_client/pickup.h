/*
 * Delivery into a pickup directory: the message becomes a file there, which whoever watches the
 * directory takes. The envelope stands in front of the header, as .NET writes it.
 */
#ifndef HARNESS_SMTP_CLIENT_PICKUP_H
#define HARNESS_SMTP_CLIENT_PICKUP_H

#include "harness/smtp_client/smtp_client.h"

/* Writes the message; the file appears whole. Returns -1 and writes one sentence into `why`. */
int pickup_write(const char *directory, const struct smtp_client_message *message, char *why,
                 size_t why_size);

#endif
