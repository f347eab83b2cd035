/* SPDX-License-Identifier: MIT */
/* Python's ==: between keys, and in depth with sharing and cycles. */
#include "base/alloc.h"
#include "value/key.h"
#include "value/number.h"

enum { PAIRS = 32 };

static bool is_bytes(og_kind kind)
{
    return kind == OG_BYTES || kind == OG_BYTEARRAY;
}

static bool is_set(og_kind kind)
{
    return kind == OG_SET || kind == OG_FROZENSET;
}

static bool same_data(og_value a, og_value b)
{
    size_t len_a;
    size_t len_b;
    const char *data_a = og_data(a, &len_a);
    const char *data_b = og_data(b, &len_b);
    return len_a == len_b && memcmp(data_a, data_b, len_a) == 0;
}

bool og__equal_flat(og_value a, og_value b)
{
    og_kind kind_a = og_kind_of(a);
    og_kind kind_b = og_kind_of(b);
    if (kind_a == OG_STR) return kind_b == OG_STR && same_data(a, b);
    if (og__is_number(a)) return og__is_number(b) && og__number_equal(a, b);
    if (is_bytes(kind_a)) return is_bytes(kind_b) && same_data(a, b);
    if (kind_a != kind_b) return false;
    if (kind_a != OG_CLASS) return kind_a <= OG_NONE;
    const og_value *x = og__node_of(a)->items;
    const og_value *y = og__node_of(b)->items;
    return x == y || (same_data(x[0], y[0]) && same_data(x[1], y[1]));
}

/* Two containers whose parts are being compared. */
typedef struct pair {
    og_value a;
    og_value b;
    size_t at;    /* the next part of a */
    size_t other; /* for dicts and sets: where to look on in b for keys that equal only themselves */
} pair;

typedef struct comparer {
    pair few[PAIRS];
    pair *list;
    size_t count;
    size_t cap;
    og__keys *keys; /* compares keys: objects equal only themselves; NULL: values */
    const og_allocator *alloc;
    const void *top_a; /* the first nodes count as shared */
    const void *top_b;
    og__map classes; /* node -> node that was assumed equal: a union-find forest */
    og__keys look;   /* hashes keys of inner dicts and sets */
} comparer;

static int push(comparer *c, og_value a, og_value b)
{
    if (c->count == c->cap) {
        bool few = c->list == c->few;
        pair *wider = og__realloc(c->alloc, few ? NULL : c->list, few ? 0 : c->cap * sizeof(pair),
                                  2 * c->cap * sizeof(pair));
        if (!wider) return OG_ENOMEM;
        if (few) memcpy(wider, c->few, sizeof c->few);
        c->list = wider;
        c->cap *= 2;
    }
    c->list[c->count++] = (pair){a, b, 0, 0};
    return 1;
}

/* The node that stands for all that were assumed equal to `node`; paths are halved on the way. */
static const void *find_class(og__map *classes, const void *node)
{
    uint64_t *up = og__map_find(classes, node);
    while (up) {
        const void *parent = (const void *)(uintptr_t)*up;
        uint64_t *next = og__map_find(classes, parent);
        if (next) *up = *next;
        node = parent;
        up = next;
    }
    return node;
}

/* 1: a and b were assumed equal before; 0: they are now. */
static int assume_equal(comparer *c, const void *a, const void *b)
{
    a = find_class(&c->classes, a);
    b = find_class(&c->classes, b);
    if (a == b) return 1;
    bool fresh;
    return og__map_put(&c->classes, a, (uint64_t)(uintptr_t)b, &fresh) ? 0 : OG_ENOMEM;
}

static bool may_meet_again(const comparer *c, og_value a, og_value b)
{
    return og__is_shared(a) || og__is_shared(b) || a.u.p == c->top_a || b.u.p == c->top_b;
}

/* 1: equal so far (containers are opened), 0: not equal, or an error. */
static int enter(comparer *c, og_value a, og_value b)
{
    og_kind kind_a = og_kind_of(a);
    og_kind kind_b = og_kind_of(b);
    if (kind_a < OG_LIST || kind_b < OG_LIST || kind_a == OG_CLASS) return og__equal_flat(a, b);
    if (kind_a != kind_b && !(is_set(kind_a) && is_set(kind_b))) return 0;
    if (a.u.p == b.u.p) return 1;
    if (kind_a == OG_OBJECT && c->keys) return 0;
    if (kind_a == OG_OBJECT) {
        if (og_object_make(a) != og_object_make(b)) return 0;
    } else if (og__node_of(a)->count != og__node_of(b)->count) {
        return 0;
    }
    if (!c->keys && may_meet_again(c, a, b)) {
        int known = assume_equal(c, a.u.p, b.u.p);
        if (known) return known;
    }
    return push(c, a, b);
}

static int next_item(comparer *c, pair *p)
{
    size_t i = p->at++;
    return enter(c, ((const og_value *)og__node_of(p->a)->items)[i],
                 ((const og_value *)og__node_of(p->b)->items)[i]);
}

og_value og__object_part(const og__object *object, size_t i)
{
    switch (i) {
    case 0: return object->callable;
    case 1: return object->args;
    default: break;
    }
    const og__object_more *more = object->more;
    if (!more) return (og_value){0};
    const og_value parts[] = {more->kwargs, more->items, more->pairs, more->state, more->next};
    return parts[i - 2];
}

static int next_part(comparer *c, pair *p)
{
    size_t i = p->at++;
    return enter(c, og__object_part(og__node_of(p->a)->items, i),
                 og__object_part(og__node_of(p->b)->items, i));
}

/* Where in b the key stands; OG__NOT_FOUND, or less for an error - 1. */
static int64_t find_key(comparer *c, const og__node *in, size_t width, og_value key)
{
    uint64_t hash;
    og_kind kind;
    og__keys *look = &c->look;
    look->seed = in->flags & OG__N_INDEX ? og__index_of(in)->seed : 0;
    int status = og__hash(look, key, &hash, &kind);
    if (status < 0) return status - 1;
    return og__find(look, in, width, key, hash);
}

/* The next key of b that holds an object and does not stand in a. */
static int64_t next_stranger(comparer *c, pair *p, size_t width)
{
    const og__node *a = og__node_of(p->a);
    const og__node *b = og__node_of(p->b);
    while (p->other < b->count) {
        size_t i = p->other++;
        int64_t at = find_key(c, a, width, ((const og_value *)b->items)[i * width]);
        if (at < OG__NOT_FOUND) return at;
        if (at == OG__NOT_FOUND) return c->look.identity ? (int64_t)i : OG__NOT_FOUND;
    }
    return OG__NOT_FOUND;
}

static int next_entry(comparer *c, pair *p, size_t width)
{
    const og_value *entry = (const og_value *)og__node_of(p->a)->items + width * p->at++;
    int64_t at = find_key(c, og__node_of(p->b), width, *entry);
    bool stranger = at == OG__NOT_FOUND && c->look.identity && !c->keys;
    if (stranger) at = next_stranger(c, p, width);
    if (at < OG__NOT_FOUND) return (int)at + 1;
    if (at == OG__NOT_FOUND) return 0;
    const og_value *match = (const og_value *)og__node_of(p->b)->items + width * (size_t)at;
    if (stranger) {
        int status = enter(c, entry[0], match[0]);
        if (status != 1) return status;
    }
    return width == 2 ? enter(c, entry[1], match[1]) : 1;
}

static size_t parts_of(og_value v)
{
    return og_kind_of(v) == OG_OBJECT ? OG__OBJECT_PARTS : og__node_of(v)->count;
}

static int run(comparer *c)
{
    int status = 1;
    while (status == 1 && c->count) {
        pair *p = &c->list[c->count - 1];
        if (p->at == parts_of(p->a)) {
            c->count--;
            continue;
        }
        if (c->keys) {
            c->keys->work++;
            if (c->keys->work_limit && c->keys->work > c->keys->work_limit) return OG_ELIMIT;
        }
        switch (og_kind_of(p->a)) {
        case OG_DICT: status = next_entry(c, p, 2); break;
        case OG_SET:
        case OG_FROZENSET: status = next_entry(c, p, 1); break;
        case OG_OBJECT: status = next_part(c, p); break;
        default: status = next_item(c, p); break;
        }
    }
    return status;
}

static int compare(og__keys *keys, const og_allocator *alloc, og_value a, og_value b)
{
    comparer c;
    c.list = c.few;
    c.count = 0;
    c.cap = PAIRS;
    c.keys = keys;
    c.alloc = alloc;
    c.top_a = a.u.p;
    c.top_b = b.u.p;
    c.classes = (og__map){.alloc = alloc};
    c.look = (og__keys){.alloc = alloc};
    int status = enter(&c, a, b);
    if (status == 1) status = run(&c);
    og__map_free(&c.classes);
    if (c.list != c.few) og__free(alloc, c.list, c.cap * sizeof(pair));
    return status;
}

int og__key_equal(og__keys *keys, og_value a, og_value b)
{
    keys->work++;
    if (og__is_flat(a) || og__is_flat(b)) return og__equal_flat(a, b);
    return compare(keys, keys->alloc, a, b);
}

int og_equal(og_value a, og_value b)
{
    if (!og__has_node(a) || !og__has_node(b)) return og__equal_flat(a, b);
    return compare(NULL, NULL, a, b);
}
