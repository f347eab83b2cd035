/* SPDX-License-Identifier: MIT */
/* Addresses that mean many machines: groups and broadcast, which only datagrams can be sent to. */
#include "net/address.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

/* The address in IPv4, also where IPv6 wraps one; false for others. */
static bool as_ip4(const og__address *address, uint32_t *out)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    int family = og__net_address_family(address);
    if (family == AF_INET) {
        memcpy(&in, address->u.bytes, sizeof in);
        *out = in.sin_addr.s_addr;
    } else if (family == AF_INET6) {
        memcpy(&in6, address->u.bytes, sizeof in6);
        if (!IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) return false;
        memcpy(out, in6.sin6_addr.s6_addr + 12, sizeof *out);
    } else {
        return false;
    }
    *out = ntohl(*out);
    return true;
}

static bool is_group(const og__address *address)
{
    struct sockaddr_in6 in6;
    uint32_t ip4;
    if (as_ip4(address, &ip4)) return IN_MULTICAST(ip4);
    if (og__net_address_family(address) != AF_INET6) return false;
    memcpy(&in6, address->u.bytes, sizeof in6);
    return IN6_IS_ADDR_MULTICAST(&in6.sin6_addr);
}

/* The last address of a network that this machine is in. Links between two machines have none. */
static bool is_last_of(const struct ifaddrs *interface, uint32_t ip4)
{
    struct sockaddr_in own;
    struct sockaddr_in mask;
    if (!interface->ifa_addr || !interface->ifa_netmask || interface->ifa_addr->sa_family != AF_INET)
        return false;
    memcpy(&own, interface->ifa_addr, sizeof own);
    memcpy(&mask, interface->ifa_netmask, sizeof mask);
    uint32_t hosts = ~ntohl(mask.sin_addr.s_addr);
    return hosts > 1 && ip4 == (ntohl(own.sin_addr.s_addr) | hosts);
}

static bool is_broadcast(const og__address *address)
{
    uint32_t ip4;
    struct ifaddrs *all = NULL;
    if (!as_ip4(address, &ip4)) return false;
    bool found = ip4 == INADDR_BROADCAST;
    if (found || getifaddrs(&all) < 0) return found;
    for (const struct ifaddrs *i = all; i && !found; i = i->ifa_next)
        found = is_last_of(i, ip4);
    freeifaddrs(all);
    return found;
}

int og__net_address_check_one(const og_endpoint *endpoint, const og__address *address, og_error *err)
{
    const char *kind = is_group(address) ? "a multicast" : is_broadcast(address) ? "a broadcast" : NULL;
    if (!kind || og_transport_is_datagram(endpoint->transport)) return OG_OK;
    char text[400];
    og_endpoint udp = *endpoint;
    udp.transport = OG_UDP;
    og_endpoint_text(&udp, text, sizeof text);
    return og_error_set(err, OG_EADDRESS, OG_NO_POSITION,
                        "'%.100s' is %s address, and a connection is between two machines: use %s, or the "
                        "address of one machine",
                        endpoint->host, kind, text);
}
