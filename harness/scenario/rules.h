/*
 * What a case can test: requirements of the RFCs, rules of the .NET page, catalogued failures,
 * invariants. A table of our own words; the ids are those that `spec:` uses.
 */
#ifndef HARNESS_SCENARIO_RULES_H
#define HARNESS_SCENARIO_RULES_H

#include <stdbool.h>

/* The strength of a rule for a client that is not the reference client. */
enum rule_level {
    RULE_RECORDED, /* MAY and descriptive text: never judged alone */
    RULE_SHOULD,   /* SHOULD class, SEED rules, catalogued failures without a CVE */
    RULE_MUST      /* MUST class, SAFE invariants, CVE numbers */
};

struct rule {
    const char *id; /* "CC-03", "SAFE-1", "SEED-S4", "CAT-18" */
    enum rule_level level;
    const char *source; /* "RFC 8446 section 4.4.2.3"; ".NET: SmtpClient.ClientCertificates" */
    const char *text;   /* one sentence */
};

/* Returns the rule of that id, or NULL. Any well-formed CVE number is a rule, RULE_MUST; its text
 * tells no more than that. */
const struct rule *rule_find(const char *id);

/* All ids but CVE numbers, ends with NULL; for text_nearest(). */
const char *const *rule_ids(void);

#endif
