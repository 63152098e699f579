#include "harness/base/heap.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

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
