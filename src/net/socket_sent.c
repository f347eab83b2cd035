/* SPDX-License-Identifier: MIT */
/* What the system knows of bytes that were sent: Linux tells how many the peer's has not acknowledged. */
#include "net/fd.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

/* How long a peer that has closed may take to refuse what arrived after that, and between two looks. */
enum { REFUSAL_MS = 1000, LOOK_MS = 1 };

/* The connection was reset. */
static bool is_reset(int fd)
{
    struct pollfd look = {.fd = fd};
    return poll(&look, 1, 0) > 0 && (look.revents & POLLERR);
}

bool og__net_socket_untaken(const og__socket *socket, uint64_t since, bool ended)
{
    uint64_t len = socket->sent - since;
    og__deadline deadline = og__net_deadline_in(REFUSAL_MS);
    if (len == 0) return true;
    /* A reset alone proves nothing: a peer may reset what it has read. */
    if (!ended || !og__net_is_tcp(socket->transport)) return false;
    for (;;) {
        int left = 0;
        bool refused = is_reset(socket->fd);
        if (ioctl(socket->fd, SIOCOUTQ, &left) < 0 || (uint64_t)left < len) return false;
        if (refused) return true;
        if (og__net_deadline_left(deadline) == 0) return false;
        og__net_deadline_sleep(deadline, LOOK_MS);
    }
}
