/*
 * How a send ended: from what was seen to one word and one sentence.
 *
 * The same refusal reaches libcurl as four different codes, according to TLS version and timing;
 * here it becomes one outcome (semantics, decision 4). The rules are a table, from the strongest
 * evidence to the weakest.
 */
#ifndef HARNESS_SMTP_CLIENT_OUTCOME_H
#define HARNESS_SMTP_CLIENT_OUTCOME_H

#include "harness/smtp_client/exchange.h"
#include "harness/smtp_client/tls.h"

/* Judges, and writes the sentence ("" when delivered) into `error`. */
enum smtp_client_outcome outcome_get(const struct exchange *exchange,
                                     const struct tls_evidence *tls, char *error,
                                     size_t error_size);

#endif
