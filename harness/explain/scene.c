#include "harness/explain/scene.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <talloc.h>

/* More names than these are counted. */
enum { NAMES_TOLD = 3 };

/* --- events --- */

static bool is_here(const struct scene *scene, const struct evidence_event *event)
{
    return scene->connection != NULL && event->connection == scene->connection->number;
}

const struct evidence_event *scene_first(const struct scene *scene, enum event_id id)
{
    const struct evidence *evidence = scene->all->evidence;

    for (size_t i = 0; i < evidence->n_events; i++)
        if (evidence->events[i].id == id && is_here(scene, &evidence->events[i]))
            return &evidence->events[i];
    return NULL;
}

const struct evidence_event *scene_last(const struct scene *scene, enum event_id id)
{
    const struct evidence *evidence = scene->all->evidence;

    for (size_t i = evidence->n_events; i > 0; i--)
        if (evidence->events[i - 1].id == id && is_here(scene, &evidence->events[i - 1]))
            return &evidence->events[i - 1];
    return NULL;
}

bool scene_message(const struct scene *scene, const char *direction, const char *name)
{
    const struct evidence *evidence = scene->all->evidence;

    for (size_t i = 0; i < evidence->n_events; i++) {
        const struct evidence_event *event = &evidence->events[i];

        if (event->id == EVENT_HANDSHAKE_MESSAGE && is_here(scene, event) &&
            strcmp(evidence_text(event->fields, "direction"), direction) == 0 &&
            strcmp(evidence_text(event->fields, "name"), name) == 0)
            return true;
    }
    return false;
}

const struct scenario_delta *scene_script(const struct scene *scene)
{
    const struct evidence_event *event = scene_last(scene, EVENT_SCRIPT);
    const struct scenario_server *server = scene->asked->server;
    size_t index = event != NULL ? (size_t)evidence_number(event->fields, "index") : 0;

    return event != NULL && scene->known && index < server->n_script ? &server->script[index]
                                                                     : NULL;
}

const char *const *scene_list(const struct scene *scene, const struct evidence_event *event,
                              const char *member)
{
    static const char *const none[] = { NULL };

    return event != NULL ? evidence_list(scene->context, event->fields, member) : none;
}

/* --- words --- */

size_t scene_count(const char *const *items)
{
    size_t n = 0;

    while (items[n] != NULL)
        n++;
    return n;
}

bool scene_has(const char *const *items, const char *item)
{
    while (*items != NULL && strcmp(*items, item) != 0)
        items++;
    return *items != NULL;
}

const char *scene_words(const struct scene *scene, const char *const *items)
{
    size_t n = scene_count(items), told = n <= NAMES_TOLD + 1 ? n : NAMES_TOLD;
    char *words = talloc_strdup(scene->context, n > 0 ? items[0] : "nothing");

    for (size_t i = 1; i < told; i++)
        words = talloc_asprintf_append_buffer(words, "%s%s", i + 1 == n ? " and " : ", ", items[i]);
    return told < n ? talloc_asprintf_append_buffer(words, " and %zu more", n - told) : words;
}

const char *scene_names(const struct scene *scene, const struct scenario_names *names)
{
    const char **items = talloc_array(scene->context, const char *, (unsigned)names->n + 1);

    for (size_t i = 0; i < names->n; i++)
        items[i] = names->items[i].text;
    items[names->n] = NULL;
    return scene_words(scene, items);
}

const char *scene_dn(const struct scene *scene, const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL, *text;
    long size;

    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    size = BIO_get_mem_data(bio, &bytes);
    text = talloc_strndup(scene->context, bytes, (size_t)size);
    BIO_free(bio);
    return text;
}

const char *scene_short(const struct scene *scene, const char *dn)
{
    static const char ours[] = ",O=counterseal";
    size_t length = strlen(dn), end = strlen(ours);

    if (length <= end || strcmp(dn + length - end, ours) != 0)
        return dn;
    return talloc_strndup(scene->context, dn, length - end);
}

const char *scene_time(const struct scene *scene, const ASN1_TIME *time)
{
    struct tm utc = { 0 };
    char text[40] = "";

    if (ASN1_TIME_to_tm(time, &utc) == 1)
        (void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &utc);
    return talloc_strdup(scene->context, text);
}

const char *const *scene_collection(const struct scene *scene)
{
    const struct scenario_client *client = scene->asked->client;
    const char **items =
        talloc_array(scene->context, const char *, (unsigned)client->n_certificates + 1);

    for (size_t i = 0; i < client->n_certificates; i++)
        items[i] = client->certificates[i].identity;
    items[client->n_certificates] = NULL;
    return items;
}

bool scene_is_someone(const char *name)
{
    static const char *const nobody[] = { "empty", "nothing", "none", NULL };

    return name != NULL && !scene_has(nobody, name);
}

const char *scene_presented(const struct scene *scene)
{
    const struct observed_connection *connection = scene->connection;

    return connection != NULL && scene_is_someone(connection->presented) ? connection->presented
                                                                         : NULL;
}

const char *scene_key_kind(const X509 *certificate)
{
    switch (EVP_PKEY_get_base_id(X509_get0_pubkey(certificate))) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return "RSA";
    case EVP_PKEY_ED25519:
        return "Ed25519";
    default:
        return "ECDSA";
    }
}

const char *scene_usages(const struct scene *scene, const X509 *certificate)
{
    EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
    int n = usages != NULL ? sk_ASN1_OBJECT_num(usages) : 0;
    const char **items = talloc_zero_array(scene->context, const char *, (unsigned)n + 1);

    for (int i = 0; i < n; i++) {
        const ASN1_OBJECT *usage = sk_ASN1_OBJECT_value(usages, i);
        char oid[80];

        OBJ_obj2txt(oid, sizeof(oid), usage, 1);
        items[i] = OBJ_obj2nid(usage) != NID_undef ? OBJ_nid2sn(OBJ_obj2nid(usage))
                                                   : talloc_strdup(scene->context, oid);
    }
    sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
    return n > 0 ? scene_words(scene, items) : "";
}
