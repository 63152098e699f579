/*
 * Faults of the SMTP dialogue over STARTTLS, spoken by hand: libcurl cannot be made to have them.
 *
 * The first of them, believe-plaintext, has one buffer of lines that is not emptied when TLS starts
 * (CVE-2021-38371 and its many relatives): what a server, or somebody between, puts behind its
 * answer to STARTTLS is taken as the answer to the EHLO under TLS. If it offers AUTH PLAIN,
 * throw-away credentials are sent, and from then on each reply is taken for that to the command
 * after its own.
 */
#ifndef HARNESS_SMTP_CLIENT_FAULT_DIALOGUE_H
#define HARNESS_SMTP_CLIENT_FAULT_DIALOGUE_H

#include "harness/smtp_client/exchange.h"
#include "harness/smtp_client/tls.h"

/* Whether a fault is one of the dialogue. */
bool fault_dialogue_has(enum smtp_client_fault fault);

/* Sends the message over STARTTLS; `exchange` and `tls` tell how it went, in libcurl's codes. */
void fault_dialogue_send(struct exchange *exchange, struct tls_client *tls);

#endif
