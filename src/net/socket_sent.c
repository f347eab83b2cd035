/* SPDX-License-Identifier: MIT */
/* What the system knows of bytes that were sent: Linux tells how many the peer's has not acknowledged. */
#include "net/fd.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

bool og__net_socket_untaken(const og__socket *socket, uint64_t since)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    uint64_t len = socket->sent - since;
    int unsent = 0;
    if (len == 0) return true;
    if (!og__net_is_tcp(socket->transport)) return false;
    /* What has left may have been read, whether or not it was acknowledged before a reset. */
    if (getsockopt(socket->fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0 || info.tcpi_state != TCP_CLOSE)
        return false;
    return ioctl(socket->fd, SIOCOUTQNSD, &unsent) == 0 && (uint64_t)unsent >= len;
}

bool og__net_socket_refused(const og__socket *socket)
{
    og__deadline deadline = og__net_deadline_in(REFUSAL_MS);
    if (!og__net_is_tcp(socket->transport)) return false;
    for (;;) {
        int left = 0;
        if (is_reset(socket->fd)) return true;
        if (ioctl(socket->fd, SIOCOUTQ, &left) < 0 || left == 0 || og__net_deadline_left(deadline) == 0)
            return false;
        og__net_deadline_sleep(deadline, LOOK_MS);
    }
}
