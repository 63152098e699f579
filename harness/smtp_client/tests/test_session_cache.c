#include "harness/smtp_client/session_cache.h"
#include "harness/smtp_client/smtp_client.h"

#include <criterion/criterion.h>
#include <string.h>

static SSL_SESSION *make_session(int version, unsigned char id)
{
    SSL_SESSION *session = SSL_SESSION_new();
    const unsigned char key[48] = { 1 };

    SSL_SESSION_set_protocol_version(session, version);
    SSL_SESSION_set1_id(session, &id, 1);
    SSL_SESSION_set1_master_key(session, key, sizeof(key));
    SSL_SESSION_set_timeout(session, 100);
    return session;
}

static void add(const struct session_key *key, const struct session_identity *identity, int version,
                unsigned char id, time_t now)
{
    SSL_SESSION *session = make_session(version, id);

    session_cache_add(key, identity, session, now);
    SSL_SESSION_free(session);
}

/* Returns the id of the session taken, 0 when there is none. */
static int take(const struct session_key *key, time_t now)
{
    struct session_identity identity;
    SSL_SESSION *session = session_cache_take(key, now, false, &identity);
    unsigned int size;
    int id = session == NULL ? 0 : SSL_SESSION_get_id(session, &size)[0];

    SSL_SESSION_free(session);
    return id;
}

static const struct session_peer usual = {
    "mail.example.test", 25, { 1 }, TLS1_2_VERSION, TLS1_3_VERSION
};
static const unsigned char alice[FINGERPRINT_BYTES] = { 7 };
static const unsigned char nobody[FINGERPRINT_BYTES];

static const struct key_case {
    const char *name;
    struct session_peer peer;
    unsigned char content[FINGERPRINT_BYTES];
    bool same;
} key_cases[] = {
    { "the same", { "mail.example.test", 25, { 1 }, TLS1_2_VERSION, TLS1_3_VERSION }, { 7 }, true },
    { "letters", { "MAIL.example.test", 25, { 1 }, TLS1_2_VERSION, TLS1_3_VERSION }, { 7 }, true },
    { "host", { "mail2.example.test", 25, { 1 }, TLS1_2_VERSION, TLS1_3_VERSION }, { 7 }, false },
    { "port", { "mail.example.test", 26, { 1 }, TLS1_2_VERSION, TLS1_3_VERSION }, { 7 }, false },
    { "trust", { "mail.example.test", 25, { 2 }, TLS1_2_VERSION, TLS1_3_VERSION }, { 7 }, false },
    { "least version",
      { "mail.example.test", 25, { 1 }, TLS1_3_VERSION, TLS1_3_VERSION },
      { 7 },
      false },
    { "highest version",
      { "mail.example.test", 25, { 1 }, TLS1_2_VERSION, TLS1_2_VERSION },
      { 7 },
      false },
    { "certificate",
      { "mail.example.test", 25, { 1 }, TLS1_2_VERSION, TLS1_3_VERSION },
      { 8 },
      false },
    { "no certificate",
      { "mail.example.test", 25, { 1 }, TLS1_2_VERSION, TLS1_3_VERSION },
      { 0 },
      false },
};

Test(session_cache, every_part_of_the_key_counts)
{
    const struct session_key key = session_key_get(&usual, alice);

    for (size_t i = 0; i < sizeof(key_cases) / sizeof(key_cases[0]); i++) {
        const struct session_key other = session_key_get(&key_cases[i].peer, key_cases[i].content);

        cr_expect_eq(memcmp(&key, &other, sizeof(key)) == 0, key_cases[i].same, "%s",
                     key_cases[i].name);
    }
}

Test(session_cache, newest_first_tls_1_3_once_tls_1_2_as_often_as_it_lives)
{
    const struct session_key key = session_key_get(&usual, alice);
    const struct session_identity identity = { .fingerprint = "f" };

    add(&key, &identity, TLS1_2_VERSION, 1, 1000);
    add(&key, &identity, TLS1_3_VERSION, 2, 1000);
    add(&key, &identity, TLS1_3_VERSION, 3, 1000);
    cr_expect_eq(take(&key, 1000), 3);
    cr_expect_eq(take(&key, 1000), 2);
    cr_expect_eq(take(&key, 1000), 1);
    cr_expect_eq(take(&key, 1099), 1);
    cr_expect_eq(take(&key, 1100), 0, "the lifetime of 100 s is over");
    cr_expect_eq(session_cache_count(), 0);
}

Test(session_cache, a_session_dies_with_its_certificate)
{
    const struct session_key key = session_key_get(&usual, alice);
    const struct session_identity identity = { .fingerprint = "f", .not_after = 1010 };

    add(&key, &identity, TLS1_2_VERSION, 1, 1000);
    cr_expect_eq(take(&key, 1010), 1);
    cr_expect_eq(take(&key, 1011), 0);
}

Test(session_cache, is_bounded_and_the_oldest_goes)
{
    const struct session_identity identity = { .fingerprint = "f" };
    struct session_peer peer = usual;
    struct session_key key = session_key_get(&peer, alice);

    for (unsigned char id = 1; id <= 20; id++)
        add(&key, &identity, TLS1_3_VERSION, id, 1000);
    cr_expect_eq(session_cache_count(), 8, "got %zu", session_cache_count());
    cr_expect_eq(take(&key, 1000), 20);
    for (int i = 0; i < 2000; i++) {
        peer.port = i;
        key = session_key_get(&peer, alice);
        add(&key, &identity, TLS1_3_VERSION, 1, 1000);
    }
    cr_expect_leq(session_cache_count(), 1024);
    smtp_client_forget_sessions();
    cr_expect_eq(session_cache_count(), 0);
}

Test(session_cache, removes_the_session_and_no_other)
{
    const struct session_key key = session_key_get(&usual, alice);
    const struct session_identity identity = { .fingerprint = "f" };
    SSL_SESSION *session = make_session(TLS1_2_VERSION, 2);

    add(&key, &identity, TLS1_2_VERSION, 1, 1000);
    add(&key, &identity, TLS1_2_VERSION, 2, 1000);
    session_cache_remove(&key, session);
    cr_expect_eq(take(&key, 1000), 1);
    SSL_SESSION_free(session);
    smtp_client_forget_sessions();
}

Test(session_cache, drops_the_sessions_of_a_key_and_of_no_other)
{
    const struct session_key key = session_key_get(&usual, alice);
    const struct session_key other = session_key_get(&usual, nobody);
    const struct session_identity identity = { .fingerprint = "f" };

    add(&key, &identity, TLS1_3_VERSION, 1, 1000);
    add(&key, &identity, TLS1_3_VERSION, 2, 1000);
    add(&other, &identity, TLS1_3_VERSION, 3, 1000);
    session_cache_drop(&key);
    cr_expect_eq(session_cache_count(), 1);
    cr_expect_eq(take(&other, 1000), 3);
    smtp_client_forget_sessions();
}
