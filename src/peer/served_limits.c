/* SPDX-License-Identifier: MIT */
/* What happens when a time limit of a stream's connection runs out. */
#include "peer/server.h"

#include "base/plural.h"

static void silent(og__served *served)
{
    og__core *core = og__peer_served_core(served);
    if (!core) return;
    og__peer_core_idle(core);
    if (served->state == OG__OPEN && !served->paused && !served->unfinished) og__peer_served_pump(served);
}

static void message_too_slow(og__served *served)
{
    og_error err;
    const og__core *core = og__peer_served_core(served);
    if (!core) return;
    og_error_set(&err, OG_ETIMEOUT, (size_t)core->consumed,
                 "found part of a message, expected the rest within %lld ms (message_timeout_ms)",
                 (long long)served->loop->limits.ms[OG__LIMIT_MESSAGE]);
    og__peer_served_refuse_in_turn(served, &err, true);
    og__peer_served_attend(served);
}

/* True while something of the connection waits. */
static bool is_busy(const og__served *served)
{
    return served->waiting > 0 || served->work->count > 0 || served->paused || served->unfinished;
}

static void idle_too_long(og__served *served)
{
    og_error err;
    const og__served *other = served->pair->other;
    if (is_busy(served) || (other && is_busy(other))) {
        og__peer_served_limit(served, OG__LIMIT_IDLE);
        return;
    }
    og_error_set(&err, OG_ETIMEOUT, OG_NO_POSITION, "nothing has arrived for %lld ms (idle_timeout_ms)",
                 (long long)served->loop->limits.ms[OG__LIMIT_IDLE]);
    og__peer_served_drain(served, &err);
    og__peer_served_check_end(served);
}

/* Any progress starts the limit anew. */
static void sending_stuck(og__served *served)
{
    og_error err;
    size_t queued = og__net_stream_queued(served->stream);
    uint64_t sent = og__peer_served_given(served) - queued;
    if (queued == 0) return;
    if (sent > served->sent) {
        served->sent = sent;
        og__peer_served_limit(served, OG__LIMIT_SEND);
        return;
    }
    og_error_set(&err, OG_ETIMEOUT, OG_NO_POSITION,
                 "%zu byte%s queued for a peer that has not read for %lld ms (send_timeout_ms)", queued,
                 og__base_plural(queued), (long long)served->loop->limits.ms[OG__LIMIT_SEND]);
    og__peer_served_cut(served, &err);
    og__peer_served_stop_reading(served, NULL);
}

/* The server stops, and the peer is silent: all that it has sent is read. */
static void silent_at_stop(og__served *served)
{
    if (served->paused || served->unfinished)
        og__peer_served_limit(served, OG__LIMIT_STOP);
    else
        og__peer_served_stop_reading(served, NULL);
}

void og__peer_served_expired(void *ctx, og__limit_kind kind)
{
    og__served *served = ctx;
    if (served->state == OG__CLOSED) return;
    switch (kind) {
    case OG__LIMIT_SILENCE: silent(served); break;
    case OG__LIMIT_MESSAGE: message_too_slow(served); break;
    case OG__LIMIT_IDLE: idle_too_long(served); break;
    case OG__LIMIT_SEND: sending_stuck(served); break;
    case OG__LIMIT_LAYERS: og__peer_served_layers_due(served); break;
    case OG__LIMIT_STOP: silent_at_stop(served); break;
    case OG__LIMIT_LINGER: og__peer_served_close(served, NULL); break;
    case OG__LIMIT_KINDS: break;
    }
}
