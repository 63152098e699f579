/*
 * The folder of a case: what it is called, and what is kept in it for whoever reads on.
 */
#ifndef HARNESS_CLI_EVIDENCE_FILES_H
#define HARNESS_CLI_EVIDENCE_FILES_H

#include "harness/pki/pki.h"
#include "harness/run/evidence.h"
#include "reports/result.h"

/* The folder of a case: ARTIFACTS/CLIENT/ID in letters that a shell takes as they are,
 * "topic/name,tls=1.3" for "topic/name[tls=1.3]". It is never outside of ARTIFACTS/CLIENT, and no
 * two cases and clients share one. */
const char *evidence_folder(void *context, const char *artifacts, const char *client,
                            const char *id);

struct evidence_kept {
    const struct scenario *scenario;
    const struct evidence *evidence;
    const struct result_case *result;
    const char *const *overrides; /* of the command line; ends with NULL; may be NULL */
};

/* A line of explanation.txt, and of what `counterseal explain` prints: step, connection, words. */
#define EVIDENCE_CAUSE "step %d, connection %d: %s"

/* Writes events.jsonl, transcript.txt, client.out, client.err, rerun.sh, capture.pcapng, keys.log,
 * scenario.yaml, case.json, commands.txt and explanation.txt. Errors: ERROR_SYSTEM. */
int evidence_write(const char *folder, const struct evidence_kept *kept, struct error *err);

/* Writes certificates and keys of all whom the scenario names, under their own names, into
 * `folder`. Errors: ERROR_SYSTEM, ERROR_TLS. */
int evidence_write_pki(const char *folder, const struct scenario *scenario, const struct pki *pki,
                       struct error *err);

#endif
