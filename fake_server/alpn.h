/* The choice of an application protocol: RFC 7301. */
#ifndef FAKE_SERVER_ALPN_H
#define FAKE_SERVER_ALPN_H

#include <openssl/ssl.h>

/* The SSL_CTX_set_alpn_select_cb() callback: the server's order decides. */
int alpn_select(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_size,
                const unsigned char *offered, unsigned offered_size, void *unused);

#endif
