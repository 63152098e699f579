/*
 * A message of several parts as bytes: libcurl makes it.
 *
 * libcurl hands such a message out in no other way than over SMTP, so it is sent over a socket of
 * this process to ourselves; what arrives is the message, line for line as a server would get it.
 */
#ifndef HARNESS_SMTP_CLIENT_MIME_H
#define HARNESS_SMTP_CLIENT_MIME_H

#include "harness/smtp_client/smtp_client.h"

#include <curl/curl.h>

/* Makes the message with these header lines in front: CR LF at line ends, no dot-stuffing. The
 * caller frees the bytes. Returns NULL and writes one sentence into `why` on failure. */
char *mime_render(const struct smtp_mail *mail, struct curl_slist *headers, size_t *size, char *why,
                  size_t why_size);

#endif
