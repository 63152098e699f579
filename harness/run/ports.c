#include "harness/run/ports.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct port *find(const struct ports *ports, const char *name)
{
    for (size_t i = 0; i < ports->n; i++) {
        const struct port *port = &ports->items[i];

        if (port->name == name ||
            (port->name != NULL && name != NULL && strcasecmp(port->name, name) == 0))
            return port;
    }
    return NULL;
}

int ports_listen(int number, struct error *err)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)number),
                                   .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return error_set_errno(err, "cannot make a socket");
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, SOMAXCONN) != 0) {
        error_set_errno(err, "cannot listen on 127.0.0.1 port %d", number);
        close(fd);
        return -1;
    }
    return fd;
}

static int start_listening(struct port *port, int number, struct error *err)
{
    struct sockaddr_in address = { 0 };
    socklen_t size = sizeof(address);

    port->listener = ports_listen(number, err);
    if (port->listener < 0)
        return -1;
    (void)getsockname(port->listener, (struct sockaddr *)&address, &size);
    (void)snprintf(port->number, sizeof(port->number), "%d", ntohs(address.sin_port));
    return 0;
}

static int add(struct ports *ports, const char *name, int number, struct error *err)
{
    struct port *port = &ports->items[ports->n];

    if (find(ports, name) != NULL)
        return 0;
    if (ports->n == sizeof(ports->items) / sizeof(ports->items[0]))
        return error_set(err, ERROR_SCENARIO, WHERE_NONE, "a scenario has at most %d ports",
                         (int)ports->n);
    *port = (struct port){ .name = name, .listener = -1 };
    ports->n++;
    return start_listening(port, number, err);
}

static int add_of_step(struct ports *ports, const struct scenario_step *step, struct error *err)
{
    for (size_t i = 0; i < step->server->n_ports; i++)
        if (add(ports, step->server->ports[i].name, 0, err) != 0)
            return -1;
    return add(ports, step->client->port.text, 0, err);
}

int ports_open(struct ports *ports, const struct scenario *scenario, int number, struct error *err)
{
    int rv;

    *ports = (struct ports){ .n = 0 };
    rv = add(ports, NULL, number, err);
    for (size_t i = 0; scenario != NULL && i < scenario->n_steps && rv == 0; i++)
        rv = add_of_step(ports, &scenario->steps[i], err);
    if (rv != 0)
        ports_close(ports);
    return rv;
}

const char *ports_find(const struct ports *ports, const struct scenario_step *step)
{
    return find(ports, step->client->port.text)->number;
}

void ports_serve(struct ports *ports, struct fake_server *server)
{
    for (size_t i = 1; i < ports->n; i++) {
        struct port *port = &ports->items[i];

        if (fake_server_listen(server, port->listener, port->name) == 0)
            port->listener = -1;
    }
}

void ports_close(struct ports *ports)
{
    for (size_t i = 0; i < ports->n; i++) {
        if (ports->items[i].listener >= 0)
            close(ports->items[i].listener);
        ports->items[i].listener = -1;
    }
}
