/* SPDX-License-Identifier: MIT */
/* A served connection's layers: shaking hands before it is open, and what they need later on. */
#include "peer/layered.h"
#include "peer/server.h"

#include <string.h>

static int64_t now_of(const og__served *served)
{
    return (int64_t)og__net_loop_now(served->loop->net);
}

/* The layers want to know the time now and then, and a handshake has a limit. */
static void limit_layers(og__served *served)
{
    const og__core *core = og__peer_served_core(served);
    const og__layered *layered = core ? core->layered : NULL;
    if (layered && (layered->opening || layered->next))
        og__peer_served_limit(served, OG__LIMIT_LAYERS);
    else
        og__peer_served_unlimit(served, OG__LIMIT_LAYERS);
}

/* The peer is told what the layers have to say about it, and is gone. */
static void fail(og__served *served, const og_error *err)
{
    bool opening = served->state == OG__OPENING;
    og__peer_server_log(served->loop->server, OG_LOG_WARNING, &served->conn, "%s%s; the connection is closed",
                        opening ? "the handshake failed: " : "", err->text);
    og__peer_served_unlimit(served, OG__LIMIT_LAYERS);
    if (served->pair->other) served->pair->other->pair->cut = true;
    if (opening) {
        og__peer_served_end(served, err);
        return;
    }
    og__peer_served_flush(served);
    og__peer_served_stop_reading(served, err);
}

/* What it may mean that nothing has come yet; NULL: nothing. */
static const char *silence(const og__served *served)
{
    char name[40];
    const og__setup *setup = served->conn.setup;
    const og__core *core = og__peer_served_core(served);
    bool silent = core ? !core->layered && core->consumed == 0 && !og__peer_core_midway(core)
                       : served->conn.rested.consumed == 0;
    if (!silent || setup->has_layers || !setup->framing_given) return NULL;
    return og__layer_silence(og_framing_name(setup->in.framing, name, sizeof name));
}

/* A client may wait for a handshake that we know nothing of. */
static void note_silence(og__served *served)
{
    const char *meaning = silence(served);
    int64_t limit = served->port->setup.handshake_timeout_ms;
    if (!meaning || limit < 0) return;
    if (now_of(served) - served->conn.counts.since_ms < limit)
        og__peer_served_limit(served, OG__LIMIT_LAYERS);
    else
        og__peer_server_log(served->loop->server, OG_LOG_WARNING, &served->conn,
                            "nothing has come for %lld ms; %s", (long long)limit, meaning);
}

static void opened(og__served *served)
{
    const og_server_options *options = &served->loop->server->options;
    if (served->conn.setup->has_layers)
        og__peer_server_log(served->loop->server, OG_LOG_DEBUG, &served->conn, "opening -> open");
    served->state = OG__OPEN;
    if (served->pair->behind) {
        if (served->pair->other) og__peer_served_post(served->pair->other); /* it waits for this */
        return;
    }
    served->told_open = true;
    served->pumping = true;
    if (options->on_open) options->on_open(&served->conn, options->user);
    served->pumping = false;
}

/* After each step of the layers while they open. */
static void go_on(og__served *served, int status, const og_error *err)
{
    if (status < 0) {
        fail(served, err);
        return;
    }
    if (served->state == OG__OPENING && !og__peer_layered_is_opening(og__peer_served_core(served)))
        opened(served);
    limit_layers(served);
    og__peer_served_flush(served);
}

void og__peer_served_begin(og__served *served)
{
    og_error err;
    og__layers *layers = og__peer_port_layers(served->port);
    if (!layers) {
        opened(served);
        if (!served->pair->behind) note_silence(served);
        return;
    }
    og__core *core = og__peer_served_wake(served);
    int status = core ? og__peer_layered_begin(core, layers, now_of(served), &err)
                      : og_error_set(&err, OG_ENOMEM, OG_NO_POSITION, "no memory for a handshake");
    og__layer_set_unref(layers);
    go_on(served, status, &err);
}

bool og__peer_served_arrive(og__served *served, const uint8_t *data, size_t len)
{
    og_error err;
    bool locked = og__peer_served_lock(served);
    size_t before = og__peer_served_core(served)->out.len;
    int status = og__peer_layered_feed(og__peer_served_core(served), data, len, now_of(served), &err);
    /* What the last layer says before it steps aside. */
    atomic_fetch_add_explicit(&served->waiting, og__peer_served_core(served)->out.len - before,
                              memory_order_relaxed);
    og__peer_served_unlock(served, locked);
    go_on(served, status, &err);
    return served->state == OG__OPEN;
}

bool og__peer_served_hangup(og__served *served)
{
    og_error err;
    bool opening = served->state == OG__OPENING;
    if (og__peer_layered_hangup(og__peer_served_core(served), &err) == OG_OK) {
        if (!opening) return true;
        og_error_set(&err, OG_ECLOSED, OG_NO_POSITION, "the peer closed the connection");
    }
    if (opening || og__peer_core_midway(og__peer_served_core(served))) {
        fail(served, &err);
        return false;
    }
    og__peer_server_log(served->loop->server, OG_LOG_INFO, &served->conn, "%s", err.text);
    return true;
}

void og__peer_served_lost(og__served *served, const og_error *err)
{
    og__peer_server_log(served->loop->server, OG_LOG_WARNING, &served->conn, "the handshake failed: %s",
                        err->text);
    og__peer_served_close(served, err);
}

void og__peer_served_layers_due(og__served *served)
{
    og_error err;
    og__core *core = og__peer_served_core(served);
    int64_t limit = served->port->setup.handshake_timeout_ms;
    if (served->state > OG__OPEN) return;
    if (!core || !core->layered) {
        note_silence(served);
        return;
    }
    int status = OG_OK;
    bool locked = og__peer_served_lock(served);
    if (core->layered->opening && limit >= 0 && now_of(served) - core->layered->since >= limit)
        status = og__peer_layered_expired(core, limit, &err);
    else if (core->layered->next && now_of(served) >= core->layered->next)
        status = og__peer_layered_tick(core, now_of(served), &err);
    og__peer_served_unlock(served, locked);
    go_on(served, status, &err);
}
