/* SPDX-License-Identifier: MIT */
/* The way in of a stream's connection: what its stream tells, and turns in which its messages are handled. */
#include "peer/server.h"

#include <string.h>
#include <time.h>

/*
 * A turn ends when one of these is reached; the other connections of the loop then have theirs. The clock is
 * looked at after so many messages or bytes only.
 */
enum {
    TURN_MESSAGES = 2048,
    TURN_BYTES = 256 << 10,
    TURN_NS = 250000,
    CLOCK_EACH = 16,
    CLOCK_BYTES = 16 << 10
};

enum {
    FLUSH_AT = 256 << 10, /* answers to one read leave together, unless they are more */
    JOBS_MOST = 16,       /* messages of one connection with the workers before it is read no more */
    JOB_BYTES_MOST = 1 << 20
};

typedef struct turn {
    unsigned messages;
    unsigned next_message; /* that the clock is looked at after */
    size_t bytes;
    size_t next_byte;
    uint64_t start; /* nanoseconds, when the clock was first looked at */
    bool over;
} turn;

/* ---- Turns ---- */

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void look_at_clock(turn *t)
{
    uint64_t now = now_ns();
    if (t->start == 0) t->start = now;
    t->next_message = t->messages + CLOCK_EACH;
    t->next_byte = t->bytes + CLOCK_BYTES;
    t->over = now - t->start >= TURN_NS || t->bytes >= TURN_BYTES || t->messages >= TURN_MESSAGES;
}

static inline void count_message(turn *t, size_t len)
{
    t->messages++;
    t->bytes += len;
    if (t->messages >= t->next_message || t->bytes >= t->next_byte) look_at_clock(t);
}

/* True when what is allowed, or half of it, is with the peer or the workers already. */
static bool is_loaded(const og__served *served, bool half)
{
    if (served->starved) return true;
    if (served->loop->server->relay) return og__peer_relay_is_loaded(served, half);
    const size_t jobs = JOBS_MOST;
    const size_t job_bytes = JOB_BYTES_MOST;
    size_t waiting = atomic_load_explicit(&served->waiting, memory_order_relaxed);
    return waiting > served->loop->server->options.max_queued >> half ||
           served->work->count >= jobs >> half || served->work->bytes > job_bytes >> half;
}

/* Whom what is read here is written to. */
static og__served *taker(og__served *served)
{
    return served->pair->other ? served->pair->other : served;
}

/* The first pause for a peer that does not read is worth a line: it tells why the client gets no more. */
static void note_pause(og__served *served)
{
    size_t bytes = served->waiting;
    if (served->noted_pause || bytes <= served->loop->server->options.max_queued) return;
    served->noted_pause = true;
    og__peer_server_log(served->loop->server, OG_LOG_DEBUG, &served->conn,
                        "not read for now: %zu bytes of answers wait for it (max_queued)", bytes);
}

/* Reads no more for now, and copies what has come out of the loop's buffer. */
static void stop_reading(og__served *served)
{
    og_error err;
    og__core *core = og__peer_served_core(served);
    og__net_stream_read(served->stream, false);
    og__peer_served_unlimit(served, OG__LIMIT_MESSAGE);
    og__peer_served_unlimit(served, OG__LIMIT_SILENCE);
    if (!core || og__peer_core_hold(core) == OG_OK) return;
    og_error_set(&err, OG_ENOMEM, OG_NO_POSITION, "no memory for what has arrived");
    og__peer_served_close(served, &err);
}

static void pause_reading(og__served *served)
{
    served->paused = true;
    note_pause(served);
    stop_reading(served);
}

/* The turn is over, but not all that has come is handled: the rest waits for the next turn. */
static void put_off(og__served *served)
{
    served->unfinished = true;
    stop_reading(served);
    og__peer_served_wait_turn(served);
}

/* True when the next message may be handled now. */
static bool is_free(const og__served *served)
{
    return served->state == OG__OPEN && !served->bye_wanted && !is_loaded(served, false);
}

/* Sends what can be sent. True when messages may be handled after that; else the connection is paused. */
static bool make_room(og__served *served)
{
    if (served->state != OG__OPEN || served->bye_wanted) return false;
    og__peer_served_flush(taker(served));
    if (served->state != OG__OPEN) return false;
    served->work->tell = true; /* before looking again, so that no worker is missed */
    if (!is_loaded(served, false)) return true;
    pause_reading(served);
    return false;
}

static void log_detection(og__served *served)
{
    char framing[40];
    char *seen = served->loop->loan.seen;
    og__peer_server_log(served->loop->server, OG_LOG_INFO, &served->conn, "speaks %s in %s: %s",
                        og_conn_codec(&served->conn), og_conn_framing(&served->conn, framing, sizeof framing),
                        seen);
    seen[0] = '\0';
}

/* As og__peer_core_take(). While another thread has the lock there is nothing, and the connection is paused.
 */
static int take(og__served *served, og__message *message, og_error *err)
{
    bool locked = false;
    og__core *core = og__peer_served_core(served);
    bool alone = atomic_load_explicit(&served->refs, memory_order_acquire) == 1;
    if (!alone && !og__peer_served_try_lock(served, &locked)) {
        pause_reading(served);
        return 0;
    }
    size_t before = core->out.len;
    int status = og__peer_core_take(core, message, err);
    size_t put = core->out.len - before;
    if (put > 0) og__peer_served_add_waiting(served, put, alone);
    if (locked) og__peer_served_unlock(served, true);
    if (served->loop->loan.seen[0]) log_detection(served);
    return status;
}

/* Hands a message to the user, here or on a worker. 0, or < 0: it was refused. */
static int deliver(og__served *served, const og__message *message, og_error *err)
{
    og__server_loop *loop = served->loop;
    if (loop->server->workers && og__peer_is_for_workers(served, message)) {
        if (og__peer_workers_give(loop->server->workers, served, message) == OG_OK) return OG_OK;
        return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a message");
    }
    int status =
        og__peer_message_hand(&served->conn, &loop->server->options, message, &loop->doc, &loop->parts, err);
    if (status < 0) og__peer_core_refused(og__peer_served_core(served));
    return status;
}

/* As pump_one(), of a relay: the message goes to the other side. */
static int pass_one(og__served *served, og__message *message)
{
    og_error err;
    message->len = 0;
    int status = take(served, message, &err);
    bool whole = status > 0;
    if (whole) status = og__peer_relay_pass(served, message, &err) < 0 ? err.code : 1;
    if (status >= 0) return status;
    message->more = true;
    if (!og__peer_relay_refuse(served, whole ? message : NULL, &err, og__peer_served_core(served)->broken))
        return 1;
    og__peer_served_end(served, &err);
    return err.code;
}

/* One message, if a whole one is there: 1, 0 when not, < 0 when there will be no next one. */
static int pump_one(og__served *served, og__message *message)
{
    og_error err;
    if (served->loop->server->relay) return pass_one(served, message);
    message->len = 0;
    int status = take(served, message, &err);
    if (status > 0 && deliver(served, message, &err) < 0) status = err.code;
    if (status >= 0) return status;
    bool last = og__peer_served_core(served)->broken;
    message->more = true;
    og__peer_served_refuse_in_turn(served, &err, last);
    return last ? status : 1;
}

static void note_midway(og__served *served, bool midway)
{
    if (midway == served->midway) return;
    served->midway = midway;
    og__net_stream_ask(served->stream, midway);
    if (midway) return;
    og__peer_served_unlimit(served, OG__LIMIT_MESSAGE);
    og__peer_served_unlimit(served, OG__LIMIT_SILENCE);
}

/* What time limits hold while part of a message is there. */
static void limit_reading(og__served *served, bool progress)
{
    if (progress || !og__peer_limit_is_set(served->limits, OG__LIMIT_MESSAGE))
        og__peer_served_limit(served, OG__LIMIT_MESSAGE);
    if (og__peer_core_wants_idle(og__peer_served_core(served)))
        og__peer_served_limit(served, OG__LIMIT_SILENCE);
    else
        og__peer_served_unlimit(served, OG__LIMIT_SILENCE);
}

/* `more`: not all that has come may have been looked at, or part of a message is there. */
static void after_turn(og__served *served, const turn *t, bool more)
{
    const og__core *core = og__peer_served_core(served);
    if (served->state != OG__OPEN || served->paused || served->bye_wanted) return;
    bool midway = more && og__peer_core_midway(core);
    if (t->over && more && (midway || core->layered)) {
        put_off(served);
        return;
    }
    if (core->ended || served->last_turns) {
        og__peer_served_finish(served, NULL);
        return;
    }
    note_midway(served, midway);
    if (midway) limit_reading(served, t->messages > 0);
}

/* The core, or NULL: there was no memory for it, and the connection is closed. */
static og__core *wake(og__served *served)
{
    og_error err;
    og__core *core = og__peer_served_wake(served);
    if (core) return core;
    og_error_set(&err, OG_ENOMEM, OG_NO_POSITION, "no memory for what has arrived");
    og__peer_served_close(served, &err);
    return NULL;
}

void og__peer_served_pump(og__served *served)
{
    turn t = {.next_message = CLOCK_EACH, .next_byte = CLOCK_BYTES};
    og__message message = {.more = true};
    const og__core *core = wake(served);
    if (!core) return;
    served->pumping = true;
    while (message.more && !t.over && (is_free(served) || make_room(served))) {
        if (pump_one(served, &message) <= 0) break;
        count_message(&t, message.len);
        if (atomic_load_explicit(&taker(served)->waiting, memory_order_relaxed) > FLUSH_AT)
            og__peer_served_flush(taker(served));
    }
    served->pumping = false;
    after_turn(served, &t, message.more);
    if (served->pair->other) og__peer_served_flush(served->pair->other);
    og__peer_served_flush(served);
    if (served->bye_wanted) og__peer_served_drain(served, NULL);
    if (served->state != OG__OPEN) og__peer_served_check_end(served);
    if (served->pair->other) og__peer_served_count(served->pair->other);
    /* Whoever holds nothing, and has held nothing, does not count. */
    if (served->counted > 0 || served->waiting > 0 || served->work->bytes > 0 || core->pending.len > 0)
        og__peer_served_count(served);
    og__peer_served_rest(served);
}

/* Goes on with a connection that was not read. */
static void resume(og__served *served)
{
    if (served->state != OG__OPEN || !(served->paused || served->unfinished)) return;
    served->work->tell = true;
    if (served->paused && is_loaded(served, true)) return;
    if (og__net_loop_is_late(served->loop->net)) {
        og__peer_served_wait_turn(served);
        return;
    }
    served->paused = served->unfinished = false;
    og__peer_served_pump(served);
    if (served->state == OG__OPEN && !served->paused && !served->unfinished && !served->last_turns)
        og__net_stream_read(served->stream, true);
}

static void attend(og__served *served)
{
    if (served->gone) {
        og__peer_served_finish_gone(served);
        return;
    }
    if (served->state == OG__CLOSED) return;
    og__peer_served_flush(served);
    if (served->bye_wanted) og__peer_served_drain(served, NULL);
    if ((served->work->held & OG__HELD_BEHIND) && served->waiting <= served->loop->server->options.max_queued)
        og__peer_workers_go_on(served->loop->server->workers, served, OG__HELD_BEHIND);
    resume(served);
    og__peer_served_check_end(served);
    og__peer_served_count(served);
    og__peer_served_rest(served);
}

/* The connection's next messages wait with the workers for this. */
static void refused(og__served *served, const og_error *err, bool last)
{
    if (served->state == OG__CLOSED) return;
    og__core *core = wake(served);
    if (!core) return;
    bool closing = og__peer_core_refused(core) || last;
    if (closing) og__peer_workers_drop(served->loop->server->workers, served);
    og__peer_served_refuse(served, err, closing);
    if (closing) og__peer_served_finish(served, err);
}

static const og__served_kind kind = {&og__peer_stream_ops, attend, refused};

void og__peer_served_attend(og__served *served)
{
    attend(served);
}

/* ---- Stopping ---- */

void og__peer_served_stop(og__served *served)
{
    if (served->pair->behind)
        og__peer_served_check_end(served); /* it ends after the client's */
    else if (served->state == OG__OPENING)
        og__peer_served_close(served, NULL);
    else if (served->state == OG__OPEN)
        og__peer_served_limit(served, OG__LIMIT_STOP);
    else
        og__peer_served_check_end(served);
}

/* ---- What the stream tells ---- */

static uint8_t *on_alloc(void *ctx, size_t *size)
{
    const og__served *served = ctx;
    og__core *core = og__peer_served_core(served);
    return core && served->state == OG__OPEN ? og__peer_core_space(core, size) : NULL;
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
    og__served *served = ctx;
    if (served->state > OG__OPEN) return;
    OG__COUNT(&served->conn, bytes_in, len);
    og__core *core = wake(served);
    if (!core) return;
    if (!core->layered)
        og__peer_core_feed(core, data, len);
    else if (!og__peer_served_arrive(served, data, len))
        return;
    if (served->loop->limits.ms[OG__LIMIT_IDLE] >= 0) og__peer_served_note_life(served);
    if (served->loop->stopping && !served->pair->behind) og__peer_served_limit(served, OG__LIMIT_STOP);
    og__peer_served_pump(served);
}

static void on_end(void *ctx)
{
    og__served *served = ctx;
    atomic_store_explicit(&served->conn.ended, true, memory_order_relaxed);
    if (served->cut) { /* what was cut off is no message */
        og__peer_served_stop_reading(served, NULL);
        return;
    }
    og__core *core = wake(served);
    if (!core) return;
    if (core->layered && served->state <= OG__OPEN && !og__peer_served_hangup(served)) return;
    og__peer_core_end(core);
    if (served->state == OG__LINGERING)
        og__peer_served_close(served, NULL);
    else if (served->state == OG__OPEN)
        og__peer_served_pump(served);
}

static void on_error(void *ctx, const og_error *err)
{
    og__served *served = ctx;
    if (served->state == OG__OPENING)
        og__peer_served_lost(served, err);
    else
        og__peer_served_cut(served, served->state == OG__LINGERING ? NULL : err);
}

static void on_drain(void *ctx)
{
    og__served *served = ctx;
    og__peer_served_drained(served);
    attend(served);
    if (served->pair->other) attend(served->pair->other); /* which may be read again */
}

static void on_sent(void *ctx, og_buf *buf)
{
    og__served *served = ctx;
    og__peer_spares_give(&served->loop->loan.spares, buf);
}

static void on_closed(void *ctx)
{
    og__served *served = ctx;
    served->stream = NULL;
    served->gone = true;
    og__peer_served_finish_gone(served);
}

static const char *peer(void *ctx)
{
    return og_conn_peer(ctx);
}

static const og__stream_events events = {
    .on_alloc = on_alloc,
    .on_data = on_data,
    .on_end = on_end,
    .on_error = on_error,
    .on_drain = on_drain,
    .on_close = on_closed,
    .on_sent = on_sent,
    .peer = peer,
};

/* Ends a connection that was one too many, so that its client is not reset. */
static void turn_away(og__served *served)
{
    og_error err;
    og_error_set(&err, OG_ELIMIT, OG_NO_POSITION, "as many connections are open as may be");
    og__peer_served_end(served, &err);
}

/* False when it cannot be taken on: the log has a line, and the socket is closed. */
static bool open_stream(og__served *served, og__socket *socket)
{
    og_error err;
    served->stream = og__net_stream_open(served->loop->net, socket, &events, served, &err);
    if (!served->stream) {
        og__peer_server_log(served->loop->server, OG_LOG_ERROR, &served->conn, "%s", err.text);
        return false;
    }
    return true;
}

static void begin(og__served *served)
{
    og__peer_server_log(served->loop->server, OG_LOG_DEBUG, &served->conn, "connected");
    og__peer_served_begin(served);
    if (served->state > OG__OPEN) return;
    og__net_stream_read(served->stream, true);
    if (served->state == OG__OPEN && !served->pair->behind) og__peer_served_limit(served, OG__LIMIT_IDLE);
    attend(served);
}

void og__peer_served_open(og__server_loop *loop, og__port *port, og__socket *socket, bool crowded)
{
    og_server *server = loop->server;
    og__served *served = og__peer_served_new(loop, port, &kind, &socket->peer);
    if (!served) {
        og__net_socket_close(socket);
        og__peer_server_log(server, OG_LOG_ERROR, NULL, "no memory for a connection");
        og__peer_loop_left(loop, true);
        return;
    }
    if (!open_stream(served, socket)) {
        og__peer_served_leave(served);
        og__peer_loop_left(loop, true);
        return;
    }
    if (crowded)
        turn_away(served);
    else
        begin(served);
}

og__served *og__peer_served_behind(og__served *front, og__port *port, const og__address *address)
{
    og__served *served = og__peer_served_new(front->loop, port, &kind, address);
    if (!served) return NULL;
    front->loop->count++;
    served->pair->behind = true;
    served->pair->other = front;
    front->pair->other = served;
    return served;
}

void og__peer_served_adopt(og__served *served, og__socket *socket)
{
    if (open_stream(served, socket))
        begin(served);
    else
        og__peer_served_close(served, NULL);
}
