/* A combination as a scenario: what a default says is left out, so that a small one reads well. */
#include "harness/model/model.h"
#include "harness/model/oracle.h"

#include <string.h>
#include <talloc.h>

static const char *const sessions[] = {
    [MODEL_BOTH] = "",
    [MODEL_IDS] = "  sessions: {ids: yes, tickets: 0}\n",
    [MODEL_TICKETS] = "  sessions: {ids: no, tickets: 2}\n",
    [MODEL_NO_SESSIONS] = "  sessions: none\n",
};

/* "[a, b]" */
static char *list_text(void *context, const char *const *words, size_t n)
{
    char *text = talloc_strdup(context, "[");

    for (size_t i = 0; i < n; i++)
        text = talloc_asprintf_append_buffer(text, "%s%s", i > 0 ? ", " : "", words[i]);
    return talloc_strdup_append_buffer(text, "]");
}

static char *collection_text(void *context, const struct model_collection *collection)
{
    return list_text(context, collection->identities, collection->n);
}

static char *add_server(char *text, const struct model_situation *situation)
{
    static const char *const asks[] = { "no", "request", "require" };

    text = talloc_asprintf_append_buffer(text, "server:\n");
    if (situation->mode == SCENARIO_IMPLICIT)
        text = talloc_strdup_append_buffer(text, "  mode: implicit\n");
    text = talloc_asprintf_append_buffer(text, "  tls: \"%s\"\n", situation->tls);
    text = talloc_strdup_append_buffer(text, sessions[situation->sessions]);
    text =
        talloc_asprintf_append_buffer(text, "  client_certificate: {ask: %s", asks[situation->ask]);
    if (situation->ask != SCENARIO_ASK_NO)
        text = talloc_asprintf_append_buffer(
            text, ", trust: %s", list_text(text, situation->trust.names, situation->trust.n));
    if (!situation->names_as_trust)
        text = talloc_asprintf_append_buffer(
            text, ", names: %s", list_text(text, situation->names.names, situation->names.n));
    return talloc_strdup_append_buffer(text, "}\n");
}

/* What happens before the second mail, as the beginning of its step. */
static char *add_change(char *text, const struct model_situation *situation)
{
    switch (situation->change) {
    case MODEL_EMPTIED:
    case MODEL_TO_BOB:
    case MODEL_TO_ALICE:
    case MODEL_REVERSED:
        return talloc_asprintf_append_buffer(text, "  - client: {certificates: %s}\n    send: {}\n",
                                             collection_text(text, &situation->mails[1]));
    case MODEL_RENEWED:
        return talloc_strdup_append_buffer(
            text, "  - client: {replace: {alice: alice-2}}\n    send: {}\n");
    case MODEL_NEW_CLIENT:
        return talloc_strdup_append_buffer(text, "  - client: {new: yes}\n    send: {}\n");
    case MODEL_RESTARTED:
        return talloc_strdup_append_buffer(text, "  - restart: yes\n    send: {}\n");
    case MODEL_ONCE:
    case MODEL_SAME:
        break;
    }
    return talloc_strdup_append_buffer(text, "  - send: {}\n");
}

static char *add_facts(char *text, const struct model_facts *expected)
{
    bool delivered = expected->identity != NULL;

    text = talloc_asprintf_append_buffer(
        text, "    expect: {outcome: %s, requested: %s, presented: %s", expected->outcome,
        expected->requested, expected->presented);
    if (delivered)
        text = talloc_asprintf_append_buffer(text, ", identity: %s, tls: \"%s\"",
                                             expected->identity, expected->tls);
    if (expected->n_alerts > 0)
        text = talloc_asprintf_append_buffer(text, ", alert.sent: {any: %s}",
                                             list_text(text, expected->alerts, expected->n_alerts));
    return talloc_asprintf_append_buffer(text, ", offered: %s, resumed: %s, messages: %d}\n",
                                         expected->offered, expected->resumed, delivered ? 1 : 0);
}

/* The rules of both mails, each once. */
static char *spec_text(void *context, const struct model_facts *expected, size_t n)
{
    const char *rules[MODEL_MAILS_MAX] = { expected[0].rule, expected[1].rule };

    return list_text(context, rules, n == 2 && strcmp(rules[0], rules[1]) != 0 ? 2 : 1);
}

char *model_text(void *context, const struct model_combination *combination)
{
    const struct model_situation situation = model_situation_get(combination);
    struct model_facts expected[MODEL_MAILS_MAX] = { { 0 } };
    char *text = talloc_strdup(context, "");

    text = talloc_asprintf_append_buffer(text, "title: \"%s\"\n", model_id(text, combination));
    model_expect(&situation, expected);
    text = talloc_asprintf_append_buffer(text, "spec: %s\n",
                                         spec_text(text, expected, situation.n_mails));
    text = add_server(text, &situation);
    text = talloc_strdup_append_buffer(text, "client: {");
    if (situation.policy != MODEL_DOC)
        text = talloc_asprintf_append_buffer(text, "policy: %s, ",
                                             model_word(combination, MODEL_POLICY));
    text = talloc_asprintf_append_buffer(text, "certificates: %s}\nsteps:\n",
                                         collection_text(text, &situation.mails[0]));
    for (size_t i = 0; i < situation.n_mails; i++) {
        text = i == 0 ? talloc_strdup_append_buffer(text, "  - send: {}\n")
                      : add_change(text, &situation);
        text = add_facts(text, &expected[i]);
    }
    return text;
}
