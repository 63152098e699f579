/* What a row of a probe can do: one row and one function each. */
#include "harness/smtp_client/probe_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* "0d0a" as bytes. */
static char *from_hex(const char *text, size_t *size)
{
    size_t n = strlen(text) / 2;
    char *bytes = malloc(n + 1);

    if (bytes == NULL)
        abort();
    for (size_t i = 0; i < n; i++) {
        char pair[3] = { text[2 * i], text[2 * i + 1], '\0' };

        bytes[i] = (char)strtol(pair, NULL, 16);
    }
    bytes[n] = '\0';
    *size = n;
    return bytes;
}

/* --- below TLS --- */

static void play_segment(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    (void)turn;
    probe->wire.segment = (size_t)strtol(values[0], NULL, 10);
}

static void play_cut(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    (void)turn;
    probe->wire.cut = strtol(values[0], NULL, 10);
}

static void play_corrupt(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    (void)turn;
    (void)values;
    probe->wire.corrupt = true;
}

static void play_raw(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    size_t size;
    char *bytes = from_hex(values[0], &size);

    (void)turn;
    (void)probe_wire_write(&probe->wire, bytes, size);
    free(bytes);
}

/* --- what is said --- */

static void play_say(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    (void)turn;
    for (; *values != NULL && !probe->over; values++)
        (void)probe_say(probe, *values);
}

static void play_command(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    (void)probe;
    turn->line = values[0];
}

static void play_inject(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    (void)probe;
    free(turn->inject);
    turn->inject = from_hex(values[0], &turn->inject_size);
}

static void play_bytes(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    (void)probe;
    free(turn->bytes);
    turn->bytes = from_hex(values[0], &turn->bytes_size);
}

static void play_skip(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    (void)probe;
    (void)values;
    turn->skip = true;
}

/* Does something again and again while it goes well, and tells how often it did. */
static void repeat(struct probe *probe, const char *what, const char *times, bool (*once)(SSL *ssl))
{
    long wanted = strtol(times, NULL, 10), done = 0;
    char command[64], reply[32];

    while (done < wanted && once(probe->ssl))
        done++;
    snprintf(command, sizeof(command), "%s %ld", what, wanted);
    snprintf(reply, sizeof(reply), "%ld", done);
    probe_answer(probe, command, reply);
}

static bool renegotiate(SSL *ssl)
{
    return SSL_renegotiate(ssl) == 1 && SSL_do_handshake(ssl) == 1;
}

static void play_renegotiate(struct probe *probe, struct probe_turn *turn,
                             const char *const *values)
{
    (void)turn;
    if (probe->ssl != NULL)
        repeat(probe, "renegotiate", values[0], renegotiate);
}

static bool update_keys(SSL *ssl)
{
    return SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(ssl) == 1;
}

static void play_update_keys(struct probe *probe, struct probe_turn *turn,
                             const char *const *values)
{
    (void)turn;
    if (probe->ssl != NULL)
        repeat(probe, "update_keys", values[0], update_keys);
}

/* --- the ClientHello --- */

static void play_name(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    char *name = strdup(values[0]);

    (void)turn;
    SSL_ctrl(probe->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             strcmp(name, "none") == 0 ? NULL : name);
    free(name);
}

static void play_ciphers(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    (void)turn;
    (void)SSL_set_cipher_list(probe->ssl, values[0]);
}

static void play_ciphersuites(struct probe *probe, struct probe_turn *turn,
                              const char *const *values)
{
    (void)turn;
    (void)SSL_set_ciphersuites(probe->ssl, values[0]);
}

/* MD5 and SHA-1 are beyond the usual level. */
static void play_signatures(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    char *list = strdup(values[0]);

    (void)turn;
    SSL_set_security_level(probe->ssl, 0);
    (void)SSL_set1_sigalgs_list(probe->ssl, list);
    (void)SSL_set1_client_sigalgs_list(probe->ssl, list);
    free(list);
}

static void play_master_secret(struct probe *probe, struct probe_turn *turn,
                               const char *const *values)
{
    (void)turn;
    if (strcmp(values[0], "no") == 0)
        SSL_set_options(probe->ssl, SSL_OP_NO_EXTENDED_MASTER_SECRET);
}

static void play_tickets(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    (void)turn;
    if (strcmp(values[0], "no") == 0)
        SSL_set_options(probe->ssl, SSL_OP_NO_TICKET);
}

/* --- the end --- */

static void play_close(struct probe *probe, struct probe_turn *turn, const char *const *values)
{
    static const char *const hows[] = { "", "clean", "truncated", "reset" };

    (void)probe;
    for (int i = 1; i < 4; i++)
        if (strcmp(hows[i], values[0]) == 0)
            turn->close = (enum probe_close)i;
}

static const struct {
    const char *name;
    probe_play_act *play;
} acts[] = {
    { "segment", play_segment },
    { "cut", play_cut },
    { "corrupt", play_corrupt },
    { "raw", play_raw },
    { "say", play_say },
    { "command", play_command },
    { "inject", play_inject },
    { "bytes", play_bytes },
    { "skip", play_skip },
    { "renegotiate", play_renegotiate },
    { "update_keys", play_update_keys },
    { "session", probe_play_session },
    { "ticket", probe_play_ticket },
    { "session_id", probe_play_session_id },
    { "secret", probe_play_secret },
    { "name", play_name },
    { "ciphers", play_ciphers },
    { "ciphersuites", play_ciphersuites },
    { "signature_algorithms", play_signatures },
    { "extended_master_secret", play_master_secret },
    { "tickets", play_tickets },
    { "certificate", probe_play_certificate },
    { "chain", probe_play_chain },
    { "key", probe_play_key },
    { "close", play_close },
};

static probe_play_act *find(const char *name)
{
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
        if (strcmp(acts[i].name, name) == 0)
            return acts[i].play;
    return NULL;
}

bool probe_knows(const char *act)
{
    return find(act) != NULL;
}

static bool is_about(const struct probe *probe, const struct probe_row *row, const char *site)
{
    int now = probe->ssl != NULL ? 1 : -1;

    return strcmp(row->on, site) == 0 && (row->when == 0 || row->when == now);
}

void probe_act(struct probe *probe, struct probe_turn *turn)
{
    const struct probe_order *order = probe->order;

    for (size_t i = 0; i < order->n_rows; i++) {
        const struct probe_row *row = &order->rows[i];

        for (size_t j = 0; is_about(probe, row, turn->site) && j < row->n_acts; j++) {
            probe_play_act *act = find(row->acts[j].name);

            if (act != NULL && !probe->over)
                act(probe, turn, row->acts[j].values + 1);
        }
    }
}
