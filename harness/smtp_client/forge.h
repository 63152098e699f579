/*
 * Sessions that no server gave: what a fault of the client and a probe offer instead of one.
 */
#ifndef HARNESS_SMTP_CLIENT_FORGE_H
#define HARNESS_SMTP_CLIENT_FORGE_H

#include <openssl/ssl.h>

/* Changes a ticket where it lies; it has one octet at least. */
typedef void forge_bender(unsigned char *ticket, size_t size);

/* The authentication stands at the end. Source: RFC 5077 section 4. */
forge_bender forge_flip_last;

/* Returns a copy with a bent ticket, owned by the caller; NULL: the session has no ticket. */
SSL_SESSION *forge_ticket(SSL_SESSION *session, forge_bender *bend);

/* The master secret, of TLS 1.3 the resumption secret, differs by one bit from now on. */
void forge_secret(SSL_SESSION *session);

#endif
