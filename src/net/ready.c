/* SPDX-License-Identifier: MIT */
/*
 * A turn of the loop: which sockets of streams are ready, and what libuv has to do, which has all other
 * handles. libuv's own handle would take 160 bytes of each stream.
 */
#include "net/loop_parts.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { BATCH = 256 /* streams that are told of in one turn */ };

/* What is told of by one look. A stream that is closed meanwhile is told of no more. */
struct og__batch {
    struct epoll_event of[BATCH];
    int at;
    int count;
};

static int control(const og__loop *loop, int operation, int fd, uint32_t events, void *about)
{
    struct epoll_event event = {.events = events, .data.ptr = about};
    return epoll_ctl(loop->epoll, operation, fd, &event) < 0 ? -errno : 0;
}

int og__net_ready_init(og__loop *loop)
{
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0) return -errno;
    int status = control(loop, EPOLL_CTL_ADD, uv_backend_fd(&loop->uv), EPOLLIN, loop);
    if (status < 0) og__net_ready_fini(loop);
    return status;
}

void og__net_ready_fini(og__loop *loop)
{
    og__net_fd_close(loop->epoll);
    loop->epoll = -1;
}

/* Errors are always told of: once is enough while nothing else is wanted. */
static uint32_t events_of(uint8_t interest)
{
    if (interest == 0) return EPOLLET;
    return (interest & OG__READABLE ? (uint32_t)EPOLLIN : 0) |
           (interest & OG__WRITABLE ? (uint32_t)EPOLLOUT : 0);
}

int og__net_ready_add(og__loop *loop, int fd, og__stream *stream)
{
    return control(loop, EPOLL_CTL_ADD, fd, events_of(0), stream);
}

void og__net_ready_want(og__loop *loop, int fd, og__stream *stream, uint8_t interest)
{
    control(loop, EPOLL_CTL_MOD, fd, events_of(interest), stream);
}

void og__net_ready_remove(og__loop *loop, int fd, const og__stream *stream)
{
    og__batch *batch = loop->batch;
    control(loop, EPOLL_CTL_DEL, fd, 0, NULL);
    for (int i = batch ? batch->at : 0; batch && i < batch->count; i++)
        if (batch->of[i].data.ptr == stream) batch->of[i].data.ptr = NULL;
}

/* True when libuv has something to do. */
static bool tell(og__loop *loop, og__batch *batch)
{
    bool others = false;
    loop->batch = batch;
    while (batch->at < batch->count) {
        const struct epoll_event *event = &batch->of[batch->at++];
        if (event->data.ptr == loop)
            others = true;
        else if (event->data.ptr)
            loop->on_ready(event->data.ptr, event->events & EPOLLIN, event->events & EPOLLOUT,
                           event->events & (EPOLLERR | EPOLLHUP));
    }
    loop->batch = NULL;
    return others;
}

/* Waits for what is ready: how much, or < 0. Waking up takes long, so it looks again and again before that.
 */
static int wait_ready(const og__loop *loop, og__batch *batch, int wait_ms)
{
    int count = 0;
    uint64_t end = wait_ms != 0 && loop->busy_poll_ns > 0 ? uv_hrtime() + loop->busy_poll_ns : 0;
    while (end > 0 && count == 0) {
        count = epoll_wait(loop->epoll, batch->of, BATCH, 0);
        if (uv_hrtime() >= end) end = 0;
    }
    return count != 0 ? count : epoll_wait(loop->epoll, batch->of, BATCH, wait_ms);
}

void og__net_ready_turn(og__loop *loop)
{
    og__batch batch;
    uv_update_time(&loop->uv);
    int wait_ms = uv_backend_timeout(&loop->uv);
    if (loop->first_closed) wait_ms = 0;
    int count = wait_ready(loop, &batch, wait_ms);
    uv_update_time(&loop->uv);
    batch.at = 0;
    batch.count = count > 0 ? count : 0;
    bool others = tell(loop, &batch);
    if (others || wait_ms == 0 || count <= 0) uv_run(&loop->uv, UV_RUN_NOWAIT);
}
