#include "harness/smtp_client/pickup.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int write_message(FILE *stream, const struct smtp_client_message *message)
{
    fprintf(stream, "X-Sender: %s\r\n", message->from);
    for (const char *const *to = message->to; *to != NULL; to++)
        fprintf(stream, "X-Receiver: %s\r\n", *to);
    fwrite(message->bytes, 1, message->size, stream);
    return ferror(stream) ? -1 : 0;
}

/* A name that nobody else has chosen. */
static int make_name(char name[33])
{
    unsigned char random[16];

    if (RAND_bytes(random, sizeof(random)) != 1)
        return -1;
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(name + 2 * i, 3, "%02x", random[i]);
    return 0;
}

int pickup_write(const char *directory, const struct smtp_client_message *message, char *why,
                 size_t why_size)
{
    char name[33] = "", hidden[1024], path[1024];
    FILE *stream = NULL;
    int rv = -1;

    if (make_name(name) == 0 &&
        snprintf(hidden, sizeof(hidden), "%s/.%s.tmp", directory, name) < (int)sizeof(hidden) &&
        snprintf(path, sizeof(path), "%s/%s.eml", directory, name) < (int)sizeof(path))
        stream = fopen(hidden, "wxe");
    if (stream != NULL) {
        rv = write_message(stream, message);
        if (fclose(stream) != 0)
            rv = -1;
        if (rv == 0)
            rv = rename(hidden, path);
        if (rv != 0)
            (void)unlink(hidden);
    }
    if (rv != 0)
        snprintf(why, why_size, "%s: the message cannot be written there: %s", directory,
                 strerror(errno));
    return rv;
}
