#include "fake_server/fake_server.h"
#include "fake_server/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_ENVIRONMENT = 3, BACKLOG = 128 };

/* Whoever watches gets each event at once; nobody watches a file, which takes those of a connection
 * together. */
struct output {
    FILE *stream;
    bool is_file;
};

static void print_event(void *context, const struct event *event)
{
    const struct output *output = context;

    event_write(output->stream, event);
    if (!output->is_file || event->id == EVENT_READY || event->id == EVENT_CLOSE)
        fflush(output->stream);
}

/* As many connections as the server takes need more descriptors than a shell gives. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_listener(int port, char *why, size_t why_size)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    snprintf(why, why_size, "127.0.0.1:%d cannot be used: %s", port, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* The signals are taken by sigwait(); a pipe that breaks is an error of writing, not the end. */
static sigset_t block_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signals;
}

static int serve(const struct options *options, char *why, size_t why_size)
{
    sigset_t signals = block_signals();
    int listener = open_listener(options->port, why, why_size);
    struct output output = { stdout, false };
    struct stat status;
    struct fake_server *server;
    int taken;

    if (listener < 0)
        return EXIT_ENVIRONMENT;
    raise_descriptors();
    output.is_file = fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode);
    server = fake_server_open(&options->settings, listener, print_event, &output, why, why_size);
    if (server == NULL) {
        close(listener);
        return EXIT_ENVIRONMENT;
    }
    sigwait(&signals, &taken);
    fake_server_close(server);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct options options = { 0 };
    char why[512] = "";
    int code = EXIT_USAGE;

    if (options_parse(&options, argc, argv, why, sizeof why) < 0) {
        fprintf(stderr, "fake_server: %s\nfake_server: --help lists the options\n", why);
        return EXIT_USAGE;
    }
    if (options.help) {
        options_write_help(stdout);
        return EXIT_SUCCESS;
    }
    code = options_load(&options, why, sizeof why) < 0 ? EXIT_ENVIRONMENT
                                                       : serve(&options, why, sizeof why);
    if (code != EXIT_SUCCESS)
        fprintf(stderr, "fake_server: %s\n", why);
    options_release(&options);
    return code;
}
