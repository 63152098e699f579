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

char *files_read(void *context, const char *path, size_t max_bytes, size_t *size, struct error *err)
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

/* What a whole file is written to first. A device or pipe has nothing beside it: it is its own. */
static int name_beside(char beside[PATH_MAX], const char *path)
{
    struct stat info;
    int size;

    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
        size = snprintf(beside, PATH_MAX, "%s", path);
    else
        size = snprintf(beside, PATH_MAX, "%s.%ld~", path, (long)getpid());
    if (size >= 0 && size < PATH_MAX)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

static void remove_beside(const char *beside, const char *path)
{
    if (strcmp(beside, path) != 0)
        unlink(beside);
}

/* A file that an earlier process of our number left there may be a link, or open to others. */
static int open_beside(const char *beside, const char *path, mode_t mode)
{
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;

    remove_beside(beside, path);
    return open(beside, strcmp(beside, path) == 0 ? flags : flags | O_EXCL, mode);
}

static int put_in_place(const char *beside, const char *path)
{
    return strcmp(beside, path) == 0 ? 0 : rename(beside, path);
}

static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

/* Fills and closes the file that is to become `path`. */
static int fill(int fd, const char *path, const void *bytes, size_t size, struct error *err)
{
    int failed = write_all(fd, bytes, size);

    if (failed != 0)
        error_set_errno(err, "cannot write %s", path);
    if (close(fd) != 0 && failed == 0)
        failed = error_set_errno(err, "cannot write %s", path);
    return failed;
}

int files_write(const char *path, const void *bytes, size_t size, mode_t mode, struct error *err)
{
    char beside[PATH_MAX];
    int fd, failed;

    if (name_beside(beside, path) != 0)
        return error_set_errno(err, "cannot write %s", path);
    fd = open_beside(beside, path, mode);
    if (fd < 0)
        return error_set_errno(err, "cannot write %s", path);
    failed = fill(fd, path, bytes, size, err);
    if (failed == 0 && put_in_place(beside, path) != 0)
        failed = error_set_errno(err, "cannot write %s", path);
    if (failed != 0)
        remove_beside(beside, path);
    return failed;
}

int files_write_private(const char *path, const void *bytes, size_t size, mode_t mode,
                        struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

    if (fd < 0)
        return files_write(path, bytes, size, mode, err);
    if (fill(fd, path, bytes, size, err) == 0)
        return 0;
    unlink(path);
    return -1;
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
    FILE *stream = NULL;
    int fd = -1;

    if (make_parents(path, 0777, err) != 0)
        return NULL;
    if (name_beside(beside, path) == 0)
        fd = open_beside(beside, path, 0666);
    if (fd >= 0)
        stream = fdopen(fd, "w");
    if (stream == NULL)
        error_set_errno(err, "cannot write %s", path);
    return stream;
}

int files_commit(FILE *stream, const char *path, struct error *err)
{
    char beside[PATH_MAX];
    /* The cause of a write that failed earlier is forgotten; to try once more tells it mostly. */
    int failed = ferror(stream);

    errno = 0;
    failed |= fflush(stream);
    if (failed && errno == 0)
        errno = EIO;
    if (failed)
        error_set_errno(err, "cannot write %s", path);
    if (fclose(stream) != 0 && !failed)
        failed = error_set_errno(err, "cannot write %s", path);
    if (name_beside(beside, path) != 0)
        return failed ? -1 : error_set_errno(err, "cannot write %s", path);
    if (!failed && put_in_place(beside, path) != 0)
        failed = error_set_errno(err, "cannot write %s", path);
    if (failed)
        remove_beside(beside, path);
    return failed ? -1 : 0;
}

void files_abandon(FILE *stream, const char *path)
{
    char beside[PATH_MAX];

    (void)fclose(stream);
    if (name_beside(beside, path) == 0)
        remove_beside(beside, path);
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
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

int files_remove(const char *path, struct error *err)
{
    struct stat info;

    if (lstat(path, &info) != 0)
        return errno == ENOENT || errno == ENOTDIR ? 0
                                                   : error_set_errno(err, "cannot remove %s", path);
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        return error_set_errno(err, "cannot remove %s", path);
    return 0;
}
