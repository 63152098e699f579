/* Sessions that a probe offers: whose they are, and how they are forged. */
#include "harness/smtp_client/forge.h"
#include "harness/smtp_client/probe_state.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

void probe_play_session(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    SSL_SESSION *session = probe_session_of((int)strtol(values[0], NULL, 10));

    (void)turn;
    SSL_SESSION_free(probe->offered);
    /* OpenSSL forgets what was offered on a connection that breaks: each gets a copy. */
    probe->offered = session != NULL ? SSL_SESSION_dup(session) : NULL;
    if (session == NULL)
        probe_answer(probe, "session", "the server gave none in that step");
}

/* The name of the key stands at the beginning. Source: RFC 5077 section 4. */
static void flip_first(unsigned char *ticket, size_t size)
{
    (void)size;
    ticket[0] ^= 1;
}

static void flip_middle(unsigned char *ticket, size_t size)
{
    ticket[size / 2] ^= 1;
}

static void draw(unsigned char *ticket, size_t size)
{
    (void)RAND_bytes(ticket, (int)size);
}

static const struct {
    const char *name;
    forge_bender *bend;
} bends[] = {
    { "flip-first", flip_first },
    { "flip-middle", flip_middle },
    { "flip-last", forge_flip_last },
    { "random", draw },
};

void probe_play_ticket(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    SSL_SESSION *forged = NULL;

    (void)turn;
    if (probe->offered == NULL)
        return;
    for (size_t i = 0; i < sizeof(bends) / sizeof(bends[0]); i++)
        if (strcmp(bends[i].name, values[0]) == 0)
            forged = forge_ticket(probe->offered, bends[i].bend);
    if (forged == NULL) {
        probe_answer(probe, "ticket", "the session has none");
        return;
    }
    SSL_SESSION_free(probe->offered);
    probe->offered = forged;
}

static void copy_id(SSL_SESSION *session, const SSL_SESSION *from)
{
    unsigned char secret[SSL_MAX_MASTER_KEY_LENGTH];
    unsigned n = 0;
    const unsigned char *id = SSL_SESSION_get_id(from, &n);
    size_t size = SSL_SESSION_get_master_key(from, secret, sizeof(secret));

    (void)SSL_SESSION_set1_id(session, id, n);
    (void)SSL_SESSION_set1_master_key(session, secret, size);
}

void probe_play_session_id(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    unsigned char id[SSL_MAX_SSL_SESSION_ID_LENGTH];
    const SSL_SESSION *other = probe_session_of((int)strtol(values[0], NULL, 10));

    (void)turn;
    if (probe->offered == NULL)
        return;
    if (other != NULL) {
        copy_id(probe->offered, other);
    } else {
        probe->report->forged = true;
        (void)RAND_bytes(id, sizeof(id));
        (void)SSL_SESSION_set1_id(probe->offered, id, sizeof(id));
    }
}

void probe_play_secret(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    (void)turn;
    if (probe->offered != NULL && strcmp(values[0], "wrong") == 0)
        forge_secret(probe->offered);
}
