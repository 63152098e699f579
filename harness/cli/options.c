#include "harness/cli/options.h"

#include "harness/base/text.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_LIST, OPTION_NUMBER, OPTION_WORD };

struct option {
    const char *name;
    char letter; /* 0: none */
    enum option_kind kind;
    size_t offset;        /* in struct options */
    const char *argument; /* shown in --help; NULL: takes none */
    const char *words;    /* OPTION_WORD: the words in the order of the enum */
    const char *commands; /* letters of the commands that take it */
    const char *meaning;
};

#define AT(member) offsetof(struct options, member)

/* clang-format off */
static const struct option options_table[] = {
    { "client", 'c', OPTION_LIST, AT(clients), "NAME|COMMAND", NULL, "rp", "a profile of cases/clients/ (NAME=PROGRAM: with another program), or a command with {host} {port} {cert} {key} {trust} {from} {to} {message}; several times: all of them. Default: reference, our own client; reference:mono is it with that policy" },
    { "server", 's', OPTION_LIST, AT(servers), "NAME|HOST:PORT", NULL, "r", "a real server for the reference client: a profile of cases/servers/ (NAME=PROGRAM: with another program), or one that is there already, which must be on this machine; several times: all of them" },
    { "remote", 0, OPTION_FLAG, AT(remote), NULL, NULL, "ra", "lets --server HOST:PORT, and capture, name another machine: cases then send it test mail for postmaster@example.test and misbehave on purpose, capture makes some dozens of connections; only for a server that is yours, or whose owner agrees" },
    { "tag", 't', OPTION_LIST, AT(tags), "TAG", NULL, "rl", "only cases with this tag (several times: any of them)" },
    { "skip-tag", 0, OPTION_LIST, AT(skip_tags), "TAG", NULL, "rl", "no cases with this tag" },
    { "spec", 0, OPTION_LIST, AT(rules), "RULE", NULL, "rl", "only cases that test this rule, such as CC-03 (several times: any of them)" },
    { "filter", 'k', OPTION_LIST, AT(filters), "PATTERN", NULL, "rlsp", "only cases whose id matches or contains this (* and ? stand for anything)" },
    { "set", 0, OPTION_LIST, AT(overrides), "KEY=VALUE", NULL, "rlcsp", "one value of a variant (tls=1.3) or of the model, or another value for a key (server.tls=1.2)" },
    { "model", 0, OPTION_FLAG, AT(model), NULL, NULL, "r", "generated cases instead of files: all pairs of values of the model (see `help model`); the first that fails is shrunk and printed" },
    { "strength", 0, OPTION_NUMBER, AT(strength), "N", NULL, "r", "with --model: every N values meet in some case. Default: 2; at most 4" },
    { "exhaustive", 0, OPTION_FLAG, AT(exhaustive), NULL, NULL, "r", "with --model: all combinations of the values that differ in kind" },
    { "seed", 0, OPTION_NUMBER, AT(seed), "N", NULL, "rsp", "of what a server does at random (garbage, random pieces), and, with --model, of the choice of its cases; the same seed does the same again. Default: 1" },
    { "jobs", 'j', OPTION_NUMBER, AT(jobs), "N", NULL, "r", "cases at a time; those tagged `slow` are played beside them. Default: two for each processor" },
    { "report", 'r', OPTION_LIST, AT(reports), "FORMAT[:PATH]", NULL, "r", "console, tap, junit, json, markdown, html or summary, to PATH or standard output; several times: all of them" },
    { "keep", 0, OPTION_WORD, AT(keep), "WHEN", "always failed never", "r", "keep the evidence of a case: always, failed (the default) or never" },
    { "artifacts", 0, OPTION_TEXT, AT(artifacts), "DIR", NULL, "rsx", "where the evidence goes, one folder a case. Default: build/report/evidence" },
    { "misbehave", 0, OPTION_TEXT, AT(misbehave), "FAULT", NULL, "rp", "makes the reference client do one thing wrong: see `help faults`" },
    { "strict", 0, OPTION_FLAG, AT(strict), NULL, NULL, "rp", "what breaks a SHOULD fails" },
    { "no-known", 0, OPTION_FLAG, AT(no_known), NULL, NULL, "rp", "judge as if no profile knew of a deviation" },
    { "fail-fast", 'x', OPTION_FLAG, AT(fail_fast), NULL, NULL, "r", "start no more cases after the first failure" },
    { "port", 'p', OPTION_NUMBER, AT(port), "N", NULL, "s", "listen on this port of 127.0.0.1. Default: a free one" },
    { "ready-file", 0, OPTION_TEXT, AT(ready_file), "FILE", NULL, "s", "write the line that says `ready` to this file, too, whole and once the server listens" },
    { "cert-dir", 0, OPTION_TEXT, AT(cert_dir), "DIR", NULL, "s", "where certificates and keys go. Default: with the artifacts" },
    { "keys", 0, OPTION_TEXT, AT(keys), "DIR", NULL, "r", "make identities of the keys in DIR, as pki/ of an evidence or a `repro` folder has them. Default: new keys" },
    { "starttls", 0, OPTION_FLAG, AT(starttls), NULL, NULL, "a", "TLS begins with STARTTLS: the default, but at port 465" },
    { "implicit", 0, OPTION_FLAG, AT(implicit), NULL, NULL, "a", "TLS is there from the start" },
    { "cert", 0, OPTION_TEXT, AT(cert), "FILE", NULL, "a", "show this certificate (PEM, with its chain) where one is asked for, in some of the connections" },
    { "key", 0, OPTION_TEXT, AT(key), "FILE", NULL, "a", "its key. Default: in the same file" },
    { "trust", 0, OPTION_TEXT, AT(trust), "FILE", NULL, "a", "say whether the server's certificate is of one of these authorities (PEM)" },
    { "anonymise", 0, OPTION_FLAG, AT(anonymise), NULL, NULL, "a", "put other names in the place of those that tell whose the server is" },
    { "trace", 0, OPTION_TEXT, AT(trace), "WORDS", NULL, "rs", "tell on standard error: smtp, tls, events, process, all" },
    { "color", 0, OPTION_WORD, AT(colour), "WHEN", "auto always never", "rlc", "auto (the default), always or never; NO_COLOR and CLICOLOR_FORCE are heeded" },
    { "no-progress", 0, OPTION_FLAG, AT(no_progress), NULL, NULL, "r", "no progress line on a terminal" },
    { "quiet", 'q', OPTION_FLAG, AT(quiet), NULL, NULL, "r", "no lines for cases that pass" },
    { "help", 'h', OPTION_FLAG, AT(help), NULL, NULL, "rlcsvhmoxpa", "print this" },
};
/* clang-format on */
#define N_OPTIONS (sizeof(options_table) / sizeof(options_table[0]))

static void *member(struct options *options, const struct option *option)
{
    return (char *)options + option->offset;
}

static void add_to_list(void *context, const char ***list, const char *text)
{
    size_t n = 0;

    while (*list != NULL && (*list)[n] != NULL)
        n++;
    *list = talloc_realloc(context, *list, const char *, (unsigned)n + 2);
    (*list)[n] = text;
    (*list)[n + 1] = NULL;
}

static int set_number(int *number, const struct option *option, const char *text, struct error *err)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value < 1 || value > 65535)
        return error_set(err, ERROR_USAGE, WHERE_NONE,
                         "--%s: \"%s\" is not a number from 1 to 65535", option->name, text);
    *number = (int)value;
    return 0;
}

/* Sets an enum to the place of a word in the option's list. */
static int set_word(int *place, const struct option *option, const char *text, struct error *err)
{
    size_t length = strlen(text);
    int n = 0;

    for (const char *word = option->words; *word != '\0'; n++) {
        size_t size = strcspn(word, " ");

        if (size == length && strncmp(word, text, size) == 0) {
            *place = n;
            return 0;
        }
        word += size;
        word += *word == ' ';
    }
    return error_set(err, ERROR_USAGE, WHERE_NONE, "--%s: \"%s\" is not one of %s", option->name,
                     text, option->words);
}

static int set(void *context, struct options *options, const struct option *option,
               const char *text, struct error *err)
{
    assert(option->kind == OPTION_FLAG || text != NULL);
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)member(options, option) = true;
        return 0;
    case OPTION_TEXT:
        *(const char **)member(options, option) = text;
        return 0;
    case OPTION_LIST:
        add_to_list(context, member(options, option), text);
        return 0;
    case OPTION_NUMBER:
        return set_number(member(options, option), option, text, err);
    case OPTION_WORD:
        return set_word(member(options, option), option, text, err);
    }
    return 0;
}

static const struct option *find_long(const char *name, size_t length)
{
    for (size_t i = 0; i < N_OPTIONS; i++)
        if (strlen(options_table[i].name) == length &&
            strncmp(options_table[i].name, name, length) == 0)
            return &options_table[i];
    return NULL;
}

static const struct option *find_short(char letter)
{
    for (size_t i = 0; i < N_OPTIONS; i++)
        if (options_table[i].letter == letter && letter != '\0')
            return &options_table[i];
    return NULL;
}

static int unknown_option(const char *word, struct error *err)
{
    const char *names[N_OPTIONS + 1] = { NULL };
    const char *nearest;
    char name[64];

    for (size_t i = 0; i < N_OPTIONS; i++)
        names[i] = options_table[i].name;
    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
    nearest = text_nearest(name + strspn(name, "-"), names);
    return error_set(err, ERROR_USAGE, WHERE_NONE, "unknown option \"%s\"%s%s%s", name,
                     nearest ? " (did you mean \"--" : "", nearest ? nearest : "",
                     nearest ? "\"?)" : "");
}

/* An option as it was written: --name, --name=argument, -x, -xargument. */
struct spelling {
    const struct option *option; /* NULL: nobody knows it */
    const char *argument;        /* in the same word; NULL: none */
};

static struct spelling read_long(const char *name)
{
    size_t length = strcspn(name, "=");

    return (struct spelling){ find_long(name, length),
                              name[length] == '=' ? name + length + 1 : NULL };
}

static struct spelling read_short(const char *letter)
{
    return (struct spelling){ find_short(letter[0]), letter[1] != '\0' ? letter + 1 : NULL };
}

/* Takes one option and its argument; returns the number of words taken, or -1. */
static int take_option(void *context, struct options *options, char **words, struct error *err)
{
    const char *word = words[0];
    struct spelling spelling = word[1] == '-' ? read_long(word + 2) : read_short(word + 1);
    const struct option *option = spelling.option;
    const char *argument = spelling.argument;
    int taken = 1;

    if (option == NULL)
        return unknown_option(word, err);
    if (strchr(option->commands, options->command->letter) == NULL)
        return error_set(err, ERROR_USAGE, WHERE_NONE, "--%s is no option of \"%s\"", option->name,
                         options->command->name);
    if (option->argument == NULL && argument != NULL)
        return error_set(err, ERROR_USAGE, WHERE_NONE, "--%s takes no argument", option->name);
    if (option->argument != NULL && argument == NULL) {
        argument = words[1];
        taken = 2;
    }
    if (option->argument != NULL && argument == NULL)
        return error_set(err, ERROR_USAGE, WHERE_NONE, "--%s wants %s", option->name,
                         option->argument);
    return set(context, options, option, argument, err) == 0 ? taken : -1;
}

static int find_command(struct options *options, const char *name, struct error *err)
{
    static const char *const aliases[][2] = {
        { "--help", "help" }, { "-h", "help" }, { "--version", "version" }, { "-V", "version" }
    };
    const char *names[32] = { NULL };
    const char *nearest;

    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
        if (strcmp(name, aliases[i][0]) == 0)
            name = aliases[i][1];
    for (size_t i = 0; commands[i].name != NULL; i++) {
        names[i] = commands[i].name;
        if (strcmp(name, commands[i].name) == 0)
            options->command = &commands[i];
    }
    if (options->command != NULL)
        return 0;
    nearest = text_nearest(name, names);
    return error_set(err, ERROR_USAGE, WHERE_NONE, "unknown command \"%s\"%s%s%s", name,
                     nearest ? " (did you mean \"" : "", nearest ? nearest : "",
                     nearest ? "\"?)" : "");
}

int options_parse(void *context, int argc, char **argv, struct options *options, struct error *err)
{
    bool only_paths = false;

    *options = (struct options){ .program = argv[0],
                                 .keep = KEEP_FAILED,
                                 .seed = OPTIONS_SEED,
                                 .artifacts = "build/report/evidence" };
    if (find_command(options, argc > 1 ? argv[1] : "help", err) != 0)
        return -1;
    for (int i = 2; i < argc;) {
        int taken = 1;

        if (only_paths || argv[i][0] != '-' || argv[i][1] == '\0')
            add_to_list(context, &options->paths, argv[i]);
        else if (strcmp(argv[i], "--") == 0)
            only_paths = true;
        else
            taken = take_option(context, options, &argv[i], err);
        if (taken < 0)
            return -1;
        i += taken;
    }
    return 0;
}

static void print_option(FILE *stream, const struct option *option)
{
    char left[64];

    (void)snprintf(left, sizeof(left), "%c%c%s--%s%s%s", option->letter != 0 ? '-' : ' ',
                   option->letter != 0 ? option->letter : ' ', option->letter != 0 ? ", " : "  ",
                   option->name, option->argument != NULL ? " " : "",
                   option->argument != NULL ? option->argument : "");
    (void)fprintf(stream, "  %-32s %s\n", left, option->meaning);
}

#define PRINT_EXIT_CODE(id, code, meaning) (void)fprintf(stream, "  %3d  %s\n", code, meaning);

void options_print_help(FILE *stream, const struct command *command)
{
    if (command == NULL) {
        (void)fputs("counterseal: conformance tests for client certificates in SMTP over "
                    "TLS\n\ncommands:\n",
                    stream);
        for (const struct command *row = commands; row->name != NULL; row++)
            (void)fprintf(stream, "  %-10s %-24s %s\n", row->name, row->arguments, row->meaning);
    } else {
        (void)fprintf(stream, "usage: counterseal %s [options] %s\n%s\n", command->name,
                      command->arguments, command->meaning);
    }
    (void)fputs("\noptions:\n", stream);
    for (size_t i = 0; i < N_OPTIONS; i++)
        if (command == NULL || strchr(options_table[i].commands, command->letter) != NULL)
            print_option(stream, &options_table[i]);
    (void)fputs("\nexit codes:\n", stream);
    EXIT_CODES(PRINT_EXIT_CODE)
}
