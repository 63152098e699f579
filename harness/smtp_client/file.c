#include "harness/smtp_client/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The authorities of a whole system fit in a tenth of it. */
enum { MAX_FILE = 4 << 20 };

static void fill(struct file *file, int fd, size_t size)
{
    file->bytes = malloc(size + 1);
    while (file->bytes != NULL && file->size < size) {
        ssize_t n = read(fd, (char *)file->bytes + file->size, size - file->size);

        if (n <= 0)
            break;
        file->size += (size_t)n;
    }
    if (file->size < size)
        file_release(file);
}

struct file file_read(const char *path)
{
    struct file file = { NULL, 0 };
    struct stat info;
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return file;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size < MAX_FILE)
        fill(&file, fd, (size_t)info.st_size);
    close(fd);
    return file;
}

void file_release(struct file *file)
{
    free(file->bytes);
    *file = (struct file){ NULL, 0 };
}
