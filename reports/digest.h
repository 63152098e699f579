/*
 * What several formats say about a case: its subject, the message, the failed checks one after
 * another, and which of the broken rules have not been named yet.
 *
 * All texts are raw; the format escapes them.
 */
#ifndef REPORTS_DIGEST_H
#define REPORTS_DIGEST_H

#include "reports/result.h"

/* A failed check. { 0 } stands before the first. */
struct digest_failure {
    const struct result_step *step;
    const struct result_check *check;
    size_t i_step, i_check; /* where to look on */
};

/* Moves on to the next failed check; false when there is none. */
bool digest_next(const struct result_case *result, struct digest_failure *failure);

/* Tells whether no failed check before `failure`, nor a rule before this one, names this rule. */
bool digest_is_new(const struct result_case *result, const struct digest_failure *failure,
                   const struct result_rule *rule);

/* The ids of all broken rules, each once, separated by blanks. malloc()ed. */
char *digest_rules(const struct result_case *result);

/* The failure in one line: the reason, else the first failed check, else what the outcome means.
 * malloc()ed. */
char *digest_message(const struct result_case *result);

/* Tells whether the reason says nothing, or no more than a failed check. */
bool digest_reason_is_told(const struct result_case *result);

/* A cause in the words that all formats share: "connection 2: ..." where a reader would have to ask
 * of which. malloc()ed. */
char *digest_cause(const struct result_case *result, const struct result_cause *cause);

/* Who was tested: "curl", "curl x postfix". malloc()ed. */
char *digest_subject(const struct result_case *result);

/* Tells whether the subject goes without saying: the reference client and the fake server. */
bool digest_is_usual(const struct result_case *result);

/* `text`, or "" for NULL. */
const char *digest_text(const char *text);

#endif
