#include "harness/smtp_client/tests/cast.h"

#include "harness/smtp_client/fingerprint.h"

#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct part {
    const char *name;
    enum cast_name issuer;
    long not_after_s;
    const char *constraints;
    const char *names;
};

static const struct part parts[] = {
    [ALPHA] = { "alpha", ALPHA, 864000, "critical,CA:TRUE", NULL },
    [BETA] = { "beta", BETA, 864000, "critical,CA:TRUE", NULL },
    [SUB] = { "sub", ALPHA, 864000, "critical,CA:TRUE", NULL },
    [SERVER] = { "server", ALPHA, 864000, "CA:FALSE",
                 "DNS:localhost,DNS:mail.example.test,IP:127.0.0.1" },
    [ALICE] = { "alice", ALPHA, 86400, "CA:FALSE", NULL },
    [BOB] = { "bob", BETA, 86400, "CA:FALSE", NULL },
    [ALICE_2] = { "alice", ALPHA, 86400, "CA:FALSE", NULL },
    [CAROL] = { "carol", SUB, 86400, "CA:FALSE", NULL },
    [EXPIRED] = { "expired", ALPHA, -3600, "CA:FALSE", NULL },
};

/* Room for the directory and any name in it. */
enum { TEXT = 384 };

static char *next_text(void)
{
    static char texts[8][TEXT];
    static size_t place;

    return texts[place++ % 8];
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

static void mint(struct cast *cast, enum cast_name name)
{
    const struct part *part = &parts[name];
    X509 *certificate = X509_new();
    X509_NAME *subject = X509_get_subject_name(certificate);

    cast->keys[name] = EVP_EC_gen("P-256");
    cast->certificates[name] = certificate;
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 100 + name);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -864000);
    X509_gmtime_adj(X509_getm_notAfter(certificate), part->not_after_s);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)part->name, -1,
                               -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(cast->certificates[part->issuer]));
    X509_set_pubkey(certificate, cast->keys[name]);
    add_extension(certificate, NID_basic_constraints, part->constraints);
    if (part->names != NULL)
        add_extension(certificate, NID_subject_alt_name, part->names);
    X509_sign(certificate, cast->keys[part->issuer], EVP_sha256());
}

const char *cast_file(const struct cast *cast, const char *name)
{
    char *text = next_text();

    snprintf(text, TEXT, "%s/%s", cast->directory, name);
    return text;
}

static const char *numbered(const struct cast *cast, enum cast_name name, const char *suffix)
{
    char file[32];

    snprintf(file, sizeof(file), "%d.%s", (int)name, suffix);
    return cast_file(cast, file);
}

const char *cast_certificate(const struct cast *cast, enum cast_name name)
{
    return numbered(cast, name, "pem");
}

const char *cast_key(const struct cast *cast, enum cast_name name)
{
    return numbered(cast, name, "key");
}

void cast_write(const struct cast *cast, enum cast_name name, enum cast_name as)
{
    FILE *stream = fopen(cast_certificate(cast, as), "w");

    PEM_write_X509(stream, cast->certificates[name]);
    if (parts[name].issuer == SUB)
        PEM_write_X509(stream, cast->certificates[SUB]);
    fclose(stream);
    stream = fopen(cast_key(cast, as), "w");
    PEM_write_PrivateKey(stream, cast->keys[name], NULL, NULL, 0, NULL, NULL);
    fclose(stream);
}

const char *cast_fingerprint(const struct cast *cast, enum cast_name name)
{
    char *text = next_text();

    fingerprint_text_of_certificate(cast->certificates[name], text);
    return text;
}

void cast_open(struct cast *cast)
{
    snprintf(cast->directory, sizeof(cast->directory), "/tmp/smtp_client.%s",
             "XX"
             "XX"
             "XX");
    if (mkdtemp(cast->directory) == NULL)
        abort();
    for (int name = 0; name < CAST_COUNT; name++) {
        mint(cast, (enum cast_name)name);
        cast_write(cast, (enum cast_name)name, (enum cast_name)name);
    }
}

void cast_close(struct cast *cast)
{
    DIR *directory = opendir(cast->directory);

    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
        unlink(cast_file(cast, entry->d_name));
    closedir(directory);
    rmdir(cast->directory);
    for (int name = 0; name < CAST_COUNT; name++) {
        X509_free(cast->certificates[name]);
        EVP_PKEY_free(cast->keys[name]);
    }
}
