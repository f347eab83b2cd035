/* SPDX-License-Identifier: MIT */
/* Datagrams on a loop: received and sent many to a system call. */
#include "net/loop_parts.h"

#include <errno.h>
#include <string.h>

enum {
    BATCH = 16,             /* datagrams of one system call */
    BATCHES_EACH_TURN = 4,  /* before others on the loop get their turn */
    LAST_BATCHES = 1024,    /* when no more is read after them */
    ROOM = 65536,           /* for one datagram */
    QUEUE_MOST = 1 << 20,   /* bytes waiting to be sent */
    QUEUE_KEPT = 256 << 10, /* memory kept by an empty queue */
    SEND_AT = 64 << 10,     /* bytes gathered at most while a batch is handed out */
    RETRY_MS = 2,           /* a Unix socket's reader is busy: nothing tells when it is not */
};

/* Where datagrams arrive; one for all sockets of a loop. Pages of it that are never needed are never had. */
typedef struct datagram_area {
    struct mmsghdr messages[BATCH];
    struct iovec rooms[BATCH];
    og__address from[BATCH];
    uint8_t data[BATCH][ROOM + OG_PADDING];
} datagram_area;

/* What comes before the address and the bytes of each datagram in the queue. */
typedef struct queued {
    uint32_t len;
    uint32_t address_len; /* 0: the connected peer */
} queued;

struct og__datagrams {
    og__handle handle;
    og__socket socket;
    og__loop *loop;
    void (*on_data)(void *ctx, const uint8_t *data, size_t len, const og__address *from);
    void (*on_error)(void *ctx, const og_error *err);
    void (*on_close)(void *ctx);
    void *ctx;
    og__timer *retry; /* Unix sockets only */
    og_buf queue;
    size_t sent;  /* bytes of the queue that are done with */
    int interest; /* of `poll` */
    bool handing; /* a batch is being handed out: sends wait for its end */
    bool blocked; /* the system took no more */
    bool deaf;    /* nothing more is read */
    bool closing;
    uv_poll_t poll;
};

static void on_poll(uv_poll_t *poll, int status, int events);
static void close_left(og__handle *handle);
static void flush(og__datagrams *datagrams);

static bool need_area(og__loop *loop)
{
    if (loop->datagram_area) return true;
    datagram_area *area = og__base_alloc(loop->alloc, sizeof *area);
    if (!area) return false;
    for (int i = 0; i < BATCH; i++) {
        area->rooms[i] = (struct iovec){area->data[i], ROOM};
        area->messages[i] = (struct mmsghdr){0};
    }
    loop->datagram_area = area;
    loop->datagram_area_size = sizeof *area;
    return true;
}

static void update(og__datagrams *datagrams)
{
    bool poll_out = datagrams->blocked && !datagrams->retry;
    int wanted = (datagrams->deaf ? 0 : UV_READABLE) | (poll_out ? UV_WRITABLE : 0);
    if (datagrams->closing || wanted == datagrams->interest) return;
    datagrams->interest = wanted;
    if (wanted)
        uv_poll_start(&datagrams->poll, wanted, on_poll);
    else
        uv_poll_stop(&datagrams->poll);
}

static void report(og__datagrams *datagrams, const og_error *err)
{
    if (datagrams->on_error && !datagrams->closing) datagrams->on_error(datagrams->ctx, err);
}

static void report_sys(og__datagrams *datagrams, int sys, const char *doing, const og__address *peer)
{
    og_error err = {0};
    og__net_io_error(&err, sys, doing, peer, datagrams->socket.transport);
    report(datagrams, &err);
}

/* ---- Receiving ---- */

static int receive(og__datagrams *datagrams, datagram_area *area)
{
    for (int i = 0; i < BATCH; i++) {
        struct msghdr *header = &area->messages[i].msg_hdr;
        header->msg_name = area->from[i].u.bytes;
        header->msg_namelen = sizeof area->from[i].u.bytes;
        header->msg_iov = &area->rooms[i];
        header->msg_iovlen = 1;
    }
    for (;;) {
        int n = recvmmsg(datagrams->socket.fd, area->messages, BATCH, MSG_DONTWAIT, NULL);
        if (n >= 0 || errno == EAGAIN || errno == EWOULDBLOCK) return n >= 0 ? n : 0;
        if (errno != EINTR) return -errno;
    }
}

static void hand_out(og__datagrams *datagrams, datagram_area *area, int count)
{
    for (int i = 0; i < count && !datagrams->closing; i++) {
        const struct mmsghdr *message = &area->messages[i];
        area->from[i].len = message->msg_hdr.msg_namelen;
        if (message->msg_hdr.msg_flags & MSG_TRUNC) {
            og_error err = {0};
            og_error_set(&err, OG_ELIMIT, OG_NO_POSITION,
                         "a datagram of more than %d bytes has arrived; it is lost", ROOM);
            report(datagrams, &err);
            continue;
        }
        memset(area->data[i] + message->msg_len, 0, OG_PADDING);
        datagrams->on_data(datagrams->ctx, area->data[i], message->msg_len, &area->from[i]);
    }
}

static void read_some(og__datagrams *datagrams, int batches)
{
    datagram_area *area = datagrams->loop->datagram_area;
    datagrams->handing = true;
    for (int i = 0; i < batches && !datagrams->closing; i++) {
        int count = receive(datagrams, area);
        if (count < 0)
            report_sys(datagrams, -count, "receive from", &datagrams->socket.peer);
        else
            hand_out(datagrams, area, count);
        if (!datagrams->closing && !datagrams->blocked) flush(datagrams);
        if (count >= 0 && count < BATCH) break;
    }
    datagrams->handing = false;
}

void og__net_datagrams_read_last(og__datagrams *datagrams)
{
    bool inherited = datagrams->socket.wake >= 0;
    if (!inherited) read_some(datagrams, LAST_BATCHES);
    datagrams->deaf = true;
    update(datagrams);
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
        flush(datagrams);
    }
    if ((events & UV_READABLE) && !datagrams->closing) read_some(datagrams, BATCHES_EACH_TURN);
    update(datagrams);
}

/* ---- Sending ---- */

/* Entries of the queue begin where an address may be. */
static size_t padded(size_t len)
{
    return (len + 7) & ~(size_t)7;
}

static int enqueue(og__datagrams *datagrams, const void *data, size_t len, const og__address *to)
{
    queued head = {(uint32_t)len, to ? to->len : 0};
    size_t need = sizeof head + padded(head.address_len) + padded(len);
    if (og_buf_reserve(&datagrams->queue, need) < 0) return OG_ENOMEM;
    uint8_t *at = datagrams->queue.data + datagrams->queue.len;
    memcpy(at, &head, sizeof head);
    if (to) memcpy(at + sizeof head, to->u.bytes, to->len);
    if (len) memcpy(at + sizeof head + padded(head.address_len), data, len);
    datagrams->queue.len += need;
    return OG_OK;
}

/* Makes a message of the entry at byte `at` of the queue; returns where the next one is. */
static size_t entry_message(const og_buf *queue, size_t at, struct msghdr *message, struct iovec *bytes)
{
    queued head;
    memcpy(&head, queue->data + at, sizeof head);
    uint8_t *address = queue->data + at + sizeof head;
    *bytes = (struct iovec){address + padded(head.address_len), head.len};
    *message = (struct msghdr){.msg_iov = bytes, .msg_iovlen = 1};
    if (head.address_len) {
        message->msg_name = address;
        message->msg_namelen = head.address_len;
    }
    return at + sizeof head + padded(head.address_len) + padded(head.len);
}

static void forget_sent(og__datagrams *datagrams)
{
    og_buf *queue = &datagrams->queue;
    if (datagrams->sent < queue->len) {
        /* A queue that never runs empty must not grow with what has long gone. */
        if (datagrams->sent < QUEUE_KEPT || datagrams->sent < queue->len / 2) return;
        og_buf_drop(queue, datagrams->sent);
        datagrams->sent = 0;
        return;
    }
    datagrams->sent = 0;
    queue->len = 0;
    if (queue->cap > QUEUE_KEPT) og_buf_free(queue);
}

/* The first datagram of the queue cannot be sent: it is dropped, and the owner told. */
static void drop_first(og__datagrams *datagrams, const struct msghdr *message, size_t next, int sys)
{
    og__address peer = datagrams->socket.peer;
    if (message->msg_name) og__net_address_set(&peer, message->msg_name, message->msg_namelen);
    datagrams->sent = next;
    report_sys(datagrams, sys, "send to", &peer);
}

static void block(og__datagrams *datagrams)
{
    datagrams->blocked = true;
    if (datagrams->retry) og__net_timer_start(datagrams->retry, RETRY_MS);
}

/* Sends the next datagrams of the queue: false when the system takes no more. */
static bool send_batch(og__datagrams *datagrams)
{
    struct mmsghdr messages[BATCH];
    struct iovec bytes[BATCH];
    size_t ends[BATCH];
    unsigned count = 0;
    for (size_t at = datagrams->sent; at < datagrams->queue.len && count < BATCH; count++)
        at = ends[count] = entry_message(&datagrams->queue, at, &messages[count].msg_hdr, &bytes[count]);
    int n = sendmmsg(datagrams->socket.fd, messages, count, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
        datagrams->sent = ends[n - 1];
        return true;
    }
    if (errno == EINTR) return true;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
        block(datagrams);
        return false;
    }
    drop_first(datagrams, &messages[0].msg_hdr, ends[0], errno);
    return true;
}

static void flush(og__datagrams *datagrams)
{
    while (!datagrams->closing && datagrams->sent < datagrams->queue.len)
        if (!send_batch(datagrams)) break;
    if (!datagrams->closing) forget_sent(datagrams);
}

static void on_retry(void *ctx)
{
    og__datagrams *datagrams = ctx;
    datagrams->blocked = false;
    flush(datagrams);
}

/* Sends at once: 0, 1 when the system is busy, or a negative status. */
static int send_now(og__datagrams *datagrams, const void *data, size_t len, const og__address *to,
                    og_error *err)
{
    for (;;) {
        ssize_t n = sendto(datagrams->socket.fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT,
                           to ? og__net_address_sockaddr(to) : NULL, to ? to->len : 0);
        if (n >= 0) return OG_OK;
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return 1;
        if (errno != EINTR)
            return og__net_io_error(err, errno, "send to", to ? to : &datagrams->socket.peer,
                                    datagrams->socket.transport);
    }
}

int og__net_datagrams_send(og__datagrams *datagrams, const void *data, size_t len, const og__address *to,
                           og_error *err)
{
    int status = og__net_socket_check_datagram(datagrams->socket.transport, len, err);
    if (status < 0) return status;
    if (datagrams->closing) return og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "the socket is closed");
    bool waiting = datagrams->sent < datagrams->queue.len;
    if (!datagrams->handing && !waiting) {
        status = send_now(datagrams, data, len, to, err);
        if (status <= 0) return status;
        block(datagrams);
    }
    if (datagrams->queue.len - datagrams->sent + len > QUEUE_MOST)
        return og_error_set(err, OG_EBUSY, OG_NO_POSITION,
                            "more than %d bytes wait to be sent; a datagram was dropped", QUEUE_MOST);
    if (enqueue(datagrams, data, len, to) < 0)
        return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory for a datagram");
    if (!datagrams->blocked && datagrams->queue.len - datagrams->sent >= SEND_AT) flush(datagrams);
    update(datagrams);
    return OG_OK;
}

/* ---- Opening and closing ---- */

static int init(og__datagrams *datagrams, og__loop *loop, int fd)
{
    if (!need_area(loop)) return UV_ENOMEM;
    if (datagrams->socket.transport == OG_UNIXGRAM) {
        datagrams->retry = og__net_timer_open(loop, on_retry, datagrams, NULL);
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
    update(datagrams);
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
    if (datagrams->handing && !datagrams->blocked) flush(datagrams); /* what was sent before the close */
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
