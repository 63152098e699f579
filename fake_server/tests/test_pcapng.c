#include "fake_server/pcapng.h"
#include "fake_server/tests/helper.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, PACKET = 6, SECRETS = 10 };

struct text {
    char *bytes;
    size_t size;
};

static uint32_t u32(const char *at)
{
    uint32_t number;

    memcpy(&number, at, sizeof number);
    return number;
}

/* Walks over the blocks: returns how many there are of a type, -1 where the lengths do not fit. */
static int count_blocks(const struct text *file, uint32_t type)
{
    int n = 0;

    for (size_t at = 0; at < file->size;) {
        uint32_t size = u32(file->bytes + at + 4);

        if (size < 12 || size % 4 != 0 || size > file->size - at ||
            u32(file->bytes + at + size - 4) != size)
            return -1;
        n += u32(file->bytes + at) == type;
        at += size;
    }
    return n;
}

/* The first block of a type, or NULL. */
static const char *find_block(const struct text *file, uint32_t type)
{
    for (size_t at = 0; at < file->size; at += u32(file->bytes + at + 4))
        if (u32(file->bytes + at) == type)
            return file->bytes + at;
    return NULL;
}

static bool holds(const struct text *file, const char *words)
{
    return memmem(file->bytes, file->size, words, strlen(words)) != NULL;
}

static struct text write_with_comment(const char *comment)
{
    struct text file = { NULL, 0 };
    FILE *stream = open_memstream(&file.bytes, &file.size);
    const struct pcapng_packet packet = { .time_us = 5000000001,
                                          .source = 4000,
                                          .destination = 25,
                                          .sequence = 7,
                                          .acknowledged = 9,
                                          .flags = PCAPNG_PSH | PCAPNG_ACK,
                                          .bytes = "EHLO\r\n!",
                                          .size = 7,
                                          .comment = comment };

    pcapng_write_head(stream, comment);
    pcapng_write_secrets(stream, "CLIENT_RANDOM 01 02\n", 20);
    pcapng_write_packet(stream, &packet);
    fclose(stream);
    return file;
}

Test(pcapng, every_block_has_its_length_twice_and_ends_on_a_word)
{
    static const struct {
        const char *name, *comment;
    } rows[] = {
        { "without comments", NULL }, { "empty", "" },    { "one byte", "a" },
        { "two bytes", "ab" },        { "three", "abc" }, { "a word", "abcd" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text file = write_with_comment(rows[i].comment);

        cr_expect_eq(count_blocks(&file, SECTION), 1, "%s", rows[i].name);
        cr_expect_eq(count_blocks(&file, INTERFACE), 1, "%s", rows[i].name);
        cr_expect_eq(count_blocks(&file, SECRETS), 1, "%s", rows[i].name);
        cr_expect_eq(count_blocks(&file, PACKET), 1, "%s", rows[i].name);
        free(file.bytes);
    }
}

Test(pcapng, a_packet_is_tcp_in_ip_with_checksums_that_hold)
{
    struct text file = write_with_comment(NULL);
    const char *block = find_block(&file, PACKET);
    const unsigned char *ip = (const unsigned char *)block + 28;
    uint32_t sum = 0, pseudo = 6 + 20 + 7;

    for (int i = 0; i < 20; i += 2)
        sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
    for (int i = 12; i < 20 + 20 + 8; i += 2) /* one byte of padding, which is zero */
        pseudo += (uint32_t)(ip[i] << 8 | ip[i + 1]);

    cr_expect_eq(u32(block + 12), 1, "upper half of the time");
    cr_expect_eq(u32(block + 16), 705032705, "lower half of the time: %u", u32(block + 16));
    cr_expect_eq(u32(block + 20), 47, "size %u", u32(block + 20));
    cr_expect_eq((sum & 0xffff) + (sum >> 16), 0xffff, "IP: %x", sum);
    cr_expect_eq((pseudo & 0xffff) + (pseudo >> 16), 0xffff, "TCP: %x", pseudo);
    cr_expect_eq(ip[20] << 8 | ip[21], 4000);
    cr_expect_eq(ip[22] << 8 | ip[23], 25);
    cr_expect_eq(ip[27], 7, "sequence %d", ip[27]);
    cr_expect_eq(ip[31], 9, "acknowledged %d", ip[31]);
    cr_expect_arr_eq(ip + 40, "EHLO\r\n!", 7);
    free(file.bytes);
}

/* --- the capture of a server --- */

static struct text written(struct fake_server_capture *capture)
{
    struct text file = { NULL, 0 };
    FILE *stream = open_memstream(&file.bytes, &file.size);

    cr_expect_eq(fake_server_capture_write(capture, stream), 0);
    fclose(stream);
    return file;
}

/* Packets with these flags that carry bytes or not; -1 in `port` is any. */
static int count_packets(const struct text *file, unsigned flags, int port)
{
    int n = 0;

    for (size_t at = 0; at < file->size; at += u32(file->bytes + at + 4)) {
        const unsigned char *ip = (const unsigned char *)file->bytes + at + 28;

        if (u32(file->bytes + at) == PACKET && ip[33] == flags &&
            (port < 0 || (ip[20] << 8 | ip[21]) == port))
            n++;
    }
    return n;
}

static struct text capture_mail(struct subject *subject, struct peer *peer, int version,
                                size_t max_bytes)
{
    struct text file;

    subject_init(subject);
    subject->settings.capture = fake_server_capture_new(max_bytes);
    subject_start(subject);
    cr_expect_eq(peer_dial(peer, subject, version, NULL, NULL), 250);
    cr_expect_eq(peer_mail(peer), 250);
    peer_quit(peer);
    subject_sync(subject);
    fake_server_close(subject->server);
    subject->server = NULL;
    file = written(subject->settings.capture);
    return file;
}

static void tear_down(struct subject *subject, struct text *file)
{
    free(file->bytes);
    fake_server_capture_free(subject->settings.capture);
    subject_stop(subject);
}

Test(capture, holds_the_secrets_before_the_packets, .timeout = 10)
{
    static const struct {
        const char *name;
        int version;
        const char *secret;
    } rows[] = {
        { "TLS 1.2", TLS1_2_VERSION, "CLIENT_RANDOM " },
        { "TLS 1.3", TLS1_3_VERSION, "CLIENT_TRAFFIC_SECRET_0 " },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct subject subject;
        struct peer peer;
        struct text file = capture_mail(&subject, &peer, rows[i].version, 0);
        const char *secrets = find_block(&file, SECRETS);

        cr_expect_eq(count_blocks(&file, SECRETS), 1, "%s", rows[i].name);
        cr_assert_not_null(secrets, "%s", rows[i].name);
        cr_expect_lt(secrets, find_block(&file, PACKET), "%s", rows[i].name);
        cr_expect_not_null(
            memmem(secrets, u32(secrets + 4), rows[i].secret, strlen(rows[i].secret)), "%s",
            rows[i].name);
        cr_expect(holds(&file, "STARTTLS\r\n"), "%s", rows[i].name);
        cr_expect_not(holds(&file, "MAIL FROM"), "%s: in the clear", rows[i].name);
        tear_down(&subject, &file);
    }
}

Test(capture, a_connection_begins_with_a_handshake_and_ends_with_two_fins, .timeout = 10)
{
    struct subject subject;
    struct peer peer;
    struct text file = capture_mail(&subject, &peer, TLS1_3_VERSION, 0);

    cr_expect_eq(count_packets(&file, PCAPNG_SYN, -1), 1);
    cr_expect_eq(count_packets(&file, PCAPNG_SYN | PCAPNG_ACK, 25), 1);
    cr_expect_eq(count_packets(&file, PCAPNG_FIN | PCAPNG_ACK, -1), 2);
    cr_expect_eq(count_packets(&file, PCAPNG_RST | PCAPNG_ACK, -1), 0);
    tear_down(&subject, &file);
}

Test(capture, a_reset_by_a_script_is_shown, .timeout = 10)
{
    static const struct fake_server_delta script[] = {
        { .site = SITE_VERB, .verb = "EHLO", .close = CLOSE_RESET },
    };
    struct subject subject;
    struct peer peer;
    struct text file;

    subject_init(&subject);
    subject.settings.script = script;
    subject.settings.n_script = 1;
    subject.settings.capture = fake_server_capture_new(0);
    subject_start(&subject);
    peer_open(&peer, &subject);
    cr_expect_eq(peer_read(&peer), 220);
    peer_say(&peer, "EHLO client.example.test");
    peer_close(&peer);
    subject_sync(&subject);
    file = written(subject.settings.capture);

    cr_expect_eq(count_packets(&file, PCAPNG_RST | PCAPNG_ACK, 25), 1);
    cr_expect_eq(count_packets(&file, PCAPNG_FIN | PCAPNG_ACK, -1), 0);
    fake_server_close(subject.server);
    subject.server = NULL;
    tear_down(&subject, &file);
}

Test(capture, what_is_too_much_is_left_out_and_told, .timeout = 10)
{
    struct subject subject;
    struct peer peer;
    struct text file = capture_mail(&subject, &peer, TLS1_3_VERSION, 1000);

    cr_expect_gt(count_blocks(&file, PACKET), 3);
    cr_expect(holds(&file, "; cut"), "the file says that it is cut");
    cr_expect_lt(file.size, 3000, "%zu bytes", file.size);
    tear_down(&subject, &file);
}

Test(capture, nothing_recorded_is_a_file_too)
{
    struct fake_server_capture *capture = fake_server_capture_new(0);
    struct text file = written(capture);

    cr_expect_eq(count_blocks(&file, SECTION), 1);
    cr_expect_eq(count_blocks(&file, PACKET), 0);
    fake_server_capture_free(capture);
    fake_server_capture_free(NULL);
    free(file.bytes);
}
