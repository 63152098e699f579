/*
 * A stage for the tests: a cast, a peer, a client, and a short way to send.
 */
#ifndef HARNESS_SMTP_CLIENT_TESTS_STAGE_H
#define HARNESS_SMTP_CLIENT_TESTS_STAGE_H

#include "harness/smtp_client/client.h"
#include "harness/smtp_client/tests/peer.h"

struct stage {
    struct cast cast;
    struct peer *peer;
    struct smtp_client *client;
    struct smtp_client_settings settings;
    struct smtp_client_report report; /* of the last send */
    char trust[160];
};

void stage_open(struct stage *stage, const struct peer_settings *settings);
void stage_close(struct stage *stage);

/* Makes the collection: `names` ends with CAST_COUNT. */
void stage_collect(struct stage *stage, const enum cast_name *names);
#define COLLECT(stage, ...) stage_collect(stage, (const enum cast_name[]){ __VA_ARGS__ })

/* Sends a short message; the report is kept and returned. */
const struct smtp_client_report *stage_send(struct stage *stage);

#endif
