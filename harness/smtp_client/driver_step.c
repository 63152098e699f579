#include "harness/smtp_client/driver_step.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- words and files --- */

static const char *const modes[] = { "starttls", "implicit", NULL };
static const char *const securities[] = { "required", "optional", "none", NULL };

static int find_word(const char *name, const char *const *words)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], name) == 0)
            return i;
    }
    return -1;
}

int driver_find_mode(const char *name, enum smtp_client_mode *mode)
{
    int found = find_word(name, modes);

    if (found >= 0)
        *mode = (enum smtp_client_mode)found;
    return found >= 0 ? 0 : -1;
}

int driver_find_security(const char *name, enum smtp_client_security *security)
{
    int found = find_word(name, securities);

    if (found >= 0)
        *security = (enum smtp_client_security)found;
    return found >= 0 ? 0 : -1;
}

static int find_version(const char *text, size_t size)
{
    static const char *const versions[] = { "1.0", "1.1", "1.2", "1.3", NULL };

    for (int i = 0; versions[i] != NULL; i++) {
        if (strlen(versions[i]) == size && strncmp(versions[i], text, size) == 0)
            return TLS1_VERSION + i;
    }
    return 0;
}

int driver_find_versions(const char *text, int *oldest, int *newest)
{
    const char *dots = strstr(text, "..");
    const char *end = dots == NULL ? text : dots + 2;

    *oldest = find_version(text, dots == NULL ? strlen(text) : (size_t)(dots - text));
    *newest = find_version(end, strlen(end));
    if (text[0] == '\0')
        return 0;
    return *oldest != 0 && *oldest <= *newest ? 0 : -1;
}

static char *read_stream(FILE *stream, size_t *size)
{
    char *bytes = NULL;
    size_t room = 0;
    size_t used = 0;

    do {
        if (room - used < 4096) {
            char *more;

            room = room * 2 + 16384;
            more = realloc(bytes, room);
            if (more == NULL)
                abort();
            bytes = more;
        }
        used += fread(bytes + used, 1, room - used, stream);
    } while (!feof(stream) && !ferror(stream));
    *size = used;
    if (!ferror(stream))
        return bytes;
    free(bytes);
    return NULL;
}

char *driver_read_file(const char *path, size_t *size)
{
    FILE *stream;
    char *bytes;

    stream = fopen(path, "re");
    bytes = stream == NULL ? NULL : read_stream(stream, size);
    if (stream != NULL)
        fclose(stream);
    return bytes;
}

/* --- members --- */

/* Where a member goes, and what it may be. Strings that may be missing keep what is there. */
enum need { MUST, MAY };

static int get_string(const json_t *asked, const char *key, enum need need, const char **value,
                      char *why, size_t why_size)
{
    const json_t *member = json_object_get(asked, key);

    if (json_is_string(member)) {
        *value = json_string_value(member);
        return 0;
    }
    if (need == MAY && (member == NULL || json_is_null(member)))
        return 0;
    snprintf(why, why_size, "\"%s\" must be a string", key);
    return -1;
}

static int get_number(const json_t *asked, const char *key, enum need need, long least, long most,
                      long *value, char *why, size_t why_size)
{
    const json_t *member = json_object_get(asked, key);

    if (member == NULL && need == MAY)
        return 0;
    if (json_is_integer(member) && json_integer_value(member) >= least &&
        json_integer_value(member) <= most) {
        *value = (long)json_integer_value(member);
        return 0;
    }
    snprintf(why, why_size, "\"%s\" must be a number from %ld to %ld", key, least, most);
    return -1;
}

static int get_words(struct driver_step *step, const json_t *asked, char *why, size_t why_size)
{
    const char *mode = "starttls";
    const char *security = "required";
    const char *misbehave = "";
    const char *policy = "doc";
    const char *versions = "";

    if (get_string(asked, "mode", MAY, &mode, why, why_size) != 0 ||
        get_string(asked, "security", MAY, &security, why, why_size) != 0 ||
        get_string(asked, "misbehave", MAY, &misbehave, why, why_size) != 0 ||
        get_string(asked, "policy", MAY, &policy, why, why_size) != 0 ||
        get_string(asked, "versions", MAY, &versions, why, why_size) != 0)
        return -1;
    step->settings.fault = smtp_client_fault_find(misbehave);
    if (driver_find_mode(mode, &step->settings.mode) != 0)
        snprintf(why, why_size, "mode \"%s\" is not one of starttls, implicit", mode);
    else if (driver_find_security(security, &step->settings.security) != 0)
        snprintf(why, why_size, "security \"%s\" is not one of required, optional, none", security);
    else if (misbehave[0] != '\0' && step->settings.fault == SMTP_CLIENT_FAULT_NONE)
        snprintf(why, why_size, "misbehave \"%s\" is no fault", misbehave);
    else if (smtp_client_policy_find(policy, &step->settings.policy) != 0)
        snprintf(why, why_size, "policy \"%s\" is not known", policy);
    else if (driver_find_versions(versions, &step->settings.tls_min, &step->settings.tls_max) != 0)
        snprintf(why, why_size, "versions \"%s\" is no range such as 1.2..1.3", versions);
    else
        return 0;
    return -1;
}

static int get_numbers(struct driver_step *step, const json_t *asked, char *why, size_t why_size)
{
    static const long century_s = 3200000000L;
    long port = 0;
    long timeout_ms = 0;

    if (get_number(asked, "port", MUST, 1, 65535, &port, why, why_size) != 0 ||
        get_number(asked, "timeout_ms", MAY, 0, 86400000, &timeout_ms, why, why_size) != 0 ||
        get_number(asked, "clock_s", MAY, -century_s, century_s, &step->clock_s, why, why_size) !=
            0)
        return -1;
    step->settings.port = (int)port;
    step->settings.timeout_ms = (int)timeout_ms;
    step->new_client = json_is_true(json_object_get(asked, "new_client"));
    return 0;
}

/* A list of strings, which may stand without its list where it is one; owned by the caller. NULL
 * when it holds something else. */
static const char **copy_strings(const json_t *member)
{
    size_t n = json_is_string(member) ? 1 : json_array_size(member);
    const char **list = calloc(n + 1, sizeof(*list));

    if (list == NULL)
        abort();
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_is_string(member) ? member : json_array_get(member, i);

        list[i] = json_string_value(one);
        if (list[i] == NULL) {
            free(list);
            return NULL;
        }
    }
    return list;
}

static int get_recipients(struct driver_step *step, const json_t *asked, char *why, size_t why_size)
{
    step->to = copy_strings(json_object_get(asked, "to"));
    step->message.to = step->to;
    if (step->to != NULL && step->to[0] != NULL)
        return 0;
    snprintf(why, why_size, "\"to\" must be a list of at least one string");
    return -1;
}

static int get_protocols(struct driver_step *step, const json_t *asked, char *why, size_t why_size)
{
    const json_t *member = json_object_get(asked, "alpn");

    if (member == NULL)
        return 0;
    step->alpn = copy_strings(member);
    step->settings.alpn = step->alpn;
    if (step->alpn != NULL)
        return 0;
    snprintf(why, why_size, "\"alpn\" must be a list of strings");
    return -1;
}

static int get_message(struct driver_step *step, const json_t *asked, char *why, size_t why_size)
{
    const char *path = NULL;

    if (get_string(asked, "message", MUST, &path, why, why_size) != 0)
        return -1;
    step->bytes = driver_read_file(path, &step->message.size);
    step->message.bytes = step->bytes;
    if (step->bytes != NULL)
        return 0;
    snprintf(why, why_size, "%s: %s", path, strerror(errno));
    return -1;
}

/* --- a probe: [{"on": "STARTTLS", "tls": 1, "acts": [["inject", "0d0a"]]}] --- */

/* Takes ["inject", "0d0a"] apart. */
static int get_act(struct probe_act *act, const json_t *member, char *why, size_t why_size)
{
    act->values = copy_strings(member);
    if (act->values == NULL || act->values[0] == NULL) {
        snprintf(why, why_size, "an act must be a list of strings that begins with its name");
        return -1;
    }
    act->name = act->values[0];
    if (probe_knows(act->name))
        return 0;
    snprintf(why, why_size, "\"%.40s\" is no act of a probe", act->name);
    return -1;
}

static int get_row(struct probe_row *row, const json_t *member, char *why, size_t why_size)
{
    const json_t *acts = json_object_get(member, "acts");
    long when = 0;

    row->n_acts = json_array_size(acts);
    row->acts = calloc(row->n_acts + 1, sizeof(*row->acts));
    if (row->acts == NULL)
        abort();
    if (get_string(member, "on", MUST, &row->on, why, why_size) != 0 ||
        get_number(member, "tls", MAY, -1, 1, &when, why, why_size) != 0)
        return -1;
    row->when = (int)when;
    for (size_t i = 0; i < row->n_acts; i++)
        if (get_act(&row->acts[i], json_array_get(acts, i), why, why_size) != 0)
            return -1;
    return 0;
}

static int get_probe(struct driver_step *step, const json_t *asked, char *why, size_t why_size)
{
    const json_t *member = json_object_get(asked, "probe");
    struct probe_order *order = &step->probe;

    step->is_probe = json_is_array(member);
    if (!step->is_probe)
        return 0;
    order->step = (int)json_integer_value(json_object_get(asked, "step"));
    order->rows = calloc(json_array_size(member) + 1, sizeof(*order->rows));
    if (order->rows == NULL)
        abort();
    for (size_t i = 0; i < json_array_size(member); i++)
        if (get_row(&order->rows[order->n_rows++], json_array_get(member, i), why, why_size) != 0)
            return -1;
    return 0;
}

static void release_probe(struct probe_order *order)
{
    for (size_t i = 0; i < order->n_rows; i++) {
        for (size_t j = 0; j < order->rows[i].n_acts; j++)
            free(order->rows[i].acts[j].values);
        free(order->rows[i].acts);
    }
    free(order->rows);
    *order = (struct probe_order){ 0 };
}

static int check_trust(const struct driver_step *step, char *why, size_t why_size)
{
    const char *file = step->settings.trust_file;

    if (file == NULL || access(file, R_OK) == 0)
        return 0;
    snprintf(why, why_size, "%s: %s", file, strerror(errno));
    return -1;
}

int driver_step_parse(struct driver_step *step, const json_t *asked, char *why, size_t why_size)
{
    *step =
        (struct driver_step){ .settings = { .loopback = true, .domain = "client.example.test" } };
    step->settings.loopback = !json_is_true(json_object_get(asked, "resolve"));
    step->certificates = json_object_get(asked, "certificates");
    if (get_string(asked, "host", MUST, &step->settings.host, why, why_size) != 0 ||
        get_string(asked, "domain", MAY, &step->settings.domain, why, why_size) != 0 ||
        get_string(asked, "trust", MAY, &step->settings.trust_file, why, why_size) != 0 ||
        get_string(asked, "from", MUST, &step->message.from, why, why_size) != 0)
        return -1;
    if (get_words(step, asked, why, why_size) != 0 || get_numbers(step, asked, why, why_size) != 0)
        return -1;
    if (get_recipients(step, asked, why, why_size) != 0 ||
        get_protocols(step, asked, why, why_size) != 0 ||
        get_probe(step, asked, why, why_size) != 0 || check_trust(step, why, why_size) != 0)
        return -1;
    return get_message(step, asked, why, why_size);
}

int driver_step_certificates(const struct driver_step *step, struct smtp_certificates *certificates,
                             char *why, size_t why_size)
{
    size_t n = json_array_size(step->certificates);

    smtp_certificates_clear(certificates);
    if (step->certificates != NULL && !json_is_array(step->certificates)) {
        snprintf(why, why_size, "\"certificates\" must be a list of objects");
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *element = json_array_get(step->certificates, i);
        const char *file = NULL;
        const char *key = NULL;

        if (get_string(element, "cert", MUST, &file, why, why_size) != 0 ||
            get_string(element, "key", MAY, &key, why, why_size) != 0 ||
            smtp_certificates_add_files(certificates, file, key, why, why_size) != 0)
            return -1;
    }
    return 0;
}

void driver_step_release(struct driver_step *step)
{
    free(step->to);
    free(step->alpn);
    free(step->bytes);
    release_probe(&step->probe);
    step->to = NULL;
    step->alpn = NULL;
    step->bytes = NULL;
}
