/*
 * Command templates: words as a shell splits them, placeholders, groups in brackets.
 *
 * A word is cut at blanks; quotes and backslashes keep them, as in a shell, and nothing is expanded
 * but placeholders, also within quotes. A word outside brackets is a group of its own: with a list
 * it is repeated, with no value it is left out. Brackets that open within a word hold a part of it,
 * which is left out when a placeholder in it has no value. Within quotes and behind a backslash
 * brackets are letters; so are braces behind a backslash or a percent sign (other programs have
 * `%{name}`), and where no name stands in them.
 *
 * A text, such as a configuration file, is taken as lines, each a word of its own: it is repeated
 * or left out like one, and only braces, and backslashes before braces, are special in it.
 */
#ifndef HARNESS_SCENARIO_TEMPLATE_H
#define HARNESS_SCENARIO_TEMPLATE_H

#include "harness/scenario/profile.h"

/* A part of a word: a text, or the value of a placeholder. */
struct template_piece {
    const char *text;
    int placeholder; /* index, -1: the text */
    int option;      /* pieces of one part in brackets have the same number, from 1; 0: none */
};

struct template_word {
    struct template_piece *pieces;
    size_t n_pieces;
    int group; /* words of one group stand together and have the same number, from 1 */
};

struct template
{
    struct template_word *words;
    size_t n_words;
};

/* Splits a template. Returns NULL and writes one sentence into `why` when it cannot. Owned by
 * `context`. */
const struct template *template_split(void *context, const char *text, char *why, size_t size);

/* Takes a text as lines; likewise. */
const struct template *template_split_lines(void *context, const char *text, char *why,
                                            size_t size);

/* Tells whether a placeholder of that name stands in the template. */
bool template_has(const struct template *template, const char *name);

#endif
