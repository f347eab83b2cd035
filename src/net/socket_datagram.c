/* SPDX-License-Identifier: MIT */
/* Datagram sockets that block with a time limit. */
#include "net/fd.h"

#include <errno.h>
#include <poll.h>

/* What fits over IPv4: 65,535 less the headers of IP and UDP. IPv6 would carry 20 more. */
enum { UDP_MAX = 65507, UNIX_MAX = 65536 };

size_t og__net_socket_max_datagram(og_transport transport)
{
    if (transport == OG_UDP) return UDP_MAX;
    return transport == OG_UNIXGRAM ? UNIX_MAX : 0;
}

static int canceled(og_error *err)
{
    return og_error_set(err, OG_ECANCELED, OG_NO_POSITION, "the socket was interrupted");
}

int og__net_socket_check_datagram(og_transport transport, size_t len, og_error *err)
{
    size_t most = og__net_socket_max_datagram(transport);
    if (len <= most) return OG_OK;
    return og_error_set(
        err, OG_EVALUE, OG_NO_POSITION,
        "a message of %zu bytes does not fit a datagram, which carries at most %zu; use tcp:// "
        "or unix://",
        len, most);
}

int og__net_socket_recv_from(og__socket *socket, void *data, size_t size, size_t *got, og__address *from,
                             int64_t timeout_ms, og_error *err)
{
    og__deadline deadline = og__net_deadline_in(timeout_ms);
    og__address sender;
    *got = 0;
    bool blocks = timeout_ms < 0 && socket->wake < 0;
    bool wait = !blocks;
    for (;;) {
        if (atomic_load(&socket->interrupted)) return canceled(err);
        int status = wait ? og__net_socket_wait(socket, POLLIN, deadline) : 1;
        if (status == 0)
            return og_error_set(err, OG_ETIMEOUT, OG_NO_POSITION, "no datagram has arrived within %lld ms",
                                (long long)timeout_ms);
        if (status < 0)
            return og__net_io_error(err, -status, "receive from", &socket->peer, socket->transport);
        sender = (og__address){.len = sizeof sender.u.bytes};
        /* With MSG_TRUNC the system tells the datagram's own length. */
        ssize_t n = recvfrom(socket->fd, data, size, MSG_TRUNC | (blocks ? 0 : MSG_DONTWAIT),
                             (struct sockaddr *)(void *)sender.u.bytes, &sender.len);
        if (atomic_load(&socket->interrupted)) return canceled(err);
        if (n >= 0) {
            *got = (size_t)n;
            break;
        }
        wait = errno == EAGAIN || errno == EWOULDBLOCK;
        if (!wait && errno != EINTR)
            return og__net_io_error(err, errno, "receive from", &socket->peer, socket->transport);
    }
    if (from) *from = sender;
    if (*got > size) {
        size_t len = *got;
        *got = 0;
        return og_error_set(err, OG_ELIMIT, OG_NO_POSITION,
                            "a datagram of %zu bytes arrived where at most %zu are allowed; it is lost", len,
                            size);
    }
    return 1;
}

/* Waits until a datagram may be taken: 1, 0 when the time is over, or a negative errno. A Unix socket that is
 * not connected always seems writable, so the wait is a short sleep there. */
static int wait_to_send(const og__socket *socket, og__deadline deadline)
{
    if (socket->transport != OG_UNIXGRAM) return og__net_fd_wait(socket->fd, POLLOUT, deadline);
    if (og__net_deadline_left(deadline) == 0) return 0;
    og__net_deadline_sleep(deadline, 2);
    return 1;
}

int og__net_socket_send_to(og__socket *socket, const void *data, size_t len, const og__address *to,
                           int64_t timeout_ms, og_error *err)
{
    og__deadline deadline = og__net_deadline_in(timeout_ms);
    const og__address *peer = to ? to : &socket->peer;
    int status = og__net_socket_check_datagram(socket->transport, len, err);
    if (status < 0) return status;
    for (;;) {
        if (atomic_load(&socket->interrupted)) return canceled(err);
        ssize_t n = sendto(socket->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT,
                           to ? og__net_address_sockaddr(to) : NULL, to ? to->len : 0);
        if (n >= 0) return OG_OK;
        if (errno == EINTR) continue;
        if (atomic_load(&socket->interrupted)) return canceled(err);
        if (errno == EMSGSIZE)
            return og_error_set_sys(err, OG_EVALUE, errno, "cannot send a datagram of %zu bytes", len);
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS)
            return og__net_io_error(err, errno, "send to", peer, socket->transport);
        if (errno == ENOBUFS) og__net_deadline_sleep(deadline, 2);
        status = wait_to_send(socket, deadline);
        if (status == 0)
            return og_error_set(err, OG_ETIMEOUT, OG_NO_POSITION,
                                "the datagram could not be sent within %lld ms", (long long)timeout_ms);
        if (status < 0) return og__net_io_error(err, -status, "send to", peer, socket->transport);
    }
}
