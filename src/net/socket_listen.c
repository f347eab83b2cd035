/* SPDX-License-Identifier: MIT */
/* Binding and listening, and the replacing of Unix sockets that nobody listens on. */
#include "net/fd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int set_options(int fd, og_transport transport, int family)
{
    int on = 1;
    int off = 0;
    /* A restarted server gets its port back at once. (For UDP this would let two servers share one.) */
    if (og__net_is_tcp(transport) && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        return -errno;
    /* "*" is IPv4 as well, whatever the system's default. */
    if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0) return -errno;
    return 0;
}

/* Binds a new descriptor: it or a negative errno. Listeners do not block, for another thread may take the
 * connection that poll() has told of. */
static int bind_one(og_transport transport, const og__address *address, unsigned interface, int backlog)
{
    bool datagram = og_transport_is_datagram(transport);
    int family = og__net_address_family(address);
    int fd = og__net_fd_open(transport, family, !datagram);
    if (fd < 0) return fd;
    int status = set_options(fd, transport, family);
    if (status == 0) status = og__net_interface_use(fd, address, interface);
    if (status == 0 && bind(fd, og__net_address_sockaddr(address), address->len) < 0) status = -errno;
    if (status == 0 && transport == OG_UDP) status = og__net_interface_join(fd, address, interface);
    if (status == 0 && !datagram && listen(fd, backlog > 0 ? backlog : SOMAXCONN) < 0) status = -errno;
    if (status == 0) return fd;
    og__net_fd_close(fd);
    return status;
}

/* True when there is a socket at the path on which nobody listens. */
static bool is_stale(og_transport transport, const char *path, const og__address *address)
{
    struct stat file;
    if (path[0] == '@' || lstat(path, &file) < 0 || !S_ISSOCK(file.st_mode)) return false;
    int fd;
    int status = og__net_fd_connect(transport, address, 0, &fd);
    if (fd >= 0) og__net_fd_close(fd);
    return status == -ECONNREFUSED;
}

static int bind_path(const og_endpoint *endpoint, const og__address *address, int backlog)
{
    int fd = bind_one(endpoint->transport, address, 0, backlog);
    if (fd != -EADDRINUSE || !is_stale(endpoint->transport, endpoint->path, address)) return fd;
    if (unlink(endpoint->path) < 0 && errno != ENOENT) return -errno;
    return bind_one(endpoint->transport, address, 0, backlog);
}

/* Remembers which file this process has made, for og__net_socket_close(). */
static void own_path(og__socket *socket, const char *path)
{
    struct stat file;
    if (path[0] == '@' || lstat(path, &file) < 0) return;
    socket->path_owner = (int32_t)getpid();
    socket->path_device = file.st_dev;
    socket->path_inode = file.st_ino;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_in6 name = {0}; /* the port is where sockaddr_in has it */
    socklen_t len = sizeof name;
    if (getsockname(fd, (struct sockaddr *)(void *)&name, &len) < 0) return 0;
    return ntohs(name.sin6_port);
}

static const char *advice(const og_endpoint *endpoint, int sys)
{
    struct stat file;
    if (endpoint->path[0]) {
        if (sys != EADDRINUSE) return "";
        bool other = endpoint->path[0] != '@' && lstat(endpoint->path, &file) == 0 && !S_ISSOCK(file.st_mode);
        return other ? " (a file that is no socket is in the way)" : " (a server listens there already)";
    }
    if (sys == EADDRINUSE) return " (stop the other server or choose another port; 0 lets the system pick)";
    if (sys == EACCES && endpoint->port < 1024) return " (ports below 1024 need a privilege)";
    if (sys == EINVAL && strchr(endpoint->host, ':'))
        return " (the address means something on one link alone: add its interface, as in ?interface=eth0)";
    if (sys == EADDRNOTAVAIL) return " (this machine does not have that address)";
    return "";
}

static int refuse(const og_endpoint *endpoint, int sys, og_error *err)
{
    char text[400];
    char reason[96];
    og_endpoint_text(endpoint, text, sizeof text);
    og_error_set(err, OG_EBIND, OG_NO_POSITION, "cannot listen on %s: %s%s", text,
                 strerror_r(sys, reason, sizeof reason), advice(endpoint, sys));
    if (err) err->sys = sys;
    return OG_EBIND;
}

int og__net_socket_listen(og__socket *socket, og_endpoint *endpoint, int backlog, og_error *err)
{
    *socket = (og__socket)OG__SOCKET_NONE;
    if (endpoint->inherited) return og__net_socket_inherit(socket, endpoint, err);
    og__addresses found;
    unsigned interface = 0;
    int status = og__net_interface_find(endpoint, &interface, err);
    if (status == OG_OK) status = og__net_resolve(endpoint, OG__TO_LISTEN, -1, &found, err);
    if (status != OG_OK) return status;
    bool path = endpoint->path[0] != '\0';
    int fd = -EADDRNOTAVAIL;
    for (unsigned i = 0; i < found.count; i++) {
        og__net_interface_scope(&found.list[i], interface);
        fd = path ? bind_path(endpoint, &found.list[i], backlog)
                  : bind_one(endpoint->transport, &found.list[i], interface, backlog);
        /* Only what this machine does not have at all leads on to the next: no IPv6, say. */
        if (fd != -EADDRNOTAVAIL && fd != -EAFNOSUPPORT) break;
    }
    if (fd < 0) return refuse(endpoint, -fd, err);
    socket->fd = fd;
    socket->transport = endpoint->transport;
    if (path)
        own_path(socket, endpoint->path);
    else
        endpoint->port = bound_port(fd);
    return OG_OK;
}
