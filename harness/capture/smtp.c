#include "harness/capture/smtp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <talloc.h>

/* More lines than any server has keywords. */
enum { LINES_MAX = 128 };

static bool fill(struct smtp_line_reader *reader)
{
    size_t room = sizeof(reader->bytes) - reader->size;
    char *to = reader->bytes + reader->size;
    ssize_t n;

    if (room == 0)
        return false;
    n = reader->ssl != NULL ? SSL_read(reader->ssl, to, (int)room) : recv(reader->fd, to, room, 0);
    if (n <= 0)
        return false;
    reader->size += (size_t)n;
    return true;
}

static char *take_line(void *context, struct smtp_line_reader *reader)
{
    char *end, *line;
    size_t length;

    while ((end = memchr(reader->bytes, '\n', reader->size)) == NULL)
        if (!fill(reader))
            return NULL;
    length = (size_t)(end - reader->bytes);
    line =
        talloc_strndup(context, reader->bytes, length > 0 && end[-1] == '\r' ? length - 1 : length);
    reader->size -= length + 1;
    memmove(reader->bytes, end + 1, reader->size);
    return line;
}

const char *const *smtp_reply(void *context, struct smtp_line_reader *reader)
{
    const char **lines = talloc_zero_array(context, const char *, LINES_MAX + 1);

    for (size_t n = 0; n < LINES_MAX; n++) {
        lines[n] = take_line(context, reader);
        if (lines[n] == NULL)
            return NULL;
        if (strlen(lines[n]) < 4 || lines[n][3] != '-')
            return lines;
    }
    return NULL;
}

const char *const *smtp_ask(void *context, struct smtp_line_reader *reader, const char *line)
{
    char *text = talloc_asprintf(context, "%s\r\n", line);
    size_t size = strlen(text);
    bool sent = reader->ssl != NULL ? SSL_write(reader->ssl, text, (int)size) == (int)size
                                    : send(reader->fd, text, size, MSG_NOSIGNAL) == (ssize_t)size;

    return sent ? smtp_reply(context, reader) : NULL;
}

int smtp_code(const char *const *reply)
{
    return reply != NULL ? (int)strtol(reply[0], NULL, 10) : 0;
}

const char *const *smtp_keywords(void *context, const char *const *reply)
{
    const char **words;
    size_t n = 0;

    if (smtp_code(reply) != 250)
        return NULL;
    words = talloc_zero_array(context, const char *, LINES_MAX + 1);
    for (size_t i = 1; reply[i] != NULL; i++)
        if (strlen(reply[i]) > 4)
            words[n++] = reply[i] + 4;
    return words;
}
