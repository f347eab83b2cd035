/* SPDX-License-Identifier: MIT */
/*
 * Datagrams on a loop: opening, receiving, closing. Many come with one system call, and over UDP those in a
 * row that one sender has sent in one size in one buffer (GRO): it is cut here.
 */
#include "net/datagrams_parts.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#ifndef SOL_UDP
#    define SOL_UDP 17
#endif
#ifndef UDP_GRO
#    define UDP_GRO 104
#endif

enum {
    EACH_TURN = 64, /* datagrams before others on the loop get their turn */
    LAST = 16384,   /* when no more is read after them */
    ROOM = 65536,   /* for one datagram, or several in one buffer */
};

/* Says into how many bytes a buffer is to be cut. */
typedef union cut {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr aligned;
} cut;

/* Where datagrams arrive; one for all sockets of a loop. Pages of it that are never needed are never had. */
typedef struct datagram_area {
    struct mmsghdr messages[OG__DATAGRAM_BATCH];
    struct iovec rooms[OG__DATAGRAM_BATCH];
    og__address from[OG__DATAGRAM_BATCH];
    cut cuts[OG__DATAGRAM_BATCH];
    uint8_t data[OG__DATAGRAM_BATCH][ROOM + OG_PADDING];
} datagram_area;

static void on_poll(uv_poll_t *poll, int status, int events);
static void close_left(og__handle *handle);

static bool need_area(og__loop *loop)
{
    if (loop->datagram_area) return true;
    datagram_area *area = og__base_alloc(loop->alloc, sizeof *area);
    if (!area) return false;
    for (int i = 0; i < OG__DATAGRAM_BATCH; i++) {
        area->rooms[i] = (struct iovec){area->data[i], ROOM};
        area->messages[i].msg_hdr = (struct msghdr){
            .msg_name = area->from[i].u.bytes,
            .msg_iov = &area->rooms[i],
            .msg_iovlen = 1,
            .msg_control = area->cuts[i].bytes,
        };
    }
    loop->datagram_area = area;
    loop->datagram_area_size = sizeof *area;
    return true;
}

/* ---- Receiving ---- */

/* How many messages to ask for, so that they are about as many datagrams as may be handed out. */
static unsigned how_many(const og__datagrams *datagrams, size_t left)
{
    size_t most = left / datagrams->pieces;
    if (most == 0) return 1;
    return most < OG__DATAGRAM_BATCH ? (unsigned)most : OG__DATAGRAM_BATCH;
}

static int receive(og__datagrams *datagrams, datagram_area *area, unsigned count)
{
    /* A Unix socket has no use for the room, and its peers could send descriptors into it. */
    size_t room = datagrams->socket.transport == OG_UDP ? sizeof area->cuts[0].bytes : 0;
    for (unsigned i = 0; i < count; i++) {
        area->messages[i].msg_hdr.msg_namelen = sizeof area->from[i].u.bytes;
        area->messages[i].msg_hdr.msg_controllen = room;
    }
    for (;;) {
        int n = recvmmsg(datagrams->socket.fd, area->messages, count, MSG_DONTWAIT, NULL);
        if (n >= 0 || errno == EAGAIN || errno == EWOULDBLOCK) return n >= 0 ? n : 0;
        if (errno != EINTR) return -errno;
    }
}

/* Bytes of each datagram in a buffer but the last one, which may have fewer. */
static size_t piece_size(struct msghdr *message, size_t len)
{
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    int size = 0;
    if (!header || header->cmsg_level != SOL_UDP || header->cmsg_type != UDP_GRO) return len;
    memcpy(&size, CMSG_DATA(header), sizeof size);
    return size > 0 && (size_t)size < len ? (size_t)size : len;
}

/* Hands a datagram out with zeros after it, whatever is there. */
static void hand_piece(og__datagrams *datagrams, uint8_t *data, size_t len, const og__address *from)
{
    uint8_t next[OG_PADDING];
    memcpy(next, data + len, OG_PADDING);
    memset(data + len, 0, OG_PADDING);
    datagrams->on_data(datagrams->ctx, data, len, from);
    memcpy(data + len, next, OG_PADDING);
}

/* Hands the datagrams of one message out; returns how many they are. */
static size_t hand_message(og__datagrams *datagrams, struct mmsghdr *message, uint8_t *data,
                           const og__address *from)
{
    size_t count = 0;
    size_t len = message->msg_len;
    size_t size = piece_size(&message->msg_hdr, len);
    bool lost = message->msg_hdr.msg_flags & MSG_TRUNC;
    for (size_t at = 0; at < len || count == 0; at += size) {
        size_t left = len - at;
        count++;
        if (datagrams->closing) break;
        if (left > size || !lost) {
            hand_piece(datagrams, data + at, left < size ? left : size, from);
            continue;
        }
        og_error err = {0};
        og_error_set(&err, OG_ELIMIT, OG_NO_POSITION,
                     "a datagram of more than %d bytes has arrived; it is lost", ROOM);
        og__net_datagrams_report(datagrams, &err);
    }
    return count;
}

/* Hands a batch out; returns how many datagrams it has. */
static size_t hand_out(og__datagrams *datagrams, datagram_area *area, unsigned messages)
{
    size_t count = 0;
    for (unsigned i = 0; i < messages && !datagrams->closing; i++) {
        area->from[i].len = area->messages[i].msg_hdr.msg_namelen;
        count += hand_message(datagrams, &area->messages[i], area->data[i], &area->from[i]);
    }
    if (messages > 0) datagrams->pieces = (unsigned)((count + messages - 1) / messages);
    return count;
}

/* Receives and hands out until that were `most` datagrams or nothing more is there. A batch is handed out
 * whole. */
static void read_some(og__datagrams *datagrams, size_t most)
{
    datagram_area *area = datagrams->loop->datagram_area;
    datagrams->handing = true;
    for (size_t done = 0; done < most && !datagrams->closing;) {
        unsigned asked = how_many(datagrams, most - done);
        int count = receive(datagrams, area, asked);
        if (count < 0)
            og__net_datagrams_report_sys(datagrams, -count, "receive from", &datagrams->socket.peer);
        done += count < 0 ? OG__DATAGRAM_BATCH : hand_out(datagrams, area, (unsigned)count);
        if (!datagrams->closing && !datagrams->blocked) og__net_datagrams_flush(datagrams);
        if (count >= 0 && (unsigned)count < asked) break;
    }
    datagrams->handing = false;
}

/* Another process may receive from an inherited socket, now or later: its options stay as they are. */
static bool is_inherited(const og__datagrams *datagrams)
{
    return datagrams->socket.wake >= 0;
}

void og__net_datagrams_read_last(og__datagrams *datagrams)
{
    if (!is_inherited(datagrams)) read_some(datagrams, LAST);
    datagrams->deaf = true;
    og__net_datagrams_update(datagrams);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    og__datagrams *datagrams = poll->data;
    if (status < 0) {
        /* A datagram sent before was refused: reading tells, or sending. libuv has stopped polling. */
        datagrams->interest = 0;
        events = datagrams->deaf ? UV_WRITABLE : UV_READABLE;
    }
    if (events & UV_WRITABLE) {
        datagrams->blocked = false;
        og__net_datagrams_flush(datagrams);
    }
    if ((events & UV_READABLE) && !datagrams->closing) read_some(datagrams, EACH_TURN);
    og__net_datagrams_update(datagrams);
}

/* ---- Opening and closing ---- */

/* Lets the system gather datagrams. Where it cannot, each comes alone. */
static void gather(const og__datagrams *datagrams)
{
    int on = 1;
    if (datagrams->socket.transport == OG_UDP && !is_inherited(datagrams))
        setsockopt(datagrams->socket.fd, SOL_UDP, UDP_GRO, &on, sizeof on);
}

static int init(og__datagrams *datagrams, og__loop *loop, int fd)
{
    if (!need_area(loop)) return UV_ENOMEM;
    if (datagrams->socket.transport == OG_UNIXGRAM) {
        datagrams->retry = og__net_timer_open(loop, og__net_datagrams_retry, datagrams, NULL);
        if (!datagrams->retry) return UV_ENOMEM;
    }
    int status = uv_poll_init(&loop->uv, &datagrams->poll, fd);
    if (status < 0 && datagrams->retry) og__net_timer_close(datagrams->retry);
    return status;
}

og__datagrams *og__net_datagrams_open(og__loop *loop, og__socket *socket,
                                      void (*on_data)(void *ctx, const uint8_t *data, size_t len,
                                                      const og__address *from),
                                      void (*on_error)(void *ctx, const og_error *err),
                                      void (*on_close)(void *ctx), void *ctx, og_error *err)
{
    og__datagrams *datagrams = og__base_alloc(loop->alloc, sizeof *datagrams);
    int status = UV_ENOMEM;
    if (datagrams) {
        memset(datagrams, 0, sizeof *datagrams);
        datagrams->socket.transport = socket->transport;
        status = init(datagrams, loop, socket->fd);
    }
    if (status < 0) {
        og__net_uv_error(err, status, "take a datagram socket on");
        og__base_free(loop->alloc, datagrams, sizeof *datagrams);
        og__net_socket_close(socket);
        return NULL;
    }
    datagrams->handle.close = close_left;
    datagrams->socket = *socket;
    *socket = (og__socket)OG__SOCKET_NONE;
    datagrams->loop = loop;
    datagrams->on_data = on_data;
    datagrams->on_error = on_error;
    datagrams->on_close = on_close;
    datagrams->ctx = ctx;
    og_buf_init(&datagrams->queue, loop->alloc);
    datagrams->poll.data = datagrams;
    datagrams->on_poll = on_poll;
    datagrams->pieces = 1;
    gather(datagrams);
    og__net_datagrams_probe(datagrams);
    og__net_datagrams_update(datagrams);
    return datagrams;
}

static void on_closed(uv_handle_t *handle)
{
    og__datagrams *datagrams = handle->data;
    if (datagrams->on_close) datagrams->on_close(datagrams->ctx);
    og__base_free(datagrams->loop->alloc, datagrams, sizeof *datagrams);
}

void og__net_datagrams_close(og__datagrams *datagrams)
{
    if (!datagrams || datagrams->closing) return;
    if (datagrams->handing && !datagrams->blocked)
        og__net_datagrams_flush(datagrams); /* what was sent before the close */
    if (datagrams->closing) return;
    datagrams->closing = true;
    og_buf_free(&datagrams->queue);
    if (datagrams->retry) og__net_timer_close(datagrams->retry);
    uv_close((uv_handle_t *)&datagrams->poll, on_closed);
    og__net_socket_close(&datagrams->socket);
}

static void close_left(og__handle *handle)
{
    og__net_datagrams_close((og__datagrams *)(void *)handle);
}
