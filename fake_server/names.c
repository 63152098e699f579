#include "fake_server/names.h"

#include <openssl/ssl.h>

#include <stdio.h>
#include <string.h>

struct name {
    int number;
    const char *text;
};

/* Source: RFC 8446 section 6, RFC 5246 section 7.2, RFC 7301, RFC 6066. */
static const struct name alerts[] = {
    { 0, "close_notify" },
    { 10, "unexpected_message" },
    { 20, "bad_record_mac" },
    { 21, "decryption_failed" },
    { 22, "record_overflow" },
    { 30, "decompression_failure" },
    { 40, "handshake_failure" },
    { 41, "no_certificate" },
    { 42, "bad_certificate" },
    { 43, "unsupported_certificate" },
    { 44, "certificate_revoked" },
    { 45, "certificate_expired" },
    { 46, "certificate_unknown" },
    { 47, "illegal_parameter" },
    { 48, "unknown_ca" },
    { 49, "access_denied" },
    { 50, "decode_error" },
    { 51, "decrypt_error" },
    { 60, "export_restriction" },
    { 70, "protocol_version" },
    { 71, "insufficient_security" },
    { 80, "internal_error" },
    { 86, "inappropriate_fallback" },
    { 90, "user_canceled" },
    { 100, "no_renegotiation" },
    { 109, "missing_extension" },
    { 110, "unsupported_extension" },
    { 111, "certificate_unobtainable" },
    { 112, "unrecognized_name" },
    { 113, "bad_certificate_status_response" },
    { 114, "bad_certificate_hash_value" },
    { 115, "unknown_psk_identity" },
    { 116, "certificate_required" },
    { 120, "no_application_protocol" },
    { -1, NULL },
};

static const struct name versions[] = {
    { SSL3_VERSION, "ssl3" },  { TLS1_VERSION, "1.0" },   { TLS1_1_VERSION, "1.1" },
    { TLS1_2_VERSION, "1.2" }, { TLS1_3_VERSION, "1.3" }, { -1, NULL },
};

/* Source: IANA TLS SignatureScheme; the pairs of RFC 5246 that have no name there are spelt alike.
 */
static const struct name signatures[] = {
    { 0x0101, "rsa_pkcs1_md5" },
    { 0x0201, "rsa_pkcs1_sha1" },
    { 0x0202, "dsa_sha1" },
    { 0x0203, "ecdsa_sha1" },
    { 0x0301, "rsa_pkcs1_sha224" },
    { 0x0302, "dsa_sha224" },
    { 0x0303, "ecdsa_sha224" },
    { 0x0401, "rsa_pkcs1_sha256" },
    { 0x0402, "dsa_sha256" },
    { 0x0403, "ecdsa_secp256r1_sha256" },
    { 0x0501, "rsa_pkcs1_sha384" },
    { 0x0502, "dsa_sha384" },
    { 0x0503, "ecdsa_secp384r1_sha384" },
    { 0x0601, "rsa_pkcs1_sha512" },
    { 0x0602, "dsa_sha512" },
    { 0x0603, "ecdsa_secp521r1_sha512" },
    { 0x0804, "rsa_pss_rsae_sha256" },
    { 0x0805, "rsa_pss_rsae_sha384" },
    { 0x0806, "rsa_pss_rsae_sha512" },
    { 0x0807, "ed25519" },
    { 0x0808, "ed448" },
    { 0x0809, "rsa_pss_pss_sha256" },
    { 0x080a, "rsa_pss_pss_sha384" },
    { 0x080b, "rsa_pss_pss_sha512" },
    { 0x081a, "ecdsa_brainpoolP256r1tls13_sha256" },
    { 0x081b, "ecdsa_brainpoolP384r1tls13_sha384" },
    { 0x081c, "ecdsa_brainpoolP512r1tls13_sha512" },
    { -1, NULL },
};

static const struct name groups[] = {
    { 0x0013, "secp192r1" },
    { 0x0015, "secp224r1" },
    { 0x0016, "secp256k1" },
    { 0x0017, "secp256r1" },
    { 0x0018, "secp384r1" },
    { 0x0019, "secp521r1" },
    { 0x001a, "brainpoolP256r1" },
    { 0x001b, "brainpoolP384r1" },
    { 0x001c, "brainpoolP512r1" },
    { 0x001d, "x25519" },
    { 0x001e, "x448" },
    { 0x0100, "ffdhe2048" },
    { 0x0101, "ffdhe3072" },
    { 0x0102, "ffdhe4096" },
    { 0x0103, "ffdhe6144" },
    { 0x0104, "ffdhe8192" },
    { 0x11ec, "X25519MLKEM768" },
    { 0x6399, "X25519Kyber768Draft00" },
    { -1, NULL },
};

static const struct name extensions[] = {
    { 0, "server_name" },
    { 1, "max_fragment_length" },
    { 3, "trusted_ca_keys" },
    { 5, "status_request" },
    { 10, "supported_groups" },
    { 11, "ec_point_formats" },
    { 13, "signature_algorithms" },
    { 16, "application_layer_protocol_negotiation" },
    { 17, "status_request_v2" },
    { 18, "signed_certificate_timestamp" },
    { 19, "client_certificate_type" },
    { 20, "server_certificate_type" },
    { 21, "padding" },
    { 22, "encrypt_then_mac" },
    { 23, "extended_master_secret" },
    { 27, "compress_certificate" },
    { 28, "record_size_limit" },
    { 34, "delegated_credential" },
    { 35, "session_ticket" },
    { 41, "pre_shared_key" },
    { 42, "early_data" },
    { 43, "supported_versions" },
    { 44, "cookie" },
    { 45, "psk_key_exchange_modes" },
    { 47, "certificate_authorities" },
    { 48, "oid_filters" },
    { 49, "post_handshake_auth" },
    { 50, "signature_algorithms_cert" },
    { 51, "key_share" },
    { 0xff01, "renegotiation_info" },
    { -1, NULL },
};

/* Source: IANA TLS HandshakeType. */
static const struct name handshakes[] = {
    { 0, "hello_request" },
    { 1, "client_hello" },
    { 2, "server_hello" },
    { 4, "new_session_ticket" },
    { 5, "end_of_early_data" },
    { 8, "encrypted_extensions" },
    { 11, "certificate" },
    { 12, "server_key_exchange" },
    { 13, "certificate_request" },
    { 14, "server_hello_done" },
    { 15, "certificate_verify" },
    { 16, "client_key_exchange" },
    { 20, "finished" },
    { 22, "certificate_status" },
    { 24, "key_update" },
    { 25, "compressed_certificate" },
    { -1, NULL },
};

/* Source: RFC 5246 section 7.4.4, RFC 8422 section 5.5. */
static const struct name certificate_types[] = {
    { 1, "rsa_sign" },          { 2, "dss_sign" },
    { 3, "rsa_fixed_dh" },      { 4, "dss_fixed_dh" },
    { 64, "ecdsa_sign" },       { 65, "rsa_fixed_ecdh" },
    { 66, "ecdsa_fixed_ecdh" }, { 67, "gost_sign256" },
    { 68, "gost_sign512" },     { -1, NULL },
};

static const struct name psk_modes[] = { { 0, "psk_ke" }, { 1, "psk_dhe_ke" }, { -1, NULL } };

static const struct {
    const struct name *rows;
    int digits;
} kinds[NAMES_KIND_COUNT] = {
    [NAMES_ALERT] = { alerts, 2 },         [NAMES_VERSION] = { versions, 4 },
    [NAMES_SIGNATURE] = { signatures, 4 }, [NAMES_GROUP] = { groups, 4 },
    [NAMES_EXTENSION] = { extensions, 4 }, [NAMES_CERTIFICATE_TYPE] = { certificate_types, 2 },
    [NAMES_PSK_MODE] = { psk_modes, 2 },   [NAMES_HANDSHAKE] = { handshakes, 2 },
};

const char *names_get(enum names_kind kind, int number, char buffer[NAMES_BUFFER])
{
    for (const struct name *row = kinds[kind].rows; row->text != NULL; row++)
        if (row->number == number)
            return row->text;
    snprintf(buffer, NAMES_BUFFER, "0x%0*x", kinds[kind].digits, (unsigned)number);
    return buffer;
}

int names_find(enum names_kind kind, const char *name)
{
    for (const struct name *row = kinds[kind].rows; row->text != NULL; row++)
        if (strcmp(row->text, name) == 0)
            return row->number;
    return -1;
}

const char *names_cipher(SSL *ssl, int number, char buffer[NAMES_BUFFER])
{
    const unsigned char code[2] = { (unsigned char)(number >> 8), (unsigned char)number };
    const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, code);

    if (cipher != NULL && SSL_CIPHER_standard_name(cipher) != NULL)
        return SSL_CIPHER_standard_name(cipher);
    /* The two signalling values are no ciphers to OpenSSL. Source: RFC 5746, RFC 7507. */
    if (number == 0x00ff)
        return "TLS_EMPTY_RENEGOTIATION_INFO_SCSV";
    if (number == 0x5600)
        return "TLS_FALLBACK_SCSV";
    snprintf(buffer, NAMES_BUFFER, "0x%04x", (unsigned)number);
    return buffer;
}
