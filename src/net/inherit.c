/* SPDX-License-Identifier: MIT */
/* Sockets that the process was started with, as a service manager passes them: what they are, taking them on.
 */
#include "net/fd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/un.h>

#ifndef IPPROTO_MPTCP
#    define IPPROTO_MPTCP 262
#endif

/* The kinds of sockets that can be listened on. */
static const struct {
    int family;
    int type;
    og_transport transport;
} kinds[] = {
    {AF_INET, SOCK_STREAM, OG_TCP}, {AF_INET6, SOCK_STREAM, OG_TCP}, {AF_INET, SOCK_DGRAM, OG_UDP},
    {AF_INET6, SOCK_DGRAM, OG_UDP}, {AF_UNIX, SOCK_STREAM, OG_UNIX}, {AF_UNIX, SOCK_DGRAM, OG_UNIXGRAM},
};

static int number_option(int fd, int option)
{
    int value = -1;
    socklen_t len = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &len) < 0 ? -1 : value;
}

static const char *kind_of_file(mode_t mode)
{
    if (S_ISREG(mode)) return "a file";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISDIR(mode)) return "a folder";
    return S_ISCHR(mode) ? "a terminal or device" : "no socket";
}

static int refuse(int fd, og_error *err, const char *what, const char *advice)
{
    return og_error_set(err, OG_EBIND, OG_NO_POSITION, "descriptor %d is %s: %s", fd, what, advice);
}

static int check_open(int fd, og_error *err)
{
    struct stat file;
    if (fstat(fd, &file) < 0)
        return refuse(fd, err, "not open",
                      "whoever starts the program must pass a listening socket there, as a .socket unit of "
                      "systemd does");
    if (S_ISSOCK(file.st_mode)) return OG_OK;
    return refuse(fd, err, kind_of_file(file.st_mode),
                  "a listening socket is expected there, or a bound one of datagrams");
}

/* What the socket carries, by its family and type. */
static int find_transport(int fd, og_transport *transport, og_error *err)
{
    int family = number_option(fd, SO_DOMAIN);
    int type = number_option(fd, SO_TYPE);
    int protocol = number_option(fd, SO_PROTOCOL);
    bool usual =
        protocol <= 0 || protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_MPTCP;
    for (size_t i = 0; usual && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].family != family || kinds[i].type != type) continue;
        *transport = kinds[i].transport;
        return OG_OK;
    }
    return og_error_set(err, OG_EBIND, OG_NO_POSITION,
                        "descriptor %d is a socket of family %d, type %d and protocol %d: TCP, UDP or a Unix "
                        "socket (stream or datagrams) is expected",
                        fd, family, type, protocol);
}

static int check_listening(int fd, og_error *err)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    if (number_option(fd, SO_ACCEPTCONN) == 1) return OG_OK;
    if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0)
        return refuse(fd, err, "a connection, not a listening socket",
                      "a .socket unit of systemd must say Accept=no");
    return refuse(fd, err, "a stream socket that does not listen", "call listen() before passing it on");
}

/* ---- The address, as an endpoint has it ---- */

static void describe_inet6(og_endpoint *endpoint, const og__address *address)
{
    struct sockaddr_in6 in6;
    memcpy(&in6, address->u.bytes, sizeof in6);
    inet_ntop(AF_INET6, &in6.sin6_addr, endpoint->host, INET6_ADDRSTRLEN);
    size_t len = strlen(endpoint->host);
    if (in6.sin6_scope_id)
        snprintf(endpoint->host + len, sizeof endpoint->host - len, "%%%u", (unsigned)in6.sin6_scope_id);
    endpoint->port = ntohs(in6.sin6_port);
}

static void describe_inet(og_endpoint *endpoint, const og__address *address)
{
    struct sockaddr_in in;
    memcpy(&in, address->u.bytes, sizeof in);
    inet_ntop(AF_INET, &in.sin_addr, endpoint->host, INET_ADDRSTRLEN);
    endpoint->port = ntohs(in.sin_port);
}

/* Abstract names begin with a NUL, which people write as '@'. */
static void describe_path(og_endpoint *endpoint, const og__address *address)
{
    size_t start = offsetof(struct sockaddr_un, sun_path);
    size_t len = address->len > start ? address->len - start : 0;
    if (len >= sizeof endpoint->path) len = sizeof endpoint->path - 1;
    memcpy(endpoint->path, address->u.bytes + start, len);
    endpoint->path[len] = '\0';
    if (len > 0 && endpoint->path[0] == '\0') endpoint->path[0] = '@';
}

static int describe(og_endpoint *endpoint, int fd, og_error *err)
{
    og__address here = {.len = sizeof here.u.bytes};
    if (getsockname(fd, (struct sockaddr *)(void *)here.u.bytes, &here.len) < 0)
        return og_error_set_sys(err, OG_EBIND, errno, "descriptor %d cannot be asked for its address", fd);
    int family = og__net_address_family(&here);
    if (family == AF_INET)
        describe_inet(endpoint, &here);
    else if (family == AF_INET6)
        describe_inet6(endpoint, &here);
    else
        describe_path(endpoint, &here);
    if (endpoint->path[0] || endpoint->port > 0) return OG_OK;
    return refuse(fd, err, "a socket without an address", "call bind() before passing it on");
}

int og__net_endpoint_settle(og_endpoint *endpoint, og_error *err)
{
    if (!endpoint->inherited) return OG_OK;
    int fd = endpoint->inherited - 1;
    bool tls = endpoint->transport == OG_TLS_FD;
    og_transport transport = OG_TCP;
    if (endpoint->interface[0])
        return refuse(fd, err, "bound already",
                      "leave interface= out, which is for whoever opens the socket");
    int status = check_open(fd, err);
    if (status == OG_OK) status = find_transport(fd, &transport, err);
    if (status == OG_OK && !og_transport_is_datagram(transport)) status = check_listening(fd, err);
    if (status == OG_OK && tls && transport != OG_TCP)
        status = refuse(fd, err, "no TCP socket", "tls+fd:// needs one");
    if (status == OG_OK) status = describe(endpoint, fd, err);
    if (status == OG_OK) endpoint->transport = tls ? OG_TLS : transport;
    return status;
}

int og__net_socket_inherit(og__socket *socket, const og_endpoint *endpoint, og_error *err)
{
    int fd = endpoint->inherited - 1;
    int flags = fcntl(fd, F_GETFL);
    int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bool datagram = og_transport_is_datagram(endpoint->transport);
    if (wake < 0 || flags < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
        (!datagram && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)) {
        int sys = errno;
        if (wake >= 0) og__net_fd_close(wake);
        return og_error_set_sys(err, OG_EBIND, sys, "descriptor %d cannot be taken over", fd);
    }
    og__net_fd_prepare(fd, endpoint->transport, number_option(fd, SO_DOMAIN));
    socket->fd = fd;
    socket->wake = wake;
    socket->transport = endpoint->transport;
    return OG_OK;
}
