#include "harness/base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#define WORD_MAX 64 /* longer words are not compared: no key or name of the language is longer */

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Edit distance in which two neighbours that changed places count as one mistake. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t n_a = strlen(a), n_b = strlen(b);

    for (size_t j = 0; j <= n_b; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *two_above = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            size_t change = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);

            row[j] = smallest(above[j] + 1, row[j - 1] + 1, change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                two_above[j - 2] + 1 < row[j])
                row[j] = two_above[j - 2] + 1;
        }
    }
    return rows[n_a % 3][n_b];
}

const char *text_nearest(const char *word, const char *const *words)
{
    size_t length = strlen(word);
    size_t least = length < 6 ? 2 : length / 3 + 1;
    const char *nearest = NULL;

    if (length == 0 || length > WORD_MAX)
        return NULL;
    for (; *words != NULL; words++) {
        size_t wrong;

        if (strlen(*words) > WORD_MAX)
            continue;
        wrong = distance(word, *words);
        if (wrong < least) {
            least = wrong;
            nearest = *words;
        }
    }
    return nearest;
}

bool text_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;

    while (*text != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

char *text_quote(void *context, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:=,@%+";
    char *quoted;

    if (text[0] != '\0' && text[strspn(text, plain)] == '\0')
        return talloc_strdup(context, text);
    quoted = talloc_strdup(context, "'");
    for (; *text != '\0'; text++)
        quoted = *text == '\'' ? talloc_strdup_append_buffer(quoted, "'\\''")
                               : talloc_strndup_append_buffer(quoted, text, 1);
    return talloc_strdup_append_buffer(quoted, "'");
}

/* Takes the number at `*at` and the dot behind it; at the end of the numbers there are zeros. */
static unsigned long take_number(const char **at)
{
    char *end;
    unsigned long number;

    if (**at < '0' || **at > '9')
        return 0;
    number = strtoul(*at, &end, 10);
    *at = *end == '.' ? end + 1 : end;
    return number;
}

int text_compare_versions(const char *a, const char *b)
{
    int order = 0;

    while (order == 0 && (isdigit((unsigned char)*a) || isdigit((unsigned char)*b))) {
        unsigned long left = take_number(&a), right = take_number(&b);

        order = (left > right) - (left < right);
    }
    return order;
}

bool text_is_address(const char *host)
{
    return strchr(host, ':') != NULL || strspn(host, "0123456789.") == strlen(host);
}

char *text_join(void *context, const char *const *words, const char *separator)
{
    char *joined = talloc_strdup(context, "");

    for (size_t i = 0; words[i] != NULL; i++)
        joined = talloc_asprintf_append_buffer(joined, "%s%s", i > 0 ? separator : "", words[i]);
    return joined;
}
