/*
 * The extensions that a client has been told of: the lines of the EHLO reply that holds now. What
 * was not offered is not understood. Source: RFC 5321 section 2.2.1.
 */
#ifndef FAKE_SERVER_KEYWORDS_H
#define FAKE_SERVER_KEYWORDS_H

#include "fake_server/memory.h"

#include <stdbool.h>

struct reply;

/* Replaces the list by what a reply to EHLO says: its lines but the first, without their codes. */
void keywords_set(struct list *keywords, const struct reply *reply);

/* Whether a keyword is among them, any letters. */
bool keywords_have(const struct list *keywords, const char *keyword);

/* The value of a limit such as "RCPTMAX" in the keyword LIMITS, 0 when there is none. Source:
 * RFC 9422 section 4. */
long keywords_limit(const struct list *keywords, const char *name);

#endif
