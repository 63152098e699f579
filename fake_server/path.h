/* The arguments of MAIL and RCPT: a path and parameters. */
#ifndef FAKE_SERVER_PATH_H
#define FAKE_SERVER_PATH_H

#include "fake_server/memory.h"

#include <stdbool.h>
#include <stddef.h>

struct path {
    char *address;          /* owned; without brackets and source route */
    struct list parameters; /* as they were sent: "SIZE=100" */
};

/* Takes "FROM:<a@b> SIZE=100" apart, of which `prefix` is "FROM:". Returns NULL, or the reply that
 * says what is wrong. The path is to be released in any case. */
const char *path_parse(struct path *path, const char *text, const char *prefix);

/* What was offered to whoever sent it. */
struct path_terms {
    const struct list *keywords; /* borrowed */
    size_t max_bytes;
    bool extended, tls;
    bool smtputf8; /* of the transaction, for a recipient */
};

/* What is wrong with it as a sender, a recipient: a reply, or NULL. */
const char *path_check_mail(const struct path *path, const struct path_terms *terms);
const char *path_check_rcpt(const struct path *path, const struct path_terms *terms);

bool path_has_parameter(const struct path *path, const char *name);

void path_release(struct path *path);

#endif
