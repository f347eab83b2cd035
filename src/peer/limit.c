/* SPDX-License-Identifier: MIT */
/* Time limits for many connections on one timer. */
#include "peer/limit.h"

#include "base/alloc.h"

#include <string.h>

static void unlink_limit(og__limits *limits, og__limit *limit)
{
    if (limit->prev)
        limit->prev->next = limit->next;
    else
        limits->first[limit->kind] = limit->next;
    if (limit->next)
        limit->next->prev = limit->prev;
    else
        limits->last[limit->kind] = limit->prev;
}

static void append(og__limits *limits, og__limit *limit)
{
    limit->check = limit->due;
    limit->next = NULL;
    limit->prev = limits->last[limit->kind];
    if (limit->prev)
        limit->prev->next = limit;
    else
        limits->first[limit->kind] = limit;
    limits->last[limit->kind] = limit;
}

static void end_limit(og__limits *limits, og__limit *limit)
{
    og__limit **at = limit->list;
    while (*at != limit)
        at = &(*at)->more;
    *at = limit->more;
    unlink_limit(limits, limit);
    og__base_free(limits->alloc, limit, sizeof *limit);
}

static og__limit *find(og__limit *list, og__limit_kind kind)
{
    while (list && list->kind != kind)
        list = list->more;
    return list;
}

static void run_until(og__limits *limits, uint64_t at)
{
    if (limits->timer_at != 0 && limits->timer_at <= at) return;
    uint64_t now = og__net_loop_now(limits->loop);
    limits->timer_at = at;
    og__net_timer_start(limits->timer, at > now ? at - now : 1);
}

/* Looks at the limits of one kind that may have run out. */
static void check_kind(og__limits *limits, og__limit_kind kind, uint64_t now)
{
    og__limit *limit;
    while ((limit = limits->first[kind]) != NULL && limit->check <= now) {
        if (limit->due > now) {
            unlink_limit(limits, limit);
            append(limits, limit);
        } else {
            void *ctx = limit->ctx;
            end_limit(limits, limit);
            limits->expired(ctx, kind);
        }
    }
    if (limit) run_until(limits, limit->check);
}

static void on_timer(void *ctx)
{
    og__limits *limits = ctx;
    uint64_t now = og__net_loop_now(limits->loop);
    limits->timer_at = 0;
    for (int kind = 0; kind < OG__LIMIT_KINDS; kind++)
        check_kind(limits, (og__limit_kind)kind, now);
}

int og__peer_limits_init(og__limits *limits, og__loop *loop, const og_allocator *alloc,
                         void (*expired)(void *ctx, og__limit_kind kind), og_error *err)
{
    memset(limits, 0, sizeof *limits);
    limits->loop = loop;
    limits->alloc = alloc;
    limits->expired = expired;
    limits->timer = og__net_timer_open(loop, on_timer, limits, err);
    return limits->timer ? OG_OK : OG_ENOMEM;
}

void og__peer_limits_fini(og__limits *limits)
{
    if (limits->timer) og__net_timer_close(limits->timer);
    limits->timer = NULL;
}

/* A new one, not yet in the list of its kind. NULL without memory. */
static og__limit *new_limit(const og__limits *limits, og__limit_kind kind, og__limit **list, void *ctx)
{
    og__limit *limit = og__base_alloc(limits->alloc, sizeof *limit);
    if (!limit) return NULL;
    *limit = (og__limit){.kind = kind, .list = list, .more = *list, .ctx = ctx};
    *list = limit;
    return limit;
}

int og__peer_limit_set(og__limits *limits, og__limit_kind kind, og__limit **list, void *ctx)
{
    if (limits->ms[kind] < 0) return OG_OK;
    uint64_t due = og__net_loop_now(limits->loop) + (uint64_t)limits->ms[kind];
    og__limit *limit = find(*list, kind);
    if (limit) {
        limit->due = due; /* it is looked at when its old time comes */
        return OG_OK;
    }
    limit = new_limit(limits, kind, list, ctx);
    if (!limit) return OG_ENOMEM;
    limit->due = due;
    append(limits, limit);
    run_until(limits, limits->first[kind]->check);
    return OG_OK;
}

void og__peer_limit_clear(og__limits *limits, og__limit_kind kind, og__limit **list)
{
    og__limit *limit = find(*list, kind);
    if (limit) end_limit(limits, limit);
}

bool og__peer_limit_is_set(const og__limit *list, og__limit_kind kind)
{
    while (list && list->kind != kind)
        list = list->more;
    return list;
}

void og__peer_limit_drop(og__limits *limits, og__limit **list)
{
    while (*list)
        end_limit(limits, *list);
}
