#include "harness/smtp_client/policy.h"

#include <arpa/inet.h>
#include <string.h>

#define AS_NAME(id, name, meaning) name,
static const char *const names[] = { SMTP_CLIENT_POLICIES(AS_NAME) };
#define AS_MEANING(id, name, meaning) meaning,
static const char *const meanings[] = { SMTP_CLIENT_POLICIES(AS_MEANING) };

static const struct policy policies[SMTP_CLIENT_POLICY_COUNT] = {
    [SMTP_CLIENT_POLICY_DOC] = { .choice = POLICY_BY_NAMES,
                                 .own_chain = true,
                                 .resumes = true,
                                 .keyed_by_port = true,
                                 .keyed_by_trust = true,
                                 .certificates_from_file = true,
                                 .default_credentials = true,
                                 .newest = TLS1_3_VERSION },
    [SMTP_CLIENT_POLICY_FRAMEWORK] = { .choice = POLICY_BY_NAMES,
                                       .resumes = true,
                                       .keyless_is_anonymous = true,
                                       .default_credentials = true,
                                       .newest = TLS1_3_VERSION },
    [SMTP_CLIENT_POLICY_DOTNET_LINUX] = { .choice = POLICY_FIRST,
                                          .resumes = true,
                                          .keyless_is_anonymous = true,
                                          .keeps_tickets = true,
                                          .without_addresses = true,
                                          .default_credentials = true,
                                          .newest = TLS1_3_VERSION },
    [SMTP_CLIENT_POLICY_MONO] = { .choice = POLICY_BY_NAMES_BLIND, .newest = TLS1_2_VERSION },
    [SMTP_CLIENT_POLICY_OPENSSL] = { .choice = POLICY_FIRST,
                                     .own_chain = true,
                                     .resumes = true,
                                     .keyed_by_port = true,
                                     .keyed_by_trust = true,
                                     .default_credentials = true,
                                     .newest = TLS1_3_VERSION },
};

const struct policy *policy_get(enum smtp_client_policy policy)
{
    return &policies[policy];
}

int smtp_client_policy_find(const char *name, enum smtp_client_policy *policy)
{
    for (int i = 0; i < SMTP_CLIENT_POLICY_COUNT; i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        *policy = (enum smtp_client_policy)i;
        return 0;
    }
    return -1;
}

const char *smtp_client_policy_name(enum smtp_client_policy policy)
{
    return names[policy];
}

const char *smtp_client_policy_meaning(enum smtp_client_policy policy)
{
    return meanings[policy];
}

bool smtp_client_policy_takes_certificates(enum smtp_client_policy policy)
{
    return policies[policy].certificates_from_file;
}

int smtp_client_policy_newest(enum smtp_client_policy policy)
{
    return policies[policy].newest;
}

void policy_limit_peer(const struct policy *policy, struct session_peer *peer)
{
    if (!policy->keyed_by_port)
        peer->port = 0;
    if (!policy->keyed_by_trust)
        memset(peer->trust, 0, sizeof(peer->trust));
}

static bool is_address(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

bool policy_resumes(const struct policy *policy, const char *host)
{
    return policy->resumes && !(policy->without_addresses && is_address(host));
}
