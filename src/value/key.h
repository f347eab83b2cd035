/* SPDX-License-Identifier: MIT */
/* Keys of dicts and items of sets: hashing, comparing, and the index that finds them. */
#ifndef ONGGI_VALUE_KEY_H
#define ONGGI_VALUE_KEY_H

#include "value/doc.h"
#include "value/map.h"

/* Up to this many entries are compared one by one; beyond, a dict or set has an index. */
enum { OG__LINEAR_MAX = 8 };

/* How keys are hashed and compared in one operation. */
typedef struct og__keys {
    const og_allocator *alloc; /* for keys that nest deeply; NULL: the default */
    uint64_t seed;
    uint64_t work;       /* nodes looked at so far */
    uint64_t work_limit; /* 0: none */
    bool identity;       /* set by og__hash(): the key holds an inert object, which equals only itself */
} og__keys;

/* The hash of a key. 0, OG_ETYPE (not hashable: its kind in `*kind`), OG_ENOMEM, OG_ELIMIT (too much work).
 */
int og__hash(og__keys *keys, og_value key, uint64_t *hash, og_kind *kind);

/* True for the kinds of scalars that hash and compare without a walk. */
static inline bool og__is_flat(og_value v)
{
    og_kind kind = og_kind_of(v);
    return kind <= OG_BYTES || kind == OG_CLASS;
}

/* The hash of a flat key. */
uint64_t og__hash_flat(uint64_t seed, og_value key);

/* Python's == between flat values of any kinds. */
bool og__equal_flat(og_value a, og_value b);

/* Python's == between keys, where objects equal only themselves. 1, 0, OG_ENOMEM, OG_ELIMIT. */
int og__key_equal(og__keys *keys, og_value a, og_value b);

/* Stands before the items of an indexed node; its slots stand before it. */
typedef struct og__index {
    uint64_t seed;
    uint64_t log2; /* of the number of slots */
} og__index;

/* A slot: the upper half of a hash, then the entry's number + 1; 0 is empty. */
static inline og__index *og__index_of(const og__node *node)
{
    return (og__index *)node->items - 1;
}

static inline uint64_t *og__slots_of(og__index *index)
{
    return (uint64_t *)index - ((size_t)1 << index->log2);
}

/* Values that an entry takes: 2 in a dict, 1 in a set. */
static inline size_t og__width(og_value container)
{
    return og_kind_of(container) == OG_DICT ? 2 : 1;
}

/* The entry's number of `key`, or -1, OG_ENOMEM - 1, … : see OG__NOT_FOUND. `hash` is used only with an
 * index. */
#define OG__NOT_FOUND (-1)
int64_t og__find(og__keys *keys, const og__node *node, size_t width, og_value key, uint64_t hash);

/* Builds the index of a dict or set whose entries are in place and have none. 0, OG_ENOMEM, OG_ELIMIT. */
int og__index_build(og_doc *doc, og_value container);

#endif
