/*
 * The smallest combination that still fails.
 *
 * Smaller is: fewer mails, then fewer certificates, then values that stand nearer to the front of
 * their tables. A mail or a certificate is taken away, or a value made smaller, or two at a time
 * where what one says depends on the other, until nothing smaller fails.
 */
#ifndef HARNESS_MODEL_SHRINK_H
#define HARNESS_MODEL_SHRINK_H

#include "harness/model/model.h"

/* Plays candidates, and returns the place of the first that fails; `n` when none does, -1 when they
 * could not be played. */
typedef long shrink_play(void *context, const struct model_combination *candidates, size_t n);

/* Makes a combination that fails smaller. Returns 0, or -1 when `play` did. */
int model_shrink(const struct model *model, struct model_combination *combination,
                 shrink_play *play, void *context);

#endif
