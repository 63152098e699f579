/*
 * A small file as bytes: certificates, keys, authorities.
 */
#ifndef HARNESS_SMTP_CLIENT_FILE_H
#define HARNESS_SMTP_CLIENT_FILE_H

#include <stddef.h>

struct file {
    void *bytes; /* owned; NULL: it cannot be read, or is larger than any of them has to be */
    size_t size;
};

/* Reads a file; `path` NULL is one that cannot be read. */
struct file file_read(const char *path);
void file_release(struct file *file);

#endif
