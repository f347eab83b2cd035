/* SPDX-License-Identifier: MIT */
/* Time limits for many connections on one timer. */
#include "peer/limit.h"

#include <string.h>

static void unlink_limit(og__limits *limits, og__limit_kind kind, og__limit *limit)
{
    if (limit->prev)
        limit->prev->next = limit->next;
    else
        limits->first[kind] = limit->next;
    if (limit->next)
        limit->next->prev = limit->prev;
    else
        limits->last[kind] = limit->prev;
    limit->prev = limit->next = NULL;
    limit->check = 0;
}

static void append(og__limits *limits, og__limit_kind kind, og__limit *limit)
{
    limit->check = limit->due;
    limit->next = NULL;
    limit->prev = limits->last[kind];
    if (limit->prev)
        limit->prev->next = limit;
    else
        limits->first[kind] = limit;
    limits->last[kind] = limit;
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
        unlink_limit(limits, kind, limit);
        if (limit->due > now) {
            append(limits, kind, limit);
        } else if (limit->due != 0) {
            limit->due = 0;
            limits->expired(limit->ctx, kind);
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

int og__peer_limits_init(og__limits *limits, og__loop *loop, void (*expired)(void *ctx, og__limit_kind kind),
                         og_error *err)
{
    memset(limits, 0, sizeof *limits);
    limits->loop = loop;
    limits->expired = expired;
    limits->timer = og__net_timer_open(loop, on_timer, limits, err);
    return limits->timer ? OG_OK : OG_ENOMEM;
}

void og__peer_limits_fini(og__limits *limits)
{
    if (limits->timer) og__net_timer_close(limits->timer);
    limits->timer = NULL;
}

void og__peer_limit_set(og__limits *limits, og__limit_kind kind, og__limit *limit, void *ctx)
{
    if (limits->ms[kind] < 0) return;
    limit->ctx = ctx;
    limit->due = og__net_loop_now(limits->loop) + (uint64_t)limits->ms[kind];
    if (limit->due == 0) limit->due = 1;
    if (limit->check != 0) return; /* looked at when its old time comes */
    append(limits, kind, limit);
    run_until(limits, limits->first[kind]->check);
}

void og__peer_limit_drop(og__limits *limits, og__limit_kind kind, og__limit *limit)
{
    limit->due = 0;
    if (limit->check != 0) unlink_limit(limits, kind, limit);
}
