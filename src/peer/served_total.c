/* SPDX-License-Identifier: MIT */
/*
 * What all connections of a server hold together: unfinished messages, those with the workers, and answers
 * that have not been read. Past the limit the connections that hold most are not read; if that does not help,
 * they are closed.
 */
#include "base/plural.h"
#include "peer/server.h"

enum {
    RELIEF_MS = 100, /* between two looks at whether it is over */
    PATIENCE = 10,   /* so many of them, then the largest is closed */
    LEAST = 64 << 10 /* who holds less is left alone */
};

static size_t held_by(const og__served *served)
{
    const og__core *core = og__peer_served_core(served);
    return served->waiting + served->work->bytes + (core ? core->pending.len - core->at : 0);
}

static og__served *largest(const og__server_loop *loop, bool starved_too)
{
    og__served *most = NULL;
    for (og__served *s = loop->first; s; s = s->next) {
        if (s->is_datagram || s->state > OG__DRAINING || s->counted < LEAST) continue;
        if (!starved_too && (s->starved || s->state != OG__OPEN)) continue;
        if (!most || s->counted > most->counted) most = s;
    }
    return most;
}

/* The connection is not read until the relief. */
static void starve(og__served *served)
{
    og__server_loop *loop = served->loop;
    if (loop->pressed == 0)
        og__peer_server_log(
            loop->server, OG_LOG_WARNING, &served->conn,
            "all connections together hold %zu bytes, more than %zu (max_total): those that hold most are "
            "not read for now",
            (size_t)loop->server->total, loop->server->options.max_total);
    loop->pressed++;
    served->starved = true;
    served->paused = true;
    og__net_stream_read(served->stream, false);
    og__net_timer_start(loop->relief, RELIEF_MS);
}

/* True for a connection that holds more than an equal share. */
static bool is_greedy(const og__served *served)
{
    const og_server *server = served->loop->server;
    return served->counted >= LEAST &&
           served->counted > server->options.max_total / (server->connections + 1);
}

void og__peer_served_count(og__served *served)
{
    og_server *server = served->loop->server;
    og__server_loop *loop = served->loop;
    size_t now = served->state == OG__CLOSED ? 0 : held_by(served);
    if (now != served->counted) {
        atomic_fetch_add_explicit(&server->total, now - served->counted, memory_order_relaxed);
        served->counted = now;
    }
    if (server->total <= server->options.max_total) return;
    if (served->state == OG__OPEN && !served->starved && is_greedy(served)) {
        starve(served);
        return;
    }
    if (loop->relieved == og__net_loop_now(loop->net)) return; /* looking at all costs too much for each */
    loop->relieved = og__net_loop_now(loop->net);
    og__served *most = largest(loop, false);
    if (most) starve(most);
}

static void close_largest(og__server_loop *loop)
{
    og_error err;
    og__served *served = largest(loop, true);
    if (!served) return;
    og_error_set(&err, OG_ELIMIT, OG_NO_POSITION,
                 "all connections together hold more than %zu byte%s (max_total), and this one most: %zu",
                 loop->server->options.max_total, og__base_plural(loop->server->options.max_total),
                 served->counted);
    og__peer_server_log(loop->server, OG_LOG_WARNING, &served->conn, "%s; it is closed", err.text);
    og__peer_served_close(served, &err);
    og__peer_served_count(served);
}

static void feed_starved(og__server_loop *loop)
{
    for (og__served *s = loop->first; s; s = s->next) {
        if (!s->starved) continue;
        s->starved = false;
        og__peer_served_post(s);
    }
}

void og__peer_total_relief(void *ctx)
{
    og__server_loop *loop = ctx;
    size_t most = loop->server->options.max_total;
    if (loop->server->total <= most - most / 8) {
        loop->pressed = loop->looks = 0;
        feed_starved(loop);
        return;
    }
    if (++loop->looks % PATIENCE == 0) close_largest(loop);
    og__net_timer_start(loop->relief, RELIEF_MS);
}
