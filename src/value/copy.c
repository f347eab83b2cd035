/* SPDX-License-Identifier: MIT */
/* Copying values between documents, sharing and cycles kept. */
#include "base/alloc.h"
#include "value/container.h"
#include "value/key.h"

/* A container that was copied, but not its parts yet. */
typedef struct pending {
    og_value from;
    og_value to;
    size_t at;
} pending;

typedef struct copier {
    og_doc *doc;
    const void *top;
    og__map seen;   /* node -> its copy's node */
    og__map hashes; /* of copied keys */
    pending *list;
    size_t count;
    size_t cap;
} copier;

static bool push(copier *c, og_value from, og_value to)
{
    if (c->count == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 32;
        pending *wider =
            og__base_realloc(&c->doc->alloc, c->list, c->cap * sizeof *wider, cap * sizeof *wider);
        if (!wider) return false;
        c->list = wider;
        c->cap = cap;
    }
    c->list[c->count++] = (pending){from, to, 0};
    return true;
}

static og_value copy_flat(og_doc *doc, og_value v)
{
    size_t len = og__value_len(v);
    const double *parts = v.u.p;
    void *bytes;
    switch (og_kind_of(v)) {
    case OG_INT:
        return og_is_big(v) ? og__value_int_from_limbs(doc, v.u.p, len, (v.meta & OG__F_NEGATIVE) != 0) : v;
    case OG_COMPLEX: return og_complex(doc, parts[0], parts[1]);
    case OG_STR:
    case OG_BYTES:
        bytes = og__value_doc_alloc(doc, len + 1, 1);
        if (!bytes) return (og_value){0};
        if (len) memcpy(bytes, v.u.p, len);
        ((char *)bytes)[len] = '\0';
        v.u.p = bytes;
        if (og_kind_of(v) == OG_STR) v.meta |= OG__F_ENDED;
        return v;
    default: return v;
    }
}

/* A run of `size` bytes for a node's parts, zeroed; the parts are filled in later. */
static bool node_parts(og_doc *doc, og__node *to, const og__node *from, size_t size)
{
    to->count = from->count;
    to->high = from->high;
    to->flags = OG__N_EXACT | (from->flags & OG__N_LATE);
    if (size == 0) return true;
    to->items = og__value_doc_alloc(doc, size, 8);
    if (to->items) memset(to->items, 0, size);
    return to->items != NULL;
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

static bool copy_object(og_doc *doc, og__node *to, const og__node *from)
{
    const og__object *object = from->items;
    if (!node_parts(doc, to, from, sizeof(og__object))) return false;
    if (!object->more) return true;
    og__object *copy = to->items;
    copy->more = og__value_doc_alloc(doc, sizeof *copy->more, _Alignof(og__object_more));
    if (copy->more) *copy->more = (og__object_more){0};
    return copy->more != NULL;
}

/* A large dict or set: its entries come after an index, which is filled when they are there. */
static bool indexed_parts(og_doc *doc, og_value copy, const og__node *from)
{
    og__node *to = og__value_node_of(copy);
    size_t width = og__value_width(copy);
    og__index *index = og__value_index_new(doc, from->count, width);
    if (!index) return false;
    to->items = index + 1;
    to->count = from->count;
    to->flags = OG__N_EXACT | (from->flags & OG__N_LATE);
    memset(to->items, 0, from->count * width * sizeof(og_value));
    return true;
}

/* A node of the same shape, its parts still to come. */
static og_value copy_node(og_doc *doc, og_value v)
{
    og_value copy = og__value_node_new(doc, og_kind_of(v));
    if (!og_valid(copy)) return copy;
    const og__node *from = og__value_node_of(v);
    og__node *to = og__value_node_of(copy);
    copy.meta = v.meta & ~OG__HOME_MASK;
    bool made;
    if (og_kind_of(v) == OG_OBJECT) {
        made = copy_object(doc, to, from);
    } else if (og_kind_of(v) == OG_BYTEARRAY) {
        made = node_parts(doc, to, from, og_len(v));
        if (made && to->items) memcpy(to->items, from->items, og_len(v));
    } else if (from->flags & OG__N_INDEX) {
        made = indexed_parts(doc, copy, from);
    } else {
        made = node_parts(doc, to, from, part_count(v) * sizeof(og_value));
    }
    return made ? copy : (og_value){0};
}

static bool enter(copier *c, og_value v, og_value *copy)
{
    if (!og__value_has_node(v)) {
        *copy = copy_flat(c->doc, v);
        return og_valid(*copy) || !og_valid(v);
    }
    bool shared = og__value_is_shared(v) || v.u.p == c->top;
    uint64_t *known = shared ? og__value_map_find(&c->seen, v.u.p) : NULL;
    if (known) {
        *copy = og__value_make(og_kind_of(v), 0, 0, og__value_map_pointer(*known));
        og__value_mark_shared(*copy);
        return true;
    }
    *copy = copy_node(c->doc, v);
    if (!og_valid(*copy)) return false;
    bool fresh;
    if (shared && !og__value_map_put(&c->seen, v.u.p, (uint64_t)(uintptr_t)copy->u.p, &fresh)) return false;
    if (v.u.p != c->top) og__value_place(*copy);
    return part_count(v) == 0 || push(c, v, *copy);
}

static og_value *object_part(og__object *object, size_t i)
{
    if (i == 0) return &object->callable;
    if (i == 1) return &object->args;
    og__object_more *more = object->more;
    og_value *parts[] = {&more->kwargs, &more->items, &more->pairs, &more->state, &more->next};
    return parts[i - 2];
}

/* Hashes depend on the document and on addresses: the index is filled from the copied keys. */
static bool close_node(copier *c, const pending *p)
{
    if (!(og__value_node_of(p->from)->flags & OG__N_INDEX)) return true;
    og__node *node = og__value_node_of(p->to);
    og__keys keys = {.alloc = &c->doc->alloc, .seed = c->doc->seed, .memo = &c->hashes};
    if (og__value_index_fill(&keys, node, og__value_width(p->to), og__value_index_of(node)) < 0) return false;
    node->flags |= OG__N_INDEX;
    return true;
}

static bool step(copier *c)
{
    pending *p = &c->list[c->count - 1];
    if (p->at == part_count(p->from)) {
        pending done = *p;
        c->count--;
        return close_node(c, &done);
    }
    size_t i = p->at++;
    og_value from;
    og_value *to;
    if (og_kind_of(p->from) == OG_OBJECT) {
        from = og__value_object_part(og__value_node_of(p->from)->items, i);
        if (!og_valid(from)) return true;
        to = object_part(og__value_node_of(p->to)->items, i);
    } else {
        from = ((const og_value *)og__value_node_of(p->from)->items)[i];
        to = (og_value *)og__value_node_of(p->to)->items + i;
    }
    return enter(c, from, to);
}

/* The copy of what was read at `home` counts as read from as many bytes. */
static og_value take_over(og_doc *doc, og_value copy, const og_doc *home)
{
    bool own = doc->source == OG__SOURCE_OWN || home->source >= OG__SOURCE_OWN - doc->source;
    doc->source = own ? OG__SOURCE_OWN : doc->source + home->source;
    return og__value_at_home(copy, doc);
}

og_value og_copy(og_doc *doc, og_value value)
{
    const og_doc *home = og__value_home(value);
    copier c = {.doc = doc, .top = og__value_has_node(value) ? value.u.p : NULL};
    c.seen.alloc = c.hashes.alloc = &doc->alloc;
    og_value copy = {0};
    bool ok = enter(&c, value, &copy);
    while (ok && c.count)
        ok = step(&c);
    og__value_map_free(&c.hashes);
    og__value_map_free(&c.seen);
    if (c.list) og__base_free(&doc->alloc, c.list, c.cap * sizeof *c.list);
    if (!ok) return (og_value){0};
    return home ? take_over(doc, copy, home) : copy;
}
