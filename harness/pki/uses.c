#include "harness/pki/uses.h"

static int visit_name(const struct uses_visitor *visitor, const char *name, struct error *err)
{
    return visitor->visit(visitor->context, name, err);
}

static int visit_names(const struct uses_visitor *visitor, const struct scenario_names *names,
                       struct error *err)
{
    for (size_t i = 0; i < names->n; i++)
        if (visit_name(visitor, names->items[i].text, err) != 0)
            return -1;
    return 0;
}

static int visit_judgement(const struct uses_visitor *visitor,
                           const struct scenario_judgement *judgement, struct error *err)
{
    for (size_t i = 0; i < judgement->n_accounts; i++)
        if (judgement->accounts[i].certificate.text != NULL &&
            visit_name(visitor, judgement->accounts[i].certificate.text, err) != 0)
            return -1;
    if (visit_names(visitor, &judgement->revoked, err) != 0)
        return -1;
    return visit_names(visitor, &judgement->pins, err);
}

static int visit_server(const struct uses_visitor *visitor, const struct scenario_server *server,
                        struct error *err)
{
    if (visit_name(visitor, server->certificate.text, err) != 0 ||
        visit_names(visitor, &server->chain, err) != 0 ||
        visit_names(visitor, &server->trust, err) != 0 ||
        visit_names(visitor, &server->names, err) != 0 ||
        visit_judgement(visitor, &server->judgement, err) != 0)
        return -1;
    for (size_t i = 0; i < server->n_hosts; i++)
        if (visit_server(visitor, server->hosts[i].server, err) != 0)
            return -1;
    for (size_t i = 0; i < server->n_ports; i++)
        if (visit_server(visitor, server->ports[i].server, err) != 0)
            return -1;
    return 0;
}

/* The values of an act are names, or words that are none. */
static int visit_probe(const struct uses_visitor *visitor, const struct scenario_probe *probe,
                       struct error *err)
{
    for (size_t i = 0; i < probe->n_acts; i++) {
        const struct scenario_act *act = &probe->acts[i];

        for (const char *const *name = act->values; act->identities && *name != NULL; name++)
            if (visit_name(visitor, *name, err) != 0)
                return -1;
    }
    return 0;
}

static int visit_step(const struct uses_visitor *visitor, const struct scenario_step *step,
                      struct error *err)
{
    const struct scenario_client *client = step->client;

    if (visit_server(visitor, step->server, err) != 0 ||
        visit_names(visitor, &client->trust, err) != 0)
        return -1;
    for (size_t i = 0; i < client->n_certificates; i++)
        if (visit_name(visitor, client->certificates[i].identity, err) != 0)
            return -1;
    for (size_t i = 0; i < step->n_probe; i++)
        if (visit_probe(visitor, &step->probe[i], err) != 0)
            return -1;
    return 0;
}

int uses_visit(const struct scenario *scenario, const struct uses_visitor *visitor,
               struct error *err)
{
    for (size_t i = 0; i < scenario->n_steps; i++)
        if (visit_step(visitor, &scenario->steps[i], err) != 0)
            return -1;
    return 0;
}
