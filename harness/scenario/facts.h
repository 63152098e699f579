/*
 * The facts that an expectation can speak of: one row each.
 *
 * The loader checks names and values against this table, the observe floor supplies one getter a
 * row, the reference manual is printed from it. A fact may be unknown (nothing was seen); unknown
 * equals nothing.
 */
#ifndef HARNESS_SCENARIO_FACTS_H
#define HARNESS_SCENARIO_FACTS_H

/* What values a fact has. */
enum fact_type {
    FACT_IS_WORD,     /* one of the words in `words` */
    FACT_IS_IDENTITY, /* a declared identity, or one of the words in `words` */
    FACT_IS_TEXT,     /* any text */
    FACT_IS_NUMBER,   /* digits */
    FACT_IS_LIST      /* several texts, in order */
};

/* X(id, name, type, words separated by "|", meaning) */
/* clang-format off */
#define FACTS(X) \
    X(OUTCOME, "outcome", FACT_IS_WORD, "delivered|refused-by-smtp|tls-refused|tls-failed|no-starttls|protocol-violation|connect-failed|timeout|crashed|ended", "how the client says its sending ended; ended: a probe left without a message, as it was told") \
    X(CONNECTIONS, "connections", FACT_IS_NUMBER, "", "connections opened by this step; 0: an existing one was reused") \
    X(PRESENTED, "presented", FACT_IS_IDENTITY, "empty|nothing", "the client's certificate in the handshake; empty: an empty list; nothing: none was asked, or the session was resumed") \
    X(CHAIN, "chain", FACT_IS_LIST, "", "the certificates of the client's message in order, by name of the identity") \
    X(IDENTITY, "identity", FACT_IS_IDENTITY, "none", "whom the server takes the session to be, also after resumption") \
    X(REQUESTED, "requested", FACT_IS_WORD, "yes|no", "whether the server asked for a certificate") \
    X(OFFERED, "offered", FACT_IS_WORD, "none|id|ticket|psk", "the kind of session the client offered to resume") \
    X(RESUMED, "resumed", FACT_IS_WORD, "no|id|ticket|psk|yes", "the kind of session that was resumed; yes matches any") \
    X(TLS, "tls", FACT_IS_WORD, "1.0|1.1|1.2|1.3|none", "the version negotiated") \
    X(CIPHER, "cipher", FACT_IS_TEXT, "", "the cipher suite, by OpenSSL's name") \
    X(GROUP, "group", FACT_IS_TEXT, "", "the group of the key exchange") \
    X(SIGNATURE, "signature", FACT_IS_TEXT, "", "the algorithm of the client's CertificateVerify") \
    X(SNI, "sni", FACT_IS_TEXT, "", "the server name in the ClientHello; none: not sent") \
    X(ALPN, "alpn", FACT_IS_TEXT, "", "the application protocol the server chose; none") \
    X(ALPN_OFFERED, "alpn.offered", FACT_IS_LIST, "", "the application protocols of the ClientHello, in order") \
    X(ACCOUNT, "account", FACT_IS_TEXT, "", "the server's account that the identity leads to; none") \
    X(AUTHORIZED, "authorized", FACT_IS_TEXT, "", "whom the client may act as, by its last AUTH; none") \
    X(ALERT_SENT, "alert.sent", FACT_IS_TEXT, "", "the last fatal alert of the server; none") \
    X(ALERT_RECEIVED, "alert.received", FACT_IS_TEXT, "", "the last fatal alert of the client; none") \
    X(ALERTS, "alerts", FACT_IS_LIST, "", "every alert but close_notify, in order, such as \"sent fatal unknown_ca\" (the server is who sends)") \
    X(CLOSED, "closed", FACT_IS_TEXT, "", "who ended the connection and how: \"client clean\", \"server truncated\"") \
    X(CLOSE_NOTIFY, "close_notify", FACT_IS_WORD, "yes|no", "the client sent close_notify before it closed") \
    X(HANDSHAKE, "handshake", FACT_IS_TEXT, "", "every handshake message in order, by its name in the RFCs: \"C:client_hello S:server_hello ...\"") \
    X(HELLO_EXTENSIONS, "hello.extensions", FACT_IS_LIST, "", "the extensions of the ClientHello, in order") \
    X(HELLO_VERSIONS, "hello.versions", FACT_IS_LIST, "", "the versions of its supported_versions") \
    X(HELLO_LEGACY, "hello.legacy_version", FACT_IS_TEXT, "", "its legacy_version; before TLS 1.3 the newest version of the client") \
    X(HELLO_CIPHERS, "hello.ciphers", FACT_IS_LIST, "", "its cipher suites, by their standard names") \
    X(HELLO_SIGNATURES, "hello.signature_algorithms", FACT_IS_LIST, "", "its signature_algorithms") \
    X(HELLO_GROUPS, "hello.groups", FACT_IS_LIST, "", "its supported_groups") \
    X(HELLO_PSK_MODES, "hello.psk_modes", FACT_IS_LIST, "", "its psk_key_exchange_modes") \
    X(HELLO_NAMES, "hello.names", FACT_IS_NUMBER, "", "how many names are in its server_name") \
    X(HELLO_SESSION, "hello.session", FACT_IS_LIST, "", "a digest of the session, ticket or PSK identity that it offers; of the whole: of every connection that offered one") \
    X(HELLO_RENEGOTIATION, "hello.renegotiation_info", FACT_IS_WORD, "yes|no", "it has renegotiation_info or the SCSV") \
    X(SERVER_EXTENSIONS, "server.extensions", FACT_IS_LIST, "", "the extensions of ServerHello, EncryptedExtensions and the server's Certificate") \
    X(SERVER_SESSION_ID, "server.session_id", FACT_IS_WORD, "none|echoed|own", "the session id of the ServerHello: none, that of the ClientHello, or one of its own") \
    X(REQUEST_NAMES, "request.names", FACT_IS_LIST, "", "the certificate_authorities of the CertificateRequest") \
    X(REQUEST_SIGNATURES, "request.signature_algorithms", FACT_IS_LIST, "", "its signature_algorithms") \
    X(REQUEST_SIGNATURES_CERT, "request.signature_algorithms_cert", FACT_IS_LIST, "", "its signature_algorithms_cert (TLS 1.3)") \
    X(REQUEST_TYPES, "request.types", FACT_IS_LIST, "", "its certificate_types (TLS 1.2)") \
    X(REQUEST_EXTENSIONS, "request.extensions", FACT_IS_LIST, "", "its extensions, in order (TLS 1.3)") \
    X(REQUEST_OIDS, "request.oids", FACT_IS_LIST, "", "the OIDs of its oid_filters (DER, hexadecimal)") \
    X(REQUEST_CONTEXTS, "request.contexts", FACT_IS_LIST, "", "the context of every CertificateRequest (hexadecimal)") \
    X(CERTIFICATE_VERSIONS, "certificate.versions", FACT_IS_LIST, "", "the X.509 versions of the client's chain") \
    X(CERTIFICATE_KEYS, "certificate.keys", FACT_IS_LIST, "", "the curves, or else the kinds, of its keys, by OpenSSL's names") \
    X(CERTIFICATE_SIGNATURES, "certificate.signatures", FACT_IS_LIST, "", "the algorithms that it is signed with, by OpenSSL's names") \
    X(CERTIFICATE_EXTENSIONS, "certificate.extensions", FACT_IS_LIST, "", "the extensions of its CertificateEntries (TLS 1.3)") \
    X(TICKETS, "tickets", FACT_IS_NUMBER, "", "tickets that the server gave") \
    X(TICKET_LIFETIMES, "ticket.lifetimes", FACT_IS_LIST, "", "their lifetimes, in seconds") \
    X(TICKET_NONCES, "ticket.nonces", FACT_IS_LIST, "", "their nonces (TLS 1.3, hexadecimal)") \
    X(TICKET_AGES, "ticket.age_adds", FACT_IS_LIST, "", "their ticket_age_add (TLS 1.3)") \
    X(TICKET_EARLY_DATA, "ticket.early_data", FACT_IS_LIST, "", "how many bytes of early data each invites (TLS 1.3); 0: none") \
    X(CAPABILITIES, "capabilities", FACT_IS_LIST, "", "the keywords of the last EHLO reply in the clear") \
    X(CAPABILITIES_TLS, "capabilities.tls", FACT_IS_LIST, "", "the keywords of the last EHLO reply under TLS") \
    X(CAPABILITIES_ANONYMOUS, "capabilities.anonymous", FACT_IS_LIST, "", "the same, where the client showed no certificate") \
    X(CAPABILITIES_CERTIFIED, "capabilities.certified", FACT_IS_LIST, "", "the same, where it showed one") \
    X(CAPABILITIES_RESUMED, "capabilities.resumed", FACT_IS_LIST, "", "the same, where a session was resumed") \
    X(COMMANDS, "commands", FACT_IS_LIST, "", "every command line of the client, without CR LF; capitals do not count") \
    X(PLAINTEXT, "plaintext", FACT_IS_LIST, "", "the command lines seen before TLS; likewise") \
    X(EARLY, "early", FACT_IS_WORD, "yes|no", "a command came before the answer to the one before it, unasked") \
    X(EARLY_DATA, "early_data", FACT_IS_WORD, "yes|no", "a ClientHello announced early data (0-RTT)") \
    X(REPLIES, "replies", FACT_IS_LIST, "", "every reply line of the server") \
    X(ANSWERS, "answers", FACT_IS_LIST, "", "of a probe: every command with the last line of its reply, \"NOOP -> 250 2.0.0 Ok\"; nothing behind the arrow: none came") \
    X(UNASKED, "unasked", FACT_IS_LIST, "", "of a probe: the last lines of replies to nothing that it said") \
    X(MESSAGES, "messages", FACT_IS_NUMBER, "", "messages that the server took") \
    X(MESSAGE_FROM, "message.from", FACT_IS_TEXT, "", "the sender in the envelope") \
    X(MESSAGE_TO, "message.to", FACT_IS_LIST, "", "the recipients in the envelope") \
    X(MESSAGE_SIZE, "message.size", FACT_IS_NUMBER, "", "bytes of the message taken") \
    X(MESSAGE_INTACT, "message.intact", FACT_IS_WORD, "yes|no", "the message came byte for byte as it was given to the client") \
    X(CLIENT_ERROR, "client.error", FACT_IS_TEXT, "", "what the client said") \
    X(CLIENT_EXIT, "client.exit", FACT_IS_NUMBER, "", "the exit code of the client's process; -N: killed by signal N") \
    X(DURATION, "duration", FACT_IS_NUMBER, "", "milliseconds the step took")
/* clang-format on */

#define FACT_AS_ENUM(id, name, type, words, meaning) FACT_##id,
enum fact_id { FACTS(FACT_AS_ENUM) FACT_COUNT };

struct fact {
    const char *name;
    enum fact_type type;
    const char *words;
    const char *meaning;
};

extern const struct fact facts[FACT_COUNT];

#endif
