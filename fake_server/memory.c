#include "fake_server/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *present(void *block)
{
    if (block == NULL)
        abort();
    return block;
}

void *memory_new(size_t size)
{
    return present(calloc(1, size > 0 ? size : 1));
}

void *memory_grow(void *block, size_t size)
{
    return present(realloc(block, size > 0 ? size : 1));
}

void *memory_copy(const void *bytes, size_t size)
{
    char *copy = memory_new(size + 1);

    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

char *memory_text(const char *text)
{
    return text == NULL ? NULL : memory_copy(text, strlen(text));
}

char *memory_hex(const unsigned char *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    char *text = memory_new(2 * size + 1);

    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    return text;
}

static void escape_byte(FILE *stream, unsigned char byte)
{
    static const struct {
        char byte;
        const char *text;
    } rows[] = { { '\r', "\\r" }, { '\n', "\\n" }, { '\t', "\\t" }, { '\\', "\\\\" } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if ((unsigned char)rows[i].byte == byte) {
            fputs(rows[i].text, stream);
            return;
        }
    if (byte >= ' ' && byte < 127)
        fputc(byte, stream);
    else
        fprintf(stream, "\\x%02x", byte);
}

char *memory_escape(const char *bytes, size_t size)
{
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);

    present(stream);
    for (size_t i = 0; i < size; i++)
        escape_byte(stream, (unsigned char)bytes[i]);
    fclose(stream);
    return present(text);
}

void list_take(struct list *list, char *text)
{
    list->items = memory_grow(list->items, (list->n + 2) * sizeof *list->items);
    list->items[list->n++] = text;
    list->items[list->n] = NULL;
}

void list_add(struct list *list, const char *text)
{
    list_take(list, memory_text(text));
}

void list_add_all(struct list *list, const char *const *texts)
{
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
        list_add(list, texts[i]);
}

const char *const *list_items(const struct list *list)
{
    static const char *const none[] = { NULL };

    return list->items == NULL ? none : (const char *const *)list->items;
}

void list_release(struct list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->items[i]);
    free(list->items);
    list->items = NULL;
    list->n = 0;
}

const char *const *memory_texts(const char *const *texts)
{
    struct list list = { 0 };

    if (texts == NULL)
        return NULL;
    list_add_all(&list, texts);
    return list.items == NULL ? memory_new(sizeof(char *)) : list_items(&list);
}

void memory_free_texts(const char *const *texts)
{
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
        free((void *)(uintptr_t)texts[i]);
    free((void *)(uintptr_t)texts);
}
