#include "fake_server/judgement.h"
#include "fake_server/accounts.h"
#include "fake_server/certificate.h"
#include "fake_server/connection.h"
#include "fake_server/memory.h"
#include "fake_server/tls.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A valid certificate that fails access control. Source: RFC 8446 section 6.2. */
static const char access_denied[] = "access_denied";

static X509_CRL *share_list(const X509_CRL *list)
{
    X509_CRL *shared = (X509_CRL *)(uintptr_t)list;

    X509_CRL_up_ref(shared);
    return shared;
}

struct fake_server_judgement judgement_copy(const struct fake_server_judgement *judgement)
{
    struct fake_server_judgement copy = *judgement;

    copy.crls = judgement->crls == NULL
                    ? NULL
                    : sk_X509_CRL_deep_copy(judgement->crls, share_list, X509_CRL_free);
    copy.pins = memory_texts(judgement->pins);
    copy.accounts = accounts_copy(judgement->accounts, judgement->n_accounts);
    copy.alert = memory_text(judgement->alert);
    return copy;
}

void judgement_release(const struct fake_server_judgement *judgement)
{
    sk_X509_CRL_pop_free(judgement->crls, X509_CRL_free);
    memory_free_texts(judgement->pins);
    accounts_free(judgement->accounts, judgement->n_accounts);
    free((void *)(uintptr_t)judgement->alert);
}

static struct connection *connection_of(X509_STORE_CTX *context)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());

    return SSL_get_app_data(ssl);
}

static bool is_pinned(const struct fake_server_judgement *judgement, const X509 *certificate)
{
    char *print = certificate_fingerprint(certificate);
    bool found = false;

    for (size_t i = 0; judgement->pins != NULL && judgement->pins[i] != NULL; i++)
        found = found || strcmp(judgement->pins[i], print) == 0;
    free(print);
    return found;
}

/* The errors that only say that nobody who is trusted has issued it. */
static bool is_about_trust(int error)
{
    static const int errors[] = {
        X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,       X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,     X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
        X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_UNTRUSTED
    };

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i] == error)
            return true;
    return false;
}

/* An authority without a list revokes nothing; a pin stands for the trust in an authority. */
static int tolerate(int fine, X509_STORE_CTX *context)
{
    const struct connection *connection = connection_of(context);
    int error = X509_STORE_CTX_get_error(context);

    if (fine || error == X509_V_ERR_UNABLE_TO_GET_CRL)
        return 1;
    return is_about_trust(error) &&
           is_pinned(&connection->host->given.judgement, X509_STORE_CTX_get0_cert(context));
}

struct verdict {
    bool accepted;
    const char *reason;
    const char *alert; /* NULL: OpenSSL has the right one for its error */
    const struct fake_server_account *account;
};

static struct verdict judge(X509_STORE_CTX *context, const struct connection *connection)
{
    const struct fake_server_judgement *judgement = &connection->host->given.judgement;
    X509 *certificate = X509_STORE_CTX_get0_cert(context);
    struct verdict verdict = { .accepted = false, .alert = access_denied };
    int error;

    if (X509_verify_cert(context) != 1 && !MUTANT(believe_anybody)) {
        error = X509_STORE_CTX_get_error(context);
        return (struct verdict){ .reason = X509_verify_cert_error_string(
                                     error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error) };
    }
    if (judgement->pins != NULL && !is_pinned(judgement, certificate) && !MUTANT(pins_are_loose)) {
        verdict.reason = "its fingerprint is none of those pinned";
        return verdict;
    }
    verdict.account = accounts_find(judgement, certificate);
    verdict.accepted =
        judgement->n_accounts == 0 || verdict.account != NULL || MUTANT(strangers_have_accounts);
    verdict.reason =
        verdict.accepted ? X509_verify_cert_error_string(X509_V_OK) : "it leads to no account";
    return verdict;
}

static void report(const struct connection *connection, const X509 *certificate,
                   const struct verdict *verdict)
{
    char *print = certificate_fingerprint(certificate);
    struct event_field fields[] = {
        EVENT_BOOL("accepted", verdict->accepted),
        EVENT_STRING("reason", verdict->reason),
        EVENT_STRING("fingerprint", print),
        EVENT_STRING("account", verdict->account == NULL ? NULL : verdict->account->name),
    };

    connection_emit(connection, EVENT_JUDGED, fields, verdict->account == NULL ? 3 : 4);
    free(print);
}

/* OpenSSL keeps the error with the session when an untrusted certificate is let pass, so that the
 * one who resumes it is nobody as well. */
static void set_error(X509_STORE_CTX *context, const struct verdict *verdict)
{
    if (verdict->accepted)
        X509_STORE_CTX_set_error(context, X509_V_OK);
    else if (verdict->alert != NULL)
        X509_STORE_CTX_set_error(context, X509_V_ERR_APPLICATION_VERIFICATION);
    else if (X509_STORE_CTX_get_error(context) == X509_V_OK)
        X509_STORE_CTX_set_error(context, X509_V_ERR_UNSPECIFIED);
}

int judgement_run(X509_STORE_CTX *context, void *unused)
{
    struct connection *connection = connection_of(context);
    const char *alert = connection->host->given.judgement.alert;
    struct verdict verdict;

    (void)unused;
    X509_STORE_CTX_set_time(context, 0,
                            time(NULL) + (MUTANT(certificates_never_age)
                                              ? 0
                                              : connection->settings->given.clock_offset_s));
    X509_STORE_CTX_set_verify_cb(context, tolerate);
    verdict = judge(context, connection);
    set_error(context, &verdict);
    report(connection, X509_STORE_CTX_get0_cert(context), &verdict);
    if (verdict.accepted || !connection->host->refuse)
        return 1;
    if (alert == NULL)
        alert = verdict.alert;
    if (MUTANT(one_alert_for_all))
        alert = "handshake_failure";
    if (alert != NULL)
        tls_send_alert(connection, alert);
    return 0;
}

void judgement_refuse_missing(struct connection *connection)
{
    const struct fake_server_settings *given = &connection->host->given;

    if (given->ask == FAKE_SERVER_ASK_REQUIRE && given->judgement.alert != NULL)
        tls_send_alert(connection, given->judgement.alert);
}

int judgement_refuse_late(struct connection *connection)
{
    const struct fake_server_settings *given = &connection->host->given;

    if (given->without_identity != FAKE_SERVER_WITHOUT_ALERT || tls_certificate(connection) != NULL)
        return 0;
    return tls_send_alert(connection,
                          given->judgement.alert == NULL ? access_denied : given->judgement.alert);
}
