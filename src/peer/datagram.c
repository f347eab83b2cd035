/* SPDX-License-Identifier: MIT */
/*
 * Datagrams served on a loop. Each has a connection of its own, which answers its sender; when nobody has
 * kept it, it serves the next datagram too.
 */
#include "peer/server.h"

#include "base/alloc.h"

#include <string.h>

/* An answer from another thread, on its way to the loop; its bytes stand behind the struct. */
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
        a->to = served->to[0];
        a->len = out->len;
        memcpy(a + 1, out->data, out->len);
        if (og__net_loop_post(served->loop->net, send_answer, a) == OG_OK) return OG_OK;
        og__base_free(served->alloc, a, sizeof *a + out->len);
    }
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory to send");
}

int og__peer_datagram_send(og__served *served, const og_value *parts, size_t count, og_error *err)
{
    og__port *port = served->port;
    og_buf *out = &served->conn.core.out;
    int status = og__peer_core_put_parts(&served->conn.core, parts, count, err);
    if (status < 0) return status;
    if (out->len > port->max_datagram)
        status =
            og_error_set(err, OG_EVALUE, OG_NO_POSITION,
                         "the message is %zu bytes long, but one datagram carries at most %zu: send less, or "
                         "over a stream",
                         out->len, port->max_datagram);
    else if (!pthread_equal(pthread_self(), served->loop->thread))
        status = post_answer(served, out, err);
    else if (!port->datagrams)
        status = og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "the server has stopped");
    else
        status = og__net_datagrams_send(port->datagrams, out->data, out->len, served->to, err);
    out->len = 0;
    return status;
}

/* ---- Receiving ---- */

static bool same_address(const og__address *a, const og__address *b)
{
    return a->len == b->len && a->len <= sizeof a->u.bytes && memcmp(a->u.bytes, b->u.bytes, a->len) == 0;
}

/* The connection for a datagram from `from`: the one of the last datagram, or a new one. */
static og__served *connection_for(og__port *port, const og__address *from)
{
    og__served *served = port->idle;
    port->idle = NULL;
    if (served && !same_address(served->to, from)) {
        og__peer_served_leave(served);
        served = NULL;
    }
    return served ? served : og__peer_served_new(port->loop, port, from);
}

/* Somebody keeps the connection, or a worker has its message: the loop hears of their letting go. */
static void set_aside(og__served *served)
{
    size_t count = 0;
    size_t bytes = 0;
    served->loop->count++;
    if (served->server->workers) og__peer_workers_load(served->server->workers, served, &count, &bytes);
    og__peer_datagram_attend(served);
}

void og__peer_datagram_attend(og__served *served)
{
    og__server_loop *loop = served->loop;
    if (og__peer_served_is_held(served)) return;
    og__peer_served_leave(served);
    og__peer_loop_left(loop, false);
}

static void handle_messages(og__served *served)
{
    og_error err;
    og__message message;
    int status;
    while ((status = og__peer_core_take(&served->conn.core, &message, &err)) != 0) {
        if (status > 0) status = og__peer_served_deliver(served, &message, &err);
        if (status < 0) og__peer_served_refuse(served, &err, false);
        if (served->conn.core.broken) return;
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
    og__served *served = connection_for(port, from);
    if (!served) {
        og__peer_server_log(loop->server, OG_LOG_ERROR, NULL, "a datagram was dropped: no memory");
        return;
    }
    og__peer_core_feed(&served->conn.core, data, len);
    handle_messages(served);
    loop->seen[0] = '\0';
    if (atomic_load_explicit(&served->refs, memory_order_acquire) == 1)
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
