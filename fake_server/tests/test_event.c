#include "fake_server/event.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static char *write_event(const struct event_field *fields, size_t n)
{
    struct event event = { EVENT_REPLY, 7, 2, 3, fields, n };
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    cr_assert_eq(event_write(stream, &event), 0);
    fclose(stream);
    return text;
}

Test(event, every_kind_of_field_is_written_after_the_four_first_members)
{
    static const char *const list[] = { "a", "b", NULL };
    static const char *const none[] = { NULL };
    struct event_field fields[] = { EVENT_STRING("s", "x"), EVENT_NUMBER("n", -5),
                                    EVENT_BOOL("b", true), EVENT_LIST("l", list),
                                    EVENT_LIST("e", none) };
    char *text = write_event(fields, 5);

    cr_expect_str_eq(text,
                     "{\"t\":7,\"event\":\"smtp.reply\",\"connection\":2,\"step\":3,\"s\":\"x\","
                     "\"n\":-5,\"b\":true,\"l\":[\"a\",\"b\"],\"e\":[]}\n");
    free(text);
}

Test(event, strings_are_escaped_and_what_is_no_utf8_is_replaced)
{
    static const struct {
        const char *input, *want;
    } rows[] = {
        { "plain", "\"plain\"" },
        { "\"\\", "\"\\\"\\\\\"" },
        { "\r\n\x01\x7f", "\"\\u000d\\u000a\\u0001\\u007f\"" },
        { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
        { "a\xff", "\"a\xef\xbf\xbd\"" },
        { "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
        { NULL, "\"\"" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct event_field field = EVENT_STRING("s", rows[i].input);
        char *text = write_event(&field, 1);

        cr_expect_not_null(strstr(text, rows[i].want), "row %zu: got %s", i, text);
        free(text);
    }
}

Test(event, every_event_has_a_name_and_a_meaning)
{
    for (int i = 0; i < EVENT_COUNT; i++) {
        cr_expect(strlen(event_name((enum event_id)i)) > 0);
        cr_expect(strlen(event_meaning((enum event_id)i)) > 0);
    }
    cr_expect_str_eq(event_name(EVENT_CLIENT_HELLO), "tls.client_hello");
}
