/* SPDX-License-Identifier: MIT */
/* Keyed hashes of values, equal for keys that Python holds for equal: 1 == 1.0 == True, 2**70 == 2.0**70. */
#include "base/alloc.h"
#include "value/key.h"
#include "value/number.h"

#include <math.h>

/* Odd numbers without pattern, from the digits of the golden ratio and of pi. */
#define K1 UINT64_C(0x9e3779b97f4a7c15)
#define K2 UINT64_C(0x243f6a8885a308d3)
#define K3 UINT64_C(0x13198a2e03707345)
#define K4 UINT64_C(0xa4093822299f31d1)

enum { KEY_WORK_MAX = 1 << 24, FRAMES = 32 };

static uint64_t mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load64(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
}

/* Up to 8 bytes as a number. */
static uint64_t load_short(const uint8_t *p, size_t len)
{
    if (len == 0) return 0;
    if (len >= 4) {
        uint32_t head;
        uint32_t tail;
        memcpy(&head, p, 4);
        memcpy(&tail, p + len - 4, 4);
        return (uint64_t)head << 32 | tail;
    }
    return (uint64_t)p[0] << 16 | (uint64_t)p[len / 2] << 8 | p[len - 1];
}

static uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    uint64_t h = seed ^ mix(seed ^ K1, len ^ K2);
    size_t left = len;
    for (; left > 16; left -= 16, p += 16)
        h = mix(load64(p) ^ h, load64(p + 8) ^ K3 ^ seed);
    uint64_t a = left > 8 ? load64(p) : load_short(p, left);
    uint64_t b = left > 8 ? load64(p + left - 8) : 0;
    return mix(mix(a ^ h, b ^ K4 ^ seed) ^ h, K1);
}

static uint64_t hash_word(uint64_t seed, uint64_t word, uint64_t salt)
{
    return mix(mix(word ^ seed, salt ^ (seed >> 32 | seed << 32)) ^ seed, K2);
}

static uint64_t hash_limbs(uint64_t seed, const uint64_t *limbs, size_t count, bool negative)
{
    return hash_bytes(seed ^ (negative ? K3 : K4), limbs, count * 8);
}

static uint64_t hash_double(uint64_t seed, double d)
{
    int64_t i;
    if (og__double_to_int64(d, &i)) return hash_word(seed, (uint64_t)i, K1);
    if (isfinite(d) && d == floor(d)) {
        uint64_t limbs[OG__DOUBLE_LIMBS];
        size_t count = og__double_to_limbs(d, limbs);
        return hash_limbs(seed, limbs, count, d < 0);
    }
    uint64_t bits;
    memcpy(&bits, &d, 8);
    return hash_word(seed, bits, K3);
}

static uint64_t hash_complex(uint64_t seed, const double *parts)
{
    uint64_t real = hash_double(seed, parts[0]);
    return parts[1] == 0 ? real : mix(real ^ K4, hash_double(seed, parts[1]) ^ K1);
}

static uint64_t hash_class(uint64_t seed, og_value v)
{
    const og_value *names = og__node_of(v)->items;
    return mix(og__hash_flat(seed, names[0]) ^ K3, og__hash_flat(seed, names[1]) ^ K4);
}

uint64_t og__hash_flat(uint64_t seed, og_value key)
{
    switch (og_kind_of(key)) {
    case OG_BOOL: return hash_word(seed, (uint64_t)key.u.i, K1);
    case OG_INT:
        if (og_is_big(key))
            return hash_limbs(seed, key.u.p, og__value_len(key), (key.meta & OG__F_NEGATIVE) != 0);
        return hash_word(seed, (uint64_t)key.u.i, K1);
    case OG_FLOAT: return hash_double(seed, key.u.f);
    case OG_COMPLEX: return hash_complex(seed, key.u.p);
    case OG_STR: return hash_bytes(seed, key.u.p, og__value_len(key));
    case OG_BYTES: return hash_bytes(seed ^ K1, key.u.p, og__value_len(key));
    case OG_CLASS: return hash_class(seed, key);
    default: return hash_word(seed, (uint64_t)og_kind_of(key), K4);
    }
}

/* A tuple or frozenset whose items are being hashed. */
typedef struct frame {
    const og__node *node;
    uint64_t sum;
    uint32_t at;
    og_kind kind;
} frame;

typedef struct frames {
    frame few[FRAMES];
    frame *list;
    size_t count;
    size_t cap;
    const og_allocator *alloc;
} frames;

static int frames_push(frames *f, og_value v)
{
    if (f->count == f->cap) {
        bool few = f->list == f->few;
        frame *wider = og__realloc(f->alloc, few ? NULL : f->list, few ? 0 : f->cap * sizeof(frame),
                                   2 * f->cap * sizeof(frame));
        if (!wider) return OG_ENOMEM;
        if (few) memcpy(wider, f->few, sizeof f->few);
        f->list = wider;
        f->cap *= 2;
    }
    f->list[f->count++] = (frame){og__node_of(v), K2, 0, og_kind_of(v)};
    return OG_OK;
}

static void fold(frame *f, uint64_t hash)
{
    /* The order counts in a tuple only. */
    if (f->kind == OG_TUPLE)
        f->sum = mix(f->sum ^ hash, K1 ^ f->at);
    else
        f->sum += mix(hash ^ K3, K4);
}

static uint64_t finish(uint64_t seed, const frame *f)
{
    return hash_word(seed, f->sum ^ f->node->count, f->kind == OG_TUPLE ? K2 : K3);
}

/* Hashes `v` into `hash` (1), or opens it (0), or fails. */
static int enter(og__keys *keys, frames *open, og_value v, uint64_t *hash)
{
    if (og__is_flat(v)) {
        *hash = og__hash_flat(keys->seed, v);
        return 1;
    }
    switch (og_kind_of(v)) {
    case OG_OBJECT:
        keys->identity = true;
        *hash = hash_word(keys->seed, (uint64_t)(uintptr_t)v.u.p, K4);
        return 1;
    case OG_TUPLE:
    case OG_FROZENSET: return frames_push(open, v);
    default: return OG_ETYPE;
    }
}

static int walk(og__keys *keys, frames *open, uint64_t *hash, og_kind *kind)
{
    uint64_t steps = 0;
    while (open->count) {
        frame *top = &open->list[open->count - 1];
        if (top->at == top->node->count) {
            *hash = finish(keys->seed, top);
            open->count--;
            if (open->count) fold(&open->list[open->count - 1], *hash);
            continue;
        }
        og_value item = ((const og_value *)top->node->items)[top->at++];
        keys->work++;
        if (++steps > KEY_WORK_MAX || (keys->work_limit && keys->work > keys->work_limit)) return OG_ELIMIT;
        uint64_t h;
        int status = enter(keys, open, item, &h);
        if (status == OG_ETYPE) *kind = og_kind_of(item);
        if (status < 0) return status;
        if (status) fold(&open->list[open->count - 1], h);
    }
    return OG_OK;
}

int og__hash(og__keys *keys, og_value key, uint64_t *hash, og_kind *kind)
{
    keys->work++;
    keys->identity = false;
    if (og__is_flat(key)) {
        *hash = og__hash_flat(keys->seed, key);
        return OG_OK;
    }
    frames open;
    open.list = open.few;
    open.count = 0;
    open.cap = FRAMES;
    open.alloc = keys->alloc;
    int status = enter(keys, &open, key, hash);
    if (status == OG_ETYPE) *kind = og_kind_of(key);
    if (status == 0) status = walk(keys, &open, hash, kind);
    if (open.list != open.few) og__free(open.alloc, open.list, open.cap * sizeof(frame));
    return status < 0 ? status : OG_OK;
}
