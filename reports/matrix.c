#include "reports/matrix.h"

#include "reports/digest.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

/* clang-format off */
#define PATTERNS(...) (const char *const[]){ __VA_ARGS__, NULL }
const struct matrix_topic matrix_topics[MATRIX_TOPICS] = {
    { "selection", "which certificate it shows, and that it shows none unasked", PATTERNS("selection/*", "request/*", "page/*named", "page/first*", "page/not_asked", "page/through*", "page/keyless*", "page/expired") },
    { "fallback", "what it does where it has none that fits", PATTERNS("anonymous/*", "page/*empty*") },
    { "resumption", "sessions, and whose they are", PATTERNS("resumption/*", "clock/*", "hosts/*session*", "page/*again") },
    { "identity change", "mails of several identities from one process", PATTERNS("connection/*", "resumption/*another*", "resumption/*anonymous*", "resumption/back_and_forth*", "resumption/renewed*", "page/another*", "page/nobody_then*") },
    { "late refusal", "a certificate that TLS 1.3 refuses after the client took itself for connected", PATTERNS("*refused*tls=1.3*", "anonymous/required*tls=1.3*", "anonymous/alert*tls=1.3*", "script/alert_about*tls=1.3*") },
    { "STARTTLS", "refused, not offered, or with something slipped in", PATTERNS("transport/*starttls*", "transport/nothing_in_the_clear*", "transport/*inject*", "script/inject*", "connection/plaintext*", "page/starttls*", "page/inject*") },
};
/* clang-format on */

/* From harmless to grave. */
static const enum outcome by_weight[OUTCOME_COUNT] = { OUTCOME_SKIP, OUTCOME_PASS,  OUTCOME_KNOWN,
                                                       OUTCOME_WARN, OUTCOME_FIXED, OUTCOME_FAIL,
                                                       OUTCOME_ERROR };

static size_t weight(enum outcome outcome)
{
    size_t at = 0;

    while (by_weight[at] != outcome)
        at++;
    return at;
}

enum outcome matrix_cell_outcome(const struct matrix_cell *cell)
{
    return cell->worst != NULL ? cell->worst->outcome : OUTCOME_SKIP;
}

static void add_to_cell(struct matrix_cell *cell, const struct result_case *result)
{
    cell->by_outcome[result->outcome]++;
    cell->n++;
    if (cell->worst == NULL || weight(result->outcome) > weight(cell->worst->outcome))
        cell->worst = result;
}

const char *matrix_cell_text(struct matrix *matrix, const struct matrix_cell *cell)
{
    enum outcome outcome = matrix_cell_outcome(cell);
    size_t played = cell->n - cell->by_outcome[OUTCOME_SKIP];

    if (played == 0)
        return "-";
    if (outcome == OUTCOME_PASS)
        return "ok";
    if (played == 1)
        return outcome_name(outcome);
    return talloc_asprintf(matrix, "%zu %s of %zu", cell->by_outcome[outcome],
                           outcome_name(outcome), played);
}

/* --- columns --- */

static size_t column_of(const struct matrix *matrix, const char *client)
{
    size_t at = 0;

    while (at < matrix->n_columns && strcmp(matrix->columns[at].name, client) != 0)
        at++;
    return at;
}

/* Those that the run names, and those that only its cases do. */
static void make_columns(struct matrix *matrix, const struct result_run *run)
{
    struct result_client *columns = talloc_zero_array(
        matrix, struct result_client, (unsigned)(run->n_clients + run->n_cases + 1));

    matrix->columns = columns;
    for (size_t i = 0; i < run->n_clients; i++)
        columns[matrix->n_columns++] = run->clients[i];
    for (size_t i = 0; i < run->n_cases; i++)
        if (column_of(matrix, run->cases[i]->client) == matrix->n_columns)
            columns[matrix->n_columns++] =
                (struct result_client){ run->cases[i]->client, "", "", "", NULL };
}

/* --- rows --- */

static int by_id(const void *a, const void *b)
{
    const char *left = (*(const struct result_case *const *)a)->id;
    const char *right = (*(const struct result_case *const *)b)->id;
    size_t n_left = strcspn(left, "["), n_right = strcspn(right, "[");
    int order = strncmp(left, right, n_left < n_right ? n_left : n_right);

    return order != 0 ? order : (n_left > n_right) - (n_left < n_right);
}

static struct matrix_row *add_row(struct matrix *matrix, const struct result_case *result)
{
    struct matrix_row *row = &matrix->rows[matrix->n_rows++];

    *row = (struct matrix_row){
        .id = talloc_strndup(matrix, result->id, strcspn(result->id, "[")),
        .title = result->title,
        .file = result->file,
        .cells = talloc_zero_array(matrix, struct matrix_cell, (unsigned)matrix->n_columns),
    };
    return row;
}

static void make_rows(struct matrix *matrix, const struct result_run *run)
{
    const struct result_case **sorted =
        talloc_array(matrix, const struct result_case *, (unsigned)run->n_cases + 1);
    struct matrix_row *row = NULL;

    if (run->n_cases == 0)
        return;
    memcpy(sorted, run->cases, run->n_cases * sizeof(struct result_case *));
    qsort(sorted, run->n_cases, sizeof(struct result_case *), by_id);
    matrix->rows = talloc_zero_array(matrix, struct matrix_row, (unsigned)run->n_cases);
    for (size_t i = 0; i < run->n_cases; i++) {
        if (row == NULL || by_id(&sorted[i - 1], &sorted[i]) != 0)
            row = add_row(matrix, sorted[i]);
        add_to_cell(&row->cells[column_of(matrix, sorted[i]->client)], sorted[i]);
    }
}

/* --- topics --- */

static bool is_about(const struct matrix_topic *topic, const char *id)
{
    for (size_t i = 0; topic->patterns[i] != NULL; i++)
        if (fnmatch(topic->patterns[i], id, 0) == 0)
            return true;
    return false;
}

static void make_topics(struct matrix *matrix, const struct result_run *run)
{
    matrix->topics = talloc_zero_array(matrix, struct matrix_cell,
                                       (unsigned)(matrix->n_columns * MATRIX_TOPICS + 1));
    for (size_t i = 0; i < run->n_cases; i++)
        for (size_t t = 0; t < MATRIX_TOPICS; t++)
            if (is_about(&matrix_topics[t], run->cases[i]->id))
                add_to_cell(
                    &matrix->topics[column_of(matrix, run->cases[i]->client) * MATRIX_TOPICS + t],
                    run->cases[i]);
}

struct matrix *matrix_new(const struct result_run *run)
{
    struct matrix *matrix = talloc_zero(NULL, struct matrix);

    make_columns(matrix, run);
    make_rows(matrix, run);
    make_topics(matrix, run);
    return matrix;
}

/* --- links --- */

const char *matrix_link(struct matrix *matrix, const char *from, const char *path)
{
    size_t same = 0;
    char *link = talloc_strdup(matrix, "");

    if (digest_text(path)[0] == '\0' || path[0] == '/' || from[0] == '/')
        return digest_text(path);
    /* The directories that both share. */
    for (size_t i = 0; path[i] != '\0' && (path[i] == from[i] || from[i] == '\0'); i++) {
        if (path[i] == '/')
            same = i + 1;
        if (from[i] == '\0')
            break;
    }
    for (size_t i = same; i < strlen(from); i++)
        if (i == same || from[i - 1] == '/')
            link = talloc_strdup_append_buffer(link, "../");
    return talloc_strdup_append_buffer(link, path + same);
}
