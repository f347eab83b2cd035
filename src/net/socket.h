/* SPDX-License-Identifier: MIT */
/*
 * Sockets that block with a time limit, for clients and for servers with a thread per client.
 *
 * Ownership: an og__socket owns its descriptor until og__net_socket_close(). Time limits are in milliseconds,
 * < 0 means none, and cover the whole call. Threads: one thread may write while another reads;
 * og__net_socket_shutdown() and og__net_socket_interrupt() may come from any, the latter also from a signal
 * handler. An og__socket may be moved by assignment while no call is using it.
 */
#ifndef ONGGI_NET_SOCKET_H
#define ONGGI_NET_SOCKET_H

#include <onggi/net.h>

#include <stdatomic.h>

/* A remote address, opaque above this room; big enough for any. Its first `len` bytes are the address (two
 * are equal when these are), the rest is undefined. */
typedef struct og__address {
    uint32_t len;
    union {
        unsigned char bytes[128];
        uint64_t align;
    } u;
} og__address;

typedef struct og__socket {
    int fd;   /* -1: none */
    int wake; /* an eventfd that og__net_socket_interrupt() makes readable where the socket is not ours to
                 shut down; -1: it is */
    og_transport transport;
    atomic_bool interrupted; /* by og__net_socket_interrupt(): every call says OG_ECANCELED from then on */
    bool more_likely;        /* the last read filled its buffer, so the next need not wait */
    int32_t path_owner;      /* the process that bound a path and removes it; 0: none */
    uint64_t sent;           /* bytes of a stream that the system has taken */
    atomic_uint_fast64_t
        *count;           /* NULL, or where they are counted for other threads, also during a long write */
    uint64_t path_device; /* which file that path was, so that no other is removed */
    uint64_t path_inode;
    og__address peer; /* of connected ones */
} og__socket;

#define OG__SOCKET_NONE      \
    {                        \
        .fd = -1, .wake = -1 \
    }

/*
 * Connects, trying each address that the host's name has in turn, each with a fair share of the time that is
 * left. No host is 127.0.0.1, then ::1. Datagrams are not sent for this: they take the first address with a
 * route, IPv4 before IPv6. OG_EADDRESS, OG_ECONNECT (the sentence lists what each address said), OG_ETIMEOUT.
 */
int og__net_socket_connect(og__socket *socket, const og_endpoint *endpoint, int64_t timeout_ms,
                           og_error *err);

/*
 * Fills in what an inherited descriptor is: transport and address take the place of OG_FD. Other endpoints
 * are left alone. OG_EBIND when it is no socket that can be listened on, with what it is instead.
 */
int og__net_endpoint_settle(og_endpoint *endpoint, og_error *err);

/*
 * Listens (or binds, for datagrams). `endpoint->port` becomes the one that the system picked. No host is
 * 127.0.0.1, "*" every interface (IPv6 and IPv4 where there is IPv6), a name with several addresses its first
 * one, IPv4 before IPv6. A stale Unix socket that nobody listens on is replaced; closing the socket removes
 * its path. A settled endpoint of an inherited descriptor is taken over as it is; it is the socket's from
 * then on, and others that have it as well are not disturbed. OG_EBIND, OG_EADDRESS.
 */
int og__net_socket_listen(og__socket *socket, og_endpoint *endpoint, int backlog, og_error *err);

/* The next connection of a listening stream socket. 0, OG_ETIMEOUT, OG_ECANCELED (after
 * og__net_socket_interrupt), OG_EIO (out of descriptors, say: returns a tenth of a second late, so that
 * trying again in a loop costs little). */
int og__net_socket_accept(og__socket *listener, og__socket *accepted, int64_t timeout_ms, og_error *err);

/* Reads what there is, at most `size` bytes: 1 with `*got` > 0, 0 at the end of the stream, or OG_ETIMEOUT,
 * OG_ECLOSED (reset), OG_EIO, OG_ECANCELED. */
int og__net_socket_read(og__socket *socket, void *data, size_t size, size_t *got, int64_t timeout_ms,
                        og_error *err);

/* Writes all of it. 0, OG_ETIMEOUT, OG_ECLOSED (the peer is gone), OG_EIO, OG_ECANCELED. Never raises
 * SIGPIPE.
 */
int og__net_socket_write(og__socket *socket, const void *data, size_t len, int64_t timeout_ms, og_error *err);

/* True when the peer has certainly read none of the bytes that were sent after the first `since`: the system
 * took none, or (TCP) none had left when the connection was reset. */
bool og__net_socket_untaken(const og__socket *socket, uint64_t since);

/* True when the peer, which has closed, refuses what was sent, for which it gets a second (TCP): it may have
 * read some of it, but not all, or has reset the connection. */
bool og__net_socket_refused(const og__socket *socket);

/* One datagram, whole: 1 with its length (may be 0) in `*got` and its sender in `from` (may be NULL).
 * OG_ELIMIT if it is longer than `size` (it is lost), OG_ECLOSED when a connected socket learns that nobody
 * is there, OG_ETIMEOUT, OG_ECANCELED, OG_EIO. */
int og__net_socket_recv_from(og__socket *socket, void *data, size_t size, size_t *got, og__address *from,
                             int64_t timeout_ms, og_error *err);

/* The address that a socket is bound to; `len` 0 when the system does not tell. */
void og__net_socket_bound(const og__socket *socket, og__address *bound);

/* True when datagrams from `from` come from a socket that is bound to `bound`: from that address, or, where
 * it is every interface or a group, from its port on an address of this machine. */
bool og__net_address_is_same_socket(const og__address *bound, const og__address *from);

/* Bytes of the headers of a datagram from or to `address`, 28 or 48; 0 for Unix sockets, whose addresses
 * nobody can forge. */
size_t og__net_address_overhead(const og__address *address);

/* Sends one datagram, to `to` or, if NULL, to the connected peer. 0, OG_EVALUE when it is longer than the
 * transport can carry (nothing is sent then), OG_ECLOSED when nobody is there, OG_ETIMEOUT, OG_ECANCELED,
 * OG_EIO. */
int og__net_socket_send_to(og__socket *socket, const void *data, size_t len, const og__address *to,
                           int64_t timeout_ms, og_error *err);

/* Longest datagram that the transport carries: 65,507 bytes over UDP, 65,536 over Unix sockets, 0 for
 * streams. */
size_t og__net_socket_max_datagram(og_transport transport);

/* Tells the peer that no more will come; reading goes on. */
void og__net_socket_shutdown(og__socket *socket);

/* Makes calls in progress, in other threads, and all later ones return OG_ECANCELED. The socket must not be
 * closed meanwhile. */
void og__net_socket_interrupt(og__socket *socket);

/* Closes; a socket that is closed or was never open is left alone. */
void og__net_socket_close(og__socket *socket);

enum { OG__ADDRESS_TEXT = 160 /* bytes that are enough for any address as text */ };

/* The address as people write it ("127.0.0.1:5000", "[::1]:5000", a path or "unix"), into `text` of `size`
 * bytes. */
const char *og__net_address_text(const og__address *address, char *text, size_t size);

#endif
