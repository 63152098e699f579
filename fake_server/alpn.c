#include "fake_server/alpn.h"
#include "fake_server/connection.h"
#include "fake_server/reader.h"

#include <string.h>

static bool find(struct reader offered, const char *name, struct reader *found)
{
    while (offered.left > 0) {
        *found = reader_part(&offered, 1);
        if (found->left == strlen(name) && memcmp(found->at, name, found->left) == 0)
            return true;
    }
    return false;
}

int alpn_select(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_size,
                const unsigned char *offered, unsigned offered_size, void *unused)
{
    const struct connection *connection = SSL_get_app_data(ssl);
    const struct fake_server_settings *given = &connection->host->given;
    struct reader found;

    (void)unused;
    for (const char *const *name = given->alpn; name != NULL && *name != NULL; name++) {
        if (!find((struct reader){ offered, offered_size, false }, *name, &found))
            continue;
        *chosen = found.at;
        *chosen_size = (unsigned char)found.left;
        return SSL_TLSEXT_ERR_OK;
    }
    return given->alpn == NULL || MUTANT(any_protocol) ||
                   given->unknown_protocol == FAKE_SERVER_UNKNOWN_PROTOCOL_CONTINUE
               ? SSL_TLSEXT_ERR_NOACK
               : SSL_TLSEXT_ERR_ALERT_FATAL;
}
