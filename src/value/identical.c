/* SPDX-License-Identifier: MIT */
/* Exact comparison: kinds, bits, order and sharing must be the same. */
#include "base/alloc.h"
#include "value/key.h"

typedef struct pair {
    og_value a;
    og_value b;
    size_t at;
} pair;

typedef struct comparer {
    const void *top_a; /* the first nodes count as shared */
    const void *top_b;
    og__map to_b; /* node of a -> node of b, and back: what is shared here must be shared there */
    og__map to_a;
    pair *list;
    size_t count;
    size_t cap;
} comparer;

static int push(comparer *c, og_value a, og_value b)
{
    if (c->count == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 32;
        pair *wider = og__base_realloc(NULL, c->list, c->cap * sizeof *wider, cap * sizeof *wider);
        if (!wider) return OG_ENOMEM;
        c->list = wider;
        c->cap = cap;
    }
    c->list[c->count++] = (pair){a, b, 0};
    return 1;
}

/* -0.0 is not 0.0 here, and a NaN is itself. */
static bool same_bits(const void *a, const void *b, size_t doubles)
{
    return memcmp(a, b, doubles * sizeof(double)) == 0;
}

static bool same_flat(og_value a, og_value b)
{
    size_t len = og__value_len(a);
    switch (og_kind_of(a)) {
    case OG_COMPLEX: return same_bits(a.u.p, b.u.p, 2);
    case OG_INT:
        if (og_is_big(a) != og_is_big(b)) return false;
        return og_is_big(a) ? og__value_equal_flat(a, b) : a.u.i == b.u.i;
    case OG_BOOL: return a.u.i == b.u.i;
    case OG_FLOAT: return same_bits(&a.u.f, &b.u.f, 1);
    case OG_STR:
    case OG_BYTES: return len == og__value_len(b) && (len == 0 || memcmp(a.u.p, b.u.p, len) == 0);
    default: return true;
    }
}

/* 1: these two were matched before; 0: they are now; -1: one of them was matched with another. */
static int match(comparer *c, const void *a, const void *b, bool *fresh)
{
    bool fresh_a;
    bool fresh_b;
    const uint64_t *to_b = og__value_map_put(&c->to_b, a, (uint64_t)(uintptr_t)b, &fresh_a);
    if (!to_b) return OG_ENOMEM;
    const uint64_t *to_a = og__value_map_put(&c->to_a, b, (uint64_t)(uintptr_t)a, &fresh_b);
    if (!to_a) return OG_ENOMEM;
    *fresh = fresh_a;
    return *to_b == (uint64_t)(uintptr_t)b && *to_a == (uint64_t)(uintptr_t)a;
}

static size_t part_count(og_value v)
{
    switch (og_kind_of(v)) {
    case OG_BYTEARRAY: return 0;
    case OG_DICT: return 2 * (size_t)og__value_node_of(v)->count;
    case OG_OBJECT: return OG__OBJECT_PARTS;
    default: return og__value_node_of(v)->count;
    }
}

static og_value part(og_value v, size_t i)
{
    const og__node *node = og__value_node_of(v);
    return og_kind_of(v) == OG_OBJECT ? og__value_object_part(node->items, i)
                                      : ((const og_value *)node->items)[i];
}

/* The numbers in a node that belong to its value; readers may use the others. */
static bool same_numbers(og_kind kind, const og__node *x, const og__node *y)
{
    if (kind != OG_OBJECT && x->count != y->count) return false;
    return (kind != OG_OBJECT && kind != OG_BYTEARRAY) || x->high == y->high;
}

/* 1: the same so far (containers are opened), 0: not, or an error. */
static int enter(comparer *c, og_value a, og_value b)
{
    if (og_kind_of(a) != og_kind_of(b)) return 0;
    if (!og__value_has_node(a)) return same_flat(a, b);
    const og__node *x = og__value_node_of(a);
    const og__node *y = og__value_node_of(b);
    if (!same_numbers(og_kind_of(a), x, y)) return 0;
    /* Class references are names: nobody can tell one from another of the same name. */
    if (og_kind_of(a) == OG_CLASS) return og__value_equal_flat(a, b);
    if (og_kind_of(a) == OG_TUPLE && x->count == 0) return 1; /* Python has one empty tuple */
    bool shared = og__value_is_shared(a) || og__value_is_shared(b) || a.u.p == c->top_a || b.u.p == c->top_b;
    if (shared) {
        bool fresh;
        int status = match(c, x, y, &fresh);
        if (status != 1 || !fresh) return status;
    }
    if (og_kind_of(a) == OG_BYTEARRAY) return og__value_equal_flat(a, b);
    return part_count(a) ? push(c, a, b) : 1;
}

int og_identical(og_value a, og_value b)
{
    comparer c = {0};
    if (og__value_has_node(a)) c.top_a = a.u.p;
    if (og__value_has_node(b)) c.top_b = b.u.p;
    int status = enter(&c, a, b);
    while (status == 1 && c.count) {
        pair *p = &c.list[c.count - 1];
        if (p->at == part_count(p->a)) {
            c.count--;
            continue;
        }
        size_t i = p->at++;
        status = enter(&c, part(p->a, i), part(p->b, i));
    }
    og__value_map_free(&c.to_a);
    og__value_map_free(&c.to_b);
    og__base_free(NULL, c.list, c.cap * sizeof *c.list);
    return status;
}
