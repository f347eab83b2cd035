/* SPDX-License-Identifier: MIT */
/* Descriptors and time limits: the small steps that blocking sockets and loops share. For this room only. */
#ifndef ONGGI_NET_FD_H
#define ONGGI_NET_FD_H

#include "net/address.h"

/* A point on the system's monotonic clock, in milliseconds; < 0 is never. */
typedef int64_t og__deadline;

og__deadline og__net_deadline_in(int64_t timeout_ms);

/* Milliseconds until then: 0 when it is over, -1 when it never comes. */
int64_t og__net_deadline_left(og__deadline deadline);

/* Sleeps, but not past the deadline. */
void og__net_deadline_sleep(og__deadline deadline, int64_t ms);

/* Waits for poll() events: 1 they are there (or an error is), 0 the time is over, or a negative errno. */
int og__net_fd_wait(int fd, short events, og__deadline deadline);

/* A new socket for the transport that is not inherited by other programs; non-blocking if asked. The
 * descriptor or a negative errno. */
int og__net_fd_open(og_transport transport, int family, bool nonblocking);

void og__net_fd_close(int fd);

/* Turns on what sockets of the transport always have. */
void og__net_fd_prepare(int fd, og_transport transport, int family);

/* As og__net_fd_wait(), until og__net_socket_interrupt() as well. */
int og__net_socket_wait(const og__socket *socket, short events, og__deadline deadline);

/* Takes the descriptor of a settled endpoint over. 0 or OG_EBIND: it is the caller's still. */
int og__net_socket_inherit(og__socket *socket, const og_endpoint *endpoint, og_error *err);

/*
 * Opens a non-blocking socket and begins to connect it, through network interface `interface` (0: any). 0
 * connected, 1 under way (writable when decided, then ask og__net_fd_connected()), or a negative errno;
 * EAGAIN means that a Unix socket's queue is full and to try again. `*fd` is -1 unless 0 or 1.
 */
int og__net_fd_connect(og_transport transport, const og__address *address, unsigned interface, int *fd);

/* The number of the network interface that the endpoint names, 0 when it names none. 0 or OG_EADDRESS. */
int og__net_interface_find(const og_endpoint *endpoint, unsigned *index, og_error *err);

/* The interface of an address that means something on one link alone, unless it says its own. */
void og__net_interface_scope(og__address *address, unsigned index);

/* Lets the socket send to groups through the interface; for other addresses all goes through it. 0 or a
 * negative errno. */
int og__net_interface_use(int fd, const og__address *address, unsigned index);

/* Joins the group of a multicast address, on the interface (0: the system picks one). 0 or a negative errno.
 */
int og__net_interface_join(int fd, const og__address *address, unsigned index);

/* The outcome of a connect under way: 0 or a negative errno. */
int og__net_fd_connected(int fd);

/* What each address said, for the sentence of the error. */
typedef struct og__attempts {
    unsigned failed;
    int sys;
    char text[200];
} og__attempts;

/* Notes that an address failed with errno value `sys`. */
void og__net_attempts_add(og__attempts *attempts, const og__address *address, int sys);

/* Fills `err` from what was noted: OG_ETIMEOUT if the whole time was used up, else OG_ECONNECT. */
int og__net_attempts_error(const og__attempts *attempts, const og_endpoint *endpoint, bool timed_out,
                           int64_t timeout_ms, og_error *err);

/* The next connection without waiting: 1, 0 when there is none, -1 with errno in `*sys`. */
int og__net_socket_accept_now(og__socket *listener, og__socket *accepted, int *sys);

/* 0, or OG_EVALUE when a datagram of `len` bytes is too long for the transport. */
int og__net_socket_check_datagram(og_transport transport, size_t len, og_error *err);

/* The status that a failed read or write means: OG_ECLOSED when the peer is gone, else OG_EIO. */
og_status og__net_io_status(int sys);

/* Fills `err` for a failed read or write (`doing`: "read from", "write to") with a peer. */
int og__net_io_error(og_error *err, int sys, const char *doing, const og__address *peer,
                     og_transport transport);

/* The same where the peer's address is text already, of a stream. */
int og__net_peer_error(og_error *err, int sys, const char *doing, const char *peer);

/* TLS is TCP for this room: what it carries is for layers to know. */
static inline bool og__net_is_tcp(og_transport transport)
{
    return transport == OG_TCP || transport == OG_TLS;
}

#endif
