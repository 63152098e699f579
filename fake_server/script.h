/*
 * The script: which deltas fire at a site, and what they do there.
 *
 * Deltas of one site fire together, in the order of the script, but each kind of action only once:
 * of two replies the first one counts, and the second delta keeps its turn for the next visit.
 */
#ifndef FAKE_SERVER_SCRIPT_H
#define FAKE_SERVER_SCRIPT_H

#include "fake_server/fake_server.h"

struct connection;

/* More than this fire together in no sensible script. */
#define SCRIPT_PLAN_MAX 16

/* The deltas that fire now. */
struct script_plan {
    const struct fake_server_delta *rows[SCRIPT_PLAN_MAX];
    size_t n;
};

/* Which deltas of SITE_BODY are meant. */
enum script_body { SCRIPT_BODY_AT_ONCE = 0, SCRIPT_BODY_END = -1 };

/* Finds the deltas that fire, counts and reports them. `verb` is for SITE_VERB; `lines` is for
 * SITE_BODY: how many have come, or one of enum script_body. */
void script_find(struct connection *connection, enum fake_server_site site, const char *verb,
                 int lines, struct script_plan *plan);

/* Does what comes before a reply: delay, stall, ask_certificate, alert. Returns -1 when the
 * connection ends. */
int script_begin(struct connection *connection, const struct script_plan *plan);

/* Does what comes after it: close. Returns -1 when the connection ends. */
int script_finish(struct connection *connection, const struct script_plan *plan);

/* Everything at a site that has no reply: raw bytes stand between the two. Returns -1 when it ends.
 */
int script_run(struct connection *connection, enum fake_server_site site);
int script_run_plan(struct connection *connection, const struct script_plan *plan);

/* The first delta of the plan that has a reply, raw bytes, ... or NULL. */
const struct fake_server_delta *script_reply(const struct script_plan *plan);
const struct fake_server_delta *script_bytes(const struct script_plan *plan);
const struct fake_server_delta *script_inject(const struct script_plan *plan);
int script_fragment(const struct script_plan *plan);

/* What else it wants of a reply; 0 where it wants nothing. */
struct script_form {
    int lines, fill;
    enum fake_server_answer answer;
};
struct script_form script_form(const struct script_plan *plan);
bool script_believes(const struct script_plan *plan);
bool script_drops(const struct script_plan *plan, const char *keyword);

#endif
