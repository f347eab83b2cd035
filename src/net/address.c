/* SPDX-License-Identifier: MIT */
/* Addresses of the system, as bytes and as text. */
#include "net/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

static_assert(sizeof(struct sockaddr_un) <= sizeof(((og__address *)NULL)->u.bytes), "room for any path");
static_assert(sizeof(struct sockaddr_in6) <= sizeof(((og__address *)NULL)->u.bytes), "room for IPv6");

void og__net_address_set(og__address *address, const void *bytes, size_t len)
{
    *address = (og__address){0};
    if (len > sizeof address->u.bytes) return;
    address->len = (uint32_t)len;
    if (len) memcpy(address->u.bytes, bytes, len);
}

int og__net_address_family(const og__address *address)
{
    sa_family_t family = AF_UNSPEC;
    if (address->len >= offsetof(struct sockaddr, sa_data))
        memcpy(&family, address->u.bytes + offsetof(struct sockaddr, sa_family), sizeof family);
    return family;
}

static void inet_text(const og__address *address, char *text, size_t size)
{
    struct sockaddr_in in;
    char host[INET_ADDRSTRLEN];
    memcpy(&in, address->u.bytes, sizeof in);
    inet_ntop(AF_INET, &in.sin_addr, host, sizeof host);
    snprintf(text, size, "%s:%u", host, (unsigned)ntohs(in.sin_port));
}

static void inet6_text(const og__address *address, char *text, size_t size)
{
    struct sockaddr_in6 in6;
    char host[INET6_ADDRSTRLEN];
    memcpy(&in6, address->u.bytes, sizeof in6);
    unsigned port = ntohs(in6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
        /* An IPv4 peer of a socket for both: people know it by its IPv4 address. */
        inet_ntop(AF_INET, in6.sin6_addr.s6_addr + 12, host, sizeof host);
        snprintf(text, size, "%s:%u", host, port);
        return;
    }
    inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof host);
    if (in6.sin6_scope_id)
        snprintf(text, size, "[%s%%%u]:%u", host, (unsigned)in6.sin6_scope_id, port);
    else
        snprintf(text, size, "[%s]:%u", host, port);
}

/* Clients' sockets have no path, or one that the system made up (it begins with a NUL). */
static void unix_text(const og__address *address, char *text, size_t size)
{
    size_t start = offsetof(struct sockaddr_un, sun_path);
    const char *path = (const char *)address->u.bytes + start;
    size_t len = address->len > start ? strnlen(path, address->len - start) : 0;
    if (len == 0)
        snprintf(text, size, "unix");
    else
        snprintf(text, size, "%.*s", (int)len, path);
}

const char *og__net_address_text(const og__address *address, char *text, size_t size)
{
    int family = og__net_address_family(address);
    if (family == AF_INET && address->len >= sizeof(struct sockaddr_in))
        inet_text(address, text, size);
    else if (family == AF_INET6 && address->len >= sizeof(struct sockaddr_in6))
        inet6_text(address, text, size);
    else if (family == AF_UNIX)
        unix_text(address, text, size);
    else
        snprintf(text, size, "unknown");
    return text;
}
