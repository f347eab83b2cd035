/* SPDX-License-Identifier: MIT */
/* Python's ==: between keys, and in depth with sharing and cycles. */
#include "base/alloc.h"
#include "value/find.h"
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

bool og__value_equal_flat(og_value a, og_value b)
{
    og_kind kind_a = og_kind_of(a);
    og_kind kind_b = og_kind_of(b);
    if (kind_a == OG_STR) return kind_b == OG_STR && same_data(a, b);
    if (og__value_is_number(a)) return og__value_is_number(b) && og__value_number_equal(a, b);
    if (is_bytes(kind_a)) return is_bytes(kind_b) && same_data(a, b);
    if (kind_a != kind_b) return false;
    if (kind_a != OG_CLASS) return kind_a <= OG_NONE;
    const og_value *x = og__value_node_of(a)->items;
    const og_value *y = og__value_node_of(b)->items;
    return x == y || (same_data(x[0], y[0]) && same_data(x[1], y[1]));
}

/* Two containers whose parts are being compared. */
typedef struct pair {
    og_value a;
    og_value b;
    size_t at;    /* the next part of a */
    size_t other; /* for dicts and sets: where to look on in b for keys that hold objects */
    bool key;     /* objects equal only themselves */
} pair;

/* Hashes of what is in one of the two, and what to look up there: all of it has one seed. */
typedef struct side {
    og__keys keys;
    og__map memo;
} side;

typedef struct comparer {
    pair few[PAIRS];
    pair *list;
    size_t count;
    size_t cap;
    const og_allocator *alloc;
    const void *top_a; /* the first nodes count as shared */
    const void *top_b;
    og__map classes; /* node -> node that was assumed equal: a union-find forest */
    side in_a;
    side in_b;
    uint64_t work;
    uint64_t work_limit; /* 0: none */
} comparer;

static int push(comparer *c, og_value a, og_value b, bool key)
{
    if (c->count == c->cap) {
        bool few = c->list == c->few;
        size_t size = c->cap * sizeof(pair);
        pair *wider = og__base_realloc(c->alloc, few ? NULL : c->list, few ? 0 : size, 2 * size);
        if (!wider) return OG_ENOMEM;
        if (few) memcpy(wider, c->few, sizeof c->few);
        c->list = wider;
        c->cap *= 2;
    }
    c->list[c->count++] = (pair){a, b, 0, 0, key};
    return 1;
}

/* The node that stands for all that were assumed equal to `node`; paths are halved on the way. */
static const void *find_class(og__map *classes, const void *node)
{
    uint64_t *up = og__value_map_find(classes, node);
    while (up) {
        const void *parent = og__value_map_pointer(*up);
        uint64_t *next = og__value_map_find(classes, parent);
        if (next) *up = *next;
        node = parent;
        up = next;
    }
    return node;
}

/*
 * 1: a and b were assumed equal before; 0: they are now. One assumption that fails ends everything, so they
 * need not be taken back. Keys are put here after their hashes were equal, objects in them included.
 */
static int assume_equal(comparer *c, const void *a, const void *b)
{
    a = find_class(&c->classes, a);
    b = find_class(&c->classes, b);
    if (a == b) return 1;
    bool fresh;
    return og__value_map_put(&c->classes, a, (uint64_t)(uintptr_t)b, &fresh) ? 0 : OG_ENOMEM;
}

static bool may_meet_again(const comparer *c, og_value a, og_value b)
{
    return og__value_is_shared(a) || og__value_is_shared(b) || a.u.p == c->top_a || b.u.p == c->top_b;
}

/* 1: equal so far (containers are opened), 0: not equal, or an error. */
static int enter(comparer *c, og_value a, og_value b, bool key)
{
    og_kind kind_a = og_kind_of(a);
    og_kind kind_b = og_kind_of(b);
    if (og__value_is_flat(a) || og__value_is_flat(b) || kind_a == OG_BYTEARRAY)
        return og__value_equal_flat(a, b);
    if (kind_a != kind_b && !(is_set(kind_a) && is_set(kind_b))) return 0;
    if (a.u.p == b.u.p) return 1;
    if (kind_a == OG_OBJECT) {
        if (key || og_object_make(a) != og_object_make(b)) return 0;
    } else if (og__value_node_of(a)->count != og__value_node_of(b)->count) {
        return 0;
    }
    if (may_meet_again(c, a, b)) {
        int known = assume_equal(c, a.u.p, b.u.p);
        if (known) return known;
    }
    return push(c, a, b, key);
}

static int next_item(comparer *c, pair *p)
{
    size_t i = p->at++;
    const og_value *a = og__value_node_of(p->a)->items;
    const og_value *b = og__value_node_of(p->b)->items;
    return enter(c, a[i], b[i], p->key);
}

static int next_part(comparer *c, pair *p)
{
    size_t i = p->at++;
    const og__object *a = og__value_node_of(p->a)->items;
    const og__object *b = og__value_node_of(p->b)->items;
    return enter(c, og__value_object_part(a, i), og__value_object_part(b, i), p->key);
}

static int hash_in(comparer *c, side *in, og_value key, uint64_t *hash)
{
    og_kind kind;
    in->keys.work = c->work;
    int status = og__value_hash(&in->keys, key, hash, &kind);
    c->work = in->keys.work;
    return status;
}

/* The search for a key that is not flat. */
typedef struct search {
    side *in;
    const og_value *items;
    size_t width;
    og_value key;
    uint64_t hash;
    int64_t found; /* OG__NOT_FOUND, or below that an error - 1 */
} search;

/*
 * Looks at entry `i`: with the same hash it is the one, by all that can be told without comparing; the very
 * same node is better still (tuples of NaN have one hash and are not equal). True when the search is over.
 */
static bool look_at(comparer *c, search *s, size_t i)
{
    og_value entry = s->items[i * s->width];
    if (og__value_is_flat(entry)) return false;
    if (entry.u.p == s->key.u.p) {
        s->found = (int64_t)i;
        return true;
    }
    if (s->found >= 0) return false;
    uint64_t hash;
    int status = hash_in(c, s->in, entry, &hash);
    if (status < 0)
        s->found = status - 1;
    else if (hash == s->hash)
        s->found = (int64_t)i;
    return status < 0;
}

static int64_t find_by_hash(comparer *c, side *in, const og__node *node, size_t width, og_value key,
                            uint64_t hash)
{
    search s = {in, node->items, width, key, hash, OG__NOT_FOUND};
    if (!(node->flags & OG__N_INDEX)) {
        for (size_t i = 0; i < node->count; i++) {
            if (look_at(c, &s, i)) break;
        }
        return s.found;
    }
    og__index *index = og__value_index_of(node);
    const uint64_t *slots = og__value_slots_of(index);
    size_t mask = og__value_mask_of(index);
    for (size_t i = (size_t)(hash >> 32) & mask; slots[i]; i = (i + 1) & mask) {
        if (slots[i] >> 32 == hash >> 32 && look_at(c, &s, (uint32_t)slots[i] - 1)) break;
    }
    return s.found;
}

static int equal_flat_key(og__keys *keys, og_value a, og_value b)
{
    keys->work++;
    return og__value_equal_flat(a, b);
}

/* Where in `node` the key is, perhaps; OG__NOT_FOUND, or less for an error - 1. */
static int64_t find_key(comparer *c, side *in, const og__node *node, size_t width, og_value key)
{
    uint64_t hash = 0;
    bool indexed = (node->flags & OG__N_INDEX) != 0;
    if (indexed && og__value_index_of(node)->seed != in->keys.seed) {
        og__value_map_free(&in->memo);
        in->keys.seed = og__value_index_of(node)->seed;
    }
    if (indexed || !og__value_is_flat(key)) {
        int status = hash_in(c, in, key, &hash);
        if (status < 0) return status - 1;
    }
    if (!og__value_is_flat(key)) return find_by_hash(c, in, node, width, key, hash);
    in->keys.identity = false;
    return og__value_find_by(&in->keys, node, width, key, hash, equal_flat_key);
}

/* The next key of b that holds an object and is not in a. */
static int64_t next_stranger(comparer *c, pair *p, size_t width)
{
    const og__node *a = og__value_node_of(p->a);
    const og__node *b = og__value_node_of(p->b);
    while (p->other < b->count) {
        size_t i = p->other++;
        og_value key = ((const og_value *)b->items)[i * width];
        if (og__value_is_flat(key)) continue;
        int64_t at = find_key(c, &c->in_a, a, width, key);
        if (at < OG__NOT_FOUND) return at;
        if (at == OG__NOT_FOUND && c->in_a.keys.identity) return (int64_t)i;
    }
    return OG__NOT_FOUND;
}

/*
 * Keys that hold objects stand for themselves only; where two documents are compared, those that one side
 * alone has are matched in the order in which they were put in.
 */
static int next_entry(comparer *c, pair *p, size_t width)
{
    const og_value *entry = (const og_value *)og__value_node_of(p->a)->items + width * p->at++;
    bool key = p->key;
    const og_value *others = og__value_node_of(p->b)->items;
    int64_t at = find_key(c, &c->in_b, og__value_node_of(p->b), width, *entry);
    bool stranger = at == OG__NOT_FOUND && c->in_b.keys.identity && !key;
    if (stranger) at = next_stranger(c, p, width);
    if (at < OG__NOT_FOUND) return (int)at + 1;
    if (at == OG__NOT_FOUND) return 0;
    const og_value *match = others + width * (size_t)at;
    int status = og__value_is_flat(*entry) ? 1 : enter(c, entry[0], match[0], !stranger);
    if (status != 1 || width == 1) return status;
    return enter(c, entry[1], match[1], key);
}

static int step(comparer *c)
{
    pair *p = &c->list[c->count - 1];
    og_kind kind = og_kind_of(p->a);
    if (p->at == (kind == OG_OBJECT ? (size_t)OG__OBJECT_PARTS : og__value_node_of(p->a)->count)) {
        c->count--;
        return 1;
    }
    c->work++;
    if (c->work_limit && c->work > c->work_limit) return OG_ELIMIT;
    switch (kind) {
    case OG_DICT: return next_entry(c, p, 2);
    case OG_SET:
    case OG_FROZENSET: return next_entry(c, p, 1);
    case OG_OBJECT: return next_part(c, p);
    default: return next_item(c, p);
    }
}

static void side_init(side *s, const comparer *c)
{
    s->memo = (og__map){.alloc = c->alloc};
    s->keys = (og__keys){.alloc = c->alloc, .work_limit = c->work_limit, .memo = &s->memo};
}

/* `keys` NULL: compares values. */
static int compare(og__keys *keys, og_value a, og_value b)
{
    comparer c;
    c.list = c.few;
    c.count = 0;
    c.cap = PAIRS;
    c.alloc = keys ? keys->alloc : NULL;
    c.top_a = a.u.p;
    c.top_b = b.u.p;
    c.classes = (og__map){.alloc = c.alloc};
    c.work = keys ? keys->work : 0;
    c.work_limit = keys ? keys->work_limit : 0;
    side_init(&c.in_a, &c);
    side_init(&c.in_b, &c);
    int status = enter(&c, a, b, keys != NULL);
    while (status == 1 && c.count)
        status = step(&c);
    if (keys) keys->work = c.work;
    og__value_map_free(&c.in_b.memo);
    og__value_map_free(&c.in_a.memo);
    og__value_map_free(&c.classes);
    if (c.list != c.few) og__base_free(c.alloc, c.list, c.cap * sizeof(pair));
    return status;
}

int og__value_key_equal(og__keys *keys, og_value a, og_value b)
{
    keys->work++;
    if (og__value_is_flat(a) || og__value_is_flat(b)) return og__value_equal_flat(a, b);
    if (a.u.p == b.u.p) return 1;
    return compare(keys, a, b);
}

int og_equal(og_value a, og_value b)
{
    return compare(NULL, a, b);
}
