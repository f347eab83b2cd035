/* SPDX-License-Identifier: MIT */
/* Keyed hashes of values, equal for keys that Python holds for equal: 1 == 1.0 == True, 2**70 == 2.0**70. */
#include "base/alloc.h"
#include "value/hash_bytes.h"
#include "value/key.h"
#include "value/number.h"

#include <math.h>

enum { KEY_WORK_MAX = 1 << 24, FRAMES = 32 };

static uint64_t hash_word(uint64_t seed, uint64_t word, uint64_t salt)
{
    return og__value_mix(og__value_mix(word ^ seed, salt ^ (seed >> 32 | seed << 32)) ^ seed, OG__K2);
}

static uint64_t hash_limbs(uint64_t seed, const uint64_t *limbs, size_t count, bool negative)
{
    return og__value_hash_bytes(seed ^ (negative ? OG__K3 : OG__K4), limbs, count * 8);
}

static uint64_t hash_double(uint64_t seed, double d)
{
    int64_t i;
    if (og__value_double_to_int64(d, &i)) return hash_word(seed, (uint64_t)i, OG__K1);
    if (isfinite(d) && d == floor(d)) {
        uint64_t limbs[OG__DOUBLE_LIMBS];
        size_t count = og__value_double_to_limbs(d, limbs);
        return hash_limbs(seed, limbs, count, d < 0);
    }
    uint64_t bits;
    memcpy(&bits, &d, 8);
    return hash_word(seed, bits, OG__K3);
}

static uint64_t hash_complex(uint64_t seed, const double *parts)
{
    uint64_t real = hash_double(seed, parts[0]);
    return parts[1] == 0 ? real : og__value_mix(real ^ OG__K4, hash_double(seed, parts[1]) ^ OG__K1);
}

static uint64_t hash_class(uint64_t seed, og_value v)
{
    const og_value *names = og__value_node_of(v)->items;
    uint64_t module = og__value_hash_bytes(seed, names[0].u.p, og__value_len(names[0]));
    return og__value_mix(module ^ OG__K3,
                         og__value_hash_bytes(seed, names[1].u.p, og__value_len(names[1])) ^ OG__K4);
}

uint64_t og__value_hash_flat(uint64_t seed, og_value key)
{
    switch (og_kind_of(key)) {
    case OG_BOOL: return hash_word(seed, (uint64_t)key.u.i, OG__K1);
    case OG_INT:
        if (og_is_big(key))
            return hash_limbs(seed, key.u.p, og__value_len(key), (key.meta & OG__F_NEGATIVE) != 0);
        return hash_word(seed, (uint64_t)key.u.i, OG__K1);
    case OG_FLOAT: return hash_double(seed, key.u.f);
    case OG_COMPLEX: return hash_complex(seed, key.u.p);
    case OG_STR: return og__value_hash_bytes(seed, key.u.p, og__value_len(key));
    case OG_BYTES: return og__value_hash_bytes(seed ^ OG__K1, key.u.p, og__value_len(key));
    case OG_CLASS: return hash_class(seed, key);
    default: return hash_word(seed, (uint64_t)og_kind_of(key), OG__K4);
    }
}

/* A hash, and whether it depends on where an object is. */
typedef struct digest {
    uint64_t hash;
    bool identity;
} digest;

/* A tuple or frozenset whose items are being hashed. */
typedef struct frame {
    const og__node *node;
    uint64_t sum;
    uint32_t at;
    uint8_t kind;
    bool identity;
    bool nested; /* holds tuples or frozensets itself: worth remembering */
} frame;

typedef struct frames {
    frame few[FRAMES];
    frame *list;
    size_t count;
    size_t cap;
    const og_allocator *alloc;
    bool check; /* only whether it can be hashed: what is in a frozenset can */
} frames;

static int frames_push(frames *f, og_value v)
{
    if (f->count == f->cap) {
        bool few = f->list == f->few;
        size_t size = f->cap * sizeof(frame);
        frame *wider = og__base_realloc(f->alloc, few ? NULL : f->list, few ? 0 : size, 2 * size);
        if (!wider) return OG_ENOMEM;
        if (few) memcpy(wider, f->few, sizeof f->few);
        f->list = wider;
        f->cap *= 2;
    }
    f->list[f->count++] = (frame){og__value_node_of(v), OG__K2, 0, (uint8_t)og_kind_of(v), false, false};
    return OG_OK;
}

static void fold(frame *f, digest d)
{
    f->identity |= d.identity;
    /* The order counts in a tuple only. */
    if (f->kind == OG_TUPLE)
        f->sum = og__value_mix(f->sum ^ d.hash, OG__K1 ^ f->at);
    else
        f->sum += og__value_mix(d.hash ^ OG__K3, OG__K4);
}

/* Closes a frame. The lowest bit of its hash says whether objects are in it, so that a memo is one number. */
static int finish(og__keys *keys, const frame *f, digest *d)
{
    uint64_t hash = hash_word(keys->seed, f->sum ^ f->node->count, f->kind == OG_TUPLE ? OG__K2 : OG__K3);
    *d = (digest){(hash & ~UINT64_C(1)) | f->identity, f->identity};
    bool remember = keys->memo && (f->nested || f->node->flags & OG__N_SHARED);
    bool fresh;
    if (remember && !og__value_map_put(keys->memo, f->node, d->hash, &fresh)) return OG_ENOMEM;
    return OG_OK;
}

/* Hashes `v` (1), or opens it (0), or fails. */
static int enter(og__keys *keys, frames *open, og_value v, digest *d)
{
    og_kind kind = og_kind_of(v);
    if (og__value_is_flat(v)) {
        *d = (digest){og__value_hash_flat(keys->seed, v), false};
        return 1;
    }
    if (kind == OG_OBJECT) {
        *d = (digest){hash_word(keys->seed, (uint64_t)(uintptr_t)v.u.p, OG__K4), true};
        return 1;
    }
    if (kind != OG_TUPLE && kind != OG_FROZENSET) return OG_ETYPE;
    if (kind == OG_FROZENSET && open->check) return 1;
    const uint64_t *known = keys->memo ? og__value_map_find(keys->memo, v.u.p) : NULL;
    if (!known) return frames_push(open, v);
    *d = (digest){*known, *known & 1};
    return 1;
}

static bool too_much_work(const og__keys *keys, uint64_t steps)
{
    if (keys->work_limit && keys->work > keys->work_limit) return true;
    return !keys->memo && steps > KEY_WORK_MAX;
}

static int walk(og__keys *keys, frames *open, digest *d, og_kind *kind)
{
    for (uint64_t steps = 0; open->count; steps++) {
        frame *top = &open->list[open->count - 1];
        if (top->at == top->node->count) {
            int status = finish(keys, top, d);
            if (status < 0) return status;
            if (--open->count) fold(&open->list[open->count - 1], *d);
            continue;
        }
        og_value item = ((const og_value *)top->node->items)[top->at++];
        top->nested |= !og__value_is_flat(item);
        keys->work++;
        if (too_much_work(keys, steps)) return OG_ELIMIT;
        int status = enter(keys, open, item, d);
        if (status == OG_ETYPE) *kind = og_kind_of(item);
        if (status < 0) return status;
        if (status) fold(&open->list[open->count - 1], *d);
    }
    return OG_OK;
}

static int hash_nested(og__keys *keys, og_value key, bool check, digest *d, og_kind *kind)
{
    frames open;
    open.list = open.few;
    open.count = 0;
    open.cap = FRAMES;
    open.alloc = keys->alloc;
    open.check = check;
    int status = enter(keys, &open, key, d);
    if (status == OG_ETYPE) *kind = og_kind_of(key);
    if (status == 0) status = walk(keys, &open, d, kind);
    if (open.list != open.few) og__base_free(open.alloc, open.list, open.cap * sizeof(frame));
    return status < 0 ? status : OG_OK;
}

int og__value_hash(og__keys *keys, og_value key, uint64_t *hash, og_kind *kind)
{
    keys->work++;
    digest d = {0, false};
    int status = OG_OK;
    if (og__value_is_flat(key))
        d.hash = og__value_hash_flat(keys->seed, key);
    else
        status = hash_nested(keys, key, false, &d, kind);
    *hash = d.hash;
    keys->identity = d.identity;
    return status;
}

int og__value_check_hashable(og__keys *keys, og_value key, og_kind *kind)
{
    digest d = {0, false};
    return og__value_is_flat(key) ? OG_OK : hash_nested(keys, key, true, &d, kind);
}
