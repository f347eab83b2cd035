/* SPDX-License-Identifier: MIT */
/*
 * Streams on a loop. The loop only tells when a socket is ready; reading and writing are done here, so that
 * what can be written at once is, and that one buffer serves all streams.
 */
#include "net/loop_parts.h"

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

/*
 * Reads of one stream before others on the loop get their turn. One that has sent much at once waits for its
 * turn while the loop is late: those who send little, and new ones, come first.
 */
enum { READS_EACH_TURN = 8, MUCH = 1024 };

static void on_ready(og__stream *stream, bool readable, bool writable, bool failed);
static void end_stream(og__stream *stream);

/* ---- The list of a loop's streams ---- */

static void add(og__stream **first, og__stream *stream)
{
    stream->prev = NULL;
    stream->next = *first;
    if (*first) (*first)->prev = stream;
    *first = stream;
}

static void move_to_closed(og__stream *stream)
{
    og__loop *loop = stream->loop;
    if (stream->prev)
        stream->prev->next = stream->next;
    else
        loop->first_stream = stream->next;
    if (stream->next) stream->next->prev = stream->prev;
    add(&loop->first_closed, stream);
}

/* ---- Beginning ---- */

static og__stream *new_stream(og__loop *loop, const og__stream_events *events, void *ctx)
{
    og__stream *stream = og__base_alloc(loop->alloc, sizeof *stream);
    if (!stream) return NULL;
    *stream = (og__stream){.loop = loop, .events = events, .ctx = ctx, .fd = -1};
    return stream;
}

/* Drops what is queued. */
static void free_queue(og__stream *stream)
{
    if (!stream->queue) return;
    og__net_queue_free(stream->queue, stream->loop->alloc);
    og__base_free(stream->loop->alloc, stream->queue, sizeof *stream->queue);
    stream->queue = NULL;
}

/* The queue, made if there is none; NULL without memory. */
static og__queue *make_queue(og__stream *stream)
{
    if (stream->queue) return stream->queue;
    stream->queue = og__base_alloc(stream->loop->alloc, sizeof *stream->queue);
    if (stream->queue) *stream->queue = (og__queue){0};
    return stream->queue;
}

static void free_stream(og__stream *stream)
{
    free_queue(stream);
    og__base_free(stream->loop->alloc, stream, sizeof *stream);
}

og__stream *og__net_stream_open(og__loop *loop, og__socket *socket, const og__stream_events *events,
                                void *ctx, og_error *err)
{
    og__stream *stream = new_stream(loop, events, ctx);
    int status = stream ? og__net_ready_add(loop, socket->fd, stream) : -ENOMEM;
    if (status < 0) {
        og__net_uv_error(err, status, "take a connection on");
        if (stream) free_stream(stream);
        og__net_socket_close(socket);
        return NULL;
    }
    loop->on_ready = on_ready;
    loop->close_stream = og__net_stream_close;
    loop->end_stream = end_stream;
    stream->fd = socket->fd;
    add(&loop->first_stream, stream);
    *socket = (og__socket)OG__SOCKET_NONE;
    return stream;
}

/* Waits for what reading and the queue ask for. */
static void update(og__stream *stream)
{
    if (stream->closing) return;
    uint8_t wanted = 0;
    if (stream->reading && !stream->ended) wanted |= OG__READABLE;
    if (stream->queue) wanted |= OG__WRITABLE;
    if (wanted == stream->interest) return;
    stream->interest = wanted;
    og__net_ready_want(stream->loop, stream->fd, stream, wanted);
}

static int io_error(const og__stream *stream, int sys, const char *doing, og_error *err)
{
    char text[OG__ADDRESS_TEXT];
    og__address peer = {.len = sizeof peer.u.bytes};
    if (stream->events->peer) return og__net_peer_error(err, sys, doing, stream->events->peer(stream->ctx));
    if (getpeername(stream->fd, (struct sockaddr *)(void *)peer.u.bytes, &peer.len) < 0) peer.len = 0;
    return og__net_peer_error(err, sys, doing, og__net_address_text(&peer, text, sizeof text));
}

/* Tells the owner, once, that the stream is of no more use. */
static void report(og__stream *stream, int sys, const char *doing)
{
    if (stream->broken) return;
    stream->broken = true;
    og_error err = {0};
    io_error(stream, sys, doing, &err);
    if (stream->events->on_error) stream->events->on_error(stream->ctx, &err);
}

static void break_writing(og__stream *stream)
{
    stream->write_broken = true;
    free_queue(stream);
}

/* ---- Reading ---- */

/* One read: true when there may be more. */
static bool read_once(og__stream *stream)
{
    size_t size = 0;
    uint8_t *data = stream->asks ? stream->events->on_alloc(stream->ctx, &size) : NULL;
    if (stream->closing) return false;
    if (!data) {
        data = stream->loop->shared;
        size = OG__SHARED_SIZE;
    }
    ssize_t n = recv(stream->fd, data, size, MSG_DONTWAIT);
    if (n > 0) {
        /* Nothing of other peers' bytes, and nothing undefined, comes after these. */
        if (data == stream->loop->shared) memset(data + n, 0, OG_PADDING);
        if (n >= MUCH) stream->heavy = true;
        stream->events->on_data(stream->ctx, data, (size_t)n);
        return (size_t)n == size;
    }
    if (n == 0) {
        stream->ended = true;
        if (stream->events->on_end) stream->events->on_end(stream->ctx);
        return false;
    }
    if (errno == EINTR) return true;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
    stream->ended = true;
    report(stream, errno, "read from");
    if (!stream->closing && stream->events->on_end) stream->events->on_end(stream->ctx);
    return false;
}

static bool may_read(const og__stream *stream)
{
    return stream->reading && !stream->ended && !stream->closing;
}

static void read_some(og__stream *stream)
{
    stream->heavy = stream->asks; /* part of a long message has come */
    for (int i = 0; i < READS_EACH_TURN && may_read(stream); i++)
        if (!read_once(stream) || og__net_loop_is_late(stream->loop)) return;
}

static void on_turn(void *arg)
{
    og__stream *stream = arg;
    og__base_free(stream->loop->alloc, stream->turn, sizeof *stream->turn);
    stream->turn = NULL;
    if (stream->freed) {
        free_stream(stream);
        return;
    }
    read_some(stream);
    update(stream);
}

/* Without memory for waiting it is read at once. */
static void read_in_turn(og__stream *stream)
{
    if (stream->turn) return;
    if (stream->heavy && og__net_loop_is_late(stream->loop))
        stream->turn = og__base_alloc(stream->loop->alloc, sizeof *stream->turn);
    if (!stream->turn) {
        read_some(stream);
        return;
    }
    *stream->turn = (og__call){.fn = on_turn, .arg = stream};
    og__net_loop_turn(stream->loop, stream->turn);
}

/* ---- Writing ---- */

static void note_high_water(og__stream *stream)
{
    if (stream->queue->bytes > stream->loop->high_water) stream->above = true;
}

/* Shuts down what the owner wanted shut, once all is written. */
static void shut_if_due(const og__stream *stream)
{
    if (stream->shut && !stream->queue && stream->fd >= 0) shutdown(stream->fd, SHUT_WR);
}

static void write_some(og__stream *stream)
{
    const og__sent sent = {stream->events->on_sent, stream->ctx};
    int status = og__net_queue_write(stream->queue, stream->loop->alloc, stream->fd, sent);
    if (status < 0) {
        break_writing(stream);
        report(stream, -status, "write to");
        return;
    }
    bool all = stream->queue->first == NULL;
    if (!all && !(stream->above && stream->queue->bytes < stream->loop->high_water / 2)) return;
    if (all) {
        free_queue(stream);
        shut_if_due(stream);
    }
    stream->above = false;
    if (stream->events->on_drain) stream->events->on_drain(stream->ctx);
}

static void on_ready(og__stream *stream, bool readable, bool writable, bool failed)
{
    /* What is wrong with the socket is found out by doing what is wanted. */
    if ((writable || failed) && stream->queue) write_some(stream);
    if (readable || failed) read_in_turn(stream);
    update(stream);
}

/* What the socket takes at once: how much, or a negative errno. */
static ssize_t write_now(og__stream *stream, const void *data, size_t len)
{
    if (stream->queue) return 0;
    for (;;) {
        ssize_t n = send(stream->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) return n;
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return 0;
        if (errno != EINTR) return -errno;
    }
}

static int check_writable(const og__stream *stream, og_error *err)
{
    if (stream->shut) return og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "this end has been shut down");
    if (stream->closing || stream->write_broken)
        return og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "the connection is closed");
    return OG_OK;
}

static int refuse_write(og__stream *stream, int sys, og_error *err)
{
    break_writing(stream);
    update(stream);
    return io_error(stream, sys, "write to", err);
}

static int queued(og__stream *stream, int status, og_error *err)
{
    if (status < 0 && stream->queue && !stream->queue->first) free_queue(stream);
    if (status < 0)
        return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory for what must be written");
    note_high_water(stream);
    update(stream);
    return 1;
}

int og__net_stream_write(og__stream *stream, const void *data, size_t len, og_error *err)
{
    int status = check_writable(stream, err);
    if (status < 0 || len == 0) return status;
    ssize_t n = write_now(stream, data, len);
    if (n < 0) return refuse_write(stream, (int)-n, err);
    if ((size_t)n == len) return OG_OK;
    og__queue *queue = make_queue(stream);
    status = queue
                 ? og__net_queue_copy(queue, stream->loop->alloc, (const uint8_t *)data + n, len - (size_t)n)
                 : OG_ENOMEM;
    /* The peer has part of it and will not get the rest: nothing may follow. */
    if (status < 0 && n > 0) break_writing(stream);
    return queued(stream, status, err);
}

int og__net_stream_write_buf(og__stream *stream, og_buf *buf, og_error *err)
{
    int status = check_writable(stream, err);
    ssize_t n = status == OG_OK && buf->len ? write_now(stream, buf->data, buf->len) : 0;
    if (n < 0) status = refuse_write(stream, (int)-n, err);
    if (status < 0 || (size_t)n == buf->len) {
        buf->len = 0;
        return status;
    }
    og__queue *queue = make_queue(stream);
    status = queue ? og__net_queue_take(queue, stream->loop->alloc, buf, (size_t)n) : OG_ENOMEM;
    if (status < 0) {
        if (n > 0) break_writing(stream);
        og_buf_free(buf);
    }
    return queued(stream, status, err);
}

size_t og__net_stream_queued(const og__stream *stream)
{
    return stream->queue ? stream->queue->bytes : 0;
}

bool og__net_stream_is_quiet(const og__stream *stream)
{
    int unread = 1;
    int unsent = 1;
    if (ioctl(stream->fd, FIONREAD, &unread) < 0 || ioctl(stream->fd, SIOCOUTQ, &unsent) < 0) return false;
    return unread == 0 && unsent == 0 && !stream->queue;
}

/* ---- The rest ---- */

void og__net_stream_read(og__stream *stream, bool on)
{
    stream->reading = on;
    update(stream);
}

void og__net_stream_ask(og__stream *stream, bool on)
{
    stream->asks = on;
}

void og__net_stream_shutdown(og__stream *stream)
{
    if (stream->shut || stream->closing) return;
    stream->shut = true;
    shut_if_due(stream);
}

void og__net_stream_discard(og__stream *stream)
{
    break_writing(stream);
    update(stream);
}

static void end_stream(og__stream *stream)
{
    if (stream->events->on_close) stream->events->on_close(stream->ctx);
    if (stream->turn)
        stream->freed = true;
    else
        free_stream(stream);
}

void og__net_stream_close(og__stream *stream)
{
    if (!stream || stream->closing) return;
    stream->closing = true;
    free_queue(stream);
    og__net_ready_remove(stream->loop, stream->fd, stream);
    og__net_fd_close(stream->fd);
    stream->fd = -1;
    move_to_closed(stream);
}

void og__net_stream_spoil(const og__stream *stream)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(stream->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}
