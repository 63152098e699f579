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

/* Sets up the context of a client that offers, or believes, what it should not. */
void tls_fault_configure(enum smtp_client_fault fault, SSL_CTX *context);

/* no-server-name, address-as-name: when the handshake begins. */
void tls_fault_name(enum smtp_client_fault fault, SSL *ssl, const char *host);

/* wrong-binder, forged-ticket: returns the session bent, or as it is; frees the one given if it is
 * another. */
SSL_SESSION *tls_fault_bend(enum smtp_client_fault fault, SSL_SESSION *session);

/* last-of-collection, skip-...: chooses another element, or none. */
void tls_fault_choose(enum smtp_client_fault fault, const struct smtp_certificates *certificates,
                      struct selection *selection);

/* leaf-only, chain-in-disorder, wrong-proof: spoils what `element` has put into `ssl`. */
void tls_fault_spoil(enum smtp_client_fault fault, SSL *ssl,
                     const struct smtp_certificate *element);

/* certificate-unasked: writes a Certificate message with the first element, in the clear, in front
 * of the ClientKeyExchange. */
void tls_fault_send_unasked(struct tls_client *tls, SSL *ssl);

#endif
