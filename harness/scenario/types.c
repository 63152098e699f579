#include "harness/scenario/types.h"
#include "harness/scenario/alerts.h"
#include "harness/scenario/arrays.h"
#include "harness/scenario/rules.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum { REPEATS_MAX = 1000 };

static bool is_one_line(const char *text)
{
    for (; *text != '\0'; text++) {
        if (iscntrl((unsigned char)*text))
            return false;
    }
    return true;
}

static const char *checked_text(const struct slot *slot)
{
    const char *text = slot_text(slot);

    if (text != NULL && (slot->row->flags & SCHEMA_ONE_LINE) != 0 && !is_one_line(text)) {
        slot_fault(slot, "the text must be one line without control characters");
        return NULL;
    }
    return text;
}

static void read_text(const struct slot *slot)
{
    const char *text = checked_text(slot);

    if (text != NULL)
        slot_set_pointer(slot, text);
}

const struct schema_type type_text = { "text", read_text };

static void read_texts(const struct slot *slot)
{
    size_t n;
    const struct node *const *items = slot_items(slot, &n);
    const char **texts = ARRAY_NEW(slot->reader->context, const char *, n + 1);

    for (size_t i = 0; i < n; i++) {
        struct path path = { slot->path, NULL, i + 1 };
        struct slot item = { slot->reader, slot->row, items[i], &path, NULL };

        texts[i] = checked_text(&item);
    }
    slot_set_pointer(slot, texts);
}

const struct schema_type type_texts = { "texts", read_texts };

/* A character up to U+00FF stands for the byte of that number, so that "\xNN" is a byte as
 * everywhere else. */
static void read_bytes(const struct slot *slot)
{
    const struct node *value = slot->value;
    unsigned char *bytes;
    size_t n = 0;

    if (value->kind != NODE_SCALAR) {
        slot_fault(slot, "a text is expected here");
        return;
    }
    bytes = talloc_size(slot->reader->context, value->size + 1);
    for (size_t i = 0; i < value->size; i++) {
        unsigned char byte = (unsigned char)value->text[i];

        if (byte == 0xc2 || byte == 0xc3) {
            unsigned char next = (unsigned char)value->text[++i];

            byte = (unsigned char)((byte & 0x03) << 6 | (next & 0x3f));
        }
        bytes[n++] = byte;
    }
    bytes[n] = '\0';
    slot_set_array(slot, bytes, n);
}

const struct schema_type type_bytes = { "bytes", read_bytes };

static void read_word(const struct slot *slot)
{
    int index = slot_word(slot, slot->row->words);
    int number = (int)slot->row->min + index;

    if (index >= 0)
        memcpy(slot->member, &number, sizeof(number));
}

const struct schema_type type_word = { "word", read_word };

static void read_word_text(const struct slot *slot)
{
    if (slot_word(slot, slot->row->words) >= 0)
        slot_set_pointer(slot, slot->value->text);
}

const struct schema_type type_word_text = { "word", read_word_text };

static void read_words(const struct slot *slot)
{
    size_t n;
    const struct node *const *items = slot_items(slot, &n);
    const char **words = ARRAY_NEW(slot->reader->context, const char *, n + 1);

    for (size_t i = 0; i < n; i++) {
        struct path path = { slot->path, NULL, i + 1 };
        struct slot item = { slot->reader, slot->row, items[i], &path, NULL };

        (void)slot_word(&item, slot->row->words);
        words[i] = items[i]->text;
    }
    if (n < (size_t)slot->row->min)
        slot_fault(slot, "at least %ld must be named of %s", slot->row->min, slot->row->words);
    slot_set_pointer(slot, words);
}

const struct schema_type type_words = { "words", read_words };

/* Source: RFC 7301 section 3.1: a length of one byte, which is not 0. */
enum { PROTOCOL_MAX = 255 };

static void read_protocols(const struct slot *slot)
{
    size_t n;
    const struct node *const *items = slot_items(slot, &n);

    for (size_t i = 0; i < n; i++) {
        struct path path = { slot->path, NULL, i + 1 };
        struct slot item = { slot->reader, slot->row, items[i], &path, NULL };

        if (items[i]->text[0] == '\0' || strlen(items[i]->text) > PROTOCOL_MAX)
            slot_fault(&item, "a protocol has 1 to %d bytes", PROTOCOL_MAX);
    }
    read_texts(slot);
}

const struct schema_type type_protocols = { "texts", read_protocols };

static void set_bool(const struct slot *slot, bool value)
{
    memcpy(slot->member, &value, sizeof(value));
}

static void read_switch(const struct slot *slot)
{
    int index = slot_word(slot, slot->row->words);

    if (index >= 0)
        set_bool(slot, index > 0);
}

const struct schema_type type_switch = { "word", read_switch };

static void read_yes(const struct slot *slot)
{
    static const char *const words[] = { "no", "false", "yes", "true", NULL };
    static const char *const shown[] = { "yes", "no", NULL };
    const char *text = slot_text(slot);
    size_t index = 0;

    if (text == NULL)
        return;
    while (words[index] != NULL && strcmp(words[index], text) != 0)
        index++;
    if (words[index] == NULL)
        faults_add_unknown(slot->reader->faults, slot->path, slot->value->where, text, shown, NULL);
    else
        set_bool(slot, (index > 1) != ((slot->row->flags & SCHEMA_INVERTED) != 0));
}

const struct schema_type type_yes = { "yes or no", read_yes };

static bool read_number(const struct slot *slot, long *number)
{
    const char *text = slot_text(slot);
    char *end;

    if (text == NULL)
        return false;
    errno = 0;
    *number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || isspace((unsigned char)*text)) {
        slot_fault(slot, "\"%.60s\" is not a number", text);
        return false;
    }
    if (*number < slot->row->min || *number > slot->row->max) {
        slot_fault(slot, "%ld is not between %ld and %ld", *number, slot->row->min, slot->row->max);
        return false;
    }
    return true;
}

static void read_int(const struct slot *slot)
{
    long number;
    int value;

    if (!read_number(slot, &number))
        return;
    value = (int)number;
    memcpy(slot->member, &value, sizeof(value));
}

const struct schema_type type_int = { "number", read_int };

static void read_pieces(const struct slot *slot)
{
    int random = SCENARIO_RANDOM;

    if (slot->value->kind == NODE_SCALAR && strcmp(slot->value->text, "random") == 0)
        memcpy(slot->member, &random, sizeof(random));
    else
        read_int(slot);
}

const struct schema_type type_pieces = { "number of bytes, or `random`", read_pieces };

static void read_size(const struct slot *slot)
{
    long number;
    size_t value;

    if (!read_number(slot, &number))
        return;
    value = (size_t)number;
    memcpy(slot->member, &value, sizeof(value));
}

const struct schema_type type_size = { "number", read_size };

/* `min` and `max` of the row count in `unit_ms`. */
static bool read_duration(const struct slot *slot, long long unit_ms, const char *unit,
                          long long *ms)
{
    const char *text = slot_text(slot);
    const struct schema_row *row = slot->row;

    if (text == NULL)
        return false;
    if (!duration_parse(text, unit_ms, ms)) {
        slot_fault(slot, "\"%.60s\" is not a duration such as %s", text,
                   unit_ms == 1 ? "200ms or 1s" : "90s, 2h, 3d or 2w");
        return false;
    }
    if (*ms < row->min * unit_ms || *ms > row->max * unit_ms) {
        slot_fault(slot, "\"%.60s\" is not between %ld%s and %ld%s", text, row->min, unit, row->max,
                   unit);
        return false;
    }
    return true;
}

static void read_seconds(const struct slot *slot)
{
    long long ms;
    long seconds;

    if (!read_duration(slot, 1000, "s", &ms))
        return;
    seconds = (long)(ms / 1000);
    memcpy(slot->member, &seconds, sizeof(seconds));
}

const struct schema_type type_seconds = { "duration, in seconds", read_seconds };

static void read_delay(const struct slot *slot)
{
    long long ms;
    int value;

    if (!read_duration(slot, 1, "ms", &ms))
        return;
    value = (int)ms;
    memcpy(slot->member, &value, sizeof(value));
}

const struct schema_type type_delay = { "duration, in milliseconds", read_delay };

/* Less than that and a busy machine fails every case. */
enum { DEADLINE_LEAST_MS = 100 };

static void read_deadline(const struct slot *slot)
{
    long long ms;
    int value;

    if (!read_duration(slot, 1000, "s", &ms))
        return;
    if (ms < DEADLINE_LEAST_MS) {
        slot_fault(slot, "\"%.60s\" is shorter than %dms", slot->value->text, DEADLINE_LEAST_MS);
        return;
    }
    value = (int)ms;
    memcpy(slot->member, &value, sizeof(value));
}

const struct schema_type type_deadline = { "duration, in seconds", read_deadline };

static void read_fault(const struct slot *slot)
{
    const char *text = slot_text(slot);

    if (text == NULL)
        return;
    if (text[0] == '\0' || text[strspn(text, "abcdefghijklmnopqrstuvwxyz-")] != '\0')
        slot_fault(slot, "\"%.60s\" is not the name of a fault: small letters and hyphens", text);
    else
        slot_set_pointer(slot, text);
}

const struct schema_type type_fault = { "name", read_fault };

static void read_alert(const struct slot *slot)
{
    const char *text = slot_text(slot);

    if (text == NULL)
        return;
    if (alert_exists(text))
        slot_set_pointer(slot, text);
    else
        faults_add_unknown(slot->reader->faults, slot->path, slot->value->where, text, alert_names,
                           "alert");
}

const struct schema_type type_alert = { "alert", read_alert };

static void check_rule(const struct slot *slot)
{
    const char *text = slot_text(slot);

    if (text != NULL && rule_find(text) == NULL)
        faults_add_unknown(slot->reader->faults, slot->path, slot->value->where, text, rule_ids(),
                           "rule");
}

static void read_rules(const struct slot *slot)
{
    size_t n;
    const struct node *const *items = slot_items(slot, &n);
    const char **texts = ARRAY_NEW(slot->reader->context, const char *, n + 1);

    for (size_t i = 0; i < n; i++) {
        struct path path = { slot->path, NULL, i + 1 };
        struct slot item = { slot->reader, slot->row, items[i], &path, NULL };

        check_rule(&item);
        texts[i] = items[i]->text;
    }
    slot_set_pointer(slot, texts);
}

const struct schema_type type_rules = { "ids of rules", read_rules };

static void read_rule(const struct slot *slot)
{
    check_rule(slot);
    if (slot->value->kind == NODE_SCALAR)
        slot_set_pointer(slot, slot->value->text);
}

const struct schema_type type_rule = { "id of a rule", read_rule };

/* The product of all counts such as {1,255}: how often the C library's compiler copies its parts.
 */
static long repeats_of(const char *text)
{
    long product = 1;

    for (; *text != '\0' && product <= REPEATS_MAX; text++) {
        const char *comma;
        long low, high;

        if (*text != '{')
            continue;
        low = strtol(text + 1, NULL, 10);
        comma = text + 1 + strspn(text + 1, "0123456789");
        high = *comma == ',' ? strtol(comma + 1, NULL, 10) : low;
        high = high > low ? high : low;
        product *= high > 1 && high <= REPEATS_MAX ? high : high > 1 ? REPEATS_MAX + 1 : 1;
    }
    return product;
}

bool regex_check(const char *text, size_t *groups, char *why, size_t size)
{
    regex_t regex;
    int code;

    if (strlen(text) > REGEX_MAX || repeats_of(text) > REPEATS_MAX) {
        (void)snprintf(why, size, "longer than %d characters, or too many repeats", REGEX_MAX);
        return false;
    }
    code = regcomp(&regex, text, REG_EXTENDED);
    if (code != 0) {
        (void)regerror(code, &regex, why, size);
        return false;
    }
    if (groups != NULL)
        *groups = regex.re_nsub;
    regfree(&regex);
    return true;
}

static void read_regex(const struct slot *slot)
{
    const char *text = slot_text(slot);
    char why[128];

    if (text == NULL)
        return;
    if (!regex_check(text, NULL, why, sizeof(why)))
        slot_fault(slot, "\"%.60s\" is not a regular expression: %s", text, why);
    else
        slot_set_pointer(slot, text);
}

const struct schema_type type_regex = { "regular expression", read_regex };

static void read_section(const struct slot *slot)
{
    schema_read(slot->reader, (enum section)slot->row->min, slot->value, slot->path);
}

const struct schema_type type_section = { "keys", read_section };

static void read_ignored(const struct slot *slot)
{
    (void)slot;
}

const struct schema_type type_ignored = { "keys", read_ignored };
