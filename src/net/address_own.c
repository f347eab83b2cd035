/* SPDX-License-Identifier: MIT */
/* Which datagrams are our own, come back; and how large datagrams are on the wire. */
#include "net/address.h"

#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

enum { HEADERS_IP4 = 20 + 8, HEADERS_IP6 = 40 + 8 };

/* Both families in one form: IPv4 is mapped into IPv6. False for others. */
static bool take_apart(const og__address *address, struct sockaddr_in6 *out)
{
    struct sockaddr_in in;
    int family = og__net_address_family(address);
    *out = (struct sockaddr_in6){.sin6_family = AF_INET6};
    if (family == AF_INET6) {
        memcpy(out, address->u.bytes, sizeof *out);
    } else if (family == AF_INET) {
        memcpy(&in, address->u.bytes, sizeof in);
        out->sin6_port = in.sin_port;
        out->sin6_addr.s6_addr[10] = out->sin6_addr.s6_addr[11] = 0xff;
        memcpy(out->sin6_addr.s6_addr + 12, &in.sin_addr, 4);
    }
    return family == AF_INET6 || family == AF_INET;
}

bool og__net_address_is_near(const og__address *address)
{
    struct sockaddr_in6 in6;
    if (!take_apart(address, &in6)) return og__net_address_family(address) == AF_UNIX;
    if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) return in6.sin6_addr.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}

/* True for every interface, and for groups: what is sent from there has another address. */
static bool is_no_source(const struct in6_addr *address)
{
    const uint8_t *b = address->s6_addr;
    if (!IN6_IS_ADDR_V4MAPPED(address))
        return IN6_IS_ADDR_UNSPECIFIED(address) || IN6_IS_ADDR_MULTICAST(address);
    return (b[12] | b[13] | b[14] | b[15]) == 0 || (b[12] & 0xf0) == 0xe0;
}

/* True for addresses of this machine: those that can be bound. */
static bool is_local(struct sockaddr_in6 address)
{
    bool mapped = IN6_IS_ADDR_V4MAPPED(&address.sin6_addr);
    struct sockaddr_in in = {.sin_family = AF_INET};
    memcpy(&in.sin_addr, address.sin6_addr.s6_addr + 12, 4);
    address.sin6_port = 0;
    int fd = socket(mapped ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    const void *bytes = mapped ? (const void *)&in : (const void *)&address;
    bool local = bind(fd, bytes, mapped ? sizeof in : sizeof address) == 0;
    close(fd);
    return local;
}

bool og__net_address_is_same_socket(const og__address *bound, const og__address *from)
{
    struct sockaddr_in6 own;
    struct sockaddr_in6 other;
    if (bound->len == 0 || from->len == 0) return false;
    if (!take_apart(bound, &own) || !take_apart(from, &other))
        return bound->len == from->len && bound->len > sizeof(sa_family_t) &&
               memcmp(bound->u.bytes, from->u.bytes, from->len) == 0;
    if (own.sin6_port != other.sin6_port) return false;
    if (is_no_source(&own.sin6_addr)) return is_local(other);
    return memcmp(&own.sin6_addr, &other.sin6_addr, sizeof own.sin6_addr) == 0;
}

size_t og__net_address_overhead(const og__address *address)
{
    struct sockaddr_in6 in6;
    if (!take_apart(address, &in6)) return 0;
    return IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr) ? HEADERS_IP4 : HEADERS_IP6;
}

void og__net_socket_bound(const og__socket *socket, og__address *bound)
{
    socklen_t len = sizeof bound->u.bytes;
    *bound = (og__address){0};
    if (getsockname(socket->fd, (struct sockaddr *)(void *)bound->u.bytes, &len) == 0 &&
        len <= sizeof bound->u.bytes)
        bound->len = len;
}
