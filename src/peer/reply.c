/* SPDX-License-Identifier: MIT */
/* Served connections as any thread may use them: sending, keeping, releasing, closing. */
#include "peer/server.h"

#include "base/alloc.h"

#include <string.h>

static og__served *served_of(og_conn *conn)
{
    return (og__served *)(void *)conn;
}

/* ---- Counting references ---- */

/* Only datagrams need the address: ten thousand silent streams should cost little. */
static size_t size_of(bool is_datagram)
{
    return sizeof(og__served) + (is_datagram ? sizeof(og__address) : 0);
}

og__served *og__peer_served_new(og__server_loop *loop, og__port *port, const og__address *peer)
{
    const og_allocator *alloc = loop->server->alloc;
    bool is_datagram = port->setup.datagram;
    og__served *served = og__base_alloc(alloc, size_of(is_datagram));
    if (!served) return NULL;
    memset(served, 0, sizeof *served);
    served->is_datagram = is_datagram;
    served->state = is_datagram ? OG__OPEN : OG__OPENING;
    if (is_datagram) served->to[0] = *peer;
    uint64_t id = atomic_fetch_add(&loop->server->ids, 1) + 1;
    if (og__peer_handle_init(&served->conn, &og__peer_served_ops, &port->setup, id, peer) < 0) {
        og__base_free(alloc, served, size_of(is_datagram));
        return NULL;
    }
    served->server = loop->server;
    served->loop = loop;
    served->port = port;
    served->alloc = alloc;
    served->conn.core.seen = loop->seen;
    served->conn.core.doc_lent = true;
    pthread_mutex_init(&served->lock, NULL);
    atomic_init(&served->refs, 1);
    served->next = loop->first;
    if (loop->first) loop->first->prev = served;
    loop->first = served;
    return served;
}

void og__peer_served_ref(og__served *served)
{
    atomic_fetch_add_explicit(&served->refs, 1, memory_order_relaxed);
}

void og__peer_served_unref(og__served *served)
{
    if (atomic_fetch_sub_explicit(&served->refs, 1, memory_order_acq_rel) != 1) return;
    const og_allocator *alloc = served->alloc;
    pthread_mutex_destroy(&served->lock);
    og__base_free(alloc, served->why, sizeof *served->why);
    og__base_free(alloc, served->conn.peer, served->conn.peer_size);
    og__base_free(alloc, served, size_of(served->is_datagram));
}

void og__peer_served_hold(og__served *served)
{
    atomic_fetch_add(&served->holds, 1);
    og__peer_served_ref(served);
}

bool og__peer_served_is_held(og__served *served)
{
    bool locked = og__peer_served_lock(served);
    served->told_release = true;
    bool held = atomic_load(&served->holds) > 0;
    og__peer_served_unlock(served, locked);
    return held;
}

bool og__peer_served_is_behind(og__served *served)
{
    bool locked = og__peer_served_lock(served);
    size_t len = served->is_datagram ? 0 : served->conn.core.out.len;
    og__peer_served_unlock(served, locked);
    return len + atomic_load_explicit(&served->queued, memory_order_relaxed) >
           served->server->options.max_queued;
}

bool og__peer_served_lock(og__served *served)
{
    if (atomic_load_explicit(&served->refs, memory_order_acquire) == 1) return false;
    pthread_mutex_lock(&served->lock);
    return true;
}

void og__peer_served_unlock(og__served *served, bool locked)
{
    if (locked) pthread_mutex_unlock(&served->lock);
}

void og__peer_served_leave(og__served *served)
{
    og__server_loop *loop = served->loop;
    for (int kind = 0; kind < OG__LIMIT_KINDS; kind++)
        og__peer_limit_drop(&loop->limits, (og__limit_kind)kind, &served->limits[kind]);
    if (served->prev)
        served->prev->next = served->next;
    else
        loop->first = served->next;
    if (served->next) served->next->prev = served->prev;
    bool locked = og__peer_served_lock(served);
    served->closed = true;
    served->left = true;
    og__peer_core_fini(&served->conn.core);
    og__peer_served_unlock(served, locked);
    og__peer_served_unref(served);
}

/* ---- Calling the loop ---- */

static void on_post(void *arg)
{
    og__served *served = arg;
    bool locked = og__peer_served_lock(served);
    served->posted = false;
    bool left = served->left;
    og__peer_served_unlock(served, locked);
    if (!left) og__peer_served_attend(served);
    og__peer_served_unref(served);
}

void og__peer_served_post(og__served *served)
{
    if (served->posted || served->left) return;
    og__peer_served_ref(served);
    served->posted = true;
    served->attend = (og__call){.fn = on_post, .arg = served};
    og__net_loop_call(served->loop->net, &served->attend);
}

/* True when the loop will attend to the connection anyway, as it is calling the user for it right now. */
static bool will_attend(const og__served *served)
{
    return pthread_equal(pthread_self(), served->loop->thread) && served->pumping;
}

/* ---- The public functions ---- */

static int closed(og_error *err)
{
    return og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "the connection is closed");
}

static int put(og__served *served, const og_value *parts, size_t count, og_error *err)
{
    if (served->closed) return closed(err);
    if (served->is_datagram) return og__peer_datagram_send(served, parts, count, err);
    og_buf *out = &served->conn.core.out;
    size_t waiting = atomic_load_explicit(&served->queued, memory_order_relaxed) + out->len;
    /* Twice what stops reading: the handler of one message may send several answers. */
    if (waiting / 2 > served->server->options.max_queued)
        return og_error_set(err, OG_EBUSY, OG_NO_POSITION,
                            "%zu bytes wait for a peer that does not read: send again when it has", waiting);
    int status = og__peer_core_put_parts(&served->conn.core, parts, count, err);
    if (status == OG_OK && !will_attend(served)) og__peer_served_post(served);
    return status;
}

static int send_served(og_conn *conn, const og_value *parts, size_t count, og_error *err)
{
    og__served *served = served_of(conn);
    bool locked = og__peer_served_lock(served);
    int status = put(served, parts, count, err);
    og__peer_served_unlock(served, locked);
    return status;
}

static int recv_served(og_conn *conn, const og_value **parts, size_t *count, og_error *err)
{
    (void)conn;
    (void)parts;
    (void)count;
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                        "a server's connection hands its values to on_message");
}

static int shutdown_served(og_conn *conn, og_error *err)
{
    og__served *served = served_of(conn);
    if (served->is_datagram)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "datagrams have no end to tell the peer about");
    bool locked = og__peer_served_lock(served);
    bool open = !served->closed;
    if (open) {
        served->shut_wanted = true;
        if (!will_attend(served)) og__peer_served_post(served);
    }
    og__peer_served_unlock(served, locked);
    return open ? OG_OK : closed(err);
}

static void disconnect_served(og_conn *conn)
{
    og__served *served = served_of(conn);
    bool locked = og__peer_served_lock(served);
    if (!served->closed && !served->is_datagram) {
        served->bye_wanted = true;
        if (!will_attend(served)) og__peer_served_post(served);
    }
    og__peer_served_unlock(served, locked);
}

static bool usable_served(const og_conn *conn)
{
    return !((const og__served *)(const void *)conn)->closed;
}

static void keep_served(og_conn *conn)
{
    og__peer_served_hold(served_of(conn));
}

static void release_served(og_conn *conn)
{
    og__served *served = served_of(conn);
    bool locked = og__peer_served_lock(served);
    atomic_fetch_sub(&served->holds, 1);
    if (served->told_release) og__peer_served_post(served);
    og__peer_served_unlock(served, locked);
    og__peer_served_unref(served); /* last, as the loop may free what nobody refers to */
}

/* The loop feeds the layers with the lock held, so another thread may ask them. */
static void lock_served(og_conn *conn, bool lock)
{
    og__served *served = served_of(conn);
    if (lock)
        pthread_mutex_lock(&served->lock);
    else
        pthread_mutex_unlock(&served->lock);
}

const og__handle_ops og__peer_served_ops = {
    .send = send_served,
    .recv = recv_served,
    .shutdown = shutdown_served,
    .usable = usable_served,
    .lock = lock_served,
    .close = disconnect_served,
    .keep = keep_served,
    .release = release_served,
    .disconnect = disconnect_served,
};
