#include "harness/smtp_client/exchange.h"

#include "harness/smtp_client/text.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* R10: the name of the host, as far as it is ASCII. */
void exchange_write_domain(const struct exchange *exchange, char *domain, size_t size)
{
    const char *given = exchange->settings->domain;
    size_t n = 0;

    if (exchange->settings->fault == SMTP_CLIENT_FAULT_WRONG_DOMAIN)
        given = "nobody.example.test";
    snprintf(domain, size, "%s", given != NULL ? given : "");
    if (given != NULL)
        return;
    if (gethostname(domain, size) != 0)
        domain[0] = '\0';
    domain[size - 1] = '\0';
    for (const char *at = domain; *at != '\0'; at++)
        if (isgraph((unsigned char)*at))
            domain[n++] = *at;
    domain[n] = '\0';
    if (n == 0)
        snprintf(domain, size, "LocalHost");
}

long exchange_timeout_ms(const struct exchange *exchange)
{
    int timeout_ms = exchange->settings->timeout_ms;

    return timeout_ms > 0 ? timeout_ms : 10000;
}

/* --- SMTPUTF8 --- */

/* Which reply, counted from the greeting, says what the server can do with the message. */
static int ehlo_number(const struct exchange *exchange)
{
    const struct replies *replies = &exchange->replies;

    return replies->count_in_clear > 0 ? replies->count_in_clear + 1 : 2;
}

static void note_capability(struct exchange *exchange, const char *line, size_t size)
{
    static const char keyword[] = "SMTPUTF8";
    size_t n = sizeof(keyword) - 1;
    int number = exchange->replies.count + (exchange->replies.pending != 0 ? 1 : 0);

    if (number == ehlo_number(exchange) && size >= 4 + n && strncasecmp(line + 4, keyword, n) == 0)
        exchange->utf8 = true;
}

static bool needs_utf8(const struct smtp_client_message *message)
{
    bool ascii = text_is_ascii(message->from);

    for (const char *const *to = message->to; *to != NULL; to++)
        ascii = ascii && text_is_ascii(*to);
    return !ascii;
}

/* Source: RFC 6531 section 3.2: without the extension such an address must not be sent. Where TLS
 * is still to come the EHLO that counts does so, too. */
static bool lacks_utf8(const struct exchange *exchange)
{
    const struct smtp_client_settings *settings = exchange->settings;
    const struct replies *replies = &exchange->replies;
    bool in_force = settings->mode == SMTP_CLIENT_IMPLICIT ||
                    settings->security == SMTP_CLIENT_TLS_NONE || replies->count_in_clear > 0;

    return in_force && replies->pending == 0 && replies->count == ehlo_number(exchange) &&
           !exchange->utf8 && needs_utf8(exchange->message);
}

int exchange_take_line(struct exchange *exchange, const char *line, size_t size)
{
    if (exchange->answered || exchange->text[0] != '\0')
        return 0;
    if (replies_add(&exchange->replies, line, size) != 0)
        return -1;
    note_capability(exchange, line, size);
    if (lacks_utf8(exchange)) {
        exchange->utf8_missing = true;
        return -1;
    }
    exchange->answered = exchange->body_given && exchange->replies.pending == 0;
    return 0;
}

/* A sanitizer or a test runner may have put a handler there; a crash is to look like one. */
static void crash(void)
{
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

static void hang(void)
{
    for (;;)
        pause();
}

static void misbehave(enum smtp_client_fault fault)
{
    if (fault == SMTP_CLIENT_FAULT_CRASH)
        crash();
    if (fault == SMTP_CLIENT_FAULT_HANG)
        hang();
}

static bool strikes(enum smtp_client_fault fault)
{
    return fault == SMTP_CLIENT_FAULT_CRASH || fault == SMTP_CLIENT_FAULT_HANG;
}

size_t exchange_give(struct exchange *exchange, char *bytes, size_t size)
{
    const struct smtp_client_message *message = exchange->message;
    enum smtp_client_fault fault = exchange->settings->fault;
    size_t rest = message->size - exchange->given;
    size_t n = rest < size ? rest : size;

    if (strikes(fault)) {
        /* In the middle: the first half is on its way before the second is asked for. */
        if (exchange->given > 0 || n < 2)
            misbehave(fault);
        n /= 2;
    }
    if (n > 0)
        memcpy(bytes, (const char *)message->bytes + exchange->given, n);
    exchange->given += n;
    exchange->body_given = exchange->given == message->size;
    return n;
}
