#include "harness/smtp_client/selection.h"

#include <openssl/ssl.h>

#define AS_PHRASE(id, phrase) phrase,
static const char *const phrases[] = { SELECTION_REASONS(AS_PHRASE) };

const char *selection_phrase(enum selection_reason reason)
{
    return phrases[reason];
}

static bool is_named(const X509_NAME *name, const STACK_OF(X509_NAME) * names)
{
    for (int i = 0; i < sk_X509_NAME_num(names); i++) {
        if (X509_NAME_cmp(name, sk_X509_NAME_value(names, i)) == 0)
            return true;
    }
    return false;
}

static bool fits_names(const struct policy *policy, const struct smtp_certificate *element,
                       const STACK_OF(X509_NAME) * names)
{
    if (names == NULL || sk_X509_NAME_num(names) == 0)
        return true;
    if (is_named(X509_get_issuer_name(element->leaf), names))
        return true;
    for (int i = 0; policy->own_chain && i < sk_X509_num(element->chain); i++) {
        if (is_named(X509_get_issuer_name(sk_X509_value(element->chain, i)), names))
            return true;
    }
    return false;
}

/* Source: RFC 5246 section 7.4.4; RFC 8422 section 5.5: ecdsa_sign speaks of EdDSA as well. */
static int type_of(X509 *leaf)
{
    switch (EVP_PKEY_get_base_id(X509_get0_pubkey(leaf))) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return TLS_CT_RSA_SIGN;
    case EVP_PKEY_DSA:
        return TLS_CT_DSS_SIGN;
    default:
        return TLS_CT_ECDSA_SIGN;
    }
}

static bool fits_types(const struct smtp_certificate *element,
                       const struct selection_request *request)
{
    int type = request->n_types > 0 ? type_of(element->leaf) : 0;

    for (size_t i = 0; i < request->n_types; i++)
        if (request->types[i] == type)
            return true;
    return request->n_types == 0;
}

static bool fits(const struct policy *policy, const struct smtp_certificate *element,
                 const struct selection_request *request)
{
    if (policy->choice == POLICY_FIRST)
        return true;
    return fits_names(policy, element, request->names) && fits_types(element, request) &&
           oid_filters_match(request->filters, element->leaf);
}

/* Tells whether an element that fits, but has no key, is passed over for the next. */
static bool goes_on(const struct policy *policy)
{
    return policy->choice == POLICY_BY_NAMES;
}

struct selection selection_get(const struct policy *policy,
                               const struct smtp_certificates *certificates,
                               const struct selection_request *request)
{
    const STACK_OF(X509_NAME) *names = request->names;
    bool named = policy->choice != POLICY_FIRST && names != NULL && sk_X509_NAME_num(names) > 0;
    struct selection none = { NULL, SELECTION_EMPTY };

    for (size_t i = 0; i < certificates->n_elements; i++) {
        const struct smtp_certificate *element = certificates->elements[i];
        bool fit = fits(policy, element, request);

        if (fit && element->key != NULL) {
            enum selection_reason first = i == 0 ? SELECTION_FIRST : SELECTION_FIRST_WITH_KEY;

            return (struct selection){ element, named ? SELECTION_NAMED : first };
        }
        if (none.reason != SELECTION_NO_KEY)
            none.reason = fit ? SELECTION_NO_KEY : SELECTION_NONE_NAMED;
        if (fit && !goes_on(policy))
            break;
    }
    if (none.reason == SELECTION_NO_KEY && policy->choice == POLICY_BY_NAMES_BLIND)
        none.reason = SELECTION_BROKE;
    return none;
}
