/*
 * TLS alerts: their names (RFC 8446 section 6, RFC 5246 section 7.2) and which of them refuse a
 * client for its certificate, or for having none.
 */
#ifndef HARNESS_SMTP_CLIENT_ALERTS_H
#define HARNESS_SMTP_CLIENT_ALERTS_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the name of an alert, "alert_NNN" when it has none. */
void alert_write_name(int code, char *name, size_t size);

/* Tells whether an alert that follows a certificate request means that the client was refused. */
bool alert_refuses(int code);

/* Tells whether an alert ends the connection in an error. */
bool alert_is_fatal(int level, int code, bool tls13);

#endif
