/* SPDX-License-Identifier: MIT */
/*
 * Datagrams served on a loop. Each has a connection, which answers its sender. While a worker or the user has
 * that in hand, it serves what its sender sends next too, so that it is handled in order; when nobody has
 * kept it, it serves the next datagram of anybody.
 */
#include "peer/server.h"

#include "base/alloc.h"

#include <string.h>

/* An answer from another thread, on its way to the loop; its bytes follow the struct. */
typedef struct answer {
    og__port *port;
    og__address to;
    size_t len;
} answer;

/* ---- Answering ---- */

static void send_answer(void *arg)
{
    answer *a = arg;
    og_error err;
    const og_server *server = a->port->server;
    if (a->port->datagrams && og__net_datagrams_send(a->port->datagrams, a + 1, a->len, &a->to, &err) < 0)
        og__peer_server_log(server, OG_LOG_WARNING, NULL, "an answer was lost: %s", err.text);
    og__base_free(server->alloc, a, sizeof *a + a->len);
}

static int post_answer(og__served *served, const og_buf *out, og_error *err)
{
    answer *a = og__base_alloc(served->alloc, sizeof *a + out->len);
    if (a) {
        a->port = served->port;
        a->to = served->sender->address;
        a->len = out->len;
        memcpy(a + 1, out->data, out->len);
        if (og__net_loop_post(served->loop->net, send_answer, a) == OG_OK) return OG_OK;
        og__base_free(served->alloc, a, sizeof *a + out->len);
    }
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory to send");
}

static int put(og__served *served, const og_value *parts, size_t count, og_error *err)
{
    og__port *port = served->port;
    og_buf *out = &og__peer_served_core(served)->out;
    if (served->closed) return og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "the connection is closed");
    int status = og__peer_core_put_parts(og__peer_served_core(served), parts, count, err);
    if (status < 0) return status;
    if (out->len > port->max_datagram)
        status =
            og_error_set(err, OG_EVALUE, OG_NO_POSITION,
                         "the message is %zu bytes long, but one datagram carries at most %zu: send less, or "
                         "over a stream",
                         out->len, port->max_datagram);
    else
        status = og__peer_datagram_spend(port, served->sender, out->len, err);
    if (status < 0) {
        out->len = 0;
        return status;
    }
    if (!pthread_equal(pthread_self(), served->loop->thread))
        status = post_answer(served, out, err);
    else if (!port->datagrams)
        status = og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "the server has stopped");
    else
        status = og__net_datagrams_send(port->datagrams, out->data, out->len, &served->sender->address, err);
    if (status == OG_OK) {
        OG__COUNT(&served->conn, messages_out, 1);
        OG__COUNT(&served->conn, bytes_out, out->len);
    }
    out->len = 0;
    return status;
}

static int send_datagram(og_conn *conn, const og_value *parts, size_t count, og_error *err)
{
    og__served *served = (og__served *)(void *)conn;
    bool locked = og__peer_served_lock(served);
    int status = put(served, parts, count, err);
    og__peer_served_unlock(served, locked);
    return status;
}

static int shutdown_datagram(og_conn *conn, og_error *err)
{
    (void)conn;
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "datagrams have no end to tell the peer about");
}

/* A datagram's connection ends by itself. */
static void disconnect_datagram(og_conn *conn)
{
    (void)conn;
}

/* ---- Receiving ---- */

static bool same_address(const og__address *a, const og__address *b)
{
    return a->len == b->len && a->len <= sizeof a->u.bytes && memcmp(a->u.bytes, b->u.bytes, a->len) == 0;
}

/* Where the table has the connections of `address`. NULL without memory for the table. */
static og__served **chain_of(og__port *port, const og__address *address)
{
    const og_allocator *alloc = port->server->alloc;
    if (!port->senders) {
        const size_t size = OG__CHAINS * sizeof(og__served *);
        port->senders = og__base_alloc(alloc, size);
        if (!port->senders) return NULL;
        memset(port->senders, 0, size);
    }
    return &port->senders[og__peer_sender_hash(port, address) % OG__CHAINS];
}

/* Notes that somebody has the connection in hand: what its sender sends next comes after that. */
static void take_in_hand(og__served *served)
{
    og__sender *sender = served->sender;
    og__served **chain = chain_of(served->port, &sender->address);
    if (!chain) return; /* the order is lost, but no datagram */
    sender->next_there = *chain;
    sender->in_hand = true;
    *chain = served;
}

static void forget(og__served *served)
{
    if (!served->sender->in_hand) return;
    og__served **at = chain_of(served->port, &served->sender->address);
    while (*at != served)
        at = &(*at)->sender->next_there;
    *at = served->sender->next_there;
}

/* A connection that nobody holds any more goes. */
static void attend(og__served *served)
{
    og__server_loop *loop = served->loop;
    if (served->holds > 0 || served->work->count > 0) return;
    forget(served);
    og__peer_served_leave(served);
    og__peer_loop_left(loop, false);
}

/* Somebody keeps the connection, or a worker has its message: the loop hears of their letting go. */
static void set_aside(og__served *served)
{
    if (!served->told_release) {
        served->loop->count++;
        served->told_release = true;
        take_in_hand(served);
    }
    attend(served);
}

static void refused(og__served *served, const og_error *err, bool last)
{
    (void)last; /* the next datagram is on its own */
    og__peer_served_refuse(served, err, false);
}

static const og__handle_ops ops = {
    .send = send_datagram,
    .recv = og__peer_served_recv,
    .shutdown = shutdown_datagram,
    .usable = og__peer_served_usable,
    .lock = og__peer_served_lock_handle,
    .unlock = og__peer_served_unlock_handle,
    .close = disconnect_datagram,
    .keep = og__peer_served_keep,
    .release = og__peer_served_let_go,
    .disconnect = disconnect_datagram,
};

static const og__served_kind kind = {&ops, attend, refused};

/* The connection of `from` that somebody has in hand, or NULL. */
static og__served *in_hand(og__port *port, const og__address *from)
{
    og__served *served = port->senders ? *chain_of(port, from) : NULL;
    while (served && !same_address(&served->sender->address, from))
        served = served->sender->next_there;
    return served;
}

/* The connection for a datagram from `from`: one in hand, the one of the last datagram, or a new one. */
static og__served *connection_for(og__port *port, const og__address *from)
{
    og__served *served = in_hand(port, from);
    if (served) return served;
    served = port->idle;
    port->idle = NULL;
    if (served && !same_address(&served->sender->address, from)) {
        og__peer_served_leave(served);
        served = NULL;
    }
    return served ? served : og__peer_served_new(port->loop, port, &kind, from);
}

/* Reads a message here, or gives it to the workers. */
static int deliver(og__served *served, const og__message *message, og_error *err)
{
    og__server_loop *loop = served->loop;
    if (!og__peer_is_for_workers(served, message))
        return og__peer_message_hand(&served->conn, &loop->server->options, message, &loop->doc, &loop->parts,
                                     err);
    if (og__peer_workers_give(loop->server->workers, served, message) == OG_OK) return OG_OK;
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a message");
}

static void feed(og__served *served, const uint8_t *data, size_t len)
{
    bool locked = og__peer_served_lock(served);
    og__peer_datagram_allow(served->port, served->sender, len, !served->sender->in_hand);
    og__peer_core_feed(og__peer_served_core(served), data, len);
    OG__COUNT(&served->conn, bytes_in, len);
    og__peer_served_unlock(served, locked);
}

static int take(og__served *served, og__message *message, og_error *err)
{
    bool locked = og__peer_served_lock(served);
    int status = og__peer_core_take(og__peer_served_core(served), message, err);
    og__peer_served_unlock(served, locked);
    return status;
}

/* Refuses a message when those before it have been handled. Without memory for that, at once. */
static void refuse(og__served *served, const og_error *err)
{
    og__workers *workers = served->loop->server->workers;
    if (served->work->count == 0 || og__peer_workers_give_refused(workers, served, err, false) < 0)
        og__peer_served_refuse(served, err, false);
}

static void handle_messages(og__served *served)
{
    og_error err;
    og__message message;
    int status;
    while ((status = take(served, &message, &err)) != 0) {
        if (status > 0) status = deliver(served, &message, &err);
        if (status < 0) refuse(served, &err);
        if (og__peer_served_core(served)->broken) return;
    }
}

void og__peer_datagram_received(void *ctx, const uint8_t *data, size_t len, const og__address *from)
{
    og__port *port = ctx;
    og__server_loop *loop = port->loop;
    if (loop->stopping) return;
    if (loop->server->workers && og__peer_workers_full(loop->server->workers)) {
        og__peer_server_log(loop->server, OG_LOG_WARNING, NULL,
                            "a datagram was dropped: the workers have too many");
        return;
    }
    if (og__peer_datagram_is_ours(port, from)) return;
    og__served *served = connection_for(port, from);
    if (!served) {
        og__peer_server_log(loop->server, OG_LOG_ERROR, NULL, "a datagram was dropped: no memory");
        return;
    }
    feed(served, data, len);
    handle_messages(served);
    if (!served->told_release && atomic_load_explicit(&served->refs, memory_order_acquire) == 1)
        port->idle = served;
    else
        set_aside(served);
}

void og__peer_datagram_error(void *ctx, const og_error *err)
{
    og__port *port = ctx;
    og__peer_server_log(port->server, OG_LOG_WARNING, NULL, "a datagram was lost: %s", err->text);
}

void og__peer_datagram_closed(void *ctx)
{
    og__port *port = ctx;
    port->datagrams = NULL;
}
