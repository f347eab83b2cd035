/* SPDX-License-Identifier: MIT */
/*
 * Memory of messages that have left, kept for those that come: new pages cost more than what is copied there.
 *
 * Ownership: what was given belongs to the spares, and what was taken to the taker. Threads: one, the loop's.
 */
#ifndef ONGGI_PEER_SPARES_H
#define ONGGI_PEER_SPARES_H

#include <onggi/base.h>

enum {
    OG__SPARES = 8,
    OG__SPARE_MAX = 2 << 20,  /* bytes of one; a larger one is long */
    OG__SPARES_MAX = 8 << 20, /* of all */
    OG__SPARE_ANY = 0,        /* the smallest is enough */
    OG__LONG_SPARES = 2       /* of a message that comes, and of one that goes */
};

/* All zero is empty. */
typedef struct og__spares {
    og_buf list[OG__SPARES];
    size_t count;
    size_t bytes;
    og_buf longs[OG__LONG_SPARES];
    void (*on_long)(void *ctx); /* a long one is kept: it must be forgotten soon. NULL: none is kept */
    void *ctx;
} og__spares;

void og__peer_spares_fini(og__spares *spares);

/* Frees the long ones. */
void og__peer_spares_forget(og__spares *spares);

/* Keeps the memory of `buf`, or frees it; `buf` is empty then. */
void og__peer_spares_give(og__spares *spares, og_buf *buf);

/* The smallest of at least `least` bytes; when there is none, the largest. False when that has no more than
 * `have` bytes, or nothing is kept. A long one is for a message whose length is known and as long, not for
 * SIZE_MAX. `buf` must be empty; its length is 0 then. */
bool og__peer_spares_take(og__spares *spares, size_t least, size_t have, og_buf *buf);

#endif
