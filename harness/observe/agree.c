/* Where both ends know a fact they must agree. */
#include "harness/observe/view.h"

#include <string.h>
#include <talloc.h>

/* What the client says of its own handshake, in the words of the fact. NULL: it does not say. */
typedef const char *claim(const struct observation *all, const json_t *report);

static const char *text_of(const json_t *report, const char *name)
{
    return json_string_value(json_object_get(report, name));
}

static const char *claim_presented(const struct observation *all, const json_t *report)
{
    const char *presented = text_of(report, "presented");
    const struct pki_identity *identity;

    if (presented == NULL)
        return NULL;
    identity = pki_find_fingerprint(all->pki, presented);
    return identity != NULL ? identity->name : presented;
}

static const char *claim_requested(const struct observation *all, const json_t *report)
{
    const json_t *requested = json_object_get(report, "requested");

    (void)all;
    return requested == NULL ? NULL : json_is_true(requested) ? "yes" : "no";
}

static const char *claim_offered(const struct observation *all, const json_t *report)
{
    (void)all;
    return text_of(report, "offered");
}

static const char *claim_resumed(const struct observation *all, const json_t *report)
{
    (void)all;
    return text_of(report, "resumed");
}

static const char *claim_tls(const struct observation *all, const json_t *report)
{
    const char *tls = text_of(report, "tls");

    (void)all;
    return tls != NULL && tls[0] != '\0' ? tls : NULL;
}

static const struct {
    enum fact_id fact;
    claim *claim;
} claims[] = {
    { FACT_PRESENTED, claim_presented },
    { FACT_REQUESTED, claim_requested },
    { FACT_OFFERED, claim_offered },
    { FACT_RESUMED, claim_resumed },
    { FACT_TLS, claim_tls },
};

/* Only of a connection that this step opened and whose handshake both ends finished: before that,
 * one of them knows less. */
static bool is_comparable(const struct observation *all, const struct observed_step *step)
{
    const struct evidence_answer *answer = &all->evidence->answers[step->number - 1];
    const struct observed_connection *connection = step->connection;

    return answer->report != NULL && connection != NULL && connection->handshake &&
           connection->opened_in == step->number && evidence_flag(answer->report, "handshake");
}

/* A library may know no more of a session than that it was resumed. */
static bool agrees(const char *said, const char *seen)
{
    return strcmp(said, seen) == 0 || (strcmp(said, "yes") == 0 && strcmp(seen, "no") != 0);
}

const char *observe_disagreement(void *context, const struct observation *all)
{
    for (size_t i = 0; i < all->n_steps; i++) {
        const struct observed_step *step = &all->steps[i];

        if (!is_comparable(all, step))
            continue;
        for (size_t j = 0; j < sizeof(claims) / sizeof(claims[0]); j++) {
            const char *said = claims[j].claim(all, all->evidence->answers[i].report);
            const struct fact_value *seen = &step->facts[claims[j].fact];

            if (said != NULL && seen->values != NULL && !agrees(said, seen->values[0]))
                return talloc_asprintf(
                    context,
                    "step %d: the ends disagree on %s: the client says %s, the server saw %s",
                    step->number, facts[claims[j].fact].name, said, observe_words(context, seen));
        }
    }
    return NULL;
}
