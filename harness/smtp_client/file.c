#include "harness/smtp_client/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The authorities of a whole system fit in a tenth of it. */
enum { MAX_FILE = 4 << 20 };

static void allocate(struct file *file, size_t size)
{
    *file = (struct file){ calloc(1, size + 1), 0 };
    if (file->bytes == NULL)
        abort();
}

static const char *fill(struct file *file, int fd, size_t size)
{
    ssize_t n = 1;

    allocate(file, size);
    while (file->size < size && n > 0) {
        n = read(fd, (char *)file->bytes + file->size, size - file->size);
        file->size += n > 0 ? (size_t)n : 0;
    }
    return file->size == size ? NULL : "it cannot be read to its end";
}

/* Returns NULL, or what is wrong. */
static const char *read_all(struct file *file, const char *path)
{
    struct stat info;
    const char *wrong;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return strerror(errno);
    if (fstat(fd, &info) != 0)
        wrong = strerror(errno);
    else if (S_ISDIR(info.st_mode))
        wrong = "it is a directory";
    else if (!S_ISREG(info.st_mode))
        wrong = "it is no file";
    else if (info.st_size >= MAX_FILE)
        wrong = "it is larger than 4 MiB";
    else
        wrong = fill(file, fd, (size_t)info.st_size);
    close(fd);
    return wrong;
}

int file_load(struct file *file, const char *path, char *why, size_t why_size)
{
    const char *wrong;

    *file = (struct file){ NULL, 0 };
    wrong = read_all(file, path);
    if (wrong == NULL)
        return 0;
    snprintf(why, why_size, "%s: %s", path, wrong);
    file_release(file);
    return -1;
}

struct file file_read(const char *path)
{
    struct file file = { NULL, 0 };

    if (path != NULL && read_all(&file, path) != NULL)
        file_release(&file);
    return file;
}

void file_copy(struct file *file, const void *bytes, size_t size)
{
    allocate(file, size);
    if (size > 0)
        memcpy(file->bytes, bytes, size);
    file->size = size;
}

void file_release(struct file *file)
{
    free(file->bytes);
    *file = (struct file){ NULL, 0 };
}
