/* SPDX-License-Identifier: MIT */
/* What a stream has yet to write: small writes gathered into chunks, big ones as they were given. */
#include "net/loop_parts.h"

#include <errno.h>
#include <string.h>

enum {
    CHUNK_LEAST = 4096 - 64, /* with its header and the allocator's within a page */
    CHUNK_MOST = 65536,
    PIECES = 32,    /* of one system call */
    TURN = 1 << 20, /* bytes written before others on the loop get their turn */
};

struct og__chunk {
    og__chunk *next;
    uint8_t *data;
    size_t at; /* bytes already written */
    size_t len;
    size_t cap;
    const og_allocator *alloc; /* of `data`, when it is not part of the chunk */
    bool inside;               /* `data` follows the header */
};

static void append(og__queue *queue, og__chunk *chunk)
{
    chunk->next = NULL;
    if (queue->last)
        queue->last->next = chunk;
    else
        queue->first = chunk;
    queue->last = chunk;
    queue->bytes += chunk->len - chunk->at;
}

int og__net_queue_copy(og__queue *queue, const og_allocator *alloc, const void *data, size_t len)
{
    og__chunk *last = queue->last;
    if (last && last->inside && len <= last->cap - last->len) {
        memcpy(last->data + last->len, data, len);
        last->len += len;
        queue->bytes += len;
        return OG_OK;
    }
    /* The more is waiting, the more is likely to follow. */
    size_t cap = queue->bytes < CHUNK_LEAST ? CHUNK_LEAST : queue->bytes;
    if (cap > CHUNK_MOST) cap = CHUNK_MOST;
    if (cap < len) cap = len;
    if (cap > SIZE_MAX - sizeof *last) return OG_ENOMEM;
    og__chunk *chunk = og__base_alloc(alloc, sizeof *chunk + cap);
    if (!chunk) return OG_ENOMEM;
    *chunk = (og__chunk){.data = (uint8_t *)(chunk + 1), .len = len, .cap = cap, .inside = true};
    memcpy(chunk->data, data, len);
    append(queue, chunk);
    return OG_OK;
}

int og__net_queue_take(og__queue *queue, const og_allocator *alloc, og_buf *buf, size_t start)
{
    og__chunk *chunk = og__base_alloc(alloc, sizeof *chunk);
    if (!chunk) return OG_ENOMEM;
    *chunk =
        (og__chunk){.data = buf->data, .at = start, .len = buf->len, .cap = buf->cap, .alloc = buf->alloc};
    buf->data = NULL;
    buf->len = 0;
    buf->cap = 0;
    append(queue, chunk);
    return OG_OK;
}

static void free_chunk(og__chunk *chunk, const og_allocator *alloc, og__sent sent)
{
    size_t size = sizeof *chunk;
    if (chunk->inside) {
        size += chunk->cap;
    } else {
        og_buf taken = {.data = chunk->data, .cap = chunk->cap, .alloc = chunk->alloc};
        if (sent.fn) sent.fn(sent.ctx, &taken);
        og_buf_free(&taken);
    }
    og__base_free(alloc, chunk, size);
}

static void drop(og__queue *queue, const og_allocator *alloc, size_t bytes, og__sent sent)
{
    queue->bytes -= bytes;
    og__chunk *chunk;
    while (bytes > 0 && (chunk = queue->first)) {
        size_t left = chunk->len - chunk->at;
        if (bytes < left) {
            chunk->at += bytes;
            return;
        }
        bytes -= left;
        queue->first = chunk->next;
        if (!queue->first) queue->last = NULL;
        free_chunk(chunk, alloc, sent);
    }
}

int og__net_queue_write(og__queue *queue, const og_allocator *alloc, int fd, og__sent sent)
{
    size_t written = 0;
    while (queue->first && written < TURN) {
        struct iovec pieces[PIECES];
        size_t count = 0;
        size_t asked = 0;
        for (og__chunk *chunk = queue->first; chunk && count < PIECES; chunk = chunk->next) {
            pieces[count++] = (struct iovec){chunk->data + chunk->at, chunk->len - chunk->at};
            asked += chunk->len - chunk->at;
        }
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
        ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? 0 : -errno;
        drop(queue, alloc, (size_t)n, sent);
        written += (size_t)n;
        if ((size_t)n < asked) return 0;
    }
    return queue->first == NULL;
}

void og__net_queue_free(og__queue *queue, const og_allocator *alloc)
{
    while (queue->first) {
        og__chunk *chunk = queue->first;
        queue->first = chunk->next;
        free_chunk(chunk, alloc, (og__sent){0});
    }
    *queue = (og__queue){0};
}
