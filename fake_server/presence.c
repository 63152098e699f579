#include "fake_server/presence.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

void presence_init(struct presence *presence, pthread_mutex_t *lock, pthread_cond_t *changed,
                   int fd)
{
    *presence = (struct presence){ .lock = lock, .changed = changed, .fd = fd };
    presence->wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void presence_release(struct presence *presence)
{
    if (presence->wakeup >= 0)
        close(presence->wakeup);
    presence->wakeup = -1;
}

void presence_set(struct presence *presence, enum presence_state state)
{
    pthread_mutex_lock(presence->lock);
    presence->state = state;
    pthread_cond_broadcast(presence->changed);
    pthread_mutex_unlock(presence->lock);
}

void presence_set_doomed(struct presence *presence)
{
    pthread_mutex_lock(presence->lock);
    presence->doomed = true;
    pthread_mutex_unlock(presence->lock);
}

void presence_set_reported(struct presence *presence)
{
    pthread_mutex_lock(presence->lock);
    presence->reported = true;
    pthread_cond_broadcast(presence->changed);
    pthread_mutex_unlock(presence->lock);
}

struct presence presence_take(struct presence *presence)
{
    struct presence taken;
    eventfd_t count;

    pthread_mutex_lock(presence->lock);
    (void)eventfd_read(presence->wakeup, &count);
    taken = *presence;
    pthread_mutex_unlock(presence->lock);
    return taken;
}

static bool check_events(int fd, short events)
{
    struct pollfd row = { .fd = fd, .events = events };

    return poll(&row, 1, 0) > 0;
}

static bool check_waiting(struct presence *presence)
{
    if (check_events(presence->fd, POLLIN) || presence->dismissed)
        return false;
    if (!presence->doomed)
        return true;
    presence->dismissed = true;
    (void)eventfd_write(presence->wakeup, 1);
    return false;
}

static bool check_lingering(struct presence *presence)
{
    if (presence->reported)
        return true;
    if (!presence->hurried)
        (void)eventfd_write(presence->wakeup, 1);
    presence->hurried = true;
    return false;
}

bool presence_check(struct presence *presence)
{
    if (presence->state == PRESENCE_WAITING)
        return check_waiting(presence);
    if (presence->state == PRESENCE_STALLED)
        return !check_events(presence->fd, POLLRDHUP);
    if (presence->state == PRESENCE_LINGERING)
        return check_lingering(presence);
    return presence->state == PRESENCE_OVER;
}

void presence_end(struct presence *presence)
{
    presence->ended = true;
    (void)eventfd_write(presence->wakeup, 1);
}

int64_t presence_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
