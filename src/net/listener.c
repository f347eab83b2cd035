/* SPDX-License-Identifier: MIT */
/* Listening on a loop: connections are accepted and handed out, a few each turn. */
#include "net/loop_parts.h"

#include <limits.h>
#include <string.h>

enum {
    EACH_TURN = 32, /* connections, before others on the loop get their turn */
    RETRY_MS = 100, /* after accepting has failed */
};

struct og__listener {
    og__handle handle;
    og__socket socket;
    og__loop *loop;
    void (*on_accept)(void *ctx, og__socket accepted);
    void (*on_error)(void *ctx, const og_error *err);
    void *ctx;
    og__timer *retry;
    bool paused;  /* by the owner */
    bool resting; /* until `retry`, for accepting failed */
    bool told;    /* on_error has been called for this spell of failures */
    bool closing;
    uv_poll_t poll;
};

static void on_poll(uv_poll_t *poll, int status, int events);
static void close_left(og__handle *handle);

static void update(og__listener *listener)
{
    if (listener->closing) return;
    if (listener->paused || listener->resting)
        uv_poll_stop(&listener->poll);
    else
        uv_poll_start(&listener->poll, UV_READABLE, on_poll);
}

static void on_retry(void *ctx)
{
    og__listener *listener = ctx;
    listener->resting = false;
    update(listener);
}

/* Being out of descriptors lasts: polling on would only spin. */
static void rest(og__listener *listener, int sys)
{
    listener->resting = true;
    update(listener);
    og__net_timer_start(listener->retry, RETRY_MS);
    if (listener->told || !listener->on_error) return;
    listener->told = true;
    og_error err;
    og_error_set_sys(&err, OG_EIO, sys, "cannot accept connections for now");
    listener->on_error(listener->ctx, &err);
}

/* Accepts at most `most` connections. False when accepting fails. */
static bool accept_some(og__listener *listener, int most)
{
    for (int i = 0; i < most && !listener->paused && !listener->closing; i++) {
        og__socket accepted;
        int sys = 0;
        int got = og__net_socket_accept_now(&listener->socket, &accepted, &sys);
        if (got == 0) break;
        if (got < 0) {
            rest(listener, sys);
            return false;
        }
        listener->told = false;
        listener->on_accept(listener->ctx, accepted);
    }
    return true;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    og__listener *listener = poll->data;
    (void)events;
    /* After an error condition libuv has stopped polling. */
    if (accept_some(listener, EACH_TURN) && status < 0) update(listener);
}

void og__net_listener_accept_last(og__listener *listener)
{
    bool inherited = listener->socket.wake >= 0;
    if (!inherited) accept_some(listener, INT_MAX);
}

static og__listener *fail(og__listener *listener, og__socket *socket, og_error *err, int status)
{
    og_error failure;
    if (status)
        og__net_uv_error(&failure, status, "listen on the loop");
    else
        og_error_set(&failure, OG_ENOMEM, OG_NO_POSITION, "out of memory for a listener");
    og__net_socket_close(socket);
    if (listener) og__base_free(listener->loop->alloc, listener, sizeof *listener);
    if (err) *err = failure;
    return NULL;
}

og__listener *og__net_listener_open(og__loop *loop, og__socket *socket,
                                    void (*on_accept)(void *ctx, og__socket accepted),
                                    void (*on_error)(void *ctx, const og_error *err), void *ctx,
                                    og_error *err)
{
    og__listener *listener = og__base_alloc(loop->alloc, sizeof *listener);
    if (!listener) return fail(NULL, socket, err, 0);
    memset(listener, 0, sizeof *listener);
    listener->handle.close = close_left;
    listener->loop = loop;
    listener->on_accept = on_accept;
    listener->on_error = on_error;
    listener->ctx = ctx;
    listener->retry = og__net_timer_open(loop, on_retry, listener, NULL);
    if (!listener->retry) return fail(listener, socket, err, 0);
    int status = uv_poll_init(&loop->uv, &listener->poll, socket->fd);
    if (status < 0) {
        og__net_timer_close(listener->retry);
        return fail(listener, socket, err, status);
    }
    listener->poll.data = listener;
    listener->socket = *socket;
    *socket = (og__socket)OG__SOCKET_NONE;
    update(listener);
    return listener;
}

void og__net_listener_pause(og__listener *listener, bool pause)
{
    if (listener->paused == pause) return;
    listener->paused = pause;
    update(listener);
}

static void on_closed(uv_handle_t *handle)
{
    og__listener *listener = handle->data;
    og__base_free(listener->loop->alloc, listener, sizeof *listener);
}

void og__net_listener_close(og__listener *listener)
{
    if (!listener || listener->closing) return;
    listener->closing = true;
    og__net_timer_close(listener->retry);
    uv_close((uv_handle_t *)&listener->poll, on_closed);
    og__net_socket_close(&listener->socket);
}

static void close_left(og__handle *handle)
{
    og__net_listener_close((og__listener *)(void *)handle);
}
