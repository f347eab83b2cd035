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
