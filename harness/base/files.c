#include "harness/base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

static int read_all(int fd, char *bytes, size_t size, size_t *used)
{
    while (*used < size) {
        ssize_t n = read(fd, bytes + *used, size - *used);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            return 0;
        *used += (size_t)n;
    }
    return 0;
}

char *files_read(void *context, const char *path, size_t max_bytes, size_t *size,
                 struct error *err)
{
    char *text = NULL;
    size_t used = 0;
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &info) != 0) {
        error_set_errno(err, "cannot read %s", path);
        goto out;
    }
    if (!S_ISREG(info.st_mode)) {
        error_set(err, ERROR_SYSTEM, WHERE_NONE, "cannot read %s: not a regular file", path);
        goto out;
    }
    if ((size_t)info.st_size > max_bytes) {
        error_set(err, ERROR_SYSTEM, WHERE_NONE, "%s has %lld bytes, more than the %zu allowed",
                  path, (long long)info.st_size, max_bytes);
        goto out;
    }
    text = talloc_size(context, (size_t)info.st_size + 1);
    if (read_all(fd, text, (size_t)info.st_size, &used) != 0) {
        error_set_errno(err, "cannot read %s", path);
        TALLOC_FREE(text);
        goto out;
    }
    text[used] = '\0';
    *size = used;
out:
    if (fd >= 0)
        close(fd);
    return text;
}

static void name_beside(char *beside, size_t size, const char *path)
{
    (void)snprintf(beside, size, "%s.%ld~", path, (long)getpid());
}

int files_write(const char *path, const void *bytes, size_t size, mode_t mode, struct error *err)
{
    char beside[PATH_MAX];
    const char *at = bytes;
    int rv = -1;
    int fd;

    name_beside(beside, sizeof(beside), path);
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return error_set_errno(err, "cannot write %s", path);
    while (size > 0) {
        ssize_t n = write(fd, at, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            error_set_errno(err, "cannot write %s", path);
            goto out;
        }
        at += n;
        size -= (size_t)n;
    }
    if (rename(beside, path) != 0) {
        error_set_errno(err, "cannot write %s", path);
        goto out;
    }
    rv = 0;
out:
    close(fd);
    if (rv != 0)
        unlink(beside);
    return rv;
}

static int make_parents(const char *path, mode_t mode, struct error *err)
{
    char parent[PATH_MAX];
    char *slash;

    if (strlen(path) >= sizeof(parent))
        return error_set(err, ERROR_SYSTEM, WHERE_NONE, "path too long: %.80s...", path);
    memcpy(parent, path, strlen(path) + 1);
    slash = strrchr(parent, '/');
    if (slash == NULL || slash == parent)
        return 0;
    *slash = '\0';
    return files_make_directory(parent, mode, err);
}

FILE *files_open_whole(const char *path, struct error *err)
{
    char beside[PATH_MAX];
    FILE *stream;

    if (make_parents(path, 0777, err) != 0)
        return NULL;
    name_beside(beside, sizeof(beside), path);
    stream = fopen(beside, "we");
    if (stream == NULL)
        error_set_errno(err, "cannot write %s", path);
    return stream;
}

int files_commit(FILE *stream, const char *path, struct error *err)
{
    char beside[PATH_MAX];
    int failed = ferror(stream);

    name_beside(beside, sizeof(beside), path);
    if (fclose(stream) != 0 || failed) {
        error_set_errno(err, "cannot write %s", path);
        unlink(beside);
        return -1;
    }
    if (rename(beside, path) != 0) {
        error_set_errno(err, "cannot write %s", path);
        unlink(beside);
        return -1;
    }
    return 0;
}

void files_abandon(FILE *stream, const char *path)
{
    char beside[PATH_MAX];

    name_beside(beside, sizeof(beside), path);
    (void)fclose(stream);
    unlink(beside);
}

int files_make_directory(const char *path, mode_t mode, struct error *err)
{
    struct stat info;

    if (mkdir(path, mode) == 0)
        return 0;
    if (errno == ENOENT) {
        if (make_parents(path, mode, err) != 0)
            return -1;
        if (mkdir(path, mode) == 0)
            return 0;
    }
    if (errno == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return 0;
    return error_set_errno(err, "cannot make directory %s", path);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

int files_remove(const char *path, struct error *err)
{
    struct stat info;

    if (lstat(path, &info) != 0)
        return errno == ENOENT ? 0 : error_set_errno(err, "cannot remove %s", path);
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        return error_set_errno(err, "cannot remove %s", path);
    return 0;
}
