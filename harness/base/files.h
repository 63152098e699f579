/*
 * Reading and writing whole files and trees of them.
 *
 * What is written is there whole or not at all: a file is written beside its place and renamed.
 */
#ifndef HARNESS_BASE_FILES_H
#define HARNESS_BASE_FILES_H

#include "harness/base/error.h"

#include <stdio.h>
#include <sys/types.h>

/* Reads a regular file of at most `max_bytes` bytes. The text is owned by the talloc `context` and
 * ends with a NUL that `*size` does not count. Returns NULL on failure. Errors: ERROR_SYSTEM. */
char *files_read(void *context, const char *path, size_t max_bytes, size_t *size,
                 struct error *err);

/* Writes a file of mode `mode` in one piece, replacing what was there. Errors: ERROR_SYSTEM. */
int files_write(const char *path, const void *bytes, size_t size, mode_t mode, struct error *err);

/* The same for a folder in which nobody reads yet: a file that is not there is written at its
 * place, which takes half as many system calls. Errors: ERROR_SYSTEM. */
int files_write_private(const char *path, const void *bytes, size_t size, mode_t mode,
                        struct error *err);

/* Starts a file that appears at `path` when files_commit() succeeds and not before. The parent
 * directories are made. A device or pipe at `path` is written to as it is.
 * Returns NULL on failure. Errors: ERROR_SYSTEM. */
FILE *files_open_whole(const char *path, struct error *err);

/* Ends what files_open_whole() began; `stream` is closed in any case. When writing failed, nothing
 * appears at `path`. Errors: ERROR_SYSTEM. */
int files_commit(FILE *stream, const char *path, struct error *err);

/* Gives up what files_open_whole() began. */
void files_abandon(FILE *stream, const char *path);

/* Makes a directory and its parents; those that exist are kept. Errors: ERROR_SYSTEM. */
int files_make_directory(const char *path, mode_t mode, struct error *err);

/* Removes a file or a directory with all it holds; symbolic links are not followed. What is not
 * there is no error. Errors: ERROR_SYSTEM. */
int files_remove(const char *path, struct error *err);

#endif
