/* SPDX-License-Identifier: MIT */
/* The pickle writer's memo of strings, bytes and class references, which are found by their content. */
#ifndef ONGGI_CODEC_PICKLE_WRITE_INTERN_H
#define ONGGI_CODEC_PICKLE_WRITE_INTERN_H

#include "base/u128.h"
#include "codec/pickle/write/writer.h"

/* Long strings are the same only when they are in the same place: looking at all their bytes would cost
 * more than it saves. */
enum { OG__INTERN_HASHED = 64 };

static inline uint64_t og__pickle_intern_load(const uint8_t *bytes, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, bytes, size);
    return word;
}

static inline uint64_t og__pickle_intern_mix(uint64_t a, uint64_t b)
{
    og__u128 product =
        og__base_u128_product(a ^ UINT64_C(0x9e3779b97f4a7c15), b ^ UINT64_C(0x243f6a8885a308d3));
    return product.low ^ product.high;
}

static inline uint32_t og__pickle_intern_hash_bytes(uint64_t hash, const uint8_t *bytes, size_t len)
{
    for (; len > 16; bytes += 16, len -= 16)
        hash = og__pickle_intern_mix(og__pickle_intern_load(bytes, 8) ^ hash,
                                     og__pickle_intern_load(bytes + 8, 8));
    uint64_t head = 0;
    uint64_t tail = 0;
    if (len >= 8) {
        head = og__pickle_intern_load(bytes, 8);
        tail = og__pickle_intern_load(bytes + len - 8, 8);
    } else if (len >= 4) {
        head = og__pickle_intern_load(bytes, 4);
        tail = og__pickle_intern_load(bytes + len - 4, 4);
    } else if (len > 0) {
        head = (uint64_t)bytes[0] << 16 | (uint64_t)bytes[len / 2] << 8 | bytes[len - 1];
    }
    return (uint32_t)og__pickle_intern_mix(head ^ hash, tail);
}

/* True when strings of this length are looked at whole. */
static inline bool og__pickle_intern_whole(const og__writer *w, size_t len)
{
    return len <= OG__INTERN_HASHED || w->references;
}

/* The hash of a str or bytes. */
static inline uint32_t og__pickle_intern_hash(const og__writer *w, og_value v)
{
    size_t len = og__value_len(v);
    uint64_t seed = (uint64_t)len << 8 | og_kind_of(v);
    if (og__pickle_intern_whole(w, len)) return og__pickle_intern_hash_bytes(seed, v.u.p, len);
    return (uint32_t)og__pickle_intern_mix(seed, (uint64_t)(uintptr_t)v.u.p);
}

/* The entry of a value with this hash, as og__pickle_intern_find(). */
og__interned *og__pickle_intern_probe(og__writer *w, og_value v, uint32_t hash);

/* Fills the entry that og__pickle_intern_probe() gave for a value that it had not found. */
void og__pickle_intern_put(og__writer *w, og__interned *entry, og_value v, uint32_t number);

/* ---- By place ---- */

/* One of 1 << log2 slots for what is at `place`. */
static inline size_t og__pickle_intern_slot(const void *place, unsigned log2)
{
    uint64_t mixed = (uint64_t)(uintptr_t)place * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(mixed >> (64 - log2));
}

static inline og__by_place *og__pickle_intern_place(const og__writer *w, og_value v)
{
    return &w->by_place[og__pickle_intern_slot(v.u.p, OG__BY_PLACE_LOG2)];
}

/* One of the few, if it is what a slot has for the str at `v`; or NULL. */
static inline const og__interned *og__pickle_intern_few(const og__few_interned *few, size_t slot, og_value v)
{
    const og__interned *known = &few->all[few->by_place[slot]];
    bool same = known->value.u.p == v.u.p && og__value_len(known->value) == og__value_len(v) &&
                og_kind_of(known->value) == OG_STR;
    return same ? known : NULL;
}

/* True when the bytes of a str were written from this very place: `number` is its number. */
static inline bool og__pickle_intern_here(const og__writer *w, og_value v, uint32_t *number)
{
    if (w->few) {
        size_t slot = og__pickle_intern_slot(v.u.p, OG__FEW_SLOTS_LOG2);
        const og__interned *known = og__pickle_intern_few(w->few, slot, v);
        if (!known) known = og__pickle_intern_few(w->few, slot ^ 1, v);
        if (known) *number = known->number;
        return known != NULL;
    }
    if (!w->by_place) return false;
    const og__by_place *known = og__pickle_intern_place(w, v);
    *number = known->number;
    return known->place == v.u.p && known->len == og__value_len(v);
}

#endif
