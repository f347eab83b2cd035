/* SPDX-License-Identifier: MIT */
/* Looking up a key in a dict or set, whatever function compares keys that are not str. */
#ifndef ONGGI_VALUE_FIND_H
#define ONGGI_VALUE_FIND_H

#include "value/key.h"

/* Python's == between two keys: 1, 0, or an error. */
typedef int og__equal_fn(og__keys *keys, og_value a, og_value b);

/* Most keys are str. */
static inline int og__value_find_same(og__keys *keys, og_value a, og_value b, og__equal_fn *equal)
{
    if (og_kind_of(a) != OG_STR || og_kind_of(b) != OG_STR) return equal(keys, a, b);
    keys->work++;
    size_t len = og__value_len(a);
    return len == og__value_len(b) && (len == 0 || memcmp(a.u.p, b.u.p, len) == 0);
}

static inline int64_t og__value_find_indexed(og__keys *keys, const og__node *node, size_t width, og_value key,
                                             uint64_t hash, og__equal_fn *equal)
{
    og__index *index = og__value_index_of(node);
    const uint64_t *slots = og__value_slots_of(index);
    const og_value *items = node->items;
    size_t mask = og__value_mask_of(index);
    for (size_t i = (size_t)(hash >> 32) & mask; slots[i]; i = (i + 1) & mask) {
        if (slots[i] >> 32 != hash >> 32) continue;
        size_t at = (uint32_t)slots[i] - 1;
        int same = og__value_find_same(keys, key, items[at * width], equal);
        if (same) return same < 0 ? same - 1 : (int64_t)at;
    }
    return OG__NOT_FOUND;
}

/* See og__value_find(). */
static inline int64_t og__value_find_by(og__keys *keys, const og__node *node, size_t width, og_value key,
                                        uint64_t hash, og__equal_fn *equal)
{
    if (og__value_is_nan_key(key)) return OG__NOT_FOUND;
    if (node->flags & OG__N_INDEX) return og__value_find_indexed(keys, node, width, key, hash, equal);
    const og_value *items = node->items;
    for (size_t i = 0; i < node->count; i++) {
        int same = og__value_find_same(keys, key, items[i * width], equal);
        if (same) return same < 0 ? same - 1 : (int64_t)i;
    }
    return OG__NOT_FOUND;
}

#endif
