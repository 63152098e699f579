/* What a real server is told: its certificates and authorities, and the values of placeholders. */
#include "harness/run/skip.h"
#include "harness/run/stage.h"

#include "harness/base/files.h"

#include <openssl/pem.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

/* Ids of cases hold letters that start scripts choke on, and are longer than the path of a socket
 * may be: servers see the folder under a short name. */
const char *mail_server_directory(const struct stage *stage)
{
    return talloc_asprintf(stage->evidence, "/tmp/counterseal-%d", (int)getpid());
}

int mail_server_make_directory(const struct stage *stage, struct error *err)
{
    const char *folder = stage_path(stage, "server"), *name = mail_server_directory(stage);

    if (files_make_directory(folder, 0777, err) != 0)
        return -1;
    (void)unlink(name); /* of one that died */
    return symlink(folder, name) == 0 ? 0 : error_set_errno(err, "cannot make the link %s", name);
}

void mail_server_forget_directory(const struct stage *stage)
{
    (void)unlink(mail_server_directory(stage));
}

static const char *below(const struct stage *stage, const char *name)
{
    return talloc_asprintf(stage->evidence, "%s/%s", mail_server_directory(stage), name);
}

/* A list of paths, one for each host, or for the server alone. */
static const char *const *listed(const struct stage *stage, const char *first)
{
    const char **list = talloc_zero_array(stage->evidence, const char *, 2);

    list[0] = first;
    return list;
}

static int write_identity(const struct stage *stage, const char *name, struct error *err)
{
    return pki_write(stage->pki, name, name, mail_server_directory(stage), false, err);
}

static int write_authorities(const struct stage *stage, const struct scenario_names *names,
                             const char *path, struct error *err)
{
    return names->n == 0 ? 0 : pki_write_trust(stage->pki, names, path, err);
}

static int write_lists(const struct stage *stage, const struct scenario_names *revoked,
                       const char *path, struct error *err)
{
    STACK_OF(X509_CRL) *lists = pki_revoke(stage->pki, revoked);
    FILE *stream = lists != NULL ? files_open_whole(path, err) : NULL;
    int rv = lists == NULL ? 0 : -1;

    for (int i = 0; stream != NULL && i < sk_X509_CRL_num(lists); i++)
        (void)PEM_write_X509_CRL(stream, sk_X509_CRL_value(lists, i));
    if (stream != NULL)
        rv = files_commit(stream, path, err);
    sk_X509_CRL_pop_free(lists, X509_CRL_free);
    return rv;
}

/* What a row of the profile stands for, expanded; NULL when it stands for nothing. */
static const char *word_of(const struct stage *stage, const struct profile_text *texts, size_t n,
                           const char *name, const struct profile_values *values)
{
    const char *template = profile_text_find(texts, n, name);
    char *text;
    size_t length;

    if (template == NULL || template[0] == '\0')
        return NULL;
    text = profile_expand_text(stage->evidence, template, values);
    length = strlen(text);
    if (length > 0)
        text[length - 1] = '\0'; /* the end of the last line is that of the line it stands in */
    return text;
}

static const char *const asks[] = { "no", "request", "require" };

/* --- virtual servers --- */

static int host_values(const struct stage *stage, const struct scenario_server *server,
                       struct profile_values *values, struct error *err)
{
    const struct profile_server *own = stage->subject->server;
    const char **lists[5];

    for (int i = 0; i < 5; i++)
        lists[i] = talloc_zero_array(stage->evidence, const char *, (unsigned)server->n_hosts + 1);
    for (size_t i = 0; i < server->n_hosts; i++) {
        const struct scenario_server *host = server->hosts[i].server;
        const char *name = host->certificate.text;
        const char *trust =
            below(stage, talloc_asprintf(stage->evidence, "trust-%s.pem", server->hosts[i].name));
        struct profile_values of_host = *values;

        if (write_identity(stage, name, err) != 0 ||
            write_authorities(stage, &host->trust, trust, err) != 0)
            return -1;
        of_host.trust = of_host.names = trust;
        lists[0][i] = server->hosts[i].name;
        lists[1][i] = below(stage, talloc_asprintf(stage->evidence, "%s.pem", name));
        lists[2][i] = below(stage, talloc_asprintf(stage->evidence, "%s.key", name));
        lists[3][i] = trust;
        lists[4][i] = word_of(stage, own->ask, own->n_ask, asks[host->ask], &of_host);
        if (lists[4][i] == NULL)
            lists[4][i] = "";
    }
    values->host_name = lists[0];
    values->host_cert = lists[1];
    values->host_key = lists[2];
    values->host_trust = lists[3];
    values->host_ask = lists[4];
    return 0;
}

/* --- all of it --- */

const char *run_sessions_word(const struct scenario_server *server)
{
    const struct scenario_sessions *sessions = &server->sessions;

    if (sessions->ids)
        return sessions->tickets > 0 ? "both" : "ids";
    return sessions->tickets > 0 ? "tickets" : "none";
}

const char *run_versions_word(void *context, const struct scenario_server *server)
{
    /* 0x0301 is TLS 1.0. */
    if (server->tls_min == server->tls_max)
        return talloc_asprintf(context, "1.%d", server->tls_min - 0x0301);
    return talloc_asprintf(context, "1.%d..1.%d", server->tls_min - 0x0301,
                           server->tls_max - 0x0301);
}

static int write_files(const struct stage *stage, const struct scenario_server *server,
                       const struct profile_values *values, struct error *err)
{
    if (write_identity(stage, server->certificate.text, err) != 0 ||
        write_authorities(stage, &server->trust, values->trust, err) != 0 ||
        write_authorities(stage, &server->names, values->names, err) != 0)
        return -1;
    return values->crl == NULL ? 0
                               : write_lists(stage, &server->judgement.revoked, values->crl, err);
}

int mail_server_values(const struct stage *stage, const struct scenario_step *step,
                       struct profile_values *values, struct error *err)
{
    static const char *const modes[] = { "starttls", "implicit" };
    const struct scenario_server *server = step->server;
    const struct profile *profile = stage->subject;
    const struct profile_server *own = profile->server;
    const char *name = server->certificate.text;

    *values = (struct profile_values){
        .port = stage->port,
        .second_port = stage->second_port[0] != '\0' ? stage->second_port : NULL,
        .address = "127.0.0.1",
        .sink = stage->ports.items[0].number,
        .trust = below(stage, "trust.pem"),
        .names = server->names.n > 0 ? below(stage, "names.pem") : NULL,
        .crl = server->judgement.revoked.n > 0 ? below(stage, "crl.pem") : NULL,
        .directory = mail_server_directory(stage),
        .program = run_program(stage->evidence, profile),
        .here = profile->here,
        .cache = run_cache(stage->evidence),
    };
    values->cert = listed(stage, below(stage, talloc_asprintf(stage->evidence, "%s.pem", name)));
    values->key = listed(stage, below(stage, talloc_asprintf(stage->evidence, "%s.key", name)));
    values->mode = word_of(stage, own->modes, own->n_modes, modes[server->mode], values);
    values->ask = word_of(stage, own->ask, own->n_ask, asks[server->ask], values);
    values->tls = word_of(stage, own->versions, own->n_versions,
                          run_versions_word(stage->evidence, server), values);
    values->sessions =
        word_of(stage, own->sessions, own->n_sessions, run_sessions_word(server), values);
    if (write_files(stage, server, values, err) != 0)
        return -1;
    return host_values(stage, server, values, err);
}
