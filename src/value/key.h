/* SPDX-License-Identifier: MIT */
/* Keys of dicts and items of sets: hashing, comparing, and the index that finds them. */
#ifndef ONGGI_VALUE_KEY_H
#define ONGGI_VALUE_KEY_H

#include "value/doc.h"
#include "value/map.h"

/* How keys are hashed and compared in one operation. */
typedef struct og__keys {
    const og_allocator *alloc; /* for keys that nest deeply; NULL: the default */
    uint64_t seed;
    uint64_t work;       /* nodes looked at so far */
    uint64_t work_limit; /* 0: none */
    og__map *memo;       /* hashes of tuples and frozensets that were met; NULL: none are kept */
    bool identity; /* set by og__value_hash(): the key holds an inert object, which equals only itself */
} og__keys;

/* The hash of a key. 0, OG_ETYPE (not hashable, of `*kind`), OG_ENOMEM, OG_ELIMIT (too much work). */
int og__value_hash(og__keys *keys, og_value key, uint64_t *hash, og_kind *kind);

/* As og__value_hash(), but only whether there is one. */
int og__value_check_hashable(og__keys *keys, og_value key, og_kind *kind);

/* True for the kinds of scalars that hash and compare without a walk. */
static inline bool og__value_is_flat(og_value v)
{
    og_kind kind = og_kind_of(v);
    return kind <= OG_BYTES || kind == OG_CLASS;
}

/* The hash of a flat key. */
uint64_t og__value_hash_flat(uint64_t seed, og_value key);

/* Python's == between flat values of any kinds. */
bool og__value_equal_flat(og_value a, og_value b);

/* Python's == between keys, where objects equal only themselves. 1, 0, OG_ENOMEM, OG_ELIMIT. */
int og__value_key_equal(og__keys *keys, og_value a, og_value b);

/* Comes before the items of an indexed node; its slots come before it. */
typedef struct og__index {
    uint64_t seed;
    uint64_t log2; /* of the number of slots */
} og__index;

/* A slot: the upper half of a hash, then the entry's number + 1; 0 is empty. */
static inline og__index *og__value_index_of(const og__node *node)
{
    return (og__index *)node->items - 1;
}

static inline uint64_t *og__value_slots_of(og__index *index)
{
    return (uint64_t *)index - ((size_t)1 << index->log2);
}

/* What to take of a hash's upper half to get a slot. */
static inline size_t og__value_mask_of(const og__index *index)
{
    return ((size_t)1 << index->log2) - 1;
}

/* Values that an entry takes: 2 in a dict, 1 in a set. */
static inline size_t og__value_width(og_value container)
{
    return og_kind_of(container) == OG_DICT ? 2 : 1;
}

/* What og__value_find() returns when there is no such key. */
#define OG__NOT_FOUND (-1)

/* The number of the entry of `key`, OG__NOT_FOUND, or below that an error - 1. `hash` is used only with an
 * index. NaN is never found. */
int64_t og__value_find(og__keys *keys, const og__node *node, size_t width, og_value key, uint64_t hash);

/* NaN as a key: equal to nothing, not even itself, as there is no telling two of them apart. */
bool og__value_is_nan_key(og_value key);

/* As og__value_hash() for the key of entry `entry_number`, to be put into an index. */
int og__value_hash_entry(og__keys *keys, og_value key, size_t entry_number, uint64_t *hash, og_kind *kind);

/* Memory for an index and `room` entries after it; NULL without memory. */
og__index *og__value_index_new(og_doc *doc, size_t room, size_t width);

/* Puts all entries of `node` into an index. 0, OG_ENOMEM, OG_ELIMIT. */
int og__value_index_fill(og__keys *keys, const og__node *node, size_t width, og__index *index);

/* Puts one entry into an index that has a free slot. */
void og__value_index_add(og__index *index, uint64_t hash, size_t entry_number);

/* Puts the entries of str keys into an empty index, up to the first key that is not str or may be there
 * already; how many that were. */
size_t og__value_index_add_strs(og__index *index, const og_value *items, size_t width, size_t count);

/* Takes one entry out; those after it move up by one. */
void og__value_index_remove(og__index *index, size_t gone);

/* Builds the index of a dict or set whose entries are in place and have none. 0, OG_ENOMEM, OG_ELIMIT. */
int og__value_index_build(og_doc *doc, og_value container);

#endif
