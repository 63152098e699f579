#include "harness/smtp_client/outcome.h"

#include "harness/smtp_client/alerts.h"

#include <stdio.h>
#include <string.h>

struct evidence {
    const struct exchange *exchange;
    const struct tls_evidence *tls;
};

/* --- what may be said of the evidence --- */

static bool is_one_of(CURLcode code, const CURLcode *codes)
{
    while (*codes != CURLE_OK && *codes != code)
        codes++;
    return *codes == code && code != CURLE_OK;
}

static bool requires_tls(const struct evidence *seen)
{
    return seen->exchange->settings->security == SMTP_CLIENT_TLS_REQUIRED;
}

static bool delivered(const struct evidence *seen)
{
    return seen->exchange->code == CURLE_OK && seen->exchange->answered &&
           seen->exchange->replies.code == 250;
}

static bool was_cancelled(const struct evidence *seen)
{
    return seen->exchange->cancelled;
}

static bool lacks_utf8(const struct evidence *seen)
{
    return seen->exchange->utf8_missing;
}

static bool login_denied(const struct evidence *seen)
{
    return seen->exchange->code == CURLE_LOGIN_DENIED || seen->exchange->code == CURLE_AUTH_ERROR;
}

static bool malformed_reply(const struct evidence *seen)
{
    return seen->exchange->replies.malformed;
}

static bool refusing_alert(const struct evidence *seen)
{
    return seen->tls->requested && seen->tls->alert_received >= 0 &&
           alert_refuses(seen->tls->alert_received);
}

static bool alert_came(const struct evidence *seen)
{
    return seen->tls->alert_received >= 0;
}

static bool alert_left(const struct evidence *seen)
{
    return seen->tls->alert_sent >= 0;
}

static bool timed_out(const struct evidence *seen)
{
    return seen->exchange->code == CURLE_OPERATION_TIMEDOUT ||
           seen->exchange->code == CURLE_ABORTED_BY_CALLBACK;
}

static bool not_connected(const struct evidence *seen)
{
    static const CURLcode codes[] = { CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_OK };

    return is_one_of(seen->exchange->code, codes);
}

static bool tls_broke(const struct evidence *seen)
{
    static const CURLcode codes[] = { CURLE_SSL_CONNECT_ERROR,
                                      CURLE_PEER_FAILED_VERIFICATION,
                                      CURLE_SSL_CACERT_BADFILE,
                                      CURLE_SSL_CERTPROBLEM,
                                      CURLE_SSL_CIPHER,
                                      CURLE_SSL_ISSUER_ERROR,
                                      CURLE_SSL_ENGINE_INITFAILED,
                                      CURLE_OK };

    return is_one_of(seen->exchange->code, codes) || (seen->tls->started && !seen->tls->handshake);
}

/* Two replies, greeting and EHLO, when STARTTLS was not offered; the third is the answer to it. */
static bool not_offered(const struct evidence *seen)
{
    return seen->exchange->code == CURLE_USE_SSL_FAILED && seen->exchange->replies.count <= 2;
}

static bool starttls_refused(const struct evidence *seen)
{
    return seen->exchange->code == CURLE_USE_SSL_FAILED && seen->exchange->replies.code >= 400;
}

/* R13: a server without EHLO has no STARTTLS. */
static bool no_extensions(const struct evidence *seen)
{
    int code = seen->exchange->replies.code;

    return seen->exchange->code == CURLE_REMOTE_ACCESS_DENIED && requires_tls(seen) &&
           !seen->tls->started && (code == 500 || code == 502);
}

static bool reply_refuses(const struct evidence *seen)
{
    return seen->exchange->code != CURLE_OK && seen->exchange->replies.code >= 400;
}

static bool broken(const struct evidence *seen)
{
    static const CURLcode codes[] = { CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING,
                                      CURLE_OK };

    return is_one_of(seen->exchange->code, codes);
}

/* With TLS 1.3 a client may believe in a handshake that the server has not accepted. */
static bool broken_after_request(const struct evidence *seen)
{
    return broken(seen) && seen->tls->requested &&
           seen->exchange->replies.count == seen->exchange->replies.count_in_clear;
}

/* "MAIL failed: 354" are libcurl's words for a reply it does not want. */
static bool wrong_class(const struct evidence *seen)
{
    return seen->exchange->code == CURLE_WEIRD_SERVER_REPLY ||
           seen->exchange->code == CURLE_USE_SSL_FAILED ||
           strstr(seen->exchange->text, " failed: ") != NULL;
}

static bool anything(const struct evidence *seen)
{
    (void)seen;
    return true;
}

/* --- the table: the first row that holds --- */

/* Holds a reply and libcurl's words. */
enum { DETAIL = 512 };

enum detail { NOTHING, ALERT_RECEIVED, ALERT_SENT, REPLY, CURL_TEXT };

struct rule {
    bool (*holds)(const struct evidence *seen);
    const char *sentence;
    enum smtp_client_outcome outcome;
    enum detail detail;
};

/* clang-format off */
static const struct rule rules[] = {
    { delivered,            "",                                                                              SMTP_CLIENT_DELIVERED,          NOTHING },
    { was_cancelled,        "it was cancelled",                                                              SMTP_CLIENT_CANCELLED,          NOTHING },
    { lacks_utf8,           "the server does not take such addresses: it offers no SMTPUTF8",                SMTP_CLIENT_REFUSED_BY_SMTP,    NOTHING },
    { malformed_reply,      "the server sent a line that is no SMTP reply",                                  SMTP_CLIENT_PROTOCOL_VIOLATION, REPLY },
    { refusing_alert,       "the server refused the client after it asked for a certificate, with alert",    SMTP_CLIENT_TLS_REFUSED,        ALERT_RECEIVED },
    { alert_came,           "the server ended TLS with alert",                                               SMTP_CLIENT_TLS_FAILED,         ALERT_RECEIVED },
    { alert_left,           "the client ended TLS with alert",                                               SMTP_CLIENT_TLS_FAILED,         ALERT_SENT },
    { timed_out,            "the time limit has passed",                                                     SMTP_CLIENT_TIMEOUT,            CURL_TEXT },
    { not_connected,        "there is no connection",                                                        SMTP_CLIENT_CONNECT_FAILED,     CURL_TEXT },
    { tls_broke,            "the TLS handshake failed",                                                      SMTP_CLIENT_TLS_FAILED,         CURL_TEXT },
    { not_offered,          "the server does not offer STARTTLS",                                            SMTP_CLIENT_NO_STARTTLS,        NOTHING },
    { starttls_refused,     "the server refused STARTTLS",                                                   SMTP_CLIENT_NO_STARTTLS,        REPLY },
    { no_extensions,        "the server knows no EHLO, hence no STARTTLS",                                   SMTP_CLIENT_NO_STARTTLS,        REPLY },
    { login_denied,         "AUTH failed",                                                                   SMTP_CLIENT_REFUSED_BY_SMTP,    REPLY },
    { reply_refuses,        "the server refused",                                                            SMTP_CLIENT_REFUSED_BY_SMTP,    REPLY },
    { broken_after_request, "the server asked for a certificate and closed without an alert or a reply",     SMTP_CLIENT_TLS_FAILED,         CURL_TEXT },
    { wrong_class,          "the server's reply is none that may come here",                                 SMTP_CLIENT_PROTOCOL_VIOLATION, REPLY },
    { broken,               "the server closed without a reply",                                             SMTP_CLIENT_PROTOCOL_VIOLATION, CURL_TEXT },
    { anything,             "the dialogue failed",                                                           SMTP_CLIENT_PROTOCOL_VIOLATION, CURL_TEXT },
};
/* clang-format on */

/* The name of an alert says all there is to one that came; why one was sent only libcurl says. */
static void write_detail(const struct rule *rule, const struct evidence *seen, char text[DETAIL])
{
    char alert[32] = "";
    const char *curl_text = seen->exchange->text;

    if (curl_text[0] == '\0')
        curl_text = curl_easy_strerror(seen->exchange->code);
    text[0] = '\0';
    if (rule->detail == ALERT_RECEIVED) {
        alert_write_name(seen->tls->alert_received, alert, sizeof(alert));
        snprintf(text, DETAIL, " %s", alert);
    } else if (rule->detail == ALERT_SENT) {
        alert_write_name(seen->tls->alert_sent, alert, sizeof(alert));
        snprintf(text, DETAIL, " %s: %s", alert, curl_text);
    } else if (rule->detail == REPLY) {
        snprintf(text, DETAIL, ": \"%s\"%s%s", seen->exchange->replies.text,
                 seen->exchange->text[0] != '\0' ? ": " : "", seen->exchange->text);
    } else if (rule->detail == CURL_TEXT) {
        snprintf(text, DETAIL, ": %s", curl_text);
    }
}

static void make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~')
            *text = '?';
    }
}

enum smtp_client_outcome outcome_get(const struct exchange *exchange,
                                     const struct tls_evidence *tls, char *error, size_t error_size)
{
    const struct evidence seen = { exchange, tls };
    const struct rule *rule = rules;
    char detail[DETAIL];

    while (!rule->holds(&seen))
        rule++;
    write_detail(rule, &seen, detail);
    snprintf(error, error_size, "%s%s", rule->sentence, detail);
    make_printable(error);
    return rule->outcome;
}
