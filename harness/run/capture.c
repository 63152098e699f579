#include "harness/run/stage.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

/* The two parts of stage->captured. */
enum part { PART_CAPTURE, PART_SECRETS, PART_COUNT };

/* Most cases pass and leave nothing behind: memory costs a tenth of what a file does. */
void stage_open_capture(struct stage *stage)
{
    for (int i = 0; i < PART_COUNT; i++)
        stage->captured[i] = memfd_create("capture", MFD_CLOEXEC);
}

void stage_write_capture(const struct stage *stage)
{
    static int (*const writers[PART_COUNT])(struct fake_server_capture *, FILE *) = {
        [PART_CAPTURE] = fake_server_capture_write,
        [PART_SECRETS] = fake_server_capture_write_secrets,
    };

    for (int i = 0; stage->capture != NULL && i < PART_COUNT; i++) {
        FILE *stream = stage->captured[i] >= 0 ? fdopen(stage->captured[i], "w") : NULL;

        if (stream != NULL) {
            (void)writers[i](stage->capture, stream);
            (void)fclose(stream);
        }
    }
}

/* Reads the whole of it; what cannot be read is left out. */
static struct evidence_bytes read_whole(void *context, int fd)
{
    struct stat status;
    struct evidence_bytes whole = { NULL, 0 };
    char *bytes;

    if (fstat(fd, &status) != 0 || status.st_size <= 0)
        return whole;
    bytes = talloc_array_size(context, 1, (unsigned)status.st_size);
    while (whole.size < (size_t)status.st_size) {
        ssize_t n =
            pread(fd, bytes + whole.size, (size_t)status.st_size - whole.size, (off_t)whole.size);

        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        whole.size += n > 0 ? (size_t)n : 0;
    }
    whole.bytes = bytes;
    return whole;
}

void stage_close_capture(struct stage *stage)
{
    struct evidence_bytes *const parts[PART_COUNT] = {
        [PART_CAPTURE] = &stage->evidence->capture,
        [PART_SECRETS] = &stage->evidence->secrets,
    };

    for (int i = 0; i < PART_COUNT; i++) {
        if (stage->captured[i] < 0)
            continue;
        *parts[i] = read_whole(stage->evidence, stage->captured[i]);
        close(stage->captured[i]);
        stage->captured[i] = -1;
    }
}
