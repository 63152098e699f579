#include "harness/smtp_client/selection.h"
#include "harness/smtp_client/tests/cast.h"

#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

enum { LIST = 4 };

struct element {
    enum cast_name certificate;
    enum cast_name key; /* CAST_COUNT: none */
};

#define END    CAST_COUNT
#define NO_KEY CAST_COUNT

/* clang-format off */
static const struct selection_case {
    const char *name;
    struct element collection[LIST];
    size_t n;
    enum cast_name names[LIST]; /* ends with END */
    enum cast_name want;        /* END: none */
    enum selection_reason reason;
} cases[] = {
    { "R22 nothing there",           { { ALICE, ALICE } }, 0,                          { END },         END,   SELECTION_EMPTY },
    { "R23 order",                   { { ALICE, ALICE }, { BOB, BOB } }, 2,            { END },         ALICE, SELECTION_FIRST },
    { "R23 first with a key",        { { ALICE, NO_KEY }, { BOB, BOB } }, 2,           { END },         BOB,   SELECTION_FIRST_WITH_KEY },
    { "R24 by issuer",               { { ALICE, ALICE }, { BOB, BOB } }, 2,            { BETA, END },   BOB,   SELECTION_NAMED },
    { "R24 order among several",     { { BOB, BOB }, { ALICE, ALICE } }, 2,            { ALPHA, BETA, END }, BOB, SELECTION_NAMED },
    { "R24 the key comes last",      { { ALICE, NO_KEY }, { ALICE_2, ALICE_2 } }, 2,   { ALPHA, END },  ALICE_2, SELECTION_NAMED },
    { "R26 the issuer of the leaf",  { { CAROL, CAROL } }, 1,                          { SUB, END },    CAROL, SELECTION_NAMED },
    { "R26 through its own chain",   { { CAROL, CAROL } }, 1,                          { ALPHA, END },  CAROL, SELECTION_NAMED },
    { "R27 validity does not count", { { EXPIRED, EXPIRED } }, 1,                      { ALPHA, END },  EXPIRED, SELECTION_NAMED },
    { "R28 usage does not count",    { { SERVER, SERVER } }, 1,                        { ALPHA, END },  SERVER, SELECTION_NAMED },
    { "R29 none fits",               { { ALICE, ALICE } }, 1,                          { BETA, END },   END,   SELECTION_NONE_NAMED },
    { "R29 its subject is not its issuer", { { ALICE, ALICE } }, 1,                    { ALICE, END },  END,   SELECTION_NONE_NAMED },
    { "R30 no key",                  { { ALICE, NO_KEY } }, 1,                         { ALPHA, END },  END,   SELECTION_NO_KEY },
    { "R30 a key of another",        { { ALICE, BOB } }, 1,                            { END },         END,   SELECTION_NO_KEY },
};
/* clang-format on */

static void check(const struct cast *cast, const struct selection_case *row)
{
    struct smtp_certificates *certificates = certificates_new();
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
    struct selection selection;
    char why[256];

    for (size_t i = 0; i < row->n; i++) {
        const struct element *element = &row->collection[i];
        const char *key = element->key == NO_KEY ? NULL : cast_key(cast, element->key);

        cr_assert_eq(smtp_certificates_add_files(certificates,
                                                 cast_certificate(cast, element->certificate), key,
                                                 why, sizeof(why)),
                     0, "%s: %s", row->name, why);
    }
    for (const enum cast_name *name = row->names; *name != END; name++)
        sk_X509_NAME_push(names, X509_get_subject_name(cast->certificates[*name]));
    selection = selection_get(policy_get(SMTP_CLIENT_POLICY_DOC), certificates,
                              &(struct selection_request){ .names = names });
    cr_expect_eq(selection.reason, row->reason, "%s: got \"%s\"", row->name,
                 selection_phrase(selection.reason));
    cr_expect_eq(selection.certificate == NULL, row->want == END, "%s", row->name);
    if (selection.certificate != NULL && row->want != END)
        cr_expect_str_eq(selection.certificate->fingerprint, cast_fingerprint(cast, row->want),
                         "%s", row->name);
    sk_X509_NAME_free(names);
    certificates_free(certificates);
}

Test(selection, rules_r21_to_r30)
{
    struct cast cast;

    cast_open(&cast);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check(&cast, &cases[i]);
    cast_close(&cast);
}

Test(selection, a_file_without_a_certificate_is_told)
{
    struct smtp_certificates *certificates = certificates_new();
    struct cast cast;
    char why[256] = "";

    cast_open(&cast);
    cr_expect_eq(smtp_certificates_add_files(certificates, "/nowhere", NULL, why, sizeof(why)), -1);
    cr_expect_str_eq(why, "/nowhere: no certificate can be read from it", "got %s", why);
    cr_expect_eq(
        smtp_certificates_add_files(certificates, cast_key(&cast, ALICE), NULL, why, sizeof(why)),
        -1);
    cr_expect_eq(smtp_certificates_count(certificates), 0);
    certificates_free(certificates);
    cast_close(&cast);
}

Test(selection, content_includes_the_chain)
{
    struct smtp_certificates *certificates = certificates_new();
    struct cast cast;
    char why[256];
    FILE *stream;

    cast_open(&cast);
    smtp_certificates_add_files(certificates, cast_certificate(&cast, CAROL), NULL, why,
                                sizeof(why));
    stream = fopen(cast_certificate(&cast, CAROL), "w");
    PEM_write_X509(stream, cast.certificates[CAROL]);
    fclose(stream);
    smtp_certificates_add_files(certificates, cast_certificate(&cast, CAROL), NULL, why,
                                sizeof(why));
    cr_expect_str_eq(certificates->elements[0]->fingerprint,
                     certificates->elements[1]->fingerprint);
    cr_expect_neq(memcmp(certificates->elements[0]->content, certificates->elements[1]->content,
                         FINGERPRINT_BYTES),
                  0);
    certificates_free(certificates);
    cast_close(&cast);
}
