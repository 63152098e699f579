#include "harness/base/heap.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <talloc.h>
#include <unistd.h>

/* The sizes of small pieces: every one that malloc knows. */
enum { STEP = 16, SMALL = 24 + 63 * STEP, LEAST = 24 };
/* Pieces that are larger serve a fork as well as what it gets from the end. */
#define PIECE_BYTES ((size_t)64 * SMALL)
/* What malloc may have put aside uncounted: up to 7 pieces of each of 64 sizes, to 1032 bytes. */
#define ASIDE_BYTES ((size_t)7 * 64 * SMALL)
/* Of x86-64 and most others. */
#define LARGE_PAGE_BYTES ((size_t)2 * 1024 * 1024)

void heap_init(void)
{
    (void)mallopt(M_MXFAST, 0);
    (void)mallopt(M_ARENA_MAX, 1);
    (void)mallopt(M_TOP_PAD, 1024 * 1024);
    (void)mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
}

/* Takes all pieces of a size below `end`, at most `most` bytes. Returns how many bytes. */
static size_t take_pieces(size_t size, uintptr_t end, size_t most)
{
    size_t taken = 0;
    void *piece = malloc(size);

    while (piece != NULL && (uintptr_t)piece < end && taken + size <= most) {
        taken += size;
        piece = malloc(size);
    }
    free(piece);
    return taken;
}

void heap_settle(void)
{
    struct mallinfo2 info = mallinfo2();
    size_t left = info.fordblks - info.keepcost + ASIDE_BYTES;
    uintptr_t end = (uintptr_t)sbrk(0) - info.keepcost;

    if (info.arena == 0) /* another allocator, which tells nothing */
        return;
    for (size_t size = PIECE_BYTES; size >= LEAST; size = size > SMALL ? size / 2 : size - STEP)
        left -= take_pieces(size, end, left);
}

void *heap_pool(size_t bytes)
{
    char *pool = talloc_pool(NULL, bytes);
    size_t before = LARGE_PAGE_BYTES - (uintptr_t)pool % LARGE_PAGE_BYTES;

    /* Where there are none, small ones serve. */
    if (pool != NULL && bytes > before)
        (void)madvise(pool + before, bytes - before, MADV_HUGEPAGE);
    return pool;
}
