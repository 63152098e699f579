#include "harness/base/heap.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <talloc.h>

TestSuite(heap, .timeout = 10);

enum { PIECES = 2000 };

Test(heap, what_is_taken_after_settling_lies_behind_all_that_was_freed)
{
    static char *pieces[PIECES];
    uintptr_t last = 0;

    heap_init();
    if (mallinfo2().arena == 0)
        cr_skip_test("the allocator of a sanitizer keeps its own order");
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = malloc(24 + 7 * (i % 300));
        if ((uintptr_t)pieces[i] > last)
            last = (uintptr_t)pieces[i];
    }
    for (size_t i = 0; i < PIECES; i += 2)
        free(pieces[i]);

    heap_settle();

    for (size_t size = 24; size < 2000; size += 100) {
        char *piece = malloc(size);

        cr_expect_gt((uintptr_t)piece, last, "%zu bytes lie in a gap", size);
    }
}

Test(heap, what_a_pool_holds_lies_in_one_piece)
{
    static const size_t size = 1000, n = 500;
    void *pool = heap_pool(n * 2 * size);
    const char *first = talloc_size(pool, size), *last = NULL;

    cr_assert_not_null(first);
    for (size_t i = 1; i < n; i++) {
        last = talloc_size(pool, size);
        free(malloc(size / 2));
    }

    cr_expect_lt((size_t)(last - first), n * 2 * size);
    cr_expect_gt(last, first);
    talloc_free(pool);
}
