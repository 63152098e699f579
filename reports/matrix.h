/*
 * A run as a table: one row a scenario, one column a client, and what each client does in the
 * matters that a reader asks for first.
 *
 * A cell holds all variants of a scenario with a client; the worst of them gives its colour. All of
 * it lives in one talloc context and borrows from the run.
 */
#ifndef REPORTS_MATRIX_H
#define REPORTS_MATRIX_H

#include "reports/result.h"

struct matrix_cell {
    size_t by_outcome[OUTCOME_COUNT];
    size_t n;                        /* of variants */
    const struct result_case *worst; /* the first of the gravest outcome; NULL: none was played */
};

struct matrix_row {
    const char *id; /* of the scenario: without the values of its variants */
    const char *title;
    const char *file;
    struct matrix_cell *cells; /* one for each column */
};

struct matrix_topic {
    const char *name;
    const char *meaning;
    const char *const *patterns; /* of ids with their variants, ends with NULL */
};

struct matrix {
    const struct result_client *columns;
    size_t n_columns;
    struct matrix_row *rows; /* ordered by id */
    size_t n_rows;
    struct matrix_cell *topics; /* n_columns * MATRIX_TOPICS: [column * MATRIX_TOPICS + topic] */
};

#define MATRIX_TOPICS 6
extern const struct matrix_topic matrix_topics[MATRIX_TOPICS];

/* Makes the table; free it with talloc_free(). */
struct matrix *matrix_new(const struct result_run *run);

/* The cell in a few letters: "ok", "2 fail of 8", "-" where all was skipped; of one variant just
 * the outcome. Owned by the matrix. */
const char *matrix_cell_text(struct matrix *matrix, const struct matrix_cell *cell);

/* The gravest outcome of a cell; skip where nothing was played. */
enum outcome matrix_cell_outcome(const struct matrix_cell *cell);

/* A path that the run names, as it is to be written into a file in the directory `from`. Both are
 * relative to the same place, or absolute. Owned by the matrix. */
const char *matrix_link(struct matrix *matrix, const char *from, const char *path);

#endif
