/* SPDX-License-Identifier: MIT */
/* The pickle writer's memo of strings, bytes and class references, which are found by their content. */
#ifndef ONGGI_CODEC_PICKLE_WRITE_INTERN_H
#define ONGGI_CODEC_PICKLE_WRITE_INTERN_H

#include "base/u128.h"
#include "codec/pickle/write/writer.h"

#if defined __SSE2__
#    include <emmintrin.h>
#endif

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

/* ---- The same ---- */

static inline bool og__pickle_intern_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    if (len > 16) return memcmp(a, b, len) == 0;
    if (len >= 8)
        return og__pickle_intern_load(a, 8) == og__pickle_intern_load(b, 8) &&
               og__pickle_intern_load(a + len - 8, 8) == og__pickle_intern_load(b + len - 8, 8);
    if (len >= 4)
        return og__pickle_intern_load(a, 4) == og__pickle_intern_load(b, 4) &&
               og__pickle_intern_load(a + len - 4, 4) == og__pickle_intern_load(b + len - 4, 4);
    return len == 0 || (a[0] == b[0] && a[len / 2] == b[len / 2] && a[len - 1] == b[len - 1]);
}

/* Of two str or bytes. */
static inline bool og__pickle_intern_same(const og__writer *w, og_value a, og_value b)
{
    size_t len = og__value_len(a);
    if (len != og__value_len(b) || og_kind_of(a) != og_kind_of(b)) return false;
    return a.u.p == b.u.p || (og__pickle_intern_whole(w, len) && og__pickle_intern_equal(a.u.p, b.u.p, len));
}

/* ---- The few ---- */

/* The mark of a str or bytes; not 0. */
static inline uint8_t og__pickle_intern_mark(og_value v)
{
    size_t len = og__value_len(v);
    const uint8_t *bytes = v.u.p;
    uint32_t part = (uint32_t)len << 24;
    if (len >= 4) {
        uint32_t tail = (uint32_t)og__pickle_intern_load(bytes + len - 4, 4);
        part ^= (uint32_t)og__pickle_intern_load(bytes, 4) ^ (tail << 7 | tail >> 25);
    } else if (len > 0) {
        part ^= (uint32_t)bytes[0] | (uint32_t)bytes[len / 2] << 8 | (uint32_t)bytes[len - 1] << 16;
    }
    uint8_t mark = (uint8_t)(part * 0x9e3779b1u >> 24);
    return mark ? mark : 1;
}

/* Gives one of the few, which has none, its mark. In one piece of eight bytes, as they are looked at: a load
 * of more bytes than were just stored waits for the cache. */
static inline void og__pickle_intern_set_mark(og__few_interned *few, uint32_t which, uint8_t mark)
{
    few->marks[which / 8] |= (uint64_t)mark << which % 8 * 8;
}

/* A bit for each of the few that has this mark, or will have one. */
static inline uint32_t og__pickle_intern_marked(const og__few_interned *few, uint8_t mark)
{
    uint32_t found = 0;
#if defined __SSE2__
    const __m128i wanted = _mm_set1_epi8((char)mark);
    for (int i = 0; i < OG__FEW_INTERNED; i += 16) {
        __m128i low = _mm_loadl_epi64((const __m128i *)(const void *)(few->marks + i / 8));
        __m128i high = _mm_loadl_epi64((const __m128i *)(const void *)(few->marks + i / 8 + 1));
        __m128i same = _mm_cmpeq_epi8(_mm_unpacklo_epi64(low, high), wanted);
        found |= (uint32_t)_mm_movemask_epi8(same) << i;
    }
#else
    for (int i = 0; i < OG__FEW_INTERNED; i++)
        found |= (uint32_t)((uint8_t)(few->marks[i / 8] >> i % 8 * 8) == mark) << i;
#endif
    return found;
}

/* Which of those with a bit in `marked` is this str or bytes; 0: none. */
uint32_t og__pickle_intern_among(const og__writer *w, og_value v, uint32_t marked);

/* ---- All ---- */

/* Which one in the table is this str or bytes; 0: none. In `hash` what og__pickle_intern_put() takes. */
uint32_t og__pickle_intern_in_table(const og__writer *w, og_value v, uint32_t *hash);

/* One more, in the table or the first in one. < 0: no memory. */
int og__pickle_intern_put_many(og__writer *w, og_value v, uint32_t hint, uint32_t number);

/* Keys mostly come in the order in which they came before: the one after the last one, if it is this str. */
static inline __attribute__((always_inline)) const og__interned *og__pickle_intern_next(og__writer *w,
                                                                                        og_value v)
{
    og__interned *next = w->interned + w->interned_last->next;
    size_t len = og__value_len(v);
    if (next->value.meta != v.meta) return NULL;
    if (next->value.u.p != v.u.p &&
        !(og__pickle_intern_whole(w, len) && og__pickle_intern_equal(next->value.u.p, v.u.p, len)))
        return NULL;
    return w->interned_last = next;
}

/* The str; or NULL, and in `hint` what og__pickle_intern_put() takes. */
static inline __attribute__((always_inline)) const og__interned *
og__pickle_intern_str(og__writer *w, og_value v, uint32_t *hint)
{
    uint32_t which;
    if (w->slots) {
        which = og__pickle_intern_in_table(w, v, hint);
    } else {
        *hint = og__pickle_intern_mark(v);
        which = og__pickle_intern_marked(&w->small->few, (uint8_t)*hint);
        if (which) which = og__pickle_intern_among(w, v, which);
    }
    if (which == 0) return NULL;
    w->interned_last->next = which;
    return w->interned_last = w->interned + which;
}

/* A new one comes after the last one, unless others did before: they may again. */
static inline void og__pickle_intern_link(og__writer *w, uint32_t which)
{
    if (w->interned_last->next != 0) return;
    w->interned_last->next = which;
    w->interned_last = w->interned + which;
}

/* One more; `hint`: its mark while they are few, else its hash. < 0: no memory. */
static inline __attribute__((always_inline)) int og__pickle_intern_put(og__writer *w, og_value v,
                                                                       uint32_t hint, uint32_t number)
{
    uint32_t which = w->interned_count;
    if (which >= OG__FEW_INTERNED) return og__pickle_intern_put_many(w, v, hint, number);
    og__interned *all = w->small->few.all;
    all[which].value = v;
    all[which].number = number;
    all[which].next = 0;
    og__pickle_intern_set_mark(&w->small->few, which, (uint8_t)hint);
    w->interned_count = which + 1;
    og__pickle_intern_link(w, which);
    return OG_OK;
}

#endif
