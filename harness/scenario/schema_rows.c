#include "harness/scenario/coverage.h"
#include "harness/scenario/profile.h"
#include "harness/scenario/settings.h"
#include "harness/scenario/types.h"

#include <stddef.h>

#define OF(target, structure, member) TARGET_##target, offsetof(structure, member)
#define SCENARIO(member)              OF(SCENARIO, struct scenario, member)
#define SERVER(member)                OF(SERVER, struct scenario_server, member)
#define CLIENT(member)                OF(CLIENT, struct client_state, client.member)
#define STEP(member)                  OF(STEP, struct scenario_step, member)
#define MESSAGE(member)               OF(MESSAGE, struct scenario_message, member)
#define DELTA(member)                 OF(DELTA, struct scenario_delta, member)
#define PROBE(member)                 OF(PROBE, struct scenario_probe, member)
#define ACCOUNT(member)               OF(ACCOUNT, struct scenario_account, member)
#define IDENTITY(member)              OF(IDENTITY, struct scenario_identity, member)
#define PROFILE(member)               OF(PROFILE, struct profile, member)
#define OF_SERVER(member)             OF(PROFILE_SERVER, struct profile_server, member)
#define OUTCOME(member)               OF(OUTCOME, struct profile_outcome, member)
#define KNOWN(member)                 OF(KNOWN, struct profile_known, member)
#define COVERAGE(member)              OF(COVERAGE, struct coverage, member)
#define REASON(member)                OF(REASON, struct coverage_reason, member)
#define NOWHERE                       TARGET_NONE, 0

#define REQUIRED  SCHEMA_REQUIRED
#define ONLY_TOP  SCHEMA_ONLY_TOP
#define ONLY_STEP SCHEMA_ONLY_STEP
#define ONE_LINE  SCHEMA_ONE_LINE
#define INVERTED  SCHEMA_INVERTED
#define AUTHORITY SCHEMA_AUTHORITY
#define SHOULD    SCHEMA_SHOULD

enum { TEN_YEARS = 3650 * 86400, CENTURY_DAYS = 36500, BIGGEST = 64 * 1024 * 1024 };

/* The wire names of events (fake_server/event.h; a test compares). */
static const char events[] =
    "server.ready|server.step|server.sync|server.security|connection.open|connection.close|"
    "connection.close_notify|smtp.command|smtp.reply|smtp.auth|smtp.inject|smtp.message|tls.client_"
    "hello|tls.server_hello|"
    "tls.handshake_message|tls.certificate_request|"
    "tls.certificate|tls.certificate_verify|tls.judged|tls.handshake|tls.handshake_failed|"
    "tls.session_issued|tls.alert|script|limit|error";

/* Names that the fake server knows too (fake_server/names.c). */
#define SIGNATURES                                                                                 \
    "rsa_pkcs1_sha1|ecdsa_sha1|rsa_pkcs1_sha256|rsa_pkcs1_sha384|rsa_pkcs1_sha512|"                \
    "ecdsa_secp256r1_sha256|ecdsa_secp384r1_sha384|ecdsa_secp521r1_sha512|rsa_pss_rsae_sha256|"    \
    "rsa_pss_rsae_sha384|rsa_pss_rsae_sha512|rsa_pss_pss_sha256|rsa_pss_pss_sha384|"               \
    "rsa_pss_pss_sha512|ed25519|ed448"

/* clang-format off */
/* What every profile says of its program. */
#define PROGRAM_ROWS(section) \
    { section, "name", &type_text, PROFILE(name), ONE_LINE, NULL, 0, 0, "default: the name of the file" }, \
    { section, "title", &type_text, PROFILE(title), ONE_LINE, NULL, 0, 0, "what it is, one line" }, \
    { section, "packages", &type_texts, PROFILE(packages), ONE_LINE, NULL, 0, 0, "Debian packages that bring it" }, \
    { section, "unpack", &type_texts, PROFILE(unpack), ONE_LINE, NULL, 0, 0, "Debian packages that are unpacked to {cache}/NAME and not installed, as they cannot be beside others" }, \
    { section, "npm", &type_texts, PROFILE(npm), ONE_LINE, NULL, 0, 0, "packages of the npm registry that bring it, below {cache}/node_modules" }, \
    { section, "version", &type_template, PROFILE(version), 0, NULL, 0, 0, "command that prints its version, the first number with a dot in it; one that cannot be run, or exits with another code than 0, is not installed" }, \
    { section, "version_is", &type_group, PROFILE(version_is), 0, NULL, 0, 0, "regular expression on what that command prints; group 1 is the version" }, \
    { section, "library_is", &type_group, PROFILE(library_is), 0, NULL, 0, 0, "likewise: group 1 is its TLS library with the version" }

/* The order is that of reading: what others refer to comes first. */
const struct schema_row schema_rows[] = {
    { SECTION_TOP, "title", &type_text, SCENARIO(title), REQUIRED | ONE_LINE, NULL, 0, 0, "what the case shows, one sentence" },
    { SECTION_TOP, "about", &type_text, SCENARIO(about), 0, NULL, 0, 0, "why, for who reads the file" },
    { SECTION_TOP, "spec", &type_rules, SCENARIO(spec), 0, NULL, 0, 0, "ids of the rules it tests; the strongest gives its level" },
    { SECTION_TOP, "tags", &type_texts, SCENARIO(tags), ONE_LINE, NULL, 0, 0, "words to select it by; `slow`: it waits more than it works, and is played beside the others" },
    { SECTION_TOP, "subject", &type_switch, SCENARIO(about_server), 0, "client|server", 0, 0, "whom the case judges; default client" },
    { SECTION_TOP, "caught", &type_rules, SCENARIO(caught), 0, NULL, 0, 0, "rules that must be found broken: the case tests the tester" },
    { SECTION_TOP, "deadline", &type_deadline, SCENARIO(deadline_ms), 0, NULL, 0, 600, "of the whole case; default 10" },
    { SECTION_TOP, "variants", &type_ignored, NOWHERE, 0, NULL, 0, 0, "names with lists of values; every combination is a case, `$name` stands for its value" },
    { SECTION_TOP, "pki", &type_pki, NOWHERE, 0, NULL, SECTION_IDENTITY, 0, "identities beside the standard cast, or instead of one of it" },
    { SECTION_TOP, "server", &type_section, NOWHERE, 0, NULL, SECTION_SERVER, 0, "the server" },
    { SECTION_TOP, "client", &type_section, NOWHERE, 0, NULL, SECTION_CLIENT, 0, "the client" },
    { SECTION_TOP, "steps", &type_steps, NOWHERE, REQUIRED, NULL, SECTION_STEP, 0, "what happens, in order" },
    { SECTION_TOP, "expect", &type_expectations, SCENARIO(expectations), 0, NULL, 0, 0, "facts of the whole that must be so" },
    { SECTION_TOP, "should", &type_expectations, SCENARIO(expectations), SHOULD, NULL, 0, 0, "facts of the whole that should be so" },

    { SECTION_IDENTITY, "issuer", &type_issuer, IDENTITY(issuer), AUTHORITY, NULL, 0, 0, "who signs it; default: `self` for an authority, else alpha" },
    { SECTION_IDENTITY, "key", &type_word, IDENTITY(key), 0, "ec|rsa|ed25519", SCENARIO_KEY_EC, 0, "kind of its key; default ec" },
    { SECTION_IDENTITY, "key_file", &type_word, IDENTITY(fault), 0, "good|missing|wrong", SCENARIO_KEY_GOOD, 0, "the key that is handed out with it" },
    { SECTION_IDENTITY, "subject", &type_text, IDENTITY(subject), ONE_LINE, NULL, 0, 0, "common name; default: its name" },
    { SECTION_IDENTITY, "names", &type_texts, IDENTITY(names), ONE_LINE, NULL, 0, 0, "DNS names, IP addresses, e-mail addresses" },
    { SECTION_IDENTITY, "usage", &type_word, IDENTITY(usage), 0, "client|server|both|none|ca", SCENARIO_USAGE_CLIENT, 0, "what it may be used for; default client" },
    { SECTION_IDENTITY, "extensions", &type_extensions, IDENTITY(extensions), 0, NULL, 0, 0, "beside those of its usage or instead of them, as in OpenSSL's configuration: {keyUsage: \"critical,keyAgreement\"}; `none` leaves one out" },
    { SECTION_IDENTITY, "not_before", &type_seconds, IDENTITY(not_before_s), 0, NULL, -CENTURY_DAYS * 86400L, CENTURY_DAYS * 86400L, "relative to the run, such as `-30d`; default -1d" },
    { SECTION_IDENTITY, "not_after", &type_seconds, IDENTITY(not_after_s), 0, NULL, -CENTURY_DAYS * 86400L, CENTURY_DAYS * 86400L, "relative to the run, such as `+1h`; default +90d" },
    { SECTION_IDENTITY, "chain", &type_yes, IDENTITY(bare), INVERTED, NULL, 0, 0, "whether it is sent with its intermediates; default yes" },

    { SECTION_SERVER, "mode", &type_word, SERVER(mode), ONLY_TOP, "starttls|implicit", SCENARIO_STARTTLS, 0, "how TLS begins; default starttls" },
    { SECTION_SERVER, "tls", &type_versions, SERVER(tls_min), 0, "1.0|1.1|1.2|1.3", 0, 0, "the versions it speaks; default 1.2..1.3; below 1.2 OpenSSL's security level is 0 for this server alone, and the transcript says so" },
    { SECTION_SERVER, "certificate", &type_own, SERVER(certificate), 0, NULL, 0, 0, "its own identity; default mail" },
    { SECTION_SERVER, "chain", &type_names, SERVER(chain), 0, NULL, 0, 0, "what it sends behind that, in order, be it wrong; [] nothing; default: the intermediates of the identity" },
    { SECTION_SERVER, "alpn", &type_protocols, SERVER(alpn), ONE_LINE, NULL, 0, 0, "application protocols it speaks, the best first; [] none of those offered; default: ALPN says nothing to it" },
    { SECTION_SERVER, "unknown_protocol", &type_word, SERVER(unknown_protocol), 0, "refuse|continue", SCENARIO_UNKNOWN_PROTOCOL_REFUSE, 0, "what it does where none of the protocols offered is one of those; default refuse, with no_application_protocol" },
    { SECTION_SERVER, "client_certificate", &type_section, NOWHERE, 0, NULL, SECTION_ASK, 0, "what it asks for" },
    { SECTION_SERVER, "sessions", &type_sessions, NOWHERE, 0, NULL, SECTION_SESSIONS, 0, "what it lets clients resume; default ids and 2 tickets" },
    { SECTION_SERVER, "require_tls", &type_yes, SERVER(require_tls), 0, NULL, 0, 0, "in the clear all but EHLO, NOOP, STARTTLS and QUIT is answered 530; default no" },
    { SECTION_SERVER, "renegotiate", &type_yes, SERVER(renegotiate), 0, NULL, 0, 0, "TLS 1.2: clients may, as often as they like; default no" },
    { SECTION_SERVER, "extended_master_secret", &type_yes, SERVER(no_master_secret), INVERTED, NULL, 0, 0, "TLS 1.2 (RFC 7627); default yes" },
    { SECTION_SERVER, "ehlo", &type_texts, SERVER(ehlo), ONE_LINE, NULL, 0, 0, "keywords before TLS; STARTTLS is added" },
    { SECTION_SERVER, "ehlo_tls", &type_texts, SERVER(ehlo_tls), ONE_LINE, NULL, 0, 0, "keywords under TLS; default as ehlo" },
    { SECTION_SERVER, "close_after", &type_switch, SERVER(close_after_message), 0, "none|message", 0, 0, "message: every mail needs a connection of its own" },
    { SECTION_SERVER, "ciphers", &type_text, SERVER(ciphers), ONE_LINE, NULL, 0, 0, "up to TLS 1.2, as OpenSSL spells them" },
    { SECTION_SERVER, "ciphersuites", &type_text, SERVER(ciphersuites), ONE_LINE, NULL, 0, 0, "of TLS 1.3" },
    { SECTION_SERVER, "groups", &type_text, SERVER(groups), ONE_LINE, NULL, 0, 0, "of the key exchange" },
    { SECTION_SERVER, "signature_algorithms", &type_text, SERVER(signature_algorithms), ONE_LINE, NULL, 0, 0, "that it accepts from clients" },
    { SECTION_SERVER, "script", &type_script, SERVER(script), 0, NULL, SECTION_DELTA, 0, "where it does something else than a well-behaved server; in a step: instead of the script so far" },
    { SECTION_SERVER, "hosts", &type_hosts, SERVER(hosts), 0, NULL, SECTION_HOST, 0, "virtual servers, by the name that clients ask for; in a step: instead of those so far" },
    { SECTION_SERVER, "ports", &type_hosts, SERVER(ports), 0, NULL, SECTION_PORT, 7, "further ports of the same server, by the name that `client.port` has, where other things hold; in a step: instead of those so far" },
    { SECTION_SERVER, "unknown_host", &type_word, SERVER(unknown_host), 0, "continue|warn|refuse", SCENARIO_UNKNOWN_HOST_CONTINUE, 0, "what it does with a client that asks for another name than those; default continue, as the server" },
    { SECTION_SERVER, "rotate_ticket_keys", &type_yes, STEP(rotate_ticket_keys), ONLY_STEP, NULL, 0, 0, "tickets issued so far become worthless" },
    { SECTION_SERVER, "drop_session_cache", &type_yes, STEP(drop_session_cache), ONLY_STEP, NULL, 0, 0, "sessions kept by id are forgotten" },

    { SECTION_HOST, "certificate", &type_own, SERVER(certificate), 0, NULL, 0, 0, "its own identity" },
    { SECTION_HOST, "chain", &type_names, SERVER(chain), 0, NULL, 0, 0, "what it sends behind that" },
    { SECTION_HOST, "client_certificate", &type_section, NOWHERE, 0, NULL, SECTION_ASK, 0, "what it asks for" },
    { SECTION_HOST, "sessions", &type_sessions, NOWHERE, 0, NULL, SECTION_SESSIONS, 0, "tickets, context and keys of them" },

    { SECTION_PORT, "mode", &type_word, SERVER(mode), 0, "starttls|implicit", SCENARIO_STARTTLS, 0, "how TLS begins there" },
    { SECTION_PORT, "certificate", &type_own, SERVER(certificate), 0, NULL, 0, 0, "its own identity" },
    { SECTION_PORT, "chain", &type_names, SERVER(chain), 0, NULL, 0, 0, "what it sends behind that" },
    { SECTION_PORT, "client_certificate", &type_section, NOWHERE, 0, NULL, SECTION_ASK, 0, "what it asks for" },
    { SECTION_PORT, "sessions", &type_sessions, NOWHERE, 0, NULL, SECTION_SESSIONS, 0, "tickets, context and keys of them" },

    { SECTION_ASK, "ask", &type_word, SERVER(ask), 0, "no|request|require", SCENARIO_ASK_NO, 0, "default no" },
    { SECTION_ASK, "trust", &type_names, SERVER(trust), AUTHORITY, NULL, 0, 0, "authorities whose clients it accepts; default [alpha]" },
    { SECTION_ASK, "names", &type_dns, SERVER(names), AUTHORITY, NULL, 0, 0, "certificate_authorities it sends, by identity or as a name such as \"CN=Some CA,O=x\"; default as trust, [] none" },
    { SECTION_ASK, "more_names", &type_int, SERVER(more_names), 0, NULL, 0, 350, "so many names of authorities that nobody knows, in front of those; 200 take 30 KiB" },
    { SECTION_ASK, "from_connection", &type_int, SERVER(request.from_connection), 0, NULL, 1, 1000000, "it asks nobody before that one, counted from 1" },
    { SECTION_ASK, "certificate_types", &type_words, SERVER(request.certificate_types), 0, "rsa_sign|dss_sign|ecdsa_sign", 1, 0, "up to TLS 1.2: kinds of keys it accepts; default: as OpenSSL has them" },
    { SECTION_ASK, "signature_algorithms_cert", &type_words, SERVER(request.signature_algorithms_cert), 0, SIGNATURES, 0, 0, "TLS 1.3: what certificates may be signed with; default: not sent" },
    { SECTION_ASK, "oid_filters", &type_texts, SERVER(request.oid_filters), ONE_LINE, NULL, 0, 0, "TLS 1.3: what a certificate must have, as in OpenSSL's configuration: \"extendedKeyUsage=clientAuth\"; default: not sent" },
    { SECTION_ASK, "unknown_extensions", &type_yes, SERVER(request.unknown_extensions), 0, NULL, 0, 0, "TLS 1.3: GREASE and oid_filters nobody knows in CertificateRequest and NewSessionTicket" },
    { SECTION_ASK, "untrusted", &type_word, SERVER(untrusted), 0, "continue|refuse", SCENARIO_UNTRUSTED_CONTINUE, 0, "what it does with others; default: continue where it requests, refuse where it requires" },
    { SECTION_ASK, "revoked", &type_names, SERVER(judgement.revoked), 0, NULL, 0, 0, "identities on the revocation lists of their issuers; default []" },
    { SECTION_ASK, "pins", &type_names, SERVER(judgement.pins), 0, NULL, 0, 0, "only these are accepted, by fingerprint, whoever has issued them; default: any that an authority vouches for" },
    { SECTION_ASK, "accounts", &type_accounts, SERVER(judgement.accounts), 0, NULL, SECTION_ACCOUNT, 0, "names with who they are; only a certificate that leads to one is accepted; in a step: instead of those so far" },
    { SECTION_ASK, "alert", &type_alert, SERVER(judgement.alert), 0, NULL, 0, 0, "of every refusal, also of a client without a certificate; default: the right one" },
    { SECTION_ASK, "without_identity", &type_word, SERVER(without_identity), 0, "take|554|530|550|alert", SCENARIO_WITHOUT_TAKE, 0, "under TLS, what a client is told that is nobody: nothing, 554 to all but QUIT, 530 to MAIL, 550 to RCPT, or a fatal alert behind the handshake" },

    { SECTION_ACCOUNT, "certificate", &type_name, ACCOUNT(certificate), 0, NULL, 0, 0, "whose it is, by fingerprint" },
    { SECTION_ACCOUNT, "subject", &type_text, ACCOUNT(subject), ONE_LINE, NULL, 0, 0, "whose it is, by the subject of the certificate: \"CN=alice,O=counterseal\"" },
    { SECTION_ACCOUNT, "alternative", &type_text, ACCOUNT(alternative), ONE_LINE, NULL, 0, 0, "whose it is, by a subjectAltName: a DNS name, e-mail or IP address" },
    { SECTION_ACCOUNT, "relay", &type_yes, ACCOUNT(no_relay), INVERTED, NULL, 0, 0, "no: its RCPT is answered 550; default yes" },
    { SECTION_ACCOUNT, "external", &type_yes, ACCOUNT(no_external), INVERTED, NULL, 0, 0, "no: its AUTH EXTERNAL is answered 535; default yes" },
    { SECTION_ACCOUNT, "act_as", &type_texts, ACCOUNT(act_as), ONE_LINE, NULL, 0, 0, "authorization identities besides its own name" },
    { SECTION_ACCOUNT, "quota", &type_int, ACCOUNT(quota), 0, NULL, 1, 1000000, "messages, over all connections; then its MAIL is answered 452; default: no limit" },

    { SECTION_SESSIONS, "ids", &type_yes, SERVER(sessions.ids), 0, NULL, 0, 0, "session ids of TLS 1.2; default yes" },
    { SECTION_SESSIONS, "tickets", &type_int, SERVER(sessions.tickets), 0, NULL, 0, 32, "how many; default 2" },
    { SECTION_SESSIONS, "lifetime", &type_seconds, SERVER(sessions.lifetime_s), 0, NULL, 1, TEN_YEARS, "of both" },
    { SECTION_SESSIONS, "age_skew", &type_seconds, SERVER(sessions.age_skew_s), 0, NULL, -TEN_YEARS, TEN_YEARS, "they look so much older to the server than they are, or younger" },
    { SECTION_SESSIONS, "context", &type_text, SERVER(sessions.context), ONE_LINE, NULL, 0, 0, "session id context; default: made of the policy and the name of the host or port; hosts and ports of one context take each other's sessions; \"\": the server forgot to set one" },
    { SECTION_SESSIONS, "early_data", &type_yes, SERVER(sessions.early_data), 0, NULL, 0, 0, "tickets of TLS 1.3 invite early data, which SMTP has no place for; what comes is skipped" },
    { SECTION_SESSIONS, "renewed", &type_yes, SERVER(sessions.not_renewed), INVERTED, NULL, 0, 0, "whether a connection that was resumed by a ticket gets a new one; default yes" },
    { SECTION_SESSIONS, "secret", &type_text, SERVER(sessions.secret), ONE_LINE, NULL, 0, 0, "ticket keys are made of this text: servers with the same take each other's tickets; default: random keys" },
    { SECTION_SESSIONS, "psk_ke", &type_yes, SERVER(sessions.psk_ke), 0, NULL, 0, 0, "TLS 1.3 resumes without a key exchange, too, where the client offers that mode; default no" },
    { SECTION_SESSIONS, "fault", &type_word, SERVER(sessions.fault), 0, "none|corrupt|unknown-key|decline|fail", SCENARIO_SESSIONS_FINE, 0, "corrupt: its tickets are damaged; unknown-key: they name a key that nobody has; decline: good sessions are declined, by a full handshake; fail: reading a ticket ends in internal_error" },
    { SECTION_SESSIONS, "keys", &type_switch, SERVER(sessions.own_keys), 0, "shared|own", 0, 0, "of the tickets of a host or port; default: shared with the server" },

    { SECTION_DELTA, "on", &type_site, DELTA(on), REQUIRED, NULL, 0, 0, "where, see below" },
    { SECTION_DELTA, "times", &type_int, DELTA(times), 0, NULL, 1, 1000000, "at most so often; default always" },
    { SECTION_DELTA, "connection", &type_int, DELTA(connection), 0, NULL, 1, 1000000, "only on that one, counted from 1" },
    { SECTION_DELTA, "limit", &type_section, NOWHERE, 0, NULL, SECTION_LIMIT, 0, "times and connection" },
    { SECTION_DELTA, "after", &type_lines, DELTA(after_lines), 0, NULL, 0, 0, "on DATA or body: when so many lines have come" },
    { SECTION_DELTA, "segment", &type_pieces, DELTA(segment), 0, NULL, 1, 65536, "from here on: TCP segments of at most so many bytes, or of `random` ones" },
    { SECTION_DELTA, "record", &type_pieces, DELTA(record), 0, NULL, 1, 16384, "from here on: TLS records of at most so many bytes, or of `random` ones (in the handshake, once it is encrypted, 512 at least)" },
    { SECTION_DELTA, "throttle", &type_int, DELTA(throttle), 0, NULL, 1, 1000000000, "from here on: so many bytes a second, each way" },
    { SECTION_DELTA, "cut", &type_int, DELTA(cut), 0, NULL, 1, 1000000000, "from here on: so many bytes more, then the connection ends without a word" },
    { SECTION_DELTA, "corrupt", &type_yes, DELTA(corrupt), 0, NULL, 0, 0, "a bit of what leaves next is flipped: the last" },
    { SECTION_DELTA, "delay", &type_delay, DELTA(delay_ms), 0, NULL, 1, 60000, "waits first" },
    { SECTION_DELTA, "stall", &type_yes, DELTA(stall), 0, NULL, 0, 0, "goes silent" },
    { SECTION_DELTA, "ask_certificate", &type_switch, DELTA(ask_certificate), 0, "no|now|yes", 0, 0, "asks again: post-handshake in TLS 1.3, renegotiation in TLS 1.2" },
    { SECTION_DELTA, "issue_tickets", &type_int, DELTA(tickets), 0, NULL, 1, 32, "TLS 1.3: sends so many more session tickets" },
    { SECTION_DELTA, "raw", &type_bytes, DELTA(raw), 0, NULL, 0, 0, "bytes below TLS, before the reply" },
    { SECTION_DELTA, "garbage", &type_int, DELTA(garbage), 0, NULL, 1, 65536, "so many random bytes below TLS, before the reply; the same with the same --seed" },
    { SECTION_DELTA, "alert", &type_alert, DELTA(alert), 0, NULL, 0, 0, "fails with this alert" },
    { SECTION_DELTA, "reply", &type_text, DELTA(reply), 0, NULL, 0, 0, "instead of the usual reply; several lines: \"250-a\\n250 b\"" },
    { SECTION_DELTA, "inject", &type_bytes, DELTA(inject), 0, NULL, 0, 0, "bytes behind the reply, in the same write" },
    { SECTION_DELTA, "bytes", &type_bytes, DELTA(bytes), 0, NULL, 0, 0, "bytes instead of the reply; \"\\xNN\" is that byte" },
    { SECTION_DELTA, "fragment", &type_pieces, DELTA(fragment), 0, NULL, 1, 65536, "sends the reply in pieces of so many bytes, or of `random` ones: segments in the clear, records under TLS; on connect with implicit TLS the handshake" },
    { SECTION_DELTA, "lines", &type_int, DELTA(lines), 0, NULL, 1, 100000, "makes the reply so many lines" },
    { SECTION_DELTA, "fill", &type_int, DELTA(fill), 0, NULL, 1, 1048576, "fills the lines of the reply up to so many octets, CRLF included" },
    { SECTION_DELTA, "answer", &type_word, DELTA(answer), 0, "once|twice|never|late", SCENARIO_ANSWER_ONCE, 0, "of a command that is obeyed; late: behind the next reply, out of order; early is `inject` before and `never` here" },
    { SECTION_DELTA, "believe", &type_yes, DELTA(believe), 0, NULL, 0, 0, "obeys under TLS what came behind STARTTLS in the clear, and forgets nothing that was said before" },
    { SECTION_DELTA, "drop_capability", &type_text, DELTA(drop_capability), ONE_LINE, NULL, 0, 0, "leaves this EHLO keyword out" },
    { SECTION_DELTA, "close", &type_word, DELTA(close), 0, "clean|truncated|reset|half", SCENARIO_CLOSE_CLEAN, 0, "closes at last: with close_notify, without, with a reset; half: sends nothing more and hears the client out" },

    { SECTION_LIMIT, "times", &type_int, DELTA(times), 0, NULL, 1, 1000000, "at most so often" },
    { SECTION_LIMIT, "connection", &type_int, DELTA(connection), 0, NULL, 1, 1000000, "only on that one" },

    { SECTION_CLIENT, "certificates", &type_certificates, CLIENT(certificates), 0, NULL, 0, 0, "the collection, in order; default []" },
    { SECTION_CLIENT, "trust", &type_names, CLIENT(trust), AUTHORITY, NULL, 0, 0, "whom it trusts; default [alpha]" },
    { SECTION_CLIENT, "tls", &type_word, CLIENT(tls), 0, "required|optional|none", SCENARIO_TLS_REQUIRED, 0, "default required" },
    { SECTION_CLIENT, "host", &type_text, CLIENT(host), ONE_LINE, NULL, 0, 0, "the name it connects to; default localhost" },
    { SECTION_CLIENT, "port", &type_port, CLIENT(port), 0, NULL, 0, 0, "which port of the server: first (the default), second, or one of its `ports`" },
    { SECTION_CLIENT, "versions", &type_versions, CLIENT(tls_min), 0, "1.0|1.1|1.2|1.3", 0, 0, "of TLS that it may speak; default: its own choice" },
    { SECTION_CLIENT, "domain", &type_text, CLIENT(domain), ONE_LINE, NULL, 0, 0, "its own name in EHLO" },
    { SECTION_CLIENT, "alpn", &type_protocols, CLIENT(alpn), ONE_LINE, NULL, 0, 0, "application protocols it offers; default: its own choice" },
    { SECTION_CLIENT, "misbehave", &type_fault, CLIENT(misbehave), 0, NULL, 0, 0, "a fault of the reference client" },
    { SECTION_CLIENT, "policy", &type_word_text, CLIENT(policy), 0, "doc|framework|dotnet-linux|mono|openssl", 0, 0, "the case is about this policy of the reference client, which is doc where none is named" },
    { SECTION_CLIENT, "replace", &type_replace, NOWHERE, ONLY_STEP, NULL, 0, 0, "{NAME: OTHER}: the file at NAME's path holds OTHER from now on" },
    { SECTION_CLIENT, "new", &type_yes, STEP(new_client), ONLY_STEP, NULL, 0, 0, "a new client object" },

    { SECTION_STEP, "server", &type_section, NOWHERE, 0, NULL, SECTION_SERVER, 0, "changes of the server, from the next connection on" },
    { SECTION_STEP, "client", &type_section, NOWHERE, 0, NULL, SECTION_CLIENT, 0, "changes of the client" },
    { SECTION_STEP, "clock", &type_seconds, STEP(clock_s), 0, NULL, 0, TEN_YEARS, "moves the clock of the run forward: seconds, or 2h, 3d, 2w" },
    { SECTION_STEP, "restart", &type_yes, STEP(restart), 0, NULL, 0, 0, "a new client process" },
    { SECTION_STEP, "send", &type_send, STEP(send), 0, NULL, SECTION_SEND, 0, "a message is sent" },
    { SECTION_STEP, "probe", &type_probe, STEP(probe), 0, NULL, SECTION_PROBE, 0, "a probe of the server: a client that can misbehave, row by row" },
    { SECTION_STEP, "wait", &type_word_text, STEP(wait), 0, events, 0, 0, "for an event, by its name" },
    { SECTION_STEP, "expect", &type_expectations, STEP(expectations), 0, NULL, 0, 0, "facts of the step that must be so" },
    { SECTION_STEP, "should", &type_expectations, STEP(expectations), SHOULD, NULL, 0, 0, "facts of the step that should be so" },

    { SECTION_SEND, "from", &type_text, MESSAGE(from), ONE_LINE, NULL, 0, 0, "default sender@example.test" },
    { SECTION_SEND, "to", &type_texts, MESSAGE(to), ONE_LINE, NULL, 0, 0, "one or a list; default postmaster@example.test" },
    { SECTION_SEND, "subject", &type_text, MESSAGE(subject), ONE_LINE, NULL, 0, 0, "default: the title" },
    { SECTION_SEND, "body", &type_text, MESSAGE(body), 0, NULL, 0, 0, "default: a short text" },
    { SECTION_SEND, "size", &type_size, MESSAGE(size), 0, NULL, 1, BIGGEST, "the body is filled up to so many bytes" },

    { SECTION_PROBE, "on", &type_probe_site, PROBE(on), REQUIRED, NULL, 0, 0, "where, see below" },
    { SECTION_PROBE, "tls", &type_word, PROBE(when), 0, "no|yes", SCENARIO_PROBE_IN_CLEAR, 0, "of a verb: only in the clear, or only under TLS; default both" },
    { SECTION_PROBE, "segment", &type_act_int, NOWHERE, 0, NULL, 1, 65536, "from here on: TCP segments of at most so many bytes" },
    { SECTION_PROBE, "cut", &type_act_int, NOWHERE, 0, NULL, 1, 1000000000, "from here on: so many bytes more, then nothing leaves" },
    { SECTION_PROBE, "corrupt", &type_act_yes, NOWHERE, 0, NULL, 0, 0, "a bit of what leaves next is flipped: the last" },
    { SECTION_PROBE, "raw", &type_act_bytes, NOWHERE, 0, NULL, 0, 0, "bytes below TLS, before the command" },
    { SECTION_PROBE, "session", &type_act_int, NOWHERE, 0, NULL, 1, 63, "offers the last session that the server gave in that step, whoever was there; it has to have been a probe" },
    { SECTION_PROBE, "ticket", &type_act_word, NOWHERE, 0, "flip-first|flip-middle|flip-last|random", 0, 0, "of that session: a bit of the first, a middle or the last byte is flipped, or all of it is random" },
    { SECTION_PROBE, "session_id", &type_act_step, NOWHERE, 0, "random", 1, 63, "of that session (TLS 1.2): `random`, or with its secret that of the session of another step" },
    { SECTION_PROBE, "secret", &type_act_word, NOWHERE, 0, "wrong", 0, 0, "of that session: another, so that the binder of TLS 1.3 is wrong" },
    { SECTION_PROBE, "name", &type_act_text, NOWHERE, ONE_LINE, NULL, 0, 0, "of the server that is asked for (SNI); `none`: none" },
    { SECTION_PROBE, "ciphers", &type_act_text, NOWHERE, ONE_LINE, NULL, 0, 0, "up to TLS 1.2, as OpenSSL spells them" },
    { SECTION_PROBE, "ciphersuites", &type_act_text, NOWHERE, ONE_LINE, NULL, 0, 0, "of TLS 1.3" },
    { SECTION_PROBE, "signature_algorithms", &type_act_text, NOWHERE, ONE_LINE, NULL, 0, 0, "that it offers and signs with, as OpenSSL spells them" },
    { SECTION_PROBE, "extended_master_secret", &type_act_word, NOWHERE, 0, "no", 0, 0, "is not offered (TLS 1.2)" },
    { SECTION_PROBE, "tickets", &type_act_word, NOWHERE, 0, "no", 0, 0, "are not wanted (TLS 1.2)" },
    { SECTION_PROBE, "certificate", &type_act_name, NOWHERE, 0, "empty", 0, 0, "shows this one with its chain, or none" },
    { SECTION_PROBE, "chain", &type_act_names, NOWHERE, 0, NULL, 0, 0, "sends these behind it, in order, be it wrong" },
    { SECTION_PROBE, "key", &type_act_name, NOWHERE, 0, NULL, 0, 0, "signs with the key of this one, of the same kind: no proof" },
    { SECTION_PROBE, "renegotiate", &type_act_int, NOWHERE, 0, NULL, 1, 10000, "TLS 1.2: so often; `answers` tells how often it was let" },
    { SECTION_PROBE, "update_keys", &type_act_int, NOWHERE, 0, NULL, 1, 10000, "TLS 1.3: so often, and asks the server to" },
    { SECTION_PROBE, "say", &type_act_texts, NOWHERE, ONE_LINE, NULL, 0, 0, "commands said before, each of them answered, whatever the answer" },
    { SECTION_PROBE, "command", &type_act_text, NOWHERE, ONE_LINE, NULL, 0, 0, "instead of the usual command" },
    { SECTION_PROBE, "inject", &type_act_bytes, NOWHERE, 0, NULL, 0, 0, "bytes behind the command, in the same write" },
    { SECTION_PROBE, "bytes", &type_act_bytes, NOWHERE, 0, NULL, 0, 0, "bytes instead of the command; \"\\xNN\" is that byte" },
    { SECTION_PROBE, "skip", &type_act_yes, NOWHERE, 0, NULL, 0, 0, "the command is not said" },
    { SECTION_PROBE, "close", &type_act_word, NOWHERE, 0, "clean|truncated|reset", 0, 0, "closes at last: with close_notify, without, with a reset" },

    PROGRAM_ROWS(SECTION_PROFILE),
    { SECTION_PROFILE, "program", &type_template, PROFILE(program), ONE_LINE, NULL, 0, 0, "what {program} stands for; --client NAME=PROGRAM puts another in its place" },
    { SECTION_PROFILE, "variables", &type_templates, PROFILE(variables), 0, NULL, 0, 0, "{NAME: VALUE}: its environment, which else holds an empty HOME and little more" },
    { SECTION_PROFILE, "files", &type_templates, PROFILE(files), 0, NULL, 0, 0, "{NAME: TEXT}: files written below {directory} before each mail; a line goes when a placeholder in it has no value, and is repeated when it has several" },
    { SECTION_PROFILE, "command", &type_template, PROFILE(command), REQUIRED, NULL, 0, 0, "how to run it; words in [] belong together and go when a placeholder in them has no value" },
    { SECTION_PROFILE, "send", &type_template, PROFILE(send), 0, NULL, 0, 0, "words for one mail, behind the command" },
    { SECTION_PROFILE, "next", &type_template, PROFILE(next), 0, NULL, 0, 0, "words between two mails of one process" },
    { SECTION_PROFILE, "answer", &type_group, PROFILE(answer), 0, NULL, 0, 0, "regular expression of the line that ends a mail; group 1 is its exit code" },
    { SECTION_PROFILE, "driver", &type_yes, PROFILE(driver), 0, NULL, 0, 0, "it speaks JSON lines" },
    { SECTION_PROFILE, "certificates", &type_section, NOWHERE, 0, NULL, SECTION_HOLDS, 0, "what its collection can hold" },
    { SECTION_PROFILE, "modes", &type_set, PROFILE(modes), 0, "starttls|implicit", 0, 0, "default both" },
    { SECTION_PROFILE, "tls", &type_set, PROFILE(security), 0, "required|optional|none", 0, 0, "default [required]" },
    { SECTION_PROFILE, "mode_words", &type_section, NOWHERE, 0, NULL, SECTION_MODE_WORDS, 0, "the words that {mode} stands for" },
    { SECTION_PROFILE, "tls_words", &type_section, NOWHERE, 0, NULL, SECTION_TLS_WORDS, 0, "the words that {tls} stands for" },
    { SECTION_PROFILE, "newest", &type_newest, PROFILE(newest), 0, "1.0|1.1|1.2|1.3", 0, 0, "the newest version of TLS that it speaks; default: any" },
    { SECTION_PROFILE, "any_host", &type_yes, PROFILE(any_host), 0, NULL, 0, 0, "it is told a host's name and, as {address}, where that is; else it plays no case with another host than localhost; default no, of a driver yes" },
    { SECTION_PROFILE, "message", &type_section, NOWHERE, 0, NULL, SECTION_DIFFERENCE, 0, "what it does to a message" },
    { SECTION_PROFILE, "outcomes", &type_outcomes, PROFILE(outcomes), 0, NULL, SECTION_OUTCOME, 0, "how its exits and messages map to outcomes; none: exit 0 is delivered" },
    { SECTION_PROFILE, "known", &type_known, PROFILE(known), 0, NULL, SECTION_KNOWN, 0, "its known deviations" },

    { SECTION_HOLDS, "max", &type_int, PROFILE(max_certificates), 0, NULL, 0, 1000, "how many; default 1, of a driver 100" },
    { SECTION_HOLDS, "needed", &type_yes, PROFILE(needs_certificate), 0, NULL, 0, 0, "it cannot run without one" },

    { SECTION_MODE_WORDS, "starttls", &type_text, PROFILE(mode_words[SCENARIO_STARTTLS]), ONE_LINE, NULL, 0, 0, "where TLS begins with STARTTLS; default `starttls`" },
    { SECTION_MODE_WORDS, "implicit", &type_text, PROFILE(mode_words[SCENARIO_IMPLICIT]), ONE_LINE, NULL, 0, 0, "where it is there from the start; default `implicit`" },

    { SECTION_TLS_WORDS, "required", &type_text, PROFILE(tls_words[SCENARIO_TLS_REQUIRED]), ONE_LINE, NULL, 0, 0, "where TLS is required" },
    { SECTION_TLS_WORDS, "optional", &type_text, PROFILE(tls_words[SCENARIO_TLS_OPTIONAL]), ONE_LINE, NULL, 0, 0, "where it is used if offered" },
    { SECTION_TLS_WORDS, "none", &type_text, PROFILE(tls_words[SCENARIO_TLS_NONE]), ONE_LINE, NULL, 0, 0, "where it is not used" },

    { SECTION_DIFFERENCE, "adds_headers", &type_yes, PROFILE(adds_headers), 0, NULL, 0, 0, "the message is compared by its body only" },

    { SECTION_OUTCOME, "exit", &type_exit, OUTCOME(exit), 0, NULL, -64, 255, "exit code, or `any` (the default)" },
    { SECTION_OUTCOME, "matches", &type_regex, OUTCOME(matches), 0, NULL, 0, 0, "regular expression on what it wrote" },
    { SECTION_OUTCOME, "outcome", &type_outcome, OUTCOME(outcome), REQUIRED, NULL, 0, 0, "a value of the fact `outcome`" },

    { SECTION_KNOWN, "cases", &type_texts, KNOWN(cases), ONE_LINE, NULL, 0, 0, "patterns of ids, such as `resumption/*`; default all" },
    { SECTION_KNOWN, "rule", &type_rule, KNOWN(rule), 0, NULL, 0, 0, "id of the broken rule; default any" },
    { SECTION_KNOWN, "since", &type_version, KNOWN(since), ONE_LINE, NULL, 0, 0, "the first version that has it; default all" },
    { SECTION_KNOWN, "until", &type_version, KNOWN(until), ONE_LINE, NULL, 0, 0, "the last version that it has been seen with; default: no end" },
    { SECTION_KNOWN, "sometimes", &type_yes, KNOWN(sometimes), 0, NULL, 0, 0, "it is a race of the client, which it may win: a case that passes does not show as fixed; default no" },
    { SECTION_KNOWN, "reason", &type_text, KNOWN(reason), REQUIRED, NULL, 0, 0, "what it does and why" },
    { SECTION_KNOWN, "source", &type_text, KNOWN(source), REQUIRED, NULL, 0, 0, "RFC section, CVE, issue" },

    PROGRAM_ROWS(SECTION_SERVER_PROFILE),
    { SECTION_SERVER_PROFILE, "program", &type_template, PROFILE(program), ONE_LINE, NULL, 0, 0, "what {program} stands for; --server NAME=PROGRAM puts another in its place" },
    { SECTION_SERVER_PROFILE, "variables", &type_templates, PROFILE(variables), 0, NULL, 0, 0, "{NAME: VALUE}: its environment, which else holds an empty HOME and little more" },
    { SECTION_SERVER_PROFILE, "files", &type_templates, PROFILE(files), 0, NULL, 0, 0, "{NAME: TEXT}: files written below {directory} before it is started; a line goes when a placeholder in it has no value, and is repeated when it has several" },
    { SECTION_SERVER_PROFILE, "command", &type_template, PROFILE(command), REQUIRED, NULL, 0, 0, "how to start it, in the foreground; it is ready when {port} greets" },
    { SECTION_SERVER_PROFILE, "modes", &type_templates, OF_SERVER(modes), REQUIRED, NULL, 0, 0, "{starttls: TEXT, implicit: TEXT}: what it can do, and what {mode} stands for then" },
    { SECTION_SERVER_PROFILE, "ask", &type_templates, OF_SERVER(ask), REQUIRED, NULL, 0, 0, "{no: TEXT, request: TEXT, require: TEXT}: how it can ask for a certificate, and what {ask} stands for then" },
    { SECTION_SERVER_PROFILE, "versions", &type_templates, OF_SERVER(versions), REQUIRED, NULL, 0, 0, "{1.2: TEXT, 1.3: TEXT, 1.2..1.3: TEXT}: ranges of TLS that it can be told to speak, and what {tls} stands for then" },
    { SECTION_SERVER_PROFILE, "sessions", &type_templates, OF_SERVER(sessions), 0, NULL, 0, 0, "{both: TEXT, ids: TEXT, tickets: TEXT, none: TEXT}: what it can be told to resume, and what {sessions} stands for then; default: both, as it comes" },
    { SECTION_SERVER_PROFILE, "identity", &type_section, NOWHERE, 0, NULL, SECTION_TELLS, 0, "where it tells whom it took the client for" },
    { SECTION_SERVER_PROFILE, "log", &type_text, OF_SERVER(log), ONE_LINE, NULL, 0, 0, "a file of its log below {directory}, beside what it writes to its output" },
    { SECTION_SERVER_PROFILE, "known", &type_known, PROFILE(known), 0, NULL, SECTION_KNOWN, 0, "its known deviations" },

    { SECTION_TELLS, "message", &type_group, OF_SERVER(identity_in_message), 0, NULL, 0, 0, "regular expression on the header of the message as it passed it on; group 1 is the common name" },
    { SECTION_TELLS, "log", &type_group, OF_SERVER(identity_in_log), 0, NULL, 0, 0, "regular expression on a line of its output, which comes for every connection; group 1 is the common name, empty: nobody" },

    { SECTION_COVERAGE, "reasons", &type_reasons, COVERAGE(reasons), REQUIRED, NULL, SECTION_REASON, 0, "why rules have no case, and why cases stay that no mutant needs" },

    { SECTION_REASON, "because", &type_text, REASON(because), REQUIRED | ONE_LINE, NULL, 0, 0, "one sentence" },
    { SECTION_REASON, "rules", &type_rules, REASON(rules), 0, NULL, 0, 0, "that have no case" },
    { SECTION_REASON, "cases", &type_texts, REASON(cases), ONE_LINE, NULL, 0, 0, "patterns of ids of cases that kill no mutant" },

    { .key = NULL },
};
/* clang-format on */
