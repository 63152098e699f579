/*
 * What the files of an identity hold, kept from the first time they are written: encoding a key
 * costs half a millisecond, and every case writes the same ones (private to pki/).
 */
#ifndef HARNESS_PKI_TEXTS_H
#define HARNESS_PKI_TEXTS_H

#include <stddef.h>

enum { PKI_PARTS = 3 };

struct pki_texts {
    char *bytes[PKI_PARTS]; /* talloc children of this; NULL: not written yet */
    size_t sizes[PKI_PARTS];
};

#endif
