#include "reports/report.h"
#include "reports/tests/fixture.h"

#include <criterion/criterion.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <stdlib.h>
#include <string.h>

static void validate(const char *name, const char *text)
{
    xmlSchemaParserCtxtPtr parser = xmlSchemaNewParserCtxt("reports/junit.xsd");
    xmlSchemaPtr schema = xmlSchemaParse(parser);
    xmlSchemaValidCtxtPtr context;
    xmlDocPtr document = xmlReadMemory(text, (int)strlen(text), name, NULL, 0);

    cr_assert_not_null(schema, "reports/junit.xsd is no schema");
    cr_assert_not_null(document, "%s: not well-formed", name);
    context = xmlSchemaNewValidCtxt(schema);
    cr_expect_eq(xmlSchemaValidateDoc(context, document), 0, "%s: not valid", name);
    xmlSchemaFreeValidCtxt(context);
    xmlFreeDoc(document);
    xmlSchemaFree(schema);
    xmlSchemaFreeParserCtxt(parser);
    xmlCleanupParser();
}

Test(junit, output_is_as_agreed)
{
    char *text = fixture_written(reporter_junit.write, &fixture_run);

    fixture_expect_golden("report.xml", text);
    free(text);
}

Test(junit, output_is_valid_to_the_schema)
{
    static const struct {
        const char *name;
        const struct result_run *run;
    } rows[] = {
        { "all outcomes", &fixture_run },
        { "interrupted", &fixture_interrupted },
        { "empty", &fixture_empty },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = fixture_written(reporter_junit.write, rows[i].run);

        validate(rows[i].name, text);
        free(text);
    }
}

Test(junit, the_failure_is_the_text_of_the_console)
{
    const struct result_case *const cases[] = { &fixture_hostile };
    const struct result_run run = { .started = "2026-11-23T20:15:00",
                                    .cases = cases,
                                    .n_cases = 1 };
    char *xml = fixture_written(reporter_junit.write, &run), *console, *rest, *line;
    xmlDocPtr document = xmlReadMemory(xml, (int)strlen(xml), "report.xml", NULL, 0);
    xmlChar *text = xmlNodeGetContent(xmlDocGetRootElement(document));

    console_set(CONSOLE_PLAIN, true, 0);
    console = fixture_written(reporter_console.write, &run);
    rest = strchr(console, '\n') + 1;
    while ((line = strsep(&rest, "\n")) != NULL && strstr(line, "transcript") == NULL) {
        line += strspn(line, " ");
        /* The source and what follows a caret have another width there. */
        if (strstr(line, " | ") == NULL && line[0] != '|')
            cr_expect_not_null(strstr((const char *)text, line), "missing: %s", line);
    }
    xmlFree(text);
    xmlFreeDoc(document);
    free(console);
    free(xml);
}
