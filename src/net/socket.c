/* SPDX-License-Identifier: MIT */
/* Stream sockets that block with a time limit: connecting, accepting, reading, writing, interrupting. */
#include "net/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int canceled(og_error *err)
{
    return og_error_set(err, OG_ECANCELED, OG_NO_POSITION, "the socket was interrupted");
}

/* Opened sockets block, so that calls without a time limit need no poll(). */
static void set_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

/* Waits for one address to answer: 0 connected, or a negative errno. */
static int connect_one(og_transport transport, const og__address *address, unsigned interface,
                       og__deadline deadline, int *fd)
{
    for (;;) {
        int status = og__net_fd_connect(transport, address, interface, fd);
        if (status == -EAGAIN && og__net_deadline_left(deadline) != 0) {
            og__net_deadline_sleep(deadline,
                                   5); /* a Unix socket's queue is full: nothing tells when it is not */
            continue;
        }
        if (status <= 0) return status == -EAGAIN ? -ETIMEDOUT : status;
        status = og__net_fd_wait(*fd, POLLOUT, deadline);
        if (status == 1)
            status = og__net_fd_connected(*fd);
        else if (status == 0)
            status = -ETIMEDOUT;
        if (status == 0) return 0;
        og__net_fd_close(*fd);
        *fd = -1;
        return status;
    }
}

int og__net_socket_connect(og__socket *socket, const og_endpoint *endpoint, int64_t timeout_ms, og_error *err)
{
    *socket = (og__socket)OG__SOCKET_NONE;
    og__deadline deadline = og__net_deadline_in(timeout_ms);
    og__addresses found;
    og__attempts attempts = {0};
    unsigned interface = 0;
    int status = og__net_interface_find(endpoint, &interface, err);
    if (status == OG_OK) status = og__net_resolve(endpoint, OG__TO_CONNECT, timeout_ms, &found, err);
    if (status != OG_OK) return status;
    for (unsigned i = 0; i < found.count; i++) {
        int64_t left = og__net_deadline_left(deadline);
        /* One address that does not answer must not use up the others' time. */
        og__deadline share = left < 0 ? deadline : og__net_deadline_in(left / (int64_t)(found.count - i));
        int fd;
        og__net_interface_scope(&found.list[i], interface);
        status = connect_one(endpoint->transport, &found.list[i], interface, share, &fd);
        if (status == 0) {
            set_blocking(fd);
            socket->fd = fd;
            socket->transport = endpoint->transport;
            socket->peer = found.list[i];
            return OG_OK;
        }
        og__net_attempts_add(&attempts, &found.list[i], -status);
    }
    return og__net_attempts_error(&attempts, endpoint, og__net_deadline_left(deadline) == 0, timeout_ms, err);
}

/* Errors of one connection that is gone before it was accepted, not of the listener. */
static bool is_passing(int sys)
{
    switch (sys) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH: return true;
    default: return false;
    }
}

int og__net_socket_accept_now(og__socket *listener, og__socket *accepted, int *sys)
{
    *accepted = (og__socket)OG__SOCKET_NONE;
    for (;;) {
        og__address *peer = &accepted->peer;
        peer->len = sizeof peer->u.bytes;
        int fd = accept4(listener->fd, (struct sockaddr *)(void *)peer->u.bytes, &peer->len, SOCK_CLOEXEC);
        if (fd >= 0) {
            accepted->fd = fd;
            accepted->transport = listener->transport;
            return 1;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
        if (is_passing(errno)) continue;
        *sys = errno;
        return -1;
    }
}

int og__net_socket_accept(og__socket *listener, og__socket *accepted, int64_t timeout_ms, og_error *err)
{
    og__deadline deadline = og__net_deadline_in(timeout_ms);
    for (;;) {
        int sys = 0;
        if (atomic_load(&listener->interrupted)) return canceled(err);
        int status = og__net_socket_accept_now(listener, accepted, &sys);
        if (status > 0) return OG_OK;
        if (atomic_load(&listener->interrupted)) return canceled(err);
        if (status < 0) {
            /* Out of descriptors or memory: whoever accepts in a loop must not spin. */
            og__net_deadline_sleep(deadline, 100);
            return og_error_set_sys(err, OG_EIO, sys, "cannot accept a connection");
        }
        status = og__net_socket_wait(listener, POLLIN, deadline);
        if (status == 0)
            return og_error_set(err, OG_ETIMEOUT, OG_NO_POSITION, "nobody has connected within %lld ms",
                                (long long)timeout_ms);
        if (status < 0) return og_error_set_sys(err, OG_EIO, -status, "cannot wait for a connection");
    }
}

int og__net_socket_read(og__socket *socket, void *data, size_t size, size_t *got, int64_t timeout_ms,
                        og_error *err)
{
    og__deadline deadline = og__net_deadline_in(timeout_ms);
    *got = 0;
    if (size == 0) return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "no room to read into");
    bool wait = timeout_ms >= 0 && !socket->more_likely;
    for (;;) {
        if (atomic_load(&socket->interrupted)) return canceled(err);
        int status = wait ? og__net_fd_wait(socket->fd, POLLIN, deadline) : 1;
        if (status == 0)
            return og_error_set(err, OG_ETIMEOUT, OG_NO_POSITION, "nothing has arrived within %lld ms",
                                (long long)timeout_ms);
        if (status < 0) return og__net_io_error(err, -status, "read from", &socket->peer, socket->transport);
        ssize_t n = recv(socket->fd, data, size, timeout_ms < 0 ? 0 : MSG_DONTWAIT);
        if (atomic_load(&socket->interrupted)) return canceled(err);
        if (n >= 0) {
            socket->more_likely = (size_t)n == size;
            *got = (size_t)n;
            return n > 0;
        }
        wait = errno == EAGAIN || errno == EWOULDBLOCK;
        if (!wait && errno != EINTR)
            return og__net_io_error(err, errno, "read from", &socket->peer, socket->transport);
    }
}

int og__net_socket_write(og__socket *socket, const void *data, size_t len, int64_t timeout_ms, og_error *err)
{
    og__deadline deadline = og__net_deadline_in(timeout_ms);
    const char *at = data;
    size_t left = len;
    while (left > 0) {
        if (atomic_load(&socket->interrupted)) return canceled(err);
        ssize_t n = send(socket->fd, at, left, MSG_NOSIGNAL | (timeout_ms < 0 ? 0 : MSG_DONTWAIT));
        if (n >= 0) {
            at += n;
            left -= (size_t)n;
            socket->sent += (uint64_t)n;
            if (socket->count) atomic_fetch_add_explicit(socket->count, (uint64_t)n, memory_order_relaxed);
            continue;
        }
        if (errno == EINTR) continue;
        if (atomic_load(&socket->interrupted)) return canceled(err);
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return og__net_io_error(err, errno, "write to", &socket->peer, socket->transport);
        int status = og__net_fd_wait(socket->fd, POLLOUT, deadline);
        if (status == 0)
            return og_error_set(err, OG_ETIMEOUT, OG_NO_POSITION,
                                "the peer has taken only %zu of %zu bytes within %lld ms", len - left, len,
                                (long long)timeout_ms);
        if (status < 0) return og__net_io_error(err, -status, "write to", &socket->peer, socket->transport);
    }
    return OG_OK;
}

void og__net_socket_shutdown(og__socket *socket)
{
    if (socket->fd >= 0 && !og_transport_is_datagram(socket->transport)) shutdown(socket->fd, SHUT_WR);
}

/*
 * On Linux shutdown() wakes whoever waits for a socket of any kind, listening and unconnected ones included
 * (for those it may report ENOTCONN), and lasts. It would end an inherited socket for all who have it.
 */
void og__net_socket_interrupt(og__socket *socket)
{
    atomic_store(&socket->interrupted, true);
    if (socket->wake >= 0)
        eventfd_write(socket->wake, 1);
    else if (socket->fd >= 0)
        shutdown(socket->fd, SHUT_RDWR);
}

/* Removes the path that this process bound, unless something else has taken its place. The open descriptor
 * keeps the file's number from being used again. */
static void remove_path(const og__socket *socket)
{
    struct sockaddr_un name = {0};
    socklen_t len = sizeof name - 1;
    struct stat file;
    if (socket->path_owner != (int32_t)getpid()) return;
    if (getsockname(socket->fd, (struct sockaddr *)(void *)&name, &len) < 0) return;
    if (name.sun_path[0] == '\0' || lstat(name.sun_path, &file) < 0) return;
    if (file.st_dev == socket->path_device && file.st_ino == socket->path_inode) unlink(name.sun_path);
}

void og__net_socket_close(og__socket *socket)
{
    if (socket->fd < 0) return;
    if (socket->path_owner) remove_path(socket);
    og__net_fd_close(socket->fd);
    if (socket->wake >= 0) og__net_fd_close(socket->wake);
    socket->fd = socket->wake = -1;
}
