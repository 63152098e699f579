#include "reports/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *digest_text(const char *text)
{
    return text != NULL ? text : "";
}

bool digest_next(const struct result_case *result, struct digest_failure *failure)
{
    for (; failure->i_step < result->n_steps; failure->i_step++, failure->i_check = 0) {
        const struct result_step *step = &result->steps[failure->i_step];

        while (failure->i_check < step->n_checks) {
            const struct result_check *check = &step->checks[failure->i_check++];

            if (check->passed)
                continue;
            failure->step = step;
            failure->check = check;
            return true;
        }
    }
    return false;
}

static bool names(const struct result_check *check, const struct result_rule *end, const char *id)
{
    for (size_t i = 0; i < check->n_rules && &check->rules[i] != end; i++) {
        if (strcmp(digest_text(check->rules[i].id), id) == 0)
            return true;
    }
    return false;
}

bool digest_is_new(const struct result_case *result, const struct digest_failure *failure,
                   const struct result_rule *rule)
{
    struct digest_failure earlier = { .step = NULL };
    const char *id = digest_text(rule->id);

    while (digest_next(result, &earlier) && earlier.check != failure->check) {
        if (names(earlier.check, NULL, id))
            return false;
    }
    return !names(failure->check, rule, id);
}

char *digest_rules(const struct result_case *result)
{
    struct digest_failure failure = { .step = NULL };
    char *ids = NULL;
    size_t size;
    FILE *stream = open_memstream(&ids, &size);

    if (stream == NULL)
        abort();
    while (digest_next(result, &failure)) {
        for (size_t i = 0; i < failure.check->n_rules; i++) {
            const struct result_rule *rule = &failure.check->rules[i];

            if (digest_is_new(result, &failure, rule))
                fprintf(stream, "%s%s", ftell(stream) > 0 ? " " : "", digest_text(rule->id));
        }
    }
    if (fclose(stream) != 0)
        abort();
    return ids;
}

/* malloc()ed. */
static char *words_of(const struct result_check *check)
{
    char *words = NULL;

    if (asprintf(&words, "%s: expected %s, got %s", digest_text(check->fact),
                 digest_text(check->expected), digest_text(check->got)) < 0)
        abort();
    return words;
}

char *digest_message(const struct result_case *result)
{
    struct digest_failure failure = { .step = NULL };
    char *message;

    if (digest_text(result->reason)[0] == '\0' && digest_next(result, &failure))
        return words_of(failure.check);
    message = strdup(digest_text(result->reason)[0] != '\0' ? result->reason
                                                            : outcome_meaning(result->outcome));
    if (message == NULL)
        abort();
    return message;
}

bool digest_reason_is_told(const struct result_case *result)
{
    struct digest_failure failure = { .step = NULL };
    bool told = digest_text(result->reason)[0] == '\0';

    while (!told && digest_next(result, &failure)) {
        char *words = words_of(failure.check);

        told = strcmp(words, result->reason) == 0;
        free(words);
    }
    return told;
}

/* With one connection in one step it goes without saying which is meant. */
static bool is_one_scene(const struct result_case *result)
{
    for (size_t i = 0; i < result->n_causes; i++)
        if (result->causes[i].step > 1 || result->causes[i].connection > 1)
            return false;
    return true;
}

char *digest_cause(const struct result_case *result, const struct result_cause *cause)
{
    char *words = NULL;
    int n;

    if (is_one_scene(result))
        n = asprintf(&words, "%s", digest_text(cause->text));
    else if (cause->connection > 0)
        n = asprintf(&words, "connection %d: %s", cause->connection, digest_text(cause->text));
    else
        n = asprintf(&words, "step %d: %s", cause->step, digest_text(cause->text));
    if (n < 0)
        abort();
    return words;
}

char *digest_subject(const struct result_case *result)
{
    const char *server = digest_text(result->server);
    bool named = server[0] != '\0' && strcmp(server, "fake") != 0;
    char *subject = NULL;

    if (asprintf(&subject, "%s%s%s", digest_text(result->client), named ? " x " : "",
                 named ? server : "") < 0)
        abort();
    return subject;
}

bool digest_is_usual(const struct result_case *result)
{
    char *subject = digest_subject(result);
    bool usual = strcmp(subject, "reference") == 0;

    free(subject);
    return usual;
}
