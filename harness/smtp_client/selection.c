#include "harness/smtp_client/selection.h"

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

static bool fits(const struct policy *policy, const struct certificate *element,
                 const STACK_OF(X509_NAME) * names)
{
    if (policy->choice == POLICY_FIRST || names == NULL || sk_X509_NAME_num(names) == 0)
        return true;
    if (is_named(X509_get_issuer_name(element->leaf), names))
        return true;
    for (int i = 0; policy->own_chain && i < sk_X509_num(element->chain); i++) {
        if (is_named(X509_get_issuer_name(sk_X509_value(element->chain, i)), names))
            return true;
    }
    return false;
}

/* Tells whether an element that fits, but has no key, is passed over for the next. */
static bool goes_on(const struct policy *policy)
{
    return policy->choice == POLICY_BY_NAMES;
}

struct selection selection_get(const struct policy *policy,
                               const struct smtp_certificates *certificates,
                               const STACK_OF(X509_NAME) * names)
{
    bool named = policy->choice != POLICY_FIRST && names != NULL && sk_X509_NAME_num(names) > 0;
    struct selection none = { NULL, SELECTION_EMPTY };

    for (size_t i = 0; i < certificates->n_elements; i++) {
        const struct certificate *element = &certificates->elements[i];
        bool fit = fits(policy, element, names);

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
