/*
 * The collection of client certificates: elements in order, held by content (the public functions
 * are smtp_certificates_...).
 */
#ifndef HARNESS_SMTP_CLIENT_CERTIFICATES_H
#define HARNESS_SMTP_CLIENT_CERTIFICATES_H

#include "harness/smtp_client/certificate.h"

struct smtp_certificates {
    struct smtp_certificate **elements; /* held */
    size_t n_elements;
};

struct smtp_certificates *certificates_new(void);
void certificates_free(struct smtp_certificates *certificates);

/* The first element, or NULL when there is none. */
const struct smtp_certificate *certificates_first(const struct smtp_certificates *certificates);

#endif
