/*
 * A client profile: how to run a real client, what it can do, how it tells what happened.
 *
 * Profiles are YAML files (cases/clients/), checked by the same schema machinery as scenarios.
 *
 * Command templates are split into words like a shell does it (quotes, no expansion). `{name}` is a
 * placeholder of a client: host, name, ip, port, address (127.0.0.1), scheme (smtp or smtps), mode
 * (starttls or implicit), cert, key, pfx, trust, from, to, message, domain, directory (of the
 * case), program, here (the directory of the profile), cache (where setup puts what is unpacked,
 * not installed); of a server: port, second_port, address, mode, ask, tls, sessions, cert, key,
 * trust, names (the authorities that it sends), crl, sink (port of a plain SMTP server that takes
 * what it relays), host_name, host_cert, host_key, host_trust, host_ask (of each virtual server),
 * directory, program, here, cache. Words between `[` and `]` belong together: they are repeated for
 * each value that the placeholders in them have, so they are left out when there is none. Brackets
 * within a word hold a part of it that is left out likewise:
 * `{host}/[{domain}]`.
 */
#ifndef HARNESS_SCENARIO_PROFILE_H
#define HARNESS_SCENARIO_PROFILE_H

#include "harness/scenario/scenario.h"

struct profile_outcome {
    int exit;            /* exit code; PROFILE_ANY_EXIT: any */
    const char *matches; /* POSIX extended regular expression on what it wrote; NULL: any */
    const char *outcome; /* a value of the fact `outcome` */
};
#define PROFILE_ANY_EXIT (-1000)

/* A deviation that is known and understood. */
struct profile_known {
    const char *const *cases; /* patterns of ids, ends with NULL */
    const char *rule;         /* id of the broken rule; NULL: any */
    const char *since;        /* the first version that has it; NULL: all */
    const char *until;        /* the last version that it has been seen with; NULL: no end */
    bool sometimes; /* it is a race: that it does not show does not mean that it is gone */
    const char *reason;
    const char *source; /* RFC section, CVE, issue */
    struct where where;
};

/* A name and a template of a text. */
struct profile_text {
    const char *name;
    const char *text;
};

/* What a profile of a server has besides. Of the lists a row says that the server can do it; an
 * empty text is no value. */
struct profile_server {
    const struct profile_text *modes; /* starttls, implicit */
    size_t n_modes;
    const struct profile_text *ask; /* no, request, require */
    size_t n_ask;
    const struct profile_text *versions; /* 1.2, 1.2..1.3 */
    size_t n_versions;
    const struct profile_text *sessions; /* both, ids, tickets, none; no rows: both */
    size_t n_sessions;
    const char *identity_in_message, *identity_in_log; /* regular expressions; NULL */
    const char *log;                                   /* NULL: what it writes to its output */
    const char *address, *port;                        /* one that is there already; NULL */
};

struct profile {
    const char *name;
    const char *title;
    const struct profile_server *server; /* NULL: it is a client */
    const char *file;                    /* NULL: made from a command line, or of a policy */
    const char *here;                    /* directory of the file, absolute */
    const char *policy;          /* the reference client, acting as this policy; NULL: a real one */
    int newest;                  /* version of TLS it speaks, by OpenSSL's number; 0: unknown */
    const char *const *packages; /* ends with NULL */
    const char *const *unpack;   /* likewise */
    const char *const *npm;      /* likewise */
    const char *program;         /* what {program} stands for; NULL: it stands nowhere */
    bool another_program;   /* not that of the file, which tells nothing of this one's mending */
    const char *version;    /* command that prints its version; NULL */
    const char *version_is; /* regular expression with a group; NULL: the first number with a
                               dot */
    const char *library_is; /* likewise: its TLS library; NULL: it does not say */
    const struct profile_text *variables; /* of its environment */
    size_t n_variables;
    const struct profile_text *files; /* relative to the case's directory */
    size_t n_files;
    const char *command; /* program and fixed words; with `driver` the whole command */
    const char *send;    /* words for one mail; NULL: they are in `command` */
    const char *next;    /* words between two mails of one process; NULL: one mail a process */
    const char
        *answer; /* regular expression of the line (either stream) that ends a mail when several go
                    through one process; group 1 is its exit code, the rest its error */
    bool driver; /* speaks JSON lines instead of taking arguments */
    int max_certificates;      /* size of the collection it can hold */
    bool needs_certificate;    /* it cannot run without one */
    bool modes[2];             /* by enum scenario_mode */
    bool security[3];          /* by enum scenario_security */
    const char *mode_words[2]; /* what {mode} stands for, by enum scenario_mode */
    const char *tls_words[3];  /* what {tls} stands for, by enum scenario_security; NULL: nothing */
    bool any_host;             /* it can be told a host's name apart from its address */
    bool reads_input;  /* a command that is not given {message}: it reads it from standard input */
    bool adds_headers; /* the message is compared by its body only */
    const struct profile_outcome *outcomes; /* the first that fits; none: exit 0 is delivered */
    size_t n_outcomes;
    const struct profile_known *known;
    size_t n_known;
};

/* Loads the profile of a server likewise. */
const struct profile *profile_load_server(void *context, const char *path,
                                          struct scenario_errors *errors);

/* The text of a row, or NULL when there is none of that name. */
const char *profile_text_find(const struct profile_text *texts, size_t n, const char *name);

/* Tells whether a placeholder stands in the command, in a file or in a text of a profile. */
bool profile_uses(const struct profile *profile, const char *placeholder);

/* Loads a profile file into `context`. Returns NULL when errors were added. */
const struct profile *profile_load(void *context, const char *path, struct scenario_errors *errors);

/* Makes a profile of a command given on the command line: one mail a process, one certificate at
 * most; modes both when {scheme} or {mode} stands in it, else starttls only; security required
 * only; exit 0 is delivered. Errors: ERROR_USAGE for an unknown placeholder or an unbalanced quote
 * or bracket. */
const struct profile *profile_from_command(void *context, const char *command, struct error *err);

/* Makes a profile of the reference client that acts as a policy, "reference-POLICY": it can do all
 * that the reference client can with TLS up to version `newest`, and is judged as any other client.
 */
const struct profile *profile_of_policy(void *context, const char *policy, int newest);

/* The values of the placeholders for one mail; each list ends with NULL. */
struct profile_values {
    const char *host, *port, *scheme, *mode, *trust, *from, *message, *domain, *directory, *ready,
        *tls, *address, *program, *here, *cache;
    const char *second_port, *ask, *sessions, *names, *crl, *sink; /* of a server */
    const char *const *host_name, *const *host_cert, *const *host_key, *const *host_trust,
                                                                           *const *host_ask;
    const char *name, *ip; /* the host where it is a name, where it is an address; else NULL */
    const char *apart;     /* three digits, others for each mail; NULL where mails may share */
    const char *const *to;
    const char *const *cert;
    const char *const *key;
    const char *const *pfx;
};

/* Expands a template into words, appended to `words` (a talloc array ending with NULL, which may be
 * reallocated, or NULL to begin). Returns the array, owned by `context`. The template was checked
 * when loaded. */
char **profile_expand(void *context, char **words, const char *template,
                      const struct profile_values *values);

/* Expands a text line by line. Owned by `context`; checked likewise. */
char *profile_expand_text(void *context, const char *text, const struct profile_values *values);

#endif
