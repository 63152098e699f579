/* The shape of the server's certificate. */
#include "harness/capture/write.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <talloc.h>

static X509 *leaf(const struct capture *capture)
{
    return capture->first->chain != NULL ? sk_X509_value(capture->first->chain, 0) : NULL;
}

static const char *key_of(const X509 *certificate)
{
    switch (EVP_PKEY_get_base_id(X509_get0_pubkey(certificate))) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return "rsa";
    case EVP_PKEY_ED25519:
        return "ed25519";
    default:
        return "ec";
    }
}

static const char *address_text(const struct writer *writer, const ASN1_OCTET_STRING *address)
{
    char text[INET6_ADDRSTRLEN] = "";

    (void)inet_ntop(ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6,
                    ASN1_STRING_get0_data(address), text, sizeof(text));
    return talloc_strdup(writer->context, text);
}

static const char *name_text(const struct writer *writer, const GENERAL_NAME *name)
{
    if (name->type == GEN_DNS || name->type == GEN_EMAIL)
        return talloc_strndup(writer->context, (const char *)ASN1_STRING_get0_data(name->d.ia5),
                              (size_t)ASN1_STRING_length(name->d.ia5));
    return name->type == GEN_IPADD ? address_text(writer, name->d.iPAddress) : NULL;
}

/* The alternative names of the server's certificate; never NULL. */
static const char *const *names_of(const struct writer *writer, const X509 *certificate)
{
    GENERAL_NAMES *all = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int n = all != NULL ? sk_GENERAL_NAME_num(all) : 0;
    const char **names = talloc_zero_array(writer->context, const char *, (unsigned)n + 3);
    size_t used = 0;

    for (int i = 0; i < n; i++) {
        const char *text = name_text(writer, sk_GENERAL_NAME_value(all, i));

        if (text != NULL && writer->anonymise)
            text = talloc_asprintf(writer->context, "host-%zu.example.test", used + 1);
        if (text != NULL)
            names[used++] = text;
    }
    sk_GENERAL_NAME_pop_free(all, GENERAL_NAME_free);
    if (writer->anonymise) { /* clients still have to find it */
        names[used++] = "localhost";
        names[used++] = "127.0.0.1";
    }
    return names;
}

static bool is_self_signed(const X509 *certificate)
{
    return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) ==
           0;
}

/* Whether the last of what is sent is a root, and how many intermediates are before it. */
static bool is_rooted(const struct capture *capture)
{
    int n = capture->first->chain != NULL ? sk_X509_num(capture->first->chain) : 0;

    return n > 1 && is_self_signed(sk_X509_value(capture->first->chain, n - 1));
}

static int depth_of(const struct capture *capture)
{
    int n = capture->first->chain != NULL ? sk_X509_num(capture->first->chain) : 0;

    return n - 1 - is_rooted(capture);
}

/* An identity of the cast with the same shape; NULL. */
static const char *of_cast(const struct writer *writer)
{
    static const char *const mail[] = { "localhost", "127.0.0.1", "::1", "mail.example.test",
                                        NULL };
    const X509 *certificate = leaf(writer->capture);
    const char *key = key_of(certificate);

    if (depth_of(writer->capture) != 0 || is_self_signed(certificate) ||
        !write_equal(names_of(writer, certificate), mail))
        return NULL;
    return strcmp(key, "ec") == 0 ? "mail" : strcmp(key, "rsa") == 0 ? "mail-rsa" : NULL;
}

static const char *common_name(const struct writer *writer, const X509 *certificate)
{
    char text[256] = "";

    (void)X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text,
                                    sizeof(text));
    return talloc_strdup(writer->context, text);
}

/* Who signs it: as many intermediates as were sent, under alpha. */
void write_pki(struct writer *writer)
{
    const X509 *certificate = leaf(writer->capture);
    const char *subject;
    int depth = depth_of(writer->capture);

    if (certificate == NULL || of_cast(writer) != NULL)
        return;
    subject = common_name(writer, certificate);
    writer->label = "captured";
    WRITE(writer, "pki:\n");
    for (int i = depth; i > 0; i--)
        WRITE(writer, "  captured-sub-%d: {usage: ca, issuer: %s}\n", i,
              i == depth ? "alpha" : talloc_asprintf(writer->context, "captured-sub-%d", i + 1));
    WRITE(writer, "  captured: {usage: server, key: %s, issuer: %s, names: ", key_of(certificate),
          is_self_signed(certificate) ? "self"
          : depth > 0                 ? "captured-sub-1"
                                      : "alpha");
    write_list(writer, names_of(writer, certificate));
    if (subject[0] != '\0' && !writer->anonymise) {
        WRITE(writer, ", subject: ");
        write_word(writer, subject);
    }
    WRITE(writer, "}\n");
}

/* A root that is sent has to be named. */
static void write_rooted(const struct writer *writer)
{
    WRITE(writer, "  chain: [");
    for (int i = 1; i <= depth_of(writer->capture); i++)
        WRITE(writer, "captured-sub-%d, ", i);
    WRITE(writer, "alpha]\n");
}

void write_identity(const struct writer *writer)
{
    if (leaf(writer->capture) == NULL)
        return;
    WRITE(writer, "  certificate: %s\n", writer->label != NULL ? writer->label : of_cast(writer));
    if (is_rooted(writer->capture))
        write_rooted(writer);
}
