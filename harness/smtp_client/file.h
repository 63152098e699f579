/*
 * A small file as bytes: certificates, keys, authorities, configurations.
 */
#ifndef HARNESS_SMTP_CLIENT_FILE_H
#define HARNESS_SMTP_CLIENT_FILE_H

#include <stddef.h>

struct file {
    void *bytes; /* owned, a NUL behind them; NULL: it cannot be read, or is larger than any of them
                    has to be */
    size_t size;
};

/* Reads a file; `path` NULL is one that cannot be read. */
struct file file_read(const char *path);

/* Reads a file; returns -1 and writes one sentence into `why` when it cannot. */
int file_load(struct file *file, const char *path, char *why, size_t why_size);

/* Makes one of bytes. */
void file_copy(struct file *file, const void *bytes, size_t size);
void file_release(struct file *file);

#endif
