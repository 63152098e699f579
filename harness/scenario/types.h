/*
 * The types of values that the schema's rows name.
 */
#ifndef HARNESS_SCENARIO_TYPES_H
#define HARNESS_SCENARIO_TYPES_H

#include "harness/scenario/schema.h"

/* types.c: plain values */
extern const struct schema_type type_text;      /* const char * */
extern const struct schema_type type_texts;     /* const char *const *, ends with NULL */
extern const struct schema_type type_bytes;     /* const char *, and the size_t behind it */
extern const struct schema_type type_word;      /* an enum: `min` + index of the word */
extern const struct schema_type type_word_text; /* const char *: one of the words */
extern const struct schema_type type_words; /* const char *const *: `min` or more of the words */
extern const struct schema_type type_protocols; /* const char *const *: names of ALPN */
extern const struct schema_type
    type_switch;                           /* bool: false for the first word, true for the others */
extern const struct schema_type type_yes;  /* bool */
extern const struct schema_type type_int;  /* int */
extern const struct schema_type type_size; /* size_t */
extern const struct schema_type type_pieces;   /* int: bytes, or SCENARIO_RANDOM */
extern const struct schema_type type_seconds;  /* long: seconds */
extern const struct schema_type type_delay;    /* int: milliseconds; a bare number has them too */
extern const struct schema_type type_deadline; /* int: milliseconds; a bare number has seconds */
extern const struct schema_type type_fault;    /* const char *: letters and hyphens */
extern const struct schema_type type_alert;    /* const char * */
extern const struct schema_type type_rules;    /* const char *const *: ids of rules */
extern const struct schema_type type_rule;     /* const char *: the id of a rule */
extern const struct schema_type type_regex; /* const char *: a POSIX extended regular expression */
extern const struct schema_type
    type_section; /* a mapping that fills the same targets; `min`: which */
extern const struct schema_type type_ignored; /* read elsewhere */

/* Longer regular expressions are refused: compiling them can take all memory. */
#define REGEX_MAX 200

/* Tells whether `text` is a regular expression, and how many groups it has; else says why not. */
bool regex_check(const char *text, size_t *groups, char *why, size_t size);

/* The operator of an expectation at that place of their table (expectations.c); NULL behind the
 * last. */
const char *operator_name(size_t i);

/* coverage.c */
extern const struct schema_type type_reasons; /* struct coverage_reason *, size_t */

/* settings.c: the two ends */
extern const struct schema_type type_versions;     /* int, int: tls_min, tls_max */
extern const struct schema_type type_sessions;     /* struct scenario_sessions */
extern const struct schema_type type_hosts;        /* struct scenario_host *, size_t */
extern const struct schema_type type_port;         /* struct scenario_name */
extern const struct schema_type type_name;         /* struct scenario_name: an identity */
extern const struct schema_type type_own;          /* the same: the server's own, with its chain */
extern const struct schema_type type_accounts;     /* struct scenario_account *, size_t */
extern const struct schema_type type_names;        /* struct scenario_names */
extern const struct schema_type type_dns;          /* struct scenario_names: or text with "=" */
extern const struct schema_type type_certificates; /* struct scenario_certificate *, size_t */
extern const struct schema_type type_replace;      /* struct client_state */

/* script.c, cast.c, expectations.c, steps.c */
extern const struct schema_type type_script;       /* struct scenario_delta *, size_t */
extern const struct schema_type type_site;         /* const char *: `on:` */
extern const struct schema_type type_lines;        /* int: "3 lines" */
extern const struct schema_type type_pki;          /* the identities of a scenario */
extern const struct schema_type type_extensions;   /* struct scenario_extension *, size_t */
extern const struct schema_type type_issuer;       /* const char * */
extern const struct schema_type type_expectations; /* struct scenario_expectation *, size_t */
extern const struct schema_type type_steps;        /* the steps of a scenario */
extern const struct schema_type type_send;         /* struct scenario_message * */

/* probe.c: the rows of a probe, and acts, whose values are added to a struct scenario_probe */
extern const struct schema_type type_probe;      /* struct scenario_probe *, size_t */
extern const struct schema_type type_probe_site; /* const char *: `on:` */
extern const struct schema_type type_act_text;
extern const struct schema_type type_act_texts;
extern const struct schema_type type_act_bytes;
extern const struct schema_type type_act_yes;
extern const struct schema_type type_act_int;
extern const struct schema_type type_act_step; /* a number, or one of the words */
extern const struct schema_type type_act_word;
extern const struct schema_type type_act_name; /* an identity, or one of the words */
extern const struct schema_type type_act_names;

/* profile.c */
extern const struct schema_type type_template; /* const char *: a command template */
extern const struct schema_type
    type_templates; /* struct profile_text *, size_t: names with templates of texts */
extern const struct schema_type type_newest;   /* int: the newest version of TLS */
extern const struct schema_type type_group;    /* const char *: a regular expression with a group */
extern const struct schema_type type_version;  /* const char *: numbers with dots */
extern const struct schema_type type_set;      /* bool[]: one for each of the words */
extern const struct schema_type type_exit;     /* int, or `any` */
extern const struct schema_type type_outcomes; /* struct profile_outcome *, size_t */
extern const struct schema_type type_outcome;  /* const char *: a value of the fact `outcome` */
extern const struct schema_type type_known;    /* struct profile_known *, size_t */

#endif
