/* Facts that are a field of an event: one row each. */
#include "harness/observe/view.h"

#include <talloc.h>

static const struct {
    enum event_id event;
    const char *field;
} rows[FACT_COUNT] = {
    [FACT_HELLO_EXTENSIONS] = { EVENT_CLIENT_HELLO, "extensions" },
    [FACT_HELLO_VERSIONS] = { EVENT_CLIENT_HELLO, "versions" },
    [FACT_HELLO_CIPHERS] = { EVENT_CLIENT_HELLO, "ciphers" },
    [FACT_HELLO_SIGNATURES] = { EVENT_CLIENT_HELLO, "signature_algorithms" },
    [FACT_ALPN_OFFERED] = { EVENT_CLIENT_HELLO, "alpn" },
    [FACT_HELLO_LEGACY] = { EVENT_CLIENT_HELLO, "legacy_version" },
    [FACT_HELLO_GROUPS] = { EVENT_CLIENT_HELLO, "groups" },
    [FACT_HELLO_PSK_MODES] = { EVENT_CLIENT_HELLO, "psk_modes" },
    [FACT_HELLO_NAMES] = { EVENT_CLIENT_HELLO, "names" },
    [FACT_HELLO_SESSION] = { EVENT_CLIENT_HELLO, "session" },
    [FACT_HELLO_RENEGOTIATION] = { EVENT_CLIENT_HELLO, "renegotiation_info" },
    [FACT_REQUEST_NAMES] = { EVENT_CERTIFICATE_REQUEST, "names" },
    [FACT_REQUEST_SIGNATURES] = { EVENT_CERTIFICATE_REQUEST, "signature_algorithms" },
    [FACT_REQUEST_SIGNATURES_CERT] = { EVENT_CERTIFICATE_REQUEST, "signature_algorithms_cert" },
    [FACT_REQUEST_TYPES] = { EVENT_CERTIFICATE_REQUEST, "types" },
    [FACT_REQUEST_OIDS] = { EVENT_CERTIFICATE_REQUEST, "oid_filters" },
    [FACT_REQUEST_CONTEXTS] = { EVENT_CERTIFICATE_REQUEST, "context" },
    [FACT_CERTIFICATE_VERSIONS] = { EVENT_CERTIFICATE, "versions" },
    [FACT_CERTIFICATE_KEYS] = { EVENT_CERTIFICATE, "keys" },
    [FACT_CERTIFICATE_SIGNATURES] = { EVENT_CERTIFICATE, "signatures" },
    [FACT_TICKET_LIFETIMES] = { EVENT_SESSION_ISSUED, "lifetime" },
    [FACT_TICKET_NONCES] = { EVENT_SESSION_ISSUED, "nonce" },
    [FACT_TICKET_EARLY_DATA] = { EVENT_SESSION_ISSUED, "early_data" },
    [FACT_TICKET_AGES] = { EVENT_SESSION_ISSUED, "age_add" },
};

static const char *text_of(void *context, const json_t *value)
{
    if (json_is_integer(value))
        return talloc_asprintf(context, "%lld", (long long)json_integer_value(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? "yes" : "no";
    return json_string_value(value);
}

/* An empty text says nothing. */
static void add_text(struct fact_list *list, const char *text)
{
    if (text != NULL && text[0] != '\0')
        fact_list_add(list, text);
}

static void add_field(struct fact_list *list, const json_t *value)
{
    if (!json_is_array(value))
        add_text(list, text_of(list->context, value));
    for (size_t i = 0; i < json_array_size(value); i++)
        add_text(list, text_of(list->context, json_array_get(value, i)));
}

struct fact_value told_get(const struct view *view, enum fact_id fact)
{
    const struct evidence *evidence = view->all->evidence;
    struct fact_list list = { view->context, NULL, 0 };
    bool came = false;

    for (size_t i = 0; i < evidence->n_events; i++) {
        const struct evidence_event *event = &evidence->events[i];

        if (event->id != rows[fact].event || !view_is_about(view, event))
            continue;
        came = true;
        add_field(&list, json_object_get(event->fields, rows[fact].field));
    }
    if (!came || (list.n == 0 && facts[fact].type != FACT_IS_LIST))
        return (struct fact_value){ NULL, false };
    return fact_list_value(&list, facts[fact].type == FACT_IS_LIST);
}
