/* What every client and server would do again after its fork: decoding the keys and certificates of
 * the cast, and what OpenSSL does in its first handshakes (fetching algorithms from its providers,
 * and the like). */
#include "harness/run/run.h"

#include "harness/base/files.h"
#include "harness/smtp_client/smtp_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

/* So few cases gain nothing by what takes as long as a case. */
enum { FEW = 4 };

struct oven {
    void *context;
    const struct pki *pki;
    const char *directory;
    struct smtp_certificates *certificates;
    const char **done; /* names of the files written so far */
    unsigned n_done;
};

static bool is_done(struct oven *oven, const char *name)
{
    for (unsigned i = 0; i < oven->n_done; i++)
        if (strcmp(oven->done[i], name) == 0)
            return true;
    oven->done = talloc_realloc(oven->context, oven->done, const char *, oven->n_done + 1);
    oven->done[oven->n_done++] = name;
    return false;
}

static void warm_identity(struct oven *oven, const char *name)
{
    struct error ignored = { 0 };
    char why[256];
    const char *base = talloc_asprintf(oven->context, "%s/%s", oven->directory, name);

    if (is_done(oven, name) || pki_find(oven->pki, name) == NULL ||
        pki_write(oven->pki, name, name, oven->directory, false, &ignored) != 0)
        return;
    (void)smtp_certificates_add_files(
        oven->certificates, talloc_asprintf(oven->context, "%s.pem", base),
        talloc_asprintf(oven->context, "%s.key", base), why, sizeof(why));
}

static void warm_trust(struct oven *oven, const struct scenario_names *trust)
{
    struct error ignored = { 0 };
    char *name = talloc_strdup(oven->context, "trust");
    const char *path;

    for (size_t i = 0; i < trust->n; i++) {
        name = talloc_asprintf_append_buffer(name, "-%s", trust->items[i].text);
        if (pki_find(oven->pki, trust->items[i].text) == NULL)
            return;
    }
    path = talloc_asprintf(oven->context, "%s/%s.pem", oven->directory, name);
    if (!is_done(oven, name) && pki_write_trust(oven->pki, trust, path, &ignored) == 0)
        smtp_client_remember_trust(path);
}

static int accept_all(int fine, X509_STORE_CTX *context)
{
    (void)fine, (void)context;
    return 1;
}

/* An end of a handshake with oneself: both show the same certificate and believe any. */
static SSL *warm_end(const struct pki_identity *identity, const SSL_METHOD *method, int version)
{
    SSL_CTX *context = SSL_CTX_new(method);
    SSL *ssl;

    SSL_CTX_set_min_proto_version(context, version);
    SSL_CTX_set_max_proto_version(context, version);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_all);
    SSL_CTX_use_certificate(context, identity->certificate);
    SSL_CTX_use_PrivateKey(context, identity->key);
    ssl = SSL_new(context);
    SSL_CTX_free(context);
    return ssl;
}

/* The two need at most three turns each; what a client reads last are tickets. */
static void warm_handshake(const struct pki_identity *identity, int version)
{
    SSL *client = warm_end(identity, TLS_client_method(), version);
    SSL *server = warm_end(identity, TLS_server_method(), version);
    BIO *ends[2] = { NULL, NULL };
    char byte;

    if (client != NULL && server != NULL && BIO_new_bio_pair(&ends[0], 0, &ends[1], 0) == 1) {
        SSL_set_bio(client, ends[0], ends[0]);
        SSL_set_bio(server, ends[1], ends[1]);
        SSL_set_connect_state(client);
        SSL_set_accept_state(server);
        for (int turn = 0; turn < 3; turn++) {
            (void)SSL_do_handshake(client);
            (void)SSL_do_handshake(server);
        }
        (void)SSL_read(client, &byte, 1);
    }
    SSL_free(client);
    SSL_free(server);
    ERR_clear_error();
}

void run_warm_up(const struct pki *pki, const struct scenario_list *list)
{
    const char *place = getenv("TMPDIR");
    void *context = talloc_new(NULL);
    char *directory = talloc_asprintf(context, "%s/counterseal-XXXXXX",
                                      place != NULL && *place != '\0' ? place : "/tmp");
    char why[256];
    struct error ignored = { 0 };
    const struct pki_identity *identity = pki_find(pki, "mail");
    struct smtp_client *client = smtp_client_new(why, sizeof(why));
    struct oven oven = { context, pki, mkdtemp(directory), NULL, NULL, 0 };

    if (client != NULL && oven.directory != NULL) {
        oven.certificates = smtp_client_certificates(client);
        for (size_t i = 0; i < list->n; i++)
            for (size_t j = 0; j < list->items[i]->n_steps; j++) {
                const struct scenario_client *asked = list->items[i]->steps[j].client;

                for (size_t k = 0; k < asked->n_certificates; k++)
                    warm_identity(&oven, asked->certificates[k].identity);
                warm_trust(&oven, &asked->trust);
            }
        (void)files_remove(oven.directory, &ignored);
    }
    smtp_client_free(client);
    talloc_free(oven.context);
    if (identity != NULL && list->n > FEW) {
        warm_handshake(identity, TLS1_3_VERSION);
        warm_handshake(identity, TLS1_2_VERSION);
    }
}
