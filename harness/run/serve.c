#include "harness/run/run.h"

#include "harness/base/files.h"
#include "harness/run/stage.h"

#include <talloc.h>
#include <unistd.h>

/* Nobody tells a server that serves alone when a client is done: a QUIT is awaited so long. */
#define SERVE_CLOSE_GRACE_MS 250

/* Others write to the same stream: a line is not to be torn. */
static void print_event(void *context, const struct event *event)
{
    FILE *stream = context;

    flockfile(stream);
    (void)event_write(stream, event);
    (void)fflush(stream);
    funlockfile(stream);
}

static void fill(struct fake_server_settings *settings, void *context,
                 const struct run_serving *serving)
{
    const struct scenario_step *step = &serving->scenario->steps[serving->step - 1];

    stage_fill_settings(settings, context, serving->scenario, serving->pki, step,
                        serving->directory);
    settings->close_grace_ms = SERVE_CLOSE_GRACE_MS;
    settings->capture = serving->capture;
    settings->seed = (uint64_t)serving->seed;
}

int run_serve_open(struct run_serving *serving, struct error *err)
{
    struct fake_server_settings settings;
    void *context;
    char why[256];

    if (ports_open(&serving->ports, serving->scenario, serving->port, err) != 0)
        return -1;
    context = talloc_new(NULL);
    serving->step = 1;
    serving->capture = fake_server_capture_new(0);
    fill(&settings, context, serving);
    serving->server = fake_server_open(&settings, serving->ports.items[0].listener, print_event,
                                       stdout, why, sizeof(why));
    stage_free_settings(&settings);
    talloc_free(context);
    if (serving->server != NULL) {
        serving->ports.items[0].listener = -1;
        ports_serve(&serving->ports, serving->server);
        fake_server_step(serving->server, serving->step);
        return 0;
    }
    ports_close(&serving->ports);
    return error_set(err, ERROR_TLS, WHERE_NONE, "fake server: %s", why);
}

static int apply_step(struct run_serving *serving, struct error *err)
{
    struct fake_server_settings settings;
    void *context = talloc_new(NULL);
    char why[256];
    int rv;

    fill(&settings, context, serving);
    rv = fake_server_set(serving->server, &settings, why, sizeof(why));
    stage_free_settings(&settings);
    talloc_free(context);
    if (rv != 0)
        return error_set(err, ERROR_TLS, WHERE_NONE, "fake server: %s", why);
    fake_server_step(serving->server, serving->step);
    return 0;
}

int run_serve_step(struct run_serving *serving, int number, struct error *err)
{
    const struct scenario_step *step;

    if (number < 1 || (size_t)number > serving->scenario->n_steps)
        return error_set(err, ERROR_USAGE, WHERE_NONE, "there is no step %d; the scenario has %zu",
                         number, serving->scenario->n_steps);
    serving->step = number;
    step = &serving->scenario->steps[number - 1];
    if (step->rotate_ticket_keys)
        fake_server_rotate_ticket_keys(serving->server);
    if (step->drop_session_cache)
        fake_server_drop_sessions(serving->server);
    return apply_step(serving, err);
}

int run_serve_reset(struct run_serving *serving, struct error *err)
{
    fake_server_reset(serving->server);
    serving->step = 1;
    return apply_step(serving, err);
}

static int write_part(const struct run_serving *serving, const char *name,
                      int (*write)(struct fake_server_capture *capture, FILE *stream),
                      struct error *err)
{
    char *path = talloc_asprintf(NULL, "%s/%s", serving->directory, name);
    FILE *stream = files_open_whole(path, err);
    int rv = -1;

    if (stream != NULL) {
        (void)write(serving->capture, stream);
        rv = files_commit(stream, path, err);
    }
    talloc_free(path);
    return rv;
}

int run_serve_close(struct run_serving *serving, struct error *err)
{
    int rv = 0;

    fake_server_close(serving->server);
    if (serving->server != NULL &&
        (write_part(serving, "capture.pcapng", fake_server_capture_write, err) != 0 ||
         write_part(serving, "keys.log", fake_server_capture_write_secrets, err) != 0))
        rv = -1;
    fake_server_capture_free(serving->capture);
    serving->server = NULL;
    serving->capture = NULL;
    return rv;
}
