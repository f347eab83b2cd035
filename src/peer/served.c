/* SPDX-License-Identifier: MIT */
/* A stream's connection on its loop: reading, handing messages on, writing answers, ending. */
#include "peer/server.h"

#include "base/alloc.h"
#include "peer/layered.h"

#include <stdio.h>
#include <string.h>

enum {
    FLUSH_AT = 262144,  /* answers to one read leave together, unless they are more */
    OWN_MEMORY = 65536, /* answers that are longer are handed over, not copied */
    JOBS_MOST = 16,     /* messages of one connection with the workers before it is read no more */
    JOB_BYTES_MOST = 1 << 20
};

static const char *state_text(int state)
{
    switch (state) {
#define X(name, text) \
    case name: return text;
        OG__STATE_MAP(X)
#undef X
    default: return "unknown";
    }
}

static void set_state(og__served *served, og__state state)
{
    og__peer_server_log(served->server, OG_LOG_DEBUG, &served->conn, "%s -> %s", state_text(served->state),
                        state_text((int)state));
    served->state = (uint8_t)state;
}

static void set_limit(og__served *served, og__limit_kind kind)
{
    og__peer_limit_set(&served->loop->limits, kind, &served->limits[kind], served);
}

static void clear_limit(og__served *served, og__limit_kind kind)
{
    og__peer_limit_clear(&served->limits[kind]);
}

static void remember_why(og__served *served, const og_error *why)
{
    if (!why || served->failed) return;
    served->failed = true;
    served->why = og__base_alloc(served->alloc, sizeof *why);
    if (served->why) *served->why = *why;
}

static void send_no_more(og__served *served)
{
    bool locked = og__peer_served_lock(served);
    served->closed = true;
    og__peer_served_unlock(served, locked);
}

/* Messages with the workers. The loop is told when the next one is done. */
static size_t jobs_of(og__served *served, size_t *bytes)
{
    size_t count = 0;
    *bytes = 0;
    if (served->server->workers) og__peer_workers_load(served->server->workers, served, &count, bytes);
    return count;
}

bool og__peer_served_is_with_worker(og__served *served)
{
    size_t bytes;
    return jobs_of(served, &bytes) > 0;
}

/* Bytes put and not yet taken by the system. */
static size_t waiting(og__served *served)
{
    bool locked = og__peer_served_lock(served);
    size_t len = served->conn.core.out.len;
    og__peer_served_unlock(served, locked);
    size_t queued = served->stream ? og__net_stream_queued(served->stream) : 0;
    atomic_store_explicit(&served->queued, queued, memory_order_relaxed);
    return len + queued;
}

/* ---- Writing ---- */

/* Takes what was put out of the core. */
static int take_out(og__served *served, og_buf *out, bool *shut, og_error *err)
{
    og__core *core = &served->conn.core;
    bool locked = og__peer_served_lock(served);
    *shut = served->shut_wanted || (core->out.len > 0 && og_framing_ends_stream(core->out_wire.framing));
    int status = og__peer_core_out(core, out, err);
    og__peer_served_unlock(served, locked);
    return status;
}

/* Lends the loop's spare memory to the answers that are about to be put. */
static void lend_spare(og__served *served)
{
    og__core *core = &served->conn.core;
    bool locked = og__peer_served_lock(served);
    if (core->out.cap == 0 && served->loop->spare.cap > 0) {
        core->out = served->loop->spare;
        og_buf_init(&served->loop->spare, core->setup->alloc);
    }
    og__peer_served_unlock(served, locked);
}

static void give_back(og__served *served, og_buf *out)
{
    og_buf *spare = &served->loop->spare;
    if (spare->cap == 0 && out->cap <= FLUSH_AT) {
        *spare = *out;
        spare->len = 0;
        return;
    }
    og_buf_free(out);
}

static int write_out(og__served *served, og_buf *out, og_error *err)
{
    int status = OG_OK;
    served->put += out->len;
    if (out->len > OWN_MEMORY)
        status = og__net_stream_write_buf(served->stream, out, err);
    else if (out->len > 0)
        status = og__net_stream_write(served->stream, out->data, out->len, err);
    give_back(served, out);
    return status;
}

/* Lets each layer say that no more comes. */
static void end_layers(og__served *served)
{
    og_buf out;
    bool shut;
    if (!served->conn.core.layered || served->state == OG__OPENING) return;
    bool locked = og__peer_served_lock(served);
    og__peer_layered_end(&served->conn.core);
    og__peer_served_unlock(served, locked);
    take_out(served, &out, &shut, NULL);
    write_out(served, &out, NULL);
}

/* Writes what was put, as far as the peer takes it. */
static void flush(og__served *served)
{
    if (served->state >= OG__LINGERING) return;
    bool shut;
    og_buf out;
    og_error err;
    int status = take_out(served, &out, &shut, &err);
    int written = write_out(served, &out, status < 0 ? NULL : &err);
    if (written < 0) status = written;
    size_t queued = og__net_stream_queued(served->stream);
    atomic_store_explicit(&served->queued, queued, memory_order_relaxed);
    if (status < 0) {
        og__peer_served_close(served, &err);
        return;
    }
    if (queued > 0 && !og__peer_limit_is_set(&served->limits[OG__LIMIT_SEND])) {
        served->sent = served->put - queued;
        set_limit(served, OG__LIMIT_SEND);
    }
    if (!shut) return;
    end_layers(served);
    og__net_stream_shutdown(served->stream);
}

void og__peer_served_flush(og__served *served)
{
    flush(served);
}

/* ---- Ending ---- */

/* The stream is closed and no worker has a message of it: the user hears of it, and that is all. */
static void finish_gone(og__served *served)
{
    size_t bytes;
    if (jobs_of(served, &bytes) > 0) return;
    og_server *server = served->server;
    const og_error *why = served->why;
    og_error forgotten;
    if (served->failed && !why) {
        og_error_set(&forgotten, OG_ENOMEM, OG_NO_POSITION, "no memory to note why the connection ended");
        why = &forgotten;
    }
    if (server->options.on_close && served->told_open)
        server->options.on_close(&served->conn, why, server->options.user);
    og__server_loop *loop = served->loop;
    og__peer_served_leave(served);
    og__peer_loop_left(loop, true);
}

static void on_closed(void *ctx)
{
    og__served *served = ctx;
    served->stream = NULL;
    served->gone = true;
    finish_gone(served);
}

void og__peer_served_close(og__served *served, const og_error *why)
{
    if (served->state == OG__CLOSED) return;
    remember_why(served, why);
    set_state(served, OG__CLOSED);
    send_no_more(served);
    if (served->server->workers) og__peer_workers_drop(served->server->workers, served);
    for (int kind = 0; kind < OG__LIMIT_KINDS; kind++)
        clear_limit(served, (og__limit_kind)kind);
    og__net_stream_close(served->stream);
}

/* Nothing more is read or put; what is queued goes, then the connection. */
static void drain(og__served *served, const og_error *why)
{
    if (served->state >= OG__DRAINING) return;
    remember_why(served, why);
    set_state(served, OG__DRAINING);
    send_no_more(served);
    if (served->server->workers) og__peer_workers_drop(served->server->workers, served);
    og__net_stream_read(served->stream, false);
    clear_limit(served, OG__LIMIT_MESSAGE);
    clear_limit(served, OG__LIMIT_SILENCE);
    clear_limit(served, OG__LIMIT_IDLE);
}

/* Nothing more is read; what is in hand is answered. */
static void finish(og__served *served, const og_error *why)
{
    remember_why(served, why);
    if (served->state >= OG__FINISHING) return;
    set_state(served, OG__FINISHING);
    og__net_stream_read(served->stream, false);
    clear_limit(served, OG__LIMIT_MESSAGE);
    clear_limit(served, OG__LIMIT_SILENCE);
    clear_limit(served, OG__LIMIT_IDLE);
}

/* True while somebody may still answer: a worker, or whoever keeps the connection, who is waited for as long
 * as for a peer that does not read. */
static bool is_in_hand(og__served *served)
{
    size_t bytes;
    if (waiting(served) > 0 || jobs_of(served, &bytes) > 0) return true;
    return !served->failed && og__peer_served_is_held(served);
}

/* What remains to be done before the connection may go. */
static void check_end(og__served *served)
{
    if (served->state == OG__FINISHING) {
        if (is_in_hand(served)) {
            if (!og__peer_limit_is_set(&served->limits[OG__LIMIT_SEND])) set_limit(served, OG__LIMIT_SEND);
            return;
        }
        drain(served, NULL);
    }
    if (served->state != OG__DRAINING) return;
    size_t bytes;
    if (waiting(served) > 0 || jobs_of(served, &bytes) > 0) return;
    end_layers(served);
    if (served->conn.core.ended) {
        og__peer_served_close(served, NULL);
        return;
    }
    /* Closing on unread bytes would reset the connection, and the peer might lose its answer. */
    og__net_stream_shutdown(served->stream);
    set_state(served, OG__LINGERING);
    clear_limit(served, OG__LIMIT_SEND);
    set_limit(served, OG__LIMIT_LINGER);
    og__net_stream_read(served->stream, true);
}

void og__peer_served_end(og__served *served, const og_error *why)
{
    flush(served);
    drain(served, why);
    check_end(served);
}

/* ---- Reading ---- */

/* Whether `part` of what is allowed is with the peer or the workers already. */
static bool is_loaded(og__served *served, unsigned part)
{
    if (waiting(served) > served->server->options.max_queued / part) return true;
    size_t bytes;
    size_t count = jobs_of(served, &bytes);
    return count >= JOBS_MOST / part || bytes > JOB_BYTES_MOST / part;
}

static void log_detection(og__served *served)
{
    char *seen = served->loop->seen;
    if (seen[0] == '\0') return;
    char framing[40];
    og__peer_server_log(served->server, OG_LOG_INFO, &served->conn, "speaks %s in %s: %s",
                        og_conn_codec(&served->conn), og_conn_framing(&served->conn, framing, sizeof framing),
                        seen);
    seen[0] = '\0';
}

void og__peer_served_refuse(og__served *served, const og_error *err, bool closing)
{
    og_server *server = served->server;
    char at[40] = "";
    if (err->position != OG_NO_POSITION) snprintf(at, sizeof at, " at byte %zu", err->position);
    og__peer_server_log(server, OG_LOG_WARNING, &served->conn, "refused a message%s: %s; the connection %s",
                        at, err->text, closing ? "is closed" : "goes on");
    if (!server->options.on_refuse) return;
    bool pumping = served->pumping;
    served->pumping = true;
    server->options.on_refuse(&served->conn, err, closing, server->options.user);
    served->pumping = pumping;
}

int og__peer_served_hand_parts(og__served *served, const og__message *message, og__parts *parts,
                               og_error *err)
{
    const og_server_options *options = &served->server->options;
    int status = og__peer_parts_read(parts, served->conn.core.setup, message, err);
    if (status < 0) return status;
    if (!options->on_parts)
        return og_error_set(err, OG_EVALUE, (size_t)message->position,
                            "a message of %zu parts has arrived, but the server has no on_parts",
                            message->parts);
    options->on_parts(&served->conn, parts->values, message->parts, options->user);
    return OG_OK;
}

int og__peer_served_deliver(og__served *served, const og__message *message, og_error *err)
{
    og_server *server = served->server;
    if (server->workers) {
        if (og__peer_workers_give(server->workers, served, message) == OG_OK) return OG_OK;
        return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a message");
    }
    og_value value;
    if (message->parts > 1) return og__peer_served_hand_parts(served, message, &served->loop->parts, err);
    int status = og__peer_message_read(&served->port->setup, message, served->loop->doc, &value, err);
    if (status < 0) {
        og__peer_core_refused(&served->conn.core);
        return status;
    }
    if (server->options.on_message) server->options.on_message(&served->conn, value, server->options.user);
    return OG_OK;
}

static int take(og__served *served, og__message *message, og_error *err)
{
    bool locked = og__peer_served_lock(served);
    int status = og__peer_core_take(&served->conn.core, message, err);
    og__peer_served_unlock(served, locked);
    if (served->loop->seen[0]) log_detection(served);
    return status;
}

/* The first pause for a peer that does not read is worth a line: it is what someone looks for who asks why a
 * client gets no more. */
static void note_pause(og__served *served)
{
    size_t bytes = waiting(served);
    if (served->noted_pause || bytes <= served->server->options.max_queued) return;
    served->noted_pause = true;
    og__peer_server_log(served->server, OG_LOG_DEBUG, &served->conn,
                        "not read for now: %zu bytes of answers wait for it", bytes);
}

static void pause_reading(og__served *served)
{
    og_error err;
    served->paused = true;
    note_pause(served);
    og__net_stream_read(served->stream, false);
    clear_limit(served, OG__LIMIT_MESSAGE);
    clear_limit(served, OG__LIMIT_SILENCE);
    if (og__peer_core_hold(&served->conn.core) == OG_OK) return;
    og_error_set(&err, OG_ENOMEM, OG_NO_POSITION, "no memory for what has arrived");
    og__peer_served_close(served, &err);
}

/* One message, if a whole one is there: 1, 0 when not, < 0 when there will be no next one. */
static int pump_one(og__served *served)
{
    og_error err;
    og__message message;
    int status = take(served, &message, &err);
    if (status > 0) status = og__peer_served_deliver(served, &message, &err) < 0 ? err.code : 1;
    if (status >= 0) return status;
    bool closing = served->conn.core.broken;
    og__peer_served_refuse(served, &err, closing);
    if (!closing) return 1;
    finish(served, &err);
    return status;
}

/* What time limits hold after all that was there has been read. */
static void limit_reading(og__served *served, bool progress)
{
    const og__core *core = &served->conn.core;
    bool midway = og__peer_core_midway(core);
    if (!midway)
        clear_limit(served, OG__LIMIT_MESSAGE);
    else if (progress || !og__peer_limit_is_set(&served->limits[OG__LIMIT_MESSAGE]))
        set_limit(served, OG__LIMIT_MESSAGE);
    if (og__peer_core_wants_idle(core))
        set_limit(served, OG__LIMIT_SILENCE);
    else
        clear_limit(served, OG__LIMIT_SILENCE);
}

/* Handles every whole message that is there, then sends the answers together. */
static void pump(og__served *served)
{
    bool progress = false;
    int status = 1;
    lend_spare(served);
    served->pumping = true;
    while (status > 0 && served->state == OG__OPEN && !served->bye_wanted) {
        if (is_loaded(served, 1)) {
            flush(served);
            if (served->state != OG__OPEN) break;
            if (is_loaded(served, 1)) {
                pause_reading(served);
                break;
            }
            lend_spare(served);
        }
        status = pump_one(served);
        if (status > 0) progress = true;
        if (waiting(served) > FLUSH_AT) flush(served);
    }
    served->pumping = false;
    if (status == 0 && served->state == OG__OPEN) {
        if (served->conn.core.ended)
            finish(served, NULL);
        else
            limit_reading(served, progress);
    }
    flush(served);
    if (served->bye_wanted && served->state < OG__DRAINING) drain(served, NULL);
    check_end(served);
}

static void resume(og__served *served)
{
    if (!served->paused || served->state != OG__OPEN || is_loaded(served, 2)) return;
    served->paused = false;
    pump(served);
    if (!served->paused && served->state == OG__OPEN) og__net_stream_read(served->stream, true);
}

void og__peer_served_attend(og__served *served)
{
    if (served->is_datagram) {
        og__peer_datagram_attend(served);
        return;
    }
    if (served->gone) {
        finish_gone(served);
        return;
    }
    if (served->state == OG__CLOSED) return;
    flush(served);
    if (served->bye_wanted && served->state < OG__DRAINING) drain(served, NULL);
    if (served->server->workers && !og__peer_served_is_behind(served))
        og__peer_workers_go_on(served->server->workers, served);
    resume(served);
    check_end(served);
}

void og__peer_served_refused(og__served *served, const og_error *err)
{
    if (served->is_datagram) og__peer_served_refuse(served, err, false);
    if (served->is_datagram || served->state == OG__CLOSED) return;
    og__peer_core_refused(&served->conn.core);
    bool closing = served->conn.core.broken;
    if (closing) og__peer_workers_drop(served->server->workers, served);
    og__peer_served_refuse(served, err, closing);
    if (closing) finish(served, err);
    og__peer_served_attend(served);
}

void og__peer_served_stop(og__served *served)
{
    if (served->is_datagram || served->state == OG__CLOSED) return;
    if (served->state == OG__OPENING) {
        og__peer_served_close(served, NULL);
        return;
    }
    finish(served, NULL);
    if (served->state == OG__FINISHING && !is_in_hand(served))
        og__peer_served_close(served, NULL);
    else
        check_end(served);
}

/* ---- What the stream tells ---- */

static uint8_t *on_alloc(void *ctx, size_t *size)
{
    og__served *served = ctx;
    return served->state == OG__OPEN ? og__peer_core_space(&served->conn.core, size) : NULL;
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
    og__served *served = ctx;
    if (served->state > OG__OPEN) return;
    if (!served->conn.core.layered)
        og__peer_core_feed(&served->conn.core, data, len);
    else if (!og__peer_served_arrive(served, data, len))
        return;
    set_limit(served, OG__LIMIT_IDLE);
    pump(served);
}

static void on_end(void *ctx)
{
    og__served *served = ctx;
    if (served->conn.core.layered && served->state <= OG__OPEN && !og__peer_served_hangup(served)) return;
    og__peer_core_end(&served->conn.core);
    if (served->state == OG__LINGERING)
        og__peer_served_close(served, NULL);
    else if (served->state == OG__OPEN)
        pump(served);
}

static void on_error(void *ctx, const og_error *err)
{
    og__served *served = ctx;
    if (served->state == OG__OPENING)
        og__peer_served_lost(served, err);
    else
        og__peer_served_close(served, served->state == OG__LINGERING ? NULL : err);
}

static void on_drain(void *ctx)
{
    og__served *served = ctx;
    size_t queued = og__net_stream_queued(served->stream);
    atomic_store_explicit(&served->queued, queued, memory_order_relaxed);
    served->sent = served->put - queued;
    if (queued == 0)
        clear_limit(served, OG__LIMIT_SEND);
    else
        set_limit(served, OG__LIMIT_SEND);
    if (served->state == OG__OPEN) set_limit(served, OG__LIMIT_IDLE);
    og__peer_served_attend(served);
}

static const og__stream_events events = {
    .on_alloc = on_alloc,
    .on_data = on_data,
    .on_end = on_end,
    .on_error = on_error,
    .on_drain = on_drain,
    .on_close = on_closed,
};

void og__peer_served_open(og__server_loop *loop, og__port *port, og__socket *socket)
{
    og_error err;
    og_server *server = loop->server;
    og__served *served = og__peer_served_new(loop, port, &socket->peer);
    if (!served) {
        og__net_socket_close(socket);
        og__peer_server_log(server, OG_LOG_ERROR, NULL, "no memory for a connection");
        og__peer_loop_left(loop, true);
        return;
    }
    served->stream = og__net_stream_open(loop->net, socket, &events, served, &err);
    if (!served->stream) {
        og__peer_server_log(server, OG_LOG_ERROR, &served->conn, "%s", err.text);
        og__peer_served_leave(served);
        og__peer_loop_left(loop, true);
        return;
    }
    og__net_stream_set_high_water(served->stream, server->options.max_queued);
    og__peer_server_log(server, OG_LOG_DEBUG, &served->conn, "connected");
    og__peer_served_begin(served);
    if (served->state > OG__OPEN) return;
    og__net_stream_read(served->stream, true);
    if (served->state == OG__OPEN) set_limit(served, OG__LIMIT_IDLE);
    og__peer_served_attend(served);
}

/* ---- Time limits ---- */

static void message_too_slow(og__served *served)
{
    og_error err;
    og_error_set(&err, OG_ETIMEOUT, (size_t)served->conn.core.consumed,
                 "found part of a message, expected the rest within %lld ms",
                 (long long)served->loop->limits.ms[OG__LIMIT_MESSAGE]);
    og__peer_served_refuse(served, &err, true);
    finish(served, &err);
    og__peer_served_attend(served);
}

static void idle_too_long(og__served *served)
{
    og_error err;
    size_t bytes;
    if (waiting(served) > 0 || jobs_of(served, &bytes) > 0) {
        set_limit(served, OG__LIMIT_IDLE);
        return;
    }
    og_error_set(&err, OG_ETIMEOUT, OG_NO_POSITION, "nothing has arrived for %lld ms",
                 (long long)served->loop->limits.ms[OG__LIMIT_IDLE]);
    drain(served, &err);
    check_end(served);
}

static void sending_stuck(og__served *served)
{
    og_error err;
    size_t queued = og__net_stream_queued(served->stream);
    uint64_t sent = served->put - queued;
    if (queued > 0 && sent > served->sent) {
        served->sent = sent;
        set_limit(served, OG__LIMIT_SEND);
        return;
    }
    if (queued == 0 && served->state < OG__FINISHING) return;
    og_error_set(&err, OG_ETIMEOUT, OG_NO_POSITION, "%zu bytes wait for a peer that has not read for %lld ms",
                 queued, (long long)served->loop->limits.ms[OG__LIMIT_SEND]);
    og__peer_served_close(served, queued > 0 ? &err : NULL);
}

void og__peer_served_expired(void *ctx, og__limit_kind kind)
{
    og__served *served = ctx;
    if (served->state == OG__CLOSED) return;
    switch (kind) {
    case OG__LIMIT_SILENCE:
        og__peer_core_idle(&served->conn.core);
        if (served->state == OG__OPEN && !served->paused) pump(served);
        break;
    case OG__LIMIT_MESSAGE: message_too_slow(served); break;
    case OG__LIMIT_IDLE: idle_too_long(served); break;
    case OG__LIMIT_SEND: sending_stuck(served); break;
    case OG__LIMIT_LAYERS: og__peer_served_layers_due(served); break;
    case OG__LIMIT_LINGER: og__peer_served_close(served, NULL); break;
    case OG__LIMIT_KINDS: break;
    }
}
