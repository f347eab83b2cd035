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
enum { READS_EACH_TURN = 8, MUCH = 1024, HIGH_WATER = 1 << 20 };

static void on_poll(uv_poll_t *poll, int status, int events);
static void close_left(og__handle *handle);

static og__stream *new_stream(og__loop *loop, const og__stream_events *events, void *ctx)
{
    og__stream *stream = og__base_alloc(loop->alloc, sizeof *stream);
    if (!stream) return NULL;
    memset(stream, 0, sizeof *stream);
    stream->handle.close = close_left;
    stream->fd = -1;
    stream->loop = loop;
    stream->events = events;
    stream->ctx = ctx;
    stream->high_water = HIGH_WATER;
    return stream;
}

static void free_stream(og__stream *stream)
{
    og__net_queue_free(&stream->queue, stream->loop->alloc);
    og__base_free(stream->loop->alloc, stream, sizeof *stream);
}

static void set_peer(og__stream *stream, const og__address *peer)
{
    int family = og__net_address_family(peer);
    bool ip = family == AF_INET || family == AF_INET6;
    stream->peer_len = ip && peer->len <= sizeof stream->peer ? (uint8_t)peer->len : 0;
    memcpy(stream->peer, peer->u.bytes, stream->peer_len);
}

og__stream *og__net_stream_open(og__loop *loop, og__socket *socket, const og__stream_events *events,
                                void *ctx, og_error *err)
{
    og__stream *stream = new_stream(loop, events, ctx);
    int status = stream ? uv_poll_init(&loop->uv, &stream->poll, socket->fd) : UV_ENOMEM;
    if (status < 0) {
        og__net_uv_error(err, status, "take a connection on");
        if (stream) free_stream(stream);
        og__net_socket_close(socket);
        return NULL;
    }
    stream->poll.data = stream;
    stream->fd = socket->fd;
    set_peer(stream, &socket->peer);
    *socket = (og__socket)OG__SOCKET_NONE;
    return stream;
}

/* Begins to poll, or stops, as reading and the queue ask for. */
static void update(og__stream *stream)
{
    if (stream->closing) return;
    int wanted = 0;
    if (stream->reading && !stream->ended) wanted |= UV_READABLE;
    if (stream->queue.first) wanted |= UV_WRITABLE;
    if (wanted == stream->interest) return;
    stream->interest = (uint8_t)wanted;
    if (wanted == 0)
        uv_poll_stop(&stream->poll);
    else
        uv_poll_start(&stream->poll, wanted, on_poll);
}

static void peer_address(const og__stream *stream, og__address *peer)
{
    og__net_address_set(peer, stream->peer, stream->peer_len);
    if (stream->peer_len || stream->fd < 0) return;
    peer->len = sizeof peer->u.bytes;
    if (getpeername(stream->fd, (struct sockaddr *)(void *)peer->u.bytes, &peer->len) < 0) peer->len = 0;
}

static int io_error(const og__stream *stream, int sys, const char *doing, og_error *err)
{
    og__address peer;
    peer_address(stream, &peer);
    return og__net_io_error(err, sys, doing, &peer, OG_TCP);
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
    og__net_queue_free(&stream->queue, stream->loop->alloc);
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
    stream->waits = false;
    if (stream->freed) {
        free_stream(stream);
        return;
    }
    read_some(stream);
    update(stream);
}

static void read_in_turn(og__stream *stream)
{
    if (stream->waits) return;
    if (!stream->heavy || !og__net_loop_is_late(stream->loop)) {
        read_some(stream);
        return;
    }
    stream->waits = true;
    stream->turn = (og__call){.fn = on_turn, .arg = stream};
    og__net_loop_turn(stream->loop, &stream->turn);
}

/* ---- Writing ---- */

static void note_high_water(og__stream *stream)
{
    if (stream->queue.bytes > stream->high_water) stream->above = true;
}

/* Shuts down what the owner wanted shut, once all is written. */
static void shut_if_due(const og__stream *stream)
{
    if (stream->shut && !stream->queue.first && stream->fd >= 0) shutdown(stream->fd, SHUT_WR);
}

static void write_some(og__stream *stream)
{
    const og__sent sent = {stream->events->on_sent, stream->ctx};
    int status = og__net_queue_write(&stream->queue, stream->loop->alloc, stream->fd, sent);
    if (status < 0) {
        break_writing(stream);
        report(stream, -status, "write to");
        return;
    }
    bool all = stream->queue.first == NULL;
    if (all) shut_if_due(stream);
    if (!all && !(stream->above && stream->queue.bytes < stream->high_water / 2)) return;
    stream->above = false;
    if (stream->events->on_drain) stream->events->on_drain(stream->ctx);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    og__stream *stream = poll->data;
    if (status < 0) {
        /* The socket has an error: whatever is wanted will find out which. libuv has stopped polling. */
        events = stream->interest;
        stream->interest = 0;
    }
    if ((events & UV_WRITABLE) && stream->queue.first) write_some(stream);
    if (events & UV_READABLE) read_in_turn(stream);
    update(stream);
}

/* What the socket takes at once: how much, or a negative errno. */
static ssize_t write_now(og__stream *stream, const void *data, size_t len)
{
    if (stream->queue.first) return 0;
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
    status =
        og__net_queue_copy(&stream->queue, stream->loop->alloc, (const uint8_t *)data + n, len - (size_t)n);
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
    status = og__net_queue_take(&stream->queue, stream->loop->alloc, buf, (size_t)n);
    if (status < 0) {
        if (n > 0) break_writing(stream);
        og_buf_free(buf);
    }
    return queued(stream, status, err);
}

size_t og__net_stream_queued(const og__stream *stream)
{
    return stream->queue.bytes;
}

bool og__net_stream_is_quiet(const og__stream *stream)
{
    int unread = 1;
    int unsent = 1;
    if (ioctl(stream->fd, FIONREAD, &unread) < 0 || ioctl(stream->fd, SIOCOUTQ, &unsent) < 0) return false;
    return unread == 0 && unsent == 0 && !stream->queue.first;
}

void og__net_stream_set_high_water(og__stream *stream, size_t bytes)
{
    stream->high_water = bytes;
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

static void on_closed(uv_handle_t *handle)
{
    og__stream *stream = handle->data;
    if (stream->events->on_close) stream->events->on_close(stream->ctx);
    if (stream->waits)
        stream->freed = true;
    else
        free_stream(stream);
}

void og__net_stream_close(og__stream *stream)
{
    if (!stream || stream->closing) return;
    stream->closing = true;
    og__net_queue_free(&stream->queue, stream->loop->alloc);
    uv_close((uv_handle_t *)&stream->poll, on_closed);
    og__net_fd_close(stream->fd);
    stream->fd = -1;
}

void og__net_stream_spoil(const og__stream *stream)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(stream->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

static void close_left(og__handle *handle)
{
    og__net_stream_close((og__stream *)(void *)handle);
}

const char *og__net_stream_peer(const og__stream *stream, char *text, size_t size)
{
    og__address peer;
    peer_address(stream, &peer);
    return og__net_address_text(&peer, text, size);
}
