/* SPDX-License-Identifier: MIT */
/* Connecting a stream on a loop: the name is looked up off the loop, then one address is tried after the
 * other. */
#include "net/loop_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { RETRY_MS = 5 }; /* a Unix socket's queue is full: nothing tells when it is not */

typedef enum step {
    LOOKING_UP,
    BEFORE, /* the timer leads on to the next address */
    TRYING, /* the stream's poll tells when it is decided */
    LEAVING /* the stream's poll is being closed, then comes the next address */
} step;

/* Lives until its timer is closed and the look-up is over; the stream may go before. */
struct og__connecting {
    og__handle handle;
    step step;
    bool looking_up;
    bool timer_closed;
    bool lookup_late; /* on_connect has been told that the look-up took too long */
    og__stream *stream;
    const og_allocator *alloc;
    void (*on_connect)(void *ctx, const og_error *err);
    og_endpoint endpoint;
    og__addresses found;
    og__attempts attempts;
    unsigned next;
    int64_t timeout_ms;
    og__deadline deadline;
    uv_timer_t timer;
    uv_getaddrinfo_t look_up;
};

static void try_next(og__connecting *c);

static void free_if_over(og__connecting *c)
{
    if (!c->looking_up && c->timer_closed) og__base_free(c->alloc, c, sizeof *c);
}

static void on_timer_closed(uv_handle_t *handle)
{
    og__connecting *c = handle->data;
    og__stream *stream = c->stream;
    c->timer_closed = true;
    c->stream = NULL;
    free_if_over(c);
    if (!stream) return;
    stream->connecting = NULL;
    og__net_stream_closed_one(stream);
}

void og__net_connecting_cancel(og__stream *stream)
{
    og__connecting *c = stream->connecting;
    if (c->looking_up) uv_cancel((uv_req_t *)&c->look_up);
    stream->closes++;
    uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

void og__net_connecting_close(og__connecting *connecting)
{
    og__net_stream_close(connecting->stream);
}

/* The stream stays with its og__connecting, whose timer is what closing it waits for. */
static void fail(og__connecting *c, const og_error *err)
{
    og__stream *stream = c->stream;
    uv_timer_stop(&c->timer);
    stream->broken = true;
    stream->write_broken = true;
    og__net_queue_free(&stream->queue, c->alloc);
    c->on_connect(stream->ctx, err);
}

static void fail_attempts(og__connecting *c)
{
    og_error err = {0};
    og__net_attempts_error(&c->attempts, &c->endpoint, og__net_deadline_left(c->deadline) == 0, c->timeout_ms,
                           &err);
    fail(c, &err);
}

static void succeed(og__connecting *c)
{
    og__stream *stream = c->stream;
    c->stream = NULL;
    stream->connecting = NULL;
    og__net_stream_set_peer(stream, &c->found.list[c->next - 1]);
    uv_close((uv_handle_t *)&c->timer, on_timer_closed);
    og__net_stream_begin(stream);
    c->on_connect(stream->ctx, NULL);
}

static void on_poll_closed(uv_handle_t *handle)
{
    og__stream *stream = handle->data;
    if (stream->closing) {
        og__net_stream_closed_one(stream);
        return;
    }
    stream->closes--;
    try_next(stream->connecting);
}

/* This address has failed: on to the next when the poll is closed. */
static void leave(og__connecting *c, int sys)
{
    og__stream *stream = c->stream;
    og__net_attempts_add(&c->attempts, &c->found.list[c->next - 1], sys);
    uv_timer_stop(&c->timer);
    c->step = LEAVING;
    stream->poll_open = false;
    stream->closes++;
    uv_close((uv_handle_t *)&stream->poll, on_poll_closed);
    og__net_fd_close(stream->fd);
    stream->fd = -1;
}

static void on_decided(uv_poll_t *poll, int status, int events)
{
    og__stream *stream = poll->data;
    og__connecting *c = stream->connecting;
    (void)status;
    (void)events;
    uv_poll_stop(poll);
    int outcome = og__net_fd_connected(stream->fd);
    if (outcome < 0)
        leave(c, -outcome);
    else
        succeed(c);
}

/* The timer: a look-up or an attempt has used up its time, or the next attempt is due. */
static void on_timer(uv_timer_t *timer)
{
    og__connecting *c = timer->data;
    og_error err = {0};
    switch (c->step) {
    case LOOKING_UP:
        c->lookup_late = true;
        uv_cancel((uv_req_t *)&c->look_up);
        og_error_set(&err, OG_ETIMEOUT, OG_NO_POSITION,
                     "looking up the host '%.100s' took longer than %lld ms", c->endpoint.host,
                     (long long)c->timeout_ms);
        fail(c, &err);
        break;
    case BEFORE: try_next(c); break;
    case TRYING: leave(c, ETIMEDOUT); break;
    case LEAVING: break;
    }
}

/* Calls on_timer() after `ms`, the time left if that is less; never if both are without end. */
static void start_timer(og__connecting *c, int64_t ms)
{
    int64_t left = og__net_deadline_left(c->deadline);
    if (ms < 0 || (left >= 0 && left < ms)) ms = left;
    uv_update_time(&c->stream->loop->uv);
    if (ms >= 0) uv_timer_start(&c->timer, on_timer, (uint64_t)ms, 0);
}

static int take_descriptor(og__stream *stream, int fd)
{
    int status = uv_poll_init(&stream->loop->uv, &stream->poll, fd);
    if (status < 0) {
        og__net_fd_close(fd);
        return status;
    }
    stream->fd = fd;
    stream->poll.data = stream;
    stream->poll_open = true;
    return 0;
}

/* Tries one address: true when it is decided or under way, false when the next should be tried. */
static bool try_one(og__connecting *c)
{
    const og__address *address = &c->found.list[c->next];
    int64_t left = og__net_deadline_left(c->deadline);
    int fd;
    int status = og__net_fd_connect(c->endpoint.transport, address, &fd);
    if (status == -EAGAIN && left != 0) {
        c->step = BEFORE;
        start_timer(c, RETRY_MS);
        return true;
    }
    c->next++;
    int taken = status >= 0 ? take_descriptor(c->stream, fd) : status;
    if (taken < 0) {
        og__net_attempts_add(&c->attempts, address, taken == -EAGAIN ? ETIMEDOUT : -taken);
        return false;
    }
    if (status == 0) {
        succeed(c);
        return true;
    }
    c->step = TRYING;
    /* One address that does not answer must not use up the others' time. */
    start_timer(c, left < 0 ? -1 : left / (int64_t)(c->found.count - c->next + 1));
    uv_poll_start(&c->stream->poll, UV_WRITABLE, on_decided);
    return true;
}

static void try_next(og__connecting *c)
{
    while (c->next < c->found.count)
        if (try_one(c)) return;
    fail_attempts(c);
}

/* libuv's status as getaddrinfo() would have said it. */
static int eai(int status)
{
    switch (status) {
    case 0: return 0;
    case UV_EAI_AGAIN: return EAI_AGAIN;
    case UV_EAI_NONAME:
    case UV_EAI_NODATA: return EAI_NONAME;
    case UV_EAI_MEMORY:
    case UV_ENOMEM: return EAI_MEMORY;
    default: return EAI_FAIL;
    }
}

static void on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *answer)
{
    og__connecting *c = request->data;
    c->looking_up = false;
    if (!c->stream || c->stream->closing || c->lookup_late) {
        uv_freeaddrinfo(answer);
        free_if_over(c);
        return;
    }
    uv_timer_stop(&c->timer);
    og_error err = {0};
    int outcome = og__net_resolve_answer(&c->endpoint, OG__TO_CONNECT, eai(status), answer, &c->found, &err);
    uv_freeaddrinfo(answer);
    if (outcome < 0)
        fail(c, &err);
    else
        try_next(c);
}

/* Begins the look-up, or with addresses at hand the first attempt, in a later turn. */
static int start(og__connecting *c, bool known)
{
    og__loop *loop = c->stream->loop;
    if (known) {
        c->step = BEFORE;
        start_timer(c, 0);
        return 0;
    }
    char port[8];
    struct addrinfo hints = og__net_resolve_hints(&c->endpoint);
    snprintf(port, sizeof port, "%u", (unsigned)c->endpoint.port);
    int status = uv_getaddrinfo(&loop->uv, &c->look_up, on_looked_up, c->endpoint.host, port, &hints);
    if (status < 0) return status;
    c->step = LOOKING_UP;
    c->looking_up = true;
    start_timer(c, -1);
    return 0;
}

static og__connecting *new_connecting(og__stream *stream, const og_endpoint *endpoint, int64_t timeout_ms)
{
    og__connecting *c = og__base_alloc(stream->loop->alloc, sizeof *c);
    if (!c) return NULL;
    memset(c, 0, sizeof *c);
    c->handle.kind = OG__CONNECTING;
    c->stream = stream;
    c->alloc = stream->loop->alloc;
    c->endpoint = *endpoint;
    c->timeout_ms = timeout_ms;
    c->deadline = og__net_deadline_in(timeout_ms);
    c->look_up.data = c;
    uv_timer_init(&stream->loop->uv, &c->timer);
    c->timer.data = c;
    stream->connecting = c;
    return c;
}

og__stream *og__net_stream_connect(og__loop *loop, const og_endpoint *endpoint, int64_t timeout_ms,
                                   const og__stream_events *events,
                                   void (*on_connect)(void *ctx, const og_error *err), void *ctx,
                                   og_error *err)
{
    og__addresses found;
    int known = og__net_resolve_plain(endpoint, OG__TO_CONNECT, &found, err);
    if (known < 0) return NULL;
    og__stream *stream = og__net_stream_new(loop, events, ctx);
    og__connecting *c = stream ? new_connecting(stream, endpoint, timeout_ms) : NULL;
    if (!c) {
        if (stream) og__net_stream_discard(stream);
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory for a connection");
        return NULL;
    }
    c->found = found;
    c->on_connect = on_connect;
    int status = start(c, known > 0);
    if (status == 0) return stream;
    og__net_uv_error(err, status, "look up a host");
    c->stream = NULL;
    uv_close((uv_handle_t *)&c->timer, on_timer_closed);
    og__net_stream_discard(stream);
    return NULL;
}
