/* The parts of a scenario being written (private to capture/). */
#ifndef HARNESS_CAPTURE_WRITE_H
#define HARNESS_CAPTURE_WRITE_H

#include "harness/capture/capture.h"

struct writer {
    void *context;
    FILE *stream;
    const struct capture *capture;
    bool anonymise;
    const char *label; /* of the identity under `pki:`; NULL: one of the cast will do */
};

#define WRITE(writer, ...) (void)fprintf((writer)->stream, __VA_ARGS__)

/* A word, and a list of words, as YAML takes them. */
void write_word(const struct writer *writer, const char *word);
void write_list(const struct writer *writer, const char *const *words);

/* Lists that end with NULL. */
size_t write_count(const char *const *words);
bool write_equal(const char *const *a, const char *const *b);

/* write_identity.c: `pki:`, unless an identity of the cast will do; then `certificate:` and
 * `chain:`. Nothing where the server showed no certificate. */
void write_pki(struct writer *writer);
void write_identity(const struct writer *writer);

/* write_request.c: `client_certificate:` and the algorithms. */
void write_request(const struct writer *writer);

#endif
