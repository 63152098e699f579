/* A key and a self-signed certificate for a server that was given none, so that it can be tried at
 * once. */
#ifndef FAKE_SERVER_THROWAWAY_H
#define FAKE_SERVER_THROWAWAY_H

#include <openssl/x509.h>

/* Makes both for localhost and 127.0.0.1, valid for a day; the caller frees them. Returns 0 or -1.
 */
int throwaway_new(EVP_PKEY **key, X509 **certificate);

#endif
