/* SPDX-License-Identifier: MIT */
/* Writes pickles by a plan. The bytes are those that the writer would write. */
#include "codec/plan.h"
#include "codec/pickle/write/put.h"
#include "codec/pickle/write/writer.h"

enum {
    FRAME_LEN = 11, /* PROTO and its argument, FRAME and its length */
    LENGTH_AT = 3,
    BLOCK = 16,     /* bytes that may be put after the end of what is copied */
    LOOKS_EACH = 64 /* at other texts, for each scalar and key: the work stays in proportion */
};

/* What a pickle is written with, apart from the output. */
typedef struct planned {
    const og__plan *plan;
    const og_value *cells;
    uint64_t seen[OG__PLAN_SEEN]; /* a bit for each text that has a number of the memo */
    size_t kept_from;             /* bytes from which on a text gets one */
    size_t looks;                 /* at other texts that are left */
    size_t texts;                 /* bytes of texts that there is room for */
    bool crowded;                 /* there was less than it takes */
    bool framed;                  /* protocol 4 or 5 */
    int protocol;
} planned;

/* Whether a text is among the keys, or among those of the steps before: the writer would refer to that. Where
 * that takes too many looks, as with texts that were made to have one bit, the writer finds it out. */
static __attribute__((noinline)) bool may_be_written(planned *p, const og__plan_step *step)
{
    og_value v = p->cells[step->cell];
    size_t looks = p->plan->key_count + (size_t)(step - p->plan->steps);
    if (looks > p->looks) return true;
    p->looks -= looks;
    for (size_t i = 0; i < p->plan->key_count; i++) {
        if (og__codec_plan_same(p->cells[p->plan->keys[i]], v)) return true;
    }
    for (const og__plan_step *before = p->plan->steps; before < step; before++) {
        if (before->is_kept && og__codec_plan_same(p->cells[before->cell], v)) return true;
    }
    return false;
}

static OG__HOT uint8_t *put_str(planned *p, uint8_t *at, const og__plan_step *step, og_value v)
{
    size_t len = og__value_len(v);
    if (len > OG__STR_MOST || (len >= p->kept_from) != step->is_kept) return NULL;
    if (len > p->texts) {
        p->crowded = true;
        return NULL;
    }
    p->texts -= len;
    if (step->is_kept) {
        unsigned bit = og__codec_plan_bit(v.u.p, len);
        uint64_t mask = UINT64_C(1) << bit % 64;
        if (__builtin_expect((p->seen[bit / 64] & mask) != 0, 0) && may_be_written(p, step)) return NULL;
        p->seen[bit / 64] |= mask;
    }
    return og__pickle_put_text(at, v.u.p, len, p->framed);
}

static OG__HOT uint8_t *put_scalar(planned *p, uint8_t *at, const og__plan_step *step, og_value v)
{
    if (og_kind_of(v) == OG_STR) return step->is_str ? put_str(p, at, step, v) : NULL;
    if (step->is_str) return NULL;
    switch (og_kind_of(v)) {
    case OG_NONE: *at = OG__OP_NONE; return at + 1;
    case OG_BOOL: return og__pickle_put_bool(p->protocol, at, v.meta & OG__F_TRUE);
    case OG_INT: return og__pickle_put_any_int(p->protocol, at, v);
    case OG_FLOAT: return og__pickle_put_float(at, (uint64_t)v.u.i);
    default: return NULL;
    }
}

/* A block at least, as most are no longer. */
static OG__HOT uint8_t *put_bytes(uint8_t *at, const uint8_t *from, size_t len)
{
    memcpy(at, from, BLOCK);
    for (size_t i = BLOCK; i < len; i += BLOCK)
        memcpy(at + i, from + i, BLOCK);
    return at + len;
}

/* Puts it all from `at` on, where there is room for all but the texts; NULL where the plan does not suit. */
static OG__HOT uint8_t *put_all(planned *p, uint8_t *at)
{
    const og__plan *plan = p->plan;
    const og__plan_step *last = plan->steps + plan->step_count;
    at = put_bytes(at, plan->text, plan->head);
    for (const og__plan_step *step = plan->steps; step < last; step++) {
        at = put_bytes(at, plan->text + step->from, step->same);
        at = put_scalar(p, at, step, p->cells[step->cell]);
        if (!at) return NULL;
    }
    return put_bytes(at, plan->text + plan->len - plan->tail, plan->tail);
}

/* Bytes of all texts that a plan may suit. */
static size_t count_texts(const og__plan *plan, const og_value *cells)
{
    size_t len = 0;
    for (size_t i = 0; i < plan->step_count; i++) {
        og_value v = cells[plan->steps[i].cell];
        if (og_kind_of(v) == OG_STR && og__value_len(v) <= OG__STR_MOST) len += og__value_len(v);
    }
    return len;
}

/* What is longer than any value may become is not asked for. */
static bool fits(const og_buf *out, size_t len, const og_pickle_write_options *o)
{
    return len <= OG_GROWTH_FREE && len <= OG__FRAME_TARGET && (!o->max_bytes || len <= o->max_bytes) &&
           (!out->limit || (out->len <= out->limit && len <= out->limit - out->len));
}

/* Where it ends that was put at the end of `out`, after what all but the texts takes is reserved; NULL where
 * the plan does not suit. */
static OG__HOT const uint8_t *put_at_end(planned *p, og_buf *out, size_t room)
{
    p->looks = (p->plan->step_count + (size_t)p->plan->key_count) * LOOKS_EACH;
    memcpy(p->seen, p->plan->seen, sizeof p->seen);
    p->texts = out->cap - out->len - room;
    p->crowded = false;
    return put_all(p, out->data + out->len);
}

/* Likewise, after more was reserved for longer texts. */
static __attribute__((noinline)) const uint8_t *put_with_room(planned *p, og_buf *out, size_t room)
{
    if (og_buf_reserve(out, room + count_texts(p->plan, p->cells)) < 0) return NULL;
    return put_at_end(p, out, room);
}

bool og__pickle_write_planned(const og__plan *plan, const og_value *cells, og_buf *out, int protocol,
                              const og_pickle_write_options *o)
{
    size_t max_depth = o->max_depth ? o->max_depth : OG_MAX_DEPTH_DEFAULT;
    size_t room = plan->len + plan->step_count * (size_t)(OG__LINE_MOST + BLOCK) + BLOCK;
    if (plan->shape->depth > max_depth || og_buf_reserve(out, room) < 0) return false;
    planned p;
    p.plan = plan;
    p.cells = cells;
    p.framed = protocol >= 4;
    p.protocol = protocol;
    /* Its opcode and length count; a number that is put takes as many bytes as one that is fetched. */
    p.kept_from = ((size_t)2 << o->self_contained) + 1 - og__pickle_text_head(p.framed);
    if (!p.framed) p.kept_from = 0;
    const uint8_t *end = put_at_end(&p, out, room);
    if (!end && p.crowded) end = put_with_room(&p, out, room);
    uint8_t *start = out->data + out->len;
    if (!end || !fits(out, (size_t)(end - start), o)) return false;
    if (plan->head == FRAME_LEN) og__pickle_store64(start + LENGTH_AT, (uint64_t)(end - start - FRAME_LEN));
    out->len += (size_t)(end - start);
    return true;
}
