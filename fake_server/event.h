/*
 * The vocabulary of events: what an end of the wire saw, as flat records and as JSON lines.
 *
 * An event is a name, a time, the connection and the step it belongs to, and a few named fields of
 * four simple types. The library hands events to a callback; event_write() prints one as one line
 * of JSON. Whoever judges needs nothing else: an event that matters to a verdict is written before
 * the bytes that let the peer know of it leave.
 *
 * Certificates are named by their fingerprint: SHA-256 of the DER form, lower-case hexadecimal.
 */
#ifndef FAKE_SERVER_EVENT_H
#define FAKE_SERVER_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* X(id, wire name, meaning and fields). `field?` is left out where there is nothing to say. */
/* clang-format off */
#define EVENTS(X) \
    X(READY, "server.ready", "listening; port, seed") \
    X(STEP, "server.step", "the settings of a step are in force from the next connection on") \
    X(SYNC, "server.sync", "all that clients did up to fake_server_sync() is recorded; token") \
    X(SECURITY, "server.security", "OpenSSL's security level was lowered, for this server alone; level, why") \
    X(OPEN, "connection.open", "accepted; peer_port, port (the name of a listener that is not the first)") \
    X(CLOSE, "connection.close", "over; by: client|server, how: clean|truncated|reset|timeout, tls: close_notify seen from the client?, seconds?") \
    X(CLOSE_NOTIFY, "connection.close_notify", "the client said close_notify after the end was told") \
    X(COMMAND, "smtp.command", "a line of the client; verb, line, tls, early: came before the reply to the one before it, unasked") \
    X(REPLY, "smtp.reply", "a reply; code, lines, tls") \
    X(AUTH, "smtp.auth", "an AUTH was judged; mechanism, accepted, authorized: the authorization identity, empty: none") \
    X(INJECT, "smtp.inject", "raw bytes a script sent; bytes (escaped), tls") \
    X(MESSAGE, "smtp.message", "taken with 250; from, to, size, sha256, file?, parameters") \
    X(CLIENT_HELLO, "tls.client_hello", "legacy_version, versions, session_id (hex), session_id_known, ticket (bytes), psk (identities), psk_modes, offered: none|id|ticket|psk, post_handshake_auth, early_data, sni?, alpn, signature_algorithms, groups, ciphers, extensions, extended_master_secret, renegotiation_info, names: how many of server_name, session (of the one offered, hex)") \
    X(SERVER_HELLO, "tls.server_hello", "version, cipher, session_id (hex), resumed") \
    X(HANDSHAKE_MESSAGE, "tls.handshake_message", "any message of a handshake; direction: sent|received, name, extensions") \
    X(CERTIFICATE_REQUEST, "tls.certificate_request", "sent; context (hex), names (RFC 2253), signature_algorithms, signature_algorithms_cert, types, oid_filters, post_handshake") \
    X(CERTIFICATE, "tls.certificate", "the client's Certificate message; requested, entries, fingerprints, subjects, issuers, versions, keys, signatures, post_handshake") \
    X(CERTIFICATE_VERIFY, "tls.certificate_verify", "the client proved its key; signature") \
    X(JUDGED, "tls.judged", "the server's judgement of a presented certificate; accepted, reason, fingerprint, account?") \
    X(HANDSHAKE, "tls.handshake", "complete; version, cipher, group?, resumed: no|id|ticket|psk, requested, identity (fingerprint, empty: none), subject, account?, sni?, alpn?, post_handshake?") \
    X(HANDSHAKE_FAILED, "tls.handshake_failed", "reason, requested") \
    X(SESSION_ISSUED, "tls.session_issued", "kind: id|ticket|psk, identity, lifetime, nonce (hex), age_add, early_data: bytes that it invites") \
    X(ALERT, "tls.alert", "direction: sent|received, level: warning|fatal, name, code") \
    X(SCRIPT, "script", "a delta fired; site, verb, index, note?") \
    X(LIMIT, "limit", "the server stopped a client that asked too much; what: as the limits of fake_server.h are called") \
    X(ERROR, "error", "the server itself is in trouble; where, text")
/* clang-format on */

#define EVENT_AS_ENUM(id, name, meaning) EVENT_##id,
enum event_id { EVENTS(EVENT_AS_ENUM) EVENT_COUNT };

enum event_field_kind { FIELD_STRING, FIELD_NUMBER, FIELD_BOOL, FIELD_LIST };

/* One field; all pointers are borrowed for the call of the callback. */
struct event_field {
    const char *name;
    enum event_field_kind kind;
    const char *string;      /* FIELD_STRING: any bytes, those that are not UTF-8 become U+FFFD */
    long long number;        /* FIELD_NUMBER, and 0 or 1 for FIELD_BOOL */
    const char *const *list; /* FIELD_LIST: strings, ends with NULL */
};

struct event {
    enum event_id id;
    int64_t time_us; /* CLOCK_MONOTONIC */
    int connection;  /* counted from 1 in the order of acceptance; 0: the server */
    int step;        /* the step in force, counted from 1; 0: none yet */
    const struct event_field *fields;
    size_t n_fields;
};

typedef void event_sink(void *context, const struct event *event);

/* Fields are written with these. */
#define EVENT_STRING(name, value) ((struct event_field){ name, FIELD_STRING, value, 0, NULL })
#define EVENT_NUMBER(name, value) ((struct event_field){ name, FIELD_NUMBER, NULL, value, NULL })
#define EVENT_BOOL(name, value)                                                                    \
    ((struct event_field){ name, FIELD_BOOL, NULL, (value) ? 1 : 0, NULL })
#define EVENT_LIST(name, value) ((struct event_field){ name, FIELD_LIST, NULL, 0, value })

/* The wire name of an event, such as "tls.client_hello", and what it means. */
const char *event_name(enum event_id id);
const char *event_meaning(enum event_id id);

/* Writes an event as one line of JSON, "\n" included, of which the first members are
 * "t", "event", "connection" and "step". Returns 0, or -1 with errno. */
int event_write(FILE *stream, const struct event *event);

#endif
