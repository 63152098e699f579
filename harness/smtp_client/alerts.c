#include "harness/smtp_client/alerts.h"

#include <stdio.h>

enum { LEVEL_FATAL = 2, CLOSE_NOTIFY = 0, USER_CANCELED = 90 };

struct alert {
    const char *name;
    int code;
    bool refuses;
};

/* clang-format off */
static const struct alert alerts[] = {
    { "close_notify",                    0,   false },
    { "unexpected_message",              10,  false },
    { "bad_record_mac",                  20,  false },
    { "decryption_failed",               21,  false },
    { "record_overflow",                 22,  false },
    { "decompression_failure",           30,  false },
    { "handshake_failure",               40,  true  },
    { "no_certificate",                  41,  true  },
    { "bad_certificate",                 42,  true  },
    { "unsupported_certificate",         43,  true  },
    { "certificate_revoked",             44,  true  },
    { "certificate_expired",             45,  true  },
    { "certificate_unknown",             46,  true  },
    { "illegal_parameter",               47,  false },
    { "unknown_ca",                      48,  true  },
    { "access_denied",                   49,  true  },
    { "decode_error",                    50,  false },
    { "decrypt_error",                   51,  true  },
    { "export_restriction",              60,  false },
    { "protocol_version",                70,  false },
    { "insufficient_security",           71,  false },
    { "internal_error",                  80,  false },
    { "inappropriate_fallback",          86,  false },
    { "user_canceled",                   90,  false },
    { "no_renegotiation",                100, false },
    { "missing_extension",               109, false },
    { "unsupported_extension",           110, false },
    { "certificate_unobtainable",        111, true  },
    { "unrecognized_name",               112, false },
    { "bad_certificate_status_response", 113, false },
    { "bad_certificate_hash_value",      114, true  },
    { "unknown_psk_identity",            115, false },
    { "certificate_required",            116, true  },
    { "no_application_protocol",         120, false },
};
/* clang-format on */

static const struct alert *find(int code)
{
    for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
        if (alerts[i].code == code)
            return &alerts[i];
    }
    return NULL;
}

void alert_write_name(int code, char *name, size_t size)
{
    const struct alert *alert = find(code);

    if (alert != NULL)
        snprintf(name, size, "%s", alert->name);
    else
        snprintf(name, size, "alert_%d", code);
}

bool alert_refuses(int code)
{
    const struct alert *alert = find(code);

    return alert != NULL && alert->refuses;
}

/* RFC 8446 section 6: in TLS 1.3 the level says nothing, all alerts but two are errors. */
bool alert_is_fatal(int level, int code, bool tls13)
{
    if (code == CLOSE_NOTIFY || code == USER_CANCELED)
        return false;
    return tls13 || level == LEVEL_FATAL;
}
