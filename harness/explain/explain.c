#include "harness/explain/scene.h"

#include <string.h>
#include <talloc.h>

/* Kinds of causes. Of a kind the first that holds is told. */
enum cause_kind {
    KIND_BEFORE,      /* why there is no handshake, or none that ends */
    KIND_SENT,        /* what the client sent, and why not another */
    KIND_TAKEN,       /* what the server made of it */
    KIND_WHEN,        /* when it said so */
    KIND_SESSION,     /* of resumption */
    KIND_MAIL,        /* after the handshake */
    KIND_STEP,        /* of a step, whatever its connections were */
    KIND_LEFT_UNKNOWN /* nothing else was told of the step */
};

static const struct {
    enum cause_kind kind;
    cause_finder *find;
    const char *meaning;
} causes[] = {
    { KIND_BEFORE, cause_no_starttls, "the server offers no STARTTLS" },
    { KIND_BEFORE, cause_starttls_refused, "STARTTLS is not answered 220" },
    { KIND_BEFORE, cause_script_alert, "the server's script or settings choose the alert" },
    { KIND_BEFORE, cause_script_cut, "the server's script cuts or garbles the connection" },
    { KIND_BEFORE, cause_version, "no version of TLS in common" },
    { KIND_BEFORE, cause_suite, "no cipher suite in common" },
    { KIND_BEFORE, cause_group, "no group of the key exchange in common" },
    { KIND_BEFORE, cause_server_algorithm, "no algorithm in common for the server's key" },
    { KIND_BEFORE, cause_protocol, "no application protocol (ALPN) in common" },
    { KIND_BEFORE, cause_host, "no server of the name that is asked for" },
    { KIND_BEFORE, cause_session_context, "the server has no session id context" },
    { KIND_BEFORE, cause_server_expired, "the server's certificate has expired" },
    { KIND_BEFORE, cause_server_not_yet_valid, "the server's certificate is not valid yet" },
    { KIND_BEFORE, cause_server_chain, "the server does not send its intermediate" },
    { KIND_BEFORE, cause_server_untrusted, "the client does not trust the server's issuer" },
    { KIND_BEFORE, cause_server_usage, "the server's certificate is for clients only" },
    { KIND_BEFORE, cause_server_name, "the server's certificate is of another name" },
    { KIND_BEFORE, cause_server_refused, "the client refuses with an alert, for a reason unseen" },
    { KIND_BEFORE, cause_alert_sent, "the server refuses with an alert, for a reason unseen" },
    { KIND_BEFORE, cause_left_handshake, "the client leaves within the handshake, in silence" },
    { KIND_BEFORE, cause_no_hello, "the connection ends before TLS begins" },

    { KIND_SENT, cause_resumed_identity, "a resumed handshake asks for nothing (R44)" },
    { KIND_SENT, cause_not_asked, "the server does not ask (R21)" },
    { KIND_SENT, cause_asked_and_left, "the client was asked and left without an answer" },
    { KIND_SENT, cause_empty_collection, "the client has no certificate (R22)" },
    { KIND_SENT, cause_none_fits, "each that it has is unfit: issuer, key, algorithm (R24-R30)" },
    { KIND_SENT, cause_sent_stranger, "one is sent that it was not given" },
    { KIND_SENT, cause_sent_misfit, "one is sent that does not fit (R33)" },
    { KIND_SENT, cause_sent_out_of_turn, "one is sent though another before it fits" },
    { KIND_SENT, cause_sent_in_turn, "the first that fits is sent (R23, R24)" },

    { KIND_TAKEN, cause_empty_refused, "a certificate is required and none was sent" },
    { KIND_TAKEN, cause_expired, "the client's certificate has expired (R27)" },
    { KIND_TAKEN, cause_not_yet_valid, "it is not valid yet (R27)" },
    { KIND_TAKEN, cause_usage, "it is for servers only (R28)" },
    { KIND_TAKEN, cause_revoked, "it is revoked (R27)" },
    { KIND_TAKEN, cause_pins, "it is none of those pinned" },
    { KIND_TAKEN, cause_no_account, "it leads to no account" },
    { KIND_TAKEN, cause_self_signed, "it signs itself" },
    { KIND_TAKEN, cause_intermediate_missing, "its intermediate was not sent (R26)" },
    { KIND_TAKEN, cause_issuer_unknown, "its issuer is not trusted" },
    { KIND_TAKEN, cause_wrong_proof, "the proof of its key is wrong" },
    { KIND_TAKEN, cause_no_proof, "its key was not proven" },
    { KIND_TAKEN, cause_fault_seen, "a server that refuses in SMTP alone: what is wrong to see" },
    { KIND_TAKEN, cause_not_taken, "it is refused for a reason unseen" },

    { KIND_WHEN, cause_refused_in_handshake, "TLS 1.2: the refusal is part of the handshake" },
    { KIND_WHEN, cause_refused_after_handshake, "TLS 1.3: it comes 1 round trip later" },
    { KIND_WHEN, cause_refused_late, "it comes when mail is to be sent" },
    { KIND_WHEN, cause_went_on, "the server goes on without an identity" },

    { KIND_SESSION, cause_session_of_another, "somebody else's session is resumed" },
    { KIND_SESSION, cause_session_declined, "the session that is offered is not taken" },

    { KIND_MAIL, cause_nobody_refused, "mail of nobody is refused" },
    { KIND_MAIL, cause_account_refused, "the account may not do it" },
    { KIND_MAIL, cause_reply_refused, "a command is refused" },

    { KIND_STEP, cause_reused, "no new connection is opened" },
    { KIND_STEP, cause_never_came, "no connection comes to the server" },
    { KIND_STEP, cause_died, "the client's process dies" },
    { KIND_STEP, cause_silent, "the client does not end in time" },

    { KIND_LEFT_UNKNOWN, cause_client_says, "nothing seen explains it; what the client says" },
};
#define N_CAUSES (sizeof(causes) / sizeof(causes[0]))

struct found {
    struct explain_cause *items;
    size_t n;
};

static void add(struct found *found, const struct scene *scene, const char *text)
{
    found->items =
        talloc_realloc(scene->context, found->items, struct explain_cause, (unsigned)found->n + 1);
    found->items[found->n++] = (struct explain_cause){
        .step = scene->step->number,
        .connection = scene->connection != NULL ? scene->connection->number : 0,
        .text = text,
    };
}

static void find_kinds(struct found *found, const struct scene *scene, enum cause_kind from,
                       enum cause_kind to)
{
    for (size_t i = 0; i < N_CAUSES; i++) {
        const char *text =
            causes[i].kind < from || causes[i].kind > to ? NULL : causes[i].find(scene);

        if (text == NULL)
            continue;
        add(found, scene, text);
        while (i + 1 < N_CAUSES && causes[i + 1].kind == causes[i].kind)
            i++;
    }
}

/* The virtual server that the client named, or the server itself. */
static const struct scenario_server *server_of(const struct scene *scene)
{
    const struct scenario_server *server = scene->asked->server;
    const char *sni = scene->connection != NULL ? scene->connection->sni : NULL;

    for (size_t i = 0; sni != NULL && i < server->n_hosts; i++)
        if (strcasecmp(server->hosts[i].name, sni) == 0)
            return server->hosts[i].server;
    return server;
}

static void explain_connection(struct found *found, struct scene *scene,
                               const struct observed_connection *connection)
{
    scene->connection = connection;
    scene->server = server_of(scene);
    find_kinds(found, scene, KIND_BEFORE, KIND_MAIL);
}

static void explain_step(struct found *found, const struct observation *all,
                         const struct observed_step *step, struct scene *scene)
{
    size_t before = found->n;

    scene->step = step;
    scene->asked = &all->scenario->steps[step->number - 1];
    scene->answer = &all->evidence->answers[step->number - 1];
    for (size_t i = 0; i < all->n_connections; i++)
        if (all->connections[i].opened_in == step->number)
            explain_connection(found, scene, &all->connections[i]);
    scene->connection = NULL;
    scene->server = scene->asked->server;
    find_kinds(found, scene, KIND_STEP, KIND_STEP);
    if (found->n == before)
        find_kinds(found, scene, KIND_LEFT_UNKNOWN, KIND_LEFT_UNKNOWN);
}

struct explain_causes explain(void *context, const struct observation *all, bool settings_known)
{
    struct scene scene = { .context = context, .all = all, .known = settings_known };
    struct found found = { NULL, 0 };

    for (size_t i = 0; i < all->n_steps; i++)
        explain_step(&found, all, &all->steps[i], &scene);
    return (struct explain_causes){ found.items, found.n };
}

void explain_print_table(FILE *stream)
{
    for (size_t i = 0; i < N_CAUSES; i++)
        (void)fprintf(stream, "  %s\n", causes[i].meaning);
}
