/*
 * A scenario file as a const struct: what the server is, what the client has, what happens, what is
 * expected. The language is described by the schema table in schema.c.
 *
 * Loading takes a file apart into its cases, one for each combination of its variants; all of it
 * lives in one talloc context and is const from then on. Each step carries the complete settings of
 * both ends as they are in force in it, so that whoever plays it needs to merge nothing. Every
 * expectation and every name knows its place in the file.
 *
 * All mistakes of a file are reported at once, each with its place, what was found and what is
 * allowed.
 */
#ifndef HARNESS_SCENARIO_SCENARIO_H
#define HARNESS_SCENARIO_SCENARIO_H

#include "harness/base/error.h"
#include "harness/scenario/facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Larger files are refused: no scenario needs more, and a parser must not be a victim. */
#define SCENARIO_FILE_MAX  (1024 * 1024)
#define SCENARIO_DEPTH_MAX 24
/* More variants than this are a mistake, not a case. */
#define SCENARIO_VARIANTS_MAX 1024

enum scenario_mode { SCENARIO_STARTTLS, SCENARIO_IMPLICIT };
enum scenario_ask { SCENARIO_ASK_NO, SCENARIO_ASK_REQUEST, SCENARIO_ASK_REQUIRE };
enum scenario_untrusted {
    SCENARIO_UNTRUSTED_DEFAULT,
    SCENARIO_UNTRUSTED_CONTINUE,
    SCENARIO_UNTRUSTED_REFUSE
};
enum scenario_without_identity {
    SCENARIO_WITHOUT_TAKE,
    SCENARIO_WITHOUT_554,
    SCENARIO_WITHOUT_530,
    SCENARIO_WITHOUT_550,
    SCENARIO_WITHOUT_ALERT
};
enum scenario_unknown_protocol {
    SCENARIO_UNKNOWN_PROTOCOL_REFUSE,
    SCENARIO_UNKNOWN_PROTOCOL_CONTINUE
};
enum scenario_unknown_host {
    SCENARIO_UNKNOWN_HOST_CONTINUE,
    SCENARIO_UNKNOWN_HOST_WARN,
    SCENARIO_UNKNOWN_HOST_REFUSE
};
enum scenario_security { SCENARIO_TLS_REQUIRED, SCENARIO_TLS_OPTIONAL, SCENARIO_TLS_NONE };
enum scenario_close_how {
    SCENARIO_CLOSE_NO,
    SCENARIO_CLOSE_CLEAN,
    SCENARIO_CLOSE_TRUNCATED,
    SCENARIO_CLOSE_RESET,
    SCENARIO_CLOSE_HALF
};
enum scenario_answer {
    SCENARIO_ANSWER_ONCE,
    SCENARIO_ANSWER_TWICE,
    SCENARIO_ANSWER_NEVER,
    SCENARIO_ANSWER_LATE
};
enum scenario_sessions_fault {
    SCENARIO_SESSIONS_FINE,
    SCENARIO_SESSIONS_CORRUPT,
    SCENARIO_SESSIONS_UNKNOWN_KEY,
    SCENARIO_SESSIONS_DECLINE,
    SCENARIO_SESSIONS_FAIL
};

/* Of `fragment`, `segment` and `record`: sizes are drawn. */
#define SCENARIO_RANDOM (-1)
enum scenario_key { SCENARIO_KEY_EC, SCENARIO_KEY_RSA, SCENARIO_KEY_ED25519 };

/* What is wrong on purpose with the key that is handed out with a certificate. */
enum scenario_key_fault { SCENARIO_KEY_GOOD, SCENARIO_KEY_MISSING, SCENARIO_KEY_WRONG };

enum scenario_usage {
    SCENARIO_USAGE_CLIENT,
    SCENARIO_USAGE_SERVER,
    SCENARIO_USAGE_BOTH,
    SCENARIO_USAGE_NONE,
    SCENARIO_USAGE_CA
};

/* A word of the file with its place. */
struct scenario_name {
    const char *text;
    struct where where;
};

struct scenario_names {
    const struct scenario_name *items;
    size_t n;
};

/* An extension of a certificate as OpenSSL's configuration writes it: keyUsage (or an OID in
 * numbers) and "critical,digitalSignature"; "none" leaves it out. */
struct scenario_extension {
    const char *name;
    const char *value;
};

/* An identity: of the standard cast (cast.c), or declared under `pki:`. */
struct scenario_identity {
    const char *name;
    const char *issuer; /* name of an authority; NULL: self-signed */
    enum scenario_key key;
    enum scenario_key_fault fault;
    const char *subject; /* common name; default: the name */
    const char *const
        *names; /* DNS names, IP addresses, e-mail addresses; ends with NULL; may be NULL */
    enum scenario_usage usage;
    bool bare;                                   /* presented without its intermediates */
    const struct scenario_extension *extensions; /* beside those of its usage, or instead */
    size_t n_extensions;
    long not_before_s; /* relative to the clock of the run */
    long not_after_s;
    struct where where;
};

struct scenario_sessions {
    bool ids;
    int tickets;
    long lifetime_s; /* 0: default */
    long age_skew_s;
    const char *context; /* NULL: derived from the policy; "": none */
    const char *secret;  /* NULL: random keys */
    bool psk_ke;
    enum scenario_sessions_fault fault;
    bool early_data;  /* tickets of TLS 1.3 invite it */
    bool not_renewed; /* a connection resumed by ticket gets no new one */
    bool own_keys;    /* of a host: its tickets have keys of their own */
};

/* What a CertificateRequest says besides names; the members mirror struct fake_server_request. */
struct scenario_request {
    int from_connection;
    bool unknown_extensions;
    const char *const *signature_algorithms_cert, *const *certificate_types, *const *oid_filters;
};

/* An account of the server; the members mirror struct fake_server_account. */
struct scenario_account {
    const char *name;
    struct scenario_name certificate; /* text NULL: any */
    const char *subject, *alternative;
    bool no_relay, no_external;
    const char *const *act_as;
    int quota;
};

/* How a certificate is judged beyond trust. */
struct scenario_judgement {
    struct scenario_names revoked;
    struct scenario_names pins; /* items NULL: none was given */
    const struct scenario_account *accounts;
    size_t n_accounts;
    const char *alert; /* NULL: the right one */
};

/* One row of `script:`; the members mirror struct fake_server_delta. */
struct scenario_delta {
    const char *on; /* "RCPT" (an SMTP verb), or connect, client_hello, certificate, finished,
                       ticket, body, close */
    int times, connection, after_lines, delay_ms, fragment, lines, fill;
    int segment, record, throttle, cut; /* of the wire, from there on */
    bool corrupt, stall, ask_certificate, believe;
    int tickets, garbage;
    const char *raw;
    size_t raw_size;
    enum scenario_answer answer;
    const char *alert;
    const char *reply;
    const char *inject;
    size_t inject_size;
    const char *bytes;
    size_t bytes_size;
    const char *drop_capability;
    enum scenario_close_how close;
    struct where where;
};

/* The order is that in which people read it.
 * NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct scenario_server {
    enum scenario_mode mode;
    int tls_min, tls_max;             /* as OpenSSL's TLS1_2_VERSION: 0x0301 .. 0x0304 */
    struct scenario_name certificate; /* default "mail" */
    struct scenario_names chain;      /* sent behind it; items NULL: its own */
    const char *const *alpn;          /* NULL: none is chosen */
    enum scenario_unknown_protocol unknown_protocol;
    const char *ciphers, *ciphersuites, *groups,
        *signature_algorithms; /* OpenSSL's syntax; NULL: default */
    enum scenario_ask ask;
    enum scenario_untrusted untrusted;
    enum scenario_without_identity without_identity;
    struct scenario_request request;
    struct scenario_judgement judgement;
    struct scenario_names trust;
    struct scenario_names names; /* authorities, or distinguished names such as "CN=x,O=y"; as trust
                                    where the file does not say */
    int more_names;              /* names of authorities that nobody has, in front of those */
    struct scenario_sessions sessions;
    bool require_tls, renegotiate, no_master_secret;
    const char *const *ehlo; /* NULL: default */
    const char *const *ehlo_tls;
    bool close_after_message;
    const struct scenario_delta *script;
    size_t n_script;
    const struct scenario_host *hosts; /* virtual servers */
    size_t n_hosts;
    enum scenario_unknown_host unknown_host;
    const struct scenario_host *ports; /* further ports where other things hold */
    size_t n_ports;
};

/* A virtual server: the name that clients ask for, and the server that they then meet (certificate,
 * client_certificate and sessions of it count). Or a port, by the name that `client.port` has;
 * there the mode counts as well. */
struct scenario_host {
    const char *name;
    const struct scenario_server *server;
};

/* A file that the client is given: the one named for `file`, which holds `identity` (another one
 * after `replace:`). */
struct scenario_certificate {
    const char *file;
    const char *identity;
    struct where where;
};

struct scenario_client {
    const struct scenario_certificate *certificates; /* the collection, in order */
    size_t n_certificates;
    struct scenario_names trust; /* whom it trusts; default [alpha] */
    enum scenario_security tls;  /* default required */
    const char *host;            /* default localhost */
    struct scenario_name port;   /* which of the server's it connects to; text NULL: the first */
    int tls_min, tls_max;        /* versions it may speak; 0: its own choice */
    const char *domain;          /* its name in EHLO; NULL: its own choice */
    const char *const *alpn;     /* protocols it offers; NULL: its own choice */
    const char *misbehave;       /* a fault of the reference client; NULL: none */
    const char *policy;          /* of the reference client; NULL: any, its own is doc */
};

struct scenario_message {
    const char *from;
    const char *const *to; /* ends with NULL */
    const char *subject;
    const char *body; /* lines end with LF here; CR LF on the wire */
    size_t size;      /* the body is filled up to so many bytes; 0: as it is */
};

enum scenario_operator {
    MATCH_EQUALS,   /* text */
    MATCH_LIST,     /* exactly these, in order: items are texts */
    MATCH_NOT,      /* not items[0] */
    MATCH_ANY,      /* one of items */
    MATCH_ALL,      /* each of items */
    MATCH_CONTAINS, /* a list has an element, a text has a part, that is or contains text */
    MATCH_MATCHES,  /* POSIX extended regular expression; of a list: some element */
    MATCH_LAST,     /* the last of a list is items[0] */
    MATCH_DISTINCT, /* no two of a list are equal */
    MATCH_AT_MOST,  /* number */
    MATCH_AT_LEAST
};

struct scenario_match {
    enum scenario_operator op;
    const char *text;
    long number;
    const struct scenario_match *items;
    size_t n_items;
};

struct scenario_expectation {
    enum fact_id fact;
    struct scenario_match match;
    bool should;        /* under `should:`, not under `expect:` */
    struct where where; /* of the value */
};

/* What a probe does at a site beside what a good client does there. Which acts there are, and what
 * values they take, is told by the tables (schema_rows.c, probe.c): texts, numbers as texts, names
 * of identities, bytes in hexadecimal. */
struct scenario_act {
    const char *name;
    const char *const *values; /* ends with NULL */
    bool identities;           /* the values are names of them, or words */
    struct where where;
};

enum scenario_probe_when { SCENARIO_PROBE_ALWAYS, SCENARIO_PROBE_IN_CLEAR, SCENARIO_PROBE_IN_TLS };

/* One row of `probe:`. */
struct scenario_probe {
    const char *on; /* connect, client_hello, certificate, finished, body, or a verb */
    enum scenario_probe_when when;
    const struct scenario_act *acts;
    size_t n_acts;
    struct where where;
};

struct scenario_step {
    int number; /* from 1 */
    struct where where;
    const struct scenario_server *server; /* in force in this step */
    bool server_changed;                  /* differs from the step before */
    bool rotate_ticket_keys, drop_session_cache;
    const struct scenario_client *client;
    bool new_client;                     /* client: {new: true} */
    bool restart;                        /* a new client process */
    long clock_s;                        /* the clock of the run is so far ahead in this step */
    const char *wait;                    /* the wire name of an event to wait for; NULL */
    const struct scenario_message *send; /* NULL: nothing is sent */
    bool is_probe;                       /* it is not the client that sends, but a probe: */
    const struct scenario_probe *probe;
    size_t n_probe;
    const struct scenario_expectation *expectations;
    size_t n_expectations;
};

/* Returns how TLS begins at the port that a step's client goes to. */
enum scenario_mode scenario_mode_of(const struct scenario_step *step);

struct scenario {
    const char *id; /* selection/by_issuer[mode=starttls,tls=1.3] */
    const char *file;
    struct where where; /* of the title */
    const char *title;
    const char *about;         /* NULL */
    const char *const *spec;   /* ids of rules, ends with NULL */
    const char *const *tags;   /* ends with NULL */
    bool about_server;         /* whom it judges: else the client */
    const char *const *caught; /* ids of rules that must be found broken: a self-test; NULL: none */
    int deadline_ms;           /* of the whole case; default 10000 */
    const struct scenario_identity *identities; /* of `pki:` only */
    size_t n_identities;
    const struct scenario_step *steps;
    size_t n_steps;
    const struct scenario_expectation *expectations; /* about the whole */
    size_t n_expectations;
    const char *const *lines; /* the file's source lines, ends with NULL */
};

struct scenario_list {
    const struct scenario **items;
    size_t n;
    unsigned long
        used_overrides; /* those that some file had a variant or a place for: bit i is the i-th */
};

/* Everything that is wrong with the files loaded so far. */
struct scenario_errors {
    struct scenario_fault {
        struct error error;
        const char *source; /* the line of the file; NULL */
    } * items;
    size_t n;
};

/* Loads the file at `path` and adds its cases to `list` in the order of their ids; `id` is the name
 * of the file's cases without brackets. `overrides` are "key=value" words ending with NULL, or
 * NULL: a variant's name picks that value; a dotted path ("server.mode") replaces a leaf. Lists and
 * errors live in `context`. Returns 0, or -1 when errors were added. */
int scenario_load(void *context, const char *path, const char *id, const char *const *overrides,
                  struct scenario_list *list, struct scenario_errors *errors);

/* The same for a text in memory, as if it stood in a file at `path`; without overrides. */
int scenario_load_text(void *context, const char *path, const char *id, const char *text,
                       struct scenario_list *list, struct scenario_errors *errors);

/* Prints errors with source line and caret. */
void scenario_errors_print(FILE *stream, const struct scenario_errors *errors);

/* Returns the identity of that name in a scenario or in the cast, or NULL. */
const struct scenario_identity *scenario_find_identity(const struct scenario *scenario,
                                                       const char *name);

/* The standard cast, ends with a row whose name is NULL. */
extern const struct scenario_identity scenario_cast[];

/* Prints the reference manual of the language (Markdown), from the schema, fact and cast tables. */
void scenario_print_reference(FILE *stream);

/* Prints a JSON Schema (draft 7) of a scenario file from the same tables: with it an editor
 * completes and checks what `counterseal check` checks in full. */
void scenario_print_json_schema(FILE *stream);

#endif
