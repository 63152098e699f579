#include "harness/smtp_client/fingerprint.h"

#include <openssl/evp.h>

void fingerprint_of_bytes(const void *bytes, size_t size, unsigned char digest[FINGERPRINT_BYTES])
{
    EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL);
}

void fingerprint_write(const unsigned char digest[FINGERPRINT_BYTES], char text[FINGERPRINT_TEXT])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < FINGERPRINT_BYTES; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[FINGERPRINT_TEXT - 1] = '\0';
}

void fingerprint_text_of_bytes(const void *bytes, size_t size, char text[FINGERPRINT_TEXT])
{
    unsigned char digest[FINGERPRINT_BYTES];

    fingerprint_of_bytes(bytes, size, digest);
    fingerprint_write(digest, text);
}

void fingerprint_text_of_certificate(X509 *certificate, char text[FINGERPRINT_TEXT])
{
    unsigned char digest[FINGERPRINT_BYTES];

    X509_digest(certificate, EVP_sha256(), digest, NULL);
    fingerprint_write(digest, text);
}
