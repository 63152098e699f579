#include "fake_server/sessions.h"
#include "fake_server/connection.h"
#include "fake_server/memory.h"
#include "fake_server/tls.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Enough for any test; the oldest makes room. A session with a certificate takes some 2 KiB. */
enum { SESSIONS_MAX = 4096, KEY_NAME_SIZE = 16, KEY_SIZE = 32 };

struct session {
    unsigned char id[SSL_MAX_SSL_SESSION_ID_LENGTH];
    size_t id_size;
    unsigned char *der; /* owned; NULL: dropped */
    int der_size;
    long clock_offset_s; /* of the run's clock, when it was issued */
};

struct keys {
    unsigned char name[KEY_NAME_SIZE];
    unsigned char cipher[KEY_SIZE];
    unsigned char mac[KEY_SIZE];
};

struct sessions {
    pthread_mutex_t lock;
    struct session rows[SESSIONS_MAX];
    size_t next; /* counts all that ever were */
    struct keys keys;
    int n_rotations;
    OSSL_LIB_CTX *keyless; /* owned: where OpenSSL finds nothing to decode keys with */
    OSSL_PROVIDER *nothing;
};

static void make_keys(struct sessions *sessions)
{
    if (RAND_bytes((unsigned char *)&sessions->keys, sizeof sessions->keys) != 1)
        abort();
}

struct sessions *sessions_new(void)
{
    struct sessions *sessions = memory_new(sizeof *sessions);

    pthread_mutex_init(&sessions->lock, NULL);
    make_keys(sessions);
    sessions->keyless = OSSL_LIB_CTX_new();
    sessions->nothing = OSSL_PROVIDER_load(sessions->keyless, "null");
    return sessions;
}

static void drop(struct session *row)
{
    OPENSSL_free(row->der);
    row->der = NULL;
}

void sessions_free(struct sessions *sessions)
{
    if (sessions == NULL)
        return;
    sessions_drop(sessions);
    OSSL_PROVIDER_unload(sessions->nothing);
    OSSL_LIB_CTX_free(sessions->keyless);
    pthread_mutex_destroy(&sessions->lock);
    free(sessions);
}

void sessions_rotate(struct sessions *sessions)
{
    if (MUTANT(keys_never_change))
        return;
    pthread_mutex_lock(&sessions->lock);
    make_keys(sessions);
    sessions->n_rotations++;
    pthread_mutex_unlock(&sessions->lock);
}

/* The rows behind have never been touched, and are not to be: most servers live for a few sessions.
 */
static size_t count_rows(const struct sessions *sessions)
{
    return sessions->next < SESSIONS_MAX ? sessions->next : SESSIONS_MAX;
}

void sessions_drop(struct sessions *sessions)
{
    pthread_mutex_lock(&sessions->lock);
    for (size_t i = 0; i < count_rows(sessions); i++)
        drop(&sessions->rows[i]);
    pthread_mutex_unlock(&sessions->lock);
}

/* Under the lock. An empty id is nobody's. */
static struct session *find_row(struct sessions *sessions, const unsigned char *id, size_t size)
{
    for (size_t i = 0; i < count_rows(sessions); i++) {
        struct session *row = &sessions->rows[i];

        if (size > 0 && row->id_size == size && memcmp(row->id, id, size) == 0)
            return row;
    }
    return NULL;
}

bool sessions_find(struct sessions *sessions, const unsigned char *id, size_t size)
{
    bool found;

    pthread_mutex_lock(&sessions->lock);
    found = find_row(sessions, id, size) != NULL;
    pthread_mutex_unlock(&sessions->lock);
    return found;
}

static struct sessions *sessions_of(SSL *ssl)
{
    return connection_sessions(SSL_get_app_data(ssl));
}

/* TLS 1.3 calls this too, for tickets that need no cache. */
static int add_session(SSL *ssl, SSL_SESSION *session)
{
    struct sessions *sessions = sessions_of(ssl);
    struct connection *connection = SSL_get_app_data(ssl);
    unsigned size = 0;
    const unsigned char *id = SSL_SESSION_get_id(session, &size);
    struct session *row;

    if (SSL_version(ssl) >= TLS1_3_VERSION || size == 0 || size > sizeof row->id)
        return 0;
    pthread_mutex_lock(&sessions->lock);
    row = &sessions->rows[sessions->next++ % SESSIONS_MAX];
    drop(row);
    memcpy(row->id, id, size);
    row->id_size = size;
    row->der_size = i2d_SSL_SESSION(session, &row->der);
    row->clock_offset_s = connection->settings->given.clock_offset_s;
    pthread_mutex_unlock(&sessions->lock);
    tls_report_issued(connection, "id", SSL_SESSION_get_timeout(session), "", 0, 0);
    return 0;
}

/* The run's clock may have been moved on since the session was made; it ages by that as well. */
static bool is_too_old(SSL *ssl, const SSL_SESSION *session, long issued_offset_s)
{
    const struct connection *connection = SSL_get_app_data(ssl);
    long now_s = (long)time(NULL) + connection->settings->given.clock_offset_s;
    long age_s = now_s - (SSL_SESSION_get_time(session) + issued_offset_s) +
                 connection->host->given.sessions.age_skew_s;

    return age_s > SSL_SESSION_get_timeout(session) && !MUTANT(sessions_live_forever);
}

/* OpenSSL 3.0 copies a session to seal it, and with it the client's certificate, and decodes the
 * certificate's key each time, which takes longer than to verify a signature. Nobody needs that
 * key: while a session is taken apart, this thread has no provider that could decode it. */
static void disregard_keys(const struct sessions *sessions)
{
    OSSL_LIB_CTX_set0_default(sessions->keyless);
}

void sessions_end_sealing(void)
{
    OSSL_LIB_CTX_set0_default(OSSL_LIB_CTX_get0_global_default());
}

static enum fake_server_sessions_fault fault_of(SSL *ssl)
{
    const struct connection *connection = SSL_get_app_data(ssl);

    return MUTANT(sessions_never_fail) ? SESSIONS_FINE : connection->host->given.sessions.fault;
}

static SSL_SESSION *get_session(SSL *ssl, const unsigned char *id, int size, int *copy)
{
    struct sessions *sessions = sessions_of(ssl);
    struct connection *connection = SSL_get_app_data(ssl);
    SSL_SESSION *session = NULL;
    struct session *row;

    *copy = 0;
    pthread_mutex_lock(&sessions->lock);
    row = find_row(sessions, id, size > 0 ? (size_t)size : 0);
    if (row != NULL && row->der != NULL && !MUTANT(ids_are_forgotten)) {
        const unsigned char *der = row->der;

        disregard_keys(sessions);
        session = d2i_SSL_SESSION(NULL, &der, row->der_size);
        sessions_end_sealing();
    }
    if (session != NULL &&
        (fault_of(ssl) == SESSIONS_DECLINE || is_too_old(ssl, session, row->clock_offset_s))) {
        SSL_SESSION_free(session);
        session = NULL;
    }
    pthread_mutex_unlock(&sessions->lock);
    connection->handshake.cached = session != NULL;
    return session;
}

/* Makes other keys of keys. */
static void mix(struct keys *keys, const char *text)
{
    unsigned char *const parts[] = { keys->name, keys->cipher, keys->mac };
    const int sizes[] = { KEY_NAME_SIZE, KEY_SIZE, KEY_SIZE };

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        unsigned char digest[EVP_MAX_MD_SIZE];

        HMAC(EVP_sha256(), parts[i], sizes[i], (const unsigned char *)text, strlen(text), digest,
             NULL);
        memcpy(parts[i], digest, (size_t)sizes[i]);
    }
}

/* The keys of the server: random, or made of a secret that it shares with others, and of how often
 * they were rotated. Or those that a host makes of them for itself. */
static void derive_keys(const struct sessions *sessions, SSL *ssl, struct keys *keys)
{
    const struct connection *connection = SSL_get_app_data(ssl);
    const struct settings *host = connection->host;

    *keys = sessions->keys;
    if (host->given.sessions.secret != NULL) {
        *keys = (struct keys){ { 'n' }, { 'c' }, { 'm' } };
        mix(keys, host->given.sessions.secret);
        for (int i = 0; i < sessions->n_rotations; i++)
            mix(keys, "next");
    }
    if (host->name != NULL && host->given.sessions.own_keys && !MUTANT(keys_are_never_own))
        mix(keys, host->name);
}

/* What a broken server seals its tickets with: nobody can read them any more. */
static void spoil_keys(enum fake_server_sessions_fault fault, struct keys *keys)
{
    if (fault == SESSIONS_CORRUPT)
        (void)RAND_bytes(keys->mac, KEY_SIZE);
    if (fault == SESSIONS_UNKNOWN_KEY)
        (void)RAND_bytes(keys->name, KEY_NAME_SIZE);
}

static int init_sealing(struct keys *keys, const unsigned char *iv, EVP_CIPHER_CTX *cipher,
                        EVP_MAC_CTX *mac, int sealing)
{
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, keys->mac, KEY_SIZE),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    if (EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, keys->cipher, iv, sealing) != 1 ||
        EVP_MAC_CTX_set_params(mac, parameters) != 1)
        return -1;
    return 1;
}

/* Returns 0 for a ticket of a key that is gone: the handshake goes on as a full one. */
static int seal_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                       EVP_MAC_CTX *mac, int sealing)
{
    struct sessions *sessions = sessions_of(ssl);
    struct keys keys;
    int result = 0;

    sessions_end_sealing();
    pthread_mutex_lock(&sessions->lock);
    derive_keys(sessions, ssl, &keys);
    pthread_mutex_unlock(&sessions->lock);
    if (!sealing && fault_of(ssl) == SESSIONS_FAIL)
        return -1;
    if (sealing) {
        spoil_keys(fault_of(ssl), &keys);
        memcpy(name, keys.name, KEY_NAME_SIZE);
        result = RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc()));
    } else if (memcmp(name, keys.name, KEY_NAME_SIZE) == 0) {
        result = 1;
    }
    if (result == 1)
        result = init_sealing(&keys, iv, cipher, mac, sealing);
    if (result == 1 && !sealing)
        disregard_keys(sessions);
    /* TLS 1.3 clients use a ticket once; 2 gives them the next one. Source: RFC 8446 section C.4.
     */
    return result == 1 && !sealing && SSL_version(ssl) >= TLS1_3_VERSION ? 2 : result;
}

static int note_clock(SSL *ssl, void *context)
{
    const struct connection *connection = SSL_get_app_data(ssl);
    long offset_s = connection->settings->given.clock_offset_s;

    (void)context;
    disregard_keys(sessions_of(ssl));
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), &offset_s, sizeof offset_s);
}

static SSL_TICKET_RETURN check_clock(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
                                     size_t name_size, SSL_TICKET_STATUS status, void *context)
{
    void *data = NULL;
    size_t size = 0;
    long offset_s = 0;
    bool fine = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
    const struct connection *connection = SSL_get_app_data(ssl);
    bool renew = status == SSL_TICKET_SUCCESS_RENEW &&
                 !connection->host->given.sessions.not_renewed && !MUTANT(tickets_not_renewed);

    (void)name;
    (void)name_size;
    (void)context;
    sessions_end_sealing();
    if (!fine || session == NULL || fault_of(ssl) == SESSIONS_DECLINE)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    SSL_SESSION_get0_ticket_appdata(session, &data, &size);
    if (size == sizeof offset_s)
        memcpy(&offset_s, data, sizeof offset_s);
    if (is_too_old(ssl, session, offset_s))
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return renew ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_USE;
}

void sessions_init_context(SSL_CTX *context, bool ids)
{
    SSL_CTX_set_session_cache_mode(context, ids ? SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL
                                                : SSL_SESS_CACHE_OFF);
    if (ids) {
        SSL_CTX_sess_set_new_cb(context, add_session);
        SSL_CTX_sess_set_get_cb(context, get_session);
    }
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, seal_ticket);
    SSL_CTX_set_session_ticket_cb(context, note_clock, check_clock, NULL);
}
