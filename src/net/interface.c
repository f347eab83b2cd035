/* SPDX-License-Identifier: MIT */
/* The network interface that an endpoint names: where groups are joined and packets leave. */
#include "net/fd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* Groups, and addresses that mean something on one link alone. */
static bool is_of_a_link(const struct in6_addr *in6)
{
    return IN6_IS_ADDR_MULTICAST(in6) || IN6_IS_ADDR_LINKLOCAL(in6);
}

static bool is_group(const og__address *address)
{
    const struct sockaddr_in *in = (const void *)og__net_address_sockaddr(address);
    return in->sin_family == AF_INET && IN_MULTICAST(ntohl(in->sin_addr.s_addr));
}

int og__net_interface_find(const og_endpoint *endpoint, unsigned *index, og_error *err)
{
    const char *name = endpoint->interface;
    char known[IF_NAMESIZE];
    *index = 0;
    if (!name[0]) return OG_OK;
    if (endpoint->path[0])
        return og_error_set(err, OG_EADDRESS, OG_NO_POSITION,
                            "a socket with a path has no network interface: leave interface '%s' out", name);
    *index = if_nametoindex(name);
    if (*index == 0 && name[strspn(name, "0123456789")] == '\0') *index = (unsigned)strtoul(name, NULL, 10);
    if (*index && if_indextoname(*index, known)) return OG_OK;
    return og_error_set(err, OG_EADDRESS, OG_NO_POSITION,
                        "there is no network interface '%s': 'ip link' lists those that there are", name);
}

void og__net_interface_scope(og__address *address, unsigned index)
{
    struct sockaddr_in6 in6;
    if (index == 0 || og__net_address_family(address) != AF_INET6) return;
    memcpy(&in6, address->u.bytes, sizeof in6);
    if (in6.sin6_scope_id == 0 && is_of_a_link(&in6.sin6_addr)) in6.sin6_scope_id = index;
    memcpy(address->u.bytes, &in6, sizeof in6);
}

/* Packets of the socket come and go through this interface alone. */
static int tie_to(int fd, unsigned index)
{
    char name[IF_NAMESIZE] = "";
    if (!if_indextoname(index, name)) return -errno;
    return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)) < 0 ? -errno : 0;
}

int og__net_interface_use(int fd, const og__address *address, unsigned index)
{
    if (index == 0) return 0;
    if (is_group(address)) {
        const struct ip_mreqn through = {.imr_ifindex = (int)index};
        return setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &through, sizeof through) < 0 ? -errno : 0;
    }
    const struct sockaddr_in6 *in6 = (const void *)og__net_address_sockaddr(address);
    if (in6->sin6_family == AF_INET6 && is_of_a_link(&in6->sin6_addr)) return 0; /* its scope says so */
    return tie_to(fd, index);
}

int og__net_interface_join(int fd, const og__address *address, unsigned index)
{
    if (is_group(address)) {
        const struct sockaddr_in *in = (const void *)og__net_address_sockaddr(address);
        const struct ip_mreqn group = {.imr_multiaddr = in->sin_addr, .imr_ifindex = (int)index};
        return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) < 0 ? -errno : 0;
    }
    const struct sockaddr_in6 *in6 = (const void *)og__net_address_sockaddr(address);
    if (in6->sin6_family != AF_INET6 || !IN6_IS_ADDR_MULTICAST(&in6->sin6_addr)) return 0;
    const struct ipv6_mreq group = {.ipv6mr_multiaddr = in6->sin6_addr,
                                    .ipv6mr_interface = in6->sin6_scope_id};
    return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof group) < 0 ? -errno : 0;
}
