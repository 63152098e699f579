#include "harness/model/covering.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <talloc.h>

/* Of so many candidates for a row the best is taken. More make the array hardly smaller. */
enum { CANDIDATES = 8 };

/* Parameters whose values are to meet, and where the marks of their tuples begin. */
struct meeting {
    size_t parameters[COVERING_STRENGTH_MAX];
    size_t offset;
    size_t n_tuples;
};

struct maker {
    const struct covering_space *space;
    struct covering_array *array;
    size_t strength;
    uint32_t state; /* of the random numbers */
    struct meeting *meetings;
    size_t n_meetings;
    bool *is_open; /* of each tuple: it can be covered, and is not yet */
    size_t n_tuples;
    size_t n_open;
    size_t cursor; /* no tuple before this is open */
};

/* --- random numbers, the same everywhere --- */

/* Source: G. Marsaglia, Xorshift RNGs, 2003. */
static size_t random_below(struct maker *maker, size_t n)
{
    maker->state ^= maker->state << 13;
    maker->state ^= maker->state >> 17;
    maker->state ^= maker->state << 5;
    return maker->state % n;
}

static void shuffle(struct maker *maker, size_t *order, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = random_below(maker, i), kept = order[i - 1];

        order[i - 1] = order[j];
        order[j] = kept;
    }
}

/* --- rows --- */

static bool allows(const struct covering_space *space, const int *row)
{
    return space->allows(space->context, row);
}

/* Tells whether some complete row has these values. Depth: the number of parameters. */
static bool can_be_completed(const struct covering_space *space, int *row, size_t from)
{
    bool found = false;

    while (from < space->n && row[from] != COVERING_OPEN)
        from++;
    if (from == space->n || !allows(space, row))
        return allows(space, row);
    for (int value = 0; value < (int)space->n_values[from] && !found; value++) {
        row[from] = value;
        found = can_be_completed(space, row, from + 1);
    }
    row[from] = COVERING_OPEN;
    return found;
}

static void clear(const struct covering_space *space, int *row)
{
    for (size_t i = 0; i < space->n; i++)
        row[i] = COVERING_OPEN;
}

void covering_start(const struct covering_space *space, int *row)
{
    clear(space, row);
}

/* What follows an open value is the first one; where none follows, the parameter before goes on. */
bool covering_next(const struct covering_space *space, int *row)
{
    size_t at = row[0] == COVERING_OPEN ? 0 : space->n - 1;

    while (row[0] < (int)space->n_values[0]) {
        row[at]++;
        if (row[at] == (int)space->n_values[at]) {
            if (at > 0)
                row[at--] = COVERING_OPEN;
        } else if (allows(space, row)) {
            if (at == space->n - 1)
                return true;
            at++;
        }
    }
    return false;
}

/* --- tuples --- */

/* The tuple of a meeting in a row; false where one of its values is open. */
static bool find_tuple(const struct maker *maker, const struct meeting *meeting, const int *row,
                       size_t *tuple)
{
    size_t place = 0;

    for (size_t i = 0; i < maker->strength; i++) {
        size_t parameter = meeting->parameters[i];

        if (row[parameter] == COVERING_OPEN)
            return false;
        place = place * maker->space->n_values[parameter] + (size_t)row[parameter];
    }
    *tuple = meeting->offset + place;
    return true;
}

static void set_tuple(const struct maker *maker, const struct meeting *meeting, size_t tuple,
                      int *row)
{
    size_t place = tuple - meeting->offset;

    for (size_t i = maker->strength; i-- > 0;) {
        size_t n = maker->space->n_values[meeting->parameters[i]];

        row[meeting->parameters[i]] = (int)(place % n);
        place /= n;
    }
}

static bool has_parameter(const struct maker *maker, const struct meeting *meeting,
                          size_t parameter)
{
    for (size_t i = 0; i < maker->strength; i++)
        if (meeting->parameters[i] == parameter)
            return true;
    return false;
}

/* How many open tuples a row holds in which `parameter` takes part; COVERING_PARAMETERS_MAX: any.
 */
static size_t count_open(const struct maker *maker, const int *row, size_t parameter)
{
    size_t n = 0, tuple;

    for (size_t i = 0; i < maker->n_meetings; i++) {
        const struct meeting *meeting = &maker->meetings[i];

        if (parameter < maker->space->n && !has_parameter(maker, meeting, parameter))
            continue;
        if (find_tuple(maker, meeting, row, &tuple))
            n += maker->is_open[tuple];
    }
    return n;
}

static void add_row(struct maker *maker, const int *row)
{
    struct covering_array *array = maker->array;
    size_t n = maker->space->n, tuple;

    array->rows = talloc_realloc(array, array->rows, int, (unsigned)((array->n_rows + 1) * n));
    memcpy(array->rows + array->n_rows++ * n, row, n * sizeof(int));
    for (size_t i = 0; i < maker->n_meetings; i++)
        if (find_tuple(maker, &maker->meetings[i], row, &tuple) && maker->is_open[tuple]) {
            maker->is_open[tuple] = false;
            maker->n_open--;
        }
}

/* --- meetings --- */

static void add_meeting(struct maker *maker, const size_t *parameters)
{
    struct meeting *meeting;

    maker->meetings = talloc_realloc(maker->array, maker->meetings, struct meeting,
                                     (unsigned)maker->n_meetings + 1);
    meeting = &maker->meetings[maker->n_meetings++];
    *meeting = (struct meeting){ .offset = maker->n_tuples, .n_tuples = 1 };
    for (size_t i = 0; i < maker->strength; i++) {
        meeting->parameters[i] = parameters[i];
        meeting->n_tuples *= maker->space->n_values[parameters[i]];
    }
    maker->n_tuples += meeting->n_tuples;
}

/* Goes to the next choice of parameters, each larger than the one before it. */
static bool next_choice(const struct maker *maker, size_t *parameters)
{
    for (size_t i = maker->strength; i-- > 0;) {
        if (parameters[i] == maker->space->n - maker->strength + i)
            continue;
        parameters[i]++;
        for (size_t j = i + 1; j < maker->strength; j++)
            parameters[j] = parameters[j - 1] + 1;
        return true;
    }
    return false;
}

static void list_meetings(struct maker *maker)
{
    size_t parameters[COVERING_STRENGTH_MAX];

    for (size_t i = 0; i < maker->strength; i++)
        parameters[i] = i;
    do
        add_meeting(maker, parameters);
    while (next_choice(maker, parameters));
}

static void list_tuples(struct maker *maker)
{
    int row[COVERING_PARAMETERS_MAX];

    maker->is_open = talloc_zero_array(maker->array, bool, (unsigned)maker->n_tuples);
    for (size_t i = 0; i < maker->n_meetings; i++) {
        const struct meeting *meeting = &maker->meetings[i];

        for (size_t t = meeting->offset; t < meeting->offset + meeting->n_tuples; t++) {
            clear(maker->space, row);
            set_tuple(maker, meeting, t, row);
            maker->is_open[t] = can_be_completed(maker->space, row, 0);
            maker->n_open += maker->is_open[t];
        }
    }
    maker->array->n_tuples = maker->n_open;
}

/* --- making rows --- */

/* Gives a parameter the value that covers most; of equals, any. */
static void choose_value(struct maker *maker, int *row, size_t parameter)
{
    int best = COVERING_OPEN;
    size_t most = 0, n_equal = 0;

    for (int value = 0; value < (int)maker->space->n_values[parameter]; value++) {
        size_t n;

        row[parameter] = value;
        n = count_open(maker, row, parameter);
        if (best != COVERING_OPEN && n < most)
            continue;
        if (!can_be_completed(maker->space, row, 0))
            continue;
        n_equal = best != COVERING_OPEN && n == most ? n_equal + 1 : 1;
        if (random_below(maker, n_equal) == 0)
            best = value;
        most = n;
    }
    assert(best != COVERING_OPEN);
    row[parameter] = best;
}

/* Completes a row around the first open tuple, the other parameters in an order of chance. */
static void make_candidate(struct maker *maker, const struct meeting *meeting, int *row)
{
    size_t order[COVERING_PARAMETERS_MAX], n = maker->space->n;

    clear(maker->space, row);
    set_tuple(maker, meeting, maker->cursor, row);
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    shuffle(maker, order, n);
    for (size_t i = 0; i < n; i++)
        if (row[order[i]] == COVERING_OPEN)
            choose_value(maker, row, order[i]);
}

static void make_row(struct maker *maker)
{
    int row[COVERING_PARAMETERS_MAX] = { 0 }, best[COVERING_PARAMETERS_MAX] = { 0 };
    const struct meeting *meeting = maker->meetings;
    size_t most = 0;

    while (!maker->is_open[maker->cursor])
        maker->cursor++;
    while (maker->cursor >= meeting->offset + meeting->n_tuples)
        meeting++;
    for (int i = 0; i < CANDIDATES; i++) {
        size_t n;

        make_candidate(maker, meeting, row);
        n = count_open(maker, row, COVERING_PARAMETERS_MAX);
        if (n > most)
            memcpy(best, row, sizeof(best));
        most = n > most ? n : most;
    }
    add_row(maker, best);
}

struct covering_array *covering_new(void *context, const struct covering_space *space, int strength,
                                    unsigned seed)
{
    struct covering_array *array = talloc_zero(context, struct covering_array);
    struct maker maker = {
        .space = space,
        .array = array,
        .strength = (size_t)strength,
        .state = seed * 2654435761U ^ 0x9e3779b9U,
    };

    assert(strength >= 1 && strength <= COVERING_STRENGTH_MAX && maker.strength <= space->n &&
           space->n <= COVERING_PARAMETERS_MAX);
    if (maker.state == 0)
        maker.state = 1;
    list_meetings(&maker);
    list_tuples(&maker);
    while (maker.n_open > 0)
        make_row(&maker);
    talloc_free(maker.is_open);
    talloc_free(maker.meetings);
    return array;
}
