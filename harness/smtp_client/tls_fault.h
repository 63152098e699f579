/*
 * What the TLS side does wrong when it is told to: the faults that need more than one line.
 */
#ifndef HARNESS_SMTP_CLIENT_TLS_FAULT_H
#define HARNESS_SMTP_CLIENT_TLS_FAULT_H

#include "harness/smtp_client/tls.h"

/* resume-by-path: takes the path of the file for the content of the element. */
void tls_fault_identity(enum smtp_client_fault fault, const struct smtp_certificate *element,
                        struct session_identity *identity);

/* resume-anyone, key-without-...: takes one part out of the key of a session. */
void tls_fault_key(enum smtp_client_fault fault, struct session_peer *peer,
                   unsigned char content[FINGERPRINT_BYTES]);

/* keep-old-tickets: when a session that is made now is said to be made. */
time_t tls_fault_made(enum smtp_client_fault fault, time_t now);

/* certificate-unasked: writes a Certificate message with the first element, in the clear, in front
 * of the ClientKeyExchange. */
void tls_fault_send_unasked(struct tls_client *tls, SSL *ssl);

#endif
