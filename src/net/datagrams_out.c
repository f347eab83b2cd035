/* SPDX-License-Identifier: MIT */
/*
 * Datagrams on a loop: sending. Many leave with one system call, and those in a row that go to one address in
 * one size as one message, which the system cuts (GSO): it passes through the network's code once.
 */
#include "net/datagrams_parts.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#ifndef SOL_UDP
#    define SOL_UDP 17
#endif
#ifndef UDP_SEGMENT
#    define UDP_SEGMENT 103
#endif

enum {
    QUEUE_MOST = 1 << 20,   /* bytes waiting to be sent */
    QUEUE_KEPT = 256 << 10, /* memory kept by an empty queue */
    SEND_AT = 64 << 10,     /* bytes gathered at most while a batch is handed out */
    RETRY_MS = 2,           /* a Unix socket's reader is busy: nothing tells when it is not */
    TOGETHER_MOST = 64,     /* datagrams of one message, and their bytes: more the system does not cut */
    TOGETHER_BYTES = 65507,
    PIECES = 2 * TOGETHER_MOST, /* datagrams of one system call */
};

/* What comes before the address and the bytes of each datagram in the queue. */
typedef struct queued {
    uint32_t len;
    uint32_t address_len; /* 0: the connected peer */
} queued;

/* Says into how many bytes a message is cut. */
typedef union cut {
    char bytes[CMSG_SPACE(sizeof(uint16_t))];
    struct cmsghdr aligned;
} cut;

/* What one system call sends. */
typedef struct batch {
    unsigned count;
    unsigned pieces;
    size_t ends[OG__DATAGRAM_BATCH];       /* of each message in the queue */
    size_t first_ends[OG__DATAGRAM_BATCH]; /* of its first datagram */
    struct mmsghdr messages[OG__DATAGRAM_BATCH];
    cut cuts[OG__DATAGRAM_BATCH];
    struct iovec bytes[PIECES];
} batch;

void og__net_datagrams_update(og__datagrams *datagrams)
{
    bool poll_out = datagrams->blocked && !datagrams->retry;
    int wanted = (datagrams->deaf ? 0 : UV_READABLE) | (poll_out ? UV_WRITABLE : 0);
    if (datagrams->closing || wanted == datagrams->interest) return;
    datagrams->interest = wanted;
    if (wanted)
        uv_poll_start(&datagrams->poll, wanted, datagrams->on_poll);
    else
        uv_poll_stop(&datagrams->poll);
}

void og__net_datagrams_report(og__datagrams *datagrams, const og_error *err)
{
    if (datagrams->on_error && !datagrams->closing) datagrams->on_error(datagrams->ctx, err);
}

void og__net_datagrams_report_sys(og__datagrams *datagrams, int sys, const char *doing,
                                  const og__address *peer)
{
    og_error err = {0};
    og__net_io_error(&err, sys, doing, peer, datagrams->socket.transport);
    og__net_datagrams_report(datagrams, &err);
}

/* ---- The queue ---- */

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

static queued head_at(const og_buf *queue, size_t at)
{
    queued head;
    memcpy(&head, queue->data + at, sizeof head);
    return head;
}

static uint8_t *address_at(const og_buf *queue, size_t at)
{
    return queue->data + at + sizeof(queued);
}

/* Where the next entry is. */
static size_t after(size_t at, const queued *head)
{
    return at + sizeof *head + padded(head->address_len) + padded(head->len);
}

static void forget_sent(og__datagrams *datagrams)
{
    og_buf *queue = &datagrams->queue;
    if (datagrams->sent < queue->len) {
        /* A queue that never runs empty must not grow with what has long gone. */
        if (datagrams->sent < QUEUE_KEPT || datagrams->sent < queue->len / 2) return;
        og_buf_drop(queue, datagrams->sent);
        datagrams->alone -= datagrams->alone < datagrams->sent ? datagrams->alone : datagrams->sent;
        datagrams->sent = 0;
        return;
    }
    datagrams->sent = datagrams->alone = 0;
    queue->len = 0;
    if (queue->cap > QUEUE_KEPT) og_buf_free(queue);
}

/* ---- Batches ---- */

void og__net_datagrams_probe(og__datagrams *datagrams)
{
    int size = 0;
    socklen_t len = sizeof size;
    bool udp = datagrams->socket.transport == OG_UDP;
    /* Where the option is not known, a message would not be cut, and leave as one datagram. */
    bool known = udp && getsockopt(datagrams->socket.fd, SOL_UDP, UDP_SEGMENT, &size, &len) == 0;
    datagrams->together = known ? TOGETHER_BYTES : 0;
}

/* True when the entry at `at` may follow in a message of datagrams like the one at `first`. */
static bool goes_along(const og_buf *queue, size_t first, size_t at)
{
    queued one = head_at(queue, first);
    queued other = head_at(queue, at);
    return other.len > 0 && other.len <= one.len && other.address_len == one.address_len &&
           memcmp(address_at(queue, first), address_at(queue, at), one.address_len) == 0;
}

/* Adds the entry at `at` to the message; returns where the next one is. */
static size_t add_piece(batch *b, struct msghdr *message, const og_buf *queue, size_t at)
{
    queued head = head_at(queue, at);
    b->bytes[b->pieces++] = (struct iovec){address_at(queue, at) + padded(head.address_len), head.len};
    message->msg_iovlen++;
    return after(at, &head);
}

static void say_cut(struct msghdr *message, cut *control, uint32_t len)
{
    uint16_t size = (uint16_t)len;
    memset(control, 0, sizeof *control);
    message->msg_control = control->bytes;
    message->msg_controllen = sizeof control->bytes;
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    header->cmsg_level = SOL_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof size);
    memcpy(CMSG_DATA(header), &size, sizeof size);
}

/* Makes a message of the entries at `at`: of one, or of several where the system cuts them. Returns where the
 * next one is. */
static size_t add_message(const og__datagrams *datagrams, batch *b, size_t at)
{
    const og_buf *queue = &datagrams->queue;
    struct msghdr *message = &b->messages[b->count].msg_hdr;
    queued head = head_at(queue, at);
    size_t total = head.len;
    size_t last = head.len;
    *message = (struct msghdr){.msg_iov = b->bytes + b->pieces};
    if (head.address_len) {
        message->msg_name = address_at(queue, at);
        message->msg_namelen = head.address_len;
    }
    size_t next = b->first_ends[b->count] = add_piece(b, message, queue, at);
    bool several = at >= datagrams->alone && head.len > 0 && head.len <= datagrams->together;
    while (several && next < queue->len && b->pieces < PIECES && message->msg_iovlen < TOGETHER_MOST &&
           last == head.len && goes_along(queue, at, next)) {
        last = head_at(queue, next).len;
        total += last;
        if (total > TOGETHER_BYTES) break;
        next = add_piece(b, message, queue, next);
    }
    if (message->msg_iovlen > 1) say_cut(message, &b->cuts[b->count], head.len);
    return b->ends[b->count++] = next;
}

/* The first datagram of the queue cannot be sent: it is dropped, and the owner told. */
static void drop_first(og__datagrams *datagrams, const batch *b, int sys)
{
    const struct msghdr *message = &b->messages[0].msg_hdr;
    og__address peer = datagrams->socket.peer;
    if (message->msg_name) og__net_address_set(&peer, message->msg_name, message->msg_namelen);
    datagrams->sent = b->first_ends[0];
    og__net_datagrams_report_sys(datagrams, sys, "send to", &peer);
}

static void block(og__datagrams *datagrams)
{
    datagrams->blocked = true;
    if (datagrams->retry) og__net_timer_start(datagrams->retry, RETRY_MS);
}

/* True for what the system answers where it does not cut: the route's packets are too small, say. */
static bool means_uncut(int sys)
{
    return sys == EIO || sys == EINVAL || sys == EMSGSIZE || sys == ENOPROTOOPT || sys == EOPNOTSUPP;
}

/* Notes what was sent. What went alone after it was refused with others shows that these were too long for
 * that. */
static void note_sent(og__datagrams *datagrams, const batch *b, int count)
{
    size_t len = head_at(&datagrams->queue, datagrams->sent).len;
    if (datagrams->sent < datagrams->alone && len > 0 && len <= datagrams->together)
        datagrams->together = len - 1;
    datagrams->sent = b->ends[count - 1];
}

/* Sends the next datagrams of the queue: false when the system takes no more. */
static bool send_batch(og__datagrams *datagrams)
{
    batch b;
    b.count = b.pieces = 0;
    for (size_t at = datagrams->sent;
         at < datagrams->queue.len && b.count < OG__DATAGRAM_BATCH && b.pieces < PIECES;)
        at = add_message(datagrams, &b, at);
    int n = sendmmsg(datagrams->socket.fd, b.messages, b.count, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
        note_sent(datagrams, &b, n);
        return true;
    }
    if (errno == EINTR) return true;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
        block(datagrams);
        return false;
    }
    if (b.messages[0].msg_hdr.msg_iovlen > 1 && means_uncut(errno))
        datagrams->alone = b.ends[0];
    else
        drop_first(datagrams, &b, errno);
    return true;
}

void og__net_datagrams_flush(og__datagrams *datagrams)
{
    while (!datagrams->closing && datagrams->sent < datagrams->queue.len)
        if (!send_batch(datagrams)) break;
    if (!datagrams->closing) forget_sent(datagrams);
}

void og__net_datagrams_retry(void *ctx)
{
    og__datagrams *datagrams = ctx;
    datagrams->blocked = false;
    og__net_datagrams_flush(datagrams);
}

/* ---- One datagram ---- */

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
    if (!datagrams->blocked && datagrams->queue.len - datagrams->sent >= SEND_AT)
        og__net_datagrams_flush(datagrams);
    og__net_datagrams_update(datagrams);
    return OG_OK;
}
