/*
 * The reference SMTP client: the C twin of .NET's SmtpClient where client certificates are
 * concerned.
 *
 * It holds a collection of client certificates, shows one when (and only when) the server asks in
 * the handshake, goes on without one where none fits, caches sessions and resumes them under the
 * first element of the collection, or anonymously when it is empty (SmtpClient.ClientCertificates;
 * rules S1-S6 and R1-R70 of the project's notes). The mail itself is sent by libcurl; every TLS
 * decision is taken here.
 *
 * Important caveats. One connection a message: it is closed after it, so that no connection is ever
 * used by another identity. Sessions are kept in memory, per process. Certificates are held by
 * content, not by path. Not thread-safe for one client object; different ones may be used side by
 * side.
 *
 * It can be told to misbehave, one fault at a time, so that those who judge it can be tested.
 */
#ifndef HARNESS_SMTP_CLIENT_SMTP_CLIENT_H
#define HARNESS_SMTP_CLIENT_SMTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct smtp_client;       /* opaque */
struct smtp_certificates; /* opaque: a collection */

enum smtp_client_mode { SMTP_CLIENT_STARTTLS, SMTP_CLIENT_IMPLICIT };
enum smtp_client_security {
    SMTP_CLIENT_TLS_REQUIRED,
    SMTP_CLIENT_TLS_OPTIONAL,
    SMTP_CLIENT_TLS_NONE
};

/* X(id, name, whose behaviour it is) */
/* clang-format off */
#define SMTP_CLIENT_POLICIES(X) \
    X(DOC, "doc", "the page read literally, made safe where it is silent") \
    X(FRAMEWORK, "framework", "as .NET on Windows: .NET Framework 4.x, .NET") \
    X(DOTNET_LINUX, "dotnet-linux", "as .NET 9 on Linux") \
    X(MONO, "mono", "as Mono 6.8, but with TLS 1.2") \
    X(OPENSSL, "openssl", "the first certificate whatever the server names, as clients built on OpenSSL do")
/* clang-format on */

#define SMTP_CLIENT_POLICY_AS_ENUM(id, name, meaning) SMTP_CLIENT_POLICY_##id,
enum smtp_client_policy {
    SMTP_CLIENT_POLICIES(SMTP_CLIENT_POLICY_AS_ENUM) SMTP_CLIENT_POLICY_COUNT
};

/* Finds the policy of that name; returns -1 when there is none. */
int smtp_client_policy_find(const char *name, enum smtp_client_policy *policy);
const char *smtp_client_policy_name(enum smtp_client_policy policy);
const char *smtp_client_policy_meaning(enum smtp_client_policy policy);

/* The newest version of TLS that it speaks, by OpenSSL's number. */
int smtp_client_policy_newest(enum smtp_client_policy policy);

/* X(id, name, the fault, the rules it breaks) */
/* clang-format off */
#define SMTP_CLIENT_FAULTS(X) \
    X(STORE_UNDER_FIRST, "store-under-first", "stores a session under the first element of the collection, not under the certificate that was sent", "SAFE-2 SEED-R43") \
    X(RESUME_ANYONE, "resume-anyone", "the certificate is no part of the session cache's key", "SAFE-2 SEED-S4") \
    X(IGNORE_NAMES, "ignore-names", "sends the first certificate whatever certificate_authorities says", "CC-03 SEED-R24") \
    X(IGNORE_TYPES, "ignore-types", "sends a certificate whose key is none of certificate_types (TLS 1.2)", "CC-25") \
    X(IGNORE_FILTERS, "ignore-filters", "sends a certificate that oid_filters exclude", "CC-05") \
    X(CERTIFICATE_UNASKED, "certificate-unasked", "writes a Certificate message although none was requested (TLS 1.2)", "CC-01 SEED-R21") \
    X(PLAINTEXT_FALLBACK, "plaintext-fallback", "goes on in the clear where TLS is required but not offered", "SAFE-3 SEED-R12") \
    X(REPORT_DELIVERED_ALWAYS, "report-delivered-always", "says delivered whatever happened", "SAFE-5 SAFE-6") \
    X(REUSE_CONNECTION, "reuse-connection", "keeps its connection open and sends the next mail of the process over it whatever the collection holds by then", "SAFE-1 SEED-R58") \
    X(RESUME_BY_PATH, "resume-by-path", "the session cache's key is the path of the certificate's file", "SAFE-2 SEED-R38") \
    X(BELIEVE_PLAINTEXT, "believe-plaintext", "takes what came behind the answer to STARTTLS as said under TLS", "SAFE-4 SM-13") \
    X(GIVE_UP_WITHOUT, "give-up-without", "closes instead of sending an empty Certificate when no certificate fits", "EM-01 SEED-S3") \
    X(WITHHOLD_CERTIFICATE, "withhold-certificate", "sends an empty Certificate although one of the collection fits", "SEED-R23 CAT-70") \
    X(KEY_WITHOUT_HOST, "key-without-host", "the server's name is no part of the session cache's key", "RS-28 RS-29 SEED-R50") \
    X(KEY_WITHOUT_PORT, "key-without-port", "the server's port is no part of the session cache's key", "SEED-R50 CAT-21") \
    X(KEY_WITHOUT_TRUST, "key-without-trust", "the authorities trusted are no part of the session cache's key", "SEED-R37") \
    X(KEY_WITHOUT_VERSIONS, "key-without-versions", "the range of versions is no part of the session cache's key", "SEED-R47") \
    X(KEYLESS_IS_ANONYMOUS, "keyless-is-anonymous", "a first certificate without a key offers the session of nobody", "SEED-R45") \
    X(REUSE_TICKETS, "reuse-tickets", "keeps a ticket of TLS 1.3 that it has used", "RS-52") \
    X(KEEP_OLD_TICKETS, "keep-old-tickets", "offers sessions that are older than the server lets them live", "RS-20 RS-39") \
    X(KEEP_OLD_CERTIFICATES, "keep-old-certificates", "offers sessions of a certificate that has expired", "SEED-R40") \
    X(NEVER_RESUME, "never-resume", "offers no session", "SEED-S4 SEED-S5") \
    X(CRASH, "crash", "dies by a signal in the middle of a mail", "SAFE-6") \
    X(HANG, "hang", "never ends a mail", "SAFE-6")
/* clang-format on */

#define SMTP_CLIENT_FAULT_AS_ENUM(id, name, meaning, rules) SMTP_CLIENT_FAULT_##id,
enum smtp_client_fault {
    SMTP_CLIENT_FAULT_NONE,
    SMTP_CLIENT_FAULTS(SMTP_CLIENT_FAULT_AS_ENUM) SMTP_CLIENT_FAULT_COUNT
};

/* Returns the fault of that name, or SMTP_CLIENT_FAULT_NONE. Names, meanings and rules for tables.
 */
enum smtp_client_fault smtp_client_fault_find(const char *name);
const char *smtp_client_fault_name(enum smtp_client_fault fault);
const char *smtp_client_fault_meaning(enum smtp_client_fault fault);

struct smtp_client_settings {
    const char *host; /* a name; always resolved to 127.0.0.1 when `loopback` */
    bool loopback;
    int port;
    enum smtp_client_mode mode;
    enum smtp_client_security security;
    enum smtp_client_policy policy;
    int tls_min, tls_max; /* versions as OpenSSL numbers them; 0: TLS 1.2, and the newest that the
                             policy knows */
    const char *domain;   /* EHLO argument; NULL: "client.example.test" */
    const char *const *alpn; /* application protocols to offer, ends with NULL; NULL: none */
    const char *trust_file; /* PEM, authorities that the server's certificate is verified against */
    int timeout_ms;         /* for one message; 0: 10000 */
    enum smtp_client_fault fault;
};

struct smtp_client_message {
    const char *from;
    const char *const *to; /* ends with NULL */
    const void *bytes;     /* header and body, CR LF at line ends, without dot-stuffing */
    size_t size;
};

/* How a send ended. */
/* clang-format off */
#define SMTP_CLIENT_OUTCOMES(X) \
    X(DELIVERED, "delivered") \
    X(REFUSED_BY_SMTP, "refused-by-smtp") \
    X(TLS_REFUSED, "tls-refused") \
    X(TLS_FAILED, "tls-failed") \
    X(NO_STARTTLS, "no-starttls") \
    X(PROTOCOL_VIOLATION, "protocol-violation") \
    X(CONNECT_FAILED, "connect-failed") \
    X(TIMEOUT, "timeout")
/* clang-format on */
#define SMTP_CLIENT_OUTCOME_AS_ENUM(id, name) SMTP_CLIENT_##id,
enum smtp_client_outcome {
    SMTP_CLIENT_OUTCOMES(SMTP_CLIENT_OUTCOME_AS_ENUM) SMTP_CLIENT_OUTCOME_COUNT
};
const char *smtp_client_outcome_name(enum smtp_client_outcome outcome);

/* What the client knows of its own handshake: the evidence of this end. */
struct smtp_client_report {
    enum smtp_client_outcome outcome;
    char error[256];     /* one sentence; "" when delivered */
    int reply_code;      /* the last SMTP reply, 0: none */
    bool handshake;      /* a TLS handshake was completed, as far as this end can know */
    bool requested;      /* a CertificateRequest arrived */
    char presented[65];  /* fingerprint (SHA-256, lower-case hex) of what was sent; "" none */
    const char *choice;  /* why: "first of the collection", "its issuer is named", "no certificate
                            fits", ... */
    const char *offered; /* none, id, ticket, psk */
    const char *resumed; /* no, id, ticket, psk */
    char session_identity[65]; /* fingerprint under which the offered session was stored; ""
                                  anonymous or none */
    char tls[8];               /* "1.3"; "" none */
    char alert_received[32];   /* name of the last fatal alert; "" */
    char alert_sent[32];
    const char *const *names; /* certificate_authorities of the request, RFC 2253, ends with NULL;
                                 borrowed until the next send */
};

/* --- the collection: held by content, in order, never NULL --- */

struct smtp_certificates *smtp_client_certificates(struct smtp_client *client);

/* Adds the certificate of a PEM file (its chain may follow in it) with the key of another PEM file,
 * or without a key when `key_file` is NULL or missing or does not fit. Returns -1 and writes one
 * sentence into `why` when there is no certificate to be had. */
int smtp_certificates_add_files(struct smtp_certificates *certificates,
                                const char *certificate_file, const char *key_file, char *why,
                                size_t why_size);
void smtp_certificates_clear(struct smtp_certificates *certificates);
size_t smtp_certificates_count(const struct smtp_certificates *certificates);

/* --- the client --- */

/* Makes a client with an empty collection. The session cache is shared by all clients of the
 * process, as on the page. Returns NULL and writes one sentence into `why` when it cannot. */
struct smtp_client *smtp_client_new(char *why, size_t why_size);
void smtp_client_free(struct smtp_client *client);

/* Sends one message over a connection of its own. The report tells how it ended; this cannot fail.
 */
void smtp_client_send(struct smtp_client *client, const struct smtp_client_settings *settings,
                      const struct smtp_client_message *message, struct smtp_client_report *report);

/* Parses a trust file, which may be NULL, ahead of the sends that will use one of the same content;
 * what a collection has held is remembered likewise. For a process that forks clients. */
void smtp_client_remember_trust(const char *trust_file);

/* Forgets every session of the process. */
void smtp_client_forget_sessions(void);

/* The driver: obeys the contract of every client under test (cases/clients/README.md). Reads one
 * JSON object a line from `in`, does what it says, writes one JSON object a line to `out`, until
 * end of file. Returns the exit code of the process. */
int smtp_client_drive(int in, int out);

#endif
