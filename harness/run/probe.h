/*
 * Asks clients for their version before anything is played: which of them are here, what they are,
 * and of those that are not, what is missing.
 */
#ifndef HARNESS_RUN_PROBE_H
#define HARNESS_RUN_PROBE_H

#include "harness/scenario/profile.h"

struct probe {
    const char
        *version; /* "7.88.1"; "" when the profile does not ask, or nothing looked like one */
    const char *library; /* its TLS library, "OpenSSL/3.0.17"; "" likewise */
    const char *missing; /* why it cannot be run, and the cure; NULL: it can */
};

/* Runs the version commands of `n` profiles side by side, in the environment that they would be
 * played in, and fills `probes`. A NULL profile is the reference client, which is always here. What
 * is found is owned by `context`. */
void probe_clients(void *context, const struct profile *const *profiles, size_t n,
                   struct probe *probes);

/* Tells whether a known deviation is one of a client of this version. */
bool probe_binds(const struct profile_known *known, const char *version);

#endif
