/* SPDX-License-Identifier: MIT */
/* The loop: making, running, stopping and freeing it, and calls posted to it by other threads. */
#include "net/loop_parts.h"

#include <string.h>

/* How long what takes long goes on before the loop looks for what has come: this, or a millisecond less. */
enum { LATE_MS = 3, MS_NS = 1000000, US_NS = 1000, HIGH_WATER = 1 << 20 };

int og__net_uv_error(og_error *err, int status, const char *doing)
{
    og_status code = status == UV_ENOMEM ? OG_ENOMEM : OG_EIO;
    og_error_set(err, code, OG_NO_POSITION, "cannot %s: %s", doing, uv_strerror(status));
    if (err) err->sys = -status;
    return code;
}

/* Calls what is posted by now; what these calls post in turn waits for the next wake. */
static void run_posts(og__loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    og__posts posts = loop->posted;
    loop->posted = loop->running;
    loop->running = (og__posts){0};
    og__call *call = loop->first_call;
    loop->first_call = loop->last_call = NULL;
    pthread_mutex_unlock(&loop->lock);
    for (size_t i = 0; i < posts.count; i++)
        posts.list[i].fn(posts.list[i].arg);
    posts.count = 0;
    loop->running = posts;
    while (call) {
        og__call *next = call->next; /* it may be posted again at once */
        call->fn(call->arg);
        call = next;
    }
}

static void on_wake(uv_async_t *wake)
{
    og__loop *loop = wake->data;
    run_posts(loop);
    if (atomic_load(&loop->stopping)) loop->stopped = true;
}

/* ---- Turns ---- */

static og__call *take_turn(og__loop *loop)
{
    og__call *call = loop->first_turn;
    loop->first_turn = call->next;
    if (!call->next) loop->last_turn = NULL;
    return call;
}

bool og__net_loop_is_late(const og__loop *loop)
{
    return uv_hrtime() >= (uv_now(&loop->uv) + LATE_MS) * MS_NS;
}

/* Those that wait by now, each once, as far as the time goes. */
static void run_turns(og__loop *loop)
{
    const og__call *last = loop->last_turn;
    uv_update_time(&loop->uv);
    for (bool more = last; more; more = more && !og__net_loop_is_late(loop)) {
        const og__call *call = take_turn(loop);
        more = call != last; /* which may wait again after this */
        call->fn(call->arg);
    }
}

static void on_rest(uv_idle_t *rest)
{
    og__loop *loop = rest->data;
    run_turns(loop);
    if (!loop->first_turn) uv_idle_stop(rest);
}

void og__net_loop_turn(og__loop *loop, og__call *call)
{
    call->next = NULL;
    if (loop->last_turn)
        loop->last_turn->next = call;
    else
        loop->first_turn = call;
    loop->last_turn = call;
    uv_idle_start(&loop->rest, on_rest);
}

/* ---- Beginning ---- */

static int init_handles(og__loop *loop)
{
    int status = uv_async_init(&loop->uv, &loop->wake, on_wake);
    if (status < 0) return status;
    loop->wake.data = loop;
    uv_timer_init(&loop->uv, &loop->clock);
    loop->clock.data = loop;
    uv_idle_init(&loop->uv, &loop->rest);
    loop->rest.data = loop;
    og__net_timers_init(loop);
    return 0;
}

og__loop *og__net_loop_new(const og_allocator *alloc, og_error *err)
{
    og__loop *loop = og__base_alloc(alloc, sizeof *loop);
    uint8_t *shared = og__base_alloc(alloc, OG__SHARED_SIZE + OG_PADDING);
    if (!loop || !shared) {
        og__base_free(alloc, loop, sizeof *loop);
        og__base_free(alloc, shared, OG__SHARED_SIZE + OG_PADDING);
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory for a loop");
        return NULL;
    }
    memset(loop, 0, sizeof *loop);
    loop->alloc = alloc;
    loop->shared = shared;
    loop->high_water = HIGH_WATER;
    int status = uv_loop_init(&loop->uv);
    if (status == 0) {
        pthread_mutex_init(&loop->lock, NULL);
        status = og__net_ready_init(loop);
        if (status == 0) status = init_handles(loop);
        if (status == 0) return loop;
        og__net_ready_fini(loop);
        pthread_mutex_destroy(&loop->lock);
        uv_loop_close(&loop->uv);
    }
    og__net_uv_error(err, status, "make an event loop");
    og__base_free(alloc, shared, OG__SHARED_SIZE + OG_PADDING);
    og__base_free(alloc, loop, sizeof *loop);
    return NULL;
}

/* The last thing of a turn: whoever was closed in it is told. */
static void end_closed(og__loop *loop)
{
    og__stream *closed = loop->first_closed;
    loop->first_closed = NULL;
    while (closed) {
        og__stream *next = closed->next;
        loop->end_stream(closed);
        closed = next;
    }
}

int og__net_loop_run(og__loop *loop, og_error *err)
{
    (void)err;
    /* A stop that came before has left the wake signalled. */
    loop->turning = true;
    loop->stopped = false;
    while (!loop->stopped) {
        og__net_ready_turn(loop);
        if (loop->first_closed) end_closed(loop);
    }
    loop->turning = false;
    atomic_store(&loop->stopping, false);
    return OG_OK;
}

void og__net_loop_stop(og__loop *loop)
{
    atomic_store(&loop->stopping, true);
    uv_async_send(&loop->wake);
}

void og__net_loop_set_busy_poll(og__loop *loop, unsigned us)
{
    loop->busy_poll_ns = (uint64_t)us * US_NS;
}

void og__net_loop_set_high_water(og__loop *loop, size_t bytes)
{
    loop->high_water = bytes;
}

uint64_t og__net_loop_now(const og__loop *loop)
{
    return uv_now(&loop->uv);
}

static int append_post(og__loop *loop, og__post post)
{
    og__posts *posts = &loop->posted;
    if (posts->count == posts->cap) {
        size_t cap = posts->cap ? posts->cap * 2 : 16;
        og__post *list =
            og__base_realloc(loop->alloc, posts->list, posts->cap * sizeof *list, cap * sizeof *list);
        if (!list) return OG_ENOMEM;
        posts->list = list;
        posts->cap = cap;
    }
    posts->list[posts->count++] = post;
    return OG_OK;
}

/* With the lock held. */
static bool nothing_posted(const og__loop *loop)
{
    return loop->posted.count == 0 && !loop->first_call;
}

int og__net_loop_post(og__loop *loop, void (*fn)(void *arg), void *arg)
{
    pthread_mutex_lock(&loop->lock);
    bool first = nothing_posted(loop);
    int status = append_post(loop, (og__post){fn, arg});
    pthread_mutex_unlock(&loop->lock);
    /* The first of a batch wakes the loop; it takes the others along. */
    if (status == OG_OK && first) uv_async_send(&loop->wake);
    return status;
}

void og__net_loop_call(og__loop *loop, og__call *call)
{
    call->next = NULL;
    pthread_mutex_lock(&loop->lock);
    bool first = nothing_posted(loop);
    if (loop->last_call)
        loop->last_call->next = call;
    else
        loop->first_call = call;
    loop->last_call = call;
    pthread_mutex_unlock(&loop->lock);
    if (first) uv_async_send(&loop->wake);
}

static bool is_own(const og__loop *loop, const uv_handle_t *handle)
{
    return handle == (const uv_handle_t *)&loop->wake || handle == (const uv_handle_t *)&loop->clock ||
           handle == (const uv_handle_t *)&loop->rest;
}

static void close_left(uv_handle_t *handle, void *arg)
{
    og__loop *loop = arg;
    og__handle *owner = handle->data;
    if (is_own(loop, handle) || !owner) return;
    if (!uv_is_closing(handle)) owner->close(owner);
}

static bool has_posts(og__loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    bool any = !nothing_posted(loop);
    pthread_mutex_unlock(&loop->lock);
    return any || loop->first_turn;
}

static void free_posts(const og__loop *loop, og__posts *posts)
{
    og__base_free(loop->alloc, posts->list, posts->cap * sizeof *posts->list);
}

void og__net_loop_free(og__loop *loop)
{
    if (!loop) return;
    /* The loop's own handles do not keep it running any more; what was left on it does. */
    uv_unref((uv_handle_t *)&loop->wake);
    uv_unref((uv_handle_t *)&loop->clock);
    uv_unref((uv_handle_t *)&loop->rest);
    do {
        run_posts(loop);
        run_turns(loop);
        while (loop->connecting)
            og__net_connect_cancel(loop->connecting);
        uv_walk(&loop->uv, close_left, loop);
        while (loop->first_stream)
            loop->close_stream(loop->first_stream);
        atomic_store(&loop->stopping, false);
        uv_run(&loop->uv, UV_RUN_DEFAULT);
        end_closed(loop);
    } while (has_posts(loop) || loop->first_stream || loop->first_closed || uv_loop_alive(&loop->uv));
    og__net_timers_free(loop);
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->clock, NULL);
    uv_close((uv_handle_t *)&loop->rest, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
    og__net_ready_fini(loop);
    pthread_mutex_destroy(&loop->lock);
    free_posts(loop, &loop->posted);
    free_posts(loop, &loop->running);
    og__base_free(loop->alloc, loop->datagram_area, loop->datagram_area_size);
    og__base_free(loop->alloc, loop->shared, OG__SHARED_SIZE + OG_PADDING);
    og__base_free(loop->alloc, loop, sizeof *loop);
}
