#include "harness/smtp_client/tls_fault.h"

#include <openssl/bio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_HEAD = 5, MESSAGE_HEAD = 4, LIST_HEAD = 3, ENTRY_HEAD = 3 };

void tls_fault_identity(enum smtp_client_fault fault, const struct smtp_certificate *element,
                        struct session_identity *identity)
{
    if (fault == SMTP_CLIENT_FAULT_RESUME_BY_PATH)
        fingerprint_of_bytes(element->path, strlen(element->path), identity->content);
}

void tls_fault_key(enum smtp_client_fault fault, struct session_peer *peer,
                   unsigned char content[FINGERPRINT_BYTES])
{
    if (fault == SMTP_CLIENT_FAULT_RESUME_ANYONE)
        memset(content, 0xff, FINGERPRINT_BYTES);
    if (fault == SMTP_CLIENT_FAULT_KEY_WITHOUT_HOST)
        peer->host = "";
    if (fault == SMTP_CLIENT_FAULT_KEY_WITHOUT_PORT)
        peer->port = 0;
    if (fault == SMTP_CLIENT_FAULT_KEY_WITHOUT_TRUST)
        memset(peer->trust, 0, sizeof(peer->trust));
    if (fault == SMTP_CLIENT_FAULT_KEY_WITHOUT_VERSIONS)
        peer->tls_min = peer->tls_max = 0;
}

time_t tls_fault_made(enum smtp_client_fault fault, time_t now)
{
    static const time_t century_s = 36500L * 86400;

    return fault == SMTP_CLIENT_FAULT_KEEP_OLD_TICKETS ? now + century_s : now;
}

static unsigned char *put_number(unsigned char *place, size_t number, int n_bytes)
{
    for (int i = n_bytes; i-- > 0;)
        *place++ = (unsigned char)(number >> (8 * i));
    return place;
}

void tls_fault_send_unasked(struct tls_client *tls, SSL *ssl)
{
    const struct smtp_certificate *first = certificates_first(tls->certificates);
    int length = first == NULL ? 0 : i2d_X509(first->leaf, NULL);
    size_t entry = length > 0 ? ENTRY_HEAD + (size_t)length : 0;
    size_t size = RECORD_HEAD + MESSAGE_HEAD + LIST_HEAD + entry;
    unsigned char *record = malloc(size);
    unsigned char *place = record;

    if (record == NULL)
        abort();
    place = put_number(place, SSL3_RT_HANDSHAKE, 1);
    place = put_number(place, TLS1_2_VERSION, 2);
    place = put_number(place, size - RECORD_HEAD, 2);
    place = put_number(place, SSL3_MT_CERTIFICATE, 1);
    place = put_number(place, LIST_HEAD + entry, 3);
    place = put_number(place, entry, 3);
    if (length > 0) {
        place = put_number(place, (size_t)length, 3);
        i2d_X509(first->leaf, &place);
        memcpy(tls->evidence.presented, first->fingerprint, FINGERPRINT_TEXT);
    }
    BIO_write(SSL_get_wbio(ssl), record, (int)size);
    BIO_flush(SSL_get_wbio(ssl));
    tls->evidence.certificate_sent = true;
    free(record);
}
