/*
 * What a run found: run -> case -> step -> check, as plain data.
 *
 * The verdict floor builds it, the reporters read it. Everything lives in the talloc context of the
 * run or case it belongs to and is const once built. A check is one comparison of one fact.
 */
#ifndef REPORTS_RESULT_H
#define REPORTS_RESULT_H

#include <stdbool.h>
#include <stddef.h>

/* X(id, name, counted as, meaning) */
/* clang-format off */
#define OUTCOMES(X) \
    X(PASS, "pass", PASSED, "everything was as expected") \
    X(FAIL, "fail", FAILED, "the subject broke a must") \
    X(WARN, "warn", PASSED, "the subject broke a should; --strict makes it a fail") \
    X(KNOWN, "known", PASSED, "it fails as its profile says it does") \
    X(FIXED, "fixed", FAILED, "a known deviation is gone: mend the profile") \
    X(SKIP, "skip", SKIPPED, "not applicable to this client or server") \
    X(ERROR, "error", FAILED, "could not be judged")
/* clang-format on */

#define OUTCOME_AS_ENUM(id, name, counted, meaning) OUTCOME_##id,
enum outcome { OUTCOMES(OUTCOME_AS_ENUM) OUTCOME_COUNT };

enum counted { COUNTED_PASSED, COUNTED_FAILED, COUNTED_SKIPPED };

struct result_rule {
    const char *id;   /* "SAFE-1", "CC-03" */
    const char *text; /* the rule in words */
};

struct result_check {
    bool passed;
    bool must;            /* broken: fail; else warn */
    const char *fact;     /* "presented" */
    const char *expected; /* in words: "bob", "one of a, b", "at most 2" */
    const char *got;      /* "alice"; "(nothing known)" */
    const char *file; /* place of the expectation; NULL: an invariant, which stands in no file */
    int line, column, width;
    const char *source;              /* that line of the file */
    const struct result_rule *rules; /* that it breaks */
    size_t n_rules;
};

struct result_step {
    int number;        /* from 1; 0: the expectations about the whole scenario */
    const char *title; /* "send as [alice]" */
    const struct result_check *checks;
    size_t n_checks;
};

/* One line of the transcript. */
struct result_line {
    double seconds; /* since the case began */
    int step;
    int connection;
    char direction; /* '>' from the client, '<' from the server, '*' a note */
    bool tls;
    const char *text; /* raw: CR and LF are in it where they were on the wire */
};

/* Why something was not sent or not taken, in plain words. */
struct result_cause {
    int step;
    int connection; /* 0: it is about the step */
    const char *text;
};

struct result_case {
    const char *id; /* selection/by_issuer[mode=starttls,tls=1.3] */
    const char *title;
    const char *file; /* scenario file */
    int line;
    const char *client; /* "reference", "curl", or the command */
    const char *server; /* "fake" */
    const char *level;  /* "must" or "should" */
    enum outcome outcome;
    const char *reason; /* one line: why it failed, was skipped, was not judged; "" if passed */
    double seconds;
    const char *evidence;    /* directory; NULL: not kept */
    const char *rerun;       /* command line that runs it again */
    const char *const *spec; /* ids, ends with NULL */
    const char *const *tags; /* ends with NULL */
    const struct result_step *steps;
    size_t n_steps;
    const struct result_cause *causes; /* of the steps that failed, or of all */
    size_t n_causes;
    const struct result_line *transcript;
    size_t n_transcript;
};

/* A client that the run was with. */
struct result_client {
    const char *name;    /* as in the cases */
    const char *title;   /* what it is */
    const char *version; /* "" when it did not say */
    const char *library; /* its TLS library; "" likewise */
    const char *missing; /* why it could not be run; NULL */
};

struct result_run {
    const char *command;   /* the command line */
    const char *version;   /* of counterseal */
    const char *libraries; /* "OpenSSL 3.0.22, libcurl 7.88.1" */
    const char *started;   /* ISO 8601, UTC, no zone suffix: 2026-11-23T20:15:00 */
    double started_epoch;  /* the same in seconds since 1970 */
    double seconds;
    bool interrupted; /* ended by a signal: the cases that did not run are missing */
    const struct result_client *clients; /* in the order of the command line */
    size_t n_clients;
    const char *directory; /* of the report that is written, as evidence is named; NULL: unknown */
    const struct result_case *const *cases; /* ordered by client and id */
    size_t n_cases;
    size_t n_forgotten; /* more cases, which passed and of which nothing else is kept */
};

struct result_counts {
    size_t by_outcome[OUTCOME_COUNT];
    size_t passed, failed, skipped;
};

/* The name of an outcome, how it counts, what it means. */
const char *outcome_name(enum outcome outcome);
enum counted outcome_counted(enum outcome outcome);
const char *outcome_meaning(enum outcome outcome);

/* Counts the cases of a run. */
struct result_counts result_count(const struct result_run *run);

#endif
