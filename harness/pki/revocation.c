#include "harness/pki/revocation.h"

#include "harness/pki/keys.h"

enum { TEN_YEARS_S = 3650 * 24 * 3600, HOUR_S = 3600 };

static X509_CRL *check(X509_CRL *list, int fine)
{
    if (fine)
        return list;
    X509_CRL_free(list);
    return NULL;
}

X509_CRL *revocation_open(const X509 *issuer, time_t now)
{
    X509_CRL *list = X509_CRL_new();
    ASN1_TIME *last = ASN1_TIME_set(NULL, now - TEN_YEARS_S);
    ASN1_TIME *next = ASN1_TIME_set(NULL, now + TEN_YEARS_S);
    int fine = list != NULL && last != NULL && next != NULL &&
               X509_CRL_set_version(list, X509_CRL_VERSION_2) == 1 &&
               X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer)) == 1 &&
               X509_CRL_set1_lastUpdate(list, last) == 1 &&
               X509_CRL_set1_nextUpdate(list, next) == 1;

    ASN1_TIME_free(last);
    ASN1_TIME_free(next);
    return check(list, fine);
}

X509_CRL *revocation_add(X509_CRL *list, const X509 *certificate, time_t now)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *time = ASN1_TIME_set(NULL, now - HOUR_S);
    ASN1_INTEGER *serial = ASN1_INTEGER_dup(X509_get0_serialNumber(certificate));
    int fine = list != NULL && entry != NULL && time != NULL && serial != NULL &&
               X509_REVOKED_set_serialNumber(entry, serial) == 1 &&
               X509_REVOKED_set_revocationDate(entry, time) == 1 &&
               X509_CRL_add0_revoked(list, entry) == 1;

    ASN1_TIME_free(time);
    ASN1_INTEGER_free(serial);
    if (!fine)
        X509_REVOKED_free(entry);
    return check(list, fine);
}

X509_CRL *revocation_close(X509_CRL *list, EVP_PKEY *signer)
{
    return check(list, list != NULL && X509_CRL_sort(list) == 1 &&
                           X509_CRL_sign(list, signer, keys_digest(signer)) > 0);
}
