#include "harness/capture/capture.h"

#include <string.h>
#include <talloc.h>

/* One more connection, or NULL: that would be too many, or it cannot be made any more (a server may
 * have had enough). */
static const struct dial_result *ask(struct capture *capture, struct dial_manner manner)
{
    struct error ignored = { 0 };

    if (capture->n_connections >= CAPTURE_CONNECTIONS_MAX)
        return NULL;
    capture->n_connections++;
    manner.certificate |= capture->with_certificate && !manner.stranger;
    return dial(capture, &capture->target, &manner, &ignored);
}

static struct dial_manner only(int version)
{
    return (struct dial_manner){ .tls_min = version, .tls_max = version };
}

static bool speaks(const struct capture *capture, int version)
{
    return capture->versions[version - TLS1_VERSION];
}

/* --- versions, suites, groups --- */

static void ask_versions(struct capture *capture)
{
    for (int version = TLS1_VERSION; version <= TLS1_3_VERSION; version++) {
        const struct dial_result *result;

        if (capture->first->hello && capture->first->version == version) {
            capture->versions[version - TLS1_VERSION] = true;
            continue;
        }
        result = ask(capture, only(version));
        capture->versions[version - TLS1_VERSION] =
            result != NULL && result->hello && result->version == version;
    }
}

/* Leaves out of what is offered what the server has chosen; `leave` says how. */
static void ask_choices(struct capture *capture, struct capture_choices *choices,
                        struct dial_manner manner,
                        const char *(*leave)(struct capture *capture, struct dial_manner *manner,
                                             const char *chosen))
{
    const char *chosen = NULL;

    for (size_t n = 0; n <= CAPTURE_CHOICES_MAX; n++) {
        const struct dial_result *result;

        chosen = leave(capture, &manner, chosen);
        if (chosen == NULL) {
            choices->all = true;
            return;
        }
        if (n == CAPTURE_CHOICES_MAX)
            return;
        result = ask(capture, manner);
        chosen = NULL;
        if (result == NULL)
            return;
        if (result->hello)
            chosen = manner.groups != NULL ? result->group : result->cipher;
        if (chosen == NULL) {
            choices->all = true;
            return;
        }
        choices->names[n] = chosen;
    }
}

static const char *leave_suite(struct capture *capture, struct dial_manner *manner,
                               const char *chosen)
{
    manner->ciphers = chosen == NULL ? "ALL:!aNULL:!eNULL"
                                     : talloc_asprintf(capture, "%s:!%s", manner->ciphers, chosen);
    return manner->ciphers;
}

/* A list such as "a:b:c" without one of its words; NULL when nothing is left. */
static const char *without(struct capture *capture, const char *list, const char *word)
{
    char *left = NULL;

    for (const char *at = list; *at != '\0'; at += *at == ':') {
        size_t length = strcspn(at, ":");

        if (strlen(word) != length || strncmp(at, word, length) != 0)
            left = left == NULL ? talloc_strndup(capture, at, length)
                                : talloc_asprintf(capture, "%s:%.*s", left, (int)length, at);
        at += length;
    }
    return left;
}

static const char *leave_suite_13(struct capture *capture, struct dial_manner *manner,
                                  const char *chosen)
{
    manner->ciphersuites = chosen == NULL ? "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
                                            "TLS_AES_128_GCM_SHA256"
                                          : without(capture, manner->ciphersuites, chosen);
    return manner->ciphersuites;
}

static const char *leave_group(struct capture *capture, struct dial_manner *manner,
                               const char *chosen)
{
    manner->groups = chosen == NULL ? "x25519:secp256r1:x448:secp521r1:secp384r1"
                                    : without(capture, manner->groups, chosen);
    return manner->groups;
}

static void ask_parameters(struct capture *capture)
{
    if (speaks(capture, TLS1_2_VERSION))
        ask_choices(capture, &capture->suites, only(TLS1_2_VERSION), leave_suite);
    if (!speaks(capture, TLS1_3_VERSION))
        return;
    ask_choices(capture, &capture->suites_13, only(TLS1_3_VERSION), leave_suite_13);
    ask_choices(capture, &capture->groups, only(TLS1_3_VERSION), leave_group);
}

/* --- sessions --- */

static const struct dial_result *resume(struct capture *capture,
                                        struct capture_resumption *resumption,
                                        const struct dial_result *from, struct dial_manner manner)
{
    const struct dial_result *result;

    resumption->asked = from != NULL && from->usable;
    resumption->given =
        resumption->asked && from->session != NULL && SSL_SESSION_is_resumable(from->session) == 1;
    if (!resumption->given)
        return NULL;
    manner.session = from->session;
    result = ask(capture, manner);
    resumption->resumed = result != NULL && result->resumed;
    return result;
}

static void ask_sessions(struct capture *capture)
{
    struct dial_manner old = only(TLS1_2_VERSION), ids = only(TLS1_2_VERSION);

    ids.no_ticket = true;
    if (speaks(capture, TLS1_3_VERSION) && capture->base->version == TLS1_3_VERSION)
        capture->resumed = resume(capture, &capture->psk, capture->base, only(TLS1_3_VERSION));
    if (!speaks(capture, TLS1_2_VERSION))
        return;
    capture->old = ask(capture, old);
    (void)resume(capture, &capture->ticket,
                 capture->old != NULL && capture->old->session != NULL &&
                         SSL_SESSION_has_ticket(capture->old->session) == 1
                     ? capture->old
                     : NULL,
                 old);
    capture->old_ids = ask(capture, ids);
    (void)resume(capture, &capture->id,
                 capture->old_ids != NULL && capture->old_ids->has_id ? capture->old_ids : NULL,
                 ids);
}

/* --- names, protocols, certificates --- */

static void ask_manners(struct capture *capture)
{
    capture->unknown_name =
        ask(capture, (struct dial_manner){ .server_name = "nobody.example.test" });
    capture->protocol = ask(capture, (struct dial_manner){ .alpn = "smtp" });
    capture->unknown_protocol = ask(capture, (struct dial_manner){ .alpn = "x-nobody" });
}

static void ask_certificates(struct capture *capture)
{
    if (!capture->first->requested)
        return;
    capture->stranger = ask(capture, (struct dial_manner){ .stranger = true });
    if (capture->target.certificate == NULL)
        return;
    capture->certified = capture->with_certificate
                             ? capture->base
                             : ask(capture, (struct dial_manner){ .certificate = true });
    (void)resume(capture, &capture->again, capture->certified,
                 (struct dial_manner){ .certificate = true });
}

struct capture *capture_probe(void *context, const struct dial_target *target, struct error *err)
{
    struct capture *capture = talloc_zero(context, struct capture);
    const struct dial_manner plain = { .tls_min = 0 };

    capture->target = *target;
    capture->n_connections = 1;
    capture->first = dial(capture, target, &plain, err);
    if (capture->first == NULL)
        return NULL;
    if (!capture->first->hello) {
        error_set(
            err, ERROR_SYSTEM, WHERE_NONE,
            "%s port %s does not begin TLS%s%s%s; is the mode right (--starttls, --implicit)?",
            target->host, target->port, capture->first->alert != NULL ? " (alert " : "",
            capture->first->alert != NULL ? capture->first->alert : "",
            capture->first->alert != NULL ? ")" : "");
        return NULL;
    }
    capture->base = capture->first;
    if (!capture->first->usable && capture->first->requested && target->certificate != NULL) {
        const struct dial_result *second;

        capture->with_certificate = true;
        second = ask(capture, plain);
        if (second != NULL && second->usable)
            capture->base = second;
    }
    ask_versions(capture);
    ask_parameters(capture);
    ask_sessions(capture);
    ask_manners(capture);
    ask_certificates(capture);
    return capture;
}
