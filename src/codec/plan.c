/* SPDX-License-Identifier: MIT */
/* Plans: whether one suits a value, and how it is learned from what was written. */
#include "codec/plan.h"

#include "base/alloc.h"

#include <stddef.h>

enum {
    MOST_TRIES = 2,  /* for one shape */
    MOST_FAILED = 8, /* in turn: then it is not looked at any more */
    MOST_LEN = 16384 /* of a text */
};

/* ---- Finding ---- */

/* Of a node: its length, capacity and flags. */
enum { AFTER_ITEMS = sizeof(og__node) - offsetof(og__node, count) };

static const og_value *cells_of(const og__shape *shape, og_value root)
{
    return (const og_value *)root.u.p - shape->nodes[0].node;
}

/* Whether the containers are in their places and as long as they were. Then so are the keys: where one was
 * taken out there is no room for another (OG__N_EXACT), and making room moves the items and takes the flag
 * away. */
static bool nodes_are_as_read(const og__shape *shape, const og_value *cells)
{
    for (size_t i = 0; i < shape->node_count; i++) {
        const og__shape_node *n = &shape->nodes[i];
        const og__node *node = (const og__node *)(const void *)(cells + n->node);
        const og__node *was = (const og__node *)(const void *)(shape->cells + n->node);
        const void *items = n->items ? cells + n->items : NULL;
        bool placed =
            i == 0 || (cells[n->value].u.p == node && cells[n->value].meta == shape->cells[n->value].meta);
        bool same = memcmp(&node->count, &was->count, AFTER_ITEMS) == 0; /* one comparison of eight bytes */
        if (!placed || node->items != items || !same) return false;
    }
    return true;
}

static bool are_alike(const og__plan *plan, const og_value *cells)
{
    for (size_t i = 0; i < plan->alike_count; i++) {
        if (!og__codec_plan_same(cells[plan->alike[i].from], cells[plan->alike[i].to])) return false;
    }
    return true;
}

/* The plan of a shape for a writer; NULL: there is none that is still of use. */
static og__plan *plan_of(const og__shape *shape, og__shape_scan *scan, uint32_t how)
{
    og__lesson *own = atomic_load_explicit(&shape->lesson.own, memory_order_acquire);
    for (; own; own = own->next) {
        og__plan *plan = (og__plan *)(void *)own;
        bool used = atomic_load_explicit(&plan->failed, memory_order_relaxed) < MOST_FAILED;
        if (used && plan->scan == scan && plan->how == how) return plan;
    }
    return NULL;
}

og__plan *og__codec_plan_find(og_value value, og__shape_scan *scan, uint32_t how, const og_value **cells)
{
    const og__shape *shape = (const og__shape *)(const void *)og__value_home(value)->read_by;
    og__plan *plan = plan_of(shape, scan, how);
    if (!plan) return NULL;
    *cells = cells_of(shape, value);
    if (!nodes_are_as_read(shape, *cells)) return NULL;
    if (are_alike(plan, *cells)) return plan;
    og__codec_plan_count(plan, false);
    return NULL;
}

/* ---- Learning ---- */

static bool is_plain(og_value v)
{
    og_kind kind = og_kind_of(v);
    bool small_int = kind == OG_INT && !(v.meta & OG__F_BIG);
    return kind == OG_NONE || kind == OG_BOOL || small_int || kind == OG_FLOAT || kind == OG_STR;
}

static bool all_are_plain(const og__learner *l)
{
    for (size_t i = 0; i < l->scalar_count; i++) {
        const og__shape_scalar *s = &l->scalars[i];
        if (!is_plain(s->value) || (l->scalars[s->of].is_key != s->is_key)) return false;
    }
    return true;
}

/* Where the tables of a plan are. */
typedef struct tables {
    og__plan *plan;
    og__plan_step *steps;
    og__shape_copy *alike;
    uint16_t *keys;
    uint8_t *text;
} tables;

static bool make(const og__learner *l, tables *t)
{
    size_t count = l->scalar_count;
    size_t each = sizeof(og__plan_step) + sizeof(og__shape_copy) + sizeof(uint16_t);
    size_t size = sizeof(og__plan) + count * each + l->head + l->len + OG_PADDING;
    og__plan *plan = og__base_alloc(&l->doc->alloc, size);
    if (!plan) return false;
    memset(plan, 0, size);
    *t = (tables){.plan = plan, .steps = (og__plan_step *)(void *)(plan + 1)};
    t->alike = (og__shape_copy *)(void *)(t->steps + count);
    t->keys = (uint16_t *)(void *)(t->alike + count);
    t->text = (uint8_t *)(t->keys + count);
    plan->lesson.size = size;
    plan->steps = t->steps;
    plan->alike = t->alike;
    plan->keys = t->keys;
    plan->text = t->text;
    return true;
}

static void add_key(const tables *t, const og__shape_scalar *s)
{
    og__plan *plan = t->plan;
    t->keys[plan->key_count++] = s->cell;
    if (og_kind_of(s->value) != OG_STR) return;
    unsigned bit = og__codec_plan_bit(s->value.u.p, og__value_len(s->value));
    plan->seen[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* The text has its head, which the places of the learner do not count. */
static void fill_in(const og__learner *l, const tables *t)
{
    og__plan *plan = t->plan;
    size_t from = 0;
    for (size_t i = 0; i < l->scalar_count; i++) {
        const og__shape_scalar *s = &l->scalars[i];
        if (s->is_key) {
            add_key(t, s);
        } else if (&l->scalars[s->of] != s) {
            t->alike[plan->alike_count++] = (og__shape_copy){l->scalars[s->of].cell, s->cell};
        } else {
            t->steps[plan->step_count++] = (og__plan_step){.from = (uint16_t)(l->head + from),
                                                           .same = (uint16_t)(s->at - from),
                                                           .cell = s->cell,
                                                           .is_str = og_kind_of(s->value) == OG_STR,
                                                           .is_kept = s->is_kept};
            from = s->end;
        }
    }
    memcpy(t->text, l->message - l->head, l->head + l->len);
    plan->len = (uint16_t)(l->head + l->len);
    plan->head = (uint16_t)l->head;
    plan->tail = (uint16_t)(l->len - from);
}

/* Puts it before the others that there are. */
static void publish(og__shape *shape, og__plan *plan)
{
    og__lesson *next = atomic_load(&shape->lesson.own);
    do
        plan->lesson.next = next;
    while (!atomic_compare_exchange_weak(&shape->lesson.own, &next, &plan->lesson));
}

static void keep(og__learner *l, og__shape *shape, uint32_t how)
{
    tables t;
    if (!og__codec_shape_measure(l) || !all_are_plain(l) || l->memoized > OG__PLAN_NUMBERS || !make(l, &t))
        return;
    fill_in(l, &t);
    t.plan->shape = shape;
    t.plan->scan = l->scan;
    t.plan->how = how;
    publish(shape, t.plan);
}

void og__codec_plan_learn(og_value value, og__shape_scan *scan, uint32_t how, const uint8_t *bytes,
                          size_t head, size_t len)
{
    og_doc *home = og__value_home(value);
    og__shape *shape = (og__shape *)(void *)home->read_by;
    if (len > MOST_LEN || home->root.u.p != value.u.p ||
        atomic_load_explicit(&shape->plans, memory_order_relaxed) >= MOST_TRIES)
        return;
    const og_value *cells = cells_of(shape, value);
    if (plan_of(shape, scan, how) || !nodes_are_as_read(shape, cells)) return;
    if (atomic_fetch_add(&shape->plans, 1) >= MOST_TRIES) return;
    og__learner l = {.doc = home,
                     .written = true,
                     .scan = scan,
                     .message = bytes + head,
                     .len = len - head,
                     .head = head,
                     .most = len + 1};
    if (!og__codec_shape_begin(&l)) return;
    keep(&l, shape, how);
    og__codec_shape_end(&l);
}
