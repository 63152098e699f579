/*
 * Small services for words: the nearest one of a list, globs, and a growing string.
 *
 * Strings grow in talloc memory and are owned by the context given; out of memory aborts.
 */
#ifndef HARNESS_BASE_TEXT_H
#define HARNESS_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Returns the word of `words` (ending with NULL) that is nearest to `word`, when at most a third of
 * its letters (but at least one) are wrong, missing or swapped; NULL when none is. */
const char *text_nearest(const char *word, const char *const *words);

/* Tells whether `text` matches the shell pattern `pattern`, where `*` and `?` also match `/` and
 * brackets stand for themselves, as ids of cases contain them. */
bool text_matches(const char *pattern, const char *text);

/* Compares versions such as "7.88.1" number by number; what is missing is 0, and what follows a
 * letter or a dash does not count. Returns less than, equal to or greater than 0. */
int text_compare_versions(const char *a, const char *b);

/* Tells whether a host is written as an IP address. */
bool text_is_address(const char *host);

/* Joins `words` (ending with NULL) with `separator`. Owned by `context`. */
char *text_join(void *context, const char *const *words, const char *separator);

/* Writes a word so that a shell takes it as it is: in quotes where it needs them. Owned by
 * `context`. */
char *text_quote(void *context, const char *text);

#endif
