#include "harness/scenario/alerts.h"

#include <stddef.h>
#include <string.h>

const char *const alert_names[] = {
    "close_notify",
    "unexpected_message",
    "bad_record_mac",
    "decryption_failed",
    "record_overflow",
    "decompression_failure",
    "handshake_failure",
    "no_certificate",
    "bad_certificate",
    "unsupported_certificate",
    "certificate_revoked",
    "certificate_expired",
    "certificate_unknown",
    "illegal_parameter",
    "unknown_ca",
    "access_denied",
    "decode_error",
    "decrypt_error",
    "export_restriction",
    "protocol_version",
    "insufficient_security",
    "internal_error",
    "inappropriate_fallback",
    "user_canceled",
    "no_renegotiation",
    "missing_extension",
    "unsupported_extension",
    "certificate_unobtainable",
    "unrecognized_name",
    "bad_certificate_status_response",
    "bad_certificate_hash_value",
    "unknown_psk_identity",
    "certificate_required",
    "no_application_protocol",
    NULL,
};

bool alert_exists(const char *name)
{
    for (size_t i = 0; alert_names[i] != NULL; i++) {
        if (strcmp(alert_names[i], name) == 0)
            return true;
    }
    return false;
}
