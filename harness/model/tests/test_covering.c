#include "harness/model/covering.h"

#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>

/* What is forbidden in the test's spaces: value 1 of the first parameter with anything but 0 of the
 * last, and the second above the third. */
static bool allows(const void *context, const int *row)
{
    const struct covering_space *space = context;
    int last = row[space->n - 1];

    if (row[0] == 1 && last != COVERING_OPEN && last != 0)
        return false;
    return space->n < 3 || row[1] == COVERING_OPEN || row[2] == COVERING_OPEN || row[1] <= row[2];
}

static const struct space_case {
    const char *name;
    size_t n;
    size_t n_values[COVERING_PARAMETERS_MAX];
    int strength;
    size_t most; /* rows */
} cases[] = {
    { "one each", 4, { 2, 3, 3, 4 }, 1, 6 },
    { "pairs", 4, { 2, 3, 3, 4 }, 2, 18 },
    { "triples", 4, { 2, 3, 3, 4 }, 3, 40 },
    { "everything", 4, { 2, 3, 3, 4 }, 4, 30 },
    { "a parameter of one value", 3, { 2, 1, 3 }, 2, 6 },
    { "ten of two", 10, { 2, 2, 2, 2, 2, 2, 2, 2, 2, 2 }, 2, 14 },
    { "many triples", 7, { 3, 3, 4, 2, 5, 2, 3 }, 3, 110 },
};

static struct covering_space space_of(const struct space_case *row)
{
    struct covering_space space = { .n = row->n, .allows = allows };

    memcpy(space.n_values, row->n_values, sizeof(space.n_values));
    return space;
}

/* Tells whether some row has the values of `wanted` in the parameters of `mask`. */
static bool is_in_array(const struct covering_array *array, size_t n, const int *wanted,
                        unsigned mask)
{
    for (size_t i = 0; i < array->n_rows; i++) {
        bool same = true;

        for (size_t p = 0; p < n; p++)
            same = same && ((mask >> p & 1) == 0 || array->rows[i * n + p] == wanted[p]);
        if (same)
            return true;
    }
    return false;
}

Test(covering, every_choice_of_values_that_some_row_may_have_is_in_a_row)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct covering_space space = space_of(&cases[i]);
        struct covering_array *array;
        int row[COVERING_PARAMETERS_MAX];

        space.context = &space;
        array = covering_new(NULL, &space, cases[i].strength, 1);

        covering_start(&space, row);
        while (covering_next(&space, row))
            for (unsigned mask = 0; mask < 1U << space.n; mask++)
                if (__builtin_popcount(mask) == cases[i].strength)
                    cr_assert(is_in_array(array, space.n, row, mask), "%s: mask %x", cases[i].name,
                              mask);
        cr_expect_leq(array->n_rows, cases[i].most, "%s: %zu rows", cases[i].name, array->n_rows);
        talloc_free(array);
    }
}

Test(covering, no_row_is_forbidden_or_has_an_open_value)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct covering_space space = space_of(&cases[i]);
        struct covering_array *array;

        space.context = &space;
        array = covering_new(NULL, &space, cases[i].strength, 7);

        for (size_t at = 0; at < array->n_rows; at++) {
            cr_expect(allows(&space, array->rows + at * space.n), "%s", cases[i].name);
            for (size_t p = 0; p < space.n; p++)
                cr_expect(array->rows[at * space.n + p] >= 0 &&
                              array->rows[at * space.n + p] < (int)space.n_values[p],
                          "%s", cases[i].name);
        }
        talloc_free(array);
    }
}

Test(covering, a_seed_makes_the_same_rows_again_and_another_seed_others)
{
    struct covering_space space = space_of(&cases[6]);
    struct covering_array *one, *again, *other;
    size_t size;

    space.context = &space;
    one = covering_new(NULL, &space, 3, 1);
    again = covering_new(NULL, &space, 3, 1);
    other = covering_new(NULL, &space, 3, 2);
    size = one->n_rows * space.n * sizeof(int);

    cr_assert_eq(again->n_rows, one->n_rows);
    cr_expect_arr_eq(again->rows, one->rows, size);
    cr_expect(other->n_rows != one->n_rows || memcmp(other->rows, one->rows, size) != 0);
    talloc_free(one);
    talloc_free(again);
    talloc_free(other);
}

Test(covering, the_odometer_shows_each_row_that_makes_sense_once)
{
    struct covering_space space = space_of(&cases[0]);
    int row[COVERING_PARAMETERS_MAX], before[COVERING_PARAMETERS_MAX] = { -1 };
    size_t n = 0, sensible = 0;

    space.context = &space;
    for (int i = 0; i < 2 * 3 * 3 * 4; i++) {
        const int all[] = { i / 36, i / 12 % 3, i / 4 % 3, i % 4 };

        sensible += allows(&space, all);
    }

    covering_start(&space, row);
    while (covering_next(&space, row)) {
        bool larger = false;

        for (size_t p = 0; p < space.n && !larger; p++) {
            cr_assert(row[p] >= before[p], "the order is lost at row %zu", n);
            larger = row[p] > before[p];
        }
        cr_assert(larger, "row %zu comes twice", n);
        memcpy(before, row, sizeof(before));
        n++;
    }
    cr_expect_eq(n, sensible, "%zu of %zu", n, sensible);
    cr_expect_not(covering_next(&space, row), "it begins again");
}

static bool forbids_all(const void *context, const int *row)
{
    (void)context;
    return row[1] == COVERING_OPEN;
}

Test(covering, a_space_in_which_nothing_makes_sense_has_no_rows)
{
    const struct covering_space space = { .n = 2, .n_values = { 2, 2 }, .allows = forbids_all };
    struct covering_array *array = covering_new(NULL, &space, 2, 1);
    int row[COVERING_PARAMETERS_MAX];

    covering_start(&space, row);

    cr_expect_eq(array->n_rows, 0);
    cr_expect_not(covering_next(&space, row));
    talloc_free(array);
}
