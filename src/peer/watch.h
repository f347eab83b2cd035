/* SPDX-License-Identifier: MIT */
/*
 * Time limits for many connections on one timer. All limits of one kind are equally long, so that the order
 * in which they were set is the order in which they run out: setting, moving and clearing cost a few
 * assignments.
 *
 * Ownership: a watch is part of whatever it watches and must be dropped before that goes. Threads: the
 * loop's.
 */
#ifndef ONGGI_PEER_WATCH_H
#define ONGGI_PEER_WATCH_H

#include "net/loop.h"

/* The kinds of time limit of a server's connection. */
typedef enum og__watch_kind {
    OG__WATCH_SILENCE, /* a bare number or text may be whole */
    OG__WATCH_MESSAGE, /* from a message's first byte to its last */
    OG__WATCH_IDLE,    /* nothing arrives */
    OG__WATCH_SEND,    /* no progress with what is queued */
    OG__WATCH_LINGER,  /* the peer does not close */
    OG__WATCH_KINDS
} og__watch_kind;

typedef struct og__watch {
    struct og__watch *prev;
    struct og__watch *next;
    uint64_t check; /* when it is looked at again; the list is in this order */
    uint64_t due;   /* when it really runs out; 0: cleared */
    void *ctx;
} og__watch;

typedef struct og__watches {
    og__loop *loop;
    og__timer *timer;
    uint64_t timer_at; /* 0: not running */
    void (*expired)(void *ctx, og__watch_kind kind);
    int64_t limit_ms[OG__WATCH_KINDS]; /* < 0: none */
    og__watch *first[OG__WATCH_KINDS];
    og__watch *last[OG__WATCH_KINDS];
} og__watches;

/* 0 or OG_ENOMEM. `expired` gets the `ctx` of the watch. */
int og__peer_watches_init(og__watches *watches, og__loop *loop,
                          void (*expired)(void *ctx, og__watch_kind kind), og_error *err);
void og__peer_watches_fini(og__watches *watches);

/* Starts or restarts the limit of `kind` from now on. */
void og__peer_watch_set(og__watches *watches, og__watch_kind kind, og__watch *watch, void *ctx);

/* The limit does not hold any more. */
static inline void og__peer_watch_clear(og__watch *watch)
{
    watch->due = 0;
}

static inline bool og__peer_watch_is_set(const og__watch *watch)
{
    return watch->due != 0;
}

/* Takes the watch out altogether. */
void og__peer_watch_drop(og__watches *watches, og__watch_kind kind, og__watch *watch);

#endif
