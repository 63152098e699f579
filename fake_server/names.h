/*
 * The names that the RFCs and the IANA registries give to the numbers of TLS.
 *
 * A number that has no name here is written as "0x0a0a". The strings that are returned are static
 * or stand in the caller's buffer.
 */
#ifndef FAKE_SERVER_NAMES_H
#define FAKE_SERVER_NAMES_H

#include <openssl/ssl.h>

#define NAMES_BUFFER 16

enum names_kind {
    NAMES_ALERT,
    NAMES_VERSION,
    NAMES_SIGNATURE,
    NAMES_GROUP,
    NAMES_EXTENSION,
    NAMES_HANDSHAKE,
    NAMES_CERTIFICATE_TYPE,
    NAMES_PSK_MODE,
    NAMES_KIND_COUNT
};

/* The name of `number`; `buffer` is used when there is none. */
const char *names_get(enum names_kind kind, int number, char buffer[NAMES_BUFFER]);

/* The number of `name`, or -1. */
int names_find(enum names_kind kind, const char *name);

/* The standard name of a cipher suite. */
const char *names_cipher(SSL *ssl, int number, char buffer[NAMES_BUFFER]);

#endif
