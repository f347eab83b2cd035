/* SPDX-License-Identifier: MIT */
/* Waiting for a pipe, but not for ever. */
#include "cli/ready.h"

#include <poll.h>

static bool wait_for(int fd, short event, int ms)
{
    struct pollfd wait = {.fd = fd, .events = event};
    return poll(&wait, 1, ms) > 0;
}

bool cli_can_read(int fd, int ms)
{
    return wait_for(fd, POLLIN, ms);
}

bool cli_can_write(int fd, int ms)
{
    return wait_for(fd, POLLOUT, ms);
}

void cli_can_either(int in, int out, int ms, bool *can_read, bool *can_write)
{
    struct pollfd wait[2] = {{.fd = in, .events = POLLIN}, {.fd = out, .events = POLLOUT}};
    bool any = poll(wait, 2, ms) > 0;
    *can_read = any && wait[0].revents;
    *can_write = any && wait[1].revents;
}
