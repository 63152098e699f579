#include "fake_server/fake_server.h"

#include <criterion/criterion.h>
#include <openssl/ssl.h>
#include <string.h>

/* What is described, as JSON lines. */
struct heard {
    char *text;
    size_t size;
    FILE *stream;
};

static void take(void *context, const struct event *event)
{
    const struct heard *heard = context;

    cr_assert_eq(event_write(heard->stream, event), 0);
}

static char *describe(const struct fake_server_sight *sight)
{
    struct heard heard = { NULL, 0, NULL };

    heard.stream = open_memstream(&heard.text, &heard.size);
    fake_server_describe(sight, take, &heard);
    (void)fclose(heard.stream);
    return heard.text;
}

Test(describe, request_of_a_server_reads_as_that_of_ours)
{
    static const unsigned char request[] = { 0x0d, 0, 0,    0x0b, 0,    0,    0x08, 0,
                                             0x0d, 0, 0x04, 0,    0x02, 0x04, 0x03 };
    const struct fake_server_sight sight = { .connection = 3,
                                             .step = 2,
                                             .by_server = true,
                                             .version = TLS1_3_VERSION,
                                             .content = SSL3_RT_HANDSHAKE,
                                             .bytes = request,
                                             .size = sizeof(request) };
    char *text = describe(&sight);

    cr_expect_not_null(
        strstr(text, "\"event\":\"tls.certificate_request\",\"connection\":3,\"step\":2"), "%s",
        text);
    cr_expect_not_null(strstr(text, "ecdsa_secp256r1_sha256"), "%s", text);
    cr_expect_not_null(strstr(text, "\"direction\":\"sent\",\"name\":\"certificate_request\""),
                       "%s", text);
    free(text);
}

Test(describe, direction_of_an_alert_is_that_of_the_server)
{
    static const unsigned char alert[] = { 2, 116 };
    struct fake_server_sight sight = {
        .by_server = true, .content = SSL3_RT_ALERT, .bytes = alert, .size = sizeof(alert)
    };
    char *sent = describe(&sight);
    char *received;

    sight.by_server = false;
    received = describe(&sight);

    cr_expect_not_null(strstr(sent, "\"direction\":\"sent\",\"level\":\"fatal\",\"name\":"
                                    "\"certificate_required\""),
                       "%s", sent);
    cr_expect_not_null(strstr(received, "\"direction\":\"received\""), "%s", received);
    free(sent);
    free(received);
}

Test(describe, message_that_is_cut_off_is_no_trouble)
{
    static const unsigned char hello[] = { 2, 0, 0, 4, 3, 3, 1, 2 };

    for (size_t size = 0; size <= sizeof(hello); size++) {
        const struct fake_server_sight sight = { .by_server = true,
                                                 .version = TLS1_2_VERSION,
                                                 .content = SSL3_RT_HANDSHAKE,
                                                 .bytes = hello,
                                                 .size = size };

        free(describe(&sight));
    }
}
