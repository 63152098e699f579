/*
 * Arrays in talloc memory, counted with size_t as everything else is.
 *
 * The library counts with unsigned; no array of a file of SCENARIO_FILE_MAX bytes comes near that.
 */
#ifndef HARNESS_SCENARIO_ARRAYS_H
#define HARNESS_SCENARIO_ARRAYS_H

#include <talloc.h>

/* A new array of `n` zeroed elements of `type`, owned by `context`. */
#define ARRAY_NEW(context, type, n) talloc_zero_array(context, type, (unsigned)(n))

/* The array `items` (or NULL) with room for `n` elements, owned by `context`. */
#define ARRAY_RESIZE(context, items, type, n) talloc_realloc(context, items, type, (unsigned)(n))

#endif
