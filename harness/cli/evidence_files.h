/*
 * The folder of a case: what it is called, and what is kept in it for whoever reads on.
 */
#ifndef HARNESS_CLI_EVIDENCE_FILES_H
#define HARNESS_CLI_EVIDENCE_FILES_H

#include "harness/run/evidence.h"
#include "reports/result.h"

/* The folder of a case: ARTIFACTS/CLIENT/ID in letters that a shell takes as they are,
 * "topic/name,tls=1.3" for "topic/name[tls=1.3]". It is never outside of ARTIFACTS/CLIENT, and no
 * two cases and clients share one. */
const char *evidence_folder(void *context, const char *artifacts, const char *client,
                            const char *id);

/* Writes events.jsonl, transcript.txt, client.out, client.err and rerun.sh. Errors: ERROR_SYSTEM.
 */
int evidence_write(const char *folder, const struct evidence *evidence,
                   const struct result_case *result, struct error *err);

#endif
