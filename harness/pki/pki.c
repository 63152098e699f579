#include "harness/pki/pki.h"

#include "harness/pki/certificate.h"
#include "harness/pki/given.h"
#include "harness/pki/keys.h"
#include "harness/pki/revocation.h"
#include "harness/pki/texts.h"
#include "harness/pki/uses.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

enum entry_state { ENTRY_STALE, ENTRY_BUSY, ENTRY_MINTED };

struct entry {
    struct pki_identity identity;        /* empty unless minted */
    const struct scenario_identity *row; /* borrowed */
    enum entry_state state;
    bool wanted; /* was minted once: an issuer that changes does not make it go away */
};

struct pki {
    time_t now;
    const char *pool;
    const char *given; /* a directory where identities of an earlier run lie; NULL */
    bool given_certificates;
    struct entry **entries; /* each a talloc child of the array */
    size_t n_entries;
};

int pki_error(struct error *err, const char *what)
{
    const char *data = NULL, *reason;
    int flags = 0;
    unsigned long code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags);

    /* The first of the queue is the cause. */
    reason =
        ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    if (data == NULL || (flags & ERR_TXT_STRING) == 0 || *data == '\0')
        error_set(err, ERROR_TLS, WHERE_NONE, "%s: %s", what,
                  reason != NULL ? reason : "OpenSSL gives no reason");
    else
        error_set(err, ERROR_TLS, WHERE_NONE, "%s: %s (%s)", what,
                  reason != NULL ? reason : "OpenSSL gives no reason", data);
    ERR_clear_error();
    return -1;
}

struct pki *pki_open(time_t now, const char *pool)
{
    struct pki *pki = talloc_zero(NULL, struct pki);

    pki->now = now;
    pki->pool = pool != NULL ? talloc_strdup(pki, pool) : keys_pool(pki);
    return pki;
}

void pki_take(struct pki *pki, const char *directory, bool certificates)
{
    pki->given = talloc_strdup(pki, directory);
    pki->given_certificates = certificates;
}

void pki_close(struct pki *pki)
{
    talloc_free(pki);
}

/* --- the collection --- */

static int empty_entry(struct entry *entry)
{
    X509_free(entry->identity.certificate);
    EVP_PKEY_free(entry->identity.key);
    EVP_PKEY_free(entry->identity.given);
    sk_X509_pop_free(entry->identity.chain, X509_free);
    talloc_free(entry->identity.texts);
    entry->identity = (struct pki_identity){ 0 };
    entry->state = ENTRY_STALE;
    return 0;
}

static struct entry *find_entry(const struct pki *pki, const char *name)
{
    for (size_t i = 0; i < pki->n_entries; i++)
        if (strcmp(pki->entries[i]->row->name, name) == 0)
            return pki->entries[i];
    return NULL;
}

static void set_row(struct pki *pki, const struct scenario_identity *row)
{
    struct entry *entry = find_entry(pki, row->name);

    if (entry == NULL) {
        pki->entries =
            talloc_realloc(pki, pki->entries, struct entry *, (unsigned)pki->n_entries + 1);
        entry = talloc_zero(pki->entries, struct entry);
        talloc_set_destructor(entry, empty_entry);
        pki->entries[pki->n_entries++] = entry;
    }
    empty_entry(entry);
    entry->row = row;
}

static struct entry *issuer_of(const struct pki *pki, const struct entry *entry)
{
    return entry->row->issuer != NULL ? find_entry(pki, entry->row->issuer) : NULL;
}

/* A certificate by an authority that is to be minted anew is worth nothing. Returns whether one was
 * found, which may have issued others. */
static bool empty_dependents(struct pki *pki)
{
    bool found = false;

    for (size_t i = 0; i < pki->n_entries; i++) {
        struct entry *entry = pki->entries[i];
        const struct entry *issuer = issuer_of(pki, entry);

        if (entry->state == ENTRY_MINTED && issuer != NULL && issuer->state == ENTRY_STALE) {
            empty_entry(entry);
            found = true;
        }
    }
    return found;
}

/* --- minting --- */

static int fail(struct error *err, const struct scenario_identity *row, const char *what)
{
    char text[160];

    (void)snprintf(text, sizeof(text), "pki.%.80s: cannot make its %s", row->name, what);
    pki_error(err, text);
    err->where = row->where;
    return -1;
}

static int take_keys(const struct pki *pki, struct entry *entry, struct error *err)
{
    const struct scenario_identity *row = entry->row;
    struct pki_identity *identity = &entry->identity;

    if (pki->given != NULL && row->fault == SCENARIO_KEY_GOOD)
        identity->key = given_key(pki->given, row->name, row->key);
    if (identity->key == NULL)
        identity->key = keys_get(pki->pool, row->key, KEYS_OWN, row->name);
    if (identity->key == NULL)
        return fail(err, row, "key");
    if (row->fault == SCENARIO_KEY_WRONG) {
        identity->given = keys_get(pki->pool, row->key, KEYS_WRONG, row->name);
        if (identity->given == NULL)
            return fail(err, row, "wrong key");
    } else if (row->fault == SCENARIO_KEY_GOOD) {
        EVP_PKEY_up_ref(identity->key);
        identity->given = identity->key;
    }
    return 0;
}

static int set_fingerprint(struct pki_identity *identity)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (X509_digest(identity->certificate, EVP_sha256(), digest, &size) != 1)
        return -1;
    for (unsigned i = 0; i < size; i++)
        (void)snprintf(identity->fingerprint + (size_t)2 * i, 3, "%02x", digest[i]);
    return 0;
}

static int set_chain(const struct pki *pki, struct entry *entry)
{
    const struct entry *up = entry->row->bare ? NULL : issuer_of(pki, entry);

    entry->identity.chain = sk_X509_new_null();
    if (entry->identity.chain == NULL)
        return -1;
    for (; up != NULL && up->row->issuer != NULL; up = issuer_of(pki, up)) {
        X509 *certificate = up->identity.certificate;

        if (X509_up_ref(certificate) != 1)
            return -1;
        if (sk_X509_push(entry->identity.chain, certificate) <= 0) {
            X509_free(certificate);
            return -1;
        }
    }
    return 0;
}

static int make_identity(const struct pki *pki, struct entry *entry, struct error *err)
{
    const struct entry *issuer = issuer_of(pki, entry);
    struct pki_identity *identity = &entry->identity;
    struct certificate_order order = { .identity = entry->row, .now = pki->now };
    const char *failed;

    identity->name = entry->row->name;
    identity->fault = entry->row->fault;
    identity->bare = entry->row->bare;
    identity->texts = talloc_zero(NULL, struct pki_texts);
    if (take_keys(pki, entry, err) != 0)
        return -1;
    order.key = identity->key;
    if (issuer != NULL) {
        order.issuer = issuer->identity.certificate;
        order.signer = issuer->identity.key;
    }
    if (pki->given_certificates)
        identity->certificate = given_certificate(pki->given, entry->row->name);
    if (identity->certificate == NULL)
        identity->certificate = certificate_make(&order, &failed);
    if (identity->certificate == NULL)
        return fail(err, entry->row, failed);
    if (set_fingerprint(identity) != 0 || set_chain(pki, entry) != 0)
        return fail(err, entry->row, "chain");
    return 0;
}

/* Its issuers first, in whatever order they were declared. */
static int mint(const struct pki *pki, struct entry *entry, struct error *err)
{
    const struct scenario_identity *row = entry->row;
    struct entry *issuer = issuer_of(pki, entry);

    if (entry->state == ENTRY_MINTED)
        return 0;
    if (entry->state == ENTRY_BUSY)
        return error_set(err, ERROR_TLS, row->where, "pki.%s: its issuers go round in a circle",
                         row->name);
    if (row->issuer != NULL && issuer == NULL)
        return error_set(err, ERROR_TLS, row->where, "pki.%s.issuer: nobody is called \"%s\"",
                         row->name, row->issuer);
    entry->state = ENTRY_BUSY;
    if (issuer != NULL && mint(pki, issuer, err) != 0)
        return -1;
    if (make_identity(pki, entry, err) != 0)
        return -1;
    entry->state = ENTRY_MINTED;
    entry->wanted = true;
    return 0;
}

static void set_cast(struct pki *pki)
{
    for (const struct scenario_identity *row = scenario_cast; row->name != NULL; row++)
        set_row(pki, row);
}

int pki_mint_cast(struct pki *pki, struct error *err)
{
    set_cast(pki);
    for (size_t i = 0; i < pki->n_entries; i++)
        if (mint(pki, pki->entries[i], err) != 0)
            return -1;
    return 0;
}

/* --- only what a scenario uses: a certificate costs a third of a millisecond --- */

static int mint_name(void *data, const char *name, struct error *err)
{
    struct pki *pki = data;
    struct entry *entry = find_entry(pki, name);

    return entry != NULL ? mint(pki, entry, err) : 0;
}

static int mint_uses(struct pki *pki, const struct scenario *scenario, struct error *err)
{
    const struct uses_visitor visitor = { mint_name, pki };

    return uses_visit(scenario, &visitor, err);
}

int pki_mint_list(struct pki *pki, const struct scenario_list *list, struct error *err)
{
    set_cast(pki);
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i]->n_identities == 0 && mint_uses(pki, list->items[i], err) != 0)
            return -1;
    return 0;
}

int pki_mint_scenario(struct pki *pki, const struct scenario *scenario, struct error *err)
{
    for (size_t i = 0; i < scenario->n_identities; i++)
        set_row(pki, &scenario->identities[i]);
    while (empty_dependents(pki))
        continue;
    for (size_t i = 0; i < scenario->n_identities; i++)
        if (mint_name(pki, scenario->identities[i].name, err) != 0)
            return -1;
    for (size_t i = 0; i < pki->n_entries; i++)
        if (pki->entries[i]->wanted && mint(pki, pki->entries[i], err) != 0)
            return -1;
    return mint_uses(pki, scenario, err);
}

/* --- what was minted --- */

const struct pki_identity *pki_find(const struct pki *pki, const char *name)
{
    const struct entry *entry = find_entry(pki, name);

    return entry != NULL && entry->state == ENTRY_MINTED ? &entry->identity : NULL;
}

const struct pki_identity *pki_find_fingerprint(const struct pki *pki, const char *fingerprint)
{
    for (size_t i = 0; i < pki->n_entries; i++) {
        const struct entry *entry = pki->entries[i];

        if (entry->state == ENTRY_MINTED && strcmp(entry->identity.fingerprint, fingerprint) == 0)
            return &entry->identity;
    }
    return NULL;
}

/* --- revocation --- */

static const struct entry *signer_of(const struct pki *pki, const char *name)
{
    const struct entry *entry = find_entry(pki, name);
    const struct entry *issuer = issuer_of(pki, entry);

    return issuer != NULL ? issuer : entry;
}

/* The list of one issuer, with those of the names that are its own. */
static X509_CRL *make_list(const struct pki *pki, const struct scenario_names *names,
                           const struct entry *issuer)
{
    X509_CRL *list = revocation_open(issuer->identity.certificate, pki->now);

    for (size_t i = 0; list != NULL && i < names->n; i++) {
        const char *name = names->items[i].text;

        if (signer_of(pki, name) == issuer)
            list = revocation_add(list, find_entry(pki, name)->identity.certificate, pki->now);
    }
    return revocation_close(list, issuer->identity.key);
}

STACK_OF(X509_CRL) * pki_revoke(const struct pki *pki, const struct scenario_names *names)
{
    STACK_OF(X509_CRL) *lists = names->n > 0 ? sk_X509_CRL_new_null() : NULL;

    for (size_t i = 0; i < names->n; i++) {
        const struct entry *issuer = signer_of(pki, names->items[i].text);
        X509_CRL *list = NULL;
        bool done = false;

        for (size_t j = 0; j < i; j++)
            done = done || signer_of(pki, names->items[j].text) == issuer;
        if (!done)
            list = make_list(pki, names, issuer);
        if (list != NULL)
            sk_X509_CRL_push(lists, list);
    }
    return lists;
}

/* --- whom a scenario needs --- */

struct writing {
    const struct pki *pki;
    const char *directory;
};

/* Somebody with all authorities above; a distinguished name that nobody has comes to nothing. */
static int write_name(void *data, const char *name, struct error *err)
{
    const struct writing *writing = data;
    const struct entry *entry = find_entry(writing->pki, name);

    for (; entry != NULL && entry->state == ENTRY_MINTED; entry = issuer_of(writing->pki, entry))
        if (pki_write(writing->pki, entry->row->name, entry->row->name, writing->directory, false,
                      err) != 0)
            return -1;
    return 0;
}

int pki_write_uses(const struct pki *pki, const struct scenario *scenario, const char *directory,
                   struct error *err)
{
    struct writing writing = { pki, directory };
    const struct uses_visitor visitor = { write_name, &writing };

    return uses_visit(scenario, &visitor, err);
}
