/*
 * Records that OpenSSL would not write: a fatal alert of any name on a connection that is
 * encrypted.
 *
 * OpenSSL sends the alerts it has cause for and no others. A tester needs all of them, so this
 * seals the one record itself, with the key that OpenSSL has in use; nothing may be sent after it.
 * It knows the AEAD cipher suites with GCM and ChaCha20-Poly1305.
 */
#ifndef FAKE_SERVER_SEAL_H
#define FAKE_SERVER_SEAL_H

#include <stddef.h>

struct connection;

#define SEAL_MAX 64

/* Writes the record of a fatal alert into `record`: sealed where the server seals now, else in the
 * clear. Returns its size, 0 when the cipher suite is not known here. */
size_t seal_alert(const struct connection *connection, int code, unsigned char record[SEAL_MAX]);

#endif
