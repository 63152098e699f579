#include "harness/capture/write.h"

#include <openssl/x509.h>
#include <string.h>
#include <strings.h>
#include <talloc.h>

/* --- YAML --- */

/* Plain where YAML takes it as it is inside of brackets, else in double quotes. */
void write_word(const struct writer *writer, const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._+ ";
    bool quoted =
        word[0] == '\0' || word[strspn(word, plain)] != '\0' || strchr("-. ", *word) != NULL;

    if (!quoted) {
        (void)fputs(word, writer->stream);
        return;
    }
    (void)fputc('"', writer->stream);
    for (; *word != '\0'; word++)
        if (*word == '"' || *word == '\\')
            (void)fprintf(writer->stream, "\\%c", *word);
        else if ((unsigned char)*word < 0x20 || *word == 0x7f)
            (void)fprintf(writer->stream, "\\x%02x", (unsigned char)*word);
        else
            (void)fputc(*word, writer->stream);
    (void)fputc('"', writer->stream);
}

void write_list(const struct writer *writer, const char *const *words)
{
    (void)fputc('[', writer->stream);
    for (size_t i = 0; words[i] != NULL; i++) {
        (void)fputs(i > 0 ? ", " : "", writer->stream);
        write_word(writer, words[i]);
    }
    (void)fputc(']', writer->stream);
}

size_t write_count(const char *const *words)
{
    size_t n = 0;

    while (words[n] != NULL)
        n++;
    return n;
}

bool write_equal(const char *const *a, const char *const *b)
{
    while (*a != NULL && *b != NULL && strcmp(*a, *b) == 0) {
        a++;
        b++;
    }
    return *a == NULL && *b == NULL;
}

/* --- TLS --- */

static void write_versions(const struct writer *writer)
{
    const bool *versions = writer->capture->versions;
    int low = 0, high = 3;
    bool gap = false;

    while (low < 3 && !versions[low])
        low++;
    while (high > low && !versions[high])
        high--;
    for (int i = low; i <= high; i++)
        gap |= !versions[i];
    if (low == high)
        WRITE(writer, "  tls: \"1.%d\"\n", low);
    else
        WRITE(writer, "  tls: \"1.%d..1.%d\"\n", low, high);
    if (gap)
        WRITE(writer, "  # not every version in between is spoken\n");
}

static void write_choices(const struct writer *writer, const char *key,
                          const struct capture_choices *choices, const char *what)
{
    if (choices->names[0] == NULL)
        return;
    if (!choices->all) {
        WRITE(writer, "  # %s, in its order: ", what);
        for (size_t i = 0; choices->names[i] != NULL; i++)
            WRITE(writer, "%s%s", i > 0 ? ", " : "", choices->names[i]);
        WRITE(writer, "; more were not asked for\n");
        return;
    }
    WRITE(writer, "  %s: \"", key);
    for (size_t i = 0; choices->names[i] != NULL; i++)
        WRITE(writer, "%s%s", i > 0 ? ":" : "", choices->names[i]);
    WRITE(writer, "\"\n");
}

static bool has_all(const struct capture_choices *choices, size_t n)
{
    return choices->all && write_count(choices->names) == n;
}

static void write_parameters(const struct writer *writer)
{
    const struct capture *capture = writer->capture;

    write_choices(writer, "ciphers", &capture->suites, "suites of TLS 1.2");
    if (!has_all(&capture->suites_13, 3)) /* the three that everybody has */
        write_choices(writer, "ciphersuites", &capture->suites_13, "suites of TLS 1.3");
    if (!has_all(&capture->groups, 5)) /* those of all OpenSSL servers */
        write_choices(writer, "groups", &capture->groups, "groups");
}

/* --- sessions --- */

static void write_resumption(const struct writer *writer, const char *what,
                             const struct capture_resumption *resumption)
{
    if (resumption->asked && resumption->given)
        WRITE(writer, "  # a session %s was %sresumed\n", what, resumption->resumed ? "" : "not ");
}

static int tickets_of(const struct capture *capture)
{
    if (capture->base->version == TLS1_3_VERSION)
        return capture->base->n_tickets;
    if (capture->old == NULL || capture->old->n_tickets == 0)
        return 0;
    return 2; /* of TLS 1.2 there is one: 2 is what nobody needs to write */
}

/* A lifetime that is hinted; of ids nothing is told. */
static long lifetime_of(const struct capture *capture)
{
    if (capture->base->lifetime_s > 0)
        return capture->base->lifetime_s;
    return capture->old != NULL ? capture->old->lifetime_s : 0;
}

static void write_sessions(const struct writer *writer)
{
    const struct capture *capture = writer->capture;
    int tickets = tickets_of(capture);
    bool old = capture->old_ids != NULL && capture->old_ids->usable;
    bool ids = old && capture->old_ids->has_id;
    bool given = capture->psk.given || capture->ticket.given || capture->id.given;
    bool declined =
        given && !capture->psk.resumed && !capture->ticket.resumed && !capture->id.resumed;

    if (!capture->base->usable) {
        WRITE(writer, "  # sessions: not known, as no handshake was completed (--cert)\n");
        return;
    }
    if (tickets == 0 && old && !ids) {
        WRITE(writer, "  sessions: none\n");
        return;
    }
    WRITE(writer, "  sessions: {");
    if (old)
        WRITE(writer, "ids: %s, ", ids && (capture->id.resumed || declined) ? "yes" : "no");
    WRITE(writer, "tickets: %d", tickets);
    if (lifetime_of(capture) > 0)
        WRITE(writer, ", lifetime: %ld", lifetime_of(capture));
    WRITE(writer, "%s%s}\n", capture->base->early_data ? ", early_data: yes" : "",
          declined ? ", fault: decline" : "");
    write_resumption(writer, "of TLS 1.3", &capture->psk);
    write_resumption(writer, "made with the certificate of --cert", &capture->again);
    if (ids && !capture->id.resumed && !declined)
        WRITE(writer, "  # session ids are given, and not resumed\n");
}

/* --- SMTP --- */

/* Without STARTTLS, which the fake server adds itself, and without what says whose it is. */
static const char *const *keywords(const struct writer *writer, const char *const *all)
{
    const char **words =
        talloc_zero_array(writer->context, const char *, (unsigned)write_count(all) + 1);
    size_t n = 0;

    for (; *all != NULL; all++)
        if (strcasecmp(*all, "STARTTLS") != 0)
            words[n++] = *all;
    return words;
}

/* The list of another state, where it is another one. */
static void compare_lists(const struct writer *writer, const char *state,
                          const struct dial_result *result)
{
    if (result == NULL || !result->usable || writer->capture->base->ehlo_tls == NULL ||
        write_equal(result->ehlo_tls, writer->capture->base->ehlo_tls))
        return;
    WRITE(writer, "  # %s the EHLO list is ", state);
    write_list(writer, result->ehlo_tls);
    WRITE(writer, "\n");
}

static void write_lists(const struct writer *writer)
{
    const struct capture *capture = writer->capture;
    const char *const *clear = capture->base->ehlo, *const *tls = capture->base->ehlo_tls;

    if (capture->target.implicit)
        clear = tls;
    if (clear != NULL) {
        WRITE(writer, "  ehlo: ");
        write_list(writer, keywords(writer, clear));
        WRITE(writer, "\n");
    }
    if (tls == NULL)
        WRITE(writer, "  # the EHLO list under TLS is not known\n");
    else if (!write_equal(keywords(writer, clear), tls)) {
        WRITE(writer, "  ehlo_tls: ");
        write_list(writer, tls);
        WRITE(writer, "\n");
    }
    compare_lists(writer, "with a certificate", capture->certified);
    compare_lists(writer, "resumed", capture->resumed);
}

static void write_protocols(const struct writer *writer)
{
    const struct capture *capture = writer->capture;
    const struct dial_result *known = capture->protocol, *unknown = capture->unknown_protocol;
    bool chosen = known != NULL && known->alpn != NULL;
    bool refused = unknown != NULL && unknown->alert != NULL &&
                   strcmp(unknown->alert, "no_application_protocol") == 0;

    if (chosen)
        WRITE(writer, "  alpn: [smtp]\n");
    else if (refused)
        WRITE(writer, "  alpn: []\n");
    if (chosen && !refused)
        WRITE(writer, "  unknown_protocol: continue\n");
}

static void write_manners(const struct writer *writer)
{
    const struct capture *capture = writer->capture;
    const struct dial_result *unknown = capture->unknown_name, *base = capture->base;
    const char *name = "unrecognized_name";

    write_protocols(writer);
    if (unknown != NULL && unknown->alert != NULL && strcmp(unknown->alert, name) == 0)
        WRITE(writer, "  # a name that it does not know is refused with %s\n", name);
    if (unknown != NULL && unknown->warning != NULL && strcmp(unknown->warning, name) == 0)
        WRITE(writer, "  # a name that it does not know is warned of with %s\n", name);
    if (base->starttls != NULL && !writer->anonymise)
        WRITE(writer, "  # STARTTLS is answered \"%s\"\n", base->starttls);
    if (base->starttls_again != NULL && !writer->anonymise)
        WRITE(writer, "  # STARTTLS under TLS is answered \"%s\"\n", base->starttls_again);
    if (base->usable)
        WRITE(writer, "  # after QUIT it closes %s\n",
              !base->closed ? "late, or not at all"
              : base->clean ? "with close_notify"
                            : "without close_notify");
}

/* --- the file --- */

static void write_head(const struct writer *writer)
{
    const struct capture *capture = writer->capture;

    WRITE(writer, "title: Negotiates as ");
    if (writer->anonymise)
        WRITE(writer, "a server that was captured\n");
    else
        WRITE(writer, "%s port %s does\n", capture->target.host, capture->target.port);
    WRITE(writer,
          "# Found out with %d connections that sent no mail. Keys are others. Not asked: what "
          "comes in the same packet\n# as STARTTLS, whether mail of nobody is taken, and "
          "whether a session of one name or port is good for another.\n",
          capture->n_connections);
    if (capture->target.trust != NULL)
        WRITE(writer, "# Its certificate %s with --trust.\n",
              capture->first->verified == X509_V_OK
                  ? "is verified"
                  : talloc_asprintf(writer->context, "is not verified (%s)",
                                    X509_verify_cert_error_string(capture->first->verified)));
}

void capture_write(FILE *stream, const struct capture *capture, bool anonymise)
{
    struct writer writer = {
        .context = talloc_new(NULL), .stream = stream, .capture = capture, .anonymise = anonymise
    };

    write_head(&writer);
    write_pki(&writer);
    WRITE(&writer, "server:\n  mode: %s\n", capture->target.implicit ? "implicit" : "starttls");
    write_versions(&writer);
    write_identity(&writer);
    write_parameters(&writer);
    write_request(&writer);
    write_sessions(&writer);
    write_lists(&writer);
    write_manners(&writer);
    WRITE(&writer, "client: {certificates: [alice]}\nsteps:\n  - send: {}\n");
    talloc_free(writer.context);
}
