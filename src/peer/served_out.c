/* SPDX-License-Identifier: MIT */
/* The way out of a stream's connection: what is put, what is written, and how the connection ends. */
#include "peer/server.h"

#include "base/alloc.h"
#include "peer/layered.h"

#include <string.h>

enum { OWN_MEMORY = 65536 /* answers that are longer are handed over, not copied */ };

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

/* The two connections of a relay end together: what one side will send no more the other is told, and when
 * one goes, the other does after what is queued for it. */
static void tell_other(const og__served *served)
{
    og__served *other = served->pair->other;
    if (!other || served->state < OG__FINISHING) return;
    if (served->state == OG__FINISHING && !other->pair->cut)
        other->shut_wanted = true;
    else
        other->bye_wanted = true;
    og__peer_served_post(other);
}

static void set_state(og__served *served, og__state state)
{
    og__peer_server_log(served->loop->server, OG_LOG_DEBUG, &served->conn, "%s -> %s",
                        state_text(served->state), state_text((int)state));
    served->state = (uint8_t)state;
    tell_other(served);
}

uint64_t og__peer_served_given(const og__served *served)
{
    return atomic_load_explicit(&served->conn.counts.bytes_out, memory_order_relaxed);
}

/* ---- Time limits ---- */

void og__peer_served_limit(og__served *served, og__limit_kind kind)
{
    og_error err;
    if (og__peer_limit_set(&served->loop->limits, kind, &served->limits, served) == OG_OK) return;
    og_error_set(&err, OG_ENOMEM, OG_NO_POSITION, "no memory for a time limit");
    og__peer_served_close(served, &err);
}

void og__peer_served_unlimit(og__served *served, og__limit_kind kind)
{
    og__peer_limit_clear(&served->loop->limits, kind, &served->limits);
}

/* ---- Putting ---- */

/* True when the loop will attend to the connection anyway, as it is calling the user for it right now. */
static bool will_attend(const og__served *served)
{
    return pthread_equal(pthread_self(), served->loop->thread) && served->pumping;
}

static int closed(og_error *err)
{
    return og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "the connection is closed");
}

/* Lends the loop's spare memory to the answers that are about to be put; to the first of them, if that is
 * long, as much as that takes (else SIZE_MAX). On the loop's thread, with the lock held. */
static void lend(og__served *served, size_t least)
{
    og_buf *out = &og__peer_served_core(served)->out;
    if (out->cap == 0) og__peer_spares_take(&served->loop->loan.spares, least, 0, out);
}

/* Lends the loop's document to what is put, to be judged in; without memory for it each message gets its own.
 * As above. */
static void lend_document(og__served *served)
{
    og__core *core = og__peer_served_core(served);
    og_doc **doc = &served->loop->loan.judging;
    if (!core->out_wire.codec || !core->out_wire.codec->judge_in) return;
    if (!*doc) *doc = og_doc_new(served->alloc);
    core->judging = *doc;
}

/* Takes it back: a large one is not kept. */
static void take_document(og__served *served)
{
    og_doc **doc = &served->loop->loan.judging;
    og__peer_served_core(served)->judging = NULL;
    if (!*doc || og_doc_memory(*doc) <= OG__KEPT_DOC) return;
    og_doc_free(*doc);
    *doc = NULL;
}

/* What is put: values, which a message of the other side of a relay may have been read as. */
typedef struct puts {
    const og_value *parts;
    size_t count;
    og__core *from; /* or NULL */
    const og__message *message;
    og__passing how;
} puts;

/* With the lock held. */
static int put(og__served *served, const puts *p, bool alone, og_error *err)
{
    size_t waiting = atomic_load_explicit(&served->waiting, memory_order_relaxed);
    if (served->closed) return closed(err);
    /* Twice what stops reading: the handler of one message may send several answers. */
    if (waiting / 2 > served->loop->server->options.max_queued)
        return og_error_set(err, OG_EBUSY, OG_NO_POSITION,
                            "%zu bytes wait for a peer that does not read: send again when it has", waiting);
    og__core *core = og__peer_served_wake(served);
    if (!core) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for an answer");
    bool here = will_attend(served);
    if (here) lend_document(served);
    if (here) lend(served, p->from && p->message->len > OG__SPARE_MAX ? p->message->len : SIZE_MAX);
    og_buf *out = &core->out;
    size_t before = out->len;
    int status = p->from ? og__peer_core_pass(p->from, core, p->how, p->message, p->parts, p->count, err)
                         : og__peer_core_put_parts(core, p->parts, p->count, err);
    if (core->judging) take_document(served);
    og__peer_served_add_waiting(served, out->len - before, alone);
    if (status != OG_OK) return status;
    OG__COUNT(&served->conn, messages_out, 1);
    if (!here) og__peer_served_post(served);
    return OG_OK;
}

static og__served *served_of(og_conn *conn)
{
    return (og__served *)(void *)conn;
}

static int put_locked(og__served *served, const puts *p, og_error *err)
{
    bool alone = atomic_load_explicit(&served->refs, memory_order_acquire) == 1;
    if (alone) return put(served, p, true, err);
    pthread_mutex_lock(&served->lock);
    int status = put(served, p, false, err);
    og__peer_served_unlock(served, true);
    return status;
}

static int send_stream(og_conn *conn, const og_value *parts, size_t count, og_error *err)
{
    return put_locked(served_of(conn), &(puts){.parts = parts, .count = count}, err);
}

int og__peer_served_pass(og__served *from, og__passing how, const og__message *message, const og_value *parts,
                         size_t count, og_error *err)
{
    og__served *to = from->pair->other;
    bool pumping = to->pumping;
    to->pumping = true;
    const puts p = {parts, count, og__peer_served_core(from), message, how};
    int status = put_locked(to, &p, err);
    to->pumping = pumping;
    return status;
}

static int shutdown_stream(og_conn *conn, og_error *err)
{
    og__served *served = served_of(conn);
    bool locked = og__peer_served_lock(served);
    bool open = !served->closed;
    if (open) {
        served->shut_wanted = true;
        if (!will_attend(served)) og__peer_served_post(served);
    }
    og__peer_served_unlock(served, locked);
    return open ? OG_OK : closed(err);
}

static void disconnect_stream(og_conn *conn)
{
    og__served *served = served_of(conn);
    bool locked = og__peer_served_lock(served);
    if (!served->closed) {
        served->bye_wanted = true;
        if (!will_attend(served)) og__peer_served_post(served);
    }
    og__peer_served_unlock(served, locked);
}

const og__handle_ops og__peer_stream_ops = {
    .send = send_stream,
    .recv = og__peer_served_recv,
    .shutdown = shutdown_stream,
    .usable = og__peer_served_usable,
    .lock = og__peer_served_lock_handle,
    .unlock = og__peer_served_unlock_handle,
    .close = disconnect_stream,
    .keep = og__peer_served_keep,
    .release = og__peer_served_let_go,
    .disconnect = disconnect_stream,
};

/* ---- Writing ---- */

/* Writes as far as the peer takes it. 0, 1 when some is queued, or < 0. */
static int write_bytes(og__served *served, og_buf *out, og_error *err)
{
    int status = OG_OK;
    if (served->cut) {
        out->len = 0;
        return OG_OK;
    }
    OG__COUNT(&served->conn, bytes_out, out->len);
    if (out->len > OWN_MEMORY)
        status = og__net_stream_write_buf(served->stream, out, err);
    else if (out->len > 0)
        status = og__net_stream_write(served->stream, out->data, out->len, err);
    if (status != OG_OK) served->queued = og__net_stream_queued(served->stream);
    out->len = 0;
    return status;
}

/* Writes `plain` through the layers, piece by piece, so that what they make of it is in the same memory. */
static int write_layered(og__served *served, og_buf *plain, og_error *err)
{
    og_buf wire;
    og__spares *spares = &served->loop->loan.spares;
    size_t at = 0;
    int status = OG_OK;
    int written = OG_OK;
    og_buf_init(&wire, served->alloc);
    og__peer_spares_take(spares, OG__SPARE_ANY, 0, &wire);
    do {
        status = og__peer_layered_out(og__peer_served_core(served), plain, &at, &wire, err);
        if (wire.len > 0) written = write_bytes(served, &wire, status < 0 ? NULL : err);
    } while (status == OG_OK && written >= 0 && at < plain->len);
    og__peer_spares_give(spares, &wire);
    return status < 0 ? status : written;
}

/* Writes what was put: from where it is while nobody else can reach that, else after it was moved out of
 * their way. 0, 1 when some is queued, or < 0. While another thread has the lock: nothing, and the loop
 * attends to the connection when it is free. */
static int write_out(og__served *served, bool *shut, og_error *err)
{
    og_buf moved;
    bool locked = false;
    int status = OG_OK;
    bool alone = atomic_load_explicit(&served->refs, memory_order_acquire) == 1;
    if (!alone && !og__peer_served_try_lock(served, &locked)) return OG_OK;
    og__core *core = og__peer_served_core(served);
    if (!core) {
        *shut = served->shut_wanted;
        og__peer_served_unlock(served, locked);
        return OG_OK;
    }
    og_buf *out = &core->out;
    size_t put = core->out.len;
    *shut = served->shut_wanted || (put > 0 && og_framing_ends_stream(core->out_wire.framing));
    if (!alone || core->layered) {
        moved = core->out;
        og_buf_init(&core->out, served->alloc);
        out = &moved;
    }
    size_t queued = served->queued;
    if (core->layered) status = write_layered(served, out, err);
    if (locked && served->work->count > 0) lend(served, SIZE_MAX); /* another answer is on its way */
    if (locked) og__peer_served_unlock(served, true);
    if (!core->layered && put > 0) status = write_bytes(served, out, err);
    og__peer_spares_give(&served->loop->loan.spares, out); /* silent connections hold none */
    og__peer_served_add_waiting(served, served->queued - queued - put, alone);
    return status;
}

/* Lets each layer say that no more comes. */
static void end_layers(og__served *served)
{
    bool shut;
    og__core *core = og__peer_served_core(served);
    if (!core || !core->layered || served->state == OG__OPENING) return;
    bool locked = og__peer_served_lock(served);
    og__peer_layered_end(core);
    og__peer_served_unlock(served, locked);
    write_out(served, &shut, NULL);
}

void og__peer_served_flush(og__served *served)
{
    bool shut = false;
    og_error err;
    if (served->state >= OG__LINGERING || !served->stream) return;
    int status = write_out(served, &shut, &err);
    if (status < 0) {
        og__peer_served_cut(served, &err);
        const og__core *core = og__peer_served_core(served);
        if (core && core->layered) og__peer_served_stop_reading(served, NULL);
        return;
    }
    if (served->queued > 0 && !og__peer_limit_is_set(served->limits, OG__LIMIT_SEND)) {
        served->sent = og__peer_served_given(served) - served->queued;
        og__peer_served_limit(served, OG__LIMIT_SEND);
    }
    if (!shut) return;
    end_layers(served);
    og__net_stream_shutdown(served->stream);
}

void og__peer_served_drained(og__served *served)
{
    size_t queued = og__net_stream_queued(served->stream);
    atomic_fetch_add_explicit(&served->waiting, queued - served->queued, memory_order_relaxed);
    served->queued = queued;
    served->sent = og__peer_served_given(served) - served->queued;
    if (served->queued == 0)
        og__peer_served_unlimit(served, OG__LIMIT_SEND);
    else
        og__peer_served_limit(served, OG__LIMIT_SEND);
    og__peer_served_note_life(served);
}

void og__peer_served_note_life(og__served *served)
{
    if (served->pair->behind) served = served->pair->other;
    if (!served) return;
    bool waits = served->state == OG__FINISHING && served->pair->other; /* for the other side */
    if (served->state == OG__OPEN || waits) og__peer_served_limit(served, OG__LIMIT_IDLE);
}

/* ---- Ending ---- */

static void remember_why(og__served *served, const og_error *why)
{
    if (!why || served->failed) return;
    served->failed = true;
    served->why = og__base_alloc(served->alloc, sizeof *why);
    if (served->why) *served->why = *why;
}

void og__peer_served_finish_gone(og__served *served)
{
    served->work->tell = true; /* before looking: a worker that is done now sees it, or is seen */
    if (served->work->count > 0) return;
    og_server *server = served->loop->server;
    const og_error *why = served->why;
    og_error forgotten;
    if (served->failed && !why) {
        og_error_set(&forgotten, OG_ENOMEM, OG_NO_POSITION, "no memory to note why the connection ended");
        why = &forgotten;
    }
    OG__COUNT(&served->conn, bytes_out, 0 - (uint64_t)served->queued); /* nobody has taken these */
    if (server->options.on_close && served->told_open)
        server->options.on_close(&served->conn, why, server->options.user);
    og__server_loop *loop = served->loop;
    bool behind = served->pair->behind;
    og__peer_served_leave(served);
    og__peer_loop_left(loop, !behind);
}

static void drop_jobs(og__served *served)
{
    if (served->loop->server->workers) og__peer_workers_drop(served->loop->server->workers, served);
}

void og__peer_served_close(og__served *served, const og_error *why)
{
    if (served->state == OG__CLOSED) return;
    remember_why(served, why);
    if (served->pair->other && why && served->state < OG__DRAINING) served->pair->other->pair->cut = true;
    set_state(served, OG__CLOSED);
    served->closed = true;
    drop_jobs(served);
    og__peer_limit_drop(&served->loop->limits, &served->limits);
    if (served->stream) {
        og__net_stream_close(served->stream);
        return;
    }
    og__net_connect_cancel(served->pair->connecting);
    served->pair->connecting = NULL;
    served->gone = true;
    og__peer_served_post(served);
}

void og__peer_served_cut(og__served *served, const og_error *why)
{
    /* The other side of a relay hears of a reset at once. */
    if (served->state == OG__OPENING || served->state >= OG__DRAINING || served->pair->other) {
        og__peer_served_close(served, why);
        return;
    }
    remember_why(served, why);
    served->cut = true;
    served->closed = true;
    og__net_stream_discard(served->stream);
    OG__COUNT(&served->conn, bytes_out, 0 - (uint64_t)served->queued); /* nobody has taken these */
    atomic_fetch_sub_explicit(&served->waiting, served->queued, memory_order_relaxed);
    served->queued = 0;
    og__peer_served_unlimit(served, OG__LIMIT_SEND);
    og__peer_served_post(served); /* what has waited for the peer goes on */
}

static void read_no_more(og__served *served)
{
    og__net_stream_read(served->stream, false);
    og__peer_served_unlimit(served, OG__LIMIT_MESSAGE);
    og__peer_served_unlimit(served, OG__LIMIT_SILENCE);
    og__peer_served_unlimit(served, OG__LIMIT_IDLE);
}

void og__peer_served_drain(og__served *served, const og_error *why)
{
    if (served->state >= OG__DRAINING) return;
    if (!served->stream) {
        og__peer_served_close(served, why);
        return;
    }
    remember_why(served, why);
    set_state(served, OG__DRAINING);
    served->closed = true;
    drop_jobs(served);
    read_no_more(served);
}

void og__peer_served_finish(og__served *served, const og_error *why)
{
    remember_why(served, why);
    if (served->state >= OG__FINISHING) return;
    set_state(served, OG__FINISHING);
    read_no_more(served);
    if (served->pair->other) og__peer_served_note_life(served); /* its answers are waited for */
}

void og__peer_served_stop_reading(og__served *served, const og_error *why)
{
    if (served->state != OG__OPEN) return;
    remember_why(served, why);
    og__net_stream_read(served->stream, false);
    served->last_turns = true;
    if (served->paused || served->unfinished) return;
    og__peer_served_finish(served, NULL);
    og__peer_served_check_end(served);
}

void og__peer_served_refuse_in_turn(og__served *served, const og_error *err, bool last)
{
    bool waits = served->work->count > 0;
    if (waits && og__peer_workers_give_refused(served->loop->server->workers, served, err, last) < 0) {
        og__peer_server_log(served->loop->server, OG_LOG_ERROR, &served->conn,
                            "no memory to refuse a message: the connection is closed");
        og__peer_served_drain(served, err);
        return;
    }
    if (!waits) og__peer_served_refuse(served, err, last);
    if (last) og__peer_served_finish(served, waits ? NULL : err);
}

/* The peer will send no more. */
static bool has_ended(const og__served *served)
{
    const og__core *core = og__peer_served_core(served);
    return core ? core->ended : served->conn.rested.ended;
}

/* All is sent. Closing while the peer still sends would reset the connection, and it might lose its answer.
 */
static void linger(og__served *served)
{
    if (served->pair->cut) {
        og__net_stream_spoil(served->stream);
        og__peer_served_close(served, NULL);
        return;
    }
    end_layers(served);
    if (served->cut || has_ended(served) || (served->last_turns && og__net_stream_is_quiet(served->stream))) {
        og__peer_served_close(served, NULL);
        return;
    }
    og__net_stream_shutdown(served->stream);
    set_state(served, OG__LINGERING);
    og__peer_served_unlimit(served, OG__LIMIT_SEND);
    og__peer_served_limit(served, OG__LIMIT_LINGER);
    og__net_stream_read(served->stream, true);
}

/* True while somebody may still answer: a worker, whoever keeps the connection, or the other side. */
static bool is_in_hand(const og__served *served)
{
    const og__served *other = served->pair->other;
    if (other && other->state < OG__FINISHING) return true;
    return served->work->count > 0 || (served->holds > 0 && !served->cut);
}

void og__peer_served_check_end(og__served *served)
{
    if (served->state != OG__FINISHING && served->state != OG__DRAINING) return;
    /* Before looking, so that nobody's letting go is missed: the loop attends to the connection then. */
    served->work->tell = true;
    served->told_release = true;
    if (served->waiting > 0) return;
    if (served->state == OG__FINISHING && !is_in_hand(served)) og__peer_served_drain(served, NULL);
    if (served->state == OG__DRAINING && served->work->count == 0) linger(served);
}

void og__peer_served_end(og__served *served, const og_error *why)
{
    og__peer_served_flush(served);
    og__peer_served_drain(served, why);
    og__peer_served_check_end(served);
}
