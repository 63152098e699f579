/* What the finders of causes see, and the words they share (private to explain/). */
#ifndef HARNESS_EXPLAIN_SCENE_H
#define HARNESS_EXPLAIN_SCENE_H

#include "harness/explain/explain.h"

struct scene {
    void *context;
    const struct observation *all;
    bool known;                                   /* the settings are those of the run */
    const struct observed_connection *connection; /* NULL: a step is spoken of */
    const struct observed_step *step;
    const struct scenario_step *asked;    /* what the step told client and server */
    const struct scenario_server *server; /* that the connection met: a host, or the server */
    const struct evidence_answer *answer;
};

/* Returns a sentence, owned by the scene's context, or NULL: that is not the cause. */
typedef const char *cause_finder(const struct scene *scene);

/* --- events of the connection --- */

/* The first, or the last, of that kind; NULL. */
const struct evidence_event *scene_first(const struct scene *scene, enum event_id id);
const struct evidence_event *scene_last(const struct scene *scene, enum event_id id);

/* Tells whether a handshake message went over it; `direction` as in the event. */
bool scene_message(const struct scene *scene, const char *direction, const char *name);

/* The row of the server's script that fired last there; NULL: none did. */
const struct scenario_delta *scene_script(const struct scene *scene);

/* Of a member of an event that is a list: its elements; `event` may be NULL. */
const char *const *scene_list(const struct scene *scene, const struct evidence_event *event,
                              const char *member);

/* --- words --- */

/* "a", "a and b", "a, b and c", "a, b, c and 4 more"; "nothing" of an empty list. */
const char *scene_words(const struct scene *scene, const char *const *items);
const char *scene_names(const struct scene *scene, const struct scenario_names *names);

size_t scene_count(const char *const *items);
bool scene_has(const char *const *items, const char *item);

/* A distinguished name as events have it, and without the organisation that all of ours share. */
const char *scene_dn(const struct scene *scene, const X509_NAME *name);
const char *scene_short(const struct scene *scene, const char *dn);

/* "2026-11-24 19:00:00 UTC" */
const char *scene_time(const struct scene *scene, const ASN1_TIME *time);

/* The certificates that the client of the connection's step was given, by name. */
const char *const *scene_collection(const struct scene *scene);

/* Tells whether a name is that of somebody, not "empty", "nothing", "none". */
bool scene_is_someone(const char *name);

/* Who was presented; NULL where nobody was. */
const char *scene_presented(const struct scene *scene);

/* "EC", "RSA", "Ed25519" */
const char *scene_key_kind(const X509 *certificate);

/* The extended key usages of a certificate in words; "" where it has none. */
const char *scene_usages(const struct scene *scene, const X509 *certificate);

/* --- selection.c: what was sent, and why nothing else --- */
cause_finder cause_resumed_identity, cause_not_asked, cause_empty_collection, cause_none_fits,
    cause_sent_stranger, cause_sent_misfit, cause_sent_in_turn, cause_sent_out_of_turn,
    cause_asked_and_left;

/* --- judgement.c: what the server made of it --- */
cause_finder cause_intermediate_missing, cause_self_signed, cause_issuer_unknown, cause_expired,
    cause_not_yet_valid, cause_usage, cause_revoked, cause_pins, cause_no_account,
    cause_wrong_proof, cause_no_proof, cause_fault_seen, cause_empty_refused, cause_not_taken,
    cause_refused_late, cause_refused_in_handshake, cause_refused_after_handshake, cause_went_on;

/* --- handshake.c: why there was none --- */
cause_finder cause_no_starttls, cause_starttls_refused, cause_no_hello, cause_script_alert,
    cause_version, cause_suite, cause_group, cause_server_algorithm, cause_protocol, cause_host,
    cause_session_context, cause_alert_sent, cause_server_untrusted, cause_server_chain,
    cause_server_expired, cause_server_not_yet_valid, cause_server_usage, cause_server_name,
    cause_server_refused, cause_left_handshake;

/* --- dialogue.c: sessions, and what came after the handshake --- */
cause_finder cause_session_of_another, cause_session_declined, cause_nobody_refused,
    cause_account_refused, cause_reply_refused, cause_script_cut, cause_reused, cause_never_came,
    cause_died, cause_silent, cause_client_says;

/* What of a server's certificate a client may object to: tells whether a cause of handshake.c
 * would name something. */
bool scene_server_refused(const struct scene *scene);

/* What is wrong with a key that the client was given, with "; " in front; "": nothing. */
const char *scene_key_faults(const struct scene *scene);

/* The alert that the server sent about the client's certificate; NULL. */
const char *scene_refusal(const struct scene *scene);

#endif
