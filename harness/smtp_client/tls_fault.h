/*
 * What the TLS side does wrong when it is told to: the faults that need more than one line.
 */
#ifndef HARNESS_SMTP_CLIENT_TLS_FAULT_H
#define HARNESS_SMTP_CLIENT_TLS_FAULT_H

#include "harness/smtp_client/tls.h"

/* resume-by-path: takes the path of the file for the content of the element. */
void tls_fault_identity(enum smtp_client_fault fault, const struct certificate *element,
                        struct session_identity *identity);

/* resume-anyone: one content for all. */
void tls_fault_anyone(unsigned char content[FINGERPRINT_BYTES]);

/* certificate-unasked: writes a Certificate message with the first element, in the clear, in front
 * of the ClientKeyExchange. */
void tls_fault_send_unasked(struct tls_client *tls, SSL *ssl);

#endif
