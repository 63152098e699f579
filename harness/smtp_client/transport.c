#include "harness/smtp_client/transport.h"

#include "harness/smtp_client/witness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* How long a reply is awaited when all has been said: libcurl waits two minutes for that to its
 * QUIT, whatever the time limit of the message. What follows a refusal is QUIT too, except HELO
 * after a refused EHLO. */
enum { QUIT_SECONDS = 1, REFUSED_SECONDS = 2 };

/* --- mechanisms of AUTH --- */

#define AS_NAME(id, name) name,
static const char *const mechanisms[] = { SMTP_CLIENT_MECHANISMS(AS_NAME) };

int smtp_client_mechanism_find(const char *name, enum smtp_client_mechanism *mechanism)
{
    for (int i = 0; i < SMTP_CLIENT_MECHANISM_COUNT; i++) {
        if (strcasecmp(mechanisms[i], name) != 0)
            continue;
        *mechanism = (enum smtp_client_mechanism)i;
        return 0;
    }
    return -1;
}

/* --- callbacks --- */

static CURLcode on_context(CURL *handle, void *context, void *tls)
{
    (void)handle;
    tls_client_configure(tls, context);
    return CURLE_OK;
}

static void limit_wait(const struct transport *transport)
{
    const struct exchange *exchange = transport->exchange;
    long seconds = exchange->answered              ? QUIT_SECONDS
                   : exchange->replies.code >= 400 ? REFUSED_SECONDS
                                                   : 0;

    curl_easy_setopt(transport->handle, CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds);
}

static size_t on_line(char *line, size_t size, size_t n, void *context)
{
    struct transport *transport = context;
    struct exchange *exchange = transport->exchange;

    if (exchange_take_line(exchange, line, size * n) != 0)
        return 0;
    limit_wait(transport);
    return size * n;
}

static size_t on_read(char *bytes, size_t size, size_t n, void *context)
{
    return exchange_give(context, bytes, size * n);
}

static int on_debug(CURL *handle, curl_infotype type, char *bytes, size_t size, void *context)
{
    (void)handle;
    if (type == CURLINFO_HEADER_IN || type == CURLINFO_HEADER_OUT)
        witness_line(context, type == CURLINFO_HEADER_OUT, bytes, size);
    return 0;
}

/* libcurl says QUIT also when the time limit of a message passed while it waited for the answer to
 * it, and awaits the answer to that for minutes. */
static int on_progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct transport *transport = context;
    curl_off_t spent_us = 0;

    (void)a, (void)b, (void)c, (void)d;
    curl_easy_getinfo(transport->handle, CURLINFO_TOTAL_TIME_T, &spent_us);
    if (transport->exchange->cancel != NULL && atomic_load(transport->exchange->cancel))
        transport->exchange->cancelled = true;
    return transport->exchange->cancelled ||
           spent_us / 1000 > exchange_timeout_ms(transport->exchange);
}

/* --- options --- */

/* Rows of numbers that are the same for each message. */
struct option {
    CURLoption option;
    long value;
};

static const struct option fixed[] = {
    { CURLOPT_NOSIGNAL, 1 },
    { CURLOPT_TCP_NODELAY, 1 },
    { CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4 },
    { CURLOPT_SSL_VERIFYPEER, 1 },
    { CURLOPT_SSL_VERIFYHOST, 2 },
    { CURLOPT_SSL_SESSIONID_CACHE, 0 },
    { CURLOPT_UPLOAD, 1 },
    { CURLOPT_NOPROGRESS, 0 },
};

static void set_fixed(CURL *handle)
{
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        curl_easy_setopt(handle, fixed[i].option, fixed[i].value);
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
    /* The authorities are put into the context by tls_client_configure(), parsed once. */
    curl_easy_setopt(handle, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(handle, CURLOPT_CAPATH, NULL);
}

static void set_url(CURL *handle, const struct exchange *exchange)
{
    const struct smtp_client_settings *settings = exchange->settings;
    const char *scheme = settings->mode == SMTP_CLIENT_IMPLICIT ? "smtps" : "smtp";
    char plain[EXCHANGE_DOMAIN];
    char *domain;
    char url[2048];

    exchange_write_domain(exchange, plain, sizeof(plain));
    domain = curl_easy_escape(handle, plain, 0);
    snprintf(url, sizeof(url),
             strchr(settings->host, ':') != NULL ? "%s://[%s]:%d/%s" : "%s://%s:%d/%s", scheme,
             settings->host, settings->port, domain);
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_free(domain);
}

static void set_addresses(struct transport *transport, const struct exchange *exchange)
{
    const struct smtp_client_settings *settings = exchange->settings;
    char entry[1024];

    for (const char *const *to = exchange->message->to; to != NULL && *to != NULL; to++)
        transport->to = curl_slist_append(transport->to, *to);
    curl_easy_setopt(transport->handle, CURLOPT_MAIL_FROM, exchange->message->from);
    curl_easy_setopt(transport->handle, CURLOPT_MAIL_RCPT, transport->to);
    if (!settings->loopback)
        return;
    snprintf(entry, sizeof(entry), "%s:%d:127.0.0.1", settings->host, settings->port);
    transport->resolve = curl_slist_append(NULL, entry);
    curl_easy_setopt(transport->handle, CURLOPT_RESOLVE, transport->resolve);
}

/* The mechanism is named to libcurl in the options of a login; in EXTERNAL nobody has a password.
 */
static void set_credentials(CURL *handle, const struct smtp_client_settings *settings)
{
    const struct smtp_client_credentials *given = &settings->credentials;
    bool used = given->kind == SMTP_CLIENT_CREDENTIALS_GIVEN;
    bool token = given->mechanism == SMTP_CLIENT_MECHANISM_XOAUTH2;
    char options[32];

    curl_easy_setopt(handle, CURLOPT_USERNAME, NULL);
    curl_easy_setopt(handle, CURLOPT_PASSWORD, NULL);
    curl_easy_setopt(handle, CURLOPT_XOAUTH2_BEARER, NULL);
    curl_easy_setopt(handle, CURLOPT_LOGIN_OPTIONS, NULL);
    if (!used)
        return;
    curl_easy_setopt(handle, CURLOPT_USERNAME, given->user != NULL ? given->user : "");
    curl_easy_setopt(handle, token ? CURLOPT_XOAUTH2_BEARER : CURLOPT_PASSWORD,
                     given->password != NULL ? given->password : "");
    curl_easy_setopt(handle, CURLOPT_SASL_IR, 1L);
    if (given->mechanism == SMTP_CLIENT_MECHANISM_ANY)
        return;
    snprintf(options, sizeof(options), "AUTH=%s", mechanisms[given->mechanism]);
    curl_easy_setopt(handle, CURLOPT_LOGIN_OPTIONS, options);
}

static void set_security(CURL *handle, const struct smtp_client_settings *settings)
{
    static const long levels[] = { CURLUSESSL_ALL, CURLUSESSL_TRY, CURLUSESSL_NONE };
    long level = levels[settings->security];
    bool keeps = settings->fault == SMTP_CLIENT_FAULT_REUSE_CONNECTION;

    if (settings->fault == SMTP_CLIENT_FAULT_TRUST_ANY_NAME ||
        settings->fault == SMTP_CLIENT_FAULT_TRUST_FRAGMENTS)
        curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
    if (settings->fault == SMTP_CLIENT_FAULT_PLAINTEXT_FALLBACK && level == CURLUSESSL_ALL)
        level = CURLUSESSL_TRY;
    curl_easy_setopt(handle, CURLOPT_USE_SSL, level);
    curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, keeps ? 0L : 1L);
    curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, keeps ? 0L : 1L);
}

static void set_callbacks(struct transport *transport, struct exchange *exchange,
                          struct tls_client *tls)
{
    CURL *handle = transport->handle;

    transport->exchange = exchange;
    curl_easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, on_context);
    curl_easy_setopt(handle, CURLOPT_SSL_CTX_DATA, tls);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_line);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, transport);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, transport);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(handle, CURLOPT_READDATA, exchange);
    /* The size is not told: libcurl would put it into MAIL where SIZE was offered before TLS only,
     * and RFC 3207 section 4.2 says to forget that. */
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, exchange->text);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, exchange_timeout_ms(exchange));
    curl_easy_setopt(handle, CURLOPT_VERBOSE, tls->saw != NULL ? 1L : 0L);
    curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(handle, CURLOPT_DEBUGDATA, tls);
}

/* --- the life of a handle --- */

static void forget_lists(struct transport *transport)
{
    curl_slist_free_all(transport->to);
    curl_slist_free_all(transport->resolve);
    transport->to = NULL;
    transport->resolve = NULL;
}

void transport_send(struct transport *transport, struct exchange *exchange, struct tls_client *tls)
{
    if (transport->handle == NULL)
        transport->handle = curl_easy_init();
    if (transport->handle == NULL) {
        exchange->code = CURLE_FAILED_INIT;
        return;
    }
    forget_lists(transport);
    set_fixed(transport->handle);
    set_url(transport->handle, exchange);
    set_addresses(transport, exchange);
    set_credentials(transport->handle, exchange->settings);
    set_security(transport->handle, exchange->settings);
    set_callbacks(transport, exchange, tls);
    exchange->code = curl_easy_perform(transport->handle);
}

void transport_close(struct transport *transport)
{
    if (transport->handle != NULL)
        curl_easy_cleanup(transport->handle);
    transport->handle = NULL;
    forget_lists(transport);
}
