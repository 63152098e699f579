/*
 * Characters of UTF-8 texts: where they begin, which of them may stand in a file, which on a
 * terminal.
 */
#ifndef HARNESS_SCENARIO_CHARACTERS_H
#define HARNESS_SCENARIO_CHARACTERS_H

#include <stdbool.h>
#include <stddef.h>

/* Tells whether a byte goes on with a character that began before it. */
bool characters_goes_on(char byte);

/* The bytes of the character at `text`, of `left` that there are; 0 when it is none.
 * Source: RFC 3629 section 4. */
size_t characters_length(const char *text, size_t left);

/* Tells whether the character at `text` controls something: no tab, no line end. */
bool characters_is_control(const char *text, size_t left);

/* Copies a line; what is no character, or no harmless one, becomes a question mark. Owned by
 * `context`. */
char *characters_tame(void *context, const char *line, size_t length);

#endif
