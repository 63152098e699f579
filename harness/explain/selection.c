/* What the client sent, and why nothing else. Source: shared rules R21-R30, RFC
 * 8446 4.3.2, 4.4.2.3.
 */
#include "harness/explain/scene.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <strings.h>
#include <talloc.h>

static const struct evidence_event *request(const struct scene *scene)
{
    return scene_last(scene, EVENT_CERTIFICATE_REQUEST);
}

/* --- why a certificate does not fit what was asked for --- */

typedef const char *misfit(const struct scene *scene, const struct pki_identity *identity);

static const char *key_missing(const struct scene *scene, const struct pki_identity *identity)
{
    if (identity->fault == SCENARIO_KEY_MISSING)
        return talloc_asprintf(scene->context, "%s has no private key", identity->name);
    if (identity->fault == SCENARIO_KEY_WRONG)
        return talloc_asprintf(scene->context,
                               "the private key given with %s is not that of its certificate",
                               identity->name);
    return NULL;
}

/* An intermediate of its own, or another authority above it, that is named. */
static const char *named_above(const struct scene *scene, const struct pki_identity *identity,
                               const char *const *named, bool *was_given)
{
    const struct scenario_identity *row =
        scenario_find_identity(scene->all->scenario, identity->name);
    const struct scenario_identity *up =
        row != NULL && row->issuer != NULL
            ? scenario_find_identity(scene->all->scenario, row->issuer)
            : NULL;

    *was_given = !identity->bare;
    for (int i = 0; up != NULL && up->issuer != NULL && i < SCENARIO_DEPTH_MAX; i++) {
        const struct pki_identity *authority = pki_find(scene->all->pki, up->name);
        const char *issuer =
            authority != NULL ? scene_dn(scene, X509_get_issuer_name(authority->certificate)) : "";

        if (scene_has(named, issuer))
            return up->name;
        up = scenario_find_identity(scene->all->scenario, up->issuer);
    }
    return NULL;
}

/* A name that only a lenient reader takes for the same. */
static const char *nearly_named(const char *const *named, const char *issuer)
{
    while (*named != NULL && strcasecmp(*named, issuer) != 0)
        named++;
    return *named;
}

/* Names in public trust stores can be longer than the sentence. */
enum { BRIEF_MAX = 60 };

static const char *brief(const struct scene *scene, const char *dn)
{
    const char *text = scene_short(scene, dn);

    return strlen(text) <= BRIEF_MAX ? text
                                     : talloc_asprintf(scene->context, "%.*s...", BRIEF_MAX, text);
}

static const char *issuer_unnamed(const struct scene *scene, const struct pki_identity *identity)
{
    const char *const *named = scene_list(scene, request(scene), "names");
    const char *issuer = scene_dn(scene, X509_get_issuer_name(identity->certificate)), *near;
    size_t n = scene_count(named);
    const char **told = talloc_array(scene->context, const char *, (unsigned)n + 1);
    bool given;
    const char *above = named_above(scene, identity, named, &given);

    if (n == 0 || scene_has(named, issuer) || (above != NULL && given))
        return NULL;
    if (above != NULL)
        return talloc_asprintf(scene->context,
                               "%s's issuer %s is not named; that one's issuer is, but the "
                               "intermediate %s was not given with %s",
                               identity->name, scene_short(scene, issuer), above, identity->name);
    near = nearly_named(named, issuer);
    if (near != NULL)
        return talloc_asprintf(scene->context,
                               "the server named %s and %s's issuer is %s: they differ in capitals "
                               "only, which not every client takes for the same name",
                               near, identity->name, issuer);
    for (size_t i = 0; i <= n; i++)
        told[i] = named[i] != NULL ? brief(scene, named[i]) : NULL;
    return talloc_asprintf(scene->context,
                           "the server named %zu issuer%s (%s); %s's issuer %s is not %s", n,
                           n == 1 ? "" : "s", scene_words(scene, told), identity->name,
                           scene_short(scene, issuer), n == 1 ? "that one" : "one of them");
}

static const char *type_unwanted(const struct scene *scene, const struct pki_identity *identity)
{
    const char *const *types = scene_list(scene, request(scene), "types");
    const char *kind = scene_key_kind(identity->certificate);
    const char *type = strcmp(kind, "RSA") == 0 ? "rsa_sign" : "ecdsa_sign";

    if (types[0] == NULL || scene_has(types, type))
        return NULL;
    return talloc_asprintf(scene->context, "%s's key is %s and the server takes only %s",
                           identity->name, kind, scene_words(scene, types));
}

/* The kind of key that an algorithm signs with. */
static const char *kind_of(const char *algorithm)
{
    static const char *const kinds[][2] = { { "ecdsa_", "ECDSA" },
                                            { "rsa_", "RSA" },
                                            { "ed25519", "Ed25519" },
                                            { "ed448", "Ed448" },
                                            { "dsa_", "DSA" } };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strncmp(algorithm, kinds[i][0], strlen(kinds[i][0])) == 0)
            return kinds[i][1];
    return "other";
}

static const char *algorithm_unwanted(const struct scene *scene,
                                      const struct pki_identity *identity)
{
    const char *const *listed = scene_list(scene, request(scene), "signature_algorithms");
    const char *kind = scene_key_kind(identity->certificate);
    const char **kinds =
        talloc_zero_array(scene->context, const char *, (unsigned)scene_count(listed) + 1);
    size_t n = 0;

    if (listed[0] == NULL)
        return NULL;
    for (; *listed != NULL; listed++)
        if (!scene_has(kinds, kind_of(*listed)))
            kinds[n++] = kind_of(*listed);
    if (scene_has(kinds, kind))
        return NULL;
    return talloc_asprintf(scene->context, "%s's key is %s and the server lists only %s algorithms",
                           identity->name, kind, scene_words(scene, kinds));
}

/* TLS 1.3: what a certificate may be signed with. Source: RFC 8446 section 4.2.3. */
static const char *signature_unwanted(const struct scene *scene,
                                      const struct pki_identity *identity)
{
    static const char *const names[][2] = { { "ecdsa-with-SHA256", "ecdsa_secp256r1_sha256" },
                                            { "RSA-SHA256", "rsa_pkcs1_sha256" },
                                            { "ED25519", "ed25519" } };
    const char *const *listed = scene_list(scene, request(scene), "signature_algorithms_cert");
    const char *signature = OBJ_nid2sn(X509_get_signature_nid(identity->certificate));

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(signature, names[i][0]) == 0)
            signature = names[i][1];
    if (listed[0] == NULL || scene_has(listed, signature))
        return NULL;
    return talloc_asprintf(scene->context,
                           "%s is signed with %s and the server takes certificates signed with %s",
                           identity->name, signature, scene_words(scene, listed));
}

/* An end entity has such an extension and, of usages, the one that is wanted.
 * Source: RFC 8446 section 4.2.5. */
static bool has_extension(const struct scene *scene, const X509 *certificate, const char *filter)
{
    size_t length = strcspn(filter, "=");
    int nid = OBJ_txt2nid(talloc_strndup(scene->context, filter, length));
    bool there = nid != NID_undef && X509_get_ext_by_NID(certificate, nid, -1) >= 0;

    if (!there || nid != NID_ext_key_usage || filter[length] == '\0')
        return there;
    return strstr(scene_usages(scene, certificate), filter + length + 1) != NULL;
}

static const char *filter_unmet(const struct scene *scene, const struct pki_identity *identity)
{
    const char *const *filter = scene->known ? scene->server->request.oid_filters : NULL;

    if (filter == NULL || scene_list(scene, request(scene), "oid_filters")[0] == NULL)
        return NULL;
    while (*filter != NULL && has_extension(scene, identity->certificate, *filter))
        filter++;
    return *filter == NULL ? NULL
                           : talloc_asprintf(scene->context,
                                             "the server wants a certificate with %s, and "
                                             "%s is none",
                                             *filter, identity->name);
}

static misfit *const misfits[] = {
    key_missing,        issuer_unnamed,     type_unwanted,
    algorithm_unwanted, signature_unwanted, filter_unmet,
};

/* Why a certificate does not fit; NULL: it does, as far as is seen. */
static const char *misfit_of(const struct scene *scene, const char *name)
{
    const struct pki_identity *identity = pki_find(scene->all->pki, name);
    const char *text = NULL;

    if (identity == NULL)
        return talloc_asprintf(scene->context, "what %s is is not known", name);
    for (size_t i = 0; text == NULL && i < sizeof(misfits) / sizeof(misfits[0]); i++)
        text = misfits[i](scene, identity);
    return text;
}

const char *scene_key_faults(const struct scene *scene)
{
    const char *const *items = scene_collection(scene);
    char *all = talloc_strdup(scene->context, "");

    for (; scene->known && *items != NULL; items++) {
        const struct pki_identity *identity = pki_find(scene->all->pki, *items);
        const char *text = identity != NULL ? key_missing(scene, identity) : NULL;

        if (text != NULL)
            all = talloc_asprintf_append_buffer(all, "; %s", text);
    }
    return all;
}

/* --- causes --- */

const char *cause_resumed_identity(const struct scene *scene)
{
    const struct observed_connection *connection = scene->connection;

    if (!connection->handshake || strcmp(connection->resumed, "no") == 0)
        return NULL;
    return talloc_asprintf(scene->context,
                           "no certificate was asked for: a session was resumed (%s), whose "
                           "identity the server keeps: %s",
                           connection->resumed, connection->identity);
}

const char *cause_not_asked(const struct scene *scene)
{
    const struct observed_connection *connection = scene->connection;
    const char *const *items = scene_collection(scene);

    if (!connection->handshake || connection->requested)
        return NULL;
    if (!scene->known || items[0] == NULL)
        return "the server asked for no certificate";
    return talloc_asprintf(scene->context, "the server asked for no certificate, so %s %s not sent",
                           scene_words(scene, items), items[1] == NULL ? "was" : "were");
}

const char *cause_asked_and_left(const struct scene *scene)
{
    const struct observed_connection *connection = scene->connection;

    if (!connection->requested || scene_first(scene, EVENT_CERTIFICATE) != NULL ||
        connection->alert_sent != NULL || scene_server_refused(scene))
        return NULL;
    if (connection->handshake)
        return "the server asked for a certificate and the client sent no Certificate message";
    return "the client was asked for a certificate and left without an answer; why is not known "
           "from the wire";
}

const char *cause_empty_collection(const struct scene *scene)
{
    if (strcmp(scene->connection->presented, "empty") != 0)
        return NULL;
    if (!scene->known)
        return "the client sent an empty list; which certificates it had is not known";
    return scene_collection(scene)[0] == NULL
               ? "the client has no certificate to send: it sent an empty list"
               : NULL;
}

const char *cause_none_fits(const struct scene *scene)
{
    const char *const *items = scene_collection(scene);
    char *all = NULL;

    if (strcmp(scene->connection->presented, "empty") != 0 || !scene->known)
        return NULL;
    for (; *items != NULL; items++) {
        const char *text = misfit_of(scene, *items);

        if (text == NULL)
            text = talloc_asprintf(scene->context,
                                   "why %s was not sent is not known: its issuer and its key fit",
                                   *items);
        all = all == NULL ? talloc_strdup(scene->context, text)
                          : talloc_asprintf_append_buffer(all, "; %s", text);
    }
    return all;
}

const char *cause_sent_stranger(const struct scene *scene)
{
    const char *sent = scene_presented(scene);
    const char *const *items = scene_collection(scene);

    if (sent == NULL || !scene->known || scene_has(items, sent))
        return NULL;
    return talloc_asprintf(scene->context, "%s was sent, and the client was given %s", sent,
                           items[0] == NULL ? "no certificate" : scene_words(scene, items));
}

const char *cause_sent_misfit(const struct scene *scene)
{
    const char *sent = scene_presented(scene);
    const char *text = sent != NULL && scene->known ? misfit_of(scene, sent) : NULL;

    return text == NULL
               ? NULL
               : talloc_asprintf(scene->context, "%s was sent all the same: %s", sent, text);
}

const char *cause_sent_out_of_turn(const struct scene *scene)
{
    const char *sent = scene_presented(scene);
    const char *const *item = scene_collection(scene);

    if (sent == NULL || !scene->known)
        return NULL;
    while (*item != NULL && strcmp(*item, sent) != 0 && misfit_of(scene, *item) != NULL)
        item++;
    if (*item == NULL || strcmp(*item, sent) == 0)
        return NULL;
    return talloc_asprintf(
        scene->context, "%s was sent though %s, which comes before it, fits as well", sent, *item);
}

const char *cause_sent_in_turn(const struct scene *scene)
{
    const char *sent = scene_presented(scene);
    const char *const *items = scene_collection(scene);

    if (sent == NULL || !scene->known || items[0] == NULL || items[1] == NULL)
        return NULL;
    if (strcmp(items[0], sent) != 0)
        return talloc_asprintf(scene->context, "%s was sent: %s", sent, misfit_of(scene, items[0]));
    if (scene_list(scene, request(scene), "names")[0] == NULL)
        return talloc_asprintf(scene->context,
                               "the server named no issuer, so the first was sent that has a "
                               "private key: %s",
                               sent);
    return talloc_asprintf(scene->context, "%s was sent: the first whose issuer the server named",
                           sent);
}
