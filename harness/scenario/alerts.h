/*
 * The alerts of TLS: their names as scenarios spell them, and what the end that sends one says.
 */
#ifndef HARNESS_SCENARIO_ALERTS_H
#define HARNESS_SCENARIO_ALERTS_H

#include <stdbool.h>

/* X(name, meaning). Source: RFC 8446 section 6, RFC 5246 section 7.2, RFC 6066, RFC 7301. */
/* clang-format off */
#define ALERTS(X) \
    X("close_notify", "the connection ends in order") \
    X("unexpected_message", "a message came that has no place there") \
    X("bad_record_mac", "a record could not be decrypted") \
    X("decryption_failed", "a record could not be decrypted") \
    X("record_overflow", "a record was too long") \
    X("decompression_failure", "a record could not be decompressed") \
    X("handshake_failure", "both ends have no set of parameters in common, or what it requires was not there") \
    X("no_certificate", "there is no certificate to send (SSL 3.0)") \
    X("bad_certificate", "the certificate is damaged, or its signatures are wrong") \
    X("unsupported_certificate", "the certificate is of a kind or for a use that is not accepted") \
    X("certificate_revoked", "the certificate was revoked by its issuer") \
    X("certificate_expired", "the certificate has expired, or is not valid yet") \
    X("certificate_unknown", "the certificate was not accepted for some other reason") \
    X("illegal_parameter", "a value in a message contradicts another, or is out of range") \
    X("unknown_ca", "the chain leads to no authority that is trusted") \
    X("access_denied", "the certificate is valid, and whose it is has no access") \
    X("decode_error", "a message could not be read") \
    X("decrypt_error", "a signature or a Finished message is wrong") \
    X("export_restriction", "the parameters break an export restriction (TLS 1.0)") \
    X("protocol_version", "the version that the peer speaks is not accepted") \
    X("insufficient_security", "what the peer offers is too weak") \
    X("internal_error", "it failed for a reason of its own, not for what the peer did") \
    X("inappropriate_fallback", "the peer fell back to an older version without need") \
    X("user_canceled", "the user gave up") \
    X("no_renegotiation", "it does not renegotiate") \
    X("missing_extension", "an extension that must be there is missing") \
    X("unsupported_extension", "an extension came that was not offered") \
    X("certificate_unobtainable", "a certificate could not be fetched from its URL") \
    X("unrecognized_name", "there is no server of the name that was asked for") \
    X("bad_certificate_status_response", "the OCSP response is not good") \
    X("bad_certificate_hash_value", "the certificate is not the one whose hash was told") \
    X("unknown_psk_identity", "the identity of the pre-shared key is not known") \
    X("certificate_required", "a certificate is required and none was sent") \
    X("no_application_protocol", "both ends have no application protocol in common")
/* clang-format on */

/* All names, ends with NULL. */
extern const char *const alert_names[];

/* Tells whether there is an alert of that name. */
bool alert_exists(const char *name);

/* What it means, in words. Never NULL. */
const char *alert_meaning(const char *name);

#endif
