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
    OG__SPARE_MAX = 2 << 20,  /* bytes of one; a larger one is freed */
    OG__SPARES_MAX = 8 << 20, /* of all */
    OG__SPARE_ANY = 0         /* the smallest is enough */
};

/* All zero is empty. */
typedef struct og__spares {
    og_buf list[OG__SPARES];
    size_t count;
    size_t bytes;
} og__spares;

void og__peer_spares_fini(og__spares *spares);

/* Keeps the memory of `buf`, or frees it; `buf` is empty then. */
void og__peer_spares_give(og__spares *spares, og_buf *buf);

/* The smallest of at least `least` bytes; when there is none, the largest. False when that has no more than
 * `have` bytes, or nothing is kept. `buf` must be empty; its length is 0 then. */
bool og__peer_spares_take(og__spares *spares, size_t least, size_t have, og_buf *buf);

#endif
