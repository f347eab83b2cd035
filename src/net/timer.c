/* SPDX-License-Identifier: MIT */
/*
 * Timers: one heap for a loop's timers, on one libuv timer. Restarting a timer to a later time, which is
 * what happens with every message, only moves its deadline; the heap learns of it when the old time comes.
 */
#include "net/loop_parts.h"

static const uint64_t never = UINT64_MAX;

struct og__timer {
    og__loop *loop;
    void (*fn)(void *ctx);
    void *ctx;
    uint64_t deadline;
    size_t index; /* in the heap */
};

struct og__timer_entry {
    uint64_t due; /* never after the timer's deadline */
    og__timer *timer;
};

typedef struct og__timer_entry entry;

static void put(og__timers *timers, size_t index, entry e)
{
    timers->heap[index] = e;
    e.timer->index = index;
}

/* Finds the place of `e`, starting at the free place `index`. */
static void sift_up(og__timers *timers, size_t index, entry e)
{
    while (index > 0 && timers->heap[(index - 1) / 2].due > e.due) {
        put(timers, index, timers->heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    put(timers, index, e);
}

static void sift_down(og__timers *timers, size_t index, entry e)
{
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= timers->count) break;
        if (child + 1 < timers->count && timers->heap[child + 1].due < timers->heap[child].due) child++;
        if (timers->heap[child].due >= e.due) break;
        put(timers, index, timers->heap[child]);
        index = child;
    }
    put(timers, index, e);
}

/* Lets the clock ring for the first timer, if it would ring too late. */
static void arm(og__loop *loop)
{
    og__timers *timers = &loop->timers;
    if (timers->count == 0 || timers->heap[0].due >= timers->armed) return;
    uint64_t now = uv_now(&loop->uv);
    timers->armed = timers->heap[0].due;
    uv_timer_start(&loop->clock, og__net_timers_ring, timers->armed > now ? timers->armed - now : 0, 0);
}

void og__net_timers_ring(uv_timer_t *clock)
{
    og__loop *loop = clock->data;
    og__timers *timers = &loop->timers;
    uint64_t now = uv_now(&loop->uv);
    timers->armed = never;
    while (timers->count > 0 && timers->heap[0].due <= now) {
        og__timer *timer = timers->heap[0].timer;
        bool over = timer->deadline <= now;
        if (over) timer->deadline = never;
        sift_down(timers, 0, (entry){timer->deadline, timer});
        if (over) timer->fn(timer->ctx); /* which may close it, and change all of the heap */
    }
    arm(loop);
}

void og__net_timers_init(og__loop *loop)
{
    loop->timers = (og__timers){.armed = never};
}

void og__net_timers_free(og__loop *loop)
{
    og__timers *timers = &loop->timers;
    for (size_t i = 0; i < timers->count; i++)
        og__base_free(loop->alloc, timers->heap[i].timer, sizeof(og__timer));
    og__base_free(loop->alloc, timers->heap, timers->cap * sizeof(entry));
    og__net_timers_init(loop);
}

static bool grow(og__loop *loop)
{
    og__timers *timers = &loop->timers;
    if (timers->count < timers->cap) return true;
    size_t cap = timers->cap ? timers->cap * 2 : 16;
    entry *heap = og__base_realloc(loop->alloc, timers->heap, timers->cap * sizeof *heap, cap * sizeof *heap);
    if (!heap) return false;
    timers->heap = heap;
    timers->cap = cap;
    return true;
}

og__timer *og__net_timer_open(og__loop *loop, void (*fn)(void *ctx), void *ctx, og_error *err)
{
    og__timer *timer = grow(loop) ? og__base_alloc(loop->alloc, sizeof *timer) : NULL;
    if (!timer) {
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory for a timer");
        return NULL;
    }
    *timer = (og__timer){.loop = loop, .fn = fn, .ctx = ctx, .deadline = never};
    put(&loop->timers, loop->timers.count++, (entry){never, timer});
    return timer;
}

void og__net_timer_start(og__timer *timer, uint64_t ms)
{
    og__timers *timers = &timer->loop->timers;
    if (!timer->loop->turning) uv_update_time(&timer->loop->uv);
    uint64_t now = uv_now(&timer->loop->uv);
    /* At least one: a timer that restarts itself must not keep its turn from ending. */
    if (ms == 0) ms = 1;
    timer->deadline = ms < never - now ? now + ms : never - 1;
    if (timer->deadline >= timers->heap[timer->index].due) return;
    sift_up(timers, timer->index, (entry){timer->deadline, timer});
    arm(timer->loop);
}

void og__net_timer_stop(og__timer *timer)
{
    timer->deadline = never;
}

void og__net_timer_close(og__timer *timer)
{
    og__loop *loop = timer->loop;
    og__timers *timers = &loop->timers;
    size_t hole = timer->index;
    entry last = timers->heap[--timers->count];
    if (hole < timers->count) {
        if (hole > 0 && timers->heap[(hole - 1) / 2].due > last.due)
            sift_up(timers, hole, last);
        else
            sift_down(timers, hole, last);
    }
    og__base_free(loop->alloc, timer, sizeof *timer);
}
