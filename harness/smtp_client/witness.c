#include "harness/smtp_client/witness.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void tell(const struct tls_client *tls, struct smtp_client_sight *sight)
{
    struct timespec now;

    if (tls->saw == NULL)
        return;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    sight->time_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    tls->saw(tls->saw_context, sight);
}

void witness_line(const struct tls_client *tls, bool sent, const char *line, size_t size)
{
    struct smtp_client_sight sight = { .kind = SMTP_CLIENT_SAW_LINE,
                                       .sent = sent,
                                       .under_tls = tls->evidence.handshake,
                                       .bytes = line };

    while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r'))
        size--;
    sight.size = size;
    tell(tls, &sight);
}

void witness_message(const struct tls_client *tls, const SSL *ssl, bool sent, int content,
                     const void *bytes, size_t size)
{
    struct smtp_client_sight sight = { .kind = SMTP_CLIENT_SAW_TLS,
                                       .sent = sent,
                                       .version = SSL_version(ssl),
                                       .content = content,
                                       .bytes = bytes,
                                       .size = size };

    sight.offers_by_id = strcmp(tls_client_offered(tls), "id") == 0;
    if (content == SSL3_RT_HANDSHAKE || content == SSL3_RT_ALERT)
        tell(tls, &sight);
}

void witness_handshake(const struct tls_client *tls, SSL *ssl)
{
    int group = (int)SSL_get_negotiated_group(ssl);
    struct smtp_client_sight sight = { .kind = SMTP_CLIENT_SAW_HANDSHAKE,
                                       .tls = tls->evidence.version,
                                       .version = SSL_version(ssl) };
    const unsigned char *protocol = NULL;
    unsigned size = 0;
    char alpn[256];

    sight.cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl));
    sight.group = group > 0 ? SSL_group_to_name(ssl, group) : NULL;
    sight.resumed = tls->evidence.resumed ? tls_client_offered(tls) : "no";
    SSL_get0_alpn_selected(ssl, &protocol, &size);
    if (protocol != NULL) {
        (void)snprintf(alpn, sizeof(alpn), "%.*s", (int)size, (const char *)protocol);
        sight.alpn = alpn;
    }
    tell(tls, &sight);
}
