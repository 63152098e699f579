/*
 * Accounts: who a certificate leads to, what that account may do, and how much it has done.
 *
 * What an account may do is asked by the SMTP dialogue. A client that has authenticated as another
 * account (AUTH EXTERNAL with an authorization identity) is that account from then on.
 */
#ifndef FAKE_SERVER_ACCOUNTS_H
#define FAKE_SERVER_ACCOUNTS_H

#include "fake_server/fake_server.h"

struct connection;

/* A deep copy of `n` accounts, and what frees it. */
const struct fake_server_account *accounts_copy(const struct fake_server_account *accounts,
                                                size_t n);
void accounts_free(const struct fake_server_account *accounts, size_t n);

/* The first account that the certificate leads to, or NULL. */
const struct fake_server_account *accounts_find(const struct fake_server_judgement *judgement,
                                                X509 *certificate);

/* Tells whether the account may act as `identity`. */
bool accounts_may_act(const struct fake_server_account *account, const char *identity);

/* The reply that refuses this command to the account of the client, or NULL. */
const char *accounts_refuse(const struct connection *connection, const char *verb);

/* Counts a message that was taken. */
void accounts_count(const struct connection *connection);

/* How many messages the accounts of one server have sent, by name; safe for many threads. */
struct ledger; /* opaque */

struct ledger *ledger_new(void);
void ledger_free(struct ledger *ledger);
void ledger_clear(struct ledger *ledger);

#endif
