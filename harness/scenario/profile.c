#include "harness/scenario/profile.h"
#include "harness/scenario/arrays.h"
#include "harness/scenario/template.h"
#include "harness/scenario/types.h"

#include <stdlib.h>
#include <string.h>

enum {
    DRIVER_CERTIFICATES = 100, /* a driver holds a list; no case has more */
    FILE_NAME_MAX_BYTES = 100  /* paths of sockets beside the file still fit */
};

static const char *const none[] = { NULL };
static const char *const all[] = { "*", NULL };

/* --- types --- */

static void read_template(const struct slot *slot)
{
    const char *text = slot_text(slot);
    char why[128];
    const struct template *template;

    if (text == NULL)
        return;
    template = template_split(slot->reader->context, text, why, sizeof(why));
    if (template == NULL)
        slot_fault(slot, "%s", why);
    else
        slot_set_pointer(slot, text);
}

const struct schema_type type_template = { "command template", read_template };

static bool is_name_of_file(const char *name)
{
    return name[0] != '/' && strcmp(name, "..") != 0 && strncmp(name, "../", 3) != 0 &&
           strstr(name, "/..") == NULL && strlen(name) <= FILE_NAME_MAX_BYTES;
}

static void read_templates(const struct slot *slot)
{
    const struct node *map = slot->value;
    struct profile_text *texts;
    char why[128];

    if (map->kind != NODE_MAP) {
        slot_fault(slot, "names with texts are expected");
        return;
    }
    texts = ARRAY_NEW(slot->reader->context, struct profile_text, map->n);
    for (size_t i = 0; i < map->n; i++) {
        struct path path = { slot->path, map->keys[i]->text, 0 };
        struct slot item = { slot->reader, slot->row, map->items[i], &path, NULL };

        texts[i] = (struct profile_text){ map->keys[i]->text, slot_text(&item) };
        if (!is_name_of_file(texts[i].name))
            slot_fault(&item, "the name leads elsewhere, or is longer than %d letters",
                       FILE_NAME_MAX_BYTES);
        if (texts[i].text != NULL &&
            template_split_lines(slot->reader->context, texts[i].text, why, sizeof(why)) == NULL)
            slot_fault(&item, "%s", why);
    }
    slot_set_array(slot, texts, map->n);
}

const struct schema_type type_templates = { "names with texts", read_templates };

/* Returns NULL, with a mistake, for what does not begin with a number. */
static const char *version_of(const struct slot *slot)
{
    const char *text = slot_text(slot);

    if (text == NULL || (text[0] >= '0' && text[0] <= '9'))
        return text;
    slot_fault(slot, "\"%.60s\" is no version: numbers with dots are expected", text);
    return NULL;
}

static void read_version(const struct slot *slot)
{
    const char *text = version_of(slot);

    if (text != NULL)
        slot_set_pointer(slot, text);
}

const struct schema_type type_version = { "version", read_version };

static void read_group(const struct slot *slot)
{
    const char *text = slot_text(slot);
    char why[128];
    size_t groups = 0;

    if (text == NULL)
        return;
    if (!regex_check(text, &groups, why, sizeof(why)))
        slot_fault(slot, "\"%.60s\" is not a regular expression: %s", text, why);
    else if (groups == 0)
        slot_fault(slot, "\"%.60s\" needs a group in parentheses", text);
    else
        slot_set_pointer(slot, text);
}

const struct schema_type type_group = { "regular expression", read_group };

static void read_newest(const struct slot *slot)
{
    static const int oldest = 0x0301; /* TLS1_VERSION */
    int index = slot_word(slot, slot->row->words);
    int version = oldest + index;

    if (index >= 0)
        memcpy(slot->member, &version, sizeof(version));
}

const struct schema_type type_newest = { "version", read_newest };

static void read_set(const struct slot *slot)
{
    size_t n;
    const struct node *const *items = slot_items(slot, &n);
    const char *const *words = words_split(slot->reader->context, slot->row->words);

    for (size_t i = 0; words[i] != NULL; i++)
        slot->member[i] = false;
    if (n == 0 && slot->value->kind != NODE_SCALAR)
        slot_fault(slot, "at least one of %s is expected", slot->row->words);
    for (size_t i = 0; i < n; i++) {
        struct path path = { slot->path, NULL, i + 1 };
        struct slot item = { slot->reader, slot->row, items[i], &path, NULL };
        int index = slot_word(&item, slot->row->words);

        if (index >= 0)
            slot->member[index] = true;
    }
}

const struct schema_type type_set = { "words", read_set };

static void read_exit(const struct slot *slot)
{
    int any = PROFILE_ANY_EXIT;

    if (slot->value->kind == NODE_SCALAR && strcmp(slot->value->text, "any") == 0)
        memcpy(slot->member, &any, sizeof(any));
    else
        type_int.read(slot);
}

const struct schema_type type_exit = { "exit code or `any`", read_exit };

static void read_outcome(const struct slot *slot)
{
    if (slot_word(slot, facts[FACT_OUTCOME].words) >= 0)
        slot_set_pointer(slot, slot->value->text);
}

const struct schema_type type_outcome = { "word", read_outcome };

static bool is_list(const struct slot *slot)
{
    if (slot->value->kind == NODE_LIST || slot->value->kind == NODE_EMPTY)
        return true;
    slot_fault(slot, "a list of rows with keys is expected");
    return false;
}

static void read_outcomes(const struct slot *slot)
{
    const struct node *list = slot->value;
    struct profile_outcome *rows;

    if (!is_list(slot))
        return;
    rows = ARRAY_NEW(slot->reader->context, struct profile_outcome, list->n);
    for (size_t i = 0; i < list->n; i++) {
        struct path path = { slot->path, NULL, i + 1 };

        rows[i].exit = PROFILE_ANY_EXIT;
        slot->reader->targets[TARGET_OUTCOME] = &rows[i];
        schema_read(slot->reader, SECTION_OUTCOME, list->items[i], &path);
    }
    slot_set_array(slot, rows, list->n);
}

const struct schema_type type_outcomes = { "rows with keys", read_outcomes };

static void read_known(const struct slot *slot)
{
    const struct node *list = slot->value;
    struct profile_known *rows;

    if (!is_list(slot))
        return;
    rows = ARRAY_NEW(slot->reader->context, struct profile_known, list->n);
    for (size_t i = 0; i < list->n; i++) {
        const struct node *map = list->items[i];
        struct path path = { slot->path, NULL, i + 1 };

        rows[i].cases = all;
        rows[i].where = map->where;
        slot->reader->targets[TARGET_KNOWN] = &rows[i];
        schema_read(slot->reader, SECTION_KNOWN, map, &path);
        if (node_find(map, "cases") == NULL && node_find(map, "rule") == NULL)
            faults_add(slot->reader->faults, &path, map->where,
                       "it would excuse everything; say which cases, or which rule");
    }
    slot_set_array(slot, rows, list->n);
}

const struct schema_type type_known = { "rows with keys", read_known };

/* --- profiles --- */

static struct profile *new_profile(void *context)
{
    struct profile *profile = talloc_zero(context, struct profile);

    profile->packages = none;
    profile->unpack = none;
    profile->npm = none;
    profile->max_certificates = 1;
    profile->mode_words[SCENARIO_STARTTLS] = "starttls";
    profile->mode_words[SCENARIO_IMPLICIT] = "implicit";
    profile->modes[SCENARIO_STARTTLS] = true;
    profile->modes[SCENARIO_IMPLICIT] = true;
    profile->security[SCENARIO_TLS_REQUIRED] = true;
    return profile;
}

static bool stands_in(const char *placeholder, const char *text)
{
    char why[128];
    void *scratch = talloc_new(NULL);
    const struct template *template =
        text != NULL ? template_split(scratch, text, why, sizeof(why)) : NULL;
    bool found = template != NULL && template_has(template, placeholder);

    talloc_free(scratch);
    return found;
}

/* Who is not told which file holds the message reads it from standard input. */
static bool reads_input(const struct profile *profile)
{
    return !profile->driver && !stands_in("message", profile->command) &&
           !stands_in("message", profile->send);
}

static const char *base_name(void *context, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');

    return talloc_strndup(context, name,
                          dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name));
}

/* Without its version nobody knows whether a deviation of some versions is one of this. */
static void check_known(const struct profile *profile, struct faults *faults)
{
    for (size_t i = 0; i < profile->n_known; i++) {
        const struct profile_known *known = &profile->known[i];
        struct path path = { NULL, "known", 0 };

        if ((known->since != NULL || known->until != NULL) && profile->version == NULL)
            faults_add(faults, &path, known->where,
                       "to know which versions it binds the profile needs \"version\"");
    }
}

/* {program} needs a value wherever it stands; a command that never names it cannot be pointed at
 * another. */
static void check_program(const struct profile *profile, const struct node *root,
                          struct faults *faults)
{
    bool used = false;

    for (size_t i = 0; i < root->n; i++) {
        const struct node *value = root->items[i];
        struct path path = { NULL, root->keys[i]->text, 0 };

        if (value->kind != NODE_SCALAR || !stands_in("program", value->text))
            continue;
        used = true;
        if (profile->program == NULL)
            faults_add(faults, &path, value->where, "the profile does not say what {program} is");
    }
    if (profile->program != NULL && !used) {
        struct path path = { NULL, "program", 0 };

        faults_add(faults, &path, node_find(root, "program")->where,
                   "nothing runs it: write {program} in the command");
    }
}

static void check(const struct profile *profile, const struct node *root, struct faults *faults)
{
    static const char *const of_commands[] = { "send", "next", "answer" };
    struct path next = { NULL, "next", 0 };

    for (size_t i = 0; i < sizeof(of_commands) / sizeof(of_commands[0]); i++) {
        const struct node *value = node_find(root, of_commands[i]);
        struct path path = { NULL, of_commands[i], 0 };

        if (profile->driver && value != NULL)
            faults_add(faults, &path, value->where,
                       "a driver is told by JSON lines; it has no words for a mail");
    }
    if (profile->next != NULL && node_find(root, "answer") == NULL)
        faults_add(faults, &next, node_find(root, "next")->where,
                   "with several mails a process \"answer\" must say which line ends one");
    if (profile->next != NULL && node_find(root, "send") == NULL)
        faults_add(faults, &next, node_find(root, "next")->where,
                   "with several mails a process \"send\" must hold the words of one");
    check_known(profile, faults);
    check_program(profile, root, faults);
}

/* Absolute, as clients run in a folder of their own. */
static const char *folder_of(void *context, const char *path)
{
    char *whole = realpath(path, NULL);
    const char *slash = whole != NULL ? strrchr(whole, '/') : NULL;
    const char *folder =
        slash != NULL ? talloc_strndup(context, whole, (size_t)(slash - whole)) : NULL;

    free(whole);
    return folder;
}

/* Reads the file of a profile, which then knows its name and where it lies; NULL with a mistake.
 * Mistakes point into the document, so it outlives a profile that was refused. */
static const struct node *load_file(void *context, struct profile *profile, const char *path,
                                    struct faults *faults)
{
    const struct document *document = document_load(context, path, faults);

    profile->name = base_name(profile, path);
    profile->file = document->file;
    profile->here = folder_of(profile, path);
    return document->root;
}

const struct profile *profile_load(void *context, const char *path, struct scenario_errors *errors)
{
    struct profile *profile = new_profile(context);
    struct faults faults;
    struct reader reader = { .context = profile, .faults = &faults };
    const struct node *root, *driver;

    faults_init(&faults, context, errors);
    root = load_file(context, profile, path, &faults);
    if (root == NULL)
        return NULL;
    driver = node_find(root, "driver");
    if (driver != NULL && strcmp(driver->text, "yes") == 0) {
        profile->max_certificates = DRIVER_CERTIFICATES;
        profile->any_host = true;
    }
    reader.targets[TARGET_PROFILE] = profile;
    schema_read(&reader, SECTION_PROFILE, root, NULL);
    if (root->kind == NODE_MAP)
        check(profile, root, &faults);
    profile->reads_input = profile->command != NULL && reads_input(profile);
    faults_sort(&faults);
    return faults_count(&faults) > 0 ? NULL : profile;
}

/* --- servers --- */

const char *profile_text_find(const struct profile_text *texts, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(texts[i].name, name) == 0)
            return texts[i].text;
    return NULL;
}

static bool text_uses(const struct profile_text *texts, size_t n, const char *placeholder)
{
    char why[128];
    void *scratch = talloc_new(NULL);
    bool found = false;

    for (size_t i = 0; i < n && !found; i++) {
        const struct template *template =
            texts[i].text != NULL ? template_split_lines(scratch, texts[i].text, why, sizeof(why))
                                  : NULL;

        found = template != NULL && template_has(template, placeholder);
    }
    talloc_free(scratch);
    return found;
}

bool profile_uses(const struct profile *profile, const char *placeholder)
{
    const struct profile_server *server = profile->server;

    return stands_in(placeholder, profile->command) ||
           text_uses(profile->files, profile->n_files, placeholder) ||
           text_uses(profile->variables, profile->n_variables, placeholder) ||
           (server != NULL && (text_uses(server->ask, server->n_ask, placeholder) ||
                               text_uses(server->modes, server->n_modes, placeholder)));
}

/* A row that no scenario asks for would never count. */
static void check_rows(const struct node *root, const char *key, const char *const *words,
                       struct faults *faults)
{
    const struct node *map = node_find(root, key);

    for (size_t i = 0; map != NULL && map->kind == NODE_MAP && i < map->n; i++) {
        struct path up = { NULL, key, 0 };
        struct path path = { &up, map->keys[i]->text, 0 };
        size_t at = 0;

        while (words[at] != NULL && strcmp(words[at], map->keys[i]->text) != 0)
            at++;
        if (words[at] == NULL)
            faults_add_unknown_key(faults, &path, map->keys[i]->where, map->keys[i]->text, words);
    }
}

static void check_server(const struct profile *profile, const struct node *root,
                         struct faults *faults)
{
    static const char *const modes[] = { "starttls", "implicit", NULL };
    static const char *const asks[] = { "no", "request", "require", NULL };
    static const char *const sessions[] = { "both", "ids", "tickets", "none", NULL };
    static const char *const versions[] = { "1.0",      "1.1",      "1.2",      "1.3",
                                            "1.0..1.1", "1.0..1.2", "1.0..1.3", "1.1..1.2",
                                            "1.1..1.3", "1.2..1.3", NULL };

    check_rows(root, "modes", modes, faults);
    check_rows(root, "ask", asks, faults);
    check_rows(root, "sessions", sessions, faults);
    check_rows(root, "versions", versions, faults);
    check_known(profile, faults);
    if (profile->program != NULL && !profile_uses(profile, "program")) {
        struct path path = { NULL, "program", 0 };

        faults_add(faults, &path, node_find(root, "program")->where,
                   "nothing runs it: write {program} in the command, or in a file");
    }
}

const struct profile *profile_load_server(void *context, const char *path,
                                          struct scenario_errors *errors)
{
    struct profile *profile = new_profile(context);
    struct profile_server *server = talloc_zero(profile, struct profile_server);
    struct faults faults;
    struct reader reader = { .context = profile, .faults = &faults };
    const struct node *root;

    faults_init(&faults, context, errors);
    root = load_file(context, profile, path, &faults);
    if (root == NULL)
        return NULL;
    profile->server = server;
    profile->adds_headers = true; /* a trace, at least */
    reader.targets[TARGET_PROFILE] = profile;
    reader.targets[TARGET_PROFILE_SERVER] = server;
    schema_read(&reader, SECTION_SERVER_PROFILE, root, NULL);
    if (root->kind == NODE_MAP)
        check_server(profile, root, &faults);
    faults_sort(&faults);
    return faults_count(&faults) > 0 ? NULL : profile;
}

const struct profile *profile_of_policy(void *context, const char *policy, int newest)
{
    struct profile *profile = new_profile(context);

    profile->policy = talloc_strdup(profile, policy);
    profile->any_host = true;
    profile->name = talloc_asprintf(profile, "reference-%s", policy);
    profile->title = talloc_asprintf(profile, "the reference client, as %s", policy);
    profile->driver = true;
    profile->newest = newest;
    profile->max_certificates = DRIVER_CERTIFICATES;
    for (int i = 0; i < 3; i++)
        profile->security[i] = true;
    return profile;
}

const struct profile *profile_from_command(void *context, const char *command, struct error *err)
{
    struct profile *profile = new_profile(context);
    char why[128];
    const struct template *template = template_split(profile, command, why, sizeof(why));
    const struct template_word *first;

    if (template == NULL) {
        error_set(err, ERROR_USAGE, WHERE_NONE, "client command: %s", why);
        talloc_free(profile);
        return NULL;
    }
    first = &template->words[0];
    profile->command = talloc_strdup(profile, command);
    profile->title = profile->command;
    profile->name = "command";
    if (first->n_pieces > 0 && first->pieces[0].text != NULL)
        profile->name = base_name(profile, first->pieces[0].text);
    profile->reads_input = !template_has(template, "message");
    profile->any_host = template_has(template, "address");
    profile->modes[SCENARIO_IMPLICIT] =
        template_has(template, "scheme") || template_has(template, "mode");
    return profile;
}
