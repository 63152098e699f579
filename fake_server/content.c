#include "fake_server/content.h"
#include "fake_server/accounts.h"
#include "fake_server/connection.h"
#include "fake_server/reply.h"
#include "fake_server/server.h"

#include <openssl/evp.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A client that was too stupid to stop gets so many times the limit read before it is cut off. */
enum { PATIENCE = 4 };

struct content {
    struct connection *connection; /* borrowed */
    EVP_MD_CTX *digest;
    size_t size, received; /* kept; all of it */
    char *path;            /* owned: the file while it is written; NULL: none */
    FILE *file;            /* NULL: none, or it cannot be written */
    int error;             /* errno of that */
};

static void open_file(struct content *content, const char *directory)
{
    int fd;

    if (asprintf(&content->path, "%s/.incoming-%d", directory, content->connection->number) < 0)
        abort();
    fd = open(content->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    content->file = fd < 0 ? NULL : fdopen(fd, "w");
    content->error = content->file == NULL ? errno : 0;
}

struct content *content_new(struct connection *connection)
{
    struct content *content = memory_new(sizeof *content);
    const char *directory = connection->settings->given.message_directory;

    content->connection = connection;
    content->digest = EVP_MD_CTX_new();
    EVP_DigestInit_ex(content->digest, EVP_sha256(), NULL);
    if (directory != NULL)
        open_file(content, directory);
    return content;
}

void content_add(struct content *content, const char *bytes, size_t size)
{
    content->received += size;
    if (content_is_too_big(content) || size == 0)
        return;
    content->size += size;
    EVP_DigestUpdate(content->digest, bytes, size);
    if (content->file != NULL && fwrite(bytes, 1, size, content->file) < size)
        content->error = errno;
}

bool content_is_too_big(const struct content *content)
{
    return content->received > content->connection->settings->given.max_message_bytes;
}

bool content_is_endless(const struct content *content)
{
    return content->received / PATIENCE >
           content->connection->settings->given.max_message_bytes + INPUT_SIZE;
}

static int close_file(struct content *content)
{
    if (content->file != NULL && fclose(content->file) != 0)
        content->error = errno;
    content->file = NULL;
    return content->error == 0 ? 0 : -1;
}

/* Returns the name of the file, which is the caller's; NULL when it cannot be written. */
static char *store(struct content *content, int number)
{
    const struct connection *connection = content->connection;
    char *name = NULL;

    if (asprintf(&name, "%s/%d.eml", connection->settings->given.message_directory, number) < 0)
        abort();
    if (close_file(content) == 0 && rename(content->path, name) == 0) {
        free(content->path);
        content->path = NULL;
        return name;
    }
    connection_report_error(connection, "message_directory",
                            strerror(content->error == 0 ? errno : content->error));
    free(name);
    return NULL;
}

static void report(const struct content *content, const char *file)
{
    const struct dialogue *dialogue = &content->connection->dialogue;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    char *hex;

    EVP_DigestFinal_ex(content->digest, digest, &size);
    hex = memory_hex(digest, size);
    {
        struct event_field fields[] = {
            EVENT_STRING("from", dialogue->from),
            EVENT_LIST("to", list_items(&dialogue->to)),
            EVENT_NUMBER("size", (long long)content->size),
            EVENT_STRING("sha256", hex),
            EVENT_LIST("parameters", list_items(&dialogue->parameters)),
            EVENT_STRING("file", file),
        };

        connection_emit(content->connection, EVENT_MESSAGE, fields, file == NULL ? 5 : 6);
    }
    free(hex);
}

void content_deliver(struct content *content, struct reply *reply)
{
    struct connection *connection = content->connection;
    bool stored = connection->settings->given.message_directory != NULL;
    int number = server_count_message(connection->server);
    char *file = stored ? store(content, number) : NULL;

    if (stored && file == NULL) {
        reply_set(reply, "451 4.3.0 The message could not be stored");
        return;
    }
    report(content, file);
    connection->dialogue.n_messages++;
    accounts_count(connection);
    free(file);
}

void content_free(struct content *content)
{
    if (content == NULL)
        return;
    (void)close_file(content);
    if (content->path != NULL)
        unlink(content->path);
    free(content->path);
    EVP_MD_CTX_free(content->digest);
    free(content);
}
