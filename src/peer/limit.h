/* SPDX-License-Identifier: MIT */
/*
 * Time limits for many connections on one timer. All limits of one kind are equally long, so that the order
 * in which they were set is the order in which they run out: setting, moving and clearing cost a few
 * assignments.
 *
 * Ownership: a limit is made when it is set and freed when it is cleared or has run out, so that whoever has
 * none pays for none. Whatever is limited has the list of its limits, and must drop them before it goes.
 * Threads: the loop's.
 */
#ifndef ONGGI_PEER_LIMIT_H
#define ONGGI_PEER_LIMIT_H

#include "net/loop.h"

/* The kinds of time limit of a server's connection. */
typedef enum og__limit_kind {
    OG__LIMIT_SILENCE, /* a bare number or text may be whole */
    OG__LIMIT_MESSAGE, /* from a message's first byte to its last */
    OG__LIMIT_IDLE,    /* nothing arrives */
    OG__LIMIT_SEND,    /* no progress with what is queued */
    OG__LIMIT_LAYERS,  /* the layers want to know the time */
    OG__LIMIT_STOP,    /* silence that ends reading when the server stops */
    OG__LIMIT_LINGER,  /* the peer does not close */
    OG__LIMIT_KINDS
} og__limit_kind;

typedef struct og__limit {
    struct og__limit *prev; /* of all of its kind */
    struct og__limit *next;
    struct og__limit *more;  /* the next one of the same owner */
    struct og__limit **list; /* of the owner */
    void *ctx;
    uint64_t check; /* when it is looked at again; its kind's list is in this order */
    uint64_t due;   /* when it really runs out */
    og__limit_kind kind;
} og__limit;

typedef struct og__limits {
    og__loop *loop;
    const og_allocator *alloc;
    og__timer *timer;
    uint64_t timer_at; /* 0: not running */
    void (*expired)(void *ctx, og__limit_kind kind);
    int64_t ms[OG__LIMIT_KINDS]; /* < 0: none */
    og__limit *first[OG__LIMIT_KINDS];
    og__limit *last[OG__LIMIT_KINDS];
} og__limits;

/* 0 or OG_ENOMEM. `expired` gets the `ctx` of the limit. */
int og__peer_limits_init(og__limits *limits, og__loop *loop, const og_allocator *alloc,
                         void (*expired)(void *ctx, og__limit_kind kind), og_error *err);
void og__peer_limits_fini(og__limits *limits);

/* Starts or restarts the limit of `kind` in an owner's `list` from now on. 0 or OG_ENOMEM. */
int og__peer_limit_set(og__limits *limits, og__limit_kind kind, og__limit **list, void *ctx);

/* The limit does not hold any more. */
void og__peer_limit_clear(og__limits *limits, og__limit_kind kind, og__limit **list);

bool og__peer_limit_is_set(const og__limit *list, og__limit_kind kind);

/* No limit holds any more. */
void og__peer_limit_drop(og__limits *limits, og__limit **list);

#endif
