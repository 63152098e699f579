#include "harness/base/text.h"

#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>

static const char *const words[] = { "starttls", "implicit", "ask", "tls", "x", NULL };

static const struct {
    const char *word, *want;
} nearest_cases[] = {
    { "starttls", "starttls" },
    { "starttsl", "starttls" }, /* two changed places */
    { "startls", "starttls" },
    { "strtls", "starttls" }, /* a third of six letters */
    { "stls", "tls" },
    { "implict", "implicit" },
    { "implicitly", "implicit" },
    { "implicitness", "implicit" },
    { "implicitnesses", NULL },
    { "sak", "ask" },
    { "asks", "ask" },
    { "aks", "ask" },
    { "tsl", "tls" },
    { "ktc", NULL },
    { "starttls implicit", NULL },
    { "y", "x" }, /* one may always be wrong */
    { "", NULL },
    { "0123456789012345678901234567890123456789012345678901234567890123456789", NULL },
};

Test(text, nearest_forgives_a_third_of_the_letters)
{
    for (size_t i = 0; i < sizeof(nearest_cases) / sizeof(nearest_cases[0]); i++) {
        const char *got = text_nearest(nearest_cases[i].word, words);
        const char *want = nearest_cases[i].want;

        cr_expect(got == want || (got != NULL && want != NULL && strcmp(got, want) == 0),
                  "%s: got %s", nearest_cases[i].word, got != NULL ? got : "(none)");
    }
}

Test(text, nearest_of_equals_is_the_first_and_long_words_are_passed_over)
{
    static const char *const equals[] = {
        "0123456789012345678901234567890123456789012345678901234567890123456789", "cat", "hat", NULL
    };
    static const char *const none[] = { NULL };

    cr_expect_str_eq(text_nearest("bat", equals), "cat");
    cr_expect_null(text_nearest("bat", none));
}

static const struct {
    const char *pattern, *text;
    bool want;
} match_cases[] = {
    { "", "", true },
    { "", "a", false },
    { "a", "", false },
    { "*", "", true },
    { "*", "selection/by_issuer[mode=starttls]", true },
    { "selection/*", "selection/by_issuer", true },
    { "selection/*", "selection", false },
    { "*issuer*", "selection/by_issuer[tls=1.2]", true },
    { "*[tls=1.2]", "selection/by_issuer[tls=1.2]", true },
    { "*[tls=1.2]", "selection/by_issuer[tls=1.3]", false },
    { "a[bc]", "ab", false },
    { "a[bc]", "a[bc]", true },
    { "a?c", "a/c", true },
    { "a?c", "ac", false },
    { "?", "", false },
    { "**a**", "a", true },
    { "a*b*c", "aXbXbXc", true },
    { "a*b*c", "aXbXbX", false },
    { "*aab", "aaaab", true },
    { "a\\*", "a*", false },
    { "A", "a", false },
    { "a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
};

Test(text, matches_as_the_header_says, .timeout = 5)
{
    for (size_t i = 0; i < sizeof(match_cases) / sizeof(match_cases[0]); i++)
        cr_expect_eq(text_matches(match_cases[i].pattern, match_cases[i].text), match_cases[i].want,
                     "%s and %s", match_cases[i].pattern, match_cases[i].text);
}

Test(text, join_puts_the_separator_between)
{
    static const char *const none[] = { NULL };
    static const char *const one[] = { "a", NULL };
    static const char *const three[] = { "a", "", "%s", NULL };
    void *context = talloc_new(NULL);

    cr_expect_str_eq(text_join(context, none, ", "), "");
    cr_expect_str_eq(text_join(context, one, ", "), "a");
    cr_expect_str_eq(text_join(context, three, ", "), "a, , %s");
    cr_expect_str_eq(text_join(context, three, ""), "a%s");
    talloc_free(context);
}

static const struct quote_case {
    const char *text, *want;
} quote_cases[] = {
    { "cases/a-b_c.yaml", "cases/a-b_c.yaml" },
    { "tls=1.3", "tls=1.3" },
    { "", "''" },
    { "a b", "'a b'" },
    { "a[tls=1.3]", "'a[tls=1.3]'" },
    { "$HOME", "'$HOME'" },
    { "~", "'~'" },
    { "it's", "'it'\\''s'" },
    { "'", "''\\'''" },
    { "a\nb", "'a\nb'" },
    { "\xc3\xa4", "'\xc3\xa4'" },
};

Test(text, quote_is_what_a_shell_takes_as_it_is)
{
    void *context = talloc_new(NULL);

    for (size_t i = 0; i < sizeof(quote_cases) / sizeof(quote_cases[0]); i++)
        cr_expect_str_eq(text_quote(context, quote_cases[i].text), quote_cases[i].want, "got %s",
                         text_quote(context, quote_cases[i].text));
    talloc_free(context);
}

Test(text, versions_are_compared_number_by_number)
{
    static const struct version_case {
        const char *a, *b;
        int want;
    } cases[] = {
        { "7.88.1", "7.88.1", 0 },
        { "7.88.1", "7.9", 1 },
        { "7.36.0", "7.36", 0 },
        { "8.21.0-DEV", "8.21.0", 0 },
        { "8.20.0", "8.21.0", -1 },
        { "10", "9.9.9", 1 },
        { "20201014.0", "20240103", -1 },
        { "7.88.1-10+deb12u5", "7.88.1", 0 },
        { "", "1", -1 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int got = text_compare_versions(cases[i].a, cases[i].b);
        int back = text_compare_versions(cases[i].b, cases[i].a);

        cr_expect_eq(got, cases[i].want, "%s, %s: got %d", cases[i].a, cases[i].b, got);
        cr_expect_eq(back, -cases[i].want, "%s, %s: got %d", cases[i].b, cases[i].a, back);
    }
}

Test(text, an_address_is_no_name)
{
    cr_expect(text_is_address("127.0.0.1"));
    cr_expect(text_is_address("::1"));
    cr_expect(!text_is_address("localhost"));
    cr_expect(!text_is_address("mx1.example.test"));
    cr_expect(!text_is_address("1.example.test"));
}
