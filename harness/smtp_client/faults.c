#include "harness/smtp_client/smtp_client.h"

#include <string.h>

struct fault {
    const char *name;
    const char *meaning;
};

#define AS_ROW(id, name, meaning, rules) { name, meaning },
static const struct fault faults[] = { { "", "behaves" }, SMTP_CLIENT_FAULTS(AS_ROW) };

enum smtp_client_fault smtp_client_fault_find(const char *name)
{
    for (size_t i = 1; i < SMTP_CLIENT_FAULT_COUNT; i++) {
        if (strcmp(faults[i].name, name) == 0)
            return (enum smtp_client_fault)i;
    }
    return SMTP_CLIENT_FAULT_NONE;
}

const char *smtp_client_fault_name(enum smtp_client_fault fault)
{
    return faults[fault].name;
}

const char *smtp_client_fault_meaning(enum smtp_client_fault fault)
{
    return faults[fault].meaning;
}
