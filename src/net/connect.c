/* SPDX-License-Identifier: MIT */
/* Connecting on a loop: the addresses are known beforehand, and one is tried after the other. */
#include "net/loop_parts.h"

#include <errno.h>
#include <string.h>

enum { RETRY_MS = 5 }; /* a Unix socket's queue is full: nothing tells when it is not */

struct og__target {
    og_endpoint endpoint;
    og__addresses found;
    unsigned interface;
    const og_allocator *alloc;
};

/* Lives until it is over and its poll is closed. */
struct og__connecting {
    og__connecting *prev; /* on the loop, until it is over */
    og__connecting *next;
    og__loop *loop;
    const og__target *target;
    void (*done)(void *ctx, og__socket *socket, const og_error *err);
    void *ctx;
    og__timer *timer;
    og__attempts attempts;
    og__deadline deadline;
    int64_t timeout_ms;
    unsigned to_try; /* address */
    int fd;          /* of the attempt under way, or -1 */
    bool closing;    /* `poll` is being closed */
    bool over;       /* `done` was called, or will not be */
    uv_poll_t poll;
};

/* ---- Targets ---- */

og__target *og__net_target_new(const og_endpoint *endpoint, int64_t timeout_ms, const og_allocator *alloc,
                               og_error *err)
{
    og__target *target = og__base_alloc(alloc, sizeof *target);
    if (!target) {
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for an address");
        return NULL;
    }
    memset(target, 0, sizeof *target);
    target->endpoint = *endpoint;
    target->alloc = alloc;
    int status = og__net_interface_find(endpoint, &target->interface, err);
    if (status == OG_OK) status = og__net_resolve(endpoint, OG__TO_CONNECT, timeout_ms, &target->found, err);
    if (status < 0) {
        og__net_target_free(target);
        return NULL;
    }
    for (unsigned i = 0; i < target->found.count; i++)
        og__net_interface_scope(&target->found.list[i], target->interface);
    return target;
}

void og__net_target_free(og__target *target)
{
    if (target) og__base_free(target->alloc, target, sizeof *target);
}

const og__address *og__net_target_address(const og__target *target)
{
    return &target->found.list[0];
}

bool og__net_target_is_near(const og__target *target)
{
    for (unsigned i = 0; i < target->found.count; i++)
        if (!og__net_address_is_near(&target->found.list[i])) return false;
    return true;
}

/* ---- Connecting ---- */

static void try_next(og__connecting *c);

static void free_connecting(og__connecting *c)
{
    og__base_free(c->loop->alloc, c, sizeof *c);
}

static void link_to_loop(og__connecting *c)
{
    c->next = c->loop->connecting;
    if (c->next) c->next->prev = c;
    c->loop->connecting = c;
}

static void finish(og__connecting *c)
{
    if (c->prev)
        c->prev->next = c->next;
    else
        c->loop->connecting = c->next;
    if (c->next) c->next->prev = c->prev;
    c->over = true;
    og__net_timer_close(c->timer);
}

static void on_poll_closed(uv_handle_t *handle)
{
    og__connecting *c = handle->data;
    c->closing = false;
    if (c->over)
        free_connecting(c);
    else
        try_next(c);
}

/* Polling stops at once. What comes next comes when the handle is closed. */
static void close_poll(og__connecting *c)
{
    c->closing = true;
    uv_close((uv_handle_t *)&c->poll, on_poll_closed);
}

static void drop_attempt(og__connecting *c)
{
    close_poll(c);
    og__net_fd_close(c->fd);
    c->fd = -1;
}

static void fail_attempt(og__connecting *c, int sys)
{
    og__net_timer_stop(c->timer);
    og__net_attempts_add(&c->attempts, &c->target->found.list[c->to_try - 1], sys);
    drop_attempt(c);
}

static void succeed(og__connecting *c, int fd)
{
    og__socket socket = OG__SOCKET_NONE;
    socket.fd = fd;
    socket.transport = c->target->endpoint.transport;
    socket.peer = c->target->found.list[c->to_try - 1];
    c->fd = -1;
    finish(c);
    c->done(c->ctx, &socket, NULL);
}

static void on_decided(uv_poll_t *poll, int status, int events)
{
    og__connecting *c = poll->data;
    int fd = c->fd;
    (void)status;
    (void)events;
    int outcome = og__net_fd_connected(fd);
    if (outcome < 0) {
        fail_attempt(c, -outcome);
        return;
    }
    close_poll(c);
    succeed(c, fd);
}

static void wait_for(og__connecting *c, int64_t ms)
{
    int64_t left = og__net_deadline_left(c->deadline);
    if (ms < 0 || (left >= 0 && left < ms)) ms = left;
    if (ms >= 0) og__net_timer_start(c->timer, (uint64_t)ms);
}

static int begin_polling(og__connecting *c, int fd)
{
    int status = uv_poll_init(&c->loop->uv, &c->poll, fd);
    if (status < 0) return status;
    c->poll.data = c;
    c->fd = fd;
    uv_poll_start(&c->poll, UV_WRITABLE, on_decided);
    int64_t left = og__net_deadline_left(c->deadline);
    /* One address that does not answer must not use up the others' time. */
    wait_for(c, left < 0 ? -1 : left / (int64_t)(c->target->found.count - c->to_try + 1));
    return 0;
}

/* Tries one address: true when that is decided or under way, false when the next should be tried. */
static bool try_one(og__connecting *c)
{
    const og__address *address = &c->target->found.list[c->to_try];
    int fd = -1;
    int status = og__net_fd_connect(c->target->endpoint.transport, address, c->target->interface, &fd);
    if (status == -EAGAIN && og__net_deadline_left(c->deadline) != 0) {
        wait_for(c, RETRY_MS);
        return true;
    }
    c->to_try++;
    if (status == 0) {
        succeed(c, fd);
        free_connecting(c);
        return true;
    }
    if (status == 1) {
        status = begin_polling(c, fd);
        if (status == 0) return true;
        og__net_fd_close(fd);
    }
    og__net_attempts_add(&c->attempts, address, status == -EAGAIN ? ETIMEDOUT : -status);
    return false;
}

static void try_next(og__connecting *c)
{
    og_error err = {0};
    while (c->to_try < c->target->found.count)
        if (try_one(c)) return;
    og__net_attempts_error(&c->attempts, &c->target->endpoint, og__net_deadline_left(c->deadline) == 0,
                           c->timeout_ms, &err);
    finish(c);
    c->done(c->ctx, NULL, &err);
    free_connecting(c);
}

/* The next attempt is due, or the one under way has used up its time. */
static void on_timer(void *ctx)
{
    og__connecting *c = ctx;
    if (c->fd >= 0)
        fail_attempt(c, ETIMEDOUT);
    else
        try_next(c);
}

og__connecting *og__net_connect(og__loop *loop, const og__target *target, int64_t timeout_ms,
                                void (*done)(void *ctx, og__socket *socket, const og_error *err), void *ctx,
                                og_error *err)
{
    og__connecting *c = og__base_alloc(loop->alloc, sizeof *c);
    if (!c) {
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a connection");
        return NULL;
    }
    memset(c, 0, sizeof *c);
    c->loop = loop;
    c->target = target;
    c->done = done;
    c->ctx = ctx;
    c->timeout_ms = timeout_ms;
    c->deadline = og__net_deadline_in(timeout_ms);
    c->fd = -1;
    c->timer = og__net_timer_open(loop, on_timer, c, err);
    if (!c->timer) {
        free_connecting(c);
        return NULL;
    }
    link_to_loop(c);
    og__net_timer_start(c->timer, 0);
    return c;
}

void og__net_connect_cancel(og__connecting *c)
{
    if (!c || c->over) return;
    finish(c);
    if (c->fd >= 0)
        drop_attempt(c);
    else if (!c->closing)
        free_connecting(c);
}
