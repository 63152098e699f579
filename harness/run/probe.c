#include "harness/run/probe.h"

#include "harness/base/process.h"
#include "harness/base/text.h"
#include "harness/run/run.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <regex.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

enum {
    DEADLINE_MS = 20000, /* a virtual machine that starts cold on a busy computer */
    OUTPUT_MAX = 64 * 1024,
    GROUPS = 2
};

/* One version command under way. */
struct question {
    struct process *process; /* NULL: none */
    char *said;
    size_t size;
};

static bool begin(void *context, const struct profile *profile, struct question *question,
                  struct error *err)
{
    struct profile_values values = { .program = run_program(context, profile),
                                     .here = profile->here,
                                     .cache = run_cache(context),
                                     .directory = "/" };
    const struct process_options options = {
        .name = "a version command",
        .argv = profile_expand(context, NULL, profile->version, &values),
        .variables = run_environment(context, profile, "/nonexistent", &values),
        .only_those = true,
        .directory = "/",
        .with_output = true,
        .with_errors = true,
    };

    question->said = talloc_zero_size(context, OUTPUT_MAX + 1);
    question->process = process_start(&options, err);
    return question->process != NULL;
}

/* Reads what is there; what is too much is thrown away. Returns false at the end. */
static bool take(struct question *question, int fd)
{
    char chunk[4096];
    ssize_t n = read(fd, chunk, sizeof(chunk));
    size_t room = OUTPUT_MAX - question->size;

    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    memcpy(question->said + question->size, chunk, (size_t)n < room ? (size_t)n : room);
    question->size += (size_t)n < room ? (size_t)n : room;
    return n > 0;
}

/* Waits for the command's end. Returns its exit code, -N for a signal. */
static int await(struct question *question, int64_t deadline_ms)
{
    struct process *process = question->process;

    for (;;) {
        struct pollfd fds[] = { { process_output(process), POLLIN, 0 },
                                { process_errors(process), POLLIN, 0 } };
        int64_t left = deadline_ms - process_now_ms();

        if ((fds[0].fd < 0 && fds[1].fd < 0) || left <= 0)
            break;
        (void)poll(fds, 2, (int)left);
        if (fds[0].revents != 0 && !take(question, fds[0].fd))
            process_close_output(process);
        if (fds[1].revents != 0 && !take(question, fds[1].fd))
            process_close_errors(process);
    }
    if (process_now_ms() >= deadline_ms)
        process_kill(process);
    return process_wait(process);
}

/* Group 1 of what a regular expression finds; "" when it finds nothing. */
static const char *find(void *context, const char *pattern, const char *text)
{
    regmatch_t groups[GROUPS] = { { -1, -1 }, { -1, -1 } };
    const char *found = "";
    regex_t regex;

    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE) != 0)
        return "";
    if (regexec(&regex, text, GROUPS, groups, 0) == 0 && groups[1].rm_so >= 0)
        found = talloc_strndup(context, text + groups[1].rm_so,
                               (size_t)(groups[1].rm_eo - groups[1].rm_so));
    regfree(&regex);
    return found;
}

/* What installs it, as far as its profile says. */
static const char *cure(void *context, const struct profile *profile)
{
    const char *const *const lists[] = { profile->packages, profile->unpack, profile->npm };
    char *names = talloc_strdup(context, "");

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        for (size_t j = 0; lists[i] != NULL && lists[i][j] != NULL; j++)
            names = talloc_asprintf_append_buffer(names, " %s", lists[i][j]);
    if (names[0] == '\0')
        return "";
    return talloc_asprintf(context, "; `make setup-clients` brings%s", names);
}

static void conclude(void *context, const struct profile *profile, struct question *question,
                     int64_t deadline_ms, struct probe *probe)
{
    const char *pattern = "([0-9]+[.][0-9][0-9.]*[^ \t,;)\"]*)";
    int status = await(question, deadline_ms);

    assert(profile != NULL); /* whoever was asked has one */
    if (profile->version_is != NULL)
        pattern = profile->version_is;
    process_free(question->process);
    question->process = NULL;
    if (status != 0) {
        probe->missing = talloc_asprintf(
            context, "not installed: `%s` ends with %d: %.*s%s", profile->version, status,
            (int)strcspn(question->said, "\n"), question->said, cure(context, profile));
        return;
    }
    probe->version = find(context, pattern, question->said);
    if (profile->library_is != NULL)
        probe->library = find(context, profile->library_is, question->said);
}

void probe_clients(void *context, const struct profile *const *profiles, size_t n,
                   struct probe *probes)
{
    struct question *questions = talloc_zero_array(context, struct question, (unsigned)n + 1);
    int64_t deadline_ms = process_now_ms() + DEADLINE_MS;

    for (size_t i = 0; i < n; i++) {
        struct error err = { 0 };

        probes[i] = (struct probe){ "", "", NULL };
        if (profiles[i] != NULL && profiles[i]->version != NULL &&
            !begin(context, profiles[i], &questions[i], &err))
            probes[i].missing = talloc_asprintf(context, "not installed: %s%s", err.text,
                                                cure(context, profiles[i]));
    }
    for (size_t i = 0; i < n; i++)
        if (questions[i].process != NULL)
            conclude(context, profiles[i], &questions[i], deadline_ms, &probes[i]);
}

bool probe_binds(const struct profile_known *known, const char *version)
{
    if (known->since == NULL && known->until == NULL)
        return true;
    if (version[0] == '\0')
        return false;
    return (known->since == NULL || text_compare_versions(version, known->since) >= 0) &&
           (known->until == NULL || text_compare_versions(version, known->until) <= 0);
}
