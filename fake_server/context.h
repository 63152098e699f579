/* Makes the SSL_CTX of a snapshot of settings; the callbacks of tls.h, messages.h and sessions.h
 * are in it. */
#ifndef FAKE_SERVER_CONTEXT_H
#define FAKE_SERVER_CONTEXT_H

#include <stddef.h>

struct settings;

/* Sets settings->tls. Returns 0, or -1 and a sentence in `why`. */
int context_init(struct settings *settings, char *why, size_t why_size);

#endif
