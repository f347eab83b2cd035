/* SPDX-License-Identifier: MIT */
/*
 * How what was read by a shape is written: the bytes that are the same each time, and between them the
 * scalars. A plan is learned from what a writer has written, and gives the very bytes that it would write
 * again; what does not suit it is left to the writer.
 *
 * Threads: several may write one document that nobody changes. A plan does not change once it is to be found.
 */
#ifndef ONGGI_CODEC_PLAN_H
#define ONGGI_CODEC_PLAN_H

#include "codec/shape.h"

typedef struct og__plan_step {
    uint16_t from; /* the bytes are here in the text, */
    uint16_t same; /* so many, */
    uint16_t cell; /* and then comes this scalar: */
    uint8_t is_str;
    uint8_t is_kept; /* of pickles: a str that gets a number of the memo */
} og__plan_step;

enum {
    OG__PLAN_SEEN = 16,    /* words of og__plan.seen */
    OG__PLAN_NUMBERS = 256 /* of the memo, at most */
};

/* All in one piece of memory, the tables after this. */
typedef struct og__plan {
    og__lesson lesson;
    const og__shape *shape;
    og__shape_scan *scan; /* of the codec that writes */
    uint32_t how;         /* what decides over the bytes: the codec's own */
    const uint8_t *text;  /* OG_PADDING bytes after it may be read */
    const og__plan_step *steps;
    const og__shape_copy *alike; /* cells that have the same content */
    const uint16_t *keys;        /* their cells */
    uint16_t len;
    uint16_t step_count;
    uint16_t alike_count;
    uint16_t key_count;
    uint16_t head;                /* bytes of the text before what the steps say */
    uint16_t tail;                /* bytes after the last scalar */
    uint64_t seen[OG__PLAN_SEEN]; /* of pickles: a bit for each key, as og__codec_plan_bit() has it */
    _Atomic(uint8_t) failed;      /* times in turn that it did not suit */
} og__plan;

/* The plan for `value`, if that is the root of a document as it was read; its cells in `cells`. */
og__plan *og__codec_plan_find(og_value value, og__shape_scan *scan, uint32_t how, const og_value **cells);

/* Counts that it suited, or that it did not. */
static inline void og__codec_plan_count(og__plan *plan, bool good)
{
    unsigned failed = atomic_load_explicit(&plan->failed, memory_order_relaxed);
    if (good && failed == 0) return;
    if (!good && failed == UINT8_MAX) return;
    atomic_store_explicit(&plan->failed, (uint8_t)(good ? 0 : failed + 1), memory_order_relaxed);
}

/* Learns from the `len` bytes that `value` was written as, if it was read by a shape that has no such plan.
 */
void og__codec_plan_learn(og_value value, og__shape_scan *scan, uint32_t how, const uint8_t *bytes,
                          size_t head, size_t len);

/* Whether there is anything to be learned or to be found for `value`. */
static inline bool og__codec_plan_may_be(og_value value)
{
    const og_doc *home = og__value_home(value);
    return home && home->read_by && home->read_root == value.u.p;
}

/* True when both are the same str. Most are short: two loads that overlap. */
static inline bool og__codec_plan_same(og_value a, og_value b)
{
    size_t len = og__value_len(a);
    const uint8_t *x = a.u.p;
    const uint8_t *y = b.u.p;
    if (og_kind_of(a) != OG_STR || og_kind_of(b) != OG_STR || len != og__value_len(b)) return false;
    if (len < 8 || len > 16) return len == 0 || memcmp(x, y, len) == 0;
    return og__base_load8(x) == og__base_load8(y) &&
           og__base_load8(x + len - 8) == og__base_load8(y + len - 8);
}

/* The bit for a text among those of OG__PLAN_SEEN words: texts of different bits differ. */
static inline unsigned og__codec_plan_bit(const uint8_t *text, size_t len)
{
    uint64_t ends = 0;
    if (len >= 8)
        ends = og__base_load8(text) ^ og__base_load8(text + len - 8) << 1;
    else
        memcpy(&ends, text, len);
    return (unsigned)((ends + len) * UINT64_C(0x9e3779b97f4a7c15) >> 54);
}

#endif
