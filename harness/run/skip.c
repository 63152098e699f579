/* What a client cannot do is known before it is run. */
#include "harness/run/skip.h"

#include "harness/base/text.h"

#include <string.h>
#include <talloc.h>

static const char *const mode_names[] = { "STARTTLS", "implicit TLS" };
static const char *const security_names[] = { "require TLS", "use TLS only where it is offered",
                                              "do without TLS" };

/* A name that every resolver knows, or an address. */
static bool is_reachable(const char *host)
{
    return strcmp(host, "localhost") == 0 || text_is_address(host);
}

static const char *step_reason(void *context, const struct profile *profile,
                               const struct scenario_step *step, size_t mails_of_process)
{
    const struct scenario_client *client = step->client;

    if (client->policy != NULL && profile->policy == NULL)
        return talloc_strdup(context, "only the reference client follows a policy on demand");
    if (client->policy != NULL && strcmp(client->policy, profile->policy) != 0)
        return talloc_asprintf(context, "the case is about the policy %s", client->policy);
    if (profile->newest != 0 && step->server->tls_min > profile->newest)
        return talloc_asprintf(context, "it speaks nothing newer than TLS 1.%d",
                               profile->newest - 0x0301);
    if (client->alpn != NULL && profile->policy == NULL)
        return talloc_strdup(context, "the protocols it offers cannot be chosen");
    if (client->tls_min != 0 && profile->policy == NULL)
        return talloc_strdup(context, "the versions it speaks cannot be chosen");
    if (client->misbehave != NULL)
        return talloc_strdup(context, "only the reference client misbehaves on demand");
    if ((int)client->n_certificates > profile->max_certificates)
        return talloc_asprintf(context, "it holds at most %d certificate%s, the case needs %zu",
                               profile->max_certificates, profile->max_certificates == 1 ? "" : "s",
                               client->n_certificates);
    if (profile->needs_certificate && client->n_certificates == 0)
        return talloc_strdup(context, "it cannot run without a certificate");
    if (!profile->modes[scenario_mode_of(step)])
        return talloc_asprintf(context, "it has no %s", mode_names[scenario_mode_of(step)]);
    if (!profile->security[client->tls])
        return talloc_asprintf(context, "it cannot %s", security_names[client->tls]);
    if (!profile->any_host && !is_reachable(client->host))
        return talloc_asprintf(context, "it cannot be told where the host %s is", client->host);
    if (step->clock_s != 0 && profile->policy == NULL)
        return talloc_strdup(context, "its clock cannot be moved");
    if (!profile->driver && mails_of_process > 1 && profile->next == NULL)
        return talloc_strdup(context, "it sends one mail from one process, the case needs several");
    if (!profile->driver && mails_of_process > 1 && step->new_client)
        return talloc_strdup(context, "it cannot make a new client object in one process");
    return NULL;
}

const char *run_skip_reason(void *context, const struct profile *profile,
                            const struct scenario *scenario)
{
    const char *reason = NULL;
    size_t mails = 0;

    if (profile == NULL)
        return NULL;
    if (profile->server != NULL)
        return run_skip_reason_of_server(context, profile, scenario);
    if (scenario->caught != NULL)
        return "a self-test is about the tester";
    if (scenario->about_server)
        return "the case is about servers";
    for (size_t i = 0; i < scenario->n_steps && reason == NULL; i++) {
        const struct scenario_step *step = &scenario->steps[i];

        if (step->is_probe)
            return "only the probe says what it says: the case is about the server";
        if (step->send == NULL)
            continue;
        mails = step->restart ? 1 : mails + 1;
        reason = step_reason(context, profile, step, mails);
    }
    return reason;
}
