#include "fake_server/seal.h"
#include "fake_server/connection.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAG_SIZE = 16,
    NONCE_SIZE = 12,
    SALT_SIZE = 4,
    KEY_MAX = 32,
    ALERT_TYPE = 21,
    DATA_TYPE = 23
};

/* What one record is sealed with. */
struct seal {
    const EVP_CIPHER *cipher;
    unsigned char key[KEY_MAX];
    unsigned char nonce[NONCE_SIZE];
    unsigned char aad[13];
    size_t aad_size;
};

static void put_number(unsigned char *at, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (unsigned char)(number >> 8 * (size - 1 - i));
}

static void mix_sequence(unsigned char nonce[NONCE_SIZE], uint64_t sequence)
{
    unsigned char bytes[8];

    put_number(bytes, sequence, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        nonce[NONCE_SIZE - sizeof bytes + i] ^= bytes[i];
}

static int derive(const char *kdf_name, OSSL_PARAM *parameters, unsigned char *out, size_t size)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, kdf_name, NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    int ok = context != NULL && EVP_KDF_derive(context, out, size, parameters) > 0;

    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return ok ? 0 : -1;
}

static char *digest_name(const SSL *ssl)
{
    const EVP_MD *digest = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl));

    return memory_text(EVP_MD_get0_name(digest));
}

/* Source: RFC 8446 section 7.1, HKDF-Expand-Label with an empty context. */
static int expand(const struct connection *connection, const char *label, unsigned char *out,
                  size_t size)
{
    unsigned char info[32] = { 0, (unsigned char)size };
    size_t length = strlen(label);
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    char *digest = digest_name(connection->ssl);
    struct handshake handshake = connection->handshake;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, handshake.secret,
                                          handshake.secret_size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, 3 + 6 + length + 1),
        OSSL_PARAM_construct_end(),
    };
    int result;

    info[2] = (unsigned char)(6 + length);
    snprintf((char *)info + 3, sizeof info - 3, "tls13 %s", label);
    result = derive("HKDF", parameters, out, size);
    free(digest);
    return result;
}

/* Source: RFC 5246 section 6.3. The server's part of the block lies behind the client's. */
static int expand_block(const SSL *ssl, unsigned char *block, size_t size)
{
    unsigned char master[SSL_MAX_MASTER_KEY_LENGTH];
    unsigned char seed[13 + 64] = "key expansion";
    size_t master_size = SSL_SESSION_get_master_key(SSL_get_session(ssl), master, sizeof master);
    char *digest = digest_name(ssl);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, master_size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof seed),
        OSSL_PARAM_construct_end(),
    };
    int result;

    SSL_get_server_random(ssl, seed + 13, 32);
    SSL_get_client_random(ssl, seed + 45, 32);
    result = derive("TLS1-PRF", parameters, block, size);
    free(digest);
    return result;
}

/* Returns the size of the record's fragment, 0 when it fails. */
static size_t encrypt(const struct seal *seal, const unsigned char *text, int size,
                      unsigned char *out)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int n = 0;
    int ok = EVP_EncryptInit_ex(context, seal->cipher, NULL, seal->key, seal->nonce) == 1 &&
             EVP_EncryptUpdate(context, NULL, &n, seal->aad, (int)seal->aad_size) == 1 &&
             EVP_EncryptUpdate(context, out, &n, text, size) == 1 &&
             EVP_EncryptFinal_ex(context, out + n, &n) == 1 &&
             EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, out + size) == 1;

    EVP_CIPHER_CTX_free(context);
    return ok ? (size_t)size + TAG_SIZE : 0;
}

static size_t seal_13(const struct connection *connection, struct seal *seal, int code,
                      unsigned char *record)
{
    const unsigned char text[] = { SSL3_AL_FATAL, (unsigned char)code, ALERT_TYPE };
    const unsigned char header[] = { DATA_TYPE, 3, 3, 0, sizeof text + TAG_SIZE };
    size_t n;

    if (expand(connection, "key", seal->key, (size_t)EVP_CIPHER_get_key_length(seal->cipher)) < 0 ||
        expand(connection, "iv", seal->nonce, NONCE_SIZE) < 0)
        return 0;
    mix_sequence(seal->nonce, connection->handshake.sealed);
    memcpy(record, header, sizeof header);
    memcpy(seal->aad, header, sizeof header);
    seal->aad_size = sizeof header;
    n = encrypt(seal, text, sizeof text, record + sizeof header);
    return n == 0 ? 0 : sizeof header + n;
}

/* Source: RFC 5288 section 3 (a salt, and the number of the record in the clear), RFC 7905
 * section 2. */
static size_t seal_12(const struct connection *connection, struct seal *seal, int code,
                      unsigned char *record)
{
    bool gcm = EVP_CIPHER_get_mode(seal->cipher) == EVP_CIPH_GCM_MODE;
    size_t key_size = (size_t)EVP_CIPHER_get_key_length(seal->cipher);
    size_t iv_size = gcm ? SALT_SIZE : NONCE_SIZE;
    size_t explicit_size = gcm ? 8 : 0;
    uint64_t sequence = connection->handshake.sealed;
    const unsigned char text[] = { SSL3_AL_FATAL, (unsigned char)code };
    unsigned char block[2 * (KEY_MAX + NONCE_SIZE)];
    size_t n;

    if (expand_block(connection->ssl, block, 2 * (key_size + iv_size)) < 0)
        return 0;
    memcpy(seal->key, block + key_size, key_size);
    memcpy(seal->nonce, block + 2 * key_size + iv_size, iv_size);
    mix_sequence(seal->nonce, sequence);
    put_number(seal->aad, sequence, 8);
    memcpy(seal->aad + 8, (const unsigned char[]){ ALERT_TYPE, 3, 3, 0, sizeof text }, 5);
    seal->aad_size = 13;
    memcpy(record, (const unsigned char[]){ ALERT_TYPE, 3, 3, 0 }, 4);
    record[4] = (unsigned char)(explicit_size + sizeof text + TAG_SIZE);
    put_number(record + 5, sequence, explicit_size);
    n = encrypt(seal, text, sizeof text, record + 5 + explicit_size);
    return n == 0 ? 0 : 5 + explicit_size + n;
}

static size_t seal_plain(int code, unsigned char *record)
{
    const unsigned char bytes[] = { ALERT_TYPE, 3, 3, 0, 2, SSL3_AL_FATAL, (unsigned char)code };

    memcpy(record, bytes, sizeof bytes);
    return sizeof bytes;
}

size_t seal_alert(const struct connection *connection, int code, unsigned char record[SEAL_MAX])
{
    const SSL_CIPHER *suite = SSL_get_current_cipher(connection->ssl);
    bool tls13 = SSL_version(connection->ssl) >= TLS1_3_VERSION;
    struct seal seal = { 0 };

    if (tls13 ? connection->handshake.secret_size == 0 : !connection->handshake.established)
        return seal_plain(code, record);
    seal.cipher = EVP_get_cipherbynid(suite == NULL ? 0 : SSL_CIPHER_get_cipher_nid(suite));
    if (seal.cipher == NULL || SSL_version(connection->ssl) < TLS1_2_VERSION ||
        (EVP_CIPHER_get_mode(seal.cipher) != EVP_CIPH_GCM_MODE &&
         EVP_CIPHER_get_nid(seal.cipher) != NID_chacha20_poly1305))
        return 0;
    return tls13 ? seal_13(connection, &seal, code, record)
                 : seal_12(connection, &seal, code, record);
}
