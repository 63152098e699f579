/* Lines of SMTP over a socket or TLS (private to capture/). */
#ifndef HARNESS_CAPTURE_SMTP_H
#define HARNESS_CAPTURE_SMTP_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

struct smtp_line_reader {
    int fd;
    SSL *ssl; /* NULL: in the clear */
    char bytes[16384];
    size_t size;
};

/* A reply: its lines without CR LF, ends with NULL; NULL when none came. Owned by `context`. */
const char *const *smtp_reply(void *context, struct smtp_line_reader *reader);

/* Says a line and returns its reply. */
const char *const *smtp_ask(void *context, struct smtp_line_reader *reader, const char *line);

/* The code of a reply; 0: none came. */
int smtp_code(const char *const *reply);

/* The keywords of an EHLO reply: its lines but the first, without codes. NULL when it is not 250.
 */
const char *const *smtp_keywords(void *context, const char *const *reply);

#endif
