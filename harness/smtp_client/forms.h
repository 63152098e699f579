/*
 * The forms in which a certificate and its key come: PEM, DER, PKCS#12. Which it is, its content
 * tells.
 */
#ifndef HARNESS_SMTP_CLIENT_FORMS_H
#define HARNESS_SMTP_CLIENT_FORMS_H

#include "harness/smtp_client/certificate.h"
#include "harness/smtp_client/file.h"

/* Takes leaf and chain, and from a PKCS#12 the key, into an empty `certificate`. Returns NULL, or
 * what is wrong with the file: a phrase to follow its name. */
const char *forms_take(struct smtp_certificate *certificate, const struct file *file,
                       const char *password);

/* Takes the key of a file that holds one. Returns NULL likewise; a key that is not that of the leaf
 * is wrong. */
const char *forms_take_key(struct smtp_certificate *certificate, const struct file *file,
                           const char *password);

/* Tells whether a PEM file has a key in it. */
bool forms_has_pem_key(const struct file *file);

/* Computes the digests of a certificate that is complete. */
void forms_digest(struct smtp_certificate *certificate);

#endif
