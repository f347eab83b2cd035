/* SPDX-License-Identifier: MIT */
/* Served connections as any thread may use them: counting references, locking, calling the loop. */
#include "peer/server.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

static og__served *served_of(const og_conn *conn)
{
    /* The handle is const. NOLINTNEXTLINE(performance-no-int-to-ptr) */
    return (og__served *)(uintptr_t)conn;
}

/* ---- Counting references ---- */

/* Only datagrams need the address: ten thousand silent streams should cost little. */
static size_t size_of(bool is_datagram)
{
    return sizeof(og__served) + (is_datagram ? sizeof(og__sender) : 0);
}

og__served *og__peer_served_new(og__server_loop *loop, og__port *port, const og__served_kind *kind,
                                const og__address *peer)
{
    const og_allocator *alloc = loop->server->alloc;
    bool is_datagram = port->setup.datagram;
    og__served *served = og__base_alloc(alloc, size_of(is_datagram));
    if (!served) return NULL;
    memset(served, 0, sizeof *served);
    served->kind = kind;
    served->is_datagram = is_datagram;
    served->state = is_datagram ? OG__OPEN : OG__OPENING;
    if (is_datagram) served->sender[0] = (og__sender){.address = *peer};
    uint64_t id = atomic_fetch_add(&loop->server->ids, 1) + 1;
    if (og__peer_handle_init(&served->conn, kind->ops, &port->setup, id, peer) < 0) {
        og__base_free(alloc, served, size_of(is_datagram));
        return NULL;
    }
    served->server = loop->server;
    served->loop = loop;
    served->port = port;
    served->alloc = alloc;
    served->conn.core.loan = &loop->loan;
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

void og__peer_served_release(og__served *served)
{
    pthread_mutex_lock(&served->lock);
    atomic_fetch_sub(&served->holds, 1);
    if (served->told_release) og__peer_served_post(served);
    og__peer_served_unlock(served, true);
    og__peer_served_unref(served); /* last, as the loop may free what nobody refers to */
}

void og__peer_served_leave(og__served *served)
{
    og__server_loop *loop = served->loop;
    size_t left_out = og__peer_quota_left_out(&served->refusals);
    if (left_out > 0)
        og__peer_server_log(served->server, OG_LOG_WARNING, &served->conn, "refused %zu more messages",
                            left_out);
    for (int kind = 0; kind < OG__LIMIT_KINDS; kind++)
        og__peer_limit_drop(&loop->limits, (og__limit_kind)kind, &served->limits[kind]);
    if (served->prev)
        served->prev->next = served->next;
    else
        loop->first = served->next;
    if (served->next) served->next->prev = served->prev;
    if (served->pair.other) served->pair.other->pair.other = NULL;
    bool locked = og__peer_served_lock(served);
    served->closed = true;
    served->left = true;
    atomic_fetch_sub_explicit(&served->server->total, served->counted, memory_order_relaxed);
    og__peer_core_fini(&served->conn.core);
    og__peer_served_unlock(served, locked);
    og__peer_served_unref(served);
}

/* ---- Locking ---- */

bool og__peer_served_lock(og__served *served)
{
    if (atomic_load_explicit(&served->refs, memory_order_acquire) == 1) return false;
    pthread_mutex_lock(&served->lock);
    return true;
}

void og__peer_served_unlock(og__served *served, bool locked)
{
    if (!locked) return;
    pthread_mutex_unlock(&served->lock);
    /* Until the loop has not missed it: it may look again while it is posted to. An exchange, since on some
     * processors a load could come before others see the lock free. */
    while (atomic_exchange(&served->missed, false)) {
        pthread_mutex_lock(&served->lock);
        og__peer_served_post(served);
        pthread_mutex_unlock(&served->lock);
    }
}

bool og__peer_served_try_lock(og__served *served, bool *locked)
{
    *locked = false;
    if (atomic_load_explicit(&served->refs, memory_order_acquire) == 1) return true;
    if (pthread_mutex_trylock(&served->lock) != 0) {
        /* Noted before the second try: whoever unlocks after that sees it. */
        atomic_store(&served->missed, true);
        if (pthread_mutex_trylock(&served->lock) != 0) return false;
        /* The note may be of an earlier miss as well, which still has to be made good. */
        atomic_store(&served->missed, false);
        og__peer_served_post(served);
    }
    *locked = true;
    return true;
}

/* ---- Calling the loop ---- */

static void on_post(void *arg)
{
    og__served *served = arg;
    bool left = served->left;
    served->posted = false;
    /* First, as each message takes the lock while others refer to it. The loop does until it has left. */
    og__peer_served_unref(served);
    if (!left) served->kind->attend(served);
}

/* True when the call is the caller's to make. */
static bool take_call(og__served *served)
{
    if (served->left || atomic_exchange(&served->posted, true)) return false;
    og__peer_served_ref(served);
    served->attend = (og__call){.fn = on_post, .arg = served};
    return true;
}

void og__peer_served_post(og__served *served)
{
    if (take_call(served)) og__net_loop_call(served->loop->net, &served->attend);
}

void og__peer_served_wait_turn(og__served *served)
{
    if (take_call(served)) og__net_loop_turn(served->loop->net, &served->attend);
}

/* ---- Telling the user ---- */

/* A client that sends nothing but nonsense must not fill the log. */
static void log_refusal(og__served *served, const og_error *err, bool closing)
{
    char at[40] = "";
    size_t left_out;
    og_server *server = served->server;
    og__quota *quota = served->is_datagram ? &served->port->refusals : &served->refusals;
    uint64_t now = og__net_loop_now(served->loop->net);
    if (!og__peer_quota_take(quota, now, &left_out) && !closing) return;
    if (left_out > 0)
        og__peer_server_log(server, OG_LOG_WARNING, &served->conn, "refused %zu more messages before this",
                            left_out);
    if (err->position != OG_NO_POSITION) snprintf(at, sizeof at, " at byte %zu", err->position);
    og__peer_server_log(server, OG_LOG_WARNING, &served->conn, "refused a message%s: %s; the connection %s",
                        at, err->text, closing ? "is closed" : "goes on");
}

void og__peer_served_refuse(og__served *served, const og_error *err, bool closing)
{
    og_server *server = served->server;
    log_refusal(served, err, closing);
    OG__COUNT(&served->conn, refused, 1);
    if (!server->options.on_refuse) return;
    bool pumping = served->pumping;
    served->pumping = true;
    server->options.on_refuse(&served->conn, err, closing, server->options.user);
    served->pumping = pumping;
}

/* ---- The public functions that streams and datagrams have in common ---- */

int og__peer_served_recv(og_conn *conn, const og_value **parts, size_t *count, og_error *err)
{
    (void)conn;
    (void)parts;
    (void)count;
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                        "a server's connection hands its values to on_message");
}

bool og__peer_served_usable(const og_conn *conn)
{
    return !served_of(conn)->closed;
}

/* The loop changes what it tells of the connection with the lock held, as long as anybody else can ask. */
bool og__peer_served_lock_handle(const og_conn *conn)
{
    return og__peer_served_lock(served_of(conn));
}

void og__peer_served_unlock_handle(const og_conn *conn)
{
    og__peer_served_unlock(served_of(conn), true);
}

void og__peer_served_keep(og_conn *conn)
{
    og__peer_served_hold(served_of(conn));
}

void og__peer_served_let_go(og_conn *conn)
{
    og__peer_served_release(served_of(conn));
}
