/* What cannot be used is told before anything is sent. */
#include "harness/smtp_client/policy.h"
#include "harness/smtp_client/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Source: RFC 1035 section 2.3.4. */
enum { HOST_MAX = 255 };

/* A host goes into a URL, where other characters would mean something else. */
static bool is_host(const char *host)
{
    size_t length = strlen(host);

    for (const char *at = host; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at) && strchr(".-_:", *at) == NULL &&
            (unsigned char)*at < 0x80)
            return false;
    return length > 0 && length <= HOST_MAX && text_is_utf8(host);
}

/* Source: RFC 5321 section 4.1.1.1: a domain, or an address in brackets. */
static bool is_domain(const char *domain)
{
    for (const char *at = domain; *at != '\0'; at++)
        if (!isgraph((unsigned char)*at) && (unsigned char)*at < 0x80)
            return false;
    return domain[0] != '\0' && strlen(domain) <= HOST_MAX;
}

static const char *check_server(const struct smtp_client_settings *settings)
{
    if (settings->host == NULL || settings->host[0] == '\0')
        return "there is no host";
    if (!is_host(settings->host))
        return "the host is no name and no address";
    if (settings->port < 1 || settings->port > 65535)
        return "the port is a number from 1 to 65535";
    if (settings->domain != NULL && !is_domain(settings->domain))
        return "the client's domain is one word";
    if (settings->target_name != NULL && !is_domain(settings->target_name))
        return "the target name is one word";
    if (settings->timeout_ms < 0)
        return "the time limit is not negative";
    if (settings->tls_min > settings->tls_max)
        return "the oldest version of TLS is not newer than the newest";
    if (settings->tls_min > policy_get(settings->policy)->newest)
        return "the policy knows no version of TLS as new as that";
    return NULL;
}

/* A password in the clear is what TLS is for: where TLS is only tried, whoever takes STARTTLS out
 * of a reply would be told it. */
static const char *check_credentials(const struct smtp_client_settings *settings)
{
    const struct smtp_client_credentials *given = &settings->credentials;

    if (given->kind == SMTP_CLIENT_CREDENTIALS_DEFAULT &&
        !policy_get(settings->policy)->default_credentials)
        return "Mono has no default credentials";
    if (given->kind != SMTP_CLIENT_CREDENTIALS_GIVEN)
        return NULL;
    if (given->user == NULL && given->mechanism != SMTP_CLIENT_MECHANISM_EXTERNAL)
        return "credentials have a user, except with EXTERNAL";
    if ((given->user != NULL && text_has_control(given->user)) ||
        (given->password != NULL && text_has_control(given->password)))
        return "a user and a password are one line each";
    if (settings->security == SMTP_CLIENT_TLS_OPTIONAL)
        return "credentials want TLS required, or none: where it is optional anybody could ask for "
               "them";
    return NULL;
}

static const char *check_pickup(const struct smtp_client_settings *settings)
{
    if (settings->delivery == SMTP_CLIENT_PICKUP_FROM_IIS)
        return "there is no IIS here whose pickup directory could be found";
    if (settings->security != SMTP_CLIENT_TLS_NONE)
        return "TLS has no place in a pickup directory";
    if (settings->pickup_directory == NULL || settings->pickup_directory[0] != '/')
        return "the pickup directory is an absolute path";
    return NULL;
}

static int check_address(const char *what, const char *address, char *why, size_t why_size)
{
    const char *wrong = text_check_address(address);

    if (wrong == NULL)
        return 0;
    snprintf(why, why_size, "%s: %s", what, wrong);
    return -1;
}

static int check_message(const struct smtp_client_message *message, char *why, size_t why_size)
{
    if (message->from == NULL || message->to == NULL || message->to[0] == NULL) {
        snprintf(why, why_size, "a message has a sender and a recipient");
        return -1;
    }
    if (check_address("the sender", message->from, why, why_size) != 0)
        return -1;
    for (const char *const *to = message->to; *to != NULL; to++) {
        if (check_address("a recipient", *to, why, why_size) != 0)
            return -1;
        if ((*to)[0] != '\0' && strcmp(*to, "<>") != 0)
            continue;
        snprintf(why, why_size, "a recipient: there is no address");
        return -1;
    }
    return 0;
}

int smtp_client_check(const struct smtp_client_settings *settings,
                      const struct smtp_client_message *message, char *why, size_t why_size)
{
    const char *wrong =
        settings->delivery == SMTP_CLIENT_NETWORK ? check_server(settings) : check_pickup(settings);

    if (wrong == NULL)
        wrong = check_credentials(settings);
    if (wrong == NULL)
        return check_message(message, why, why_size);
    snprintf(why, why_size, "%s", wrong);
    return -1;
}
