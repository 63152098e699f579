#include "harness/cli/commands.h"

#include "harness/capture/capture.h"

#include <signal.h>
#include <string.h>
#include <talloc.h>

/* HOST:PORT, [ADDRESS]:PORT */
static int take_target(void *context, const char *word, struct dial_target *target,
                       struct error *err)
{
    const char *colon = strrchr(word, ':');
    size_t length = colon != NULL ? (size_t)(colon - word) : 0;

    if (colon == NULL || length == 0 || colon[1] == '\0')
        return error_set(err, ERROR_USAGE, WHERE_NONE,
                         "\"%s\" is not HOST:PORT, such as 127.0.0.1:2525 or [::1]:2525", word);
    if (word[0] == '[' && word[length - 1] == ']') {
        word++;
        length -= 2;
    }
    target->host = talloc_strndup(context, word, length);
    target->port = colon + 1;
    return 0;
}

/* Where nothing is said, the port says it. */
static bool begins_with_tls(const struct options *options, const char *port)
{
    if (options->implicit || options->starttls)
        return options->implicit;
    return strcmp(port, "465") == 0;
}

static int take_options(void *context, const struct options *options, struct dial_target *target,
                        struct error *err)
{
    const char **paths = options->paths;

    if (paths == NULL || paths[1] != NULL)
        return error_set(err, ERROR_USAGE, WHERE_NONE,
                         "capture wants one server, such as 127.0.0.1:2525");
    if (options->implicit && options->starttls)
        return error_set(err, ERROR_USAGE, WHERE_NONE,
                         "--starttls and --implicit exclude each "
                         "other");
    if (options->key != NULL && options->cert == NULL)
        return error_set(err, ERROR_USAGE, WHERE_NONE, "--key wants --cert");
    *target = (struct dial_target){ .remote = options->remote,
                                    .certificate = options->cert,
                                    .key = options->key,
                                    .trust = options->trust };
    if (take_target(context, paths[0], target, err) != 0)
        return -1;
    target->implicit = begins_with_tls(options, target->port);
    return 0;
}

int command_capture(void *context, const struct options *options)
{
    struct dial_target target;
    struct error err = { 0 };
    const struct capture *capture;

    (void)signal(SIGPIPE, SIG_IGN);
    if (take_options(context, options, &target, &err) != 0)
        return commands_fail(&err);
    capture = capture_probe(context, &target, &err);
    if (capture == NULL)
        return commands_fail(&err);
    capture_write(stdout, capture, options->anonymise);
    return EXIT_AS_EXPECTED;
}
