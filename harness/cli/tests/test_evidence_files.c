#include "harness/cli/evidence_files.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>
#include <talloc.h>

static const struct folder_case {
    const char *client, *id, *want; /* NULL: a name with a hash */
} folder_cases[] = {
    { "reference", "topic/one", "out/reference/topic/one" },
    { "reference", "topic/one[mode=starttls,tls=1.3]",
      "out/reference/topic/one,mode=starttls,tls=1.3" },
    { "curl-8.1", "a_b/c.d", "out/curl-8.1/a_b/c.d" },
    { "reference", "...a/.b", "out/reference/...a/.b" },
    { "my client", "topic/one", NULL },
    { "../curl", "topic/one", NULL },
    { "a/b", "topic/one", NULL },
    { "reference", "../../etc", NULL },
    { "reference", "a/../b", NULL },
    { "reference", "a/..", NULL },
    { "reference", ".", NULL },
    { "reference", "a b", NULL },
    { "reference", "a_b c", NULL },
    { "reference", "a,b", NULL },
    { "reference", "a,b[c=d]", NULL },
    { "reference", "a[b=c][d=e]", NULL },
    { "reference", "a[b=$(id)]", NULL },
    { "reference", "a[b=`id`;'\"]", NULL },
    { "reference", "a[b=*?]", NULL },
    { "reference", "a\n", NULL },
    { "reference", "\xc3\xa4", NULL },
    { "reference", "a[b=x y]", NULL },
    { "reference", "a[b=x_y]", "out/reference/a,b=x_y" },
    { "reference", "a[b=x\ty]", NULL },
};
#define N_FOLDER_CASES (sizeof(folder_cases) / sizeof(folder_cases[0]))

Test(evidence_files, a_folder_has_a_name_that_a_shell_takes_and_nobody_else_has, .timeout = 10)
{
    void *context = talloc_new(NULL);
    const char *got[N_FOLDER_CASES];

    for (size_t i = 0; i < N_FOLDER_CASES; i++) {
        const struct folder_case *row = &folder_cases[i];

        got[i] = evidence_folder(context, "out", row->client, row->id);
        if (row->want != NULL)
            cr_expect_str_eq(got[i], row->want, "got %s", got[i]);
        cr_expect_eq(strspn(got[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789-._/,="),
                     strlen(got[i]), "%s is nothing for a shell", got[i]);
        cr_expect_null(strstr(got[i], "/../"), "%s leads elsewhere", got[i]);
        cr_expect_neq(got[i][strlen(got[i]) - 1], '.', "%s leads elsewhere", got[i]);
        for (size_t j = 0; j < i; j++)
            cr_expect_str_neq(got[i], got[j], "%s and %s share %s", row->id, folder_cases[j].id,
                              got[i]);
    }
    talloc_free(context);
}

Test(evidence_files, long_names_are_cut_and_stay_apart, .timeout = 10)
{
    void *context = talloc_new(NULL);
    char long_id[1001], other_id[1001];
    const char *one, *other;

    memset(long_id, 'x', 1000);
    long_id[1000] = '\0';
    memcpy(other_id, long_id, sizeof(long_id));
    other_id[999] = 'y';
    one = evidence_folder(context, "out", long_id, "id");
    other = evidence_folder(context, "out", other_id, "id");

    cr_expect_leq(strlen(one), 250, "it has %zu letters", strlen(one));
    cr_expect_str_neq(one, other);
    talloc_free(context);
}
