/* SPDX-License-Identifier: MIT */
/* Time limits for many connections on one timer. */
#include "peer/watch.h"

#include <string.h>

static void unlink_watch(og__watches *watches, og__watch_kind kind, og__watch *watch)
{
    if (watch->prev)
        watch->prev->next = watch->next;
    else
        watches->first[kind] = watch->next;
    if (watch->next)
        watch->next->prev = watch->prev;
    else
        watches->last[kind] = watch->prev;
    watch->prev = watch->next = NULL;
    watch->check = 0;
}

static void append(og__watches *watches, og__watch_kind kind, og__watch *watch)
{
    watch->check = watch->due;
    watch->next = NULL;
    watch->prev = watches->last[kind];
    if (watch->prev)
        watch->prev->next = watch;
    else
        watches->first[kind] = watch;
    watches->last[kind] = watch;
}

static void run_until(og__watches *watches, uint64_t at)
{
    if (watches->timer_at != 0 && watches->timer_at <= at) return;
    uint64_t now = og__net_loop_now(watches->loop);
    watches->timer_at = at;
    og__net_timer_start(watches->timer, at > now ? at - now : 1);
}

/* Looks at the limits of one kind that may have run out. */
static void check_kind(og__watches *watches, og__watch_kind kind, uint64_t now)
{
    og__watch *watch;
    while ((watch = watches->first[kind]) != NULL && watch->check <= now) {
        unlink_watch(watches, kind, watch);
        if (watch->due > now) {
            append(watches, kind, watch);
        } else if (watch->due != 0) {
            watch->due = 0;
            watches->expired(watch->ctx, kind);
        }
    }
    if (watch) run_until(watches, watch->check);
}

static void on_timer(void *ctx)
{
    og__watches *watches = ctx;
    uint64_t now = og__net_loop_now(watches->loop);
    watches->timer_at = 0;
    for (int kind = 0; kind < OG__WATCH_KINDS; kind++)
        check_kind(watches, (og__watch_kind)kind, now);
}

int og__peer_watches_init(og__watches *watches, og__loop *loop,
                          void (*expired)(void *ctx, og__watch_kind kind), og_error *err)
{
    memset(watches, 0, sizeof *watches);
    watches->loop = loop;
    watches->expired = expired;
    watches->timer = og__net_timer_open(loop, on_timer, watches, err);
    return watches->timer ? OG_OK : OG_ENOMEM;
}

void og__peer_watches_fini(og__watches *watches)
{
    if (watches->timer) og__net_timer_close(watches->timer);
    watches->timer = NULL;
}

void og__peer_watch_set(og__watches *watches, og__watch_kind kind, og__watch *watch, void *ctx)
{
    if (watches->limit_ms[kind] < 0) return;
    watch->ctx = ctx;
    watch->due = og__net_loop_now(watches->loop) + (uint64_t)watches->limit_ms[kind];
    if (watch->due == 0) watch->due = 1;
    if (watch->check != 0) return; /* looked at when its old time comes */
    append(watches, kind, watch);
    run_until(watches, watches->first[kind]->check);
}

void og__peer_watch_drop(og__watches *watches, og__watch_kind kind, og__watch *watch)
{
    watch->due = 0;
    if (watch->check != 0) unlink_watch(watches, kind, watch);
}
