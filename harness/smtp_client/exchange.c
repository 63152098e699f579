#include "harness/smtp_client/exchange.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

const char *exchange_domain(const struct exchange *exchange)
{
    const char *domain = exchange->settings->domain;

    return domain == NULL ? "client.example.test" : domain;
}

long exchange_timeout_ms(const struct exchange *exchange)
{
    int timeout_ms = exchange->settings->timeout_ms;

    return timeout_ms > 0 ? timeout_ms : 10000;
}

int exchange_take_line(struct exchange *exchange, const char *line, size_t size)
{
    if (exchange->answered || exchange->text[0] != '\0')
        return 0;
    if (replies_add(&exchange->replies, line, size) != 0)
        return -1;
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
