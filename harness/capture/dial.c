#include "harness/capture/dial.h"

#include "harness/capture/request.h"
#include "harness/capture/smtp.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <talloc.h>
#include <unistd.h>

#define EHLO "EHLO capture.example.test"

struct dialing {
    void *context;
    const struct dial_target *target;
    const struct dial_manner *manner;
    struct dial_result *result;
    struct smtp_line_reader reader;
    SSL_CTX *tls;
};

/* --- the socket --- */

static bool is_loopback(const struct sockaddr *address)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;

    if (address->sa_family == AF_INET) {
        memcpy(&in, address, sizeof(in));
        return ntohl(in.sin_addr.s_addr) >> 24 == 127;
    }
    memcpy(&in6, address, sizeof(in6));
    return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}

static int try_address(const struct dial_target *target, const struct addrinfo *address,
                       struct error *err)
{
    const struct timeval timeout = { .tv_sec = DIAL_TIMEOUT_MS / 1000 };
    const int yes = 1;
    int fd;

    if (!target->remote && !is_loopback(address->ai_addr))
        return error_set(err, ERROR_USAGE, WHERE_NONE,
                         "%s is not on this machine; --remote talks to other people's servers, "
                         "with at most some dozens of connections that send no mail",
                         target->host);
    fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_set_errno(err, "cannot make a socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    /* Finished and EHLO are two writes: the second would wait for the first to be acknowledged. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    error_set_errno(err, "cannot connect to %s port %s", target->host, target->port);
    close(fd);
    return -1;
}

/* "localhost" is two addresses, and a server may listen on one. */
static int open_socket(const struct dial_target *target, struct error *err)
{
    const struct addrinfo wanted = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    int code = getaddrinfo(target->host, target->port, &wanted, &found), fd = -1;

    if (code != 0)
        return error_set(err, ERROR_SYSTEM, WHERE_NONE, "%s port %s: %s", target->host,
                         target->port, gai_strerror(code));
    for (const struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next) {
        *err = (struct error){ 0 };
        fd = try_address(target, at, err);
        if (fd < 0 && err->kind == ERROR_USAGE)
            break;
    }
    if (fd >= 0)
        *err = (struct error){ 0 };
    freeaddrinfo(found);
    return fd;
}

/* --- what OpenSSL tells --- */

/* "unknown CA" -> "unknown_ca" */
static const char *alert_name(void *context, int code)
{
    char *name;

    if (code == 116)
        return "certificate_required";
    name = talloc_strdup(context, SSL_alert_desc_string_long(code));
    for (char *at = name; *at != '\0'; at++)
        *at = *at == ' ' ? '_' : (char)tolower((unsigned char)*at);
    return name;
}

static void on_info(const SSL *ssl, int where, int value)
{
    struct dialing *dialing = SSL_get_app_data(ssl);
    int code = value & 0xff;

    if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT || code == SSL_AD_CLOSE_NOTIFY)
        return;
    if (value >> 8 == SSL3_AL_FATAL || SSL_version(ssl) == TLS1_3_VERSION)
        dialing->result->alert = alert_name(dialing->result, code);
    else
        dialing->result->warning = alert_name(dialing->result, code);
}

static void on_message(int sent, int version, int type, const void *bytes, size_t size, SSL *ssl,
                       void *data)
{
    struct dialing *dialing = data;
    const unsigned char *message = bytes;

    (void)version;
    (void)ssl;
    if (sent || type != SSL3_RT_HANDSHAKE || size == 0)
        return;
    dialing->result->hello |= message[0] == SSL3_MT_SERVER_HELLO;
    dialing->result->requested |= message[0] == SSL3_MT_CERTIFICATE_REQUEST;
    dialing->result->n_tickets += message[0] == SSL3_MT_NEWSESSION_TICKET;
}

static int on_session(SSL *ssl, SSL_SESSION *session)
{
    struct dialing *dialing = SSL_get_app_data(ssl);

    SSL_SESSION_free(dialing->result->session);
    dialing->result->session = session;
    return 1; /* it is ours now */
}

/* Called where a certificate is asked for. */
static int on_request(SSL *ssl, void *data)
{
    struct dialing *dialing = data;

    request_read(ssl, dialing->result);
    return 1;
}

/* --- TLS --- */

static int use_files(const struct dialing *dialing, struct error *err)
{
    const struct dial_target *target = dialing->target;
    const char *key = target->key != NULL ? target->key : target->certificate;

    if (target->trust != NULL && SSL_CTX_load_verify_file(dialing->tls, target->trust) != 1)
        return error_set(err, ERROR_USAGE, WHERE_NONE, "--trust: there is no certificate in %s",
                         target->trust);
    if (!dialing->manner->certificate || target->certificate == NULL)
        return 0;
    if (SSL_CTX_use_certificate_chain_file(dialing->tls, target->certificate) != 1)
        return error_set(err, ERROR_USAGE, WHERE_NONE, "--cert: there is no certificate in %s",
                         target->certificate);
    if (SSL_CTX_use_PrivateKey_file(dialing->tls, key, SSL_FILETYPE_PEM) != 1)
        return error_set(err, ERROR_USAGE, WHERE_NONE,
                         "--key: there is no key of that certificate in %s", key);
    return 0;
}

static int make_tls(struct dialing *dialing, struct error *err)
{
    const struct dial_manner *manner = dialing->manner;
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

    dialing->tls = tls;
    /* Old servers are asked as well: nothing that is worth a secret is said. */
    SSL_CTX_set_security_level(tls, 0);
    SSL_CTX_set_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_LEGACY_SERVER_CONNECT |
                                 (manner->no_ticket ? SSL_OP_NO_TICKET : 0));
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(tls, on_session);
    SSL_CTX_set_info_callback(tls, on_info);
    SSL_CTX_set_cert_cb(tls, on_request, dialing);
    SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, NULL);
    (void)SSL_CTX_set_min_proto_version(tls, manner->tls_min > 0 ? manner->tls_min : TLS1_VERSION);
    (void)SSL_CTX_set_max_proto_version(tls, manner->tls_max);
    if (manner->ciphers != NULL)
        (void)SSL_CTX_set_cipher_list(tls, manner->ciphers);
    if (manner->ciphersuites != NULL)
        (void)SSL_CTX_set_ciphersuites(tls, manner->ciphersuites);
    if (manner->groups != NULL)
        (void)SSL_CTX_set1_groups_list(tls, manner->groups);
    if (manner->stranger && request_use_stranger(tls) != 0)
        return error_set(err, ERROR_TLS, WHERE_NONE, "cannot make a certificate");
    return use_files(dialing, err);
}

static void offer(const struct dialing *dialing, SSL *ssl)
{
    const struct dial_manner *manner = dialing->manner;
    const char *name = manner->server_name;
    struct in6_addr ignored;

    if (name == NULL && inet_pton(AF_INET, dialing->target->host, &ignored) != 1 &&
        inet_pton(AF_INET6, dialing->target->host, &ignored) != 1)
        name = dialing->target->host;
    if (name != NULL)
        (void)SSL_set_tlsext_host_name(ssl, name);
    if (manner->session != NULL)
        (void)SSL_set_session(ssl, manner->session);
    if (manner->alpn != NULL) {
        unsigned char wire[64];
        size_t length = strlen(manner->alpn) % (sizeof(wire) - 1);

        wire[0] = (unsigned char)length;
        memcpy(wire + 1, manner->alpn, length);
        (void)SSL_set_alpn_protos(ssl, wire, (unsigned)length + 1);
    }
}

static int free_result(struct dial_result *result)
{
    SSL_SESSION_free(result->session);
    sk_X509_pop_free(result->chain, X509_free);
    return 0;
}

/* What the handshake came to; of one that was refused as well, as far as it went. */
static void read_handshake(struct dialing *dialing, SSL *ssl)
{
    struct dial_result *result = dialing->result;
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    const unsigned char *alpn = NULL;
    unsigned length = 0;
    int group = (int)SSL_get_negotiated_group(ssl);

    result->version = SSL_version(ssl);
    if (cipher == NULL)
        cipher = SSL_get_pending_cipher(ssl);
    if (cipher != NULL)
        result->cipher = SSL_CIPHER_get_name(cipher);
    if (group > 0)
        result->group = talloc_strdup(result, SSL_group_to_name(ssl, group));
    SSL_get0_alpn_selected(ssl, &alpn, &length);
    if (length > 0)
        result->alpn = talloc_strndup(result, (const char *)alpn, length);
    if (chain != NULL)
        result->chain = X509_chain_up_ref(chain);
    result->verified = SSL_get_verify_result(ssl);
    result->resumed = SSL_session_reused(ssl) == 1;
}

static void read_session(struct dial_result *result)
{
    unsigned size = 0;

    if (result->session == NULL)
        return;
    (void)SSL_SESSION_get_id(result->session, &size);
    result->has_id = size > 0 && SSL_SESSION_has_ticket(result->session) == 0;
    result->lifetime_s = (long)SSL_SESSION_get_ticket_lifetime_hint(result->session);
    result->early_data = SSL_SESSION_get_max_early_data(result->session) > 0;
}

static void speak_under_tls(struct dialing *dialing, SSL *ssl)
{
    struct dial_result *result = dialing->result;
    struct smtp_line_reader *reader = &dialing->reader;
    char byte;

    reader->ssl = ssl;
    reader->size = 0;
    if (dialing->target->implicit) {
        const char *const *greeting = smtp_reply(result, reader);

        result->greeting = greeting != NULL ? greeting[0] : NULL;
    }
    result->ehlo_tls = smtp_keywords(result, smtp_ask(result, reader, EHLO));
    result->usable = result->ehlo_tls != NULL;
    if (!result->usable)
        return;
    if (!dialing->target->implicit) {
        const char *const *again = smtp_ask(result, reader, "STARTTLS");

        result->starttls_again = again != NULL ? again[0] : NULL;
    }
    (void)smtp_ask(result, reader, "QUIT");
    result->closed = SSL_read(ssl, &byte, 1) <= 0;
    result->clean = (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
    (void)SSL_shutdown(ssl);
}

static void speak_tls(struct dialing *dialing)
{
    SSL *ssl = SSL_new(dialing->tls);

    SSL_set_app_data(ssl, dialing);
    SSL_set_msg_callback(ssl, on_message);
    SSL_set_msg_callback_arg(ssl, dialing);
    (void)SSL_set_fd(ssl, dialing->reader.fd);
    offer(dialing, ssl);
    dialing->result->handshake = SSL_connect(ssl) == 1;
    read_handshake(dialing, ssl);
    if (dialing->result->handshake)
        speak_under_tls(dialing, ssl);
    read_session(dialing->result);
    dialing->reader.ssl = NULL;
    SSL_free(ssl);
    ERR_clear_error();
}

/* --- the dialogue in the clear --- */

static int speak_in_clear(struct dialing *dialing, struct error *err)
{
    struct dial_result *result = dialing->result;
    struct smtp_line_reader *reader = &dialing->reader;
    const char *const *reply = smtp_reply(result, reader);

    if (smtp_code(reply) != 220)
        return error_set(err, ERROR_SYSTEM, WHERE_NONE,
                         "%s port %s: %s%s; a server that begins with TLS wants --implicit",
                         dialing->target->host, dialing->target->port,
                         reply != NULL ? "it greets with " : "no greeting came",
                         reply != NULL ? reply[0] : "");
    result->greeting = reply[0];
    result->ehlo = smtp_keywords(result, smtp_ask(result, reader, EHLO));
    if (result->ehlo == NULL)
        return error_set(err, ERROR_SYSTEM, WHERE_NONE, "%s port %s: EHLO is not answered 250",
                         dialing->target->host, dialing->target->port);
    reply = smtp_ask(result, reader, "STARTTLS");
    result->starttls = reply != NULL ? reply[0] : NULL;
    if (smtp_code(reply) == 220)
        return 0;
    (void)smtp_ask(result, reader, "QUIT");
    return error_set(err, ERROR_SYSTEM, WHERE_NONE,
                     "%s port %s: STARTTLS is answered \"%s\", so there is nothing to capture",
                     dialing->target->host, dialing->target->port,
                     result->starttls != NULL ? result->starttls : "");
}

struct dial_result *dial(void *context, const struct dial_target *target,
                         const struct dial_manner *manner, struct error *err)
{
    static const char *const none[] = { NULL };
    struct dial_result *result = talloc_zero(context, struct dial_result);
    struct dialing *dialing = talloc_zero(NULL, struct dialing);
    int rv = -1;

    talloc_set_destructor(result, free_result);
    result->names = result->algorithms = result->types = none;
    dialing->target = target;
    dialing->manner = manner;
    dialing->result = result;
    dialing->reader.fd = open_socket(target, err);
    if (dialing->reader.fd >= 0 && make_tls(dialing, err) == 0)
        rv = target->implicit ? 0 : speak_in_clear(dialing, err);
    if (rv == 0)
        speak_tls(dialing);
    if (dialing->reader.fd >= 0)
        close(dialing->reader.fd);
    SSL_CTX_free(dialing->tls);
    talloc_free(dialing);
    if (rv == 0)
        return result;
    talloc_free(result);
    return NULL;
}
