/* SPDX-License-Identifier: MIT */
/*
 * What every og_conn begins with, whichever way it is served: blocking (client.c), or on a loop (server.h).
 *
 * Ownership: the structs that embed an og_conn own it, and its core.
 */
#ifndef ONGGI_PEER_HANDLE_H
#define ONGGI_PEER_HANDLE_H

#include "net/socket.h"
#include "peer/core.h"

/* What the kinds of connection do differently. The functions have the thread rules of the public ones. */
typedef struct og__handle_ops {
    int (*send)(og_conn *conn, const og_value *parts, size_t count, og_error *err);
    int (*recv)(og_conn *conn, const og_value **parts, size_t *count, og_error *err);
    int (*poll)(og_conn *conn, int64_t timeout_ms,
                og_error *err); /* NULL: it is not for the user to receive */
    int (*shutdown)(og_conn *conn, og_error *err);
    bool (*usable)(const og_conn *conn);
    bool (*untaken)(const og_conn *conn);                /* NULL: nothing is known */
    bool (*refused)(const og_conn *conn);                /* likewise */
    bool (*cut_off)(const og_conn *conn, og_error *err); /* likewise */
    bool (*lock)(const og_conn *conn); /* before it is asked what is spoken; true: unlock() after that */
    void (*unlock)(const og_conn *conn);
    void (*close)(og_conn *conn);
    void (*keep)(og_conn *conn);
    void (*release)(og_conn *conn);
    void (*disconnect)(og_conn *conn);
} og__handle_ops;

/* What has gone over a connection. Each number is written by one thread at a time, and read by any. */
typedef struct og__counts {
    atomic_uint_fast64_t bytes_in;
    atomic_uint_fast64_t bytes_out;
    atomic_uint_fast64_t messages_in;
    atomic_uint_fast64_t messages_out;
    atomic_uint_fast64_t refused;
    int64_t since_ms;
} og__counts;

struct og_conn {
    const og__handle_ops *ops;
    const og__setup *setup;
    _Atomic(og__core *) core; /* the owner's; NULL: `rested` is all that there is */
    og__counts counts;
    og__rested rested;
    atomic_bool ended; /* the peer will send no more */
    uint16_t peer_at;  /* where the owner has the remote address as text, from the handle on */
    uint64_t id;
    void *user;
};

static inline og__core *og__peer_core_of(const og_conn *conn)
{
    return atomic_load_explicit(&conn->core, memory_order_acquire);
}

/* Adds to one of the counts. No other thread writes it, so that a load and a store will do. */
#define OG__COUNT(conn, name, more)                                                                  \
    atomic_store_explicit(&(conn)->counts.name,                                                      \
                          atomic_load_explicit(&(conn)->counts.name, memory_order_relaxed) + (more), \
                          memory_order_relaxed)

/* Fills the handle but for `peer_at` and `core`; `setup` must outlive it. */
void og__peer_handle_init(og_conn *conn, const og__handle_ops *ops, const og__setup *setup, uint64_t id);

/* Milliseconds of a clock that never goes back. */
int64_t og__peer_clock_ms(void);

#endif
