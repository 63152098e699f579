/*
 * What the five policies do differently: one row each, of answers to the questions that the TLS
 * side asks (semantics, 2.6 and decisions 1 to 3).
 *
 * `doc` is the page read literally, made safe where the page is silent. The others do what their
 * models do, also where that is less careful; none of them resumes a session of somebody else.
 */
#ifndef HARNESS_SMTP_CLIENT_POLICY_H
#define HARNESS_SMTP_CLIENT_POLICY_H

#include "harness/smtp_client/session_cache.h"
#include "harness/smtp_client/smtp_client.h"

enum policy_choice {
    POLICY_BY_NAMES,       /* the first that the names allow and that has a key (R23, R24) */
    POLICY_BY_NAMES_BLIND, /* the first that the names allow, a missing key ends it all (R30) */
    POLICY_FIRST           /* the first of the collection, whatever the names (R33) */
};

struct policy {
    enum policy_choice choice;
    bool own_chain;            /* names are searched in the chain of the element, too; else R26 */
    bool resumes;              /* has a session cache at all (R55) */
    bool keyless_is_anonymous; /* a first element without a key looks up as nobody (R45) */
    bool keyed_by_port;        /* R50 */
    bool keyed_by_trust;
    bool keeps_tickets;          /* of TLS 1.3 after their use (R52) */
    bool without_addresses;      /* no session with a host that is an IP address (R51) */
    bool certificates_from_file; /* of the configuration: decision 3 */
    bool default_credentials;    /* can be asked for (R70) */
    int newest;                  /* version of TLS; R19: older still in real life */
};

/* The row of a policy. */
const struct policy *policy_get(enum smtp_client_policy policy);

/* Takes out of `peer` what the policy leaves out of the key of a session. */
void policy_limit_peer(const struct policy *policy, struct session_peer *peer);

/* Tells whether sessions with a host are kept at all. */
bool policy_resumes(const struct policy *policy, const char *host);

#endif
