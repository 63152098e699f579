#include "harness/smtp_client/certificates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct smtp_certificates *certificates_new(void)
{
    struct smtp_certificates *certificates = calloc(1, sizeof(*certificates));

    if (certificates == NULL)
        abort();
    return certificates;
}

void certificates_free(struct smtp_certificates *certificates)
{
    if (certificates == NULL)
        return;
    smtp_certificates_clear(certificates);
    free(certificates);
}

const struct smtp_certificate *certificates_first(const struct smtp_certificates *certificates)
{
    return smtp_certificates_at(certificates, 0);
}

/* Puts one in that is held already. */
static void put(struct smtp_certificates *certificates, size_t place,
                struct smtp_certificate *certificate)
{
    size_t n = certificates->n_elements;
    struct smtp_certificate **elements =
        realloc(certificates->elements, (n + 1) * sizeof(struct smtp_certificate *));

    if (elements == NULL)
        abort();
    memmove(elements + place + 1, elements + place,
            (n - place) * sizeof(struct smtp_certificate *));
    elements[place] = certificate;
    certificates->elements = elements;
    certificates->n_elements++;
}

void smtp_certificates_add(struct smtp_certificates *certificates,
                           const struct smtp_certificate *certificate)
{
    put(certificates, certificates->n_elements, certificate_hold(certificate));
}

void smtp_certificates_add_range(struct smtp_certificates *certificates,
                                 const struct smtp_certificates *others)
{
    size_t n = others->n_elements; /* which grows where it is added to itself */

    for (size_t i = 0; i < n; i++)
        smtp_certificates_add(certificates, others->elements[i]);
}

int smtp_certificates_insert(struct smtp_certificates *certificates, size_t index,
                             const struct smtp_certificate *certificate)
{
    if (index > certificates->n_elements)
        return -1;
    put(certificates, index, certificate_hold(certificate));
    return 0;
}

int smtp_certificates_remove(struct smtp_certificates *certificates,
                             const struct smtp_certificate *certificate)
{
    long index = smtp_certificates_index(certificates, certificate);
    struct smtp_certificate **place;

    if (index < 0)
        return -1;
    place = certificates->elements + index;
    smtp_certificate_free(*place);
    certificates->n_elements--;
    memmove(place, place + 1,
            (certificates->n_elements - (size_t)index) * sizeof(struct smtp_certificate *));
    return 0;
}

void smtp_certificates_clear(struct smtp_certificates *certificates)
{
    for (size_t i = 0; i < certificates->n_elements; i++)
        smtp_certificate_free(certificates->elements[i]);
    free(certificates->elements);
    certificates->elements = NULL;
    certificates->n_elements = 0;
}

bool smtp_certificates_contains(const struct smtp_certificates *certificates,
                                const struct smtp_certificate *certificate)
{
    return smtp_certificates_index(certificates, certificate) >= 0;
}

long smtp_certificates_index(const struct smtp_certificates *certificates,
                             const struct smtp_certificate *certificate)
{
    for (size_t i = 0; i < certificates->n_elements; i++)
        if (memcmp(certificates->elements[i]->content, certificate->content, FINGERPRINT_BYTES) ==
            0)
            return (long)i;
    return -1;
}

size_t smtp_certificates_count(const struct smtp_certificates *certificates)
{
    return certificates->n_elements;
}

const struct smtp_certificate *smtp_certificates_at(const struct smtp_certificates *certificates,
                                                    size_t index)
{
    return index < certificates->n_elements ? certificates->elements[index] : NULL;
}

int smtp_certificates_add_files(struct smtp_certificates *certificates,
                                const char *certificate_file, const char *key_file, char *why,
                                size_t why_size)
{
    struct smtp_certificate *certificate =
        certificate_load_lenient(certificate_file, key_file, why, why_size);

    if (certificate == NULL)
        return -1;
    put(certificates, certificates->n_elements, certificate);
    return 0;
}
