/* SPDX-License-Identifier: MIT */
/* Addresses of the system, as bytes and as text. */
#include "net/address.h"
#include "base/utf8.h"

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

/* The bytes of a path are the peer's choice: what is no printable character of UTF-8 is shown as \xNN. */
static void path_text(const uint8_t *path, size_t len, char *text, size_t size)
{
    size_t used = 0;
    for (size_t at = 0; at < len;) {
        char piece[8];
        uint32_t code = path[at];
        size_t n = code < 0x80 ? 1 : og__base_utf8_decode(path + at, len - at, &code);
        int m = n > 0 && og__base_printable(code)
                    ? snprintf(piece, sizeof piece, "%.*s", (int)n, (const char *)path + at)
                    : snprintf(piece, sizeof piece, "\\x%02x", path[at]);
        if (m < 0 || used + (size_t)m >= size) return;
        memcpy(text + used, piece, (size_t)m + 1);
        used += (size_t)m;
        at += n > 0 ? n : 1;
    }
}

/* Clients' sockets have no path, as a rule. An abstract one begins with a NUL, which people write as '@'. */
static void unix_text(const og__address *address, char *text, size_t size)
{
    size_t start = offsetof(struct sockaddr_un, sun_path);
    const uint8_t *path = address->u.bytes + start;
    size_t len = address->len > start ? address->len - start : 0;
    bool abstract = len > 1 && path[0] == 0;
    if (!abstract) len = strnlen((const char *)path, len);
    snprintf(text, size, "%s", len == 0 ? "unix" : abstract ? "@" : "");
    if (abstract)
        path_text(path + 1, len - 1, text + 1, size - 1);
    else if (len > 0)
        path_text(path, len, text, size);
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
