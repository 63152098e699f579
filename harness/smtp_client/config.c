#include "harness/smtp_client/config.h"

#include "harness/smtp_client/certificates.h"
#include "harness/smtp_client/file.h"

#include <errno.h>
#include <libxml/parser.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- where a mistake is told --- */

struct reading {
    struct smtp_config *config;
    enum smtp_client_policy policy;
    const char *file;
    char *why;
    size_t why_size;
};

static int refuse(const struct reading *reading, const xmlNode *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(const struct reading *reading, const xmlNode *node, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    snprintf(reading->why, reading->why_size, "%s:%ld: %s", reading->file, xmlGetLineNo(node),
             text);
    return -1;
}

/* --- attributes: a table of all that .NET knows --- */

struct attribute;
typedef const char *set_attribute(void *member, const struct attribute *attribute,
                                  const char *value);

struct attribute {
    const char *element, *name;
    set_attribute *set; /* returns NULL, or what it must be */
    size_t offset;
    const char *words; /* of an enumeration, in the order of its values */
};

static const char *set_text(void *member, const struct attribute *attribute, const char *value)
{
    char *copy = value[0] == '\0' ? NULL : strdup(value);

    (void)attribute;
    memcpy(member, &copy, sizeof(copy));
    return NULL;
}

/* R66 */
static const char *set_trimmed(void *member, const struct attribute *attribute, const char *value)
{
    static const char blanks[] = " \t\r\n";
    const char *begin = value + strspn(value, blanks);
    size_t length = strlen(begin);
    char *trimmed;
    const char *wrong;

    while (length > 0 && strchr(blanks, begin[length - 1]) != NULL)
        length--;
    trimmed = strndup(begin, length);
    if (trimmed == NULL)
        abort();
    wrong = set_text(member, attribute, trimmed);
    free(trimmed);
    return wrong;
}

static const char *set_port(void *member, const struct attribute *attribute, const char *value)
{
    char *end;
    long number;

    (void)attribute;
    errno = 0;
    number = strtol(value, &end, 10);
    if (value[0] == '\0' || *end != '\0' || errno != 0 || number < 1 || number > 65535)
        return "a number from 1 to 65535";
    *(int *)member = (int)number;
    return NULL;
}

static const char *set_bool(void *member, const struct attribute *attribute, const char *value)
{
    (void)attribute;
    if (strcasecmp(value, "true") != 0 && strcasecmp(value, "false") != 0)
        return "true or false";
    *(bool *)member = strcasecmp(value, "true") == 0;
    return NULL;
}

static const char *set_word(void *member, const struct attribute *attribute, const char *value)
{
    int place = 0;

    for (const char *word = attribute->words; *word != '\0'; place++) {
        size_t length = strcspn(word, "|");

        if (strlen(value) == length && strncasecmp(word, value, length) == 0) {
            memcpy(member, &place, sizeof(place));
            return NULL;
        }
        word += length;
        word += *word == '|';
    }
    return attribute->words;
}

static const char *set_format(void *member, const struct attribute *attribute, const char *value)
{
    int place = 0;
    const char *wrong = set_word(&place, attribute, value);

    *(bool *)member = place == 1;
    return wrong;
}

#define AT(member) offsetof(struct smtp_config, member)

/* clang-format off */
static const struct attribute attributes[] = {
    { "smtp",    "deliveryMethod",     set_word,    AT(delivery), "Network|SpecifiedPickupDirectory|PickupDirectoryFromIis" },
    { "smtp",    "deliveryFormat",     set_format,  AT(international), "SevenBit|International" },
    { "smtp",    "from",               set_text,    AT(from), NULL },
    { "network", "host",               set_trimmed, AT(host), NULL },
    { "network", "port",               set_port,    AT(port), NULL },
    { "network", "userName",           set_text,    AT(user_name), NULL },
    { "network", "password",           set_text,    AT(password), NULL },
    { "network", "defaultCredentials", set_bool,    AT(default_credentials), NULL },
    { "network", "clientDomain",       set_text,    AT(client_domain), NULL },
    { "network", "targetName",         set_text,    AT(target_name), NULL },
    { "network", "enableSsl",          set_bool,    AT(enable_ssl), NULL },
    { "specifiedPickupDirectory", "pickupDirectoryLocation", set_text, AT(pickup_directory), NULL },
};
/* clang-format on */

_Static_assert(sizeof(enum smtp_client_delivery) == sizeof(int), "set_word() writes an int");

static const char *name_of(const void *node)
{
    return (const char *)((const xmlNode *)node)->name;
}

static const struct attribute *find_attribute(const xmlNode *element, const char *name)
{
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
        if (strcmp(attributes[i].element, name_of(element)) == 0 &&
            strcmp(attributes[i].name, name) == 0)
            return &attributes[i];
    return NULL;
}

static void list_attributes(const xmlNode *element, char *list, size_t size)
{
    size_t used = 0;

    list[0] = '\0';
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
        if (strcmp(attributes[i].element, name_of(element)) == 0 && used < size)
            used += (size_t)snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "",
                                     attributes[i].name);
}

static int read_attribute(const struct reading *reading, xmlNode *element, const xmlAttr *given)
{
    const struct attribute *attribute = find_attribute(element, name_of(given));
    xmlChar *value;
    const char *wrong;
    char known[256];

    if (attribute == NULL || given->ns != NULL) {
        list_attributes(element, known, sizeof(known));
        return refuse(reading, element, "<%s> has no attribute \"%s\", only %s", name_of(element),
                      name_of(given), known);
    }
    /* R68 */
    if (reading->policy == SMTP_CLIENT_POLICY_MONO && strcmp(attribute->name, "clientDomain") == 0)
        return refuse(reading, element, "Mono knows no attribute \"clientDomain\"");
    value = xmlNodeListGetString(element->doc, given->children, 1);
    wrong = attribute->set((char *)reading->config + attribute->offset, attribute,
                           value != NULL ? (const char *)value : "");
    if (wrong != NULL)
        refuse(reading, element, "%s=\"%.80s\" must be %s", attribute->name,
               value != NULL ? (const char *)value : "", wrong);
    xmlFree(value);
    return wrong == NULL ? 0 : -1;
}

static int read_attributes(const struct reading *reading, xmlNode *element)
{
    for (const xmlAttr *given = element->properties; given != NULL; given = given->next)
        if (read_attribute(reading, element, given) != 0)
            return -1;
    return 0;
}

/* --- the element of ours --- */

/* A path of the file, seen from where the file is. The caller frees it. */
static char *path_of(const struct reading *reading, xmlNode *element, const char *name)
{
    xmlChar *value = xmlGetNoNsProp(element, (const xmlChar *)name);
    const char *slash = strrchr(reading->file, '/');
    int length =
        slash == NULL || value == NULL || value[0] == '/' ? 0 : (int)(slash - reading->file) + 1;
    char *path = NULL;

    if (value != NULL && asprintf(&path, "%.*s%s", length, reading->file, (char *)value) < 0)
        abort();
    xmlFree(value);
    return path;
}

static int check_add(const struct reading *reading, xmlNode *element)
{
    if (strcmp(name_of(element), "add") != 0)
        return refuse(reading, element, "<clientCertificates> holds <add>, not <%s>",
                      name_of(element));
    for (const xmlAttr *given = element->properties; given != NULL; given = given->next)
        if (strcmp(name_of(given), "file") != 0 && strcmp(name_of(given), "key") != 0 &&
            strcmp(name_of(given), "password") != 0)
            return refuse(reading, element,
                          "<add> has no attribute \"%s\", only file, key, password",
                          name_of(given));
    if (xmlHasProp(element, (const xmlChar *)"file") == NULL)
        return refuse(reading, element, "<add> must name a file");
    return 0;
}

static int add_certificate(const struct reading *reading, xmlNode *element)
{
    char *file, *key, why[512];
    xmlChar *password;
    struct smtp_certificate *certificate;

    if (check_add(reading, element) != 0)
        return -1;
    file = path_of(reading, element, "file");
    key = path_of(reading, element, "key");
    password = xmlGetNoNsProp(element, (const xmlChar *)"password");
    certificate = smtp_certificate_load(
        &(struct smtp_certificate_source){
            .file = file, .key_file = key, .password = (const char *)password },
        why, sizeof(why));
    xmlFree(password);
    free(key);
    free(file);
    if (certificate == NULL)
        return refuse(reading, element, "%s", why);
    smtp_certificates_add(reading->config->certificates, certificate);
    smtp_certificate_free(certificate);
    return 0;
}

/* Decision 3: only where the policy takes them. */
static int read_certificates(const struct reading *reading, xmlNode *element)
{
    bool taken = smtp_client_policy_takes_certificates(reading->policy);

    for (xmlNode *child = xmlFirstElementChild(element); child != NULL && taken;
         child = xmlNextElementSibling(child))
        if (add_certificate(reading, child) != 0)
            return -1;
    return 0;
}

/* --- elements --- */

static bool is_ours(const xmlNode *element)
{
    return element->ns != NULL && strcmp((const char *)element->ns->href, CONFIG_NAMESPACE) == 0;
}

static int read_child(const struct reading *reading, xmlNode *child)
{
    if (is_ours(child) && strcmp(name_of(child), "clientCertificates") == 0)
        return read_certificates(reading, child);
    if (strcmp(name_of(child), "network") != 0 &&
        strcmp(name_of(child), "specifiedPickupDirectory") != 0)
        return refuse(reading, child,
                      "<smtp> holds network, specifiedPickupDirectory and clientCertificates of "
                      "\"" CONFIG_NAMESPACE "\", not <%s>",
                      name_of(child));
    if (xmlFirstElementChild(child) != NULL)
        return refuse(reading, child, "<%s> holds no elements", name_of(child));
    return read_attributes(reading, child);
}

static int read_smtp(const struct reading *reading, xmlNode *smtp)
{
    if (read_attributes(reading, smtp) != 0)
        return -1;
    for (xmlNode *child = xmlFirstElementChild(smtp); child != NULL;
         child = xmlNextElementSibling(child))
        if (read_child(reading, child) != 0)
            return -1;
    return 0;
}

/* The element of that name below, once at most. */
static int find_child(const struct reading *reading, xmlNode *parent, const char *name,
                      xmlNode **found)
{
    *found = NULL;
    for (xmlNode *child = xmlFirstElementChild(parent); child != NULL;
         child = xmlNextElementSibling(child)) {
        if (strcmp(name_of(child), name) != 0)
            continue;
        if (*found != NULL)
            return refuse(reading, child, "<%s> stands here a second time", name);
        *found = child;
    }
    return 0;
}

static int read_document(const struct reading *reading, xmlDoc *document)
{
    static const char *const path[] = { "system.net", "mailSettings", "smtp", NULL };
    xmlNode *node = xmlDocGetRootElement(document);

    if (node == NULL || strcmp(name_of(node), "configuration") != 0)
        return refuse(reading, node, "the root is <configuration>");
    for (size_t i = 0; path[i] != NULL && node != NULL; i++)
        if (find_child(reading, node, path[i], &node) != 0)
            return -1;
    /* A file without mail settings is none of our business, but a good file. */
    return node == NULL ? 0 : read_smtp(reading, node);
}

static int read_bytes(const struct reading *reading, const struct file *bytes)
{
    xmlParserCtxt *parser = xmlNewParserCtxt();
    xmlDoc *document =
        xmlCtxtReadMemory(parser, bytes->bytes, (int)bytes->size, reading->file, NULL,
                          XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    const xmlError *error = xmlCtxtGetLastError(parser);
    int rv = -1;

    if (document != NULL && document->intSubset != NULL)
        snprintf(reading->why, reading->why_size, "%s: no document type may stand there",
                 reading->file);
    else if (document != NULL)
        rv = read_document(reading, document);
    else
        snprintf(reading->why, reading->why_size, "%s:%d: %.*s", reading->file,
                 error != NULL ? error->line : 0,
                 error != NULL ? (int)strcspn(error->message, "\n") : 12,
                 error != NULL ? error->message : "it is no XML");
    xmlFreeDoc(document);
    xmlFreeParserCtxt(parser);
    return rv;
}

struct smtp_config *smtp_config_load(const char *file, enum smtp_client_policy policy, char *why,
                                     size_t why_size)
{
    struct smtp_config *config = calloc(1, sizeof(*config));
    const struct reading reading = { config, policy, file, why, why_size };
    struct file bytes;
    int rv;

    if (config == NULL)
        abort();
    config->certificates = certificates_new();
    /* R67: it is not even looked for. */
    if (policy == SMTP_CLIENT_POLICY_DOTNET_LINUX)
        return config;
    rv = file_load(&bytes, file, why, why_size);
    if (rv == 0)
        rv = read_bytes(&reading, &bytes);
    file_release(&bytes);
    if (rv == 0)
        return config;
    smtp_config_free(config);
    return NULL;
}

void smtp_config_free(struct smtp_config *config)
{
    if (config == NULL)
        return;
    free(config->host);
    free(config->user_name);
    free(config->password);
    free(config->client_domain);
    free(config->target_name);
    free(config->from);
    free(config->pickup_directory);
    certificates_free(config->certificates);
    free(config);
}

/* --- what follows from it --- */

static void set(const char **setting, const char *value)
{
    if (*setting == NULL)
        *setting = value;
}

/* R65: what the constructor was given stands; the rest comes from the file, host or not. */
void smtp_config_apply(const struct smtp_config *config, struct smtp_client_settings *settings)
{
    struct smtp_client_credentials *credentials = &settings->credentials;

    set(&settings->host, config->host);
    if (settings->port == 0)
        settings->port = config->port;
    settings->domain = config->client_domain;
    settings->target_name = config->target_name;
    settings->security = config->enable_ssl ? SMTP_CLIENT_TLS_REQUIRED : SMTP_CLIENT_TLS_NONE;
    settings->delivery = config->delivery;
    settings->pickup_directory = config->pickup_directory;
    *credentials = (struct smtp_client_credentials){ 0 };
    if (config->default_credentials)
        credentials->kind = SMTP_CLIENT_CREDENTIALS_DEFAULT;
    else if (config->user_name != NULL)
        *credentials = (struct smtp_client_credentials){ .kind = SMTP_CLIENT_CREDENTIALS_GIVEN,
                                                         .user = config->user_name,
                                                         .password = config->password };
}

const char *smtp_config_from(const struct smtp_config *config)
{
    return config->from;
}

bool smtp_config_international(const struct smtp_config *config)
{
    return config->international;
}

const struct smtp_certificates *smtp_config_certificates(const struct smtp_config *config)
{
    return config->certificates;
}
