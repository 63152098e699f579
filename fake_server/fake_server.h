/*
 * A TLS SMTP server that asks for client certificates, tells all it sees, and misbehaves on demand.
 *
 * It is a complete, well-behaved server (RFC 5321, 3207, 4954) plus deltas: rows of a script that
 * change what it does at a site (a verb, a handshake message). It runs one thread for each
 * connection on a listener that the caller binds, and reports every step of the protocol as an
 * event (event.h).
 *
 * Important caveats. It is for loopback and throw-away keys: it stores mail, relays nothing, and
 * believes every password. It verifies a certificate's chain, time and purpose, and what
 * `judgement` adds to that; names in a client's certificate say nothing to it but where an account
 * has them.
 *
 * Settings are plain data, copied when they are given (OpenSSL objects by reference count). They
 * are taken by a connection when it is accepted; fake_server_set() changes them for the connections
 * after it. The sink is called under a lock, by the thread that saw the event, one event at a time.
 */
#ifndef FAKE_SERVER_FAKE_SERVER_H
#define FAKE_SERVER_FAKE_SERVER_H

#include "fake_server/event.h"

#include <openssl/ssl.h>

/* What a client may not go beyond: it is hostile until proven otherwise, and what it does must not
 * be felt by others. Whoever reaches a limit is told by an EVENT_LIMIT (its `what` in brackets) and
 * refused or cut off. Besides these, each line, each handshake and each write has to be through
 * within `deadline_ms` (deadline), a message within 4 * `max_message_bytes` + 256 KiB (message
 * size); neither is kept in memory. */
enum {
    /* [connections] At once. Each takes a thread and two descriptors, some 100 KiB; 2000 stay
     * within 200 MiB and within half of the descriptors of a usual hard limit. Those beyond are
     * closed. [descriptors] There are fewer: whoever comes then waits. */
    FAKE_SERVER_MAX_CONNECTIONS = 2000,
    /* [lifetime] Of a connection: no scenario may take longer than ten minutes. */
    FAKE_SERVER_MAX_LIFETIME_S = 3600,
    /* [commands], [bad commands] Of a connection: ten times what a mail to each of the
     * FAKE_SERVER_MAX_MAILS takes; and more mistakes than any client that learns would make. */
    FAKE_SERVER_MAX_COMMANDS = 100000,
    FAKE_SERVER_MAX_BAD_COMMANDS = 100,
    /* [line length] A command that is longer than the verb allows is answered 500 and skipped, up
     * to here; a hundred times the longest that is legal (AUTH, RFC 4954 section 4). */
    FAKE_SERVER_MAX_LINE_BYTES = 1200000,
    /* [messages], [recipients], [domains] RFC 5321 section 4.5.3.1.8 wants at least 100 recipients;
     * LIMITS in EHLO (RFC 9422) makes them smaller. */
    FAKE_SERVER_MAX_MAILS = 1000,
    FAKE_SERVER_MAX_RECIPIENTS = 100,
    /* [handshakes] A connection's renegotiations and key updates that the client began: each costs
     * the server more than the client, and a mail client has no use for one. */
    FAKE_SERVER_MAX_HANDSHAKES = 16
};

/* Besides the first, more than any mail service has (25, 465, 587, 2525). */
enum { FAKE_SERVER_MAX_PORTS = 8 };

struct fake_server;         /* opaque */
struct fake_server_capture; /* opaque */

enum fake_server_mode { FAKE_SERVER_STARTTLS, FAKE_SERVER_IMPLICIT };
enum fake_server_ask { FAKE_SERVER_ASK_NO, FAKE_SERVER_ASK_REQUEST, FAKE_SERVER_ASK_REQUIRE };

/* What the server does with a certificate that it does not trust. RFC 8446 section 4.4.2.4 leaves
 * it the choice. By default a server that requires one refuses, one that requests goes on without.
 */
enum fake_server_untrusted {
    FAKE_SERVER_UNTRUSTED_DEFAULT,
    FAKE_SERVER_UNTRUSTED_CONTINUE,
    FAKE_SERVER_UNTRUSTED_REFUSE
};

enum fake_server_close_after { FAKE_SERVER_CLOSE_NONE, FAKE_SERVER_CLOSE_MESSAGE };

/* What a client without an identity is told under TLS. */
enum fake_server_without_identity {
    FAKE_SERVER_WITHOUT_TAKE,
    FAKE_SERVER_WITHOUT_554,  /* to all but QUIT. Source: RFC 3207 section 4.1 */
    FAKE_SERVER_WITHOUT_530,  /* to MAIL, until AUTH. Source: RFC 4954 section 6 */
    FAKE_SERVER_WITHOUT_550,  /* to RCPT, until AUTH. Source: RFC 3207 section 4 */
    FAKE_SERVER_WITHOUT_ALERT /* no word: a fatal alert behind the complete handshake */
};

/* What becomes of a client whose protocols (ALPN) are none of the server's.
 * Source: RFC 7301 section 3.2. */
enum fake_server_unknown_protocol {
    FAKE_SERVER_UNKNOWN_PROTOCOL_REFUSE, /* no_application_protocol, fatal */
    FAKE_SERVER_UNKNOWN_PROTOCOL_CONTINUE
};

/* What becomes of a client that names a server which is none of `hosts`. One that names nobody gets
 * the server itself. Source: RFC 6066 section 3. */
enum fake_server_unknown_host {
    FAKE_SERVER_UNKNOWN_HOST_CONTINUE,
    FAKE_SERVER_UNKNOWN_HOST_WARN,  /* unrecognized_name as a warning; TLS 1.3 has none */
    FAKE_SERVER_UNKNOWN_HOST_REFUSE /* the same, fatal */
};

/* Where a delta applies. */
enum fake_server_site {
    SITE_CONNECT,      /* before the greeting, or before the handshake with implicit TLS */
    SITE_CLIENT_HELLO, /* a ClientHello has been read */
    SITE_CERTIFICATE,  /* the client's Certificate has been read (full handshakes with a request) */
    SITE_FINISHED,     /* the handshake is complete */
    SITE_TICKET,       /* session tickets are about to be sent */
    SITE_VERB,         /* an SMTP verb, named by `verb`, any letters */
    SITE_BODY,         /* the lines of a message, after DATA was answered 354 */
    SITE_CLOSE,        /* the connection is about to be closed by the server */
    SITE_COUNT
};

/* CLOSE_HALF: nothing more is sent (FIN); what the client still says is heard, and not answered. */
enum fake_server_close_how { CLOSE_NO, CLOSE_CLEAN, CLOSE_TRUNCATED, CLOSE_RESET, CLOSE_HALF };

/* How often, and when, a command that is obeyed is answered. */
enum fake_server_answer {
    ANSWER_ONCE,
    ANSWER_TWICE,
    ANSWER_NEVER, /* with bytes injected before it: early */
    ANSWER_LATE   /* behind the next reply: out of order */
};

/* Of a size: drawn anew each time, from 1 to 64. */
#define FAKE_SERVER_RANDOM (-1)

/* One delta. Several actions in one delta happen in the order of the members. */
struct fake_server_delta {
    enum fake_server_site site;
    const char *verb; /* for SITE_VERB: "RCPT" */
    int times;        /* fires at most so often, counted over all connections; 0: always */
    int connection;   /* only on the Nth connection; 0: on all */
    int after_lines;  /* SITE_BODY, "DATA after N lines": when N lines have come; 0: at once */
    /* From here on, below TLS: */
    int segment;   /* TCP segments of at most so many bytes, or FAKE_SERVER_RANDOM; 0: whole */
    int record;    /* TLS records of at most so many bytes; in the handshake those under encryption
                      have 512 at least; 0: as usual */
    long throttle; /* bytes a second, each way; 0: no limit */
    long cut;      /* so many more bytes leave, the connection then ends without a word; 0: all */
    bool corrupt;  /* one bit of what leaves next is flipped */
    /* Here: */
    int delay_ms;         /* waits first */
    bool stall;           /* goes silent until the client closes or the deadline passes */
    bool ask_certificate; /* TLS 1.3 post-handshake request, TLS 1.2 renegotiation, before the reply
                           */
    int tickets;          /* TLS 1.3: sends so many more session tickets */
    int garbage;          /* random bytes below TLS: so many */
    const char *raw;      /* bytes below TLS */
    size_t raw_size;
    const char *alert;  /* fails the handshake with this alert ("internal_error"), or sends it */
    const char *reply;  /* instead of the usual reply; "250-a\n250 b" has two lines */
    const char *inject; /* raw bytes behind the reply, in the same write */
    size_t inject_size;
    const char *bytes; /* raw bytes instead of the reply */
    size_t bytes_size;
    int fragment; /* sends the reply in pieces of N bytes, each a TCP segment in the clear and a
                     record under TLS; FAKE_SERVER_RANDOM; 0: whole */
    int lines;    /* makes the reply so many lines; 0: as it is */
    int fill;     /* fills its lines up to so many octets, CRLF included; 0: as they are */
    enum fake_server_answer answer;
    bool believe; /* on STARTTLS: what came behind it in the clear is obeyed under TLS, and nothing
                     that was said before is forgotten (CVE-2011-0411) */
    const char *drop_capability;      /* leaves this EHLO keyword out ("STARTTLS") */
    enum fake_server_close_how close; /* at last */
};

/* How a server breaks with the sessions that it makes or is offered. */
enum fake_server_sessions_fault {
    SESSIONS_FINE,
    SESSIONS_CORRUPT,     /* the tickets it makes are damaged: nobody can read them */
    SESSIONS_UNKNOWN_KEY, /* they name a key that nobody has */
    SESSIONS_DECLINE,     /* what it is offered is good, and declined: a full handshake */
    SESSIONS_FAIL         /* reading a ticket is an error: internal_error */
};

struct fake_server_sessions {
    bool ids;            /* session IDs in TLS 1.2 (a stateful cache) */
    int tickets;         /* TLS 1.2: any; TLS 1.3: how many NewSessionTicket messages; 0 none */
    long lifetime_s;     /* of ids and tickets; 0: OpenSSL's default */
    long age_skew_s;     /* they look so much older to the server than they are */
    const char *context; /* session id context; NULL: one derived from trust, ask and the host; "":
                            none, as in a server that forgot it (RFC 5246 has no such thing, OpenSSL
                            fails) */
    bool early_data;     /* tickets of TLS 1.3 invite early data, which SMTP has no place for */
    bool not_renewed;    /* a connection resumed by ticket gets no new one */
    bool own_keys;       /* of a host: its tickets are sealed with keys that others do not have */
    const char *secret;  /* ticket keys are made of it, so that servers (processes, listeners) with
                            the same one take each other's tickets; NULL: random ones */
    bool psk_ke; /* TLS 1.3 resumes without a key exchange as well, where the client offers that */
    enum fake_server_sessions_fault fault;
};

/* What a CertificateRequest says besides the names of authorities, and when there is one. */
struct fake_server_request {
    int from_connection;     /* none is sent before the Nth connection; 0: from the first on */
    bool unknown_extensions; /* TLS 1.3, and in NewSessionTicket as well: GREASE (RFC 8701), and
                                oid_filters with an OID that nobody knows */
    const char *const *signature_algorithms_cert; /* TLS 1.3: names such as "rsa_pkcs1_sha256", ends
                                                     with NULL; NULL: not sent */
    const char *const *certificate_types; /* up to TLS 1.2: "rsa_sign", "ecdsa_sign", ..., ends with
                                             NULL; NULL: as OpenSSL has them */
    const char *const *oid_filters; /* TLS 1.3: extensions as OpenSSL's configuration writes them,
                                       "extendedKeyUsage=clientAuth", or without a value; ends with
                                       NULL; NULL: not sent */
};

/* An account: whose certificate leads to it, and what it may do. Of the three ways to know a
 * certificate those that are given must all fit; the others are NULL. */
struct fake_server_account {
    const char *name;
    const char *fingerprint;   /* of the certificate, as events have it */
    const char *subject;       /* RFC 2253, as events have it */
    const char *alternative;   /* one of its DNS names or e-mail addresses, or an IP address */
    bool no_relay;             /* its RCPT is answered 550 */
    bool no_external;          /* its AUTH EXTERNAL is answered 535 */
    const char *const *act_as; /* authorization identities besides its own name; ends with NULL; may
                                  be NULL */
    int quota; /* messages, over all connections; then its MAIL is answered 452. 0: no limit */
};

/* How a certificate is judged beyond chain, time and purpose. One that fails here is treated as one
 * of no trusted authority. */
struct fake_server_judgement {
    STACK_OF(X509_CRL) * crls; /* revocation lists; an authority without one revokes nothing; may be
                                  NULL */
    const char *const *pins; /* fingerprints, ends with NULL: only these are accepted, also when no
                                trusted authority has issued them; NULL: any */
    const struct fake_server_account *accounts; /* only who has one is accepted; may be NULL */
    size_t n_accounts;
    const char *alert; /* of every refusal, also of who has no certificate; NULL: the right one */
};

/* A virtual server: what holds for clients that name it in their ClientHello; or, as one of
 * `ports`, for those who come to a listener of that name. It is chosen before a session is looked
 * at; a broken server that resumes the sessions of other hosts (CVE-2025-23419) is one whose hosts
 * are given the same session id context. `ids` and `lifetime_s` are those of the server. */
struct fake_server_host {
    const char *name;           /* any letters */
    enum fake_server_mode mode; /* of a port; a host has that of the port */
    EVP_PKEY *key;
    X509 *certificate;
    STACK_OF(X509) * chain;
    enum fake_server_ask ask;
    enum fake_server_untrusted untrusted;
    enum fake_server_without_identity without_identity;
    STACK_OF(X509) * trust;
    STACK_OF(X509_NAME) * names;
    struct fake_server_request request;
    struct fake_server_judgement judgement;
    struct fake_server_sessions sessions;
};

struct fake_server_settings {
    enum fake_server_mode mode;
    int tls_min, tls_max;             /* TLS1_VERSION .. TLS1_3_VERSION; 0: OpenSSL's default. Below
                                         TLS 1.2 the security level of this server is 0 */
    const char *ciphers;              /* TLS <= 1.2, OpenSSL's syntax; NULL: default */
    const char *ciphersuites;         /* TLS 1.3; NULL: default */
    const char *groups;               /* NULL: default */
    const char *signature_algorithms; /* of the CertificateRequest; NULL: default */
    EVP_PKEY *key;                    /* the server's identity */
    X509 *certificate;
    STACK_OF(X509) * chain;  /* sent behind it as it is, may be NULL */
    const char *const *alpn; /* the protocols it speaks, the best first; ends with NULL; NULL: ALPN
                                says nothing to it */
    enum fake_server_unknown_protocol unknown_protocol;
    enum fake_server_ask ask;
    enum fake_server_untrusted untrusted;
    enum fake_server_without_identity without_identity;
    STACK_OF(X509) * trust;      /* authorities that the server accepts; may be NULL */
    STACK_OF(X509_NAME) * names; /* certificate_authorities it sends; NULL: none */
    struct fake_server_request request;
    struct fake_server_judgement judgement;
    struct fake_server_sessions sessions;
    const struct fake_server_host *hosts; /* virtual servers, may be NULL */
    size_t n_hosts;
    enum fake_server_unknown_host unknown_host;
    const struct fake_server_host *ports; /* where another policy holds, may be NULL; they have no
                                             virtual servers */
    size_t n_ports;
    bool require_tls; /* in the clear all but EHLO, NOOP, STARTTLS, QUIT is answered 530. Source:
                         RFC 3207 section 4 */
    bool renegotiate; /* TLS 1.2: clients may, as often as they like */
    bool no_master_secret;       /* TLS 1.2: no extended_master_secret (RFC 7627) */
    const char *hostname;        /* in the greeting and EHLO reply; NULL: mail.example.test */
    const char *const *ehlo;     /* keywords before TLS, ends with NULL; NULL: a full default.
                                    STARTTLS is added where it belongs, unless dropped by the script */
    const char *const *ehlo_tls; /* keywords under TLS; NULL: as ehlo, or the default */
    enum fake_server_close_after close_after;
    const struct fake_server_delta *script;
    size_t n_script;
    const char *message_directory; /* messages are stored there as N.eml; NULL: nowhere */
    size_t max_message_bytes;      /* announced as SIZE; 0: 10 MiB */
    int deadline_ms;               /* for each read or write; 0: 10000 */
    int close_grace_ms;  /* close_after: how long a QUIT is awaited; 0: until fake_server_sync() */
    uint64_t seed;       /* of all that is random */
    long clock_offset_s; /* added to the time at which certificates and sessions are judged */
    struct fake_server_capture *capture; /* borrowed, outlives the server; NULL: none is recorded */
};

/* Starts serving `listener`, a listening socket that the server owns from then on. `settings` are
 * copied. Returns NULL when a setting cannot be used and writes one sentence about it into `why`;
 * then the listener is still the caller's. */
struct fake_server *fake_server_open(const struct fake_server_settings *settings, int listener,
                                     event_sink *sink, void *context, char *why, size_t why_size);

/* Serves another listening socket besides, at most FAKE_SERVER_MAX_PORTS of them: another port of
 * the same host. Sessions and ticket keys are one, unless the settings say otherwise; the policy
 * there is the one of `ports` that has this name, or else the server's. Connections to it say the
 * name in EVENT_OPEN. The socket is the server's from then on. Returns 0, or -1 where there are too
 * many; then it is still the caller's. */
int fake_server_listen(struct fake_server *server, int listener, const char *name);

/* Changes the settings from the next connection on; sessions and ticket keys live on.
 * Returns 0, or -1 as fake_server_open(). */
int fake_server_set(struct fake_server *server, const struct fake_server_settings *settings,
                    char *why, size_t why_size);

/* Says that step `step` begins, counted from 1: events carry it from now on. Emits EVENT_STEP. */
void fake_server_step(struct fake_server *server, int step);

/* Returns when everything that clients have done so far is recorded: no connection waits to be
 * accepted, and every connection is over or waits for bytes that have not come. A connection that
 * `close_after` dooms is closed. Then emits EVENT_SYNC with `token`. */
void fake_server_sync(struct fake_server *server, int token);

/* Makes old tickets undecipherable; forgets all sessions that are kept by id. */
void fake_server_rotate_ticket_keys(struct fake_server *server);
void fake_server_drop_sessions(struct fake_server *server);

/* Begins anew, for the next test with the same server: forgets sessions and ticket keys, and how
 * often deltas fired; deltas count connections from 1 again. Events and messages keep counting. */
void fake_server_reset(struct fake_server *server);

/* The port of the listener. */
int fake_server_port(const struct fake_server *server);

/* A record of all bytes that pass between server and clients, with the secrets that decrypt them.
 * It is given in the settings of one server or of several that live one after another, and is kept
 * in memory: at most `max_bytes`, 0 for 16 MiB; what comes then is left out, and the file says so.
 * Free it after the server; NULL is no error. */
struct fake_server_capture *fake_server_capture_new(size_t max_bytes);
void fake_server_capture_free(struct fake_server_capture *capture);

/* Writes what is recorded so far as pcapng, which Wireshark and tshark open decrypted with nothing
 * else, and the secrets alone in the format of SSLKEYLOGFILE. Packets are between 127.0.0.1 and
 * 127.0.0.1 and show the server at port 25, with implicit TLS 465. Complete after
 * fake_server_close(). Return 0, or -1 with errno. */
int fake_server_capture_write(struct fake_server_capture *capture, FILE *stream);
int fake_server_capture_write_secrets(struct fake_server_capture *capture, FILE *stream);

/* A message of TLS as the other end saw it: a client that tells what a real server did. */
struct fake_server_sight {
    int64_t time_us;
    int connection, step;
    bool by_server;     /* the server sent it */
    bool offered_known; /* a ClientHello: its session id is one that a server gave */
    int version;        /* in force, by OpenSSL's number */
    int content; /* SSL3_RT_HANDSHAKE, a message with its header; SSL3_RT_ALERT, its two bytes */
    const void *bytes;
    size_t size;
};

/* Tells of it in the events, and in the direction, in which a server tells that took part. */
void fake_server_describe(const struct fake_server_sight *sight, event_sink *sink, void *context);

/* Stops accepting, ends every connection at once, joins the threads, frees. NULL is no error. */
void fake_server_close(struct fake_server *server);

#endif
