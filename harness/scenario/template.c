#include "harness/scenario/template.h"
#include "harness/base/text.h"
#include "harness/scenario/arrays.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

struct placeholder {
    const char *name;
    bool is_list;
    size_t offset; /* in struct profile_values */
};

#define VALUE(member) offsetof(struct profile_values, member)

static const struct placeholder placeholders[] = {
    { "host", false, VALUE(host) },
    { "name", false, VALUE(name) },
    { "ip", false, VALUE(ip) },
    { "port", false, VALUE(port) },
    { "address", false, VALUE(address) },
    { "scheme", false, VALUE(scheme) },
    { "mode", false, VALUE(mode) },
    { "trust", false, VALUE(trust) },
    { "from", false, VALUE(from) },
    { "message", false, VALUE(message) },
    { "domain", false, VALUE(domain) },
    { "directory", false, VALUE(directory) },
    { "tls", false, VALUE(tls) },
    { "ready", false, VALUE(ready) },
    { "program", false, VALUE(program) },
    { "here", false, VALUE(here) },
    { "cache", false, VALUE(cache) },
    { "apart", false, VALUE(apart) },
    { "second_port", false, VALUE(second_port) },
    { "ask", false, VALUE(ask) },
    { "sessions", false, VALUE(sessions) },
    { "names", false, VALUE(names) },
    { "crl", false, VALUE(crl) },
    { "sink", false, VALUE(sink) },
    { "host_name", true, VALUE(host_name) },
    { "host_cert", true, VALUE(host_cert) },
    { "host_key", true, VALUE(host_key) },
    { "host_trust", true, VALUE(host_trust) },
    { "host_ask", true, VALUE(host_ask) },
    { "to", true, VALUE(to) },
    { "cert", true, VALUE(cert) },
    { "key", true, VALUE(key) },
    { "pfx", true, VALUE(pfx) },
};

/* The quote that no letter closes: a text of lines. */
#define LINE '\1'

enum { N_PLACEHOLDERS = sizeof(placeholders) / sizeof(placeholders[0]), NAME_MAX_BYTES = 32 };

/* --- splitting --- */

struct splitter {
    struct template *template;
    const char *at;
    char quote; /* the one that is open, or NUL */
    bool in_word;
    bool in_group;
    int group;
    bool in_option;
    int option;
    char *literal; /* of the piece that is read */
    char *why;
    size_t why_size;
};

static bool fail(struct splitter *splitter, const char *what, const char *detail)
{
    (void)snprintf(splitter->why, splitter->why_size, "%s%.60s", what, detail);
    return false;
}

static struct template_word *word_of(struct splitter *splitter)
{
    struct template *template = splitter->template;

    if (!splitter->in_word) {
        template->words =
            ARRAY_RESIZE(template, template->words, struct template_word, template->n_words + 1);
        if (!splitter->in_group)
            splitter->group++;
        template->words[template->n_words++] = (struct template_word){ NULL, 0, splitter->group };
        splitter->in_word = true;
    }
    return &template->words[template->n_words - 1];
}

static void add_piece(struct splitter *splitter, const char *text, int placeholder)
{
    struct template_word *word = word_of(splitter);

    word->pieces =
        ARRAY_RESIZE(splitter->template, word->pieces, struct template_piece, word->n_pieces + 1);
    word->pieces[word->n_pieces++] =
        (struct template_piece){ text, placeholder, splitter->in_option ? splitter->option : 0 };
}

static void add_letter(struct splitter *splitter, char letter)
{
    (void)word_of(splitter);
    if (splitter->literal == NULL)
        splitter->literal = talloc_strdup(splitter->template, "");
    splitter->literal = talloc_strndup_append_buffer(splitter->literal, &letter, 1);
}

static void end_literal(struct splitter *splitter)
{
    if (splitter->literal != NULL)
        add_piece(splitter, splitter->literal, -1);
    splitter->literal = NULL;
}

static void end_word(struct splitter *splitter)
{
    end_literal(splitter);
    splitter->in_word = false;
}

static bool find_placeholder(struct splitter *splitter, const char *name)
{
    const char *names[N_PLACEHOLDERS + 1] = { NULL };
    char hint[64] = "";
    const char *near;

    for (int i = 0; i < (int)N_PLACEHOLDERS; i++) {
        names[i] = placeholders[i].name;
        if (strcmp(placeholders[i].name, name) == 0) {
            end_literal(splitter);
            add_piece(splitter, NULL, i);
            return true;
        }
    }
    near = text_nearest(name, names);
    if (near != NULL)
        (void)snprintf(hint, sizeof(hint), "%s} (did you mean {%s}?)", name, near);
    else
        (void)snprintf(hint, sizeof(hint), "%s}", name);
    return fail(splitter, "unknown placeholder {", hint);
}

/* `{name}` is a placeholder, `{` before anything else is a letter: `{print $1}`. */
static bool take_brace(struct splitter *splitter)
{
    char name[NAME_MAX_BYTES];
    size_t length = strspn(splitter->at + 1, "abcdefghijklmnopqrstuvwxyz_");

    if (length == 0 || splitter->at[1 + length] != '}') {
        if (length > 0 && splitter->quote == '\0')
            return fail(splitter, "a placeholder is not closed: ", splitter->at);
        add_letter(splitter, *splitter->at++);
        return true;
    }
    if (length >= sizeof(name))
        return fail(splitter, "unknown placeholder ", splitter->at);
    memcpy(name, splitter->at + 1, length);
    name[length] = '\0';
    splitter->at += length + 2;
    return find_placeholder(splitter, name);
}

static bool take_open(struct splitter *splitter)
{
    if (splitter->in_group || splitter->in_option)
        return fail(splitter, "a bracket within brackets: ", splitter->at);
    if (splitter->in_word) {
        end_literal(splitter);
        splitter->in_option = true;
        splitter->option++;
    } else {
        splitter->in_group = true;
        splitter->group++;
    }
    splitter->at++;
    return true;
}

static bool has_placeholder(const struct splitter *splitter)
{
    const struct template *template = splitter->template;

    for (size_t i = 0; i < template->n_words; i++) {
        const struct template_word *word = &template->words[i];

        for (size_t j = 0; word->group == splitter->group && j < word->n_pieces; j++) {
            const struct template_piece *piece = &word->pieces[j];

            if (piece->placeholder >= 0 &&
                (!splitter->in_option || piece->option == splitter->option))
                return true;
        }
    }
    return false;
}

static bool take_close(struct splitter *splitter)
{
    if (!splitter->in_group && !splitter->in_option)
        return fail(splitter, "a bracket closes that was not opened: ", splitter->at);
    end_literal(splitter);
    if (!has_placeholder(splitter))
        return fail(splitter, "brackets without a placeholder in them", "");
    splitter->at++;
    if (splitter->in_group) {
        end_word(splitter);
        if (*splitter->at != '\0' && !isspace((unsigned char)*splitter->at))
            return fail(splitter, "a word goes on behind a bracket; quote it: ", splitter->at);
    }
    splitter->in_group = false;
    splitter->in_option = false;
    return true;
}

static bool take_blank(struct splitter *splitter)
{
    if (splitter->in_option)
        return fail(splitter, "a blank in brackets within a word; quote it", "");
    end_word(splitter);
    splitter->at++;
    return true;
}

static bool take_letter(struct splitter *splitter)
{
    bool keeps_brace = splitter->at[0] == '%' && splitter->at[1] == '{';

    add_letter(splitter, *splitter->at++);
    if (keeps_brace)
        add_letter(splitter, *splitter->at++);
    return true;
}

static bool take_quote(struct splitter *splitter)
{
    char c = *splitter->at++;

    (void)word_of(splitter);
    splitter->quote = (char)(splitter->quote == '\0' ? c : '\0');
    return true;
}

/* Within double quotes a backslash quotes only what is special there. */
static bool take_backslash(struct splitter *splitter)
{
    char next = splitter->at[1];

    if (next == '\0' || (splitter->quote == LINE && next == '\n')) {
        if (splitter->quote != LINE)
            return fail(splitter, "it ends with a backslash", "");
        add_letter(splitter, *splitter->at++);
        return true;
    }
    if ((splitter->quote == '"' && strchr("\"\\{", next) == NULL) ||
        (splitter->quote == LINE && next != '{'))
        add_letter(splitter, '\\');
    add_letter(splitter, next);
    splitter->at += 2;
    return true;
}

static bool take(struct splitter *splitter)
{
    char c = *splitter->at;
    bool is_open = splitter->quote == '\0';

    if (c == splitter->quote || (is_open && (c == '\'' || c == '"')))
        return take_quote(splitter);
    if (c == '\\' && splitter->quote != '\'')
        return take_backslash(splitter);
    if (c == '{')
        return take_brace(splitter);
    if (c == '\n' && splitter->quote == LINE) {
        (void)word_of(splitter);
        end_word(splitter);
        splitter->at++;
        return true;
    }
    if (is_open && c == '[')
        return take_open(splitter);
    if (is_open && c == ']')
        return take_close(splitter);
    if (is_open && isspace((unsigned char)c))
        return take_blank(splitter);
    return take_letter(splitter);
}

static struct template *take_apart(void *context, const char *text, char quote, char *why,
                                   size_t size)
{
    struct splitter splitter = { .template = talloc_zero(context, struct template),
                                 .at = text,
                                 .why = why,
                                 .why_size = size,
                                 .quote = quote };
    bool good = true;

    while (good && *splitter.at != '\0')
        good = take(&splitter);
    if (good && splitter.quote != quote)
        good = fail(&splitter, "a quote is not closed", "");
    if (good && (splitter.in_group || splitter.in_option))
        good = fail(&splitter, "a bracket is not closed", "");
    end_word(&splitter);
    if (good && splitter.template->n_words == 0 && quote != LINE)
        good = fail(&splitter, "no word in it", "");
    if (!good)
        TALLOC_FREE(splitter.template);
    return splitter.template;
}

const struct template *template_split(void *context, const char *text, char *why, size_t size)
{
    /* cppcheck-suppress CastIntegerToAddressAtReturn ; it takes the struct for a number */
    return take_apart(context, text, '\0', why, size);
}

const struct template *template_split_lines(void *context, const char *text, char *why, size_t size)
{
    /* cppcheck-suppress CastIntegerToAddressAtReturn */
    return take_apart(context, text, LINE, why, size);
}

bool template_has(const struct template *template, const char *name)
{
    for (size_t i = 0; i < template->n_words; i++) {
        const struct template_word *word = &template->words[i];

        for (size_t j = 0; j < word->n_pieces; j++) {
            int index = word->pieces[j].placeholder;

            if (index >= 0 && strcmp(placeholders[index].name, name) == 0)
                return true;
        }
    }
    return false;
}

/* --- expanding --- */

static const void *member(const struct profile_values *values, const struct placeholder *row)
{
    const void *pointer;

    memcpy(&pointer, (const char *)values + row->offset, sizeof(pointer));
    return pointer;
}

/* Returns the value of that index, NULL when there are not so many. One value is the same for every
 * index. */
static const char *value_of(const struct profile_values *values, int placeholder, size_t index)
{
    const struct placeholder *row = &placeholders[placeholder];
    const void *pointer = member(values, row);
    const char *const *list = pointer;

    if (!row->is_list)
        return pointer;
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        if (i == index)
            return list[i];
    }
    return NULL;
}

static bool is_list(int placeholder)
{
    return placeholder >= 0 && placeholders[placeholder].is_list;
}

/* Tells whether the words from `first` to `last` can be written for the values of that index. */
static bool can_write(const struct template *template, size_t first, size_t last, size_t index,
                      const struct profile_values *values)
{
    bool has_list = false;

    for (size_t i = first; i < last; i++) {
        const struct template_word *word = &template->words[i];

        for (size_t j = 0; j < word->n_pieces; j++) {
            int placeholder = word->pieces[j].placeholder;

            if (word->pieces[j].option > 0)
                continue;
            if (placeholder >= 0 && value_of(values, placeholder, index) == NULL)
                return false;
            has_list = has_list || is_list(placeholder);
        }
    }
    return has_list || index == 0;
}

/* Tells whether every placeholder of a part in brackets has a value. */
static bool can_write_option(const struct template_word *word, int option, size_t index,
                             const struct profile_values *values)
{
    for (size_t i = 0; i < word->n_pieces; i++) {
        const struct template_piece *piece = &word->pieces[i];

        if (piece->option == option && piece->placeholder >= 0 &&
            value_of(values, piece->placeholder, index) == NULL)
            return false;
    }
    return true;
}

static char *write_word(void *context, const struct template_word *word, size_t index,
                        const struct profile_values *values)
{
    char *text = talloc_strdup(context, "");

    for (size_t i = 0; i < word->n_pieces; i++) {
        const struct template_piece *piece = &word->pieces[i];

        if (piece->option > 0 && !can_write_option(word, piece->option, index, values))
            continue;
        text = talloc_strdup_append_buffer(text, piece->placeholder < 0
                                                     ? piece->text
                                                     : value_of(values, piece->placeholder, index));
    }
    return text;
}

static char **write_words(void *context, char **words, const struct template *split,
                          const struct profile_values *values)
{
    size_t n = 0;

    while (words != NULL && words[n] != NULL)
        n++;
    for (size_t first = 0, last; split != NULL && first < split->n_words; first = last) {
        for (last = first;
             last < split->n_words && split->words[last].group == split->words[first].group;)
            last++;
        for (size_t index = 0; can_write(split, first, last, index, values); index++) {
            words = ARRAY_RESIZE(context, words, char *, n + (last - first) + 1);
            for (size_t i = first; i < last; i++)
                words[n++] = write_word(words, &split->words[i], index, values);
        }
    }
    words = ARRAY_RESIZE(context, words, char *, n + 1);
    words[n] = NULL;
    return words;
}

char **profile_expand(void *context, char **words, const char *template,
                      const struct profile_values *values)
{
    char why[128];
    void *scratch = talloc_new(NULL);

    words =
        write_words(context, words, template_split(scratch, template, why, sizeof(why)), values);
    talloc_free(scratch);
    return words;
}

char *profile_expand_text(void *context, const char *text, const struct profile_values *values)
{
    char why[128];
    void *scratch = talloc_new(NULL);
    char **lines =
        write_words(scratch, NULL, template_split_lines(scratch, text, why, sizeof(why)), values);
    char *expanded = talloc_strdup(context, "");

    for (size_t i = 0; lines[i] != NULL; i++)
        expanded = talloc_asprintf_append_buffer(expanded, "%s\n", lines[i]);
    talloc_free(scratch);
    return expanded;
}
