/*
 * The heap of a process that forks by the thousand.
 *
 * A fork pays for each page it writes to, and malloc writes to a page to take memory from it: what
 * lies in pieces between what start-up has kept costs every fork a copy of the page around it.
 */
#ifndef HARNESS_BASE_HEAP_H
#define HARNESS_BASE_HEAP_H

#include <stddef.h>

/* Call first of all: one arena, which grows in large steps and joins what is freed at once. */
void heap_init(void);

/* Call before the first fork: takes the pieces out of use, for good, so that forks take fresh
 * memory from the end of the heap. At most what start-up has freed is lost. */
void heap_settle(void);

/* A talloc context of its own for what outlives many forks. What is made under it lies in one
 * piece, up to `bytes` of which only what is used costs anything: it leaves no holes that forks
 * would fill, and in large pages, where the system has them, a fork copies a table 512 times
 * smaller. */
void *heap_pool(size_t bytes);

#endif
