#include "harness/smtp_client/replies.h"

static char printable(char c)
{
    return (char)(c >= ' ' && c <= '~' ? c : '?');
}

static void set_text(struct replies *replies, const char *line, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < size && used + 1 < sizeof(replies->text); i++) {
        if (line[i] == '\r' || line[i] == '\n')
            continue;
        replies->text[used++] = printable(line[i]);
    }
    replies->text[used] = '\0';
}

static bool is_digit(char c, char least, char most)
{
    return c >= least && c <= most;
}

/* A reply may be its code alone: RFC 5321 section 4.2. */
static int parse_code(const char *line, size_t size)
{
    if (size < 4 || !is_digit(line[0], '2', '5') || !is_digit(line[1], '0', '9') ||
        !is_digit(line[2], '0', '9'))
        return 0;
    if (line[3] != ' ' && line[3] != '-' && line[3] != '\r' && line[3] != '\n')
        return 0;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

int replies_add(struct replies *replies, const char *line, size_t size)
{
    int code = parse_code(line, size);

    set_text(replies, line, size);
    if (code == 0 || (replies->pending != 0 && replies->pending != code)) {
        replies->malformed = true;
        return -1;
    }
    replies->pending = line[3] == '-' ? code : 0;
    if (replies->pending != 0)
        return 0;
    replies->code = code;
    replies->count++;
    return 0;
}
