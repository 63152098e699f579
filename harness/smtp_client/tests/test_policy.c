#include "harness/smtp_client/tests/stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* The matrix of what each runtime does (semantics, 2.6): a row a scenario, a column a policy. A
 * cell is what the last mail of the row presents: A, B, "0" an empty list, "-" no Certificate
 * message; in front "r" where the session was resumed, as the server's view "r0" nobody, "rA" A.
 * "x": the handshake is ended by the client; "!": the server refuses it. */
enum { MAILS = 2, LIST = 4 };

#define KEYLESS (CAST_COUNT + 1)

/* clang-format off */
static const struct row {
    const char *name;
    enum cast_name collections[MAILS][LIST]; /* each ends with CAST_COUNT */
    int n_mails;
    enum cast_name names[LIST];              /* ends with CAST_COUNT; empty: none are sent */
    int ask;
    const char *cells[SMTP_CLIENT_POLICY_COUNT];
} rows[] = {
    /*                                                                                                                              doc   fram. linux mono openssl */
    { "no request, [A]",                 { { ALICE, CAST_COUNT } }, 1, { CAST_COUNT }, 0,                                         { "-",  "-",  "-",  "-",  "-" } },
    { "request, []",                     { { CAST_COUNT } }, 1, { CAST_COUNT }, SSL_VERIFY_PEER,                                  { "0",  "0",  "0",  "0",  "0" } },
    { "request, [A, B]",                 { { ALICE, BOB, CAST_COUNT } }, 1, { CAST_COUNT }, SSL_VERIFY_PEER,                      { "A",  "A",  "A",  "A",  "A" } },
    { "names {CA2}, [A, B]",             { { ALICE, BOB, CAST_COUNT } }, 1, { BETA, CAST_COUNT }, SSL_VERIFY_PEER,                { "B",  "B",  "A",  "B",  "A" } },
    { "names {CA2}, [A]",                { { ALICE, CAST_COUNT } }, 1, { BETA, CAST_COUNT }, SSL_VERIFY_PEER,                     { "0",  "0",  "A",  "0",  "A" } },
    { "request, [A without key, B]",     { { KEYLESS, BOB, CAST_COUNT } }, 1, { CAST_COUNT }, SSL_VERIFY_PEER,                    { "B",  "B",  "0",  "x",  "0" } },
    { "require, []",                     { { CAST_COUNT } }, 1, { CAST_COUNT }, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, { "!",  "!",  "!",  "!",  "!" } },
    { "[A] after [A]",                   { { ALICE, CAST_COUNT }, { ALICE, CAST_COUNT } }, 2, { CAST_COUNT }, SSL_VERIFY_PEER,    { "rA", "rA", "rA", "A",  "rA" } },
    { "[] after [A]",                    { { ALICE, CAST_COUNT }, { CAST_COUNT } }, 2, { CAST_COUNT }, SSL_VERIFY_PEER,           { "0",  "0",  "0",  "0",  "0" } },
    { "[] after []",                     { { CAST_COUNT }, { CAST_COUNT } }, 2, { CAST_COUNT }, SSL_VERIFY_PEER,                  { "r0", "r0", "r0", "0",  "r0" } },
    { "[A] after []",                    { { CAST_COUNT }, { ALICE, CAST_COUNT } }, 2, { CAST_COUNT }, SSL_VERIFY_PEER,           { "A",  "A",  "A",  "A",  "A" } },
    { "names {CA2}, [A, B] twice",       { { ALICE, BOB, CAST_COUNT }, { ALICE, BOB, CAST_COUNT } }, 2, { BETA, CAST_COUNT }, SSL_VERIFY_PEER, { "B", "B", "rA", "B", "rA" } },
};
/* clang-format on */

static void collect(struct stage *stage, const enum cast_name *names)
{
    struct smtp_certificates *certificates = smtp_client_certificates(stage->client);
    char why[256];

    smtp_certificates_clear(certificates);
    for (; *names != CAST_COUNT; names++) {
        bool keyless = *names == (enum cast_name)KEYLESS;
        enum cast_name name = keyless ? ALICE : *names;

        smtp_certificates_add_files(certificates, cast_certificate(&stage->cast, name),
                                    keyless ? NULL : cast_key(&stage->cast, name), why,
                                    sizeof(why));
    }
}

static char letter_of(const struct stage *stage, const char *fingerprint)
{
    if (strcmp(fingerprint, cast_fingerprint(&stage->cast, ALICE)) == 0)
        return 'A';
    return strcmp(fingerprint, cast_fingerprint(&stage->cast, BOB)) == 0 ? 'B' : '0';
}

/* What the last mail showed, in the words of the table. */
static void write_cell(const struct stage *stage, char cell[3])
{
    const struct smtp_client_report *report = &stage->report;
    const char *presented = smtp_client_presented(stage->client);

    memset(cell, 0, 3);
    if (report->outcome == SMTP_CLIENT_TLS_REFUSED)
        cell[0] = '!';
    else if (report->outcome != SMTP_CLIENT_DELIVERED)
        cell[0] = 'x';
    else if (strcmp(report->resumed, "no") != 0) {
        cell[0] = 'r';
        cell[1] = letter_of(stage, peer_seen(stage->peer, 2)->identity);
    } else if (strcmp(presented, "nothing") == 0)
        cell[0] = '-';
    else
        cell[0] = letter_of(stage, presented);
}

static void check_cell(const struct row *row, enum smtp_client_policy policy, int tls)
{
    const struct peer_settings settings = { .ask = row->ask,
                                            .tls = tls,
                                            .takes_any = true,
                                            .names =
                                                row->names[0] == CAST_COUNT ? NULL : row->names };
    struct stage stage;
    char cell[3];

    stage_open(&stage, &settings);
    stage.settings.policy = policy;
    for (int i = 0; i < row->n_mails; i++) {
        collect(&stage, row->collections[i]);
        stage_send(&stage);
    }
    write_cell(&stage, cell);
    cr_expect_str_eq(cell, row->cells[policy], "%s, %s, TLS %x: got %s (%s)", row->name,
                     smtp_client_policy_name(policy), (unsigned)tls, cell, stage.report.error);
    stage_close(&stage);
}

Test(policy, the_matrix_of_the_runtimes, .timeout = 60)
{
    /* 0: both, of which Mono speaks the older. */
    static const int versions[] = { TLS1_2_VERSION, 0 };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (int policy = 0; policy < SMTP_CLIENT_POLICY_COUNT; policy++)
            for (size_t v = 0; v < sizeof(versions) / sizeof(versions[0]); v++)
                check_cell(&rows[i], (enum smtp_client_policy)policy, versions[v]);
}

Test(policy, is_found_by_its_name)
{
    enum smtp_client_policy policy = SMTP_CLIENT_POLICY_DOC;

    cr_expect_eq(smtp_client_policy_find("dotnet-linux", &policy), 0);
    cr_expect_eq(policy, SMTP_CLIENT_POLICY_DOTNET_LINUX);
    cr_expect_eq(smtp_client_policy_find("linux", &policy), -1);
}
