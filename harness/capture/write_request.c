/* What the server asks of clients. */
#include "harness/capture/write.h"

#include "harness/scenario/alerts.h"

#include <string.h>
#include <talloc.h>

/* Those of our own authorities by name: clients of the cast fit them. */
static const char *authority(const struct writer *writer, const char *name, size_t number)
{
    static const char *const ours[] = { "alpha", "beta", "alpha-sub" };

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (strcmp(name, talloc_asprintf(writer->context, "CN=%s,O=counterseal", ours[i])) == 0)
            return ours[i];
    return writer->anonymise ? talloc_asprintf(writer->context, "CN=authority %zu", number) : name;
}

static bool is_required(const struct capture *capture)
{
    return capture->first->requested && !capture->first->usable && capture->first->alert != NULL;
}

/* What a fake server asks for unless it is told otherwise: where it speaks TLS 1.3; TLS 1.2 at
 * most; older versions as well. */
#define USUAL                                                                                      \
    "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512", "ed25519",       \
        "ed448", "rsa_pss_pss_sha256", "rsa_pss_pss_sha384", "rsa_pss_pss_sha512",                 \
        "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512", "rsa_pkcs1_sha256",   \
        "rsa_pkcs1_sha384", "rsa_pkcs1_sha512"

static const char *const usual_algorithms[][24] = {
    { USUAL },
    { USUAL, "ECDSA+SHA224", "RSA+SHA224", "DSA+SHA224", "DSA+SHA256", "DSA+SHA384", "DSA+SHA512" },
    { USUAL, "ECDSA+SHA224", "ECDSA+SHA1", "RSA+SHA224", "RSA+SHA1" },
};

static bool are_usual(const struct capture *capture)
{
    const bool *versions = capture->versions;
    size_t row = versions[0] || versions[1] ? 2 : versions[3] ? 0 : 1;

    return write_equal(capture->first->algorithms, usual_algorithms[row]);
}

/* The same of certificate_types: without algorithms of DSA there is none of its keys. */
static bool are_usual_types(const struct capture *capture, const char *const *types)
{
    static const char *const all[] = { "rsa_sign", "dss_sign", "ecdsa_sign", NULL };
    static const char *const no_dss[] = { "rsa_sign", "ecdsa_sign", NULL };
    const bool *versions = capture->versions;
    bool new = versions[3] && !versions[0] && !versions[1];

    return write_equal(types, new ? no_dss : all);
}

static void write_algorithms(const struct writer *writer)
{
    const char *const *algorithms = writer->capture->first->algorithms;

    if (algorithms[0] == NULL || are_usual(writer->capture))
        return;
    WRITE(writer, "  signature_algorithms: \"");
    for (size_t i = 0; algorithms[i] != NULL; i++)
        WRITE(writer, "%s%s", i > 0 ? ":" : "", algorithms[i]);
    WRITE(writer, "\"\n");
}

static void write_names(const struct writer *writer)
{
    const char *const *names = writer->capture->first->names;
    const char **shown =
        talloc_zero_array(writer->context, const char *, (unsigned)write_count(names) + 1);
    const char **trust =
        talloc_zero_array(writer->context, const char *, (unsigned)write_count(names) + 1);
    size_t n = 0;

    for (size_t i = 0; names[i] != NULL; i++) {
        shown[i] = authority(writer, names[i], i + 1);
        if (strchr(shown[i], '=') == NULL)
            trust[n++] = shown[i];
    }
    if (n > 0) {
        WRITE(writer, "    trust: ");
        write_list(writer, trust);
        WRITE(writer, "\n");
    }
    WRITE(writer, "    names: ");
    write_list(writer, shown);
    WRITE(writer, "\n");
}

/* The alert that a client without a certificate gets: named where it is not the right one. */
static void write_alert(const struct writer *writer)
{
    const struct dial_result *first = writer->capture->first;
    const char *right =
        first->version == TLS1_3_VERSION ? "certificate_required" : "handshake_failure";

    if (!is_required(writer->capture) || strcmp(first->alert, right) == 0)
        return;
    if (alert_exists(first->alert))
        WRITE(writer, "    alert: %s\n", first->alert);
    else
        WRITE(writer, "    # refused with the alert %s, which has no name here\n", first->alert);
}

static void write_stranger(const struct writer *writer)
{
    const struct capture *capture = writer->capture;
    const struct dial_result *stranger = capture->stranger;
    bool required = is_required(capture);

    if (stranger == NULL) {
        WRITE(writer, "    # what becomes of a certificate that is not trusted was not asked\n");
        return;
    }
    if (stranger->usable && required)
        WRITE(writer, "    untrusted: continue\n");
    if (!stranger->usable && !required)
        WRITE(writer, "    untrusted: refuse  # with %s\n",
              stranger->alert != NULL ? stranger->alert : "no alert");
}

void write_request(const struct writer *writer)
{
    const struct capture *capture = writer->capture;
    const struct dial_result *old = capture->old != NULL ? capture->old : capture->first;

    if (!capture->first->requested) {
        WRITE(writer, "  client_certificate: {ask: no}\n");
        return;
    }
    write_algorithms(writer);
    WRITE(writer, "  client_certificate:\n    ask: %s\n",
          is_required(capture) ? "require" : "request");
    if (capture->first->usable || capture->first->alert != NULL)
        write_alert(writer);
    write_names(writer);
    if (old->types[0] != NULL && !are_usual_types(capture, old->types)) {
        WRITE(writer, "    certificate_types: ");
        write_list(writer, old->types);
        WRITE(writer, "\n");
    }
    write_stranger(writer);
    if (capture->certified == NULL)
        WRITE(writer, "    # whom it trusts is not known: it was shown no certificate (--cert)\n");
    else
        WRITE(writer, "    # the certificate of --cert was %s\n",
              capture->certified->usable ? "not refused" : "refused");
}
