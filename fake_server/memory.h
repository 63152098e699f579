/*
 * Memory that cannot run out: a test tool has nothing better to do then than to abort. And lists of
 * strings, which is what most events are made of.
 *
 * What these functions return is the caller's and goes with free(); a list owns its strings and
 * goes with list_release(). A list that is zeroed is empty.
 */
#ifndef FAKE_SERVER_MEMORY_H
#define FAKE_SERVER_MEMORY_H

#include <stddef.h>

/* Zeroed memory, a resized block, a copy of bytes (with a NUL behind), of a string (NULL of NULL).
 */
void *memory_new(size_t size);
void *memory_grow(void *block, size_t size);
void *memory_copy(const void *bytes, size_t size);
char *memory_text(const char *text);

/* A copy of strings up to a NULL, NULL of NULL; and what frees it. */
const char *const *memory_texts(const char *const *texts);
void memory_free_texts(const char *const *texts);

/* `size` bytes as lower-case hexadecimal. */
char *memory_hex(const unsigned char *bytes, size_t size);

/* Bytes as printable text: \r, \n, \t, \\ and \xNN for what is not ASCII. */
char *memory_escape(const char *bytes, size_t size);

struct list {
    char **items;
    size_t n;
};

void list_add(struct list *list, const char *text);

/* The list takes `text` over. */
void list_take(struct list *list, char *text);

/* Copies strings up to a NULL; `texts` may be NULL. */
void list_add_all(struct list *list, const char *const *texts);

/* The strings, ended by NULL; borrowed until the list changes. */
const char *const *list_items(const struct list *list);

void list_release(struct list *list);

#endif
