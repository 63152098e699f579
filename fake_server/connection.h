/*
 * One connection: its thread, and all that the parts of the server know of it.
 *
 * The struct is shared by the files of this room: wire.c moves its bytes, tls.c and messages.c fill
 * `handshake`, input.c owns `input`, the SMTP files own `dialogue`. Only `presence` is ever touched
 * by another thread. A connection belongs to its server, which joins the thread and then frees it.
 */
#ifndef FAKE_SERVER_CONNECTION_H
#define FAKE_SERVER_CONNECTION_H

#include "fake_server/fake_server.h"
#include "fake_server/memory.h"
#include "fake_server/sessions.h"
#include "fake_server/settings.h"
#include "fake_server/wire.h"

#include <openssl/evp.h>

/* What is known of the handshake that runs, or ran last. */
struct handshake {
    bool running;
    bool established; /* one has succeeded on this connection */
    bool failed;
    bool hello;     /* a ClientHello was seen: the one after a HelloRetryRequest says nothing new */
    bool can_ask;   /* the ClientHello said post_handshake_auth */
    bool requested; /* a CertificateRequest was sent */
    bool certificate;  /* a Certificate was received */
    bool post;         /* it came after the first one: post-handshake or renegotiation */
    bool asking;       /* the answer to a later request is awaited */
    bool finished;     /* the client's Finished has come */
    bool scripted;     /* SITE_CLIENT_HELLO has had its turn */
    bool cached;       /* the session came out of the cache of ids */
    bool ticketed;     /* SITE_TICKET has had its turn */
    bool close_notify; /* received */
    int n_repeats;     /* renegotiations and key updates that the client began */
    char *sni;         /* owned, or NULL */
    char *signature;   /* owned: of a CertificateVerify that is not yet verified, or NULL */
    unsigned char secret[EVP_MAX_MD_SIZE]; /* TLS 1.3: what the server seals with */
    size_t secret_size;
    uint64_t sealed; /* records sent under the present key */
    struct wire_record record;
};

/* The last identity that was named: it is asked for with every command. */
struct identity {
    X509 *certificate; /* owned; NULL: none was asked for yet */
    char *fingerprint; /* owned */
};

/* 64 KiB holds any line that is legal, and enough pipelined commands to fill a TCP window. Most
 * clients never send so much before they are answered, and a thousand of them must not take it. */
#define INPUT_SIZE  65536
#define INPUT_START 4096

enum ending_how { ENDING_CLEAN, ENDING_TRUNCATED, ENDING_RESET, ENDING_TIMEOUT };

struct ending {
    bool decided;
    bool by_client;
    enum ending_how how;
};

struct input {
    char *bytes; /* owned */
    size_t room; /* of them, at most INPUT_SIZE */
    size_t start, end;
    uint64_t taken;       /* bytes consumed since the connection began */
    uint64_t reply_mark;  /* bytes that had come when the last reply was sent */
    struct ending ending; /* found while reading ahead, in force when the bytes are used up */
};

/* The state of the SMTP dialogue. */
struct dialogue {
    char *client_name;    /* owned; NULL: no EHLO or HELO yet */
    bool extended;        /* EHLO */
    bool refused;         /* the greeting was no 220 */
    struct list keywords; /* offered in the EHLO reply that holds now */
    struct list late;     /* a reply that a script holds back until behind the next one */
    bool authenticated;
    char
        *authorized; /* owned: the authorization identity of the last AUTH that was good, or NULL */
    bool mail;       /* a transaction is open */
    bool smtputf8;
    bool last_of_group; /* the previous command must be the last of a pipelined group */
    bool doomed;        /* close_after */
    bool over;          /* QUIT, 421 */
    char *from;         /* owned */
    struct list to, parameters;
    struct content *content; /* owned: what BDAT has brought so far; NULL: nothing */
    bool binary;             /* BODY=BINARYMIME */
    struct list domains;     /* of all recipients, where there is a limit to them */
    int n_commands, n_bad, n_mails, n_messages;
};

/* Who hears of a connection that was seen at its other end. */
struct described {
    const struct fake_server_sight *sight;
    event_sink *sink;
    void *context;
};

struct connection {
    struct fake_server *server;        /* borrowed; NULL: it is only described */
    const struct described *described; /* borrowed; NULL: it is ours */
    struct settings *settings;         /* shared */
    const struct settings *port;       /* borrowed from them: the policy at the port it came to */
    const struct settings *host; /* borrowed: the policy there for the name in the ClientHello */
    int number;
    int turn; /* the number since the last reset */
    pthread_t thread;
    int64_t opened_us;
    struct presence presence;
    struct wire wire;
    SSL *ssl; /* owned; NULL in the clear */
    struct handshake handshake;
    struct identity identity;
    struct input input;
    struct dialogue dialogue;
    struct ending ending;
    bool suspicious; /* bytes were injected in the clear: does the client believe them? */
    struct connection *next;
};

/* Takes `fd` over, which came to a listener of this name. NULL: there is no thread for it, the
 * descriptor is closed. */
struct connection *connection_open(struct fake_server *server, struct settings *settings,
                                   const char *port, int fd, int number, int peer_port);

/* Joins the thread and frees. */
void connection_close(struct connection *connection);

/* Records why the connection ends; the first cause wins. Returns -1. */
int connection_end(struct connection *connection, bool by_client, enum ending_how how);

/* Writes application data and flushes. Returns 0, or -1 after connection_end(). */
int connection_write(struct connection *connection, const char *bytes, size_t size);

/* The sessions of its server. */
struct sessions *connection_sessions(const struct connection *connection);

/* Emits an event of this connection; the macro takes its fields one after the other. */
void connection_emit(const struct connection *connection, enum event_id id,
                     const struct event_field *fields, size_t n);

#define CONNECTION_EMIT(connection, id, ...)                                                       \
    connection_emit(connection, id, (const struct event_field[]){ __VA_ARGS__ },                   \
                    sizeof((const struct event_field[]){ __VA_ARGS__ }) /                          \
                        sizeof(struct event_field))

/* Emits an EVENT_ERROR; `text` is a sentence. */
void connection_report_error(const struct connection *connection, const char *where,
                             const char *text);

/* Emits an EVENT_INJECT for raw bytes that are about to be sent. */
void connection_report_inject(struct connection *connection, const char *bytes, size_t size);

#endif
