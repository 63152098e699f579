/*
 * A worked example: how a project's own Criterion tests embed the fake server, with nothing but
 * its public headers.
 *
 *     cc test_my_client.c $(pkg-config --cflags --libs counterseal-fake-server) -lcurl -lcriterion
 *
 * my_client_send() stands for the client under test; here it is libcurl. The tests ask two things
 * of it: that it presents its certificate, and that it tells a refusal as one.
 */
#include <fake_server/fake_server.h>

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>

/* --- the client under test --- */

static CURLcode my_client_send(int port, struct curl_blob *trust, struct curl_blob *identity)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *to = curl_slist_append(NULL, "<postmaster@example.test>");
    char url[64];
    FILE *message = tmpfile();
    CURLcode code;

    fputs("Subject: hello\r\n\r\nA mail.\r\n", message);
    rewind(message);
    snprintf(url, sizeof url, "smtp://127.0.0.1:%d", port);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, trust);
    if (identity != NULL) {
        curl_easy_setopt(curl, CURLOPT_SSLCERT_BLOB, identity);
        curl_easy_setopt(curl, CURLOPT_SSLKEY_BLOB, identity);
    }
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, "<sender@example.test>");
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READDATA, message);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 5L);
    code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    curl_slist_free_all(to);
    fclose(message);
    return code;
}

/* --- certificates that live as long as a test --- */

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

static void extend(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

static struct identity mint(const char *name, const struct identity *issuer)
{
    struct identity made = { EVP_EC_gen("P-256"), X509_new() };
    X509_NAME *subject = X509_get_subject_name(made.certificate);
    const X509 *authority = issuer == NULL ? made.certificate : issuer->certificate;

    X509_set_version(made.certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), (long)strlen(name));
    X509_gmtime_adj(X509_getm_notBefore(made.certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(made.certificate), 3600);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(made.certificate, X509_get_subject_name(authority));
    X509_set_pubkey(made.certificate, made.key);
    extend(made.certificate, NID_basic_constraints, issuer == NULL ? "CA:TRUE" : "CA:FALSE");
    extend(made.certificate, NID_subject_alt_name, "IP:127.0.0.1");
    X509_sign(made.certificate, issuer == NULL ? made.key : issuer->key, EVP_sha256());
    return made;
}

static void discard(struct identity *identity)
{
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
}

/* Certificate and key as PEM; `memory` owns the bytes. */
static struct curl_blob pem_of(const struct identity *identity, BIO *memory)
{
    struct curl_blob pem = { NULL, 0, CURL_BLOB_NOCOPY };
    char *bytes = NULL;

    PEM_write_bio_X509(memory, identity->certificate);
    PEM_write_bio_PrivateKey(memory, identity->key, NULL, NULL, 0, NULL, NULL);
    pem.len = (size_t)BIO_get_mem_data(memory, &bytes);
    pem.data = bytes;
    return pem;
}

/* --- what the server saw --- */

static struct seen {
    char subject[128]; /* of the last handshake's identity; "" for none */
    int handshakes, failed_handshakes, messages;
} seen;

static const char *text_of(const struct event *event, const char *name)
{
    for (size_t i = 0; i < event->n_fields; i++)
        if (strcmp(event->fields[i].name, name) == 0 && event->fields[i].kind == FIELD_STRING)
            return event->fields[i].string;
    return "";
}

static void watch(void *context, const struct event *event)
{
    struct seen *facts = context;

    facts->messages += event->id == EVENT_MESSAGE;
    facts->failed_handshakes += event->id == EVENT_HANDSHAKE_FAILED;
    if (event->id != EVENT_HANDSHAKE)
        return;
    facts->handshakes++;
    snprintf(facts->subject, sizeof facts->subject, "%s", text_of(event, "subject"));
}

/* --- the tests --- */

static struct identity authority, mail, alice;
static BIO *authority_pem, *alice_pem;
static struct curl_blob trust, certificate;
static struct fake_server *server;

static void start(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
    struct fake_server_settings settings = { .ask = FAKE_SERVER_ASK_REQUIRE };
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    char why[256] = "";

    authority = mint("authority", NULL);
    mail = mint("mail", &authority);
    alice = mint("alice", &authority);
    authority_pem = BIO_new(BIO_s_mem());
    alice_pem = BIO_new(BIO_s_mem());
    trust = pem_of(&authority, authority_pem);
    certificate = pem_of(&alice, alice_pem);
    settings.key = mail.key;
    settings.certificate = mail.certificate;
    settings.trust = sk_X509_new_null();
    sk_X509_push(settings.trust, authority.certificate);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(listener, 16), 0);
    server = fake_server_open(&settings, listener, watch, &seen, why, sizeof why);
    sk_X509_free(settings.trust); /* settings are copied */
    cr_assert_not_null(server, "%s", why);
}

static void stop(void)
{
    fake_server_close(server);
    BIO_free(authority_pem);
    BIO_free(alice_pem);
    discard(&authority);
    discard(&mail);
    discard(&alice);
}

Test(my_client, presents_its_certificate, .init = start, .fini = stop, .timeout = 10)
{
    CURLcode code = my_client_send(fake_server_port(server), &trust, &certificate);

    fake_server_sync(server, 1); /* all that the client did is recorded from here on */
    cr_expect_eq(code, CURLE_OK, "%s", curl_easy_strerror(code));
    cr_expect_eq(seen.handshakes, 1, "%d handshakes", seen.handshakes);
    cr_expect_str_eq(seen.subject, "CN=alice", "the server saw \"%s\"", seen.subject);
    cr_expect_eq(seen.messages, 1, "%d messages", seen.messages);
}

Test(my_client, tells_a_refusal_as_one, .init = start, .fini = stop, .timeout = 10)
{
    CURLcode code = my_client_send(fake_server_port(server), &trust, NULL);

    fake_server_sync(server, 1);
    cr_expect_neq(code, CURLE_OK, "a mail was reported as sent");
    cr_expect_eq(seen.failed_handshakes, 1, "%d refusals", seen.failed_handshakes);
    cr_expect_eq(seen.messages, 0, "%d messages", seen.messages);
}
