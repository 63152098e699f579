#include "harness/smtp_client/forge.h"

#include <string.h>

void forge_flip_last(unsigned char *ticket, size_t size)
{
    ticket[size - 1] ^= 1;
}

/* The ticket cannot be set; it is one of the octet strings of the session's own form. */
SSL_SESSION *forge_ticket(SSL_SESSION *session, forge_bender *bend)
{
    const unsigned char *ticket = NULL;
    const unsigned char *at;
    unsigned char *der = NULL;
    unsigned char *place;
    size_t ticket_size = 0;
    int size = i2d_SSL_SESSION(session, &der);
    SSL_SESSION *forged = NULL;

    SSL_SESSION_get0_ticket(session, &ticket, &ticket_size);
    place = size > 0 && ticket_size > 0 ? memmem(der, (size_t)size, ticket, ticket_size) : NULL;
    if (place != NULL) {
        bend(place, ticket_size);
        at = der;
        forged = d2i_SSL_SESSION(NULL, &at, size);
    }
    OPENSSL_free(der);
    return forged;
}

void forge_secret(SSL_SESSION *session)
{
    unsigned char secret[SSL_MAX_MASTER_KEY_LENGTH];
    size_t size = SSL_SESSION_get_master_key(session, secret, sizeof(secret));

    if (size > 0)
        secret[0] ^= 1;
    (void)SSL_SESSION_set1_master_key(session, secret, size);
}
