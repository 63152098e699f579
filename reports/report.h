/*
 * The report formats: one const struct each, one array that lists them.
 *
 * A reporter writes a whole run to a stream; it can only fail in the stream. Output is
 * deterministic: ordered by case, times only from the result. Text from the wire is escaped for the
 * format.
 */
#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include "reports/result.h"

#include <stdio.h>

struct reporter {
    const char *name;      /* "tap" */
    const char *file_name; /* "report.tap": the name in build/report/ */
    const char *meaning;   /* one line for --help */
    int (*write)(FILE *stream, const struct result_run *run); /* 0, or -1 with errno */
};

extern const struct reporter reporter_console;
extern const struct reporter reporter_tap;
extern const struct reporter reporter_junit;
extern const struct reporter reporter_json;
extern const struct reporter reporter_markdown;
extern const struct reporter reporter_html;
extern const struct reporter reporter_summary;

/* All formats, ends with NULL. */
extern const struct reporter *const reporters[];

/* Returns the reporter of that name, or NULL. */
const struct reporter *reporter_find(const char *name);

/* What each `write` returns at its end: 0, or -1 with errno when any write to `stream` failed. */
int report_finish(FILE *stream);

/* --- console: also while the run goes on --- */

enum console_colour { CONSOLE_PLAIN, CONSOLE_COLOUR };

/* Sets what reporter_console and the functions below may use. */
void console_set(enum console_colour colour, bool unicode, int columns);

/* Writes one line for a finished case, and for a case that needs it the explanation below: place
 * with source line and caret, expected and got, the broken rule in words, the transcript, the
 * evidence directory, the command to run it again. */
void console_case(FILE *stream, const struct result_case *result);

/* Draws or redraws the progress line of a terminal; console_clear_progress() wipes it. */
void console_progress(FILE *stream, size_t done, size_t total, size_t failed, const char *now);
void console_clear_progress(FILE *stream);

/* Writes the summary and, as the last line, "counterseal: N passed, N failed, N skipped". */
void console_summary(FILE *stream, const struct result_run *run);

/* --- json: also the form in which a worker hands a case over --- */

/* One case as one line of JSON, malloc()ed; NULL when out of memory. */
char *json_case_text(const struct result_case *result);

/* The reverse; all of it is owned by the talloc `context`. NULL when `text` is no such case. */
struct result_case *json_case_parse(void *context, const char *text, size_t size);

/* Reads what reporter_json wrote; owned and NULL as above. */
struct result_run *json_run_parse(void *context, const char *text, size_t size);

#endif
