#include "fake_server/options.h"
#include "fake_server/throwaway.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <stdlib.h>
#include <string.h>

struct option {
    const char *name;
    const char *value; /* how --help calls it; NULL: it takes none */
    const char *help;
    bool (*set)(struct options *options, const char *value);
};

struct word {
    const char *text;
    int value;
};

static bool find_word(const struct word *words, const char *text, int *value)
{
    for (; words->text != NULL; words++)
        if (strcmp(words->text, text) == 0) {
            *value = words->value;
            return true;
        }
    return false;
}

static bool parse_number(const char *text, long max, long *value)
{
    char *end;

    if (*text < '0' || *text > '9' || strlen(text) > 9)
        return false;
    *value = strtol(text, &end, 10);
    return *end == '\0' && *value <= max;
}

static bool set_deadline(struct options *options, const char *value)
{
    long seconds;

    if (!parse_number(value, FAKE_SERVER_MAX_LIFETIME_S, &seconds) || seconds < 1)
        return false;
    options->settings.deadline_ms = (int)seconds * 1000;
    return true;
}

static bool set_certificate(struct options *options, const char *value)
{
    options->certificate = value;
    return true;
}

static bool set_key(struct options *options, const char *value)
{
    options->key = value;
    return true;
}

static bool set_chain(struct options *options, const char *value)
{
    options->chain = value;
    return true;
}

static bool set_trust(struct options *options, const char *value)
{
    options->trust = value;
    return true;
}

static bool set_crl(struct options *options, const char *value)
{
    options->crl = value;
    return true;
}

static bool set_names(struct options *options, const char *value)
{
    options->names = value;
    return true;
}

static bool set_ask(struct options *options, const char *value)
{
    static const struct word words[] = { { "no", FAKE_SERVER_ASK_NO },
                                         { "request", FAKE_SERVER_ASK_REQUEST },
                                         { "require", FAKE_SERVER_ASK_REQUIRE },
                                         { NULL, 0 } };
    int ask;

    if (!find_word(words, value, &ask))
        return false;
    options->settings.ask = (enum fake_server_ask)ask;
    return true;
}

static bool set_untrusted(struct options *options, const char *value)
{
    static const struct word words[] = { { "continue", FAKE_SERVER_UNTRUSTED_CONTINUE },
                                         { "refuse", FAKE_SERVER_UNTRUSTED_REFUSE },
                                         { NULL, 0 } };
    int untrusted;

    if (!find_word(words, value, &untrusted))
        return false;
    options->settings.untrusted = (enum fake_server_untrusted)untrusted;
    return true;
}

static bool set_mode(struct options *options, const char *value)
{
    static const struct word words[] = { { "starttls", FAKE_SERVER_STARTTLS },
                                         { "implicit", FAKE_SERVER_IMPLICIT },
                                         { NULL, 0 } };
    int mode;

    if (!find_word(words, value, &mode))
        return false;
    options->settings.mode = (enum fake_server_mode)mode;
    return true;
}

static bool set_tls(struct options *options, const char *value)
{
    static const struct word words[] = {
        { "1.0", TLS1_VERSION },
        { "1.1", TLS1_1_VERSION },
        { "1.2", TLS1_2_VERSION },
        { "1.3", TLS1_3_VERSION },
        { NULL, 0 },
    };
    const char *dots = strstr(value, "..");
    char min[8] = "";
    size_t length = dots == NULL ? strlen(value) : (size_t)(dots - value);

    if (length >= sizeof min)
        return false;
    snprintf(min, sizeof min, "%.*s", (int)length, value);
    return find_word(words, min, &options->settings.tls_min) &&
           find_word(words, dots == NULL ? min : dots + 2, &options->settings.tls_max);
}

static bool add_sessions(struct fake_server_sessions *sessions, const char *word, size_t length)
{
    static const char tickets[] = "tickets=";
    char text[32] = "";
    long number;

    if (length >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", (int)length, word);
    if (strcmp(text, "none") == 0)
        return true;
    if (strcmp(text, "ids") == 0)
        return sessions->ids = true;
    if (strncmp(text, tickets, sizeof tickets - 1) != 0 ||
        !parse_number(text + sizeof tickets - 1, 255, &number))
        return false;
    sessions->tickets = (int)number;
    return true;
}

static bool set_sessions(struct options *options, const char *value)
{
    options->settings.sessions = (struct fake_server_sessions){ 0 };
    for (;;) {
        size_t length = strcspn(value, ",");

        if (!add_sessions(&options->settings.sessions, value, length))
            return false;
        if (value[length] == '\0')
            return true;
        value += length + 1;
    }
}

static bool set_close_after(struct options *options, const char *value)
{
    static const struct word words[] = { { "none", FAKE_SERVER_CLOSE_NONE },
                                         { "message", FAKE_SERVER_CLOSE_MESSAGE },
                                         { NULL, 0 } };
    int close_after;

    if (!find_word(words, value, &close_after))
        return false;
    options->settings.close_after = (enum fake_server_close_after)close_after;
    return true;
}

static bool set_store(struct options *options, const char *value)
{
    options->settings.message_directory = value;
    return true;
}

static bool set_port(struct options *options, const char *value)
{
    long port;

    if (!parse_number(value, 65535, &port))
        return false;
    options->port = (int)port;
    return true;
}

static bool set_help(struct options *options, const char *value)
{
    (void)value;
    return options->help = true;
}

/* clang-format off */
static const struct option rows[] = {
    { "--cert",        "FILE",                "the server's certificate (PEM); without it a throw-away one is made", set_certificate },
    { "--key",         "FILE",                "its private key (PEM)",                                      set_key },
    { "--chain",       "FILE",                "intermediate certificates to send with it (PEM)",            set_chain },
    { "--trust",       "FILE",                "authorities whose client certificates are accepted (PEM)",   set_trust },
    { "--crl",         "FILE",                "revocation lists (PEM): a certificate on one is not accepted", set_crl },
    { "--names",       "FILE",                "authorities whose names are sent; by default those of --trust", set_names },
    { "--ask",         "no|request|require",  "for a client certificate; default: no",                      set_ask },
    { "--untrusted",   "continue|refuse",     "with a certificate that is not accepted; default: refuse if required", set_untrusted },
    { "--mode",        "starttls|implicit",   "when TLS starts; default: starttls",                         set_mode },
    { "--tls",         "1.2|1.2..1.3|...",    "one version, or a range, from 1.0 to 1.3",                   set_tls },
    { "--deadline",    "SECONDS",             "for each line, handshake and write; default: 10",            set_deadline },
    { "--sessions",    "ids,tickets=N|none",  "what can be resumed; default: ids,tickets=2",                set_sessions },
    { "--close-after", "none|message",        "close the connection after each message; default: none",     set_close_after },
    { "--store",       "DIR",                 "write messages there as N.eml; default: nowhere",            set_store },
    { "--port",        "N",                   "on 127.0.0.1; default: 0, a free one",                       set_port },
    { "--help",        NULL,                  "print this and exit",                                        set_help },
};
/* clang-format on */

static const struct option *find_option(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strlen(rows[i].name) == length && strncmp(rows[i].name, name, length) == 0)
            return &rows[i];
    return NULL;
}

/* Both "--port 25" and "--port=25" are understood. */
static int parse_one(struct options *options, int argc, char **argv, int *at, char *why,
                     size_t why_size)
{
    const char *word = argv[*at];
    const char *equals = strchr(word, '=');
    size_t length = equals == NULL ? strlen(word) : (size_t)(equals - word);
    const struct option *option = find_option(word, length);
    const char *value = equals == NULL ? NULL : equals + 1;

    if (option == NULL) {
        snprintf(why, why_size, "%s is not an option of fake_server", word);
        return -1;
    }
    if (option->value != NULL && value == NULL && *at + 1 < argc)
        value = argv[++*at];
    if ((option->value == NULL) != (value == NULL)) {
        snprintf(why, why_size, "%s %s", option->name,
                 option->value == NULL ? "takes no value" : "needs a value");
        return -1;
    }
    if (option->set(options, value))
        return 0;
    snprintf(why, why_size, "%s: \"%s\" is not %s", option->name, value, option->value);
    return -1;
}

int options_parse(struct options *options, int argc, char **argv, char *why, size_t why_size)
{
    options->settings.sessions = (struct fake_server_sessions){ .ids = true, .tickets = 2 };
    for (int i = 1; i < argc; i++)
        if (parse_one(options, argc, argv, &i, why, why_size) < 0)
            return -1;
    if (!options->help && (options->certificate == NULL) != (options->key == NULL)) {
        snprintf(why, why_size, "--cert and --key go together");
        return -1;
    }
    return 0;
}

static FILE *open_file(const char *file, char *why, size_t why_size)
{
    FILE *stream = fopen(file, "re");

    if (stream == NULL)
        snprintf(why, why_size, "%s cannot be opened", file);
    return stream;
}

static STACK_OF(X509) * load_all(const char *file, char *why, size_t why_size)
{
    FILE *stream = open_file(file, why, why_size);
    STACK_OF(X509) *list = sk_X509_new_null();
    X509 *certificate;

    if (stream == NULL) {
        sk_X509_free(list);
        return NULL;
    }
    while ((certificate = PEM_read_X509(stream, NULL, NULL, NULL)) != NULL)
        sk_X509_push(list, certificate);
    ERR_clear_error();
    fclose(stream);
    if (sk_X509_num(list) > 0)
        return list;
    snprintf(why, why_size, "%s holds no certificate", file);
    sk_X509_free(list);
    return NULL;
}

static int load_crls(struct options *options, char *why, size_t why_size)
{
    STACK_OF(X509_CRL) *lists = sk_X509_CRL_new_null();
    FILE *stream;
    X509_CRL *list;

    options->settings.judgement.crls = lists;
    if (options->crl == NULL)
        return 0;
    stream = open_file(options->crl, why, why_size);
    if (stream == NULL)
        return -1;
    while ((list = PEM_read_X509_CRL(stream, NULL, NULL, NULL)) != NULL)
        sk_X509_CRL_push(lists, list);
    ERR_clear_error();
    fclose(stream);
    if (sk_X509_CRL_num(lists) > 0)
        return 0;
    snprintf(why, why_size, "%s holds no revocation list", options->crl);
    return -1;
}

static EVP_PKEY *load_key(const char *file, char *why, size_t why_size)
{
    FILE *stream = open_file(file, why, why_size);
    EVP_PKEY *key;

    if (stream == NULL)
        return NULL;
    key = PEM_read_PrivateKey(stream, NULL, NULL, NULL);
    fclose(stream);
    if (key == NULL)
        snprintf(why, why_size, "%s holds no private key", file);
    return key;
}

/* A chain may stand in the file of the certificate, too. */
static int load_identity(struct options *options, char *why, size_t why_size)
{
    struct fake_server_settings *settings = &options->settings;

    if (options->certificate == NULL) {
        if (throwaway_new(&settings->key, &settings->certificate) == 0)
            return 0;
        snprintf(why, why_size, "no throw-away key can be made");
        return -1;
    }
    settings->key = load_key(options->key, why, why_size);
    if (settings->key == NULL)
        return -1;
    settings->chain = load_all(options->certificate, why, why_size);
    if (settings->chain == NULL)
        return -1;
    settings->certificate = sk_X509_shift(settings->chain);
    return 0;
}

static int load_chain(struct options *options, char *why, size_t why_size)
{
    STACK_OF(X509) * chain;

    if (options->chain == NULL)
        return 0;
    chain = load_all(options->chain, why, why_size);
    if (chain == NULL)
        return -1;
    sk_X509_pop_free(options->settings.chain, X509_free);
    options->settings.chain = chain;
    return 0;
}

static STACK_OF(X509_NAME) * take_names(STACK_OF(X509) * certificates)
{
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();

    for (int i = 0; i < sk_X509_num(certificates); i++)
        sk_X509_NAME_push(names,
                          X509_NAME_dup(X509_get_subject_name(sk_X509_value(certificates, i))));
    return names;
}

static int load_authorities(struct options *options, char *why, size_t why_size)
{
    struct fake_server_settings *settings = &options->settings;
    STACK_OF(X509) *named = NULL;

    if (options->trust != NULL) {
        settings->trust = load_all(options->trust, why, why_size);
        if (settings->trust == NULL)
            return -1;
    }
    if (options->names != NULL) {
        named = load_all(options->names, why, why_size);
        if (named == NULL)
            return -1;
    }
    settings->names = take_names(named == NULL ? settings->trust : named);
    sk_X509_pop_free(named, X509_free);
    return 0;
}

int options_load(struct options *options, char *why, size_t why_size)
{
    if (load_identity(options, why, why_size) < 0 || load_chain(options, why, why_size) < 0)
        return -1;
    if (load_crls(options, why, why_size) < 0)
        return -1;
    return load_authorities(options, why, why_size);
}

void options_write_help(FILE *stream)
{
    fputs("usage: fake_server [options]\n\n"
          "A TLS SMTP server that asks for client certificates and prints all it sees as JSON "
          "lines.\n"
          "It listens on 127.0.0.1 until SIGTERM or SIGINT; the first line tells the port.\n\n",
          stream);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int width = 35 - (int)strlen(rows[i].name);

        fprintf(stream, "  %s %-*s %s\n", rows[i].name, width,
                rows[i].value == NULL ? "" : rows[i].value, rows[i].help);
    }
    fputs("\nSSLKEYLOGFILE names a file that takes the secrets of TLS, for reading captures.\n"
          "Exit: 0 stopped by a signal, 2 usage, 3 the port or a file cannot be used.\n",
          stream);
}

void options_release(struct options *options)
{
    EVP_PKEY_free(options->settings.key);
    X509_free(options->settings.certificate);
    sk_X509_pop_free(options->settings.chain, X509_free);
    sk_X509_pop_free(options->settings.trust, X509_free);
    sk_X509_NAME_pop_free(options->settings.names, X509_NAME_free);
    sk_X509_CRL_pop_free(options->settings.judgement.crls, X509_CRL_free);
}
