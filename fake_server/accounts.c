#include "fake_server/accounts.h"
#include "fake_server/certificate.h"
#include "fake_server/connection.h"
#include "fake_server/memory.h"
#include "fake_server/server.h"
#include "fake_server/tls.h"

#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* --- copies --- */

static void free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

const struct fake_server_account *accounts_copy(const struct fake_server_account *accounts,
                                                size_t n)
{
    struct fake_server_account *copy = memory_new(n * sizeof *copy);

    for (size_t i = 0; i < n; i++) {
        copy[i] = accounts[i];
        copy[i].name = memory_text(accounts[i].name);
        copy[i].fingerprint = memory_text(accounts[i].fingerprint);
        copy[i].subject = memory_text(accounts[i].subject);
        copy[i].alternative = memory_text(accounts[i].alternative);
        copy[i].act_as = memory_texts(accounts[i].act_as);
    }
    return copy;
}

void accounts_free(const struct fake_server_account *accounts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free_text(accounts[i].name);
        free_text(accounts[i].fingerprint);
        free_text(accounts[i].subject);
        free_text(accounts[i].alternative);
        memory_free_texts(accounts[i].act_as);
    }
    free((void *)(uintptr_t)accounts);
}

/* --- from a certificate to an account --- */

/* Frees `got`. */
static bool is(char *got, const char *wanted)
{
    bool same = strcmp(got, wanted) == 0;

    free(got);
    return same;
}

static bool has_alternative(X509 *certificate, const char *name)
{
    unsigned char address[sizeof(struct in6_addr)];
    unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS;

    if (strchr(name, '@') != NULL)
        return X509_check_email(certificate, name, 0, flags) == 1;
    if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
        return X509_check_ip_asc(certificate, name, flags) == 1;
    return X509_check_host(certificate, name, 0, flags, NULL) == 1;
}

static bool leads_to(X509 *certificate, const struct fake_server_account *account)
{
    if (account->fingerprint != NULL &&
        !is(certificate_fingerprint(certificate), account->fingerprint))
        return false;
    if (account->subject != NULL &&
        !is(certificate_name(X509_get_subject_name(certificate)), account->subject))
        return false;
    return account->alternative == NULL || has_alternative(certificate, account->alternative);
}

const struct fake_server_account *accounts_find(const struct fake_server_judgement *judgement,
                                                X509 *certificate)
{
    for (size_t i = 0; i < judgement->n_accounts; i++)
        if (leads_to(certificate, &judgement->accounts[i]))
            return &judgement->accounts[i];
    return NULL;
}

/* --- what an account may do --- */

bool accounts_may_act(const struct fake_server_account *account, const char *identity)
{
    const char *const *other = account->act_as;

    if (strcmp(account->name, identity) == 0)
        return true;
    for (; other != NULL && *other != NULL; other++)
        if (strcmp(*other, identity) == 0)
            return true;
    return false;
}

static const struct fake_server_account *find_current(const struct connection *connection)
{
    const struct fake_server_judgement *judgement =
        connection->host == NULL ? NULL : &connection->host->given.judgement;
    X509 *certificate = tls_certificate(connection);

    if (judgement == NULL)
        return NULL;
    for (size_t i = 0; connection->dialogue.authenticated && i < judgement->n_accounts; i++)
        if (strcmp(judgement->accounts[i].name, connection->dialogue.authorized) == 0)
            return &judgement->accounts[i];
    return certificate == NULL ? NULL : accounts_find(judgement, certificate);
}

/* --- the ledger --- */

struct ledger {
    pthread_mutex_t lock;
    struct list names;
    int *counts; /* owned, one for each name */
};

struct ledger *ledger_new(void)
{
    struct ledger *ledger = memory_new(sizeof *ledger);

    pthread_mutex_init(&ledger->lock, NULL);
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    ledger_clear(ledger);
    pthread_mutex_destroy(&ledger->lock);
    free(ledger);
}

void ledger_clear(struct ledger *ledger)
{
    pthread_mutex_lock(&ledger->lock);
    list_release(&ledger->names);
    free(ledger->counts);
    ledger->counts = NULL;
    pthread_mutex_unlock(&ledger->lock);
}

/* Adds to the count of a name. Returns what it is then. */
static int add(struct ledger *ledger, const char *name, int more)
{
    size_t i = 0;
    int count;

    pthread_mutex_lock(&ledger->lock);
    while (i < ledger->names.n && strcmp(ledger->names.items[i], name) != 0)
        i++;
    if (i == ledger->names.n) {
        list_add(&ledger->names, name);
        ledger->counts = memory_grow(ledger->counts, ledger->names.n * sizeof *ledger->counts);
        ledger->counts[i] = 0;
    }
    ledger->counts[i] += more;
    count = ledger->counts[i];
    pthread_mutex_unlock(&ledger->lock);
    return count;
}

void accounts_count(const struct connection *connection)
{
    const struct fake_server_account *account = find_current(connection);

    if (account != NULL)
        add(server_ledger(connection->server), account->name, 1);
}

const char *accounts_refuse(const struct connection *connection, const char *verb)
{
    const struct fake_server_account *account = find_current(connection);

    if (account == NULL || MUTANT(accounts_may_all))
        return NULL;
    if (strcmp(verb, "MAIL") == 0 && account->quota > 0 &&
        add(server_ledger(connection->server), account->name, 0) >= account->quota)
        return "452 4.7.1 The quota of this account is used up";
    if (strcmp(verb, "RCPT") == 0 && account->no_relay)
        return "550 5.7.1 This account may not relay";
    return NULL;
}
