#include "harness/scenario/cast.h"
#include "harness/scenario/arrays.h"
#include "harness/scenario/types.h"

#include <string.h>

enum { DAY = 24 * 60 * 60, YEAR = 365 * DAY };

static const char *const mail_names[] = { "localhost", "127.0.0.1", "::1", "mail.example.test",
                                          NULL };

/* The rows differ in little; what they share stands here. */
#define AUTHORITY(the_name, the_issuer)                                                            \
    {                                                                                              \
        .name = the_name, .issuer = the_issuer, .subject = the_name, .usage = SCENARIO_USAGE_CA,   \
        .not_before_s = -YEAR, .not_after_s = 10L * YEAR                                           \
    }
#define CLIENT(the_name, the_issuer, the_subject, ...)                                             \
    {                                                                                              \
        .name = the_name, .issuer = the_issuer, .subject = the_subject, .not_before_s = -DAY,      \
        .not_after_s = 90L * DAY, __VA_ARGS__                                                      \
    }

const struct scenario_identity scenario_cast[] = {
    AUTHORITY("alpha", NULL),
    AUTHORITY("beta", NULL),
    AUTHORITY("alpha-sub", "alpha"),
    CLIENT("alice", "alpha", "alice", .key = SCENARIO_KEY_EC),
    CLIENT("bob", "beta", "bob", .key = SCENARIO_KEY_EC),
    CLIENT("carol", "alpha-sub", "carol", .key = SCENARIO_KEY_EC),
    CLIENT("carol-bare", "alpha-sub", "carol", .bare = true),
    CLIENT("dave", "alpha", "dave", .key = SCENARIO_KEY_RSA),
    CLIENT("erin", "alpha", "erin", .key = SCENARIO_KEY_ED25519),
    CLIENT("alice-2", "alpha", "alice", .key = SCENARIO_KEY_EC),
    CLIENT("alice-keyless", "alpha", "alice", .fault = SCENARIO_KEY_MISSING),
    CLIENT("alice-wrong-key", "alpha", "alice", .fault = SCENARIO_KEY_WRONG),
    { .name = "expired",
      .issuer = "alpha",
      .subject = "expired",
      .not_before_s = -60L * DAY,
      .not_after_s = -DAY },
    { .name = "future",
      .issuer = "alpha",
      .subject = "future",
      .not_before_s = 30L * DAY,
      .not_after_s = 90L * DAY },
    CLIENT("server-only", "alpha", "server-only", .usage = SCENARIO_USAGE_SERVER),
    CLIENT("mallory", NULL, "mallory", .key = SCENARIO_KEY_EC),
    CLIENT("mail", "alpha", "mail.example.test", .usage = SCENARIO_USAGE_SERVER,
           .names = mail_names),
    CLIENT("mail-rsa", "alpha", "mail.example.test", .usage = SCENARIO_USAGE_SERVER,
           .key = SCENARIO_KEY_RSA, .names = mail_names),
    { .name = NULL },
};

static const struct scenario_identity *find(const struct scenario_identity *identities, size_t n,
                                            const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(identities[i].name, name) == 0)
            return &identities[i];
    }
    return NULL;
}

static size_t cast_size(void)
{
    return sizeof(scenario_cast) / sizeof(scenario_cast[0]) - 1;
}

const struct scenario_identity *scenario_find_identity(const struct scenario *scenario,
                                                       const char *name)
{
    const struct scenario_identity *identity = NULL;

    if (scenario != NULL)
        identity = find(scenario->identities, scenario->n_identities, name);
    return identity != NULL ? identity : find(scenario_cast, cast_size(), name);
}

static size_t add_names(const char **names, size_t n, const struct scenario_identity *identities,
                        size_t n_identities, bool only_authorities)
{
    for (size_t i = 0; i < n_identities; i++) {
        if (!only_authorities || identities[i].usage == SCENARIO_USAGE_CA)
            names[n++] = identities[i].name;
    }
    return n;
}

const char *const *identity_names(void *context, const struct scenario *scenario, const char *more,
                                  bool only_authorities)
{
    const char *const *words = words_split(context, more);
    size_t n_words = 0, n = 0;
    const char **names;

    while (words[n_words] != NULL)
        n_words++;
    names = ARRAY_NEW(context, const char *, scenario->n_identities + cast_size() + n_words + 1);
    for (; n < n_words; n++)
        names[n] = words[n];
    n = add_names(names, n, scenario->identities, scenario->n_identities, only_authorities);
    n = add_names(names, n, scenario_cast, cast_size(), only_authorities);
    names[n] = NULL;
    return names;
}

bool identity_check(const struct slot *slot)
{
    bool only_authorities = (slot->row->flags & SCHEMA_AUTHORITY) != 0;
    const struct scenario *scenario = slot->reader->scenario;
    const char *text = slot_text(slot);
    const struct scenario_identity *identity;
    void *context;

    if (text == NULL)
        return false;
    identity = scenario_find_identity(scenario, text);
    if (identity != NULL && only_authorities && identity->usage != SCENARIO_USAGE_CA) {
        slot_fault(slot, "\"%.60s\" is no authority: it has no usage \"ca\"", text);
        return false;
    }
    if (identity != NULL)
        return true;
    context = talloc_new(NULL);
    faults_add_unknown(slot->reader->faults, slot->path, slot->value->where, text,
                       identity_names(context, scenario, "", only_authorities),
                       only_authorities ? "authority" : "identity");
    talloc_free(context);
    return false;
}

/* --- pki: --- */

/* Whoever redefines one of the cast says only what is different. */
static void set_defaults(struct scenario_identity *identity, const char *name,
                         const struct node *map)
{
    const struct node *usage = node_find(map, "usage");
    const struct scenario_identity *of_cast = find(scenario_cast, cast_size(), name);

    if (of_cast != NULL) {
        *identity = *of_cast;
    } else if (usage != NULL && strcmp(usage->text, "ca") == 0) {
        *identity = (struct scenario_identity)AUTHORITY(name, NULL);
    } else {
        *identity =
            (struct scenario_identity)CLIENT(name, "alpha", name, .usage = SCENARIO_USAGE_CLIENT);
    }
    identity->name = name;
    identity->where = map->where;
}

static bool is_name(const char *name)
{
    return name[strspn(name,
                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] ==
               '\0' &&
           name[0] != '.' && name[0] != '-' && strlen(name) <= 64;
}

/* Words that expectations and issuers use for other things. */
static bool is_reserved(const char *name)
{
    static const char *const words[] = { "empty", "nothing", "none", "self", "yes", "no" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], name) == 0)
            return true;
    }
    return false;
}

static void check_name(const struct slot *slot, const struct node *key)
{
    struct path path = { slot->path, key->text, 0 };

    if (!is_name(key->text))
        faults_add(slot->reader->faults, &path, key->where,
                   "a name has letters, digits and -_. only, and at most 64 of them");
    else if (is_reserved(key->text))
        faults_add(slot->reader->faults, &path, key->where, "\"%s\" cannot be a name", key->text);
}

static void check_issuer(const struct slot *slot, const struct scenario_identity *identity)
{
    const struct scenario *scenario = slot->reader->scenario;
    const struct scenario_identity *up = identity;
    struct path path = { slot->path, identity->name, 0 };

    for (size_t i = 0; up != NULL && up->issuer != NULL; i++) {
        up = scenario_find_identity(scenario, up->issuer);
        if (up == identity || i > scenario->n_identities + cast_size()) {
            faults_add(slot->reader->faults, &path, identity->where,
                       "its issuers go round in a circle; one that signs itself has \"issuer: "
                       "self\"");
            return;
        }
    }
    if (identity->not_before_s >= identity->not_after_s)
        faults_add(slot->reader->faults, &path, identity->where,
                   "it ends before it begins: not_before is not earlier than not_after");
}

/* The name of an issuer may be declared further down, so it is checked when all are known. */
static void check_issuers(const struct slot *slot)
{
    const struct scenario *scenario = slot->reader->scenario;

    for (size_t i = 0; i < scenario->n_identities; i++) {
        const struct node *map = slot->value->items[i];
        const struct node *issuer = node_find(map, "issuer");
        struct path of_identity = { slot->path, scenario->identities[i].name, 0 };
        struct path path = { &of_identity, "issuer", 0 };
        struct slot of_issuer = { slot->reader, schema_find(SECTION_IDENTITY, "issuer"), issuer,
                                  &path, NULL };

        if (issuer == NULL || scenario->identities[i].issuer == NULL || identity_check(&of_issuer))
            check_issuer(slot, &scenario->identities[i]);
    }
}

/* Source: x509v3_config(5). What a value may be, OpenSSL knows when the certificate is made. */
static const char *const extension_names[] = {
    "authorityInfoAccess",
    "authorityKeyIdentifier",
    "basicConstraints",
    "certificatePolicies",
    "crlDistributionPoints",
    "extendedKeyUsage",
    "inhibitAnyPolicy",
    "issuerAltName",
    "keyUsage",
    "nameConstraints",
    "noCheck",
    "policyConstraints",
    "subjectAltName",
    "subjectKeyIdentifier",
    "tlsfeature",
    NULL,
};

static void check_extension(const struct slot *slot, const struct node *key)
{
    struct path path = { slot->path, key->text, 0 };
    const char *const *name = extension_names;

    if (strspn(key->text, "0123456789.") == strlen(key->text))
        return; /* an OID */
    while (*name != NULL && strcmp(*name, key->text) != 0)
        name++;
    if (*name == NULL)
        faults_add_unknown(slot->reader->faults, &path, key->where, key->text, extension_names,
                           "extension");
}

static void read_extensions(const struct slot *slot)
{
    struct scenario_extension *extensions;

    if (slot->value->kind != NODE_MAP) {
        slot_fault(slot, "pairs such as {keyUsage: \"critical,keyAgreement\"} are expected here");
        return;
    }
    extensions = ARRAY_NEW(slot->reader->context, struct scenario_extension, slot->value->n);
    for (size_t i = 0; i < slot->value->n; i++) {
        const struct node *key = slot->value->keys[i], *value = slot->value->items[i];
        struct path path = { slot->path, key->text, 0 };
        struct slot of_value = { slot->reader, slot->row, value, &path, NULL };

        check_extension(slot, key);
        extensions[i] = (struct scenario_extension){ key->text, slot_text(&of_value) };
    }
    slot_set_array(slot, extensions, slot->value->n);
}

const struct schema_type type_extensions = { "names with texts", read_extensions };

static void read_pki(const struct slot *slot)
{
    struct reader *reader = slot->reader;
    const struct node *map = slot->value;
    struct scenario_identity *identities;

    if (map->kind != NODE_MAP) {
        slot_fault(slot, "names of identities with what they are are expected here");
        return;
    }
    identities = ARRAY_NEW(reader->context, struct scenario_identity, map->n);
    for (size_t i = 0; i < map->n; i++) {
        struct path path = { slot->path, map->keys[i]->text, 0 };

        check_name(slot, map->keys[i]);
        set_defaults(&identities[i], map->keys[i]->text, map->items[i]);
        identities[i].where = map->keys[i]->where;
        reader->targets[TARGET_IDENTITY] = &identities[i];
        schema_read(reader, SECTION_IDENTITY, map->items[i], &path);
    }
    reader->scenario->identities = identities;
    reader->scenario->n_identities = map->n;
    check_issuers(slot);
}

const struct schema_type type_pki = { "names with keys", read_pki };

static void read_issuer(const struct slot *slot)
{
    const char *text = slot_text(slot);

    if (text != NULL)
        slot_set_pointer(slot, strcmp(text, "self") == 0 ? NULL : text);
}

const struct schema_type type_issuer = { "authority or `self`", read_issuer };
