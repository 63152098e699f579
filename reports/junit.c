#include "reports/report.h"

#include "reports/digest.h"
#include "reports/escape.h"
#include "reports/explain.h"

#include <libxml/xmlwriter.h>
#include <stdlib.h>
#include <string.h>

/*
 * The intersection of what GitLab, Jenkins (junit and xUnit plug-ins) and GitHub actions read;
 * junit.xsd is its schema. All text passes through escape.h, so that nothing illegal in XML 1.0 is
 * left. The writer's return values are not looked at: it fails only when the stream does, and
 * report_finish() tells.
 */

enum element { ELEMENT_NONE, ELEMENT_FAILURE, ELEMENT_ERROR, ELEMENT_SKIPPED, ELEMENT_COUNT };

static const char *const element_names[ELEMENT_COUNT] = {
    [ELEMENT_FAILURE] = "failure",
    [ELEMENT_ERROR] = "error",
    [ELEMENT_SKIPPED] = "skipped",
};

struct shape {
    const char *prefix; /* of the message */
    enum element element;
    bool explained; /* the element holds the explanation */
    bool noted;     /* the explanation stands in system-out: passed, but not in silence */
};

/* clang-format off */
static const struct shape shapes[OUTCOME_COUNT] = {
    [OUTCOME_PASS]  = { "",        ELEMENT_NONE,    false, false },
    [OUTCOME_FAIL]  = { "",        ELEMENT_FAILURE, true,  false },
    [OUTCOME_WARN]  = { "",        ELEMENT_NONE,    false, true },
    [OUTCOME_KNOWN] = { "known: ", ELEMENT_SKIPPED, false, false },
    [OUTCOME_FIXED] = { "fixed: ", ELEMENT_FAILURE, true,  false },
    [OUTCOME_SKIP]  = { "",        ELEMENT_SKIPPED, false, false },
    [OUTCOME_ERROR] = { "",        ELEMENT_ERROR,   true,  false },
};
/* clang-format on */

static const struct style plain = { .unicode = true, .indent = "" };

static const xmlChar *xml(const char *text)
{
    return (const xmlChar *)text;
}

static void write_attribute(xmlTextWriterPtr writer, const char *name, const char *text)
{
    char *escaped = escape_text(text, ESCAPE_UNICODE);

    (void)xmlTextWriterWriteAttribute(writer, xml(name), xml(escaped));
    free(escaped);
}

static void write_count(xmlTextWriterPtr writer, const char *name, size_t n)
{
    (void)xmlTextWriterWriteFormatAttribute(writer, xml(name), "%zu", n);
}

/* Three decimals are the most that Jenkins' schema allows. */
static void write_time(xmlTextWriterPtr writer, double seconds)
{
    (void)xmlTextWriterWriteFormatAttribute(writer, xml("time"), "%.3f", seconds);
}

static void write_property(xmlTextWriterPtr writer, const char *name, const char *value)
{
    (void)xmlTextWriterStartElement(writer, xml("property"));
    write_attribute(writer, "name", name);
    write_attribute(writer, "value", digest_text(value));
    (void)xmlTextWriterEndElement(writer);
}

/* "reference.selection": the column of GitLab, and package and class of Jenkins, which splits at
 * the last dot; hence no other dot. */
static void write_classname(xmlTextWriterPtr writer, const struct result_case *result)
{
    char *subject = digest_subject(result), *classname = NULL;
    const char *id = digest_text(result->id);
    const char *slash = strchr(id, '/');
    int length = slash != NULL ? (int)(slash - id) : 0;

    for (char *c = subject; *c != '\0'; c++) {
        if (strchr("./ \t", *c) != NULL)
            *c = '_';
    }
    if (asprintf(&classname, "%s%s%.*s", subject, length > 0 ? "." : "", length, id) < 0)
        abort();
    write_attribute(writer, "classname", classname);
    free(classname);
    free(subject);
}

typedef void explain_part(FILE *stream, const struct style *style,
                          const struct result_case *result);

/* Writes what the parts (ending with NULL) explain as the text of an element. */
static void write_explained(xmlTextWriterPtr writer, const struct result_case *result,
                            explain_part *const *parts)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    if (stream == NULL)
        abort();
    for (; *parts != NULL; parts++)
        (*parts)(stream, &plain, result);
    if (fclose(stream) != 0)
        abort();
    (void)xmlTextWriterWriteString(writer, xml(text));
    free(text);
}

static void write_system_out(xmlTextWriterPtr writer, const struct result_case *result,
                             explain_part *const *parts)
{
    (void)xmlTextWriterStartElement(writer, xml("system-out"));
    write_explained(writer, result, parts);
    (void)xmlTextWriterEndElement(writer);
}

static void write_message(xmlTextWriterPtr writer, const struct result_case *result,
                          const struct shape *shape)
{
    char *reason = digest_message(result), *message = NULL;

    if (asprintf(&message, "%s%s", shape->prefix, reason) < 0)
        abort();
    write_attribute(writer, "message", message);
    free(message);
    free(reason);
}

static void write_element(xmlTextWriterPtr writer, const struct result_case *result,
                          const struct shape *shape)
{
    static explain_part *const parts[] = { explain_problem, explain_ends, NULL };
    char *rules;

    if (shape->element == ELEMENT_NONE)
        return;
    (void)xmlTextWriterStartElement(writer, xml(element_names[shape->element]));
    write_message(writer, result, shape);
    if (shape->explained) {
        rules = digest_rules(result);
        write_attribute(writer, "type", rules[0] != '\0' ? rules : outcome_name(result->outcome));
        free(rules);
        write_explained(writer, result, parts);
    }
    (void)xmlTextWriterEndElement(writer);
}

static void write_case(xmlTextWriterPtr writer, const struct result_case *result)
{
    static explain_part *const transcript[] = { explain_transcript, NULL };
    static explain_part *const note[] = { explain_problem, explain_ends, NULL };
    const struct shape *shape = &shapes[result->outcome];

    (void)xmlTextWriterStartElement(writer, xml("testcase"));
    write_classname(writer, result);
    write_attribute(writer, "name", digest_text(result->id));
    write_time(writer, result->seconds);
    if (result->file != NULL)
        write_attribute(writer, "file", result->file);
    if (result->file != NULL && result->line > 0)
        write_count(writer, "line", (size_t)result->line);
    write_element(writer, result, shape);
    if (shape->noted)
        write_system_out(writer, result, note);
    if (shape->explained && result->n_transcript > 0)
        write_system_out(writer, result, transcript);
    (void)xmlTextWriterEndElement(writer);
}

/* Writes the counts that suites and suite have in common. */
static void write_counts(xmlTextWriterPtr writer, const struct result_case *const *cases, size_t n,
                         bool with_skipped)
{
    size_t counts[ELEMENT_COUNT] = { 0 };

    for (size_t i = 0; i < n; i++)
        counts[shapes[cases[i]->outcome].element]++;
    write_count(writer, "tests", n);
    write_count(writer, "failures", counts[ELEMENT_FAILURE]);
    write_count(writer, "errors", counts[ELEMENT_ERROR]);
    if (with_skipped)
        write_count(writer, "skipped", counts[ELEMENT_SKIPPED]);
}

static void write_suite(xmlTextWriterPtr writer, const struct result_run *run,
                        const struct result_case *const *cases, size_t n)
{
    char *subject = digest_subject(cases[0]);
    double seconds = 0;

    for (size_t i = 0; i < n; i++)
        seconds += cases[i]->seconds;
    (void)xmlTextWriterStartElement(writer, xml("testsuite"));
    write_attribute(writer, "name", subject);
    write_counts(writer, cases, n, true);
    write_time(writer, seconds);
    write_attribute(writer, "timestamp", digest_text(run->started));
    write_attribute(writer, "hostname", "localhost");
    (void)xmlTextWriterStartElement(writer, xml("properties"));
    write_property(writer, "counterseal", run->version);
    write_property(writer, "libraries", run->libraries);
    write_property(writer, "command", run->command);
    write_property(writer, "interrupted", run->interrupted ? "true" : "false");
    (void)xmlTextWriterEndElement(writer);
    for (size_t i = 0; i < n; i++)
        write_case(writer, cases[i]);
    (void)xmlTextWriterEndElement(writer);
    free(subject);
}

/* Returns how many of the cases from the first on have its subject. */
static size_t suite_length(const struct result_case *const *cases, size_t n)
{
    char *subject = digest_subject(cases[0]);
    size_t length = 1;
    bool same = true;

    while (same && length < n) {
        char *other = digest_subject(cases[length]);

        same = strcmp(subject, other) == 0;
        free(other);
        if (same)
            length++;
    }
    free(subject);
    return length;
}

static void write_document(xmlTextWriterPtr writer, const struct result_run *run)
{
    (void)xmlTextWriterSetIndent(writer, 1);
    (void)xmlTextWriterSetIndentString(writer, xml("  "));
    (void)xmlTextWriterStartDocument(writer, "1.0", "UTF-8", NULL);
    (void)xmlTextWriterStartElement(writer, xml("testsuites"));
    write_attribute(writer, "name", "counterseal");
    write_counts(writer, run->cases, run->n_cases, false);
    write_time(writer, run->seconds);
    for (size_t i = 0, n; i < run->n_cases; i += n) {
        n = suite_length(run->cases + i, run->n_cases - i);
        write_suite(writer, run, run->cases + i, n);
    }
    (void)xmlTextWriterEndDocument(writer);
}

/* Takes all: libxml2 would tell stderr of an error that report_finish() returns. */
static int take(void *stream, const char *text, int length)
{
    fwrite(text, 1, (size_t)length, stream);
    return length;
}

static int write_junit(FILE *stream, const struct result_run *run)
{
    xmlOutputBufferPtr output = xmlOutputBufferCreateIO(take, NULL, stream, NULL);
    xmlTextWriterPtr writer = output != NULL ? xmlNewTextWriter(output) : NULL;

    if (writer == NULL)
        abort();
    write_document(writer, run);
    xmlFreeTextWriter(writer);
    return report_finish(stream);
}

const struct reporter reporter_junit = {
    .name = "junit",
    .file_name = "report.xml",
    .meaning = "JUnit XML as GitLab, Jenkins and GitHub actions read it",
    .write = write_junit,
};
