/*
 * Why a case did not pass, in the manner of a good compiler: the place with its source line and a
 * caret, what was expected and what came, the broken rules in words, the causes that were seen. The
 * console prints it below the line of the case and JUnit carries the same text.
 *
 * Every failed check is told, a rule only once for a case. Lines begin with the indent of the
 * style.
 */
#ifndef REPORTS_EXPLAIN_H
#define REPORTS_EXPLAIN_H

#include "reports/result.h"
#include "reports/style.h"

/* Writes the title, the reason where no check tells it, and the failed checks. */
void explain_problem(FILE *stream, const struct style *style, const struct result_case *result);

/* Writes the transcript below a heading; nothing when there is none. Of a long one the head and the
 * tail are kept. */
void explain_transcript(FILE *stream, const struct style *style, const struct result_case *result);

/* Writes where the evidence lies and how to run the case again. */
void explain_ends(FILE *stream, const struct style *style, const struct result_case *result);

#endif
