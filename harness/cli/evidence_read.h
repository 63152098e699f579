/*
 * The folder of a case, read back: what evidence_write() and evidence_write_pki() left, made into
 * the scenario, the identities and the evidence that they were.
 *
 * Of a folder that has events.jsonl and nothing else, what was seen is known and what both ends
 * were given is not: `settings_known` is false, and a stand-in takes the scenario's place.
 */
#ifndef HARNESS_CLI_EVIDENCE_READ_H
#define HARNESS_CLI_EVIDENCE_READ_H

#include "harness/pki/pki.h"
#include "harness/run/evidence.h"

struct evidence_folder {
    const char *id; /* of the case; the folder's name where it is not known */
    const char *client;
    const char *outcome; /* "fail"; "" where it is not known */
    const char *reason;
    const char *const *overrides; /* ends with NULL */
    bool settings_known;
    const struct scenario *scenario;
    struct pki *pki; /* owned; pki_close() it */
    const struct evidence *evidence;
};

/* Reads a folder. Everything but `pki` lives in `context`.
 * Errors: ERROR_USAGE (it is no such folder), ERROR_SCENARIO, ERROR_SYSTEM, ERROR_TLS. */
int evidence_read(void *context, const char *path, struct evidence_folder *folder,
                  struct error *err);

/* The newest folder below `artifacts` of a case that counts as failed, owned by `context`; NULL
 * when there is none. */
const char *evidence_newest(void *context, const char *artifacts);

#endif
