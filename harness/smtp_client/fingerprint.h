/*
 * Fingerprints: SHA-256, as 32 bytes and as 64 lower-case hexadecimal digits.
 */
#ifndef HARNESS_SMTP_CLIENT_FINGERPRINT_H
#define HARNESS_SMTP_CLIENT_FINGERPRINT_H

#include <openssl/x509.h>
#include <stddef.h>

#define FINGERPRINT_BYTES 32
#define FINGERPRINT_TEXT  65 /* with the NUL at the end */

void fingerprint_of_bytes(const void *bytes, size_t size, unsigned char digest[FINGERPRINT_BYTES]);
void fingerprint_write(const unsigned char digest[FINGERPRINT_BYTES], char text[FINGERPRINT_TEXT]);

/* Writes the fingerprint of bytes, or of a certificate's DER form, as text. */
void fingerprint_text_of_bytes(const void *bytes, size_t size, char text[FINGERPRINT_TEXT]);
void fingerprint_text_of_certificate(X509 *certificate, char text[FINGERPRINT_TEXT]);

#endif
