/*
 * Which certificate answers a request: rules R21 to R33 of the project's notes, by the policy.
 *
 * `doc`: the first element in the order of the collection whose chain has an issuer that the server
 * names, and that has a private key; without names the first that has a private key; else none,
 * which is no error. Neither validity nor usage is looked at: that is the server's business. The
 * chain is the one that the element brings along; machine stores are not searched.
 * What the request says of keys and of extensions of the certificate is obeyed (RFC 5246
 * section 7.4.4, RFC 8446 section 4.2.5); what may sign, OpenSSL sees to.
 */
#ifndef HARNESS_SMTP_CLIENT_SELECTION_H
#define HARNESS_SMTP_CLIENT_SELECTION_H

#include "harness/smtp_client/certificates.h"
#include "harness/smtp_client/oid_filters.h"
#include "harness/smtp_client/policy.h"

/* X(id, the reason as one phrase) */
/* clang-format off */
#define SELECTION_REASONS(X) \
    X(NOT_ASKED, "no certificate was requested") \
    X(EMPTY, "the collection is empty") \
    X(FIRST, "first of the collection") \
    X(FIRST_WITH_KEY, "first of the collection with a private key") \
    X(NAMED, "its issuer is named") \
    X(NONE_NAMED, "no certificate fits") \
    X(NO_KEY, "no certificate with a private key") \
    X(UNUSABLE, "the certificate chosen cannot be used in this handshake") \
    X(GAVE_UP, "gave up: no certificate fits") \
    X(BROKE, "gave up: the certificate has no private key")
/* clang-format on */
#define SELECTION_AS_ENUM(id, phrase) SELECTION_##id,
enum selection_reason { SELECTION_REASONS(SELECTION_AS_ENUM) SELECTION_REASON_COUNT };

struct selection {
    const struct smtp_certificate *certificate; /* NULL: none; borrowed from the collection */
    enum selection_reason reason;
};

/* What a server asks for; all borrowed, and each may be missing. */
struct selection_request {
    const STACK_OF(X509_NAME) * names; /* certificate_authorities */
    const unsigned char *types;        /* certificate_types, up to TLS 1.2 */
    size_t n_types;
    const struct oid_filters *filters; /* TLS 1.3 */
};

/* Chooses. With SELECTION_BROKE the handshake is to end. */
struct selection selection_get(const struct policy *policy,
                               const struct smtp_certificates *certificates,
                               const struct selection_request *request);

const char *selection_phrase(enum selection_reason reason);

#endif
