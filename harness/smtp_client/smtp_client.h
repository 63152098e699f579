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
 * content, not by path. A client object sends one message at a time; different ones may be used
 * side by side. Where .NET would go on without AUTH when that fails, this client gives the message
 * up.
 *
 * It can be told to misbehave, one fault at a time, so that those who judge it can be tested.
 */
#ifndef HARNESS_SMTP_CLIENT_SMTP_CLIENT_H
#define HARNESS_SMTP_CLIENT_SMTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct smtp_client;       /* opaque */
struct smtp_certificate;  /* opaque: a certificate, its chain and maybe its private key */
struct smtp_certificates; /* opaque: a collection */
struct smtp_config;       /* opaque: the mail settings of a configuration file */

/* The two ways to TLS. .NET's EnableSsl is STARTTLS with TLS required. */
enum smtp_client_mode { SMTP_CLIENT_STARTTLS, SMTP_CLIENT_IMPLICIT };
enum smtp_client_security {
    SMTP_CLIENT_TLS_REQUIRED,
    SMTP_CLIENT_TLS_OPTIONAL,
    SMTP_CLIENT_TLS_NONE
};

/* Where a message goes. The last one exists to be refused (R9). */
enum smtp_client_delivery {
    SMTP_CLIENT_NETWORK,
    SMTP_CLIENT_PICKUP_DIRECTORY,
    SMTP_CLIENT_PICKUP_FROM_IIS
};

/* X(id, name): the mechanisms of AUTH; the first takes what the server offers. */
/* clang-format off */
#define SMTP_CLIENT_MECHANISMS(X) \
    X(ANY, "any") \
    X(PLAIN, "PLAIN") \
    X(LOGIN, "LOGIN") \
    X(EXTERNAL, "EXTERNAL") \
    X(CRAM_MD5, "CRAM-MD5") \
    X(XOAUTH2, "XOAUTH2")
/* clang-format on */

#define SMTP_CLIENT_MECHANISM_AS_ENUM(id, name) SMTP_CLIENT_MECHANISM_##id,
enum smtp_client_mechanism {
    SMTP_CLIENT_MECHANISMS(SMTP_CLIENT_MECHANISM_AS_ENUM) SMTP_CLIENT_MECHANISM_COUNT
};
int smtp_client_mechanism_find(const char *name, enum smtp_client_mechanism *mechanism);

/* What the client says of itself in AUTH, which has nothing to do with its certificates (R5, R6).
 * The default credentials are those of the logon; a process of this system has none, so that it
 * goes on without AUTH, as .NET does where no mechanism is acceptable. */
enum smtp_client_credentials_kind {
    SMTP_CLIENT_CREDENTIALS_NONE,
    SMTP_CLIENT_CREDENTIALS_DEFAULT,
    SMTP_CLIENT_CREDENTIALS_GIVEN
};

struct smtp_client_credentials {
    enum smtp_client_credentials_kind kind;
    enum smtp_client_mechanism mechanism;
    const char *user;     /* with EXTERNAL: the identity to act as; NULL: that of the certificate */
    const char *password; /* with XOAUTH2: the token; NULL: none */
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

/* Tells whether a configuration file may name client certificates. */
bool smtp_client_policy_takes_certificates(enum smtp_client_policy policy);

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
    X(KEEP_WITHOUT_MASTER_SECRET, "keep-without-master-secret", "keeps sessions that have no extended_master_secret (TLS 1.2)", "RS-63") \
    X(KEEP_AFTER_ALERT, "keep-after-alert", "keeps the sessions of a connection that an alert has ended", "RS-05 RS-06 RS-57") \
    X(OFFER_ANONYMOUS, "offer-anonymous", "offers the session of nobody where the first certificate has none", "SEED-R42") \
    X(WRONG_BINDER, "wrong-binder", "offers a session with another secret than its own", "RS-48") \
    X(FORGED_TICKET, "forged-ticket", "offers a ticket of which the last bit is not the server's", "RS-26") \
    X(NO_TICKETS, "no-tickets", "wants no tickets of TLS 1.2", "RS-11") \
    X(NO_MASTER_SECRET, "no-master-secret", "offers no extended_master_secret", "RS-62") \
    X(NO_LATER_PROOF, "no-later-proof", "offers no post_handshake_auth", "PH-03 SEED-R36") \
    X(ONLY_TLS_1_2, "only-tls-1-2", "speaks no TLS 1.3", "VR-03") \
    X(OLD_VERSIONS, "old-versions", "speaks TLS 1.0 and 1.1", "VR-01 VR-02") \
    X(OLD_ALGORITHMS, "old-algorithms", "offers signatures with SHA-1", "VR-04") \
    X(TRUST_ANYBODY, "trust-anybody", "takes the certificate of any server", "ID-06 SB-01") \
    X(TRUST_ANY_NAME, "trust-any-name", "does not compare the server's name", "ID-01") \
    X(TRUST_FRAGMENTS, "trust-fragments", "lets a wildcard stand for a part of a label", "ID-05") \
    X(NO_SERVER_NAME, "no-server-name", "sends no server_name", "SN-08") \
    X(ADDRESS_AS_NAME, "address-as-name", "sends an address as server_name", "SN-06 SEED-R18") \
    X(LEAF_ONLY, "leaf-only", "sends a certificate without its intermediates", "CAT-62 SEED-R35") \
    X(CHAIN_IN_DISORDER, "chain-in-disorder", "sends its certificate twice, in front of its intermediates", "CC-09") \
    X(WRONG_PROOF, "wrong-proof", "signs with another key than that of its certificate", "CC-19") \
    X(LAST_OF_COLLECTION, "last-of-collection", "sends the last certificate of the collection", "SEED-R23") \
    X(SKIP_EXPIRED, "skip-expired", "sends an empty Certificate instead of one that has expired", "SEED-R27") \
    X(SKIP_SERVERS, "skip-servers", "sends an empty Certificate instead of one that is for servers", "SEED-R28") \
    X(NO_CLOSE_NOTIFY, "no-close-notify", "closes without close_notify", "AL-11 AL-13") \
    X(LATE_REFUSAL_MISREAD, "late-refusal-misread", "takes a refusal behind the handshake of TLS 1.3 for a broken connection", "SEED-R20") \
    X(REPORT_REFUSED_ALWAYS, "report-refused-always", "says refused when the server took the message", "SAFE-5") \
    X(WRONG_DOMAIN, "wrong-domain", "gives another name in EHLO than it was told", "SEED-R10") \
    X(NO_SECOND_EHLO, "no-second-ehlo", "does not greet again under TLS", "SM-09 SEED-R17") \
    X(STARTTLS_AGAIN, "starttls-again", "says STARTTLS under TLS", "SM-10") \
    X(COMMAND_BEHIND_STARTTLS, "command-behind-starttls", "sends a command in one write with STARTTLS", "SM-02") \
    X(ANY_ANSWER_TO_STARTTLS, "any-answer-to-starttls", "starts TLS on any positive answer", "SEED-R15") \
    X(AUTH_IN_CLEAR, "auth-in-clear", "says its password before TLS", "SAFE-3") \
    X(ONE_RECIPIENT, "one-recipient", "tells the server the first recipient only", "SAFE-5") \
    X(NO_DOT_STUFFING, "no-dot-stuffing", "sends lines that begin with a dot as they are", "SAFE-5") \
    X(SEND_TWICE, "send-twice", "sends a message that was taken once more", "SAFE-5") \
    X(NO_QUIT, "no-quit", "closes without QUIT", "SM-17 SM-19") \
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

/* What went over the wire, as OpenSSL and libcurl saw it. All pointers are borrowed for the call.
 */
enum smtp_client_sight_kind {
    SMTP_CLIENT_SAW_LINE, /* of the dialogue, CR LF taken off */
    SMTP_CLIENT_SAW_TLS,  /* a handshake message with its header, or the two bytes of an alert */
    SMTP_CLIENT_SAW_HANDSHAKE, /* a handshake is complete, as far as this end can know */
    SMTP_CLIENT_SAW_CLOSE      /* the connection has ended */
};

struct smtp_client_sight {
    enum smtp_client_sight_kind kind;
    int64_t time_us;   /* CLOCK_MONOTONIC */
    bool sent;         /* by the client; of the end: the client made it */
    bool under_tls;    /* a line; of the end: the client said close_notify */
    const char *how;   /* of the end: clean, truncated, reset, timeout */
    bool offers_by_id; /* a ClientHello: its session id names a session */
    int version;       /* in force, by OpenSSL's number */
    int content;       /* SSL3_RT_HANDSHAKE, SSL3_RT_ALERT */
    const void *bytes;
    size_t size;
    const char *tls, *cipher, *group, *alpn,
        *resumed; /* of a handshake; group and alpn may be NULL */
};
typedef void smtp_client_saw(void *context, const struct smtp_client_sight *sight);

struct smtp_client_settings {
    const char *host; /* a name; always resolved to 127.0.0.1 when `loopback` */
    bool loopback;
    int port;
    enum smtp_client_mode mode;
    enum smtp_client_security security;
    enum smtp_client_policy policy;
    int tls_min, tls_max; /* versions as OpenSSL numbers them; 0: TLS 1.2, and the newest that the
                             policy knows */
    const char *domain;   /* EHLO argument; NULL: the name of this host */
    const char *target_name; /* of the service, for integrated AUTH, which this client does not do:
                                kept, and no name of TLS (R7). NULL: "SMTPSVC/" and the host */
    struct smtp_client_credentials credentials;
    enum smtp_client_delivery delivery;
    const char *pickup_directory; /* absolute path; TLS has no place there (R9) */
    const char *const *alpn;      /* application protocols to offer, ends with NULL; NULL: none */
    const char *trust_file; /* PEM, authorities that the server's certificate is verified against */
    int timeout_ms;         /* for one message; 0: 10000 */
    enum smtp_client_fault fault;
    smtp_client_saw *saw; /* is told of all that goes over the wire; NULL: nobody is */
    void *saw_context;
};

struct smtp_client_message {
    const char *from;
    const char *const *to; /* ends with NULL */
    const void *bytes;     /* header and body, CR LF at line ends, without dot-stuffing */
    size_t size;
};

/* How a send ended. Nothing was sent, and no connection opened, where it is invalid: a setting or
 * an address cannot be used. `ended` is of a probe: it left without a message, as it was told. */
/* clang-format off */
#define SMTP_CLIENT_OUTCOMES(X) \
    X(DELIVERED, "delivered") \
    X(REFUSED_BY_SMTP, "refused-by-smtp") \
    X(TLS_REFUSED, "tls-refused") \
    X(TLS_FAILED, "tls-failed") \
    X(NO_STARTTLS, "no-starttls") \
    X(PROTOCOL_VIOLATION, "protocol-violation") \
    X(CONNECT_FAILED, "connect-failed") \
    X(TIMEOUT, "timeout") \
    X(CANCELLED, "cancelled") \
    X(ENDED, "ended") \
    X(INVALID, "invalid")
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

/* --- one certificate: never changes, equal where its content is --- */

/* Where one comes from. The form is told by the content: PEM (its chain may follow, and its key),
 * DER, or PKCS#12 with chain and key. */
struct smtp_certificate_source {
    const char *file; /* NULL: `bytes` */
    const void *bytes;
    size_t size;
    const char *key_file; /* PEM or DER; NULL: what is in the first file */
    const char *password; /* of the PKCS#12 or of an encrypted key; NULL: none */
};

/* Loads one; free it. A certificate without a key is one, but a key that cannot be had where one is
 * given is a mistake: returns NULL and writes one sentence into `why`. */
struct smtp_certificate *smtp_certificate_load(const struct smtp_certificate_source *source,
                                               char *why, size_t why_size);
void smtp_certificate_free(struct smtp_certificate *certificate);

/* SHA-256 of the certificate itself, lower-case hexadecimal. */
const char *smtp_certificate_fingerprint(const struct smtp_certificate *certificate);
bool smtp_certificate_has_key(const struct smtp_certificate *certificate);

/* --- the collection: held by content, in order. It belongs to its client from the beginning,
 * empty, and cannot be replaced (R1); what a send uses is what it holds when the send begins --- */

struct smtp_certificates *smtp_client_certificates(struct smtp_client *client);

void smtp_certificates_add(struct smtp_certificates *certificates,
                           const struct smtp_certificate *certificate);
void smtp_certificates_add_range(struct smtp_certificates *certificates,
                                 const struct smtp_certificates *others);

/* Puts one in front of the element `index`. Returns -1 when that is beyond the end. */
int smtp_certificates_insert(struct smtp_certificates *certificates, size_t index,
                             const struct smtp_certificate *certificate);

/* Takes out the first of that content. Returns -1 when there is none. */
int smtp_certificates_remove(struct smtp_certificates *certificates,
                             const struct smtp_certificate *certificate);
void smtp_certificates_clear(struct smtp_certificates *certificates);
bool smtp_certificates_contains(const struct smtp_certificates *certificates,
                                const struct smtp_certificate *certificate);

/* The place of the first of that content, -1: none. */
long smtp_certificates_index(const struct smtp_certificates *certificates,
                             const struct smtp_certificate *certificate);
size_t smtp_certificates_count(const struct smtp_certificates *certificates);

/* Borrowed until the collection changes; NULL beyond the end. */
const struct smtp_certificate *smtp_certificates_at(const struct smtp_certificates *certificates,
                                                    size_t index);

/* Adds the certificate of a file with the key of another, as .NET holds it: without a key when
 * `key_file` is NULL, or missing, or does not fit. Returns -1 and writes one sentence into `why`
 * when there is no certificate to be had. */
int smtp_certificates_add_files(struct smtp_certificates *certificates,
                                const char *certificate_file, const char *key_file, char *why,
                                size_t why_size);

/* --- a message made of its parts --- */

struct smtp_attachment {
    const char *file;
    const char *name; /* NULL: that of the file */
    const char *type; /* NULL: by the name */
};

/* Lists end with NULL, and may be NULL. Mailboxes are "a@b" or "Name <a@b>", all is UTF-8. */
struct smtp_mail {
    const char *from;
    const char *const *to;
    const char *const *cc;
    const char *const *bcc; /* in the envelope only */
    const char *subject;    /* NULL: none */
    const char *text;
    const char *html;
    const char *const *headers; /* more of them: "Name: value" */
    const struct smtp_attachment *attachments;
    size_t n_attachments;
    bool international; /* headers are UTF-8 as they are: for SMTPUTF8; else encoded words */
};

struct smtp_composed {
    struct smtp_client_message message; /* borrowed from the rest */
    char *from;
    char **to;
    char *bytes;
};

/* Makes the message: header, text, and where there are attachments or two texts their MIME. Returns
 * -1 and writes one sentence into `why` when some part cannot stand where it is: a line break in an
 * address is no way to write headers or commands. */
int smtp_mail_compose(const struct smtp_mail *mail, struct smtp_composed *composed, char *why,
                      size_t why_size);
void smtp_composed_release(struct smtp_composed *composed);

/* --- the settings of a .NET configuration file: config.h tells what may stand in it --- */

/* Loads one. A policy whose model reads no file gets an empty one (R67). Returns NULL and writes
 * one sentence with file and line into `why` when it is not as .NET would have it. */
struct smtp_config *smtp_config_load(const char *file, enum smtp_client_policy policy, char *why,
                                     size_t why_size);
void smtp_config_free(struct smtp_config *config);

/* Fills settings: host and port where they are not yet given (R65), all else. Strings stay the
 * configuration's. */
void smtp_config_apply(const struct smtp_config *config, struct smtp_client_settings *settings);
const char *smtp_config_from(const struct smtp_config *config); /* default sender; NULL */
bool smtp_config_international(const struct smtp_config *config);
const struct smtp_certificates *smtp_config_certificates(const struct smtp_config *config);

/* --- the client --- */

/* Makes a client with an empty collection. The session cache is shared by all clients of the
 * process, as on the page. Returns NULL and writes one sentence into `why` when it cannot. */
struct smtp_client *smtp_client_new(char *why, size_t why_size);
void smtp_client_free(struct smtp_client *client);

/* Tells what cannot be used: returns -1 and writes one sentence into `why`. Sends check it, too. */
int smtp_client_check(const struct smtp_client_settings *settings,
                      const struct smtp_client_message *message, char *why, size_t why_size);

/* Sends one message over a connection of its own. The report tells how it ended; this cannot fail.
 */
void smtp_client_send(struct smtp_client *client, const struct smtp_client_settings *settings,
                      const struct smtp_client_message *message, struct smtp_client_report *report);

/* Sends likewise in a thread of its own, one message at a time; `done` is called there when it is
 * over. All that is given must live so long; the time limit holds here, too. Returns -1 when one is
 * under way, or there is no thread. */
typedef void smtp_client_done(void *context, const struct smtp_client_report *report);
int smtp_client_send_async(struct smtp_client *client, const struct smtp_client_settings *settings,
                           const struct smtp_client_message *message, smtp_client_done *done,
                           void *context);

/* Gives up the message that is under way, within a second; one that is over is over. Any thread may
 * do so. */
void smtp_client_cancel(struct smtp_client *client);

/* Returns when no message is under way; for the thread that sends, not for `done`. */
void smtp_client_wait(struct smtp_client *client);

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
