/* SPDX-License-Identifier: MIT */
/* Datagrams on a loop: received and sent many to a system call. */
#include "net/loop_parts.h"

#include <errno.h>
#include <string.h>

enum {
    BATCH = 16,             /* datagrams of one system call */
    BATCHES_EACH_TURN = 4,  /* before others on the loop get their turn */
    ROOM = 65536,           /* for one datagram */
    QUEUE_MOST = 1 << 20,   /* bytes waiting to be sent */
    QUEUE_KEPT = 256 << 10, /* memory kept by an empty queue */
    SEND_AT = 64 << 10,     /* bytes gathered at most while a batch is handed out */
    RETRY_MS = 2,           /* a Unix socket's reader is busy: nothing tells when it is not */
};

/* Where datagrams arrive; one for all sockets of a loop. Pages of it that are never needed are never had. */
struct og__gram_area {
    struct mmsghdr messages[BATCH];
    struct iovec rooms[BATCH];
    og__address from[BATCH];
    uint8_t data[BATCH][ROOM + OG__SHARED_SLACK];
};

/* What stands before the address and the bytes of each datagram in the queue. */
typedef struct queued {
    uint32_t len;
    uint32_t address_len; /* 0: the connected peer */
} queued;

struct og__dgram {
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
    bool closing;
    uv_poll_t poll;
};

static void on_poll(uv_poll_t *poll, int status, int events);
static void flush(og__dgram *dgram);

void og__net_gram_area_free(og__loop *loop)
{
    og__base_free(loop->alloc, loop->grams, sizeof *loop->grams);
    loop->grams = NULL;
}

static bool need_area(og__loop *loop)
{
    if (loop->grams) return true;
    og__gram_area *area = og__base_alloc(loop->alloc, sizeof *area);
    if (!area) return false;
    for (int i = 0; i < BATCH; i++) {
        area->rooms[i] = (struct iovec){area->data[i], ROOM};
        area->messages[i] = (struct mmsghdr){0};
    }
    loop->grams = area;
    return true;
}

static void update(og__dgram *dgram)
{
    bool poll_out = dgram->blocked && !dgram->retry;
    int wanted = UV_READABLE | (poll_out ? UV_WRITABLE : 0);
    if (dgram->closing || wanted == dgram->interest) return;
    dgram->interest = wanted;
    uv_poll_start(&dgram->poll, wanted, on_poll);
}

static void report(og__dgram *dgram, const og_error *err)
{
    if (dgram->on_error && !dgram->closing) dgram->on_error(dgram->ctx, err);
}

static void report_sys(og__dgram *dgram, int sys, const char *doing, const og__address *peer)
{
    og_error err = {0};
    og__net_io_error(&err, sys, doing, peer, dgram->socket.transport);
    report(dgram, &err);
}

/* ---- Receiving ---- */

static int receive(og__dgram *dgram, og__gram_area *area)
{
    for (int i = 0; i < BATCH; i++) {
        struct msghdr *header = &area->messages[i].msg_hdr;
        header->msg_name = area->from[i].u.bytes;
        header->msg_namelen = sizeof area->from[i].u.bytes;
        header->msg_iov = &area->rooms[i];
        header->msg_iovlen = 1;
    }
    for (;;) {
        int n = recvmmsg(dgram->socket.fd, area->messages, BATCH, MSG_DONTWAIT, NULL);
        if (n >= 0 || errno == EAGAIN || errno == EWOULDBLOCK) return n >= 0 ? n : 0;
        if (errno != EINTR) return -errno;
    }
}

static void hand_out(og__dgram *dgram, og__gram_area *area, int count)
{
    for (int i = 0; i < count && !dgram->closing; i++) {
        const struct mmsghdr *message = &area->messages[i];
        area->from[i].len = message->msg_hdr.msg_namelen;
        if (message->msg_hdr.msg_flags & MSG_TRUNC) {
            og_error err = {0};
            og_error_set(&err, OG_ELIMIT, OG_NO_POSITION,
                         "a datagram of more than %d bytes has arrived; it is lost", ROOM);
            report(dgram, &err);
            continue;
        }
        memset(area->data[i] + message->msg_len, 0, OG__SHARED_SLACK);
        dgram->on_data(dgram->ctx, area->data[i], message->msg_len, &area->from[i]);
    }
}

static void read_some(og__dgram *dgram)
{
    og__gram_area *area = dgram->loop->grams;
    dgram->handing = true;
    for (int i = 0; i < BATCHES_EACH_TURN && !dgram->closing; i++) {
        int count = receive(dgram, area);
        if (count < 0)
            report_sys(dgram, -count, "receive from", &dgram->socket.peer);
        else
            hand_out(dgram, area, count);
        if (!dgram->closing && !dgram->blocked) flush(dgram);
        if (count >= 0 && count < BATCH) break;
    }
    dgram->handing = false;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    og__dgram *dgram = poll->data;
    if (status < 0) {
        /* A datagram sent before was refused: reading tells. libuv has stopped polling. */
        dgram->interest = 0;
        events = UV_READABLE;
    }
    if (events & UV_WRITABLE) {
        dgram->blocked = false;
        flush(dgram);
    }
    if ((events & UV_READABLE) && !dgram->closing) read_some(dgram);
    update(dgram);
}

/* ---- Sending ---- */

/* Entries of the queue begin where an address may stand. */
static size_t padded(size_t len)
{
    return (len + 7) & ~(size_t)7;
}

static int enqueue(og__dgram *dgram, const void *data, size_t len, const og__address *to)
{
    queued head = {(uint32_t)len, to ? to->len : 0};
    size_t need = sizeof head + padded(head.address_len) + padded(len);
    if (og_buf_reserve(&dgram->queue, need) < 0) return OG_ENOMEM;
    uint8_t *at = dgram->queue.data + dgram->queue.len;
    memcpy(at, &head, sizeof head);
    if (to) memcpy(at + sizeof head, to->u.bytes, to->len);
    if (len) memcpy(at + sizeof head + padded(head.address_len), data, len);
    dgram->queue.len += need;
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

static void forget_sent(og__dgram *dgram)
{
    og_buf *queue = &dgram->queue;
    if (dgram->sent < queue->len) {
        /* A queue that never runs empty must not grow with what has long gone. */
        if (dgram->sent < QUEUE_KEPT || dgram->sent < queue->len / 2) return;
        og_buf_drop(queue, dgram->sent);
        dgram->sent = 0;
        return;
    }
    dgram->sent = 0;
    queue->len = 0;
    if (queue->cap > QUEUE_KEPT) og_buf_free(queue);
}

/* The first datagram of the queue cannot be sent: it is dropped, and the owner told. */
static void drop_first(og__dgram *dgram, const struct msghdr *message, size_t next, int sys)
{
    og__address peer = dgram->socket.peer;
    if (message->msg_name) og__net_address_set(&peer, message->msg_name, message->msg_namelen);
    dgram->sent = next;
    report_sys(dgram, sys, "send to", &peer);
}

static void block(og__dgram *dgram)
{
    dgram->blocked = true;
    if (dgram->retry) og__net_timer_start(dgram->retry, RETRY_MS);
}

/* Sends the next datagrams of the queue: false when the system takes no more. */
static bool send_batch(og__dgram *dgram)
{
    struct mmsghdr messages[BATCH];
    struct iovec bytes[BATCH];
    size_t ends[BATCH];
    unsigned count = 0;
    for (size_t at = dgram->sent; at < dgram->queue.len && count < BATCH; count++)
        at = ends[count] = entry_message(&dgram->queue, at, &messages[count].msg_hdr, &bytes[count]);
    int n = sendmmsg(dgram->socket.fd, messages, count, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
        dgram->sent = ends[n - 1];
        return true;
    }
    if (errno == EINTR) return true;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
        block(dgram);
        return false;
    }
    drop_first(dgram, &messages[0].msg_hdr, ends[0], errno);
    return true;
}

static void flush(og__dgram *dgram)
{
    while (!dgram->closing && dgram->sent < dgram->queue.len)
        if (!send_batch(dgram)) break;
    if (!dgram->closing) forget_sent(dgram);
}

static void on_retry(void *ctx)
{
    og__dgram *dgram = ctx;
    dgram->blocked = false;
    flush(dgram);
}

/* Sends at once: 0, 1 when the system is busy, or a negative status. */
static int send_now(og__dgram *dgram, const void *data, size_t len, const og__address *to, og_error *err)
{
    for (;;) {
        ssize_t n = sendto(dgram->socket.fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT,
                           to ? og__net_address_sockaddr(to) : NULL, to ? to->len : 0);
        if (n >= 0) return OG_OK;
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return 1;
        if (errno != EINTR)
            return og__net_io_error(err, errno, "send to", to ? to : &dgram->socket.peer,
                                    dgram->socket.transport);
    }
}

int og__net_dgram_send(og__dgram *dgram, const void *data, size_t len, const og__address *to, og_error *err)
{
    int status = og__net_datagram_check(dgram->socket.transport, len, err);
    if (status < 0) return status;
    if (dgram->closing) return og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "the socket is closed");
    bool waiting = dgram->sent < dgram->queue.len;
    if (!dgram->handing && !waiting) {
        status = send_now(dgram, data, len, to, err);
        if (status <= 0) return status;
        block(dgram);
    }
    if (dgram->queue.len - dgram->sent + len > QUEUE_MOST)
        return og_error_set(err, OG_EBUSY, OG_NO_POSITION,
                            "more than %d bytes wait to be sent; a datagram was dropped", QUEUE_MOST);
    if (enqueue(dgram, data, len, to) < 0)
        return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory for a datagram");
    if (!dgram->blocked && dgram->queue.len - dgram->sent >= SEND_AT) flush(dgram);
    update(dgram);
    return OG_OK;
}

/* ---- Opening and closing ---- */

static int init(og__dgram *dgram, og__loop *loop, int fd)
{
    if (!need_area(loop)) return UV_ENOMEM;
    if (dgram->socket.transport == OG_UNIXGRAM) {
        dgram->retry = og__net_timer_open(loop, on_retry, dgram, NULL);
        if (!dgram->retry) return UV_ENOMEM;
    }
    int status = uv_poll_init(&loop->uv, &dgram->poll, fd);
    if (status < 0 && dgram->retry) og__net_timer_close(dgram->retry);
    return status;
}

og__dgram *og__net_dgram_open(og__loop *loop, og__socket *socket,
                              void (*on_data)(void *ctx, const uint8_t *data, size_t len,
                                              const og__address *from),
                              void (*on_error)(void *ctx, const og_error *err), void (*on_close)(void *ctx),
                              void *ctx, og_error *err)
{
    og__dgram *dgram = og__base_alloc(loop->alloc, sizeof *dgram);
    int status = UV_ENOMEM;
    if (dgram) {
        memset(dgram, 0, sizeof *dgram);
        dgram->socket.transport = socket->transport;
        status = init(dgram, loop, socket->fd);
    }
    if (status < 0) {
        og__net_uv_error(err, status, "take a datagram socket on");
        og__base_free(loop->alloc, dgram, sizeof *dgram);
        og__net_socket_close(socket);
        return NULL;
    }
    dgram->handle.kind = OG__DGRAM;
    dgram->socket = *socket;
    *socket = (og__socket)OG__SOCKET_NONE;
    dgram->loop = loop;
    dgram->on_data = on_data;
    dgram->on_error = on_error;
    dgram->on_close = on_close;
    dgram->ctx = ctx;
    og_buf_init(&dgram->queue, loop->alloc);
    dgram->poll.data = dgram;
    update(dgram);
    return dgram;
}

static void on_closed(uv_handle_t *handle)
{
    og__dgram *dgram = handle->data;
    if (dgram->on_close) dgram->on_close(dgram->ctx);
    og__base_free(dgram->loop->alloc, dgram, sizeof *dgram);
}

void og__net_dgram_close(og__dgram *dgram)
{
    if (!dgram || dgram->closing) return;
    if (dgram->handing && !dgram->blocked) flush(dgram); /* what was sent before the close */
    if (dgram->closing) return;
    dgram->closing = true;
    og_buf_free(&dgram->queue);
    if (dgram->retry) og__net_timer_close(dgram->retry);
    uv_close((uv_handle_t *)&dgram->poll, on_closed);
    og__net_socket_close(&dgram->socket);
}
