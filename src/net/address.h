/* SPDX-License-Identifier: MIT */
/* Addresses as the system has them, and the finding of them. For this room only. Threads: any. */
#ifndef ONGGI_NET_ADDRESS_H
#define ONGGI_NET_ADDRESS_H

#include "net/socket.h"

#include <netdb.h>
#include <sys/socket.h>

/* More addresses of one name than this are not tried. */
enum { OG__ADDRESSES_MAX = 16 };

typedef struct og__addresses {
    unsigned count;
    og__address list[OG__ADDRESSES_MAX];
} og__addresses;

/* What the addresses are for. */
typedef enum og__purpose { OG__TO_CONNECT, OG__TO_LISTEN } og__purpose;

/* The address as bind(), connect() and sendmsg() want it, with its `len`. */
static inline const struct sockaddr *og__net_address_sockaddr(const og__address *address)
{
    return (const struct sockaddr *)(const void *)address->u.bytes;
}

/* Takes over what the system filled in; too long ones become none (`len` 0). */
void og__net_address_set(og__address *address, const void *bytes, size_t len);

int og__net_address_family(const og__address *address);

/* True for addresses of this machine that no network is needed for: loopback and Unix sockets. */
bool og__net_address_is_near(const og__address *address);

/* OG_EADDRESS for a group or a broadcast address where the endpoint connects or listens for connections. */
int og__net_address_check_one(const og_endpoint *endpoint, const og__address *address, og_error *err);

/*
 * All addresses of an endpoint, in the order in which they should be tried, at least one. Names are looked up
 * within `timeout_ms`. 0, OG_EADDRESS, OG_ETIMEOUT, OG_ENOMEM. TLS is refused here, for all who connect or
 * listen.
 */
int og__net_resolve(const og_endpoint *endpoint, og__purpose purpose, int64_t timeout_ms,
                    og__addresses *found, og_error *err);

/* The steps of og__net_resolve(), for those who look names up in their own way. og__net_resolve_plain(): 1
 * when no look-up is needed and `found` is filled, 0 when it is, or a negative status. */
int og__net_resolve_plain(const og_endpoint *endpoint, og__purpose purpose, og__addresses *found,
                          og_error *err);
struct addrinfo og__net_resolve_hints(const og_endpoint *endpoint);

/* Puts the look-up's answer (`failure` as from getaddrinfo()) in order. */
int og__net_resolve_answer(const og_endpoint *endpoint, og__purpose purpose, int failure,
                           const struct addrinfo *answer, og__addresses *found, og_error *err);

#endif
