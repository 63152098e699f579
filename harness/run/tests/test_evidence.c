#include "harness/run/evidence.h"

#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>

static struct evidence *evidence;

static void init(void)
{
    evidence = talloc_zero(NULL, struct evidence);
}

static void release(void)
{
    talloc_free(evidence);
}

TestSuite(evidence, .init = init, .fini = release, .timeout = 10);

static const struct evidence_event *add(const char *line)
{
    return evidence_add(evidence, line, strlen(line));
}

static const struct line_case {
    const char *name, *line;
    enum event_id want; /* EVENT_COUNT: it is no event */
} line_cases[] = {
    { "an event", "{\"t\":1,\"event\":\"connection.open\",\"connection\":1,\"step\":1}",
      EVENT_OPEN },
    { "the members that name it may be missing", "{\"event\":\"script\"}", EVENT_SCRIPT },
    { "the last of the vocabulary", "{\"event\":\"error\"}", EVENT_ERROR },
    { "blanks around it", " {\"event\" : \"error\"} ", EVENT_ERROR },
    { "an event that nobody knows", "{\"event\":\"connection.opened\"}", EVENT_COUNT },
    { "the beginning of a name", "{\"event\":\"connection\"}", EVENT_COUNT },
    { "a name of the wrong type", "{\"event\":3}", EVENT_COUNT },
    { "no name", "{\"t\":1}", EVENT_COUNT },
    { "half a line", "{\"event\":\"error\"", EVENT_COUNT },
    { "two objects", "{\"event\":\"error\"}{}", EVENT_COUNT },
    { "a member twice", "{\"event\":\"error\",\"event\":\"script\"}", EVENT_COUNT },
    { "a list", "[\"error\"]", EVENT_COUNT },
    { "chatter", "fake server: hello", EVENT_COUNT },
    { "nothing", "", EVENT_COUNT },
};

Test(evidence, takes_events_and_nothing_else)
{
    size_t n = 0;

    for (size_t i = 0; i < sizeof(line_cases) / sizeof(line_cases[0]); i++) {
        const struct line_case *row = &line_cases[i];
        const struct evidence_event *event = add(row->line);

        cr_expect_eq(event != NULL ? event->id : EVENT_COUNT, row->want, "%s", row->name);
        n += row->want != EVENT_COUNT;
        cr_expect_eq(evidence->n_events, n, "%s: %zu are kept", row->name, evidence->n_events);
    }
}

Test(evidence, keeps_what_an_event_says)
{
    static const char line[] = "{\"t\":5000000000,\"event\":\"tls.alert\",\"connection\":2,"
                               "\"step\":3,\"name\":\"unknown_ca\",\"code\":48}";
    const struct evidence_event *event = add(line);

    cr_assert_not_null(event);
    cr_expect_eq(event->time_us, 5000000000);
    cr_expect_eq(event->connection, 2);
    cr_expect_eq(event->step, 3);
    cr_expect_str_eq(event->line, line);
    cr_expect_str_eq(evidence_text(event->fields, "name"), "unknown_ca");
    cr_expect_eq(evidence_number(event->fields, "code"), 48);
}

Test(evidence, takes_only_as_many_bytes_as_it_is_given)
{
    static const char line[] = "{\"event\":\"error\"}{\"event\":\"script\"}";

    cr_assert_not_null(evidence_add(evidence, line, strlen("{\"event\":\"error\"}")));
    cr_expect_str_eq(evidence->events[0].line, "{\"event\":\"error\"}");
}

Test(evidence, keeps_events_in_order_however_many_come)
{
    char line[64];

    for (int i = 0; i < 1000; i++) {
        (void)snprintf(line, sizeof(line), "{\"t\":%d,\"event\":\"script\"}", i);
        cr_assert_not_null(add(line));
    }
    cr_assert_eq(evidence->n_events, 1000);
    for (int i = 0; i < 1000; i++)
        cr_expect_eq(evidence->events[i].time_us, i);
}

Test(evidence, of_a_member_that_is_missing_or_of_another_type_is_nothing)
{
    static const char text[] = "{\"text\":\"t\",\"number\":7,\"flag\":true,\"no\":false,"
                               "\"list\":[\"a\",1,\"b\"],\"null\":null}";
    const json_t *object = evidence_parse(evidence, text, strlen(text));
    const char *const *list = evidence_list(evidence, object, "list");

    cr_assert_not_null(object);
    cr_expect_str_eq(evidence_text(object, "text"), "t");
    cr_expect_str_eq(evidence_text(object, "number"), "");
    cr_expect_str_eq(evidence_text(object, "missing"), "");
    cr_expect_str_eq(evidence_text(object, "null"), "");
    cr_expect_str_eq(evidence_text(NULL, "text"), "");
    cr_expect_eq(evidence_number(object, "number"), 7);
    cr_expect_eq(evidence_number(object, "text"), 0);
    cr_expect(evidence_flag(object, "flag"));
    cr_expect_not(evidence_flag(object, "no"));
    cr_expect_not(evidence_flag(object, "number"));
    cr_assert_str_eq(list[0], "a");
    cr_assert_str_eq(list[1], "b", "what is no text is left out");
    cr_assert_null(list[2]);
    cr_expect_null(evidence_list(evidence, object, "text")[0]);
    cr_expect_null(evidence_list(evidence, object, "missing")[0]);
}

Test(evidence, finds_every_event_by_its_name)
{
    for (int id = 0; id < EVENT_COUNT; id++)
        cr_expect_eq((int)evidence_find_event(event_name((enum event_id)id)), id, "%s",
                     event_name((enum event_id)id));
    cr_expect_eq(evidence_find_event(""), EVENT_COUNT);
}
