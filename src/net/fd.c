/* SPDX-License-Identifier: MIT */
/* Descriptors and time limits: the small steps that blocking sockets and loops share. */
#include "net/fd.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

og__deadline og__net_deadline_in(int64_t timeout_ms)
{
    if (timeout_ms < 0) return -1;
    int64_t now = now_ms();
    return timeout_ms > INT64_MAX - now ? -1 : now + timeout_ms;
}

int64_t og__net_deadline_left(og__deadline deadline)
{
    if (deadline < 0) return -1;
    int64_t left = deadline - now_ms();
    return left > 0 ? left : 0;
}

void og__net_deadline_sleep(og__deadline deadline, int64_t ms)
{
    int64_t left = og__net_deadline_left(deadline);
    if (left >= 0 && left < ms) ms = left;
    poll(NULL, 0, (int)ms);
}

static int wait_for(struct pollfd *wanted, nfds_t count, og__deadline deadline)
{
    for (;;) {
        int64_t left = og__net_deadline_left(deadline);
        int n = poll(wanted, count, left > INT_MAX ? INT_MAX : (int)left);
        if (n > 0) return 1;
        if (n < 0 && errno != EINTR) return -errno;
        if (n == 0 && og__net_deadline_left(deadline) == 0) return 0;
    }
}

int og__net_fd_wait(int fd, short events, og__deadline deadline)
{
    struct pollfd wanted = {.fd = fd, .events = events};
    return wait_for(&wanted, 1, deadline);
}

int og__net_socket_wait(const og__socket *socket, short events, og__deadline deadline)
{
    struct pollfd wanted[] = {{.fd = socket->fd, .events = events}, {.fd = socket->wake, .events = POLLIN}};
    return wait_for(wanted, socket->wake < 0 ? 1 : 2, deadline);
}

int og__net_fd_open(og_transport transport, int family, bool nonblocking)
{
    int type = og_transport_is_datagram(transport) ? SOCK_DGRAM : SOCK_STREAM;
    int fd = socket(family, type | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0);
    if (fd < 0) return -errno;
    og__net_fd_prepare(fd, transport, family);
    return fd;
}

void og__net_fd_prepare(int fd, og_transport transport, int family)
{
    int on = 1;
    /* Messages leave when they are written; a peer whose machine is gone is found some time. Accepted sockets
     * inherit both from their listener. */
    if (og__net_is_tcp(transport)) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    /* Whoever writes a broadcast address means it. */
    if (transport == OG_UDP && family == AF_INET) setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
}

void og__net_fd_close(int fd)
{
    int saved = errno;
    close(fd);
    errno = saved;
}

/* A Unix datagram socket must have an address of its own to be answered; this lets the system make one up. */
static int bind_anywhere(int fd)
{
    sa_family_t family = AF_UNIX;
    struct sockaddr name = {.sa_family = family};
    return bind(fd, &name, sizeof family) < 0 ? -errno : 0;
}

int og__net_fd_connect(og_transport transport, const og__address *address, unsigned interface, int *fd)
{
    *fd = -1;
    int opened = og__net_fd_open(transport, og__net_address_family(address), true);
    if (opened < 0) return opened;
    int status = transport == OG_UNIXGRAM ? bind_anywhere(opened) : 0;
    if (status == 0) status = og__net_interface_use(opened, address, interface);
    if (status == 0 && connect(opened, og__net_address_sockaddr(address), address->len) < 0) status = -errno;
    /* An interrupted connect goes on by itself. */
    if (status == -EINPROGRESS || status == -EINTR) status = 1;
    if (status == 0 && og__net_is_tcp(transport)) status = og__net_fd_connected(opened);
    if (status < 0) {
        og__net_fd_close(opened);
        return status;
    }
    *fd = opened;
    return status;
}

int og__net_fd_connected(int fd)
{
    int sys = 0;
    socklen_t len = sizeof sys;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &sys, &len) < 0) return -errno;
    if (sys) return -sys;
    /* A port of this machine that nobody listens at may be the very one that the system picked for this end:
     * the socket is then connected to itself. */
    og__address here = {0};
    og__address there = {0};
    here.len = there.len = sizeof here.u.bytes;
    /* A peer that is gone again is no failure to connect: reading will tell. */
    if (getsockname(fd, (struct sockaddr *)(void *)here.u.bytes, &here.len) < 0) return 0;
    if (getpeername(fd, (struct sockaddr *)(void *)there.u.bytes, &there.len) < 0) return 0;
    bool itself = og__net_address_family(&here) != AF_UNIX && here.len == there.len &&
                  memcmp(here.u.bytes, there.u.bytes, here.len) == 0;
    return itself ? -ECONNREFUSED : 0;
}

void og__net_attempts_add(og__attempts *attempts, const og__address *address, int sys)
{
    char name[160];
    char reason[96];
    size_t len = strlen(attempts->text);
    bool link = sys == EINVAL && og__net_address_family(address) == AF_INET6;
    attempts->failed++;
    attempts->sys = sys;
    snprintf(attempts->text + len, sizeof attempts->text - len, "%s%s: %s%s", len ? "; " : "",
             og__net_address_text(address, name, sizeof name), strerror_r(sys, reason, sizeof reason),
             link ? " (add the interface of its link, as in ?interface=eth0)" : "");
}

int og__net_attempts_error(const og__attempts *attempts, const og_endpoint *endpoint, bool timed_out,
                           int64_t timeout_ms, og_error *err)
{
    char name[400];
    if (endpoint->path[0])
        snprintf(name, sizeof name, "%s", endpoint->path);
    else
        snprintf(name, sizeof name, strchr(endpoint->host, ':') ? "[%s]:%u" : "%s:%u",
                 endpoint->host[0] ? endpoint->host : "localhost", (unsigned)endpoint->port);
    og_status code = timed_out ? OG_ETIMEOUT : OG_ECONNECT;
    char within[40] = "";
    if (timed_out) snprintf(within, sizeof within, " within %lld ms", (long long)timeout_ms);
    /* "127.0.0.1:80: Connection refused" already names the one address that was tried. */
    size_t len = strlen(name);
    bool same = strncmp(attempts->text, name, len) == 0 && attempts->failed == 1;
    og_error_set(err, code, OG_NO_POSITION, "cannot connect to %s%s%s%s", name, within,
                 attempts->failed && !same ? ": " : "", same ? attempts->text + len : attempts->text);
    if (err) err->sys = attempts->sys;
    return code;
}

og_status og__net_io_status(int sys)
{
    switch (sys) {
    case ECONNRESET:
    case ECONNREFUSED:
    case ECONNABORTED:
    case EPIPE:
    case ENOENT:
    case ENOTCONN:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH: return OG_ECLOSED;
    case ENOMEM: return OG_ENOMEM;
    default: return OG_EIO;
    }
}

int og__net_peer_error(og_error *err, int sys, const char *doing, const char *peer)
{
    og_status code = og__net_io_status(sys);
    if (sys != EPIPE && sys != ECONNRESET)
        return og_error_set_sys(err, code, sys, "cannot %s %s", doing, peer);
    og_error_set(err, code, OG_NO_POSITION, "%s has closed the connection (cannot %s it: %s)", peer, doing,
                 sys == EPIPE ? "it reads no more" : "reset by peer");
    if (err) err->sys = sys;
    return code;
}

int og__net_io_error(og_error *err, int sys, const char *doing, const og__address *peer,
                     og_transport transport)
{
    char name[OG__ADDRESS_TEXT];
    og__net_address_text(peer, name, sizeof name);
    og_status code = og__net_io_status(sys);
    if (sys != ECONNREFUSED || !og_transport_is_datagram(transport))
        return og__net_peer_error(err, sys, doing, name);
    og_error_set(err, code, OG_NO_POSITION, "nobody listens at %s %s",
                 transport == OG_UDP ? "udp" : "unixgram", name);
    if (err) err->sys = sys;
    return code;
}
