#include "harness/scenario/rules.h"
#include "harness/scenario/rules_own.h"
#include "harness/scenario/rules_rfc.h"

#include <stddef.h>
#include <string.h>

#define RULE_AS_ROW(id, level, source, text) { id, level, source, text },
#define RULE_AS_ID(id, level, source, text)  id,

static const struct rule rules[] = { RULES_OF_OUR_OWN(RULE_AS_ROW) RULES_OF_RFCS(RULE_AS_ROW) };

static const char *const ids[] = { RULES_OF_OUR_OWN(RULE_AS_ID) RULES_OF_RFCS(RULE_AS_ID) NULL };

static const struct rule published = {
    "CVE", RULE_MUST, "CVE", "a published vulnerability; its number is the place to look it up"
};

static const char digits[] = "0123456789";

/* CVE-YYYY-N with four digits of N or more. */
static bool is_cve(const char *id)
{
    size_t n;

    if (strncmp(id, "CVE-", 4) != 0 || strspn(id + 4, digits) != 4 || id[8] != '-')
        return false;
    n = strspn(id + 9, digits);
    return n >= 4 && n <= 9 && id[9 + n] == '\0';
}

const struct rule *rule_find(const char *id)
{
    if (is_cve(id))
        return &published;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (strcmp(rules[i].id, id) == 0)
            return &rules[i];
    }
    return NULL;
}

const char *const *rule_ids(void)
{
    return ids;
}
