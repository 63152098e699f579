/*
 * What may stand in an address, a header line or a body, and how it is written there.
 */
#ifndef HARNESS_SMTP_CLIENT_TEXT_H
#define HARNESS_SMTP_CLIENT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

bool text_is_ascii(const char *text);
bool text_is_utf8(const char *text);

/* Tells whether a control character is in it: whoever puts a line break where one line is expected
 * wants to say more than he may. */
bool text_has_control(const char *text);

/* A copy in which every line ends with CR LF, the last one, too. The caller frees it. */
char *text_with_crlf(const char *text);

/* Writes text into a header line: as it is when it is ASCII or `raw`, else as encoded words.
 * Source: RFC 2047 section 2. */
void text_write_encoded(FILE *stream, const char *text, bool raw);

/* Takes "a@b" or "Name <a@b>" apart; both parts are owned by the caller. Returns NULL, or what is
 * wrong with it. Source: RFC 5321 section 4.1.2, RFC 6531 section 3.3. */
const char *text_split_mailbox(const char *text, char **name, char **address);

/* Returns NULL, or what is wrong with an address of an envelope, with or without angle brackets;
 * "" is the null reverse-path. */
const char *text_check_address(const char *address);

#endif
