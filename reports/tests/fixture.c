#include "reports/tests/fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
#define TEN(text) text text text text text text text text text text
#define NOOP { 0.1, 1, 1, '>', false, "NOOP\r\n" }
#define NOOPS_5 NOOP, NOOP, NOOP, NOOP, NOOP
#define NOOPS_25 NOOPS_5, NOOPS_5, NOOPS_5, NOOPS_5, NOOPS_5

static const char *const spec_safe[] = { "SAFE-1", "CVE-2026-8286", NULL };
static const char *const spec_none[] = { NULL };
static const char *const tags[] = { "fast", "connection", NULL };

static const struct result_rule rules_safe[] = {
    { "SAFE-1", "no connection made under one identity, or none, carries mail of another" },
    { "CVE-2026-8286", "curl reused a STARTTLS connection for another client certificate" },
};
static const struct result_rule rules_safe_and_more[] = {
    { "SAFE-1", "no connection made under one identity, or none, carries mail of another" },
    { "CC-03", "an empty list of names lets the client choose" },
};
static const struct result_rule rules_should[] = {
    { "SEED-R24", "the certificate with the longest time to live is taken" },
};

#define SCENARIO "cases/connection/never_reused_as_another.yaml"
#define SOURCE "    expect: {connections: 1, presented: bob, identity: bob}"

/* --- connection/never_reused_as_another: two steps fail --- */

static const struct result_check checks_good[] = {
    { .passed = true, .must = true, .fact = "delivered", .expected = "yes", .got = "yes",
      .file = SCENARIO, .line = 14, .column = 25, .width = 3, .source = "    expect: {delivered: yes}" },
};
static const struct result_check checks_bob[] = {
    { .must = true, .fact = "presented", .expected = "bob", .got = "alice", .file = SCENARIO,
      .line = 20, .column = 41, .width = 3, .source = SOURCE,
      .rules = rules_safe, .n_rules = COUNT(rules_safe) },
    { .must = true, .fact = "identity", .expected = "bob", .got = "alice", .file = SCENARIO,
      .line = 20, .column = 56, .width = 3, .source = SOURCE,
      .rules = rules_safe_and_more, .n_rules = COUNT(rules_safe_and_more) },
    { .must = false, .fact = "connections", .expected = "1", .got = "2", .file = SCENARIO,
      .line = 20, .column = 27, .width = 1, .source = SOURCE,
      .rules = rules_should, .n_rules = COUNT(rules_should) },
};
static const struct result_check checks_whole[] = {
    { .must = true, .fact = "mixed", .expected = "no", .got = "connection 1 carries alice and bob",
      .rules = rules_safe, .n_rules = 1 },
};
static const struct result_step steps_reuse[] = {
    { 1, "send as [alice]", checks_good, COUNT(checks_good) },
    { 2, "send as [bob]", checks_bob, COUNT(checks_bob) },
    { 0, NULL, checks_whole, COUNT(checks_whole) },
};
static const struct result_line transcript_reuse[] = {
    { 0.0123, 1, 1, '*', false, "connected from 127.0.0.1:54321" },
    { 0.0129, 1, 1, '<', false, "220 mail.example.test ESMTP\r\n" },
    { 0.0130, 1, 1, '>', false, "EHLO localhost\r\n" },
    { 0.0140, 1, 1, '*', true, "TLSv1.3, presented alice" },
    { 0.0141, 1, 1, '>', true, "MAIL FROM:<a@example.test>\r\n" },
    { 0.0230, 2, 1, '>', true, "MAIL FROM:<b@example.test>\r\n" },
    { 0.0231, 2, 2, '*', false, "connected from 127.0.0.1:54322" },
    { 0.0239, 2, 0, '*', false, "the client ended with exit status 0" },
};

static const struct result_cause causes_reuse[] = {
    { 2, 0, "no new connection was opened: the mail went over connection 1, made in step 1, whose identity is alice; the client was now given bob" },
    { 2, 2, "the server asked for no certificate" },
};

/* --- hostile/terminal: bytes that must not reach the reader --- */

static const struct result_rule rules_hostile[] = {
    { "X-\x1b[31m", "rule with \"quotes\", <tags> & ]]> and # and \\" },
};
static const struct result_check checks_hostile[] = {
    { .must = true, .fact = "reply", .expected = "one of a, b", .got = "\x1b]0;owned\x07\r\nok 99 - forged\n# TODO \xff\xfe <b>&\"'",
      .file = "cases/hostile/terminal.yaml", .line = 123456, .column = 10, .width = 400,
      .source = "  reply: \xe2\x80\xae\xd9\xa1 \xe6\x97\xa5\xe6\x9c\xac \xc2\x9b" "31m \ttab",
      .rules = rules_hostile, .n_rules = COUNT(rules_hostile) },
    { .must = true, .fact = "long", .expected = TEN(TEN("expected ")), .got = TEN(TEN("got ")),
      .file = "cases/hostile/terminal.yaml", .line = 7, .column = 401, .width = 5,
      .source = TEN(TEN("abc ")) "WRONG" TEN(TEN(" xyz")) },
    { .must = true, .fact = "beyond", .expected = "a caret beyond the end", .got = "no crash",
      .file = "cases/hostile/terminal.yaml", .line = 8, .column = 99, .width = 0, .source = "short" },
};
static const struct result_step steps_hostile[] = {
    { 1, "send as [m\xc3\xbcller]", checks_hostile, COUNT(checks_hostile) },
};
static const struct result_cause causes_hostile[] = {
    { 1, 1, "the server named \x1b[31m \"CN=<b>&'\" \xff | \\ # ]]>\r\nok 99 - forged" },
};
static const struct result_line transcript_hostile[] = {
    { 0.001, 1, 1, '<', false, "220 \x1b[2J\x1b[31mred\x07 \x7f \xc2\x9b" "2J\r\n" },
    { 0.002, 1, 1, '<', false, "250-bare LF\n250 bare CR\r" },
    { 0.003, 1, 1, '<', false, "literal \\r\\n and \\x1b, \xff\xfe\xc0\xaf\xed\xa0\x80 no UTF-8\r\n" },
    { 0.004, 1, 1, '<', true, "\xe2\x80\xae" "evil \xe2\x81\xa6 \xef\xbb\xbf \xef\xbf\xbe \xee\xbe\x80 m\xc3\xbcller \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x92\xa9\r\n" },
    { 0.005, 1, 1, '>', true, "MAIL FROM:<" TEN(TEN("long")) "@example.test>\r\n" },
    { 0.006, 1, 1, '\x1b', true, "direction unknown" },
    { 0.007, 1, 1, '*', true, "" },
};

/* --- handshake/hangs: an error with a long transcript --- */

static const struct result_line transcript_long[] = {
    { 0, 1, 1, '*', false, "the first" },
    NOOPS_25, NOOPS_25, NOOPS_25,
    { 90.5, 1, 1, '*', false, "the last" },
};

/* --- the others --- */

static const struct result_check checks_known[] = {
    { .must = true, .fact = "resumed", .expected = "yes", .got = "no", .file = SCENARIO,
      .line = 3, .column = 5, .width = 3, .source = "    yes" },
};
static const struct result_step steps_known[] = {
    { 1, "send", checks_known, COUNT(checks_known) },
};
static const struct result_check checks_warned[] = {
    { .must = false, .fact = "presented", .expected = "newest", .got = "oldest",
      .file = "cases/selection/longest_life.yaml", .line = 9, .column = 14, .width = 6,
      .source = "  presented: newest", .rules = rules_should, .n_rules = COUNT(rules_should) },
};
static const struct result_step steps_warned[] = {
    { 1, "send as [oldest, newest]", checks_warned, COUNT(checks_warned) },
};
static const struct result_step steps_passed[] = {
    { 1, "send as [alice]", checks_good, COUNT(checks_good) },
};

#define STEPS(array) .steps = array, .n_steps = COUNT(array)
#define CAUSES(array) .causes = array, .n_causes = COUNT(array)
#define TRANSCRIPT(array) .transcript = array, .n_transcript = COUNT(array)

static const struct result_case reused_by_curl = {
    .id = "connection/never_reused_as_another[mode=starttls,tls=1.3]",
    .title = "An open connection made with one certificate never carries the mail of another, nor of none",
    .file = SCENARIO, .line = 1, .client = "curl", .server = "fake", .level = "must",
    .outcome = OUTCOME_FAIL, .reason = "presented: expected bob, got alice",
    .seconds = 0.0312, .evidence = "build/report/evidence/curl/connection/never_reused_as_another",
    .rerun = "counterseal run cases/connection/never_reused_as_another.yaml --client curl",
    .spec = spec_safe, .tags = tags, STEPS(steps_reuse), CAUSES(causes_reuse), TRANSCRIPT(transcript_reuse),
};
static const struct result_case known_by_curl = {
    .id = "resumption/after_close[tls=1.2]", .title = "A session outlives its connection",
    .file = "cases/resumption/after_close.yaml", .line = 1, .client = "curl", .server = "fake",
    .level = "must", .outcome = OUTCOME_KNOWN, .reason = "curl 7.88 keeps no sessions #1 \\ on disk",
    .seconds = 0.5, .spec = spec_none, .tags = spec_none, STEPS(steps_known),
};
static const struct result_case fixed_by_curl = {
    .id = "resumption/once[tls=1.3]", .title = "A ticket is used once",
    .file = "cases/resumption/once.yaml", .line = 1, .client = "curl", .server = "fake",
    .level = "should", .outcome = OUTCOME_FIXED,
    .reason = "passes, though cases/clients/curl.yaml:12 says that it fails",
    .seconds = 0.0499, .rerun = "counterseal run cases/resumption/once.yaml --client curl",
    .spec = spec_none, .tags = spec_none, STEPS(steps_passed),
};
static const struct result_case crashed_command = {
    .id = "selection/by_issuer[mode=tls]", .title = "", .file = "cases/selection/by_issuer.yaml",
    .line = 1, .client = "./my.client --host {host} --port {port}", .server = "fake",
    .level = "must", .outcome = OUTCOME_FAIL, .reason = "step 1: the client died of signal 11",
    .seconds = 12.34, .spec = spec_none, .tags = spec_none,
};
const struct result_case fixture_hostile = {
    .id = "hostile/terminal[a#b\\c\x1b]", .title = "Bytes of a peer \x1b[5m drive no terminal",
    .file = "cases/hostile/terminal.yaml", .line = 1, .client = "reference", .server = "fake",
    .level = "must", .outcome = OUTCOME_FAIL,
    .reason = "reply: expected a, got \x1b]0;owned\x07\r\nok 99 - forged",
    .seconds = 1.0 / 3, .evidence = "build/report/evidence/hostile",
    .rerun = "counterseal run 'cases/hostile/terminal.yaml'", .spec = spec_none, .tags = spec_none,
    STEPS(steps_hostile), CAUSES(causes_hostile), TRANSCRIPT(transcript_hostile),
};
/* A self-test: the fault shows, but not under the rule that it was to be caught under. */
static const struct result_case uncaught = {
    .id = "selftest/wrong_certificate", .title = "A client that takes the wrong certificate is caught",
    .file = "cases/selftest/wrong_certificate.yaml", .line = 1, .client = "reference",
    .server = "fake", .level = "must", .outcome = OUTCOME_FAIL,
    .reason = "the fault was not caught: nothing says that it breaks CC-01; resumed: expected yes, got no",
    .seconds = 0.011, .spec = spec_none, .tags = spec_none, STEPS(steps_known),
};
static const struct result_case hanging = {
    .id = "handshake/hangs", .title = "The server never answers the ClientHello",
    .file = "cases/handshake/hangs.yaml", .line = 4, .client = "reference", .server = "fake",
    .level = "must", .outcome = OUTCOME_ERROR, .reason = "the fake server ended with exit status 3",
    .seconds = 90.5, .rerun = "counterseal run cases/handshake/hangs.yaml", .spec = spec_none,
    .tags = spec_none, TRANSCRIPT(transcript_long),
};
const struct result_case fixture_passed = {
    .id = "selection/by_issuer[mode=starttls,tls=1.3]",
    .title = "The certificate that an accepted issuer signed is taken",
    .file = "cases/selection/by_issuer.yaml", .line = 1, .client = "reference", .server = "fake",
    .level = "must", .outcome = OUTCOME_PASS, .reason = "", .seconds = 0.012, .spec = spec_safe,
    .tags = tags, STEPS(steps_passed), TRANSCRIPT(transcript_reuse),
};
static const struct result_case warned = {
    .id = "selection/longest_life", .title = "Of two, the one that lives longer is taken",
    .file = "cases/selection/longest_life.yaml", .line = 1, .client = "reference",
    .server = "fake", .level = "should", .outcome = OUTCOME_WARN,
    .reason = "presented: expected newest, got oldest", .seconds = 0.02,
    .rerun = "counterseal run cases/selection/longest_life.yaml", .spec = spec_none,
    .tags = spec_none, STEPS(steps_warned), TRANSCRIPT(transcript_reuse),
};
static const struct result_case skipped = {
    .id = "alone", .title = "A case without a topic", .file = "alone.yaml", .line = 1,
    .client = "reference", .server = "fake", .level = "should", .outcome = OUTCOME_SKIP,
    .reason = "needs post_handshake_auth, which the client lacks", .spec = spec_none,
    .tags = spec_none,
};
static const struct result_case on_postfix = {
    .id = "selection/by_issuer[mode=starttls,tls=1.3]", .title = "The same on a real server",
    .file = "cases/selection/by_issuer.yaml", .line = 1, .client = "reference",
    .server = "postfix", .level = "must", .outcome = OUTCOME_PASS, .reason = "", .seconds = 0.25,
    .spec = spec_none, .tags = spec_none, STEPS(steps_passed),
};

static const struct result_case *const cases[] = {
    &crashed_command, &reused_by_curl, &known_by_curl, &fixed_by_curl, &skipped,
    &hanging, &fixture_hostile, &fixture_passed, &warned, &uncaught,
    &on_postfix,
};

static const struct result_client clients[] = {
    { "reference", "the reference client", "1.0.0", "", NULL },
    { "curl", "curl | <the> tool", "7.88.1", "OpenSSL/3.0.22", NULL },
    { "mutt", "mutt", "", "", "not installed: cannot run mutt" },
};

#define RUN \
    .command = "counterseal run cases/ --client reference --client curl", .version = "1.0.0", \
    .libraries = "OpenSSL 3.0.22, libcurl 7.88.1", .started = "2026-11-23T20:15:00", \
    .started_epoch = 1795464900.25, .seconds = 93.5, .clients = clients, \
    .n_clients = COUNT(clients), .directory = "build/report"

const struct result_run fixture_run = { RUN, .cases = cases, .n_cases = COUNT(cases) };
const struct result_run fixture_interrupted = { RUN, .interrupted = true, .cases = cases + 7,
                                                .n_cases = 2 };
const struct result_run fixture_empty = { RUN };
/* clang-format on */

char *fixture_written(int (*write)(FILE *stream, const struct result_run *run),
                      const struct result_run *run)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    cr_assert_not_null(stream);
    cr_assert_eq(write(stream, run), 0, "got an error from writing");
    cr_assert_eq(fclose(stream), 0);
    cr_assert_eq(strlen(text), size, "got a NUL in the report");
    return text;
}

static char *read_golden(FILE *stream)
{
    char *text = NULL;
    size_t size = 0;

    if (getdelim(&text, &size, '\0', stream) < 0) {
        free(text);
        text = strdup("");
    }
    return text;
}

void fixture_expect_golden(const char *name, const char *text)
{
    bool rewrite = getenv("GOLDEN_WRITE") != NULL;
    char path[256], *want;
    FILE *stream;
    size_t same = 0, line = 1;

    (void)snprintf(path, sizeof(path), "reports/tests/golden/%s", name);
    stream = fopen(path, rewrite ? "w" : "r");
    cr_assert_not_null(stream, "%s cannot be opened (run in the root of the repository)", path);
    want = rewrite ? strdup(text) : read_golden(stream);
    if (rewrite)
        fputs(text, stream);
    cr_assert_eq(fclose(stream), 0);
    for (; want[same] != '\0' && want[same] == text[same]; same++)
        line += want[same] == '\n' ? 1 : 0;
    cr_expect_str_eq(text, want, "%s: differs from line %zu on: got \"%.60s\"", path, line,
                     text + same);
    free(want);
}
