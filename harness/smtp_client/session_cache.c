#include "harness/smtp_client/session_cache.h"
#include "harness/smtp_client/smtp_client.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Servers send two to four tickets a handshake; eight a key outlive a few failures. The total
 * is a guard only: a search through it takes microseconds. */
enum { MAX_PER_KEY = 8, MAX_SESSIONS = 1024, MAX_HOST = 256 };
enum { WEEK_SECONDS = 7 * 86400 };

/* Host, numbers, and two digests. */
enum { MAX_TEXT = MAX_HOST + 64, MAX_PARTS = MAX_TEXT + 2 * FINGERPRINT_BYTES };

struct entry {
    struct session_key key;
    struct session_identity identity;
    SSL_SESSION *session;
    time_t made; /* by the client's clock, which a test may move */
};

/* From the oldest to the newest. */
static struct entry entries[MAX_SESSIONS];
static size_t n_entries;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct session_key session_key_get(const struct session_peer *peer,
                                   const unsigned char content[FINGERPRINT_BYTES])
{
    struct session_key key = { { 0 } };
    unsigned char parts[MAX_PARTS] = { 0 };
    char *text = (char *)parts;
    size_t used;

    /* Host names are equal whatever their letters; the NUL ends the text, the rest has a fixed
     * size. */
    snprintf(text, MAX_TEXT, "%.*s:%d:%d-%d", MAX_HOST, peer->host, peer->port, peer->tls_min,
             peer->tls_max);
    for (char *c = text; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    used = strlen(text) + 1;
    memcpy(parts + used, peer->trust, FINGERPRINT_BYTES);
    memcpy(parts + used + FINGERPRINT_BYTES, content, FINGERPRINT_BYTES);
    fingerprint_of_bytes(parts, used + (size_t)2 * FINGERPRINT_BYTES, key.bytes);
    return key;
}

static bool same_key(const struct session_key *a, const struct session_key *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static void remove_at(size_t place)
{
    SSL_SESSION_free(entries[place].session);
    memmove(&entries[place], &entries[place + 1], (n_entries - place - 1) * sizeof(entries[0]));
    n_entries--;
}

static void make_room(const struct session_key *key)
{
    size_t oldest = MAX_SESSIONS;
    size_t n = 0;

    for (size_t i = n_entries; i-- > 0;) {
        if (same_key(&entries[i].key, key)) {
            oldest = i;
            n++;
        }
    }
    if (n >= MAX_PER_KEY)
        remove_at(oldest);
    else if (n_entries == MAX_SESSIONS)
        remove_at(0);
}

void session_cache_add(const struct session_key *key, const struct session_identity *identity,
                       SSL_SESSION *session, time_t now)
{
    SSL_SESSION *copy = SSL_SESSION_dup(session);

    if (copy == NULL)
        return;
    pthread_mutex_lock(&lock);
    make_room(key);
    entries[n_entries++] = (struct entry){ *key, *identity, copy, now };
    pthread_mutex_unlock(&lock);
}

static bool is_alive(const struct entry *entry, time_t now)
{
    long lifetime = SSL_SESSION_get_timeout(entry->session);
    unsigned long hint = SSL_SESSION_get_ticket_lifetime_hint(entry->session);

    /* The server's word holds, but for a week at most. Source: RFC 8446 section 4.6.1. */
    if (hint > 0)
        lifetime = hint < WEEK_SECONDS ? (long)hint : WEEK_SECONDS;
    if (now >= entry->made + lifetime)
        return false;
    return entry->identity.not_after == 0 || now <= entry->identity.not_after;
}

/* Drops the dead ones of a key and returns the place of the newest that lives, or -1. */
static long find_alive(const struct session_key *key, time_t now)
{
    for (size_t i = n_entries; i-- > 0;) {
        if (!same_key(&entries[i].key, key))
            continue;
        if (is_alive(&entries[i], now) && SSL_SESSION_is_resumable(entries[i].session))
            return (long)i;
        remove_at(i);
    }
    return -1;
}

SSL_SESSION *session_cache_take(const struct session_key *key, time_t now, bool keep,
                                struct session_identity *identity)
{
    SSL_SESSION *session = NULL;
    long place;

    pthread_mutex_lock(&lock);
    place = find_alive(key, now);
    if (place >= 0) {
        session = SSL_SESSION_dup(entries[place].session);
        *identity = entries[place].identity;
    }
    if (session != NULL && !keep && SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION)
        remove_at((size_t)place);
    pthread_mutex_unlock(&lock);
    return session;
}

static bool same_session(const SSL_SESSION *a, const SSL_SESSION *b)
{
    unsigned int size_a;
    unsigned int size_b;
    const unsigned char *id_a = SSL_SESSION_get_id(a, &size_a);
    const unsigned char *id_b = SSL_SESSION_get_id(b, &size_b);

    return size_a == size_b && memcmp(id_a, id_b, size_a) == 0;
}

void session_cache_remove(const struct session_key *key, const SSL_SESSION *session)
{
    pthread_mutex_lock(&lock);
    for (size_t i = n_entries; i-- > 0;) {
        if (same_key(&entries[i].key, key) && same_session(entries[i].session, session))
            remove_at(i);
    }
    pthread_mutex_unlock(&lock);
}

void session_cache_drop(const struct session_key *key)
{
    pthread_mutex_lock(&lock);
    for (size_t i = n_entries; i-- > 0;) {
        if (same_key(&entries[i].key, key))
            remove_at(i);
    }
    pthread_mutex_unlock(&lock);
}

size_t session_cache_count(void)
{
    size_t n;

    pthread_mutex_lock(&lock);
    n = n_entries;
    pthread_mutex_unlock(&lock);
    return n;
}

void smtp_client_forget_sessions(void)
{
    pthread_mutex_lock(&lock);
    while (n_entries > 0)
        remove_at(n_entries - 1);
    pthread_mutex_unlock(&lock);
}
