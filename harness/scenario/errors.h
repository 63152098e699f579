/*
 * Collecting the mistakes of a file.
 *
 * Wherever a file is read, mistakes are added and reading goes on, so that all are reported at
 * once. The same mistake met again (in another variant of a file) is dropped. Names are followed by
 * what is allowed and by the nearest word.
 */
#ifndef HARNESS_SCENARIO_ERRORS_H
#define HARNESS_SCENARIO_ERRORS_H

#include "harness/scenario/scenario.h"

/* Nobody reads more mistakes of one file. */
#define FAULTS_MAX 100

/* The place of a value as keys: "steps.1.expect". Lives on the stack of whoever reads. */
struct path {
    const struct path *up; /* NULL: the top */
    const char *key;       /* NULL: item `index` of a list, from 1 */
    size_t index;
};

/* The mistakes of one file. */
struct faults {
    void *context;                  /* where they live */
    struct scenario_errors *errors; /* where they are added */
    size_t before;                  /* how many of other files there are */
    const char *const *lines;       /* of the file, NULL before it is read */
    size_t n_lines;
};

/* Begins the mistakes of a file that are added to `errors`. */
void faults_init(struct faults *faults, void *context, struct scenario_errors *errors);

/* Tells how many mistakes the file has. */
size_t faults_count(const struct faults *faults);

/* Adds a mistake; `path` may be NULL. */
void faults_add(struct faults *faults, const struct path *path, struct where where,
                const char *format, ...) PRINTF_LIKE(4, 5);

/* Adds `"word" is not one of a, b (did you mean "a"?)`, or `"word" is no WHAT ...` when `what` is
 * given. `words` ends with NULL. */
void faults_add_unknown(struct faults *faults, const struct path *path, struct where where,
                        const char *word, const char *const *words, const char *what);

/* Adds `unknown key "key" (did you mean ...?)`, with the allowed ones when none is near. */
void faults_add_unknown_key(struct faults *faults, const struct path *path, struct where where,
                            const char *key, const char *const *keys);

/* Puts the mistakes of the file in the order of their places. */
void faults_sort(struct faults *faults);

/* Splits "a|b|c" into words. Owned by `context`, ends with NULL. */
const char *const *words_split(void *context, const char *words);

#endif
